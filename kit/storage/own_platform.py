"""A user's own platform: a Python file with a class for `kit.simulation.platform.Platform`.

Unlike a machine that only answers JSON, it is part of a run: the kit's libvirt, operator and
scenarios, and its own guest.  So the file runs in this process.
"""

from __future__ import annotations

import ast
import shlex
import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from inspect import isclass
from pathlib import Path
from typing import Any

from kit.common.errors import KitError, UserError, did_you_mean
from kit.common.plain_text import plain
from kit.common.user_file import read_bounded
from kit.machine.revision import Board, Revision
from kit.simulation.platform import Platform, register
from kit.simulation.run import begin, play
from kit.simulation.scenario import Scenario
from kit.storage.own_node import module_of

__all__ = ["OwnPlatform", "is_platform", "load_platform"]

_METHODS = {"switch_on", "ask", "deliver"}


@dataclass(frozen=True, slots=True)
class OwnPlatform:
    """A platform that was loaded, and its revisions, in the order of the file."""

    path: Path
    platform: Platform[Any, Any]
    revisions: tuple[Revision, ...]

    def revision(self, name: str | None = None) -> Revision:
        """Return a revision of this platform, by default the first, or raise `UserError`."""
        names = [one.name for one in self.revisions]
        for one in self.revisions:
            if name in (None, one.name, one.label):
                return one
        raise UserError(
            f"{self.path}: has no revision {name!r}; there are {', '.join(names)}"
            f"{did_you_mean(str(name), names)}"
        )

    def scenario(self, scenario: Scenario) -> Scenario:
        """Return a scenario as it is played here; `UserError` if a device cannot be plugged."""
        strange = [one.id for one in scenario.setup.devices if not self.platform.plugs(one)]
        if strange:
            raise UserError(f"{self.path}: {scenario.name} is about {strange[0]}, which it lacks")
        setup = replace(scenario.setup, boards=(self.platform.board,))
        return replace(scenario, setup=setup, expect=())

    def finder(self, find: Callable[[str], Scenario]) -> Callable[[str], Scenario]:
        """Return what finds scenarios as `scenario` returns them."""
        return lambda name: self.scenario(find(name))

    def blamed(self) -> AbstractContextManager[None]:
        """Turn what the file's code raises into one line that names it."""
        return _blamed(self.path)


def is_platform(path: Path) -> bool:
    """Does a Python file define a class for the Protocol of platforms?  It is not run."""
    if path.suffix != ".py" or not path.is_file():
        return False
    try:
        tree = ast.parse(read_bounded(path, "machine"))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False  # the program that runs it reports the mistake
    classes = (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    return any(
        {each.name for each in one.body if isinstance(each, ast.FunctionDef)} >= _METHODS
        for one in classes
    )


def load_platform(path: Path) -> OwnPlatform:
    """Return the platform of a file, which runs, pictures and the explorer know from then on.

    Raises:
        UserError: The file raises something, or has no platform or no revision of its board.
    """
    with _blamed(path):
        found = vars(module_of(path, f"own_platform_{abs(hash(path.absolute()))}"))
        made = [one for one in found.values() if not isclass(one) and _is_complete(one)]
        if not made:
            classes = [one for one in found.values() if isclass(one) and _is_complete(one)]
            own = [one for one in classes if one.__module__.startswith("own_platform_")]
            made = [one() for one in own[:1]]
        if not made:
            raise UserError(f"{path}: defines no platform; derive a class from ExploredPlatform")
        platform = made[0]
        board = platform.board
        if not isinstance(board, Board):
            raise UserError(f"{path}: its board is {board!r}; write board = Board('{path.stem}')")
        revisions = tuple(
            one for one in found.values() if isinstance(one, Revision) and one.board == board
        )
        if not revisions:
            raise UserError(f"{path}: has no Revision with board={board!r}; define one at least")
        for remembered in (begin, play):  # a file that changed has the same revisions
            remembered.cache_clear()
        register(platform, revisions, f"--machine {shlex.quote(str(path))}")
    return OwnPlatform(path, platform, revisions)


def _is_complete(one: object) -> bool:
    return all(callable(getattr(one, name, None)) for name in _METHODS)


@contextmanager
def _blamed(path: Path) -> Iterator[None]:
    try:
        yield
    except KitError:
        raise
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        lines = [frame.lineno for frame in frames if frame.filename == str(path.absolute())]
        place = f"line {lines[-1]}: " if lines else ""
        words = plain(f"{type(error).__name__}: {error}")[:400]
        raise UserError(f"{path}: {place}{words}") from error
