"""Wires the parts together: files, the environment, the clone that is in use.

What the command line and the lessons call.  Nothing here decides anything about the machine, the
history or a view.
"""

from __future__ import annotations

import gzip
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata, resources
from pathlib import Path
from typing import TYPE_CHECKING

from kit.errors import RecordingError, UserError
from kit.history.clone import Commit, read_commit
from kit.machine.revision import Revision, find_revision
from kit.runs.conform import Report, conform
from kit.runs.recording import read_transcripts
from kit.views.diff_html import DiffPage, PageFile

if TYPE_CHECKING:
    from kit.views.bench_widget import BenchWidget
    from kit.views.figure import Figure

__all__ = [
    "CLONE_VARIABLE",
    "FIRST_LESSON",
    "Check",
    "Lessons",
    "bench",
    "checks",
    "clone_in_use",
    "conform_file",
    "connector",
    "diff_of",
    "lessons",
]

CLONE_VARIABLE = "KIT_QEMU"


# -- recordings --------------------------------------------------------------------------------


def conform_file(path: Path) -> Report:
    """Replay the recording at *path* (``.jsonl``, ``.jsonl.gz``).

    Raises:
        RecordingError: The file cannot be read, or breaks the format.
    """
    return conform(read_transcripts(_lines(path), str(path)), str(path))


def _lines(path: Path) -> Iterator[str]:
    open_text = gzip.open if path.suffix == ".gz" else open
    try:
        with open_text(path, "rt", encoding="utf-8") as file:
            yield from file
    except FileNotFoundError:
        raise RecordingError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise RecordingError(f"{path}: is a folder; name the files in it") from None
    except UnicodeDecodeError as error:
        raise RecordingError(f"{path}: is not UTF-8 text: {error.reason}") from None
    except (OSError, EOFError) as error:
        raise RecordingError(f"{path}: cannot be read: {error}") from None


# -- history -----------------------------------------------------------------------------------


def clone_in_use() -> Path | None:
    """Return the QEMU clone that KIT_QEMU names; None where it names none."""
    named = os.environ.get(CLONE_VARIABLE, "").strip()
    return Path(named).expanduser() if named else None


def diff_of(revision: Revision) -> DiffPage:
    """Return what is shown of *revision*'s commit, read from the clone in use."""
    clone = clone_in_use()
    heading = f"{revision.name}: commit {revision.commit[:10]}"
    if clone is None:
        return DiffPage(
            heading,
            note="To read the diff here, set KIT_QEMU to the folder of a QEMU clone and start"
            " JupyterLab again; everything else on this page works without it.",
        )
    try:
        return _page(read_commit(clone, revision.commit), clone)
    except UserError as error:
        return DiffPage(heading, note=str(error))


def _page(commit: Commit, clone: Path) -> DiffPage:
    files = tuple(
        PageFile(file.path, tuple((line.kind.value, line.text) for line in file.lines))
        for file in commit.files
    )
    note = "This is a merge: it has no diff of its own." if commit.is_merge else ""
    about = f"commit {commit.hash}, {commit.author}, {commit.date}, from {clone}"
    return DiffPage(commit.subject, about, files, note)


# -- lessons -----------------------------------------------------------------------------------


def bench(before: str = "pre-revert", after: str = "revert") -> BenchWidget:
    """Return the bench: two machines side by side, on which each click acts alike.

    Args:
        before: The revision on the left; any name that `kit list revisions` shows.
        after: The revision on the right.

    Raises:
        UnknownRevisionError: There is no such revision; the text says where to look.
    """
    from kit.views.bench_model import BenchModel  # here: the command line does without widgets
    from kit.views.bench_widget import BenchWidget

    return BenchWidget(BenchModel(before, after), diff_of)


def connector(at: str = "revert") -> Figure:
    """Return the diagram of a CPU connector's states at a revision, drawn from its table.

    Raises:
        UnknownRevisionError: There is no such revision; the text says where to look.
    """
    from kit.views.figure import Figure  # here: the command line does without it
    from kit.views.state_diagram import state_diagram

    return Figure(state_diagram(find_revision(at)))


@dataclass(frozen=True, slots=True)
class Lessons:
    """Where the lessons are, and whether they are a copy that its owner may change."""

    folder: Path
    first: Path


def lessons(folder: Path | None = None) -> Lessons:
    """Return where the lessons are; copy them to *folder* first, if one is named.

    In a checkout they are opened where they stand.  An installed kit copies them to *folder*, or
    to ``unplug-kit-lessons`` here; a file that exists already is never overwritten.

    Raises:
        UserError: The folder cannot be written, or this installation has no lessons.
    """
    checkout = Path(__file__).parent.parent / "notebooks"
    packaged = Path(str(resources.files("kit").joinpath("share")))
    source = checkout if checkout.is_dir() else packaged / "notebooks"
    if not source.is_dir():
        raise UserError(f"{source}: no lessons in this installation; install unplug-kit again")
    if folder is None and source == checkout:
        return Lessons(checkout, checkout / FIRST_LESSON)
    target = folder or Path("unplug-kit-lessons")
    glossary_file = source.parent / "docs" / "glossary.md"
    try:
        for path in sorted(source.glob("*.ipynb")):
            _copy_new(path, target / "notebooks" / path.name)
        _copy_new(glossary_file, target / "docs" / "glossary.md")
    except OSError as error:
        raise UserError(f"{target}: the lessons cannot be copied there: {error}") from None
    return Lessons(target / "notebooks", target / "notebooks" / FIRST_LESSON)


FIRST_LESSON = "01-before-and-after.ipynb"


def _copy_new(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        shutil.copyfile(source, target)


# -- doctor ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that the kit needs or can use: what was found, and how to get it if it is not."""

    name: str
    found: str
    missing: str = ""
    needed: bool = True


def checks() -> tuple[Check, ...]:
    """Look at this installation: Python, packages, git, the clone, the lessons, a real QEMU."""
    return (
        Check("python", sys.version.split()[0]),
        *map(_package, ("unplug-kit", "jupyterlab", "ipywidgets", "GitPython", "rich", "typer")),
        _package("jupyterlab-widgets"),
        _program("git", "read a clone", "install git (Debian: apt install git)"),
        _clone_check(),
        _lessons_check(),
        _program(
            "qemu-system-ppc64",
            "run on a real QEMU",
            "install it (Debian: apt install qemu-system-ppc)",
        ),
    )


def _package(name: str) -> Check:
    try:
        return Check(name, metadata.version(name))
    except metadata.PackageNotFoundError:
        return Check(name, "", f"install it: {sys.executable} -m pip install {name}")


def _program(name: str, purpose: str, how: str) -> Check:
    path = shutil.which(name)
    return Check(name, path or "", "" if path else f"to {purpose}, {how}", needed=False)


def _clone_check() -> Check:
    clone = clone_in_use()
    if clone is None:
        return Check(
            "QEMU clone", "", f"to read diffs, set {CLONE_VARIABLE} to a QEMU clone", needed=False
        )
    try:
        revert = read_commit(clone, find_revision("revert").commit)
    except UserError as error:
        return Check("QEMU clone", "", str(error), needed=False)
    return Check("QEMU clone", f"{clone} ({revert.hash[:10]} is there)", needed=False)


def _lessons_check() -> Check:
    folder = Path(__file__).parent.parent / "notebooks"
    packaged = Path(str(resources.files("kit").joinpath("share"))) / "notebooks"
    for place in (folder, packaged):
        if place.is_dir():
            return Check("lessons", f"{place} ({len(list(place.glob('*.ipynb')))})")
    return Check("lessons", "", "install unplug-kit again")
