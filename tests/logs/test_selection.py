"""Parts of a log: of one device, or between two lines or times."""

from __future__ import annotations

import pytest

from kit.common.errors import UserError
from kit.logs.entries import UnplugLog
from kit.logs.formats.reader import read_log
from kit.logs.selection import Bound, first_entries, narrow_log, read_bound

EVENT = '{"event": "DEVICE_DELETED", "data": {"device": "%s"}, "timestamp": {"seconds": %d}}'
LOG = read_log(
    [
        (
            "log",
            [
                '{"execute": "device_del", "arguments": {"id": "a"}, "id": 1}',
                '{"execute": "device_del", "arguments": {"id": "b"}, "id": 2}',
                '{"return": {}, "id": 1}',
                '{"return": {}, "id": 2}',
                EVENT % ("a", 1_617_271_200),
                '{"execute": "system_reset"}',
                EVENT % ("b", 1_617_271_210),
            ],
        )
    ]
)


def lines(log: UnplugLog) -> list[tuple[int, int | None]]:
    """The lines of the entries, and what they answer."""
    return [(entry.line, entry.answers) for entry in log.entries]


def test_a_device_keeps_its_replies_and_what_concerns_the_machine() -> None:
    assert lines(narrow_log(LOG, device="b")) == [(2, None), (4, 0), (6, None), (7, None)]


def test_an_unknown_device_is_answered_with_those_there_are() -> None:
    with pytest.raises(UserError) as caught:
        narrow_log(LOG, device="c")

    assert str(caught.value) == "log: no device 'c'; it names: a, b"


@pytest.mark.parametrize(
    ("since", "until", "kept"),
    [
        ("3", "5", [3, 4, 5]),
        ("5s", None, [6, 7]),  # line 6 may have been then
        (None, "0s", [1, 2, 3, 4, 5, 6]),
        ("10:00:10", "10:00:10", [6, 7]),
        ("2021-04-01 10:00:00", "10:00:05.5", [1, 2, 3, 4, 5, 6]),
    ],
)
def test_a_part_lies_between_lines_or_times(
    since: str | None, until: str | None, kept: list[int]
) -> None:
    begin = None if since is None else read_bound(since, LOG)
    end = None if until is None else read_bound(until, LOG)

    assert [line for line, _ in lines(narrow_log(LOG, since=begin, until=end))] == kept


def test_a_reply_whose_command_is_cut_off_answers_nothing() -> None:
    assert lines(narrow_log(LOG, since=Bound(line=3), until=Bound(line=4))) == [
        (3, None),
        (4, None),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("soon", "'soon' is not a place in a log; give a line (1200), seconds since its first"),
        ("2021-13-01 10:00:00", "'2021-13-01 10:00:00' is not a place in a log;"),
    ],
)
def test_what_is_no_place_is_one_line(text: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        read_bound(text, LOG)

    assert str(caught.value).startswith(message)


def test_a_log_without_times_has_lines_only() -> None:
    log = read_log([("log", ['{"execute": "stop"}'])])
    with pytest.raises(UserError) as caught:
        read_bound("5s", log)

    assert str(caught.value) == ("'5s': no entry of the log has a time; give the number of a line")


def test_of_several_logs_a_line_does_not_say_which() -> None:
    log = read_log([("a", ['{"execute": "stop"}']), ("b", ['{"return": {}}'])])
    with pytest.raises(UserError) as caught:
        read_bound("1", log)

    assert str(caught.value) == "'1': of several logs a line does not say which; give a time"


def test_the_first_entries_are_kept_with_what_they_answer() -> None:
    assert lines(first_entries(LOG, 3)) == [(1, None), (2, None), (3, 0)]
    assert first_entries(LOG, 7) is LOG
