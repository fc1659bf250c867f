"""QMP and qtest as their descriptions have them, whatever the pieces in which they arrive."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.real_qemu.channel.wire import (
    QmpAnswer,
    QmpCodec,
    QmpEvent,
    QmpFailure,
    QmpGreeting,
    QtestCodec,
    QtestFail,
    QtestIrq,
    QtestOk,
    WireError,
)

QMP = (
    b'{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": "Debian"},'
    b' "capabilities": ["oob"]}}\r\n'
    b'{"return": {}, "id": 1}\r\n'
    b'{"timestamp": {"seconds": 1, "microseconds": 2}, "event": "STOP"}\r\n'
    b'{"event": "DEVICE_DELETED", "data": {"device": "core1", "path": "/machine/x"}}\n'
    b'{"error": {"class": "GenericError", "desc": "no"}, "id": 2}\n'
)
QMP_MESSAGES = [
    QmpGreeting((7, 2, 22), "Debian"),
    QmpAnswer({}, 1),
    QmpEvent("STOP", {}),
    QmpEvent("DEVICE_DELETED", {"device": "core1", "path": "/machine/x"}),
    QmpFailure("GenericError", "no", 2),
]
QTEST = b"OK\nOK 0x0000000000000001\nFAIL Unknown command 'x'\nIRQ raise 3\nIRQ lower 3\n"
QTEST_MESSAGES = [
    QtestOk(),
    QtestOk(("0x0000000000000001",)),
    QtestFail("Unknown command 'x'"),
    QtestIrq(raised=True, line=3),
    QtestIrq(raised=False, line=3),
]


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    ends = sorted({cut % (len(data) + 1) for cut in cuts} | {len(data)})
    return [data[begin:end] for begin, end in zip([0, *ends], ends, strict=False)]


@given(st.lists(st.integers(0, 1000), max_size=20))
def test_qmp_is_the_same_in_any_pieces(cuts: list[int]) -> None:
    codec = QmpCodec()

    found = [message for piece in pieces(QMP, cuts) for message in codec.feed(piece)]

    assert found == QMP_MESSAGES


def test_qmp_is_read_byte_by_byte() -> None:
    codec = QmpCodec()

    assert [message for byte in QMP for message in codec.feed(bytes([byte]))] == QMP_MESSAGES


@given(st.lists(st.integers(0, 1000), max_size=20))
def test_qtest_is_the_same_in_any_pieces(cuts: list[int]) -> None:
    codec = QtestCodec()

    found = [message for piece in pieces(QTEST, cuts) for message in codec.feed(piece)]

    assert found == QTEST_MESSAGES


def test_qtest_is_read_byte_by_byte() -> None:
    codec = QtestCodec()

    assert [message for byte in QTEST for message in codec.feed(bytes([byte]))] == QTEST_MESSAGES


@given(st.binary(max_size=200))
def test_any_bytes_are_messages_or_one_error(data: bytes) -> None:
    for codec in (QmpCodec(), QtestCodec()):
        complaint = ""
        try:
            list(codec.feed(data + b"\n"))
        except WireError as error:
            complaint = str(error)

        assert complaint.isprintable()


@pytest.mark.parametrize(
    "line",
    [
        b"hello",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b'{"event": 1}',
        b'{"event": "X", "data": 3}',
        b'{"error": "no"}',
        b'{"QMP": {"version": {"qemu": {"major": "7", "minor": 2, "micro": 0}}}}',
        b'{"QMP": {"version": {"qemu": {"major": 7}}}}',
        b"[" * 5000,
    ],
)
def test_what_is_no_qmp_is_named(line: bytes) -> None:
    with pytest.raises(WireError, match="it does not speak QMP"):
        list(QmpCodec().feed(line + b"\n"))


@pytest.mark.parametrize("line", [b"hello", b"\xff", b"ok", b"IRQ raise x", b"IRQ raise"])
def test_what_is_no_qtest_is_named(line: bytes) -> None:
    with pytest.raises(WireError, match="it does not speak qtest"):
        list(QtestCodec().feed(line + b"\n"))


def test_a_line_without_end_is_given_up() -> None:
    codec = QmpCodec()

    assert list(codec.feed(b"x" * (4 << 20))) == []
    with pytest.raises(WireError, match="is longer than any message"):
        list(codec.feed(b"x"))


def test_control_characters_of_a_build_reach_no_terminal() -> None:
    with pytest.raises(WireError, match=r"'\\x1b\[2J' is not JSON"):
        list(QmpCodec().feed(b"\x1b[2J\n"))


@given(st.dictionaries(st.text(), st.text() | st.integers()), st.integers(0, 1 << 31))
def test_a_qmp_command_is_one_line_of_json(arguments: dict[str, object], number: int) -> None:
    line = QmpCodec.command("device_add", arguments, number)

    assert line.count(b"\n") == 1
    said = json.loads(line)
    assert said.pop("arguments", {}) == arguments
    assert said == {"execute": "device_add", "id": number}


@given(st.text(max_size=10))
def test_a_qtest_command_is_one_line_or_refused(word: str) -> None:
    """What a scenario names must not become a second command."""
    try:
        line = QtestCodec.command("rtas", word)
    except ValueError:
        return

    assert line == b"rtas " + word.encode() + b"\n"
    assert word.isascii()
    assert word.isprintable()
