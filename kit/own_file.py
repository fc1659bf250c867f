"""A file of a person's own: a scenario or an exercise, read as text."""

from __future__ import annotations

from pathlib import Path

from kit.errors import UserError

__all__ = ["read_own"]

MOST_BYTES = 1_000_000


def read_own(path: Path, what: str) -> str:
    """Return the text of *path*, a file that says *what*, as in "scenario".

    Raises:
        UserError: It is no file, too large to be one, no UTF-8 text, or cannot be read.
    """
    try:
        if path.exists() and not path.is_file():
            raise UserError(f"{path}: is no file; name one, story.toml")
        if path.stat().st_size > MOST_BYTES:
            raise UserError(f"{path}: is larger than {MOST_BYTES:,} bytes; no {what} is")
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: is not UTF-8 text: {error.reason}") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from None
