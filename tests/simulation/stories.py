"""Small scenarios for tests, as a person would write them."""

from __future__ import annotations

from kit.machine.catalogue import find_revision
from kit.machine.clock import NS_PER_MS
from kit.simulation.run import Intervention, Run, play
from kit.simulation.scenario import Scenario, read_scenario
from kit.trace.kinds import wire_name
from kit.trace.sentences import seconds


def story(*script: str, end: str = "30 s", name: str = "story", **cast: object) -> Scenario:
    """A scenario with one core, unless *cast* says otherwise."""
    cast.setdefault("devices", ["core1"])
    lines = "\n".join(f"{key} = {_toml(value)}" for key, value in cast.items())
    text = (
        f'title = "t"\nwhy = "w"\nlook = "l"\nend = "{end}"\n'
        f"script = {_toml(list(script))}\n[cast]\n{lines}\n"
    )
    return read_scenario(text, name, f"{name}.toml")


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(_toml(item) for item in value)}]"
    return f'"{value}"'


def told(run: Run, *types: str) -> list[str]:
    """The entries of some types as "TIME TYPE", of all but the guest's calls if none is named."""
    return [
        f"{seconds(entry.at_ns)} {wire_name(entry.message)}"
        for entry in run.trace
        if wire_name(entry.message) in types
    ]


def at(name: str, scenario: Scenario, *interventions: tuple[float, str]) -> Run:
    """Play a scenario at a revision, with interventions at seconds."""
    made = tuple(Intervention(round(s * 1000) * NS_PER_MS, text) for s, text in interventions)
    return play(scenario, find_revision(name), made)
