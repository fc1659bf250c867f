"""A guest kernel on pseries: what it uses, which requests it has, how it handles them.

It reads QEMU's events as they come and handles them one at a time, in order, stale ones included.
It offlines a CPU before it makes any call for it; the last online CPU stays.  The calls for an
event are in `kit.actors.pseries_programs`.

Source: Linux arch/powerpc/platforms/pseries/dlpar.c (pseries_hp_wq has max_active 1), ras.c
(ras_hotplug_interrupt), hotplug-cpu.c (dlpar_offline_cpu).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from kit.actors.kernel import (
    Guest,
    connectors_below,
    hang,
    needs_work,
    pin,
    refusal_of,
    satisfies,
    switch_cpu,
    without,
)
from kit.actors.messages import (
    Actor,
    Command,
    CpuOnline,
    Decide,
    DeviceTree,
    Dlpar,
    Hang,
    Input,
    Interrupt,
    Pin,
    Restarted,
    RtasByHand,
    Send,
    Work,
    WorkDone,
    WriteLog,
)
from kit.actors.pseries_programs import (
    Attach,
    Back,
    Call,
    Detach,
    GuestKind,
    LetGo,
    Need,
    Op,
    Pause,
    Program,
    Say,
    Want,
    is_for_user_space,
    program_of,
)
from kit.machine.events import (
    ConnectorReturn,
    ExceptionReturn,
    HotplugEvent,
    RawReturn,
    Reply,
    SensorReturn,
    StatusReturn,
)
from kit.machine.pseries.connector import TYPES, DrcType
from kit.machine.pseries.event_log import connector_event
from kit.machine.pseries.rtas import (
    ALLOCATION_STATE,
    EPOW_EVENTS,
    HOTPLUG_EVENTS,
    ISOLATION_STATE,
)
from kit.machine.requests import (
    CheckException,
    ClientArchitectureSupport,
    ConfigureConnector,
    Request,
    SetIndicator,
)

__all__ = ["receive"]

Handled = tuple[Guest, tuple[Command, ...]]


def receive(guest: Guest, received: Input) -> Handled:
    """Return *guest* after a message, and its commands.

    A message that it does not know changes nothing.  A hung guest reacts only to `Hang` and
    `Restarted`; its driver keeps the others for later.
    """
    handler = _HANDLERS.get(type(received))
    return (guest, ()) if handler is None else handler(guest, received)


def _restarted(guest: Guest, _: Restarted) -> Handled:
    """Begin in the firmware: the kernel's state is gone."""
    fresh = Guest(kind=guest.kind, conduct=guest.conduct, pinned=guest.pinned)
    return replace(fresh, busy=True), (Work(guest.conduct.firmware_ns),)


def _device_tree(guest: Guest, tree: DeviceTree) -> Handled:
    return replace(guest, up=True, used=tree.indices, sent=guest.sent[1:]), ()


def _interrupt(guest: Guest, _: Input) -> Handled:
    if not guest.up or guest.kind is GuestKind.ARBITRARY:
        return guest, ()
    call = Call(CheckException(HOTPLUG_EVENTS | EPOW_EVENTS), Want.ANYTHING)
    return replace(guest, sent=(*guest.sent, call)), (Send(Actor.QEMU, call.request),)


def _exception(guest: Guest, reply: ExceptionReturn) -> Handled:
    guest = replace(guest, sent=guest.sent[1:])
    return (guest, ()) if reply.event is None else _take(guest, reply.event)


def _dlpar(guest: Guest, order: Dlpar) -> Handled:
    event = connector_event(order.action, order.index)
    return _take(guest, event) if guest.up else (guest, ())


def _take(guest: Guest, event: HotplugEvent) -> Handled:
    """Queue an event for the kernel, or for drmgr: neither waits for the other."""
    if not is_for_user_space(event):
        return _work_off(replace(guest, queue=(*guest.queue, event)))
    return _work_off_in_user_space(replace(guest, user_queue=(*guest.user_queue, event)))


def _work_off(guest: Guest) -> Handled:
    """Start the next event, unless one is in progress."""
    if guest.busy or not guest.queue:
        return guest, ()
    event, *rest = guest.queue
    program = program_of(event, guest.kind, guest.used)
    return _go_on(replace(guest, queue=tuple(rest), program=program, busy=True))


def _go_on(guest: Guest) -> Handled:
    """Do steps of the program until one has to wait."""
    commands: tuple[Command, ...] = ()
    while guest.program:
        op, rest = guest.program[0], guest.program[1:]
        match op:
            case Call():
                guest = replace(guest, program=rest, sent=(*guest.sent, op))
                return guest, (*commands, Send(Actor.QEMU, op.request))
            case LetGo() if op.works and guest.conduct.asks:
                return replace(guest, deciding=True), commands
            case LetGo(index) if op.works and guest.conduct.offline_ns and needs_work(guest, index):
                return guest, (*commands, Work(guest.conduct.offline_ns))
            case Pause() if guest.conduct.unusable_ns:
                return guest, (*commands, Work(guest.conduct.unusable_ns))
        guest, more = _done(guest, op, rest)
        commands += more
    guest, more = _work_off(replace(guest, busy=False))
    return guest, (*commands, *more)


