"""Entries as JSON, their sentences, and the first difference of two traces."""

from __future__ import annotations

import json

from kit.machine.catalogue import CATALOGUE, find_revision
from kit.simulation.run import play
from kit.simulation.sandbox import Act
from kit.storage.scenarios import scenarios
from kit.trace.entry import entry_json, first_difference
from kit.trace.kinds import label_of
from kit.trace.sentences import sentence
from tests.clicks import sandbox_run


def test_an_entry_as_json_has_its_messages_own_fields() -> None:
    run = sandbox_run(find_revision("pre-revert"), Act.DEVICE_DEL, Act.WAIT_TO_15_S)
    event = {
        "type": "CPU",
        "action": "REMOVE",
        "identifier": "DRC_INDEX",
        "index": 0x10000001,
        "count": None,
    }

    assert [entry_json(entry) for entry in run.trace] == [
        {**at(0, 0), "src": "operator", "dst": "qemu", "type": "device_del", "id": "core1"},
        {
            **at(1, 0),
            **event,
            "src": "qemu",
            "dst": "guest",
            "type": "hotplug-event",
            "resource": "CPU",
        },
        {**at(2, 0), "src": "qemu", "dst": "operator", "type": "return", "value": None},
        {
            **at(3, 0),
            "src": "guest",
            "dst": "qemu",
            "type": "check-exception",
            "mask": 0x50000000,
        },
        {
            **at(4, 0),
            "src": "qemu",
            "dst": "guest",
            "type": "status",
            "status": 0,
            "event": event,
        },
        {
            **at(5, 15_000_000_000),
            "src": "qemu",
            "dst": "qemu",
            "type": "unplug-timeout",
            "index": 0x10000001,
            "silent": True,
        },
    ]


def at(seq: int, ns: int) -> dict[str, int]:
    return {"seq": seq, "at_ns": ns, "guest_ns": ns}


PROGRAMS = ("libvirt", "virsh")  # their names begin small, also a sentence


def test_every_entry_of_every_scenario_has_json_a_sentence_and_a_short_name() -> None:
    for revision in CATALOGUE:
        for scenario in scenarios().values():
            if revision.board not in scenario.setup.boards:
                continue
            for entry in play(scenario, revision).trace:
                json.dumps(entry_json(entry))

                assert sentence(entry)[-1] in ".”"
                assert sentence(entry)[0].isupper() or sentence(entry).startswith(PROGRAMS)
                assert label_of(entry.message)


def test_the_first_difference_is_a_place_in_each_trace() -> None:
    longer = sandbox_run(find_revision("revert"), Act.DEVICE_DEL, Act.GUEST_RELEASES).trace
    shorter = longer[:3]
    other = sandbox_run(find_revision("revert"), Act.GUEST_RELEASES).trace

    assert [
        first_difference(longer, longer),
        first_difference(shorter, longer),
        first_difference(longer, shorter),
        first_difference(longer, other),
        first_difference((), ()),
    ] == [(None, None), (None, 3), (3, None), (0, 0), (None, None)]
