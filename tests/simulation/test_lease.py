"""A platform that the kit does not know is played, drawn and explored, without an edit in kit/."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from xml.etree import ElementTree as ET

import pytest

from kit.actors.pseries_programs import GuestKind
from kit.common.errors import UserError
from kit.explorer.model import DrcModel
from kit.explorer.properties import judged
from kit.explorer.scope import Scope
from kit.explorer.search import Result, explore, walk
from kit.machine.catalogue import find_revision
from kit.machine.revision import Revision
from kit.simulation.run import Pair, Run, play
from kit.simulation.timeline import Timeline
from kit.views.diagram.layout import layout_of
from kit.views.diagram.svg import picture_svg
from kit.views.diagram.text import picture_lines
from tests.simulation.lease import LEASE, PATIENT, SHORT
from tests.simulation.stories import story, told

KIND = GuestKind.LINUX_5_12
SCOPE = Scope(cores=1, requests=2, resets=0, migrations=0)


def at(revision: Revision, *script: str, **cast: object) -> Run:
    """Play a script on the platform, with a guest that needs 6 s to release a CPU."""
    told = story(*script, end="20 s", **({"offline_work": "6 s"} | cast))
    scenario = replace(told, setup=replace(told.setup, boards=(LEASE.board,)))
    return play(scenario, revision, (), LEASE)


def test_a_scenario_runs() -> None:
    """The lease is over before the guest is done: QEMU keeps what nobody uses."""
    run = at(SHORT, "1 s: device_del core1")

    assert told(
        run, "device_del", "hotplug-event", "unplug-timeout", "set-indicator", "status"
    ) == [
        "1 s device_del",
        "1 s hotplug-event",
        "6 s unplug-timeout",
        "7 s set-indicator",
        "7 s status",
    ]
    assert run.belief().orphaned


def test_libvirt_waits_as_long_as_the_platform_says() -> None:
    run = at(SHORT, "1 s: virsh setvcpus 1", libvirt="7.10.0")

    assert told(run, "virsh-error") == ["9 s virsh-error"]


def test_what_the_machine_does_not_know_is_refused() -> None:
    run = at(SHORT, "1 s: migrate", "2 s: guest isolate core1")

    assert [entry.message for entry in run.trace if entry.dst.value == "operator"] == [
        type(run.trace[1].message)("GenericError", "no Migrate on a machine with leases")
    ]


def test_a_fork_goes_on_from_where_it_is_made() -> None:
    run = at(PATIENT, "1 s: device_del core1")
    there = Timeline(
        played=run,
        player=lambda scenario, revision, made: play(scenario, revision, made, LEASE),
    ).seek(2_000_000_000)

    assert told(there.fork("system_reset").runs[0], "system_reset") == ["2 s system_reset"]


def test_its_picture_is_drawn_as_text() -> None:
    """The timer's span says how long this platform's timers run."""
    pair = Pair(*(at(revision, "1 s: device_del core1") for revision in (SHORT, PATIENT)))
    lines = [line.rstrip() for line in picture_lines(layout_of(pair))]

    assert lines[2:21] == [
        "revision                 before: lease            after: patient",
        "time                     oper     QEMU    guest   oper     QEMU    guest",
        ":                         |        |        |      |        |        |",
        "+ 1 s  device_del         :------->:]       |      :------->:        |",
        "|      REMOVE event       :        :------->|      :        :------->|",
        "|      accepted           :<.......:]       |      :<.......:        |",
        ":                         :        :]5 s    |      :        :        |",
        ":                         :        :]       |      :        :        |",
        "+ 6 s  ======================== first difference =======================",
        "|      drops request      :        x        |      :        :        |",
        ":                         :        H        |      :        :        |",
        "+ 7 s  UNUSABLE           :        H<-------.      :        .<-------.",
        "|      DEVICE_DELETED     :        H        .      .<-------.        .",
        "|      success            :        X.......>.      .        ........>.",
        ":                         :      LIMBO      .      .        .        .",
        ":                         :      LIMBO      .      .        .        .",
        "+ 20 s end                :        X        .      .        .        .",
        "|                        waits   LIMBO     gone   gone     gone     gone",
        "",
    ]


def test_its_picture_is_drawn_as_svg() -> None:
    svg = picture_svg(at(SHORT, "1 s: device_del core1"))
    words = [text for text in ET.fromstring(svg).itertext() if text.strip()]

    assert any("QEMU's timeout: 5 s" in text for text in words)
    assert any("LIMBO" in text for text in words)


@cache
def explored(revision: Revision) -> tuple[DrcModel, Result]:
    model = DrcModel(revision, KIND, SCOPE, LEASE)
    return model, explore(model, [one.of(model) for one in judged(KIND)])


@pytest.mark.parametrize(
    ("revision", "states", "violated"),
    [
        (SHORT, 254, ["no-lost-release", "no-silent-disagreement", "refusal-reported"]),
        (PATIENT, 108, ["refusal-reported"]),
    ],
    ids=["lease", "patient"],
)
def test_it_is_explored(revision: Revision, states: int, violated: list[str]) -> None:
    _, result = explored(revision)

    assert result.complete
    assert result.states == states
    assert [name for name, one in result.findings.items() if not one.holds] == violated


def test_the_shortest_counterexample_is_the_lease_that_ends_first() -> None:
    model, result = explored(SHORT)
    path = result.findings["no-lost-release"].path

    assert path is not None
    assert [str(action) for action in walk(model, path)[1]] == [
        "device_del core1",
        "QEMU's timer fires",
        "guest reads",
        "guest releases",
    ]


def test_a_revision_of_another_machine_is_refused() -> None:
    with pytest.raises(UserError, match="the scenario is for lease, and revert is a pseries"):
        at(find_revision("revert"), "1 s: device_del core1")
