"""The built-in scenarios: what each claims, at every revision; and that real QEMUs answered so."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import pytest

from kit.actors.messages import RtasByHand
from kit.machine.catalogue import CATALOGUE, REVISIONS, find_revision
from kit.machine.events import (
    Aborted,
    ConnectorReturn,
    DeviceDeleted,
    DeviceUnplugGuestError,
    Done,
    MemUnplugError,
    QmpError,
    QmpReturn,
    StatusReturn,
)
from kit.machine.requests import (
    ConfigureConnector,
    CpuCore,
    DeviceAdd,
    DeviceDel,
    SetIndicator,
    SystemReset,
)
from kit.machine.revision import Patch, Revision
from kit.recordings.format import Json
from kit.simulation.expectations import expected_to_fail_at
from kit.simulation.run import Run, play
from kit.simulation.scenario import Scenario
from kit.storage.scenarios import scenarios

ALL = list(scenarios().values())
every_scenario = pytest.mark.parametrize("scenario", ALL, ids=lambda scenario: scenario.name)


@every_scenario
def test_each_claim_holds_exactly_where_it_says(scenario: Scenario) -> None:
    found, said = {}, {}
    for revision in REVISIONS:
        if revision.board in scenario.setup.boards:
            run = play(scenario, revision)
            for claim in scenario.expect:
                key = revision.name, claim.that
                found[key] = claim.holds(run.began, run.ended)
                said[key] = not expected_to_fail_at(claim, revision)

    assert found == said != {}


@every_scenario
def test_no_claim_is_empty(scenario: Scenario) -> None:
    """A claim that held everywhere would say nothing, nor would one that held nowhere."""
    played = [revision for revision in REVISIONS if revision.board in scenario.setup.boards]

    for claim in scenario.expect:
        fails = [expected_to_fail_at(claim, revision) for revision in played]
        assert (any(fails), all(fails)) == (True, False), claim.that


@every_scenario
def test_a_scenario_is_complete(scenario: Scenario) -> None:
    assert len(scenario.name) <= 18  # tokens carry it
    assert 10 <= len(scenario.title) <= 66
    assert 120 <= len(scenario.why) <= 400
    assert 20 <= len(scenario.look) <= 110
    assert len(scenario.expect) >= 2
    assert len({claim.that for claim in scenario.expect}) == len(scenario.expect)
    assert scenario.compare


@every_scenario
def test_the_pairs_worth_comparing_differ(scenario: Scenario) -> None:
    for before, after in scenario.compare:
        traces = [play(scenario, find_revision(name)).trace for name in (before, after)]

        assert traces[0] != traces[1], (before, after)


@every_scenario
def test_script_and_claims_name_devices_that_exist(scenario: Scenario) -> None:
    there = {"core0", *(device.id for device in scenario.setup.devices)}
    words = re.compile(r"\b(?:core|dimm|phb|net)\d+\b")
    for line, text in zip(scenario.script, scenario.texts, strict=True):
        if isinstance(line.message, DeviceAdd):
            there.add(line.message.device.id)

        assert set(words.findall(text)) <= there, text
    for claim in scenario.expect:
        assert set(words.findall(claim.that)) <= there, claim.that


def test_the_stories_of_the_lesson_are_among_them() -> None:
    names = {
        *("in-time", "late-release", "late-retry", "late-reset", "refuse-then-reset"),
        *("refuse-then-retry", "retry-each-second"),
    }

    assert names <= set(scenarios())
    assert len(scenarios()) >= 20
    assert len({scenario.title for scenario in ALL}) == len(ALL)


@pytest.mark.parametrize("revision", CATALOGUE, ids=lambda revision: revision.name)
def test_in_time_ends_the_same_at_every_revision(revision: Revision) -> None:
    run = play(scenarios()["in-time"], revision)

    assert [e.at_ns for e in run.trace if isinstance(e.message, DeviceDeleted)] == [10**9]
    assert (run.belief().agreed, run.belief().qemu, run.belief().operator) == (True, False, "gone")


@pytest.mark.parametrize("revision", CATALOGUE, ids=lambda revision: revision.name)
def test_libvirts_picture_is_mended_late_and_its_answer_is_not(revision: Revision) -> None:
    """domain.md section 7.17: done at 12 s, libvirt has failed at 10 s."""
    run = play(scenarios()["libvirt-late"], revision)

    assert run.belief(seq=_last_before(run, 12)).libvirt is True
    assert run.belief().libvirt is False
    first = next(e for e in run.trace if type(e.message).__name__ == "ApiError")
    assert first.at_ns == 10 * 10**9


def _last_before(run: Run, second: int) -> int:
    return max(entry.seq for entry in run.trace if entry.at_ns < second * 10**9)


# -- what real QEMUs answered --------------------------------------------------------------------

REFERENCE = Path(__file__).parents[2] / "data" / "reference"
COUNTED = {"device_del", "device_add", "set_indicator", "system_reset"}
TIMEOUT = [r for r in CATALOGUE if Patch.CPU_UNPLUG_TIMEOUT in r.patches]
NO_TIMEOUT = [r for r in CATALOGUE if r not in TIMEOUT]
SINCE_UNISOLATE = CATALOGUE[-2:]
SINCE_RECONFIGURE = CATALOGUE[3:-2]
CONFIGURE = COUNTED | {"configure_connector"}
PRE_REVERT = [find_revision("pre-revert")]
Builds = Sequence[Revision]
MAPPED: tuple[tuple[str, str, Builds, set[str], int | None], ...] = (
    ("late-retry", "late-release-16s", CATALOGUE, COUNTED, None),
    ("late-release", "late-release-16s", CATALOGUE, COUNTED, None),
    ("late-reset", "late-release-then-reset", CATALOGUE, COUNTED, None),
    ("guest-takes-back", "late-release-then-guest-readds", CATALOGUE, CONFIGURE, None),
    ("half-release", "half-release-across-timeout", CATALOGUE, COUNTED, None),
    ("migrate-pending", "migrate-pending-restarts-timer", CATALOGUE, COUNTED, None),
    ("retry-each-second", "refusal-then-retry-every-second", CATALOGUE, COUNTED, None),
    ("two-cores", "two-cores-independent-timeouts", CATALOGUE, COUNTED, None),
    ("long-uptime", "uptime-30-days", CATALOGUE, COUNTED, None),
    ("uptime-migrated", "uptime-30-days-then-migrate", PRE_REVERT, COUNTED, None),
    ("refuse-unisolate", "guest-rejects-by-unisolate", CATALOGUE, COUNTED, None),
    # the recorded one asks twice at once, so with the timeout the seconds differ
    ("two-requests", "late-guest-after-rejection", NO_TIMEOUT, COUNTED, None),
    ("dimm-refused", "dimm-unisolated-by-guest", SINCE_UNISOLATE, COUNTED, 3),
    ("dimm-reconfigured", "dimm-reconfigured-by-guest", CATALOGUE, CONFIGURE, 3),
    ("dimm-abort", "dimm-partial-release-then-reconfigure", CATALOGUE, CONFIGURE, None),
    ("dimm-migrate-abort", "dimm-migrate-pending-then-reject", SINCE_UNISOLATE, COUNTED, None),
    (
        *("dimm-migrate-abort", "dimm-migrate-pending-then-reconfigure", SINCE_RECONFIGURE),
        *({"device_del", "configure_connector"}, None),
    ),
)
"""Scenario, recording, builds, the calls that count, and how many of them; None: all."""


@pytest.mark.parametrize(
    ("name", "recording", "builds", "ops", "first"),
    [pytest.param(*mapped, id=f"{mapped[0]}-{mapped[1]}") for mapped in MAPPED],
)
def test_a_run_shows_what_a_real_qemu_answered(
    name: str, recording: str, builds: tuple[Revision, ...], ops: set[str], first: int | None
) -> None:
    """Statuses of the guest's calls, error texts and events, call by call."""
    for build in builds:
        run = play(scenarios()[name], build)
        shown = [call for call in shown_calls(run) if call[0].split()[0] in ops][:first]
        recorded = [call for call in recorded_calls(build, recording) if call[0].split()[0] in ops]

        assert len(shown) >= 2, build.name
        assert shown == recorded[: len(shown)], build.name


