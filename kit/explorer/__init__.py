"""Every order of events: a generic search, the cast without time, the promises it must keep."""
