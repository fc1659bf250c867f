"""The learner's progress in a file of theirs; nothing is sent anywhere.

Whoever changes it holds a lock, reads what is there, and puts a whole new file in its place: two
tabs lose nothing of each other, and a kernel that dies leaves the old file or the new one.  What
cannot be read is put aside under another name, and said.
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
from kit.common.user_file import make_folders, open_lock, open_own, put_aside, try_lock, write_own
from kit.course.progress import Progress, ProgressError, read_progress

__all__ = ["DRIVE", "ProgressFile", "progress_file"]

LOCK_S = 5.0
DRIVE = Path("/drive")  # JupyterLite's files, which a browser keeps; all else ends with the page
_AGAIN_S = 0.02
_MOST_BYTES = 10_000_000


def progress_file(tell: Callable[[str], None] | None = None) -> ProgressFile:
    """Return the file of this user; *tell* is told in a line what was put aside."""
    if sys.platform == "emscripten" and DRIVE.is_dir():
        return ProgressFile(DRIVE / "progress.json", tell)
    return ProgressFile(user_data_path("unplug-kit", appauthor=False) / "progress.json", tell)


class ProgressFile:
    """A file of progress, which need not be there yet."""

    def __init__(self, path: Path, tell: Callable[[str], None] | None = None) -> None:
        """Name the file; nothing is read or made yet."""
        self.path = path
        self._tell = tell or (lambda _: None)

    def read(self) -> Progress:
        """Return what is there; nothing where there is no file.

        Raises:
            UserError: The file is there and cannot be opened, or its folder is locked for long.
        """
        if not self._is_there():
            return Progress({})
        with self._locked():
            return self._read()

    def change(self, change: Callable[[Progress], Progress]) -> Progress:
        """Read the file, change what it holds and write it, as one step; return what is there now.

        Raises:
            UserError: The file cannot be read or written; the text says why.
        """
        with self._locked():
            before = self._read()
            after = change(before)
            if after != before:
                self._write(after.text())
        return after

    def reset(self) -> None:
        """Forget everything.

        Raises:
            UserError: The file cannot be removed.
        """
        if not self._is_there():
            return
        with self._locked(), self._told():
            self.path.unlink(missing_ok=True)

    # -- the file ------------------------------------------------------------------------------

    def _is_there(self) -> bool:
        with self._told():
            return self.path.exists()

    def _read(self) -> Progress:
        if not self._is_there():
            return Progress({})
        try:
            with open_own(self.path, "progress file", _MOST_BYTES) as file:
                return read_progress(file.read().decode("utf-8"))
        except UnicodeDecodeError:
            why = "is not UTF-8 text"
        except ProgressError as error:
            why = str(error)
        except UserError as error:
            raise UserError(f"{error}; progress is not kept") from None
        with self._told():
            aside = put_aside(self.path)
        self._tell(f"{self.path}: {why}; it is kept as {aside.name}, and progress begins anew")
        return Progress({})

    def _write(self, text: str) -> None:
        with self._told():
            # in their own data folder a link is the user's own, perhaps to what they synchronise
            write_own(Path(os.path.realpath(self.path)), text.encode())

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say in a line what the system refuses."""
        try:
            yield
        except FileNotFoundError:
            raise
        except OSError as error:
            raise UserError(f"{self.path}: progress is not kept: {error.strerror}") from None

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self._told():
            make_folders(self.path.parent)
            lock = open_lock(self.path.with_name(f".{self.path.name}.lock"))
        with os.fdopen(lock):
            deadline = time.monotonic() + LOCK_S
            while not try_lock(lock):
                if time.monotonic() > deadline:
                    raise UserError(f"{self.path}: progress is not kept: another kit holds it")
                time.sleep(_AGAIN_S)
            yield  # closing it gives the lock back, and so does a process that dies
