"""What ``kit doctor`` looks at: this installation, the history in use, a real QEMU."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from kit import history_in_use
from kit.backend.launch import PROGRAMS
from kit.backend_in_use import identity_of
from kit.errors import UserError
from kit.lessons import lesson_folder
from kit.machine.revision import Board
from kit.output import passed_over_line

__all__ = ["Check", "checks"]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that the kit needs or can use: what was found, and how to get it if it is not."""

    name: str
    found: str
    missing: str = ""
    needed: bool = True


_PACKAGES = (
    "unplug-kit",
    "jupyterlab",
    "ipywidgets",
    "jupyterlab-widgets",
    "anywidget",
    "GitPython",
    "unidiff",
    "pygments",
    "platformdirs",
    "rich",
    "typer",
)


def checks() -> tuple[Check, ...]:
    """Look at this installation: Python, packages, git, the history, the lessons, a real QEMU."""
    return (
        Check("python", sys.version.split()[0]),
        *map(_package, _PACKAGES),
        _program("git", "read a clone", "install git (Debian: apt install git)"),
        *_history_checks(),
        _lessons_check(),
        *_qemu_checks(Board.PSERIES),
        *_qemu_checks(Board.Q35),
    )


def _package(name: str) -> Check:
    try:
        return Check(name, metadata.version(name))
    except metadata.PackageNotFoundError:
        return Check(name, "", f"install it: {sys.executable} -m pip install {name}")


def _program(name: str, purpose: str, how: str) -> Check:
    path = shutil.which(name)
    return Check(name, path or "", "" if path else f"to {purpose}, {how}", needed=False)


def _qemu_checks(board: Board) -> tuple[Check, ...]:
    """Return the real QEMU of a board: what it answers like, and what it cannot do."""
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


def _history_checks() -> tuple[Check, ...]:
    """Return the history in use, and each that is there and cannot be used."""
    passed: list[Check] = []

    def passed_over(place: Path, why: str) -> None:
        passed.append(Check("passed over", "", passed_over_line(place, why), needed=False))

    try:
        used = Check(
            "history", str(history_in_use.history(passed_over=passed_over).source), needed=False
        )
    except UserError as error:
        used = Check("history", "", str(error), needed=False)
    return used, *passed


def _lessons_check() -> Check:
    try:
        folder = lesson_folder()
    except UserError as error:
        return Check("lessons", "", str(error))
    return Check("lessons", f"{folder} ({len(list(folder.glob('*.ipynb')))})")
