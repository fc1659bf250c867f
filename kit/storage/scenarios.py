"""Find built-in scenarios by name, and read a person's own from a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from kit.common.errors import UserError, did_you_mean
from kit.common.packaged_data import data_path
from kit.common.user_file import read_bounded
from kit.simulation.sandbox import SANDBOX
from kit.simulation.scenario import Scenario, read_scenario

__all__ = ["find_scenario", "finder", "scenarios"]

_OF_THE_SANDBOX = ("sandbox", SANDBOX.name)  # the second is in old tokens and in JSON


@cache
def scenarios() -> Mapping[str, Scenario]:
    """Return the built-in scenarios by name, in the order in which their files sort."""
    folder = data_path("scenarios")
    return {path.stem: _read(path) for path in sorted(folder.glob("*.toml"))}


def find_scenario(named: str) -> Scenario:
    """Return a scenario by its name or its file; UserError if there is none, or it is broken."""
    found = SANDBOX if named in _OF_THE_SANDBOX else scenarios().get(named)
    if found is not None:
        return found
    if named.endswith(".toml"):
        return _read(Path(named))
    known = ", ".join(scenarios())
    raise UserError(
        f"no scenario {named!r}; there are: {known}; or name a file, story.toml"
        f"{did_you_mean(named, scenarios())}"
    )


def finder(own: Path | None) -> Callable[[str], Scenario]:
    """Return `find_scenario`, but the name of the scenario in the file *own* means that one."""
    mine = None if own is None else find_scenario(str(own))
    return lambda name: mine if mine is not None and mine.name == name else find_scenario(name)


def _read(path: Path) -> Scenario:
    return read_scenario(read_bounded(path, "scenario"), path.stem, str(path))