def _work_off_in_user_space(guest: Guest) -> Handled:
    """Start drmgr for the next event, unless it is at work: a lock lets one run at a time."""
    if guest.user_busy or not guest.user_queue:
        return guest, ()
    event, *rest = guest.user_queue
    program = program_of(event, guest.kind, guest.used)
    return _go_on_in_user_space(replace(guest, user_queue=tuple(rest), user_program=program))


def _go_on_in_user_space(guest: Guest) -> Handled:
    """Do steps of drmgr until one has to wait for an answer or a decision."""
    commands: tuple[Command, ...] = ()
    while guest.user_program and not guest.user_decides:
        op, rest = guest.user_program[0], guest.user_program[1:]
        if isinstance(op, Call):
            guest = replace(guest, user_program=rest, sent=(*guest.sent, op))
            return guest, (*commands, Send(Actor.QEMU, op.request))
        guest, more = _done_in_user_space(guest, op, rest)
        commands += more
    guest, more = _work_off_in_user_space(guest)
    return guest, (*commands, *more)


def _done_in_user_space(guest: Guest, op: Op, rest: Program) -> Handled:
    kernel = guest.program
    guest, commands = _done(guest, op, rest)
    return replace(guest, program=kernel, user_program=guest.program), commands


def _done(guest: Guest, op: Op, rest: Program) -> Handled:
    """Finish a step that does not wait, or whose work is done."""
    commands: tuple[Command, ...] = ()
    match op:
        case Say(text):
            commands = (WriteLog(text),)
        case Need(index, used, otherwise) if (index in guest.used) is not used:
            rest = otherwise
        case LetGo(index, otherwise) if (why := refusal_of(guest, index)) is not None:
            commands, rest = (WriteLog(why),), otherwise
        case LetGo(index):
            guest = replace(guest, leaving=(*guest.leaving, index))
        case Back(index):
            guest = replace(guest, leaving=without(guest.leaving, index))
        case Attach(index):
            guest = replace(guest, used=tuple(sorted({*guest.used, index})))
        case Detach(index):
            guest = replace(
                guest,
                used=tuple(other for other in guest.used if other not in connectors_below(index)),
                offline=without(guest.offline, index),
                leaving=without(guest.leaving, index),
            )
    return replace(guest, program=rest), commands


def _answered(guest: Guest, reply: Reply) -> Handled:
    if not guest.sent:
        return guest, ()
    call, *others = guest.sent
    guest = replace(guest, sent=tuple(others))
    if call.by_hand:
        return _noticed(guest, call.request, reply), ()
    if call.by_user:
        if not satisfies(call.want, reply):
            guest = replace(guest, user_program=call.otherwise)
        return _go_on_in_user_space(guest)
    if not satisfies(call.want, reply):
        guest = replace(guest, program=call.otherwise)
    return _go_on(guest)


def _noticed(guest: Guest, request: Request, reply: Reply) -> Guest:
    """Register a device that a call by hand has added or removed."""
    if not satisfies(Want.SUCCESS, reply):
        return guest
    used = set(guest.used)
    match request:
        case ConfigureConnector(index):
            used.add(index)
        case SetIndicator(indicator, index, 0):
            physical = TYPES.get(index >> 28) is DrcType.PCI
            if indicator == (ISOLATION_STATE if physical else ALLOCATION_STATE):
                used.discard(index)
    return replace(guest, used=tuple(sorted(used)))


def _work_done(guest: Guest, _: WorkDone) -> Handled:
    if not guest.up:
        call = Call(ClientArchitectureSupport(), Want.ANYTHING)
        guest = replace(guest, busy=False, sent=(*guest.sent, call))
        return guest, (Send(Actor.QEMU, call.request),)
    if not guest.program:
        return guest, ()
    guest, commands = _done(guest, guest.program[0], guest.program[1:])
    guest, more = _go_on(guest)
    return guest, (*commands, *more)


def _decide(guest: Guest, order: Decide) -> Handled:
    if not (guest.user_decides if order.by_user else guest.deciding):
        return guest, ()
    op, *rest = guest.user_program if order.by_user else guest.program
    assert isinstance(op, LetGo)
    pinned = without(guest.pinned, op.index)
    guest = replace(guest, pinned=pinned if order.give else (*pinned, op.index))
    if order.by_user:
        guest, commands = _done_in_user_space(guest, op, tuple(rest))
        guest, more = _go_on_in_user_space(replace(guest, pinned=pinned))
        return guest, (*commands, *more)
    guest, commands = _work_done(replace(guest, deciding=False), WorkDone())
    return replace(guest, pinned=pinned), commands


def _by_hand(guest: Guest, order: RtasByHand) -> Handled:
    call = Call(order.call, Want.ANYTHING, by_hand=True)
    return replace(guest, sent=(*guest.sent, call)), (Send(Actor.QEMU, order.call),)


_HANDLERS: Mapping[type[Any], Callable[[Guest, Any], Handled]] = {
    Restarted: _restarted,
    DeviceTree: _device_tree,
    Interrupt: _interrupt,
    HotplugEvent: _interrupt,
    ExceptionReturn: _exception,
    StatusReturn: _answered,
    SensorReturn: _answered,
    ConnectorReturn: _answered,
    RawReturn: _answered,
    WorkDone: _work_done,
    Decide: _decide,
    CpuOnline: switch_cpu,
    Pin: pin,
    Dlpar: _dlpar,
    RtasByHand: _by_hand,
    Hang: hang,
}
