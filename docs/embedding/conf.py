"""Sphinx's settings for the example: sphinx-build docs/embedding out."""

project = "A story in a document"
extensions = ["kit.handout.sphinx", "myst_parser"]
exclude_patterns = ["out"]
html_theme = "basic"
