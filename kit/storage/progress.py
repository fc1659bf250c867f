"""Keep the learner's progress in a file on this machine; nothing is sent anywhere.

A change takes a lock, reads the file and replaces it as a whole.  So two tabs do not overwrite each
other, and a kernel that dies leaves the old file or the new one.  An unreadable file is renamed,
and the learner is told.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from platformdirs import user_data_path

from kit.common.errors import UserError
from kit.common.user_file import (
    make_folders,
    open_bounded,
    open_lock,
    put_aside,
    try_lock,
    write_atomic,
)
from kit.course.progress import Progress, ProgressError, read_progress

__all__ = ["DRIVE", "ProgressFile", "progress_file"]

LOCK_S = 5.0
DRIVE = Path("/drive")  # the only files of JupyterLite that outlive the page
_RETRY_S = 0.02
_MAX_BYTES = 10_000_000


def progress_file(tell: Callable[[str], None] | None = None) -> ProgressFile:
    """Return this user's file; *tell* gets a line if an unreadable file was renamed."""
    if sys.platform == "emscripten" and DRIVE.is_dir():
        return ProgressFile(DRIVE / "progress.json", tell)
    return ProgressFile(user_data_path("unplug-kit", appauthor=False) / "progress.json", tell)


class ProgressFile:
    """A progress file, which may be absent; UserError if it cannot be read, written or locked."""

    def __init__(self, path: Path, tell: Callable[[str], None] | None = None) -> None:
        self.path = path
        self._tell = tell or (lambda _: None)

    def read(self) -> Progress:
        """Return the progress; it is empty if there is no file."""
        if not self._is_there():
            return Progress({})
        with self._locked():
            return self._read()

    def change(self, change: Callable[[Progress], Progress]) -> Progress:
        """Read, change and write the progress in one step; return the new progress."""
        with self._locked():
            before = self._read()
            after = change(before)
            if after != before:
                self._write(after.text())
        return after

    def reset(self) -> None:
        """Remove the file."""
        if not self._is_there():
            return
        with self._locked(), self._one_line_errors():
            self.path.unlink(missing_ok=True)

    def _is_there(self) -> bool:
        with self._one_line_errors():
            return self.path.exists()

    def _read(self) -> Progress:
        if not self._is_there():
            return Progress({})
        try:
            with open_bounded(self.path, "progress file", _MAX_BYTES) as file:
                return read_progress(file.read().decode("utf-8"))
        except UnicodeDecodeError:
            why = "is not UTF-8 text"
        except ProgressError as error:
            why = str(error)
        except UserError as error:
            raise UserError(f"{error}; progress is not kept") from None
        with self._one_line_errors():
            aside = put_aside(self.path)
        self._tell(f"{self.path}: {why}; it is kept as {aside.name}, and progress begins anew")
        return Progress({})

    def _write(self, text: str) -> None:
        with self._one_line_errors():
            # a link in the data folder is the user's own choice, perhaps to a synchronised folder
            write_atomic(Path(os.path.realpath(self.path)), text.encode())

    @contextmanager
    def _one_line_errors(self) -> Iterator[None]:
        """Turn an error of the system into one line."""
        try:
            yield
        except FileNotFoundError:
            raise
        except OSError as error:
            raise UserError(f"{self.path}: progress is not kept: {error.strerror}") from None

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self._one_line_errors():
            make_folders(self.path.parent)
            lock = open_lock(self.path.with_name(f".{self.path.name}.lock"))
        with os.fdopen(lock):
            deadline = time.monotonic() + LOCK_S
            while not try_lock(lock):
                if time.monotonic() > deadline:
                    raise UserError(f"{self.path}: progress is not kept: another kit holds it")
                time.sleep(_RETRY_S)
            yield  # closing the file releases the lock, and so does the end of the process
