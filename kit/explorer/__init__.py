"""Every order of events: a generic search, all participants without time, their properties."""
