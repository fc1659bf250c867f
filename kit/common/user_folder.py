"""Build folders beside their place, and move them there once they are complete.

Readers see the old folder or the new one.  The folder under construction has a random name and
belongs to this user alone.  After a crash a long task continues in it: the kit finds it by a note
in the user's own cache, never by a name that somebody else could have used first.
"""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import stat
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from kit.common.errors import UserError
from kit.common.user_file import (
    make_folders,
    name_beside,
    open_lock,
    read_bounded,
    sync_folder,
    try_lock,
    write_atomic,
)

__all__ = [
    "Workplace",
    "expanded",
    "lock_of",
    "move_folder",
    "new_folder",
    "note_of",
    "remove_tree",
    "workplace",
]

_ASIDE = "old"


def remove_tree(folder: Path) -> None:
    """Remove a folder if it exists, read-only files included; a link is not followed."""
    if sys.platform == "win32":
        for path in folder.rglob("*.*"):  # git's packs are read-only, which keeps them there
            path.chmod(0o700)
    if folder.is_symlink() or folder.is_file():
        folder.unlink()
    elif folder.exists():
        shutil.rmtree(folder)


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """Yield an empty folder beside *target*, and remove it with its content afterwards.

    Only this user may enter it.  Make the future *target* as a folder inside.
    """
    made = name_beside(make_folders(target.parent) / target.name, "part")
    made.mkdir(mode=0o700)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def move_folder(new: Path, target: Path) -> None:
    """Move the folder *new* to *target*, where there is nothing, or an empty folder.

    Raises:
        OSError: It cannot be moved, or something is there.
    """
    new.rename(target)
    sync_folder(target.parent)


@dataclass(slots=True)
class Workplace:
    """A folder beside a target, in which a task continues after a crash.

    Its name is random.  The kit notes it in the user's own cache, where nobody else writes, and
    continues only in a folder that it made itself.
    """

    target: Path
    folder: Path
    lock: int
    sums: dict[str, dict[str, str]] = field(default_factory=dict)
    owner: int = 0

    def remember(self, name: str, sums: Mapping[str, str]) -> None:
        """Note the digests of the files in the folder *name* of this place."""
        self.sums[name] = dict(sums)
        self._note()

    def put(self, new: Path) -> None:
        """Move *new*, a folder in this place, to the target.

        Raises:
            OSError: It cannot be moved, or a link or a file is there; the old folder stays.
        """
        if not os.path.lexists(self.target):
            move_folder(new, self.target)
            return
        make_folders(self.target.parent, self.target.name)  # refuses a link
        old = self.target.rename(self.folder / _ASIDE)
        try:
            move_folder(new, self.target)
        except OSError:
            old.rename(self.target)
            raise
        shutil.rmtree(old, ignore_errors=True)

    def _note(self) -> None:
        known = {"part": self.folder.name, "owner": self.owner, "sums": self.sums}
        write_atomic(note_of(self.target), json.dumps(known).encode())

    def _enter(self) -> None:
        """Make the folder, or enter the one that an earlier process of this user made."""
        try:
            there = self.folder.lstat()
        except FileNotFoundError:
            self.owner, self.sums = os.geteuid() if hasattr(os, "geteuid") else 0, {}
            self._note()  # first: a folder that is not noted would never be removed
            self.folder.mkdir(mode=0o700)
            self.owner = self.folder.lstat().st_uid  # some file systems have a single owner
            self._note()
            return
        if not stat.S_ISDIR(there.st_mode) or there.st_uid != self.owner:
            what = "is not the folder that the kit made here; remove it"
            raise OSError(errno.EEXIST, what, str(self.folder))
        self._note()
        old = self.folder / _ASIDE
        if old.is_dir() and not self.target.exists():
            old.rename(self.target)  # a process was killed between two renames
        remove_tree(old)

    def _leave(self) -> bool:
        """Remove the folder if it is empty; return whether it is gone."""
        with suppress(OSError):
            self.folder.rmdir()
        return not os.path.lexists(self.folder)


@contextmanager
def workplace(target: Path, who: str, error: type[Exception] = UserError) -> Iterator[Workplace]:
    """Yield a folder beside *target* that still holds what an interrupted call made.

    It is removed afterwards if it is empty.

    Args:
        target: The folder to be made, as an absolute path.
        who: The command that makes it, as in "kit fetch".
        error: The error to raise.

    Raises:
        UserError: Another process makes *target*, or the folder beside it is not the kit's.
        OSError: The folder cannot be made.
    """
    if target.is_symlink():
        raise error(f"{target}: is a link; name the folder that it leads to")
    make_folders(target.parent)
    note, lock = note_of(target), lock_of(target)
    try:
        make_folders(note.parent)
        handle = _locked(lock, target, who, error)
    except OSError as caught:
        why = f"{caught.filename or lock}: {caught.strerror}"
        raise error(f"{why}; set XDG_CACHE_HOME to a folder that can be written") from None
    try:
        known = _noted(note)
        part = str(known.get("part", ""))
        pattern = rf"\.{re.escape(target.name[:50])}\.[0-9a-f]{{16}}\.part"
        fresh = not re.fullmatch(pattern, part)
        place = Workplace(
            target,
            name_beside(target, "part") if fresh else target.with_name(part),
            handle,
            {} if fresh else known.get("sums", {}),
            known.get("owner", 0),
        )
        place._enter()
        try:
            yield place
        finally:
            if place._leave():
                note.unlink(missing_ok=True)
    finally:
        _unlock(handle, lock)


def note_of(target: Path) -> Path:
    """Return the file in the user's cache that names the folder where *target* is made."""
    name = os.fsencode(os.path.realpath(target.parent) + os.sep + target.name)
    from platformdirs import user_cache_path  # here: most commands build no folder

    folder = user_cache_path("unplug-kit", appauthor=False) / "parts"
    return folder / sha256(name).hexdigest()


def lock_of(target: Path) -> Path:
    """Return the file in the user's cache that is locked while *target* is made."""
    return note_of(target).with_suffix(".lock")


def _noted(note: Path) -> dict[str, Any]:
    try:
        found = json.loads(read_bounded(note, "note"))
    except (UserError, ValueError):  # there is none, or it is damaged
        return {}
    return found if isinstance(found, dict) else {}


def _locked(path: Path, target: Path, who: str, error: type[Exception]) -> int:
    while True:
        handle = open_lock(path)
        if not try_lock(handle):
            holder = os.read(handle, 20).decode("ascii", "replace").strip()
            os.close(handle)
            raise error(
                f"{target}: is being filled by another {who} (process {holder or '?'});"
                " wait until it has ended"
            )
        if path.exists() and os.path.samestat(path.stat(), os.fstat(handle)):
            break
        os.close(handle)  # its holder has just removed it: the locked file has no name any more
    os.ftruncate(handle, 0)
    os.lseek(handle, 0, os.SEEK_SET)
    os.write(handle, f"{os.getpid()}\n".encode())
    return handle


def _unlock(handle: int, path: Path) -> None:
    """Remove the lock; a child of git that ends a moment later then holds a file without a name."""
    if sys.platform != "win32":
        path.unlink(missing_ok=True)
    os.close(handle)
    if sys.platform == "win32":
        with suppress(OSError):  # another process has opened it
            path.unlink(missing_ok=True)


def expanded(place: str) -> Path:
    """Return the path that a person names.

    Raises:
        UserError: The path begins with the home of an unknown user.
    """
    try:
        return Path(place).expanduser()
    except RuntimeError as error:
        raise UserError(f"{place}: {error}; name a folder") from None
