"""The format of recordings: what is read, and what is refused with file, line and reason."""

from __future__ import annotations

import json

import pytest

from kit.common.errors import RecordingError
from kit.machine.catalogue import find_revision
from kit.machine.requests import (
    CheckException,
    ClockStep,
    ConfigureConnector,
    CpuCore,
    DeviceAdd,
    Dimm,
    Migrate,
    PciFunction,
    Phb,
    RawRtas,
    Request,
)
from kit.recordings.format import Json, RecordedStep, Transcript, read_transcripts

STATUS = {"status": 0}


def line(*steps: Json, **more: Json) -> str:
    return json.dumps({"name": "t", "revision": "d522cb52e6", "steps": list(steps)} | more)


def test_a_transcript_is_read_whole() -> None:
    step = {"op": "clock_step", "ns": 5, "reply": {"now_ns": 5}}

    assert list(read_transcripts([line(step), "", "\n"], "f")) == [
        Transcript(
            "t",
            find_revision("d522cb52e6"),
            (RecordedStep("clock_step", ClockStep(5), {"now_ns": 5}, None, ()),),
        )
    ]


QMP = {"return": {}}
CONNECTOR = {"status": 0, "calls": 1}


@pytest.mark.parametrize(
    ("step", "request_"),
    [
        (
            {"op": "device_add", "device": "cpu-core", "id": "c", "core_id": 1, "reply": QMP},
            DeviceAdd(CpuCore(1, "c")),
        ),
        (
            {
                "op": "device_add",
                "device": "dimm",
                "id": "d",
                "size_mib": 1,
                "addr": 0,
                "reply": QMP,
            },
            DeviceAdd(Dimm(1, 0, "d")),
        ),
        (
            {"op": "device_add", "device": "phb", "id": "p", "index": 1, "reply": QMP},
            DeviceAdd(Phb(1, "p")),
        ),
        (
            {"op": "device_add", "device": "pci", "id": "n", "bus": "b", "addr": "3", "reply": QMP},
            DeviceAdd(PciFunction("b", "3", False, "n")),
        ),
        (
            {"op": "configure_connector", "index": 1, "calls": 4, "reply": CONNECTOR},
            ConfigureConnector(1, 4),
        ),
        ({"op": "check_exception", "mask": 1, "reply": {"status": 1}}, CheckException(1)),
        (
            {"op": "migrate", "cores": [1], "dimms": [], "reply": {}},
            Migrate((1,), (), clock_ns=0),
        ),
        (
            {"op": "migrate", "cores": [1], "clock_ns": 7, "reply": {}},
            Migrate((1,), (), clock_ns=7),
        ),
        (
            {"op": "rtas", "name": "event-scan", "args": [1], "nret": 1, "reply": {"rets": [-3]}},
            RawRtas("event-scan", (1,), 1),
        ),
    ],
    ids=lambda value: value.get("device", value["op"]) if isinstance(value, dict) else "",
)
def test_a_step_becomes_a_request(step: Json, request_: Request) -> None:
    (transcript,) = read_transcripts([line(step)], "f")

    assert transcript.steps[0].request == request_


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "f:1: not a JSON object a line: "),
        ("[" * 100_000, "f:1: it nests more than 100 deep"),
        ("[]", "f:1: a transcript is not an object"),
        ('{"name": "t", "revision": "x", "steps": []}', "f:1: no revision 'x' on the embedded"),
        (line(extra=1), "f:1: a transcript: unknown key 'extra'"),
        (line(1), "f:1: transcript 't', step 1: a step is not an object"),
        (line({"op": "fly", "reply": {}}), "unknown op 'fly'; known: device_add, "),
        (line({"op": ["fly"], "reply": {}}), "unknown op"),
        (line({"op": "system_reset"}), "op system_reset: key 'reply' is missing"),
        (line({"op": "system_reset", "reply": {}, "x": 1}), "op system_reset: unknown key 'x'"),
        (line({"op": "system_reset", "reply": {"x": 1}}), "reply: unknown key 'x'"),
        (line({"op": "clock_step", "ns": True, "reply": STATUS}), "reply: unknown key 'status'"),
        (
            line({"op": "clock_step", "ns": True, "reply": {"now_ns": 0}}),
            "ns is True, not an integer",
        ),
        (line({"op": "clock_step", "ns": 1 << 64, "reply": {"now_ns": 0}}), "of 64 bits"),
        (line({"op": "clock_step", "ns": 1, "reply": {"now_ns": 1.0}}), "now_ns is 1.0, not an"),
        (
            line({"op": "device_del", "id": "c", "reply": {"return": [1]}}),
            "reply.return is not an object",
        ),
        (
            line({"op": "query_hotpluggable_cpus", "reply": {"plugged": [False]}}),
            "plugged is [False], not a list of integers",
        ),
        (
            line({"op": "check_exception", "mask": 1, "reply": {"status": False}}),
            "status is False, not an integer",
        ),
        (
            line(
                {
                    "op": "rtas",
                    "name": "event-scan",
                    "args": [],
                    "nret": 1,
                    "reply": {"rets": [0.0]},
                }
            ),
            "rets is [0.0], not a list",
        ),
        (
            '{"name": "t", "name": "u", "revision": "revert", "steps": []}',
            "key 'name' is given twice",
        ),
        ('{"name": "t", "revision": "revert", "steps": [NaN]}', "NaN is not a JSON number"),
        (
            line(
                {"op": "system_reset", "aborted": {"function": "f", "assertion": "a"}},
                {"op": "system_reset", "reply": {}},
            ),
            "step 2: QEMU aborted in the step before; a recording ends there",
        ),
        (line({"op": "x" * 999, "reply": {}}), f"unknown op '{'x' * 56}...; known"),
        (
            line({"op": "clock_step", "ns": -1, "reply": {"now_ns": 0}}),
            "ns is -1; the clock does not go back",
        ),
        (
            line({"op": "device_add", "device": "gpu", "reply": QMP}),
            "unknown device 'gpu'; known: cpu-core, dimm, phb, pci",
        ),
        (
            line({"op": "system_reset", "reply": {}, "events": [{"event": "RESET"}]}),
            "unknown event 'RESET'; known: DEVICE_DELETED, ",
        ),
        (
            line({"op": "system_reset", "reply": {}, "events": [{"event": "DEVICE_DELETED"}]}),
            "event DEVICE_DELETED: key 'device' is missing",
        ),
        (
            line({"op": "device_del", "id": "c", "aborted": {"function": "f"}}),
            "aborted: key 'assertion' is missing",
        ),
        (
            line({"op": "rtas", "name": "reboot", "args": [], "nret": 1, "reply": {"rets": []}}),
            "unknown RTAS call 'reboot'; known: check-exception, ",
        ),
    ],
)
def test_what_breaks_the_format_is_named_with_its_place(text: str, message: str) -> None:
    with pytest.raises(RecordingError) as error:
        list(read_transcripts([text], "f"))

    assert str(error.value).startswith("f:1: ")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("lines", [[], ["", "  \n"]])
def test_a_recording_without_a_transcript_is_refused(lines: list[str]) -> None:
    with pytest.raises(RecordingError, match=r"^f: holds no transcript$"):
        list(read_transcripts(lines, "f"))
