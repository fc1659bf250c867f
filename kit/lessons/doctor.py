"""Check what ``kit doctor`` reports: this installation, the history in use, a real QEMU."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from kit.case_study import history as history_in_use
from kit.common.errors import UserError
from kit.common.packaged_data import lesson_folder
from kit.git.repository.history import passed_over_line
from kit.machine.revision import Board
from kit.real_qemu.api import identity_of
from kit.real_qemu.launch import PROGRAMS, find_binary, probe
from kit.storage.progress import DRIVE, progress_file

__all__ = ["Check", "checks"]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that the kit needs or can use: what was found, or else how to get it."""

    name: str
    found: str
    missing: str = ""
    needed: bool = True


_PACKAGES = (
    *("unplug-kit", "jupyterlab", "ipywidgets", "jupyterlab-widgets", "anywidget", "GitPython"),
    *("unidiff", "pygments", "platformdirs", "rich", "typer"),
)
_NOT_IN_A_PAGE = {"jupyterlab", "jupyterlab-widgets", "GitPython", "typer"}


def checks(*, brief: bool = False) -> tuple[Check, ...]:
    """Return what is installed: Python, packages, git, the history, the lessons, a real QEMU.

    ``brief``: say of each QEMU in one line whether it can be used, not how it answers.
    """
    if sys.platform == "emscripten":
        return _checks_of_a_page()
    return (
        Check("python", sys.version.split()[0]),
        *map(_package, _PACKAGES),
        _git_check(),
        *_history_checks(),
        _lessons_check(),
        *(
            map(_program_check, dict.fromkeys(PROGRAMS.values()))
            if brief
            else (check for board in PROGRAMS for check in _qemu_checks(board))
        ),
    )


def _checks_of_a_page() -> tuple[Check, ...]:
    """Return what JupyterLite brought; a page cannot start programs."""
    return (
        Check("python", f"{sys.version.split()[0]}, in this page"),
        *(_package(name) for name in _PACKAGES if name not in _NOT_IN_A_PAGE),
        *_history_checks(),
        _lessons_check(),
        Check("progress", _kept()),
        Check("git, real QEMU, plots", "", "on your own machine: see the front page", needed=False),
    )


def _kept() -> str:
    path = progress_file().path
    if path.is_relative_to(DRIVE):
        return f"{path.relative_to(DRIVE)} in the list of files; this browser keeps it"
    return "only until this page is closed: the browser stores nothing"


def _package(name: str) -> Check:
    try:
        return Check(name, metadata.version(name))
    except metadata.PackageNotFoundError:
        return Check(name, "", f"install it: {sys.executable} -m pip install {name}")


def _git_check() -> Check:
    how = "to read a clone, install git (Debian: apt install git)"
    return Check("git", shutil.which("git") or "", how, needed=False)


def _qemu_checks(board: Board) -> tuple[Check, ...]:
    """Return the real QEMU of a board: which revision it answers like, and what it cannot do."""
    name = PROGRAMS[board]
    try:
        identity = identity_of(board=board)
    except UserError as error:
        return (Check(name, "", str(error), needed=False),)
    binary = identity.binary
    used = "qtest" if binary.steps_time else "tcg"
    others = ", ".join(one for one in binary.accelerators if one != used)
    accel = f"accelerator {used}" + (f" (it has {others} as well)" if others else "")
    found = Check(name, f"{binary.path}: {identity.words}; {accel}", needed=False)
    return (found, *(Check(name, "", why, needed=False) for why in binary.cannot))


def _program_check(program: str) -> Check:
    """Return whether the kit can play its runs on a real QEMU, of all machines it plays."""
    boards = [board for board, name in PROGRAMS.items() if name == program]
    try:
        binaries = [probe(find_binary(board=board), board) for board in boards]
    except UserError as error:
        return Check(program, "", f"optional: {error}", needed=False)
    version = ".".join(map(str, binaries[0].version))
    pace = "" if all(one.steps_time for one in binaries if one.can_step) else ", in real time"
    found = f"{binaries[0].path}, version {version}: can play the kit's runs{pace}"
    return Check(program, found, needed=False)


def _history_checks() -> tuple[Check, ...]:
    """Return the history in use, and each one that exists but cannot be used."""
    passed: list[Check] = []

    def passed_over(place: Path, why: str) -> None:
        passed.append(Check("passed over", "", passed_over_line(place, why), needed=False))

    try:
        source = str(history_in_use.history(passed_over=passed_over).source)
        used = Check("history", source, needed=False)
    except UserError as error:
        used = Check("history", "", str(error), needed=False)
    return used, *passed


def _lessons_check() -> Check:
    try:
        folder = lesson_folder()
    except UserError as error:
        return Check("lessons", "", str(error))
    return Check("lessons", f"{folder} ({len(list(folder.glob('*.ipynb')))})")
