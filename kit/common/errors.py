"""What can go wrong, and whose fault it is.

KitError                 anything the kit says about itself; its text is one line for a person
├── UserError            asked for or given by a person: says what, where, what to do
│   ├── UnknownRevisionError
│   └── RecordingError   a recording that does not follow the format
├── MisuseError          a call that the kit's own code must never make
└── TableGapError        a state table without a row for what happened: a bug in the table

A guest that misbehaves is none of these: it gets an RTAS status, as on the real machine.
"""

from __future__ import annotations

__all__ = [
    "KitError",
    "MisuseError",
    "RecordingError",
    "TableGapError",
    "UnknownRevisionError",
    "UserError",
]


MAX_LENGTH = 1000


class KitError(Exception):
    """Base of all errors of the kit."""

    def __str__(self) -> str:
        """Return its text; of one that quotes more than a person reads, the beginning and the end.

        >>> len(str(KitError("x" * 1_000_000)))
        1000
        """
        words = super().__str__()
        return (
            words if len(words) <= MAX_LENGTH else f"{words[: MAX_LENGTH - 303]} … {words[-300:]}"
        )


class UserError(KitError):
    """Something a person asked for or gave; the text says what, where and what to do."""


class UnknownRevisionError(UserError):
    """No revision of the catalogue, or more than one, answers to a name."""


class RecordingError(UserError):
    """A recording breaks the format; the text begins with file and line."""


class MisuseError(KitError):
    """The kit called itself wrongly: never the doing of a guest or of a person."""


class TableGapError(KitError):
    """No row of a state table matches: the table has a hole."""