@pytest.mark.parametrize(
    ("name", "recording"),
    [
        ("late-reset", "late-release-then-reset"),
        ("migrate-pending", "migrate-pending-restarts-timer"),
    ],
)
@pytest.mark.parametrize("revision", CATALOGUE, ids=lambda revision: revision.name)
def test_a_run_ends_with_the_cores_that_a_real_qemu_had(
    name: str, recording: str, revision: Revision
) -> None:
    run = play(scenarios()[name], revision)

    held = [plugged.device for plugged in run.ended.machine.plugged]
    cores = sorted(device.core_id for device in held if isinstance(device, CpuCore))
    assert {"plugged": cores} == transcript(revision.label, recording)[-1]["reply"]


Shown = tuple[str, Json, list[str]]
"""What was asked, the answer, and the events that came with it."""


@cache
def transcript(label: str, name: str) -> list[Json]:
    files = (REFERENCE / folder / f"{label}.jsonl" for folder in ("directed", "migrated-clock"))
    lines = (line for file in files if file.is_file() for line in file.read_text().splitlines())
    return next(found["steps"] for found in map(json.loads, lines) if found["name"] == name)


def recorded_calls(revision: Revision, name: str) -> Iterator[Shown]:
    """From the first device_del on."""
    steps = transcript(revision.label, name)
    first = next(n for n, step in enumerate(steps) if step["op"] == "device_del")
    for step in steps[first:]:
        op = step["op"]
        if op == "set_indicator":
            op = f"set_indicator {step['indicator']} {step['state']}"
        reply = step.get("reply", {})
        if "aborted" in step:
            aborted = step["aborted"]
            answer = f"aborted: {aborted['function']}: {aborted['assertion']}"
        else:
            answer = reply.get("error", {}).get("desc", reply.get("status", 0))
        events = sorted(f"{e['event']} {e['device']}" for e in step.get("events", ()))
        yield _renamed(op, answer, events)


