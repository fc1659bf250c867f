"""The recordings of a real q35 machine, replayed; and what their format refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from kit.common.errors import RecordingError
from kit.common.json_fields import Json
from kit.machine.catalogue import Q35
from kit.machine.q35.messages import ReportOst, SlotType
from kit.machine.requests import CpuCore, DeviceAdd
from kit.recordings.conformance import Mismatch, conform, replay
from kit.recordings.format import RecordedStep, Transcript, read_transcripts

REFERENCE = Path(__file__).parents[2] / "data" / "reference"
RECORDINGS = {
    version: {
        json.loads(text)["name"]: text
        for text in (REFERENCE / "acpi" / f"q35-{version}.jsonl").read_text().splitlines()
    }
    for version in ("7.2.22", "11.1.3")
}
SCRIPTS = RECORDINGS["7.2.22"]


def test_all_scripts_are_there() -> None:
    assert len(SCRIPTS) == 9
    assert [*RECORDINGS["11.1.3"]] == [*SCRIPTS]


@pytest.mark.parametrize("version", RECORDINGS)
@pytest.mark.parametrize("name", SCRIPTS)
def test_the_machine_answers_as_the_recorded_one(name: str, version: str) -> None:
    text = RECORDINGS[version][name]
    (transcript,) = read_transcripts([text], "f")

    assert replay(transcript) == (len(json.loads(text)["steps"]), None)


def test_four_years_changed_nothing_that_a_script_sees() -> None:
    """But for the version in the recording's head."""
    today = {n: json.loads(t) | {"version": "7.2.22"} for n, t in RECORDINGS["11.1.3"].items()}

    assert today == {name: json.loads(text) for name, text in SCRIPTS.items()}


def test_pseries_and_q35_may_stand_in_one_file() -> None:
    pseries = (REFERENCE / "directed" / "d522cb52e6.jsonl").read_text().splitlines()[:2]
    report = conform(read_transcripts([*SCRIPTS.values(), *pseries], "f"), "f")

    assert (report.transcripts, report.mismatches) == (11, ())


OST = {"event": "ACPI_DEVICE_OST", "source": 3, "slot": "1", "slot_type": "CPU"}


@pytest.mark.parametrize(
    ("name", "step", "change", "expected", "got"),
    [
        pytest.param(
            "guest-silent-then-reset",
            5,
            lambda step: step["reply"].update(status=1),
            {"status": 1},
            {"status": 5},
            id="status after the reset",
        ),
        pytest.param(
            "duplicate-add",
            3,
            lambda step: step["reply"]["error"].update(desc="CPU[1] exists"),
            {"error": {"class": "GenericError", "desc": "CPU[1] exists"}},
            {"error": {"class": "GenericError", "desc": "CPU[1] with APIC ID 1 exists"}},
            id="error text",
        ),
        pytest.param(
            "guest-refuses-ost",
            6,
            lambda step: step["events"][0].update(status=131),
            {"reply": {}, "events": [{**OST, "device": "cpu1", "status": 131}]},
            {"reply": {}, "events": [{**OST, "device": "cpu1", "status": 130}]},
            id="status of the event",
        ),
        pytest.param(
            "guest-refuses-ost",
            6,
            lambda step: step.pop("events"),
            {"reply": {}, "events": []},
            {"reply": {}, "events": [{**OST, "device": "cpu1", "status": 130}]},
            id="event missing in the recording",
        ),
        pytest.param(
            "eject-without-request",
            5,
            lambda step: step["reply"].update(plugged=[0, 1]),
            {"plugged": [0, 1]},
            {"plugged": [0]},
            id="CPU that should be there",
        ),
    ],
)
def test_conform_reports_exactly_what_was_altered(
    name: str, step: int, change: Callable[[Json], None], expected: Json, got: Json
) -> None:
    data = json.loads(SCRIPTS[name])
    change(data["steps"][step - 1])
    report = conform(read_transcripts([json.dumps(data)], "f"), "f")

    assert report.mismatches == (
        Mismatch(name, step, data["steps"][step - 1]["op"], expected, got),
    )


