"""Words that go with a number."""

from __future__ import annotations

__all__ = ["counted"]


def counted(number: int, noun: str, ending: str = "s") -> str:
    """Return a number and what it counts. *ending* is what the plural adds to the noun.

    >>> counted(1, "commit"), counted(1024, "more line"), counted(0, "mismatch", "es")
    ('1 commit', '1,024 more lines', '0 mismatches')
    """
    return f"{number:,} {noun}{'' if number == 1 else ending}"
