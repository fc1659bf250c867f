"""The folder of the lessons: the installation's own, and the copy that its owner works on."""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from kit.common.errors import UserError
from kit.common.user_file import make_folders, open_bounded, read_bounded, write_atomic

__all__ = ["CHECKOUT", "FIRST_LESSON", "Lessons", "data_path", "lesson_folder", "lessons"]
__all__ += ["own_lessons", "packaged_path", "share"]

CHECKOUT = Path(__file__).parents[2]
FIRST_LESSON = "00-start-here.ipynb"
_MAX_NOTEBOOK = 100_000_000  # bytes, with what its cells printed
# of docs/, where the lessons link to
LINKED = ("glossary.md", "principles.md", "revert-conformance.md", "reverts.md")


def share() -> Path:
    """Return the folder in which an installed kit carries its lessons and data."""
    from importlib import resources  # here: most commands read none of it

    return Path(str(resources.files("kit").joinpath("share")))


@dataclass(frozen=True, slots=True)
class Lessons:
    """The folder of the lessons, and the first of them.

    ``beside``: new versions of lessons that the owner has changed, each beside the owner's.
    """

    folder: Path
    first: Path
    beside: tuple[Path, ...] = ()


def lesson_folder() -> Path:
    """Return where this installation keeps its lessons.

    Raises:
        UserError: It has no lessons.
    """
    for folder in (CHECKOUT / "notebooks", share() / "notebooks"):
        if folder.is_dir():
            return folder
    raise UserError(f"{share()}: no lessons in this installation; install unplug-kit again")


def own_lessons() -> Lessons:
    """Return the lessons where this installation keeps them, for their authors."""
    folder = lesson_folder()
    return Lessons(folder, folder / FIRST_LESSON)


def lessons(folder: Path | None = None, *, remember: bool = False) -> Lessons:
    """Return a copy of the lessons, made or brought up to date in *folder*.

    A lesson that its owner changed is kept; if the kit has a new version of it since the copy was
    made, that is written beside it.  Without *folder* the copy is ``unplug-kit-lessons`` here.  A
    folder of that name that the kit did not make is refused, because a notebook runs the files
    beside it.

    Args:
        folder: The target; the person who names it trusts what is there.
        remember: Record in the user's own folder that the kit made this copy, and of what.

    Raises:
        UserError: The folder cannot be written or is not the kit's, or this installation has no
            lessons.
    """
    source = lesson_folder()
    target = folder or Path("unplug-kit-lessons")
    if folder is None and os.path.lexists(target) and not _is_our_copy(target):
        raise UserError(
            f"{target.absolute()}: kit lab did not make this folder on this machine, and a notebook"
            f" in it could run anything; if you trust it: kit lab {target}; else: kit lab DIR"
        )
    beside: list[Path] = []
    try:
        made = make_folders(target, "notebooks")
        copied = _copied_versions(target)
        for path in sorted(source.glob("*.ipynb")):
            beside += _bring(path, made, copied)
        for path in sorted(source.glob("labs/*.ipynb")):
            _copy_new(path, make_folders(made, "labs"))
        for path in sorted(source.glob("*.svg")):
            _copy_new(path, made)
        for name in LINKED:
            _copy_new(source.parent / "docs" / name, make_folders(target, "docs"))
        for name in _recordings(source):
            _copy_new(source.parent / name, make_folders(target, *Path(name).parent.parts))
    except OSError as error:
        raise UserError(f"{target}: the lessons cannot be copied there: {error}") from None
    if remember:
        _remember_copy(target, copied)
    return Lessons(made, made / FIRST_LESSON, tuple(beside))


def _bring(source: Path, folder: Path, copied: dict[str, str]) -> list[Path]:
    """Copy a lesson, or its new version; return the path of one that lies beside the owner's."""
    target, new = folder / source.name, source.read_bytes()
    version, before = sha256(new).hexdigest(), copied.get(source.name)
    copied[source.name] = version
    if not target.exists():
        write_atomic(target, new)  # half a lesson would never be replaced
        return []
    if before in (None, version):
        return []
    with open_bounded(target, "notebook", _MAX_NOTEBOOK, UserError) as file:
        mine = sha256(file.read()).hexdigest()
    if mine == version:
        return []
    if mine == before:  # nobody changed it
        write_atomic(target, new)
        return []
    other = target.with_suffix(".new.ipynb")
    write_atomic(other, new)
    return [other]


_RECORDING = re.compile(r"\.\./(data/reference/[\w./-]+?\.jsonl)")


def _recordings(source: Path) -> list[str]:
    """Return the recordings that lessons name and this installation has: a checkout has them."""
    pages = "".join(path.read_text(encoding="utf-8") for path in source.glob("*.ipynb"))
    named = sorted(set(_RECORDING.findall(pages)))
    return [name for name in named if (source.parent / name).is_file()]


# The record of the kit's copies is in the user's own folder, where no repository can write.


def _record_of(target: Path) -> tuple[Path, bytes]:
    """Return the file that records a copy, and its content, which identifies the folder."""
    from platformdirs import user_data_path  # here: most commands copy nothing

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


def _remember_copy(target: Path, copied: Mapping[str, str]) -> None:
    with contextlib.suppress(OSError):  # then the next kit lab asks for its name
        place, text = _record_of(target)
        make_folders(place.parent)
        write_atomic(place, text)
        write_atomic(_versions_of(place), json.dumps(copied, indent=1).encode())


def _versions_of(place: Path) -> Path:
    return place.with_suffix(".json")


def _copied_versions(target: Path) -> dict[str, str]:
    """Return the digest of each lesson as the kit copied it last; empty without a record."""
    try:
        if not _is_our_copy(target):
            return {}
        place, _ = _record_of(target)
        found = json.loads(read_bounded(_versions_of(place), "record"))
    except (OSError, UserError, ValueError):
        return {}
    texts = isinstance(found, dict) and all(isinstance(one, str) for one in found.values())
    return found if texts else {}


def _copy_new(source: Path, folder: Path) -> None:
    target = folder / source.name
    if not target.exists():
        write_atomic(target, source.read_bytes())  # half a lesson would never be replaced


def packaged_path(name: str) -> Path:
    """Return a file that a checkout and an installed kit carry: ``docs/import.md``."""
    checkout = CHECKOUT / name
    return checkout if checkout.exists() else share() / name


def data_path(name: str) -> Path:
    """Return a file of data/."""
    return packaged_path(f"data/{name}")
