"""The names of an exercise's three hints, from general to specific."""

from __future__ import annotations

__all__ = ["HINTS"]

HINTS = ("A hint", "Another hint", "Nearly there")
