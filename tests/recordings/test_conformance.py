"""All recordings of real QEMU builds, replayed; and that a difference is found where it is."""

from __future__ import annotations

import copy
import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

import kit.machine.pseries.machine
import kit.machine.pseries.rtas
from kit.common.errors import RecordingError
from kit.machine.catalogue import RECORDED
from kit.machine.pseries.connector import Call, Drc, DrcState, QemuCall
from kit.machine.pseries.drc import Row, Table, apply
from kit.machine.pseries.tables import NEVER_RECORDED, lines
from kit.machine.requests import Migrate
from kit.recordings.conformance import ConformanceReport, Mismatch, conform, replay
from kit.recordings.format import Json, Transcript, read_transcripts

REFERENCE = Path(__file__).parents[2] / "data" / "reference"
TRANSCRIPTS = {"directed": 71, "walks": 100, "migrated-clock": 3}
FILES = sorted(path for folder in TRANSCRIPTS for path in REFERENCE.glob(f"{folder}/*"))


@cache
def text_of(path: Path) -> str:
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data).decode()


def transcripts(path: Path) -> Iterator[Transcript]:
    return read_transcripts(text_of(path).splitlines(), path.name)


@cache
def conformed(path: Path) -> tuple[ConformanceReport, frozenset[int]]:
    """Return what conform says of a file, and the rows of the tables that decided in it."""
    shown: set[int] = set()

    def spy(drc: Drc, call: Call, table: Table) -> tuple[Drc, Row]:
        after, row = apply(drc, call, table)
        shown.add(id(row))
        return after, row

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(kit.machine.pseries.machine, "apply", spy)
        patched.setattr(kit.machine.pseries.rtas, "apply", spy)
        return conform(transcripts(path), path.name), frozenset(shown)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_the_machine_answers_as_the_recorded_build(path: Path) -> None:
    report, _ = conformed(path)

    assert [str(mismatch) for mismatch in report.mismatches] == []
    assert report.transcripts == TRANSCRIPTS[path.parent.name]


def test_all_recordings_are_there() -> None:
    assert len(FILES) == 2 * len(RECORDED) + 1 == 31


def test_only_the_recorder_sets_the_clock_of_a_destination() -> None:
    """The replay of a recording whose recorder did not set it begins at 0; the machine goes on."""
    (path,) = REFERENCE.glob("migrated-clock/*")
    found = next(transcripts(path))
    without = Transcript(
        found.name,
        found.revision,
        tuple(
            replace(step, request=replace(step.request, clock_ns=0))
            if isinstance(step.request, Migrate)
            else step
            for step in found.steps
        ),
    )

    assert replay(found) == (len(found.steps), None)
    done, mismatch = replay(without)
    assert mismatch is not None
    assert (done, mismatch.op, mismatch.got) == (9, "clock_step", {"now_ns": 10**9})


# -- that conform finds what is altered --------------------------------------------------------


def recorded(name: str, revision: str = "4b08cd567b") -> Json:
    for line in text_of(REFERENCE / "directed" / f"{revision}.jsonl").splitlines():
        data = json.loads(line)
        if data["name"] == name:
            return data
    raise LookupError(name)


def steps_with(data: Json, test: Callable[[Json], bool]) -> int:
    return next(number for number, step in enumerate(data["steps"]) if test(step))


def only_mismatch(data: Json) -> Mismatch:
    report = conform(read_transcripts([json.dumps(data)], "altered"), "altered")
    (mismatch,) = report.mismatches
    return mismatch


def altered(
    name: str, test: Callable[[Json], bool], change: Callable[[Json], None]
) -> tuple[Json, int]:
    data = copy.deepcopy(recorded(name))
    number = steps_with(data, test)
    change(data["steps"][number])
    return data, number + 1


DELETED = {"event": "DEVICE_DELETED", "device": "core1"}


