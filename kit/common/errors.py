"""The errors of the kit, by who caused them.

KitError                 base; its text is one line for a person
├── UserError            a person's request or input: says what, where, what to do
│   ├── UnknownRevisionError
│   └── RecordingError   a recording that does not follow the format
├── MisuseError          a call that only a bug in the kit's own code makes
└── TableGapError        a state table has no row for an event: a bug in the table

A guest that misbehaves is not one of these: it gets an RTAS status, as on the real machine.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = [
    "KitError",
    "MisuseError",
    "RecordingError",
    "TableGapError",
    "UnknownRevisionError",
    "UserError",
    "did_you_mean",
    "no_library",
]


MAX_LENGTH = 1000
MAX_NAME = 100  # of a name that is compared with others


class KitError(Exception):
    """Base of the kit's errors."""

    def __str__(self) -> str:
        """Return the text; of a very long one, its beginning and its end.

        >>> len(str(KitError("x" * 1_000_000)))
        1000
        """
        words = super().__str__()
        if len(words) <= MAX_LENGTH:
            return words
        return f"{words[: MAX_LENGTH - 303]} … {words[-300:]}"

    def _render_traceback_(self) -> list[str]:
        """Return what a notebook shows: the one line, and no traceback (IPython asks for this)."""
        return [str(self)]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a question to end an error with, if *name* is nearly a known one; "" if none is.

    >>> did_you_mean("prerevert", ["timer", "pre-revert"])
    '; did you mean pre-revert?'
    """
    near = get_close_matches(name[:MAX_NAME], list(known), n=1)
    return f"; did you mean {near[0]}?" if near else ""


class UserError(KitError):
    """A person asked for or gave something wrong; the text says what, where and what to do."""


def no_library(name: str, what: str, extra: str) -> UserError:
    """Return the error of *what* needs a library of an extra that is not installed."""
    how = f"pip install 'unplug-kit[{extra}]'"
    return UserError(f"{name} is not installed, and {what} needs it: {how}")


class UnknownRevisionError(UserError):
    """A name fits no revision of the catalogue, or more than one."""


class RecordingError(UserError):
    """A recording breaks the format; the text begins with file and line."""


class MisuseError(KitError):
    """The kit called itself wrongly; no guest or person can cause this."""


class TableGapError(KitError):
    """No row of a state table matches: the table has a hole."""
