"""Entries as JSON, their sentences, and the first difference of two traces."""

from __future__ import annotations

import json

from kit.machine.revision import CATALOGUE, find_revision
from kit.runs.bench import Act, play
from kit.runs.scenario import SCENARIOS
from kit.runs.sentences import sentence, short
from kit.runs.trace import entry_json, first_difference


def test_an_entry_as_json_has_its_messages_own_fields() -> None:
    run = play(find_revision("pre-revert"), (Act.DEVICE_DEL, Act.WAIT_TO_15_S))

    assert [entry_json(entry) for entry in run.trace] == [
        {
            "seq": 0,
            "at_ns": 0,
            "src": "operator",
            "dst": "qemu",
            "type": "device_del",
            "id": "core1",
        },
        {
            "seq": 1,
            "at_ns": 0,
            "src": "qemu",
            "dst": "guest",
            "type": "hotplug-event",
            "resource": "CPU",
            "action": "REMOVE",
            "identifier": "DRC_INDEX",
            "index": 0x10000001,
            "count": None,
        },
        {
            "seq": 2,
            "at_ns": 0,
            "src": "qemu",
            "dst": "operator",
            "type": "return",
            "value": None,
        },
        {
            "seq": 3,
            "at_ns": 15_000_000_000,
            "src": "qemu",
            "dst": "qemu",
            "type": "unplug-timeout",
            "index": 0x10000001,
        },
    ]


def test_every_entry_of_every_scenario_has_json_a_sentence_and_a_short_name() -> None:
    for revision in CATALOGUE:
        for scenario in SCENARIOS.values():
            for entry in play(revision, scenario.acts).trace:
                json.dumps(entry_json(entry))

                assert sentence(entry)[-1] in ".”"
                assert sentence(entry)[0].isupper()
                assert short(entry.message)


def test_the_first_difference_is_a_place_in_each_trace() -> None:
    longer = play(find_revision("revert"), (Act.DEVICE_DEL, Act.GUEST_RELEASES)).trace
    shorter = longer[:3]
    other = play(find_revision("revert"), (Act.GUEST_RELEASES,)).trace

    assert [
        first_difference(longer, longer),
        first_difference(shorter, longer),
        first_difference(longer, shorter),
        first_difference(longer, other),
        first_difference((), ()),
    ] == [(None, None), (None, 3), (3, None), (0, 0), (None, None)]