@pytest.mark.parametrize(
    ("name", "test", "change", "expected", "got"),
    [
        pytest.param(
            "cooperative-unplug",
            lambda step: step["op"] == "set_indicator",
            lambda step: step["reply"].update(status=-1),
            {"status": -1},
            {"status": 0},
            id="status",
        ),
        pytest.param(
            "unknown-device-del",
            lambda step: "error" in step["reply"],
            lambda step: step["reply"]["error"].update(desc="Device nope not found"),
            {"error": {"class": "DeviceNotFound", "desc": "Device nope not found"}},
            {"error": {"class": "DeviceNotFound", "desc": "Device 'nope' not found"}},
            id="error text",
        ),
        pytest.param(
            "cooperative-unplug",
            lambda step: "events" in step,
            lambda step: step.update(events=[{"event": "DEVICE_DELETED", "device": "core2"}]),
            {"reply": {"status": 0}, "events": [{"event": "DEVICE_DELETED", "device": "core2"}]},
            {"reply": {"status": 0}, "events": [DELETED]},
            id="event",
        ),
        pytest.param(
            "cooperative-unplug",
            lambda step: step["op"] == "device_del",
            lambda step: step.update(events=[DELETED]),
            {"reply": {"return": {}}, "events": [DELETED]},
            {"reply": {"return": {}}, "events": []},
            id="extra event in the recording",
        ),
        pytest.param(
            "cooperative-unplug",
            lambda step: "events" in step,
            lambda step: step.pop("events"),
            {"reply": {"status": 0}, "events": []},
            {"reply": {"status": 0}, "events": [DELETED]},
            id="event missing in the recording",
        ),
        pytest.param(
            "cooperative-unplug",
            lambda step: step["op"] == "configure_connector",
            lambda step: step["reply"].update(calls=31),
            {"status": 0, "calls": 31},
            {"status": 0, "calls": 32},
            id="call count",
        ),
        pytest.param(
            "dimm-migrate-pending-then-reject",
            lambda step: "aborted" in step,
            lambda step: step["aborted"].update(function="spapr_lmb_release"),
            {"aborted": {"function": "spapr_lmb_release", "assertion": "ds"}},
            {"aborted": {"function": "spapr_memory_unplug_rollback", "assertion": "ds"}},
            id="abort in another function",
        ),
        pytest.param(
            "dimm-migrate-pending-then-reject",
            lambda step: "aborted" in step,
            lambda step: (step.pop("aborted"), step.update(reply={"status": 0})),
            {"reply": {"status": 0}},
            {"aborted": {"function": "spapr_memory_unplug_rollback", "assertion": "ds"}},
            id="abort that was not recorded",
        ),
        pytest.param(
            "cooperative-unplug",
            lambda step: step["op"] == "query_hotpluggable_cpus",
            lambda step: (
                step.pop("reply"),
                step.update(aborted={"function": "f", "assertion": "a"}),
            ),
            {"aborted": {"function": "f", "assertion": "a"}},
            {"reply": {"plugged": [0]}},
            id="abort that the machine does not make",
        ),
    ],
)
def test_conform_reports_exactly_what_was_altered(
    name: str,
    test: Callable[[Json], bool],
    change: Callable[[Json], None],
    expected: Json,
    got: Json,
) -> None:
    data, step = altered(name, test, change)
    op = data["steps"][step - 1]["op"]

    assert only_mismatch(data) == Mismatch(name, step, op, expected, got)


def test_events_of_a_step_are_compared_without_their_order() -> None:
    data, step = altered(
        "dimm-unisolated-by-guest",
        lambda step: len(step.get("events", ())) == 3,
        lambda step: step["events"].reverse(),
    )
    (transcript,) = read_transcripts([json.dumps(data)], "f")

    assert (replay(transcript), step < len(transcript.steps)) == (
        (len(transcript.steps), None),
        True,
    )


def test_a_transcript_stops_at_its_first_mismatch() -> None:
    data, step = altered(
        "cooperative-unplug",
        lambda step: step["op"] == "set_indicator",
        lambda step: step["reply"].update(status=-1),
    )
    data["steps"][-1]["reply"] = {"plugged": []}
    report = conform(read_transcripts([json.dumps(data)], "f"), "f")

    assert (report.transcripts, report.steps, len(report.mismatches)) == (1, step, 1)


def test_what_no_qemu_could_be_asked_is_an_error() -> None:
    data = recorded("migrate-idle")
    step = next(step for step in data["steps"] if step["op"] == "migrate")
    step["cores"] = []

    with pytest.raises(RecordingError, match="f: transcript 'migrate-idle': the migration fails"):
        conform(read_transcripts([json.dumps(data)], "f"), "f")


def test_reports_add_up() -> None:
    assert (
        str(ConformanceReport(1, 10) + ConformanceReport(2, 5))
        == "3 transcripts, 15 steps, 0 mismatches"
    )


# -- what the recordings vouch for -------------------------------------------------------------


def test_the_rows_marked_as_taken_from_the_code_are_those_no_recording_shows() -> None:
    shown = frozenset[int]().union(*(conformed(path)[1] for path in FILES))
    # every reset of every recording met empty connectors, which the machine does not keep
    empty_at_reset = {
        (DrcState.UNUSABLE, QemuCall.RESET, ""),
        (DrcState.POWERON, QemuCall.RESET, ""),
    }
    unseen = {
        (line.patch, line.state, line.call, line.guard)
        for revision in RECORDED
        for line in lines(revision)
        if id(line.row) not in shown and (line.state, line.call, line.guard) not in empty_at_reset
    }

    assert unseen == NEVER_RECORDED
