"""What the three hints of an exercise are called, from general to nearly there."""

from __future__ import annotations

__all__ = ["HINTS"]

HINTS = ("A hint", "Another hint", "Nearly there")
