"""The folder of the lessons: the installation's own, and the copy that its owner works on."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from hashlib import sha256
from importlib import resources
from pathlib import Path

from platformdirs import user_data_path

from kit.common.errors import UserError
from kit.common.user_file import make_folders, write_atomic

__all__ = ["CHECKOUT", "FIRST_LESSON", "Lessons", "data_path", "lesson_folder", "lessons", "share"]

CHECKOUT = Path(__file__).parents[2]
FIRST_LESSON = "00-start-here.ipynb"
LINKED = ("glossary.md", "reverts.md")  # of docs/, where the lessons link to


def share() -> Path:
    """Return the folder in which an installed kit carries its lessons and data."""
    return Path(str(resources.files("kit").joinpath("share")))


@dataclass(frozen=True, slots=True)
class Lessons:
    """The folder of the lessons, and the first of them."""

    folder: Path
    first: Path


def lesson_folder() -> Path:
    """Return where this installation keeps its lessons.

    Raises:
        UserError: It has none.
    """
    for folder in (CHECKOUT / "notebooks", share() / "notebooks"):
        if folder.is_dir():
            return folder
    raise UserError(f"{share()}: no lessons in this installation; install unplug-kit again")


def lessons(folder: Path | None = None, *, remember: bool = False) -> Lessons:
    """Return where the lessons are; copy them to *folder* first, if one is named.

    A checkout's lessons are opened where they are.  An installed kit copies them to *folder*, or to
    ``unplug-kit-lessons`` here, and never overwrites a file.  It refuses a folder of that name that
    it did not make, because a notebook runs the files beside it.

    Args:
        folder: The target; the person who names it trusts what is there.
        remember: Record in the user's own folder that the kit made this copy.

    Raises:
        UserError: The folder cannot be written or is not the kit's, or this installation has no
            lessons.
    """
    source = lesson_folder()
    if folder is None and source == CHECKOUT / "notebooks":
        return Lessons(source, source / FIRST_LESSON)
    target = folder or Path("unplug-kit-lessons")
    if folder is None and os.path.lexists(target) and not _is_our_copy(target):
        raise UserError(
            f"{target.absolute()}: kit lab did not make this folder on this machine, and a notebook"
            f" in it could run anything; if you trust it: kit lab {target}; else: kit lab DIR"
        )
    try:
        for path in sorted(source.glob("*.ipynb")):
            _copy_new(path, make_folders(target, "notebooks"))
        for name in LINKED:
            _copy_new(source.parent / "docs" / name, make_folders(target, "docs"))
    except OSError as error:
        raise UserError(f"{target}: the lessons cannot be copied there: {error}") from None
    if remember:
        _remember_copy(target)
    return Lessons(target / "notebooks", target / "notebooks" / FIRST_LESSON)


# The record of the kit's copies is in the user's own folder, where no repository can write.


def _record_of(target: Path) -> tuple[Path, bytes]:
    """Return the file that records a copy, and its content: which folder the name meant."""
    path, seen = target.absolute(), target.lstat()
    name = sha256(os.fsencode(path)).hexdigest()[:32]
    place = user_data_path("unplug-kit", appauthor=False) / "lesson-copies" / name
    return place, f"{seen.st_dev} {seen.st_ino}\n".encode() + os.fsencode(path) + b"\n"


def _is_our_copy(target: Path) -> bool:
    try:
        place, text = _record_of(target)
        return place.read_bytes() == text
    except OSError:
        return False


def _remember_copy(target: Path) -> None:
    with contextlib.suppress(OSError):  # then the next kit lab asks for its name
        place, text = _record_of(target)
        make_folders(place.parent)
        write_atomic(place, text)


def _copy_new(source: Path, folder: Path) -> None:
    target = folder / source.name
    if not target.exists():
        write_atomic(target, source.read_bytes())  # half a lesson would never be replaced


def data_path(name: str) -> Path:
    """Return a file of data/, in a checkout or in an installed kit."""
    checkout = CHECKOUT / "data" / name
    return checkout if checkout.exists() else share() / "data" / name