def test_the_order_of_slots_is_compared() -> None:
    data = json.loads(SCRIPTS["guest-refuses-ost"])
    data["steps"][8]["reply"]["slots"].reverse()
    (transcript,) = read_transcripts([json.dumps(data)], "f")
    count, mismatch = replay(transcript)

    assert (count, mismatch is not None) == (9, True)


# -- the format --------------------------------------------------------------------------------


def line(*steps: Json, **more: Json) -> str:
    data = {"name": "t", "machine": "q35", "version": "7.2.22", "steps": list(steps)}
    return json.dumps(data | more)


def test_a_transcript_is_read_whole() -> None:
    event = {**OST, "status": 0}
    steps = (
        {"op": "device_add", "id": "c", "core_id": 1, "reply": {"return": {}}},
        {"op": "cpu_ost", "slot": 1, "event": 3, "status": 0, "reply": {}, "events": [event]},
    )

    assert list(read_transcripts([line(*steps)], "f")) == [
        Transcript(
            "t",
            Q35,
            (
                RecordedStep("device_add", DeviceAdd(CpuCore(1, "c")), {"return": {}}, None, ()),
                RecordedStep("cpu_ost", ReportOst(SlotType.CPU, 1, 3, 0), {}, None, (event,)),
            ),
        )
    ]


RESET = {"op": "system_reset", "reply": {}}
OSPM = {"op": "query_acpi_ospm_status"}
DELETED = {"event": "DEVICE_DELETED", "device": "c"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (line(machine="pc"), "unknown machine 'pc'; known: q35 (pseries has a revision)"),
        (line(machine=["q35"]), "machine is ['q35'], not a text"),
        (line(version="8.0.0"), "version '8.0.0' of q35 is not embedded; known: 7.2, 11.1"),
        (line(revision="revert"), "a transcript: unknown key 'revision'"),
        (line(steps={}), "transcript 't': steps is not a list"),
        (line(RESET, 1), "transcript 't', step 2: a step is not an object"),
        (
            line({"op": "set_indicator", "reply": {}}),
            "unknown op 'set_indicator'; known on q35: device_add, device_del, cpu_status, ",
        ),
        (line({"op": [], "reply": {}}), "unknown op []"),
        (line({"op": "system_reset"}), "op system_reset: key 'reply' is missing"),
        (line(RESET | {"aborted": {}}), "op system_reset: unknown key 'aborted'"),
        (line(RESET | {"reply": {"x": 1}}), "reply: unknown key 'x'"),
        (line(RESET | {"events": {}}), "events is not a list"),
        (
            line(RESET | {"events": [DELETED]}),
            "unknown event 'DEVICE_DELETED'; known on q35: ACPI_DEVICE_OST",
        ),
        (line(RESET | {"events": [OST]}), "event ACPI_DEVICE_OST: key 'status' is missing"),
        (line(RESET | {"events": [OST | {"status": "0"}]}), "status is '0', not an integer"),
        (line(RESET | {"events": [OST | {"status": 0, "slot": 1}]}), "slot is 1, not a text"),
        (
            line({"op": "cpu_status", "slot": True, "reply": {"status": 0}}),
            "slot is True, not an integer",
        ),
        (line({"op": "cpu_status", "slot": 1, "reply": {}}), "reply: key 'status' is missing"),
        (line(OSPM | {"reply": {"slots": {}}}), "reply.slots is not a list"),
        (line(OSPM | {"reply": {"slots": [1]}}), "a slot of the reply is not an object"),
        (
            line({"op": "query_hotpluggable_cpus", "reply": {"plugged": [True]}}),
            "plugged is [True], not a list of integers",
        ),
    ],
)
def test_what_breaks_the_format_is_named_with_its_place(text: str, message: str) -> None:
    with pytest.raises(RecordingError) as error:
        list(read_transcripts(["", text], "f"))

    assert str(error.value).startswith("f:2: ")
    assert message in str(error.value)
    assert "\n" not in str(error.value)
