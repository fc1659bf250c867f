"""QEMU's side of an unplug as an exercise: a learner writes it, and it must answer as QEMU does.

The machine is one connector with one CPU in use.  The operator asks for the CPU back or resets, the
guest makes the calls of its release in any order.  The learner's machine gets each call, and so
does the kit's machine, which answers as recordings of real QEMUs do.  Where the two differ, the
property of that call is violated; a search finds the shortest way to each difference.

Left out: memory and PCI, configure-connector, the event log, CAS, migration.

Source: `kit.machine.pseries`; LoPAR 13.5.3.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from kit.machine.catalogue import find_revision
from kit.machine.clock import NS_PER_S
from kit.machine.events import (
    DeviceDeleted,
    DeviceUnplugGuestError,
    Emitted,
    HotplugEvent,
    QmpError,
    Reply,
    SensorReturn,
    StatusReturn,
)
from kit.machine.pseries.connector import index_of
from kit.machine.pseries.machine import UNPLUG_TIMEOUT_S, Machine
from kit.machine.pseries.rtas import ALLOCATION_STATE, ENTITY_SENSE, ISOLATION_STATE
from kit.machine.pseries.step import boot, step
from kit.machine.requests import (
    ClientArchitectureSupport,
    ClockStep,
    CpuCore,
    DeviceAdd,
    DeviceDel,
    GetSensorState,
    Request,
    SetIndicator,
    SystemReset,
)
from kit.machine.revision import Patch

__all__ = ["CALLS", "QemuSide"]

_CORE = CpuCore(1, "core1")
_INDEX = index_of(_CORE)
_OPERATOR, _QEMU, _GUEST = "operator", "QEMU", "guest"
CALLS: Mapping[str, tuple[str, Request]] = {
    "device_del": (_OPERATOR, DeviceDel("core1")),
    "system_reset": (_OPERATOR, SystemReset()),
    "sense": (_GUEST, GetSensorState(ENTITY_SENSE, _INDEX)),
    "isolate": (_GUEST, SetIndicator(ISOLATION_STATE, _INDEX, 0)),
    "unisolate": (_GUEST, SetIndicator(ISOLATION_STATE, _INDEX, 1)),
    "unusable": (_GUEST, SetIndicator(ALLOCATION_STATE, _INDEX, 0)),
    "usable": (_GUEST, SetIndicator(ALLOCATION_STATE, _INDEX, 1)),
}
"""Each call with who makes it; a revision with a timer has one more, `TIMER`."""

TIMER = "15 s pass"


class QemuSide:
    """A machine to derive from: write ``answer``, and give ``start`` what you want to remember.

    ``at`` is the revision of QEMU that it has to answer like.
    """

    at = "revert"
    start: Any = None

    def answer(self, state: Any, call: str) -> tuple[Any, object, list[str]]:  # noqa: ANN401
        """Return the next state, the answer to *call*, and the events that QEMU sends.

        Args:
            state: What you returned last, ``start`` at first; anything that JSON has.
            call: One of `CALLS`.

        Returns:
            The answer is "ok" or the class of an error for the operator, a status for the guest (0,
            -3), and for "sense" the sensor's value (1 present, 2 unusable).  Events are "remove",
            which asks the guest for the CPU, and "DEVICE_DELETED".
        """
        raise NotImplementedError(f"write answer({state!r}, {call!r})")

    def describe(self) -> dict[str, Any]:
        """Return the machine as `docs/your-own-machine.md` defines it."""
        reference = _reference(self.at)
        first = reference.start
        calls = {name: who for name, (who, _) in CALLS.items()}
        if reference.has_timer:
            calls[TIMER] = _QEMU
        return {
            "version": 1,
            "name": "QEMU side",
            "title": f"answers as QEMU does at {self.at}",
            "participants": [_OPERATOR, _QEMU, _GUEST],
            "starts": {
                "yours": {
                    "state": {"qemu": first, "yours": self.start},
                    "shows": {_QEMU: _short(self.start)},
                },
                "QEMU": {"state": {"qemu": first}, "shows": {_QEMU: first}},
            },
            "actions": [
                {"name": name, "from": who, "to": _QEMU, "begins": True}
                for name, who in calls.items()
            ],
            "properties": [
                {
                    "name": name,
                    "kind": "always",
                    "says": f"Your machine answers {name} as QEMU does.",
                }
                for name in calls
            ],
        }

    def step(self, state: dict[str, Any], action: str) -> dict[str, Any] | None:
        """Return what a call brings in your machine, and whether QEMU does the same."""
        if state.get("parted"):
            return None
        after, answer, events = _reference(self.at).answer(state["qemu"], action)
        if "yours" not in state:
            shown = _shown(action, answer, events)
            return {"state": {"qemu": after}, "shows": {_QEMU: after}} | shown
        mine, my_answer, my_events = _read(self.answer(state["yours"], action))
        shown = _shown(action, my_answer, my_events)
        same = (my_answer, my_events) == (answer, events)
        state = {"qemu": after, "yours": mine}
        if not same:
            state["parted"] = True
            words = f"QEMU answers {answer}, sends {', '.join(events) or 'nothing'}"
            shown["events"].append({"from": _QEMU, "says": words, "tone": "bad"})
        return {"state": state, "judged": {action: same}, "shows": {_QEMU: _short(mine)}} | shown


def _read(found: object) -> tuple[object, str, list[str]]:
    """Return what a learner's ``answer`` returned, its answer as text.

    Raises:
        ValueError: It is not a state, an answer and a list of names.
    """
    if not isinstance(found, tuple | list) or len(found) != 3:
        raise ValueError(f"answer returned {found!r}; return state, answer, events")
    state, answer, events = found
    if not isinstance(events, list | tuple) or not all(isinstance(one, str) for one in events):
        raise ValueError(f"events are {events!r}, not a list of names such as ['remove']")
    return state, _cut(str(answer)), [_cut(one) for one in events]


def _cut(text: str, most: int = 40) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _short(state: object) -> str:
    if isinstance(state, dict):
        text = ", ".join(f"{key} {value}" for key, value in state.items())
    else:
        text = state if isinstance(state, str) else json.dumps(state, default=str)
    return _cut(text, 100)


def _shown(action: str, answer: str, events: list[str]) -> dict[str, Any]:
    to = {"remove": _GUEST}
    sent = [{"from": _QEMU, "to": to.get(one, _OPERATOR), "says": one} for one in events]
    return {"events": sent} if action == TIMER else {"answer": answer, "events": sent}


class _Reference:
    """The kit's machine at a revision, its states by readable names that are unique."""

    def __init__(self, name: str) -> None:
        self._states: dict[str, Machine] = {}
        revision = find_revision(name)
        self.has_timer = Patch.CPU_UNPLUG_TIMEOUT in revision.patches
        machine = boot(revision)
        for request in (DeviceAdd(_CORE), SystemReset(), ClientArchitectureSupport()):
            machine, _ = step(machine, request)
        self.start = self._named(machine)

    def answer(self, state: str, action: str) -> tuple[str, str, list[str]]:
        """Return the state after a call, the answer in a word, and the names of events."""
        timer = ClockStep(UNPLUG_TIMEOUT_S * NS_PER_S)
        request = timer if action == TIMER else CALLS[action][1]
        machine, outcome = step(self._states[state], request)
        events = [name for one in outcome.emitted if (name := _event(one)) is not None]
        return self._named(machine), _answer(outcome.reply), events

    def _named(self, machine: Machine) -> str:
        """Return the name of a state; the event log and the clock are no part of it."""
        timers = tuple(
            replace(one, expire_ns=one.expire_ns - machine.now_ns) for one in machine.timers
        )
        machine = replace(machine, queue=(), now_ns=0, timers=timers)
        drc = machine.drc(_INDEX)
        assert drc is not None, "the machine has a connector for the CPU"
        words = drc.state.name + ", pending" * drc.unplug_requested + ", empty" * (not drc.device)
        name, number = words, 2
        while self._states.setdefault(name, machine) != machine:
            name, number = f"{words} ({number})", number + 1
        return name


@cache
def _reference(name: str) -> _Reference:
    return _Reference(name)


def _answer(reply: Reply | object) -> str:
    match reply:
        case QmpError(error_class=name):
            return name
        case SensorReturn(status=0, state=value):
            return str(value)
        case SensorReturn(status=status) | StatusReturn(status=status):
            return str(status)
    return "ok"


def _event(emitted: Emitted) -> str | None:
    match emitted:
        case HotplugEvent():
            return "remove"
        case DeviceDeleted():
            return "DEVICE_DELETED"
        case DeviceUnplugGuestError():
            return "DEVICE_UNPLUG_GUEST_ERROR"
    return None  # nobody else hears it: a line of QEMU's own log, a timer that fires
