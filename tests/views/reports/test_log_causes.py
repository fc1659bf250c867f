"""An imported log: the errors that people ask about get their cause in one line."""

from __future__ import annotations

import json

import pytest

from kit.logs.formats.reader import read_log
from kit.views.reports.log import LogReport, _conclusions
from kit.views.reports.log import report_of as report

PENDING = "Device net1 is already in the process of unplug"
BUSY = "Hot-unplug failed: guest is busy (power indicator blinking)"


def report_of(*errors: str) -> LogReport:
    lines = []
    for number, desc in enumerate(errors):
        asked = {"execute": "device_del", "arguments": {"id": "net1"}, "id": number}
        error = {"class": "GenericError", "desc": desc}
        lines += [json.dumps(asked) + "\n", json.dumps({"id": number, "error": error}) + "\n"]
    return report(read_log([("qmp.log", lines)], machine="q35"))


def causes(report: LogReport) -> list[str]:
    return [words for words in _conclusions(report) if words.startswith("The error at ")]


@pytest.mark.parametrize(
    ("desc", "cause"),
    [
        (PENDING, "QEMU waits for the guest since an earlier device_del; since 6.2 a PCIe port"),
        (BUSY, "the guest works on an earlier press of the slot's button, for 6 s in Linux"),
    ],
)
def test_an_error_that_people_ask_about_gets_its_cause_in_one_line(desc: str, cause: str) -> None:
    (line,) = causes(report_of(desc))

    assert line.startswith(f"The error at qmp.log:2: {cause}")


def test_a_cause_is_said_once() -> None:
    assert len(causes(report_of(PENDING, PENDING, BUSY, BUSY))) == 2


def test_another_error_gets_none() -> None:
    assert causes(report_of("Bus 'rp3' does not support hotplugging")) == []
