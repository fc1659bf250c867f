"""A run, or a path of the explorer, as one script that shows the same on a real QEMU.

The script needs only Python's standard library.  It expects the embedded machine's answers to the
same calls.

A run's guest is not in the script: it plugs the devices and resets the machine, after which QEMU
counts a device as in use, as after a boot.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kit.actors.messages import Actor, Message
from kit.common.errors import UserError
from kit.explorer.export import asked_of
from kit.explorer.model import DrcModel
from kit.explorer.paths import PlayedPath
from kit.machine import events, requests
from kit.machine.config import MIB, Config
from kit.machine.pseries.machine import Machine
from kit.machine.pseries.step import boot, next_deadline, step
from kit.machine.revision import Board, Revision
from kit.real_qemu.pseries import destination_words, device_arguments
from kit.real_qemu.reproducer_text import CALLS, SCRIPT
from kit.simulation.platform import Asked, PlatformMachine, platform_of
from kit.simulation.run import Run, begin_with, play_from
from kit.simulation.token import token_of
from kit.simulation.world import World
from kit.trace.entry import TraceEntry
from kit.trace.sentences import seconds, sentence

__all__ = ["Reproducer", "ScriptStep", "python_script", "reproducer_of_path", "reproducer_of_run"]

MAX_REPEATED, MIN_TIMES = 4, 3  # steps that are looked at as one; how often, to be written once
_CORE = "CORE"  # the script puts the binary's own type of core there
_BY_GUEST = (
    requests.SetIndicator,
    requests.GetSensorState,
    requests.ConfigureConnector,
    requests.CheckException,
)
_SCRIPTED = (
    *_BY_GUEST,
    requests.ClockStep,
    requests.DeviceAdd,
    requests.DeviceDel,
    requests.Migrate,
    requests.SystemReset,
    requests.Stop,
    requests.Cont,
)
# one look at the end does for both
_LOOKS = (requests.QueryHotpluggableCpus, requests.QueryMemoryDevices)
_LOOK = f"qom-list {json.dumps({'path': '/machine/peripheral'})}"


@dataclass(frozen=True, slots=True)
class ScriptStep:
    """A line of a script: when and what happens, in words; the call; QEMU's answer and events."""

    when: str
    sentence: str
    call: str
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reproducer:
    """The steps of a script, and what opens the same in the kit: a token.

    ``revision`` is the one whose answers are expected.  ``timed``: QEMU's clock has to be stepped,
    which needs the accelerator qtest.
    """

    title: str
    token: str
    revision: Revision
    steps: tuple[ScriptStep, ...]
    timed: bool


@dataclass(frozen=True, slots=True)
class _Planned:
    """A request, not yet answered; None stands for QEMU's next timer."""

    when: str
    sentence: str
    request: requests.Request | None


def reproducer_of_run(run: Run) -> Reproducer:
    """Return the script of a run; UserError for another board, or if a guest must boot."""
    name, revision = run.scenario.name, run.revision
    if revision.board != Board.PSERIES:
        raise UserError(f"{revision.name} is another machine: name a pseries machine with --at")
    platform = platform_of(revision)
    asked: list[Message] = []  # of all kinds; only requests reach QEMU

    def ask(machine: PlatformMachine, message: Message) -> Asked:
        asked.append(message)
        return platform.ask(machine, message)

    machine, guest = platform.switch_on(revision, cas_at_reset=True)
    world = World(platform=platform, machine=machine, guest=guest, ask=ask)
    began = begin_with(run.scenario.setup, world)
    plugged: list[requests.Request] = [one for one in asked if isinstance(one, requests.DeviceAdd)]
    passed: list[requests.Request] = [one for one in asked if isinstance(one, requests.ClockStep)]
    first = [*plugged, requests.SystemReset(), *passed]
    booted = len(asked)
    ended = play_from(began, run.scenario, revision, run.interventions)
    plan = [
        *(_Planned("before", _sentence_of(one), one) for one in first),
        *_story(asked[booted:], ended.trace),
    ]
    return _answered(name, run.scenario.title, token_of(run), revision, plan)


def reproducer_of_path(path: PlayedPath) -> Reproducer:
    """Return the script of a path of the explorer; UserError if a guest must boot."""
    model = DrcModel(path.revision, path.kind, path.scope)
    plan = [
        _Planned(f"choice {one.choice}" if one.choice else "before", one.action, one.request)
        for one in asked_of(model, (0, *path.choices))
    ]
    title = f"A path of the explorer, guest {path.kind.value}"
    return _answered("this path", title, path.token, path.revision, plan)


