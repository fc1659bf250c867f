"""Makes a classroom folder: beside its place, and moved there once it is whole.

What an interrupted call has downloaded stays in ``.NAME.part`` beside the folder, from which the
next call goes on the same day; an older folder stays as it was until the new one is there.
"""

from __future__ import annotations

import errno
import json
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from kit.classroom import start, texts
from kit.classroom.start import LOCK, MANIFEST, SUMS, BrokenFolderError
from kit.classroom.target import Laptop
from kit.classroom.wheels import Wheel, download
from kit.common.errors import UserError

__all__ = ["Contents", "FolderSize", "make_folder", "whole"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a folder is made of.

    ``wheel`` puts the kit's own wheel into a folder and returns its path; ``lessons`` and
    ``history`` fill theirs; ``history_words`` says which history it is.
    """

    version: str
    wheel: Callable[[Path], Path]
    lessons: Callable[[Path], None]
    history: Callable[[Path], None]
    history_words: str


@dataclass(frozen=True, slots=True)
class FolderSize:
    """How large a folder is."""

    files: int
    size_bytes: int


def make_folder(
    folder: Path,
    targets: Sequence[Laptop],
    contents: Contents,
    tell: Callable[[str], None] = lambda _: None,
) -> FolderSize:
    """Make *folder* a classroom folder for *targets*, in place of an older one.

    Args:
        folder: Where to: absent, empty, or made by an earlier call.
        targets: The kinds of laptop it is for.
        contents: What goes in.
        tell: Told in a few words what is being done.

    Raises:
        UserError: It cannot be made; what was there is as it was.
    """
    folder = folder.expanduser().absolute()
    _must_be_ours(folder)
    part = folder.with_name(f".{folder.name}.part")
    try:
        part.mkdir(parents=True, exist_ok=True)
        with _alone(folder, part):
            _restore(folder)
            new = part / "folder"
            shutil.rmtree(new, ignore_errors=True)
            made = _fill(new, part, targets, contents, tell)
            _put(new, folder)
            for kept in part.glob("have-*"):
                shutil.rmtree(kept, ignore_errors=True)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise UserError(
                f"{folder.parent}: the disk is full; make room, or name another folder"
            ) from None
        where, why = error.filename or folder, error.strerror or error
        raise UserError(f"{where}: {why}; name another folder") from None
    return made


def _must_be_ours(folder: Path) -> None:
    try:
        if folder.is_mount():
            raise UserError(f"{folder}: is a whole disk; name a folder on it: {folder / 'lessons'}")
        if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
            return
        if mine := _would_be_lost(folder):
            raise UserError(
                f"{folder}: {mine} is not as it was made, and would be lost; move it away,"
                " or name another folder"
            )
    except BrokenFolderError:
        raise UserError(
            f"{folder}: holds something else than a classroom folder; name another"
        ) from None
    except OSError as error:
        raise UserError(f"{folder}: {error.strerror}; name another folder") from None


def _would_be_lost(folder: Path) -> str:
    """Return the name of a file that a person has put in, or of a lesson that they changed."""
    sums = start.read_sums(folder)
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_dir() or name == SUMS or path.name.startswith("."):  # as .DS_Store, ._start.sh
            continue
        if name not in sums:
            return name
        if name.startswith("lessons/") and start.file_digest(path) != sums[name]:
            return name
    return ""


@contextmanager
def _alone(folder: Path, part: Path) -> Iterator[None]:
    """Hold the lock in *part*; afterwards *part* is gone, but for a whole download in it."""
    with (part / "lock").open("a+b") as file:
        if not start.try_lock(file.fileno()):
            raise UserError(
                f"{folder}: another kit classroom is making it; wait until it has ended"
            )
        try:
            yield
        finally:
            shutil.rmtree(part / "folder", ignore_errors=True)
            if all(each.suffix == ".part" for each in part.glob("have-*")):
                shutil.rmtree(part, ignore_errors=True)


def _fill(
    new: Path,
    part: Path,
    targets: Sequence[Laptop],
    contents: Contents,
    tell: Callable[[str], None],
) -> FolderSize:
    tell("building the kit's wheel")
    shutil.rmtree(part / "own", ignore_errors=True)
    (part / "own").mkdir()
    own = contents.wheel(part / "own")
    needed: dict[Laptop, tuple[Wheel, ...]] = {}
    for target in targets:
        needed[target] = download(own, target, part / _kept_name(own, target), tell)
    tell("putting the folder together")
    wheels = new / "wheels"
    wheels.mkdir(parents=True)
    lock = texts.lock_text(needed)
    for found in needed.values():
        for wheel in found:
            shutil.copyfile(wheel.path, wheels / wheel.path.name)
    _write(new / LOCK, lock)
    contents.lessons(new / "lessons")
    (new / "history").mkdir()
    contents.history(new / "history")
    _write_texts(new, targets)
    return _seal(new, targets, contents)


def _kept_name(own: Path, target: Laptop) -> str:
    """Name what was downloaded by what was asked for, and by the day."""
    asked = (start.file_digest(own), *target.key, target.tag, time.strftime("%Y-%m-%d"))
    return f"have-{sha256('|'.join(asked).encode()).hexdigest()[:16]}"


def _write(path: Path, text: str, *, program: bool = False) -> None:
    path.write_bytes(text.encode())
    path.chmod(0o755 if program else 0o644)


def _write_texts(new: Path, targets: Sequence[Laptop]) -> None:
    for name in ("start.sh", "start.command"):
        _write(new / name, texts.start_sh(targets), program=True)
    _write(new / "start.bat", texts.start_bat(targets))
    _write(new / "README.txt", texts.readme(targets))
    _write(new / "start.py", Path(start.__file__).read_text(encoding="utf-8"))


def _seal(new: Path, targets: Sequence[Laptop], contents: Contents) -> FolderSize:
    """Write the manifest, and the sums of all files."""
    names = [path.relative_to(new).as_posix() for path in new.rglob("*") if path.is_file()]
    manifest = {
        "format": start.FORMAT,
        "version": start.VERSION,
        "kit": contents.version,
        "history": contents.history_words,
        "targets": [
            {
                "sys_platform": target.sys_platform,
                "machine": target.machine,
                "python": target.python,
            }
            for target in targets
        ],
        "files": len(names) + 1,
    }
    _write(new / MANIFEST, json.dumps(manifest, indent=2) + "\n")
    lines = [f"{start.file_digest(new / name)}  {name}\n" for name in sorted([*names, MANIFEST])]
    _write(new / SUMS, "".join(lines))
    size = sum(path.stat().st_size for path in new.rglob("*") if path.is_file())
    return FolderSize(len(names) + 1, size)


# -- its place ---------------------------------------------------------------------------------


def _old(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.old")


def _restore(folder: Path) -> None:
    """Take up what a call that was killed between two renames has left."""
    old = _old(folder)
    if old.is_dir():
        if folder.exists():
            shutil.rmtree(old)
        else:
            old.rename(folder)


def _put(new: Path, folder: Path) -> None:
    old = _old(folder)
    if not folder.exists():
        new.rename(folder)
        return
    folder.rename(old)
    try:
        new.rename(folder)
    except OSError:
        old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def whole(folder: Path) -> tuple[str, ...]:
    """Return what of a classroom folder is missing or differs: nothing where it is whole.

    Raises:
        UserError: It is no such folder.
    """
    try:
        return start.check(folder)
    except BrokenFolderError as error:
        raise UserError(str(error)) from None
