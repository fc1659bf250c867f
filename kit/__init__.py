"""The unplug kit: an embedded sPAPR machine, its history and the lessons on it.

Lessons need one name: ``kit.app.bench``.  Everything else is in the packages below.
"""