def _story(asked: Iterable[Message], trace: Iterable[TraceEntry]) -> Iterator[_Planned]:
    """Put time and sentence of its entry to each request of a story."""
    entries, now_ns = list(trace), 0
    for request in asked:
        if not isinstance(request, requests.Request):
            continue
        found = next((one for one in entries if one.message == request), None)
        if found is not None:
            del entries[: entries.index(found) + 1]
            now_ns = found.at_ns
        yield _Planned(
            seconds(now_ns), _sentence_of(request) if found is None else sentence(found), request
        )


def _sentence_of(request: requests.Request) -> str:
    if isinstance(request, requests.ClockStep):
        return f"{seconds(request.ns)} pass."
    src = Actor.GUEST if isinstance(request, _BY_GUEST) else Actor.OPERATOR
    entry = TraceEntry(seq=0, at_ns=0, guest_ns=0, src=src, dst=Actor.QEMU, message=request)
    return sentence(entry)


def _answered(
    name: str, title: str, token: str, revision: Revision, plan: Iterable[_Planned]
) -> Reproducer:
    """Ask the embedded machine, started as the script starts QEMU."""
    wanted = list(_without_cas(name, plan))
    timed = any(machine.timers for _, _, _, machine in _play(revision, wanted, cas=True))
    steps: list[ScriptStep] = []
    answered = list(_play(revision, wanted, cas=timed))
    for one, request, outcome, _ in answered:
        if isinstance(request, requests.ClockStep | requests.Stop | requests.Cont) and not timed:
            continue  # without a timer of QEMU's, its clock changes no answer
        steps += _steps(one, request, outcome)
    last = answered[-1][-1]
    if last.aborted is None:
        left = " ".join(sorted(str(one.device.id) for one in last.plugged if one.device.id))
        at = steps[-1].when
        steps.append(ScriptStep(at, "The devices that QEMU has at the end.", _LOOK, left))
    return Reproducer(title=title, token=token, revision=revision, steps=tuple(steps), timed=timed)


def _play(
    revision: Revision, plan: Iterable[_Planned], *, cas: bool
) -> Iterator[tuple[_Planned, requests.Request, events.Outcome, Machine]]:
    machine = boot(revision, Config(cas_at_reset=cas))
    for one in plan:
        request = one.request
        if request is None:
            deadline = next_deadline(machine)
            request = requests.ClockStep(0 if deadline is None else deadline - machine.now_ns)
        machine, outcome = step(machine, request)
        yield one, request, outcome, machine
        if machine.aborted is not None:
            return


def _without_cas(name: str, plan: Iterable[_Planned]) -> Iterator[_Planned]:
    """Leave out the CAS of a boot, which follows a reset and changes no answer."""
    last: requests.Request | None = None
    for one in plan:
        request = one.request
        if isinstance(request, requests.ClientArchitectureSupport):
            if not isinstance(last, requests.SystemReset):
                raise UserError(
                    f"{name}: a guest that boots ends the request (CAS), and a script without a"
                    f" guest cannot do that; play it on your QEMU with --backend qemu"
                )
            continue
        if isinstance(request, _LOOKS):
            continue
        if request is not None and not isinstance(request, _SCRIPTED):
            raise UserError(f"{name}: a script cannot make the call {type(request).__name__}")
        if not isinstance(request, requests.ClockStep):
            last = request
        yield one


def python_script(made: Reproducer, file: str) -> str:
    """Return the script; *file* is its name in its own usage line."""
    names = {one.call.partition(" ")[0] for one in made.steps}
    revision = made.revision
    words = {
        "TITLE": f"{made.title.translate(_HARMLESS)}.",
        "TOKEN": f"In the unplug kit: kit open {made.token}",
        "FILE": file.translate(_HARMLESS),
        "ACCEL": "qtest" if made.timed else "tcg",
        "REVISION": revision.name
        if revision.alias is None
        else f"{revision.name} ({revision.label})",
        "STEPS": "\n".join(f"    {line}," for line in _table(made.steps)),
        "CALLS": "\n".join(text.strip("\n") for name, text in CALLS.items() if name in names),
    }
    text = SCRIPT
    for name, value in words.items():
        text = text.replace(f"@{name}@", value)
    return text


_HARMLESS = str.maketrans({"\\": "/", '"': "'", "\n": " "})  # inside a docstring


