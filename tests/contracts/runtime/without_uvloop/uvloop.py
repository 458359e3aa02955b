"""Stands before the real one on the path, as if it were not installed."""

raise ImportError("uvloop is not here")
