"""Queries that show nothing are counted without being decoded; a log reads the same either way."""

from __future__ import annotations

import pytest

from kit.logs.entries import UnplugLog
from kit.logs.formats.dull import DullMessages
from kit.logs.formats.reader import read_log

HEAD = "2021-04-01 10:00:0{}.123+0000: 7: info : {} : QEMU_MONITOR_{}: mon=0x1 {}="
PAIRS = [
    (
        '{"execute":"query-block","id":"libvirt-1"}',
        '{"return": [{"a": {"b": 1}}], "id": "libvirt-1"}',
    ),
    (
        '{"execute":"device_del","arguments":{"id":"c1"},"id":"libvirt-2"}',
        '{"return": {}, "id": "libvirt-2"}',
    ),
    (
        '{"execute":"query-blockstats","arguments":{"query-nodes":true},"id":3}',
        '{"return": [], "id": 3}',
    ),
    (
        '{"execute":"query-target","id":"libvirt-4"}',
        '{"return": {"arch": "ppc64"}, "id": "libvirt-4"}',
    ),
    (
        '{"execute":"query-version","id":"libvirt-5"}',
        '{"return": {"qemu": {"major": 6, "minor": 0, "micro": 0}}, "id": "libvirt-5"}',
    ),
    (
        '{"execute":"query-hotpluggable-cpus","id":"libvirt-6"}',
        '{"return": [{"type": "power9_v2.0-spapr-cpu-core", "qom-path": "/machine/peripheral/c1"}],'
        ' "id": "libvirt-6"}',
    ),
    (
        '{"execute":"query-jobs","id":"libvirt-7"}',
        '{"id": "libvirt-7", "error": {"class": "GenericError", "desc": "no"}}',
    ),
]


def libvirt_log() -> list[str]:
    return [
        line
        for number, (sent, came) in enumerate(PAIRS)
        for line in (
            HEAD.format(number, "qemuMonitorSend:959", "SEND_MSG", "msg") + sent + "^M\n",
            HEAD.format(number, "qemuMonitorJSON:203", "RECV_REPLY", "reply") + came + "\n",
        )
    ]


def qmp_log() -> list[str]:
    return [f"{line}\n" for pair in PAIRS for line in pair]


@pytest.mark.parametrize("lines", [libvirt_log(), qmp_log()], ids=["libvirt", "QMP"])
def test_a_log_reads_the_same_as_if_everything_were_decoded(
    lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def read() -> UnplugLog:
        return read_log([("log", lines)])

    quick = read()
    monkeypatch.setattr(DullMessages, "read", lambda _self, _text: None)

    assert quick == read()


def test_only_queries_that_show_nothing_and_their_answers_are_taken() -> None:
    dull = DullMessages()
    taken = [tuple(dull.read(text) is not None for text in pair) for pair in PAIRS]

    assert taken == [
        (True, True), (False, False), (True, True), (False, False), (False, False), (False, False),
        (True, False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        '{"return": 1, "id": "libvirt-9"}',
        '{"return": 1, "id": "libvirt-1"',
        '{"return": 1, "id": "libvirt-1"} and more',
        '{"return": 1}',
        ' {"return": 1, "id": "libvirt-1"}',
        '{"execute":"query-block","id":"libvirt-1","execute":"device_del"}',
        '{"execute":"query-block\\u0041","id":"libvirt-1"}',
    ],
)
def test_what_is_written_in_another_way_is_decoded(text: str) -> None:
    dull = DullMessages()
    assert dull.read(PAIRS[0][0]) is not None

    assert dull.read(text) is None