def _table(steps: Sequence[ScriptStep]) -> Iterator[str]:
    """Yield the lines of the table; steps that are repeated word for word are written once."""
    at = 0
    while at < len(steps):
        size, times = max(
            ((size, _repeats(steps, at, size)) for size in range(1, MAX_REPEATED + 1)),
            key=lambda found: found[0] * (found[1] - 1),
        )
        block, last = steps[at : at + size], steps[at + size * times - 1]
        if times < MIN_TIMES:
            yield _line(steps[at])
            at += 1
            continue
        when = f"{block[0].when.removesuffix(' s')} to {last.when}"
        lines = [_line(replace(one, when=when)) for one in block]
        yield from [f"*{times} * [{lines[0]}", *lines[1:-1]]
        yield f"{lines[-1]}]" if size > 1 else "]"
        at += size * times


def _repeats(steps: Sequence[ScriptStep], at: int, size: int) -> int:
    """Return how often the *size* steps from *at* on follow each other, apart from the time."""
    said = [(one.sentence, one.call, one.answer) for one in steps[at:]]
    times = 1
    while said[times * size : (times + 1) * size] == said[:size]:
        times += 1
    return times


def _line(one: ScriptStep) -> str:
    words = (one.when, one.sentence, one.call, one.answer)
    return f"({', '.join(map(_literal, words))})"


def _literal(text: str) -> str:
    return repr(text) if '"' in text and "'" not in text else json.dumps(text)


def _steps(
    one: _Planned, request: requests.Request, outcome: events.Outcome
) -> Iterator[ScriptStep]:
    if isinstance(request, requests.DeviceAdd) and isinstance(request.device, requests.Dimm):
        dimm = request.device
        memory = {"qom-type": "memory-backend-ram", "id": f"mem-{dimm.id}"}
        call = f"object-add {json.dumps({**memory, 'size': dimm.size_mib * MIB})}"
        yield ScriptStep(one.when, f"The operator makes memory for {dimm.id}.", call, "OK")
    yield ScriptStep(one.when, one.sentence, _call(request), _answer(outcome))


def _call(request: requests.Request) -> str:
    match request:
        case requests.SetIndicator(indicator, index, state):
            return f"set-indicator {indicator} {index:#x} {state}"
        case requests.GetSensorState(sensor, index):
            return f"get-sensor-state {sensor} {index:#x}"
        case requests.ConfigureConnector(index, calls):
            return f"ibm,configure-connector {index:#x}" + ("" if calls is None else f" {calls}")
        case requests.CheckException(mask):
            return f"check-exception {mask:#x}"
        case requests.ClockStep(ns):
            return f"clock_step {ns}"
        case requests.DeviceAdd(device):
            arguments: dict[str, Any] = device_arguments(device, _CORE)
            if isinstance(device, requests.Dimm):
                arguments["memdev"] = f"mem-{device.id}"
            return f"device_add {json.dumps(arguments)}"
        case requests.DeviceDel(device_id):
            return f"device_del {json.dumps({'id': device_id})}"
        case requests.Migrate():
            backends = {dimm.id: f"mem-{dimm.id}" for dimm in request.dimms}
            return " ".join(["migrate", *destination_words(request, _CORE, backends)])
        case requests.SystemReset():
            return "system_reset"
        case _:
            return type(request).__name__.lower()  # stop, cont


def _answer(outcome: events.Outcome) -> str:
    """Return an answer as the script has it: the reply, and after semicolons the events, sorted."""
    reply = _reply(outcome)
    if isinstance(outcome.reply, events.Aborted):
        return reply
    return "; ".join([reply, *sorted(filter(None, map(_event, outcome.emitted)))])


def _event(emitted: events.Emitted) -> str:
    match emitted:
        case events.DeviceDeleted(device=device) if device:
            return f"DEVICE_DELETED {device}"
        case events.DeviceUnplugGuestError(device=device) if device:
            return f"DEVICE_UNPLUG_GUEST_ERROR {device}"
        case events.MemUnplugError(device=device) if device:
            return f"MEM_UNPLUG_ERROR {device}"
    return ""


def _reply(outcome: events.Outcome) -> str:
    match outcome.reply:
        case events.StatusReturn(status):
            return str(status)
        case events.SensorReturn(status, state):
            return f"{status} {state}"
        case events.ConnectorReturn(status, calls):
            return f"{status} after {calls} calls"
        case events.ExceptionReturn(status, event):
            if event is None:
                return str(status)
            named = event.count if event.index is None else event.index
            return f"{status} {event.action.name.lower()} {named or 0:#x}"
        case events.QmpError() as error:
            return error.desc
        case events.Aborted(abort):
            return f"QEMU aborts in {abort.function}: {abort.assertion}"
        case _:
            return "OK"
