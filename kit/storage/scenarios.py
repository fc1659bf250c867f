"""Find built-in scenarios by name, and read a person's own from a file."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from kit.common.errors import UserError
from kit.common.packaged_data import data_path
from kit.common.user_file import read_bounded
from kit.simulation.sandbox import SANDBOX
from kit.simulation.scenario import Scenario, read_scenario

__all__ = ["find_scenario", "scenarios"]

_OF_THE_SANDBOX = ("sandbox", SANDBOX.name)  # what people write, and what tokens and JSON say


@cache
def scenarios() -> Mapping[str, Scenario]:
    """Return the built-in scenarios by name, in the order in which their files sort.

    Raises:
        ScenarioError: A file of the kit's breaks the format.
    """
    folder = data_path("scenarios")
    return {path.stem: _read(path) for path in sorted(folder.glob("*.toml"))}


def find_scenario(named: str) -> Scenario:
    """Return the built-in scenario called *named*, or the one in the file of that path.

    Raises:
        UserError: There is no such scenario; the text names all there are.
        ScenarioError: The file breaks the format: file, line, what was expected.
    """
    found = SANDBOX if named in _OF_THE_SANDBOX else scenarios().get(named)
    if found is not None:
        return found
    if named.endswith(".toml"):
        return _read(Path(named))
    known = ", ".join(scenarios())
    raise UserError(f"no scenario {named!r}; there are: {known}; or name a file, story.toml")


def _read(path: Path) -> Scenario:
    return read_scenario(read_bounded(path, "scenario"), path.stem, str(path))
