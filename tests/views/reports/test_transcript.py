"""A run as a QMP transcript."""

from __future__ import annotations

import json

from kit.explorer.comparison import alone
from kit.explorer.paths import open_path
from kit.machine.catalogue import find_revision
from kit.simulation.run import play, play_pair
from kit.storage.scenarios import find_scenario
from kit.views.reports.transcript import path_transcript_lines, transcript_lines

SCENARIO = find_scenario("late-release")
BEFORE, AFTER = find_revision("pre-revert"), find_revision("revert")


def messages(lines: list[str]) -> list[str]:
    """Return the lines without comments."""
    return [line for line in lines if not line.startswith("#")]


def test_commands_replies_and_events_with_their_times() -> None:
    assert messages([*transcript_lines(play(SCENARIO, AFTER))]) == [
        '-> {"execute": "device_del", "arguments": {"id": "core1"}}',
        '<- {"return": {}}',
        '<- {"timestamp": {"seconds": 16, "microseconds": 0}, "event": "DEVICE_DELETED", "data":'
        ' {"path": "/machine/peripheral/core1", "device": "core1"}}',
    ]


def test_what_the_guest_does_is_a_comment() -> None:
    comments = [line for line in transcript_lines(play(SCENARIO, BEFORE)) if line.startswith("#")]

    assert [line[:40] for line in comments] == [
        "# Guest: Linux 5.12. No libvirt. Simulat",
        "# late-release at pre-revert (d522cb52e6",
        "# 0 s: QEMU queues an event for the gues",
        "# 15 s: QEMU's timer fires. QEMU drops t",
        "# 16 s: The guest isolates core 1 (set-i",
        "# 16 s: The guest makes core 1 unusable ",
    ]


def test_a_pair_is_both_runs() -> None:
    before, after = play(SCENARIO, BEFORE), play(SCENARIO, AFTER)

    assert [*transcript_lines(play_pair(SCENARIO, BEFORE, AFTER))] == [
        next(transcript_lines(before)),
        *[*transcript_lines(before)][1:],
        *[*transcript_lines(after)][1:],
    ]


def test_a_path_has_no_times() -> None:
    token = "1.path.c2q2r1m1.linux-5_12.pre-revert.XVACcaaaaaaaa"
    lines = [*path_transcript_lines(alone(open_path(token)))]

    assert lines[1] == f"# {token} at pre-revert (d522cb52e6~1), -machine pseries"
    assert messages(lines)[0] == '-> {"execute": "device_del", "arguments": {"id": "core1"}}'
    assert [line for line in messages(lines) if "timestamp" in json.loads(line[3:])] == []