def _renamed(op: str, answer: Json, events: list[str]) -> Shown:
    """The recordings' DIMM is d0, the scenarios' dimm1."""
    new = [re.sub(r"\bd0\b", "dimm1", event) for event in events]
    return op, re.sub(r"\bd0\b", "dimm1", answer) if isinstance(answer, str) else answer, new


def shown_calls(run: Run) -> Iterator[Shown]:
    op, events = "", []
    for message in (entry.message for entry in run.trace):
        match message:
            case RtasByHand():
                continue
            case DeviceDel():
                op, events = "device_del", []
            case DeviceAdd():
                op, events = "device_add", []
            case SystemReset():
                op, events = "system_reset", []
            case SetIndicator(indicator, _, state):
                op, events = f"set_indicator {indicator} {state}", []
            case ConfigureConnector():
                op, events = "configure_connector", []
            case DeviceDeleted(device=device):
                events.append(f"DEVICE_DELETED {device}")
            case MemUnplugError(device=device):
                events.append(f"MEM_UNPLUG_ERROR {device}")
            case DeviceUnplugGuestError(device=device):
                events.append(f"DEVICE_UNPLUG_GUEST_ERROR {device}")
            case QmpReturn() | Done() | QmpError() | StatusReturn() | ConnectorReturn() | Aborted():
                if op:
                    yield op, _answer(message), sorted(events)
                op = ""


def _answer(message: object) -> Json:
    match message:
        case QmpError(_, desc):
            return desc
        case StatusReturn(status) | ConnectorReturn(status):
            return status
        case Aborted(abort):
            return f"aborted: {abort.function}: {abort.assertion}"
    return 0
