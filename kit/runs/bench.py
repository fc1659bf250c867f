"""The bench: one unplug of one CPU core, played by clicks on a machine of any revision.

An `Act` is what one click does.  A run is its acts and nothing else: the same acts on the same
revision make the same trace, so undo is a shorter list, and two revisions can be compared.

The guest is event-driven, as Linux is: it gives the core back, or refuses, only when an event from
QEMU's queue asked it to.  It refuses as Linux does from 5.13 on: by UNISOLATE.

Source: Linux arch/powerpc/platforms/pseries/dlpar.c and hotplug-cpu.c (dlpar_cpu_remove_by_index,
dlpar_release_drc, dlpar_unisolate_drc).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache

from kit.machine.board import UNPLUG_TIMEOUT_S
from kit.machine.clock import NS_PER_S
from kit.machine.events import (
    Aborted,
    DeviceDeleted,
    DeviceUnplugGuestError,
    Emitted,
    ErrorReport,
    ExceptionReturn,
    HotplugAction,
    HotplugEvent,
    MemUnplugError,
    Reply,
    SensorReturn,
    StatusReturn,
    UnplugTimeout,
)
from kit.machine.requests import (
    CheckException,
    ClockStep,
    ConfigureConnector,
    CpuCore,
    DeviceAdd,
    DeviceDel,
    GetSensorState,
    Request,
    SetIndicator,
    SystemReset,
)
from kit.machine.revision import Revision
from kit.machine.rtas import ALLOCATION_STATE, ENTITY_SENSE, ISOLATION_STATE
from kit.machine.spapr import Machine, boot, next_deadline, step
from kit.runs.trace import Actor, GuestLog, Message, Trace, TraceEntry

__all__ = ["CORE_ID", "CORE_INDEX", "Act", "Belief", "Run", "play", "timeout_of"]

CORE_ID = "core1"
CORE_INDEX = 0x10000001
CORE_PATH = "/machine/peripheral/core1"
LATE_S = UNPLUG_TIMEOUT_S + 1


class Act(Enum):
    """What one click does; the value is how a script writes it."""

    DEVICE_DEL = "device_del"
    GUEST_RELEASES = "release"
    GUEST_REFUSES = "refuse"
    GUEST_RELEASES_LATE = "release-late"
    WAIT_1_S = "+1s"
    WAIT_5_S = "+5s"
    WAIT_TO_15_S = "to-15s"
    SYSTEM_RESET = "system_reset"


@dataclass(frozen=True, slots=True, kw_only=True)
class Belief:
    """Who takes what to be the case from ``at_ns`` on."""

    at_ns: int
    qemu_has_core: bool
    pending: bool
    guest_has_core: bool

    @property
    def limbo(self) -> bool:
        """Let go of by the guest, still held by QEMU, nobody told, nobody waiting?"""
        return self.qemu_has_core and not self.guest_has_core and not self.pending


@dataclass(frozen=True, slots=True)
class Run:
    """One machine's run so far.

    ``requested_ns`` is when the operator last asked for the core, None before; ``guest_has_core``
    is what the guest believes; ``beliefs`` is who believed what, from when on, oldest first.
    """

    machine: Machine
    trace: Trace = ()
    requested_ns: int | None = None
    guest_has_core: bool = True
    beliefs: tuple[Belief, ...] = ()

    @property
    def pending(self) -> bool:
        """Is QEMU waiting for the guest to release the core?"""
        drc = self.machine.drc(CORE_INDEX)
        return drc is not None and drc.unplug_requested

    @property
    def qemu_has_core(self) -> bool:
        """Does QEMU hold the core?"""
        return self.machine.device(CORE_PATH) is not None

    @property
    def limbo(self) -> bool:
        """Let go of by the guest, still held by QEMU, nobody told, nobody waiting?"""
        return self.beliefs[-1].limbo


@lru_cache(maxsize=64)
def _prepared(revision: Revision) -> Run:
    """A guest that has taken core 1 and uses it, at 0 s."""
    machine = boot(revision)
    for request in (
        DeviceAdd(CpuCore(1, CORE_ID)),
        CheckException(0xFFFFFFFF),
        SetIndicator(ALLOCATION_STATE, CORE_INDEX, 1),
        SetIndicator(ISOLATION_STATE, CORE_INDEX, 1),
        ConfigureConnector(CORE_INDEX),
    ):
        machine, _ = step(machine, request)
    return _believe(Run(machine))


def play(revision: Revision, acts: tuple[Act, ...]) -> Run:
    """Play *acts* on a machine of *revision* whose guest uses core 1.

    >>> from kit.machine.revision import find_revision
    >>> acts = (Act.DEVICE_DEL, Act.GUEST_RELEASES_LATE)
    >>> [play(find_revision(name), acts).limbo for name in ("pre-revert", "revert")]
    [True, False]
    """
    run = _prepared(revision)
    for act in acts:
        run = _PLAY[act](run)
    return run


def timeout_of(run: Run) -> int | None:
    """When 15 s have passed since the operator last asked, in ns; None before."""
    return None if run.requested_ns is None else run.requested_ns + UNPLUG_TIMEOUT_S * NS_PER_S


# -- the operator ------------------------------------------------------------------------------


def _device_del(run: Run) -> Run:
    asked = replace(run, requested_ns=run.machine.now_ns)
    return _ask(asked, Actor.OPERATOR, DeviceDel(CORE_ID))[0]


def _system_reset(run: Run) -> Run:
    run, _ = _ask(run, Actor.OPERATOR, SystemReset())
    return _believe(
        replace(run, guest_has_core=run.qemu_has_core)
    )  # the next boot sees what is plugged


# -- the guest ---------------------------------------------------------------------------------


def _guest_releases(run: Run) -> Run:
    run, event = _take_event(run)
    if event is None:
        return run
    run, sensed = _ask(run, Actor.GUEST, GetSensorState(ENTITY_SENSE, CORE_INDEX))
    if not isinstance(sensed, SensorReturn) or sensed.state != 1:
        return _log(run, f"Failed to release drc (drc index {CORE_INDEX:x}): not present")
    for indicator in (ISOLATION_STATE, ALLOCATION_STATE):
        run, answer = _ask(run, Actor.GUEST, SetIndicator(indicator, CORE_INDEX, 0))
        if answer != StatusReturn(0):
            return run
    return _believe(replace(run, guest_has_core=False))


def _guest_refuses(run: Run) -> Run:
    run, event = _take_event(run)
    if event is None:
        return run
    run = _log(run, "Unable to remove last online CPU")
    run, _ = _ask(run, Actor.GUEST, GetSensorState(ENTITY_SENSE, CORE_INDEX))
    return _ask(run, Actor.GUEST, SetIndicator(ISOLATION_STATE, CORE_INDEX, 1))[0]


def _guest_releases_late(run: Run) -> Run:
    if run.requested_ns is not None:
        run = _wait_until(run, run.requested_ns + LATE_S * NS_PER_S)
    return _guest_releases(run)


def _take_event(run: Run) -> tuple[Run, HotplugEvent | None]:
    """Read the oldest event; None if nothing asks the guest to remove a core that it has."""
    run, reply = _ask(run, Actor.GUEST, CheckException(0xFFFFFFFF))
    event = reply.event if isinstance(reply, ExceptionReturn) else None
    if event is None or event.action is not HotplugAction.REMOVE:
        return run, None
    if not run.guest_has_core:
        return _log(run, f"Cannot find CPU (drc index {CORE_INDEX:x}) to remove"), None
    return run, event


# -- time --------------------------------------------------------------------------------------


def _wait(seconds: int) -> _Play:
    return lambda run: _wait_until(run, run.machine.now_ns + seconds * NS_PER_S)


def _wait_to_15_s(run: Run) -> Run:
    target = timeout_of(run)
    return run if target is None else _wait_until(run, target)


def _wait_until(run: Run, target_ns: int) -> Run:
    """Let time pass, from timer to timer, so that what a timer does has its own time."""
    while run.machine.now_ns < target_ns and run.machine.aborted is None:
        deadline = next_deadline(run.machine)
        stop = target_ns if deadline is None else min(target_ns, deadline)
        machine, outcome = step(run.machine, ClockStep(stop - run.machine.now_ns))
        run = _observe(replace(run, machine=machine), outcome.emitted)
    return run


# -- the trace ---------------------------------------------------------------------------------


def _ask(run: Run, actor: Actor, request: Request) -> tuple[Run, Reply]:
    """Ask the machine; the request, what it brought about and the reply go into the trace."""
    run = _note(run, actor, Actor.QEMU, request)
    machine, outcome = step(run.machine, request)
    run = _observe(replace(run, machine=machine), outcome.emitted)
    if isinstance(outcome.reply, Aborted):
        return _note(run, Actor.QEMU, Actor.QEMU, outcome.reply), outcome.reply
    return _note(run, Actor.QEMU, actor, outcome.reply), outcome.reply


def _observe(run: Run, emitted: tuple[Emitted, ...]) -> Run:
    for message in emitted:
        match message:
            case DeviceDeleted() | MemUnplugError() | DeviceUnplugGuestError():
                told = Actor.OPERATOR
            case HotplugEvent():
                told = Actor.GUEST
            case ErrorReport() | UnplugTimeout():
                told = Actor.QEMU
        run = _note(run, Actor.QEMU, told, message)
    return run


def _log(run: Run, text: str) -> Run:
    return _note(run, Actor.GUEST, Actor.GUEST, GuestLog(text))


def _note(run: Run, src: Actor, dst: Actor, message: Message) -> Run:
    entry = TraceEntry(
        seq=len(run.trace), at_ns=run.machine.now_ns, src=src, dst=dst, message=message
    )
    return _believe(replace(run, trace=(*run.trace, entry)))


def _believe(run: Run) -> Run:
    """Write down who believes what, where it has changed."""
    now = Belief(
        at_ns=run.machine.now_ns,
        qemu_has_core=run.qemu_has_core,
        pending=run.pending,
        guest_has_core=run.guest_has_core,
    )
    if run.beliefs and replace(run.beliefs[-1], at_ns=now.at_ns) == now:
        return run
    return replace(run, beliefs=(*run.beliefs, now))


_Play = Callable[[Run], Run]
_PLAY: Mapping[Act, _Play] = {
    Act.DEVICE_DEL: _device_del,
    Act.GUEST_RELEASES: _guest_releases,
    Act.GUEST_REFUSES: _guest_refuses,
    Act.GUEST_RELEASES_LATE: _guest_releases_late,
    Act.WAIT_1_S: _wait(1),
    Act.WAIT_5_S: _wait(5),
    Act.WAIT_TO_15_S: _wait_to_15_s,
    Act.SYSTEM_RESET: _system_reset,
}
