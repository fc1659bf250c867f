"""Make a classroom folder beside its place, and move it there once it is whole.

The next call of the same day reuses the packages that an interrupted call downloaded, if their
hashes are still the same.  An older folder is replaced only by a whole one.
"""

from __future__ import annotations

import errno
import json
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
from kit.common.user_file import copy_tree, make_folders, write_atomic
from kit.common.user_folder import Workplace, remove_tree, workplace

__all__ = ["Contents", "FolderSize", "make_folder", "whole"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a folder is made of.

    ``wheel`` puts the kit's own wheel into a folder and returns its path; ``lessons`` and
    ``history`` fill theirs; ``history_words`` is the kind of the history.
    """

    version: str
    wheel: Callable[[Path], Path]
    lessons: Callable[[Path], object]
    history: Callable[[Path], None]
    history_words: str


@dataclass(frozen=True, slots=True)
class FolderSize:
    """The size of a folder, and the hash that identifies it: the sha256 of its SHA256SUMS."""

    files: int
    size_bytes: int
    sha256: str


def make_folder(
    folder: Path,
    targets: Sequence[Laptop],
    contents: Contents,
    tell: Callable[[str], None] = lambda _: None,
) -> FolderSize:
    """Make *folder* a classroom folder for *targets*, in place of an older one.

    The folder is absent, empty, or made by an earlier call; *tell* gets each step in a few words.
    UserError if it cannot be made; what was there is then unchanged.
    """
    folder = folder.expanduser().absolute()
    _must_be_ours(folder)
    try:
        with workplace(folder, "kit classroom") as place, _tidied(place):
            made = _fill(place, targets, contents, tell)
            place.put(place.folder / "folder")
            for kept in place.folder.glob("have-*"):
                remove_tree(kept)
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
    """Return the name of a file that a person added, or of a lesson that they changed."""
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
def _tidied(place: Workplace) -> Iterator[None]:
    """Keep only whole downloads in *place*, before and after."""

    def tidy() -> None:
        for path in place.folder.iterdir():
            if not path.name.startswith("have-") or path.suffix == ".part":
                remove_tree(path)

    tidy()
    try:
        yield
    finally:
        tidy()


def _fill(
    place: Workplace,
    targets: Sequence[Laptop],
    contents: Contents,
    tell: Callable[[str], None],
) -> FolderSize:
    tell("building the kit's wheel")
    own = contents.wheel(make_folders(place.folder, "own"))
    needed: dict[Laptop, tuple[Wheel, ...]] = {}
    sums: dict[str, str] = {}
    for target in targets:
        kept = place.folder / _kept_name(own, target)
        if kept.is_dir() and _sums_of(kept) != place.sums.get(kept.name):
            remove_tree(kept)  # changed since, or never whole
        needed[target] = download(own, target, kept, tell)
        place.remember(kept.name, _sums_of(kept))
        sums |= place.sums[kept.name]
    tell("putting the folder together")
    new = place.folder / "folder"
    wheels = make_folders(new, "wheels")
    for wheel in (wheel for found in needed.values() for wheel in found):
        copy_tree(wheel.path, wheels / wheel.path.name)
        if start.file_digest(wheels / wheel.path.name) != sums[wheel.path.name]:
            raise UserError(f"{wheel.path}: was changed after it was downloaded; start again")
    _write(new / LOCK, texts.lock_text(needed, sums))
    contents.lessons(new / "lessons")
    contents.history(make_folders(new, "history"))
    _write_texts(new, targets)
    return _seal(new, targets, contents)


def _sums_of(folder: Path) -> dict[str, str]:
    return {path.name: start.file_digest(path) for path in sorted(folder.glob("*.whl"))}


def _kept_name(own: Path, target: Laptop) -> str:
    """Return the name of a download: by what was asked for, and by the day."""
    asked = (start.file_digest(own), *target.key, target.tag, time.strftime("%Y-%m-%d"))
    return f"have-{sha256('|'.join(asked).encode()).hexdigest()[:16]}"


def _write(path: Path, text: str, *, program: bool = False) -> None:
    write_atomic(path, text.encode(), mode=0o755 if program else 0o644)


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
    return FolderSize(len(names) + 1, size, start.file_digest(new / SUMS))


def whole(folder: Path, wanted: str | None = None) -> tuple[str, ...]:
    """Return what is missing in a classroom folder or differs; nothing if it is whole.

    With *wanted*, the sha256 that `FolderSize` had when it was made, an added file differs, too.
    UserError if it is not a classroom folder.
    """
    try:
        return start.check(folder) if wanted is None else start.check_against(folder, wanted)
    except BrokenFolderError as error:
        raise UserError(str(error)) from None
