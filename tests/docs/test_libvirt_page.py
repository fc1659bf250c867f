"""The picture in docs/libvirt.md is what the kit draws."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from kit.machine.catalogue import TODAY
from kit.simulation.run import Pair, Run, play
from kit.simulation.scenario import read_scenario
from kit.views.reports.run import text_lines

ROOT = Path(__file__).parents[2]
STORY = (ROOT / "data" / "scenarios" / "libvirt-async.toml").read_text("utf-8")


def named(text: str, name: str) -> Run:
    run = play(read_scenario(text, "libvirt-async", "f"), TODAY)
    return replace(run, revision=replace(TODAY, alias=name))


def test_waiting_and_not_waiting_stand_on_one_axis() -> None:
    pair = Pair(named(STORY.replace(" --async", ""), "waits"), named(STORY, "--async"))
    lines = [*text_lines(pair, 100)][2:]
    legend = next(n for n, line in enumerate(lines) if line.startswith("| has it"))

    page = (ROOT / "docs" / "libvirt.md").read_text("utf-8")
    assert "```\n" + "\n".join(lines[: legend + 1]) + "\n```" in page
