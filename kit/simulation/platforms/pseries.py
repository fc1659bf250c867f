"""The pseries platform: connectors (DRCs), RTAS calls, timers of QEMU's, and what they mean.

Source: QEMU hw/ppc/spapr.c, hw/ppc/spapr_drc.c; LoPAR 13.5.3.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kit.actors import pseries_guest as guests
from kit.actors.kernel import Guest
from kit.actors.libvirt import WAIT_PSERIES_S
from kit.actors.messages import Command, Decide, DeviceTree, Input, Message
from kit.actors.pseries_programs import GuestKind, LetGo, isolation, sensor, usable
from kit.common.errors import MisuseError
from kit.machine import clock
from kit.machine.catalogue import RECORDED
from kit.machine.clock import Timer
from kit.machine.config import LMB_MIB, Config
from kit.machine.events import Emitted, ExceptionReturn, HotplugAction, Reply
from kit.machine.pseries.connector import (
    READY_STATES,
    TYPES,
    UNISOLATED_STATES,
    Drc,
    DrcState,
    DrcType,
    index_of,
)
from kit.machine.pseries.machine import UNPLUG_TIMEOUT_S, Machine
from kit.machine.pseries.rtas import ALLOCATION_STATE, ISOLATION_STATE
from kit.machine.pseries.step import boot, step
from kit.machine.requests import (
    CheckException,
    ClientArchitectureSupport,
    ConfigureConnector,
    CpuCore,
    Device,
    Dimm,
    Migrate,
    Request,
    SetIndicator,
)
from kit.machine.revision import Board, Revision
from kit.simulation.platforms.protocol import ExploredPlatform

__all__ = ["PSERIES", "PseriesPlatform"]


class PseriesPlatform(ExploredPlatform[Machine, Guest]):
    """A pseries machine and its guest, for a run and for the explorer."""

    board = Board.PSERIES
    libvirt_wait_s = WAIT_PSERIES_S
    timeout_s = UNPLUG_TIMEOUT_S
    timer_words = "QEMU's timeout"
    checked = f"{len(RECORDED)} real builds of QEMU"

    def switch_on(self, revision: Revision, *, cas_at_reset: bool = False) -> tuple[Machine, Guest]:
        return boot(revision, Config(cas_at_reset=cas_at_reset)), Guest(kind=GuestKind.LINUX_5_12)

    def complete(self, machine: Machine, message: Message) -> Message:
        """Return a migration with what QEMU holds on its destination's command line."""
        if not isinstance(message, Migrate) or message.cores is not None:
            return message
        held = [plugged.device for plugged in machine.plugged]
        boot_cores = machine.config.boot_cores
        return Migrate(
            tuple(d.core_id for d in held if isinstance(d, CpuCore) and d.core_id >= boot_cores),
            tuple(d for d in held if isinstance(d, Dimm)),
        )

    def ask(
        self, machine: Machine, message: Message
    ) -> tuple[Machine, Reply | DeviceTree, tuple[Emitted, ...]]:
        """Return the machine, its reply and its events; to a CAS it replies the usable devices.

        Raises:
            MisuseError: A pseries machine has no such request.
        """
        if not isinstance(message, Request):
            raise MisuseError(f"a pseries machine has no {type(message).__name__}")
        after, outcome = step(machine, message)
        reply: Reply | DeviceTree = outcome.reply
        if isinstance(message, ClientArchitectureSupport) and after.aborted is None:
            attached = (drc for drc in after.drcs if drc.device is not None)
            reply = DeviceTree(tuple(drc.index for drc in attached if drc.state in READY_STATES))
        return after, reply, outcome.emitted

    def timers(self, machine: Machine) -> tuple[Timer, ...]:
        return machine.timers

    def interrupts_again(self, machine: Machine, message: Message) -> bool:
        """Are events left in the log after the guest's check-exception?"""
        return isinstance(message, CheckException) and bool(machine.queue)

    def deliver(
        self, machine: Machine, guest: Guest, received: Input
    ) -> tuple[Guest, tuple[Command, ...]]:
        return guests.receive(guest, received)

    def connectors(self, machine: Machine, device: Device) -> tuple[int, ...]:
        """Return the connectors of a device: of a DIMM, one an LMB."""
        lmbs = device.size_mib // LMB_MIB if isinstance(device, Dimm) else 1
        first = index_of(device)
        return tuple(range(first, first + lmbs))

    def pending(self, machine: Machine, guest: Guest, device: Device) -> bool:
        """Is an unplug request outstanding?  QEMU knows."""
        return self.requested(machine, device)

    def idle(self, machine: Machine, guest: Guest) -> bool:
        """Is the kernel up, with nothing in hand and no event to read?"""
        return guest.at_rest and not machine.queue

    def timeless(self, machine: Machine) -> Machine:
        """Return *machine* without its clock: a timer is armed or it is not.

        It has no shapes of fragments either: a connector makes its fragment anew at the first call
        of configure-connector, and here a guest always makes all the calls.
        """
        expire_ns = clock.deadline_ns(0, UNPLUG_TIMEOUT_S)
        timers = tuple(Timer(expire_ns, timer.index) for timer in machine.timers)
        return replace(machine, now_ns=0, timers=timers, drcs=tuple(map(_unread, machine.drcs)))

    def first_timer_due(self, machine: Machine) -> Machine:
        """Return *machine* with its first timer due: all run equally long, so none overtakes."""
        first, *others = machine.timers
        return replace(machine, timers=(Timer(machine.now_ns, first.index), *others))

    def calls_on(self, index: int) -> tuple[tuple[str, Request], ...]:
        """Return every RTAS call that a guest can make on a connector, and its name."""
        return (
            ("isolate", isolation(index, 0)),
            ("unusable", usable(index, 0)),
            ("unisolate", isolation(index, 1)),
            ("usable", usable(index, 1)),
            ("configure", ConfigureConnector(index)),
            ("sense", sensor(index)),
        )

    def is_calling(self, guest: Guest) -> bool:
        """Has the guest made an RTAS call that is not answered yet?"""
        return bool(guest.sent)

    def deciding_on(self, guest: Guest, order: Decide) -> int | None:
        program = guest.user_program if order.by_user else guest.program
        op = program[0] if program else None
        return op.index if isinstance(op, LetGo) else None

    def requested(self, machine: Machine, device: Device) -> bool:
        return any(drc is not None and drc.unplug_requested for drc in _drcs(machine, device))

    def held(self, machine: Machine, device: Device) -> tuple[bool, ...]:
        return tuple(
            drc is not None and drc.state in UNISOLATED_STATES for drc in _drcs(machine, device)
        )

    def released(self, machine: Machine, device: Device) -> bool:
        return all(drc is None or drc.state in _RELEASED for drc in _drcs(machine, device))

    def releases(self, message: Message) -> int | None:
        match message:
            case SetIndicator(indicator, index, 0):
                # the last call: a PCI function goes at ISOLATE
                physical = TYPES.get(index >> 28) is DrcType.PCI
                last = ISOLATION_STATE if physical else ALLOCATION_STATE
                return index if indicator == last else None
        return None

    def asked_back(self, message: Message) -> tuple[int, ...] | None:
        match message:
            case ExceptionReturn(event=event) if event is not None:
                if event.action is HotplugAction.REMOVE:
                    return () if event.index is None else (event.index,)
        return None


_RELEASED = frozenset({DrcState.UNUSABLE, DrcState.POWERON})
"""The states of a connector, logical and physical, in which the guest has released it."""


def _drcs(machine: Machine, device: Device) -> Iterator[Drc | None]:
    return (machine.drc(index) for index in PSERIES.connectors(machine, device))


def _unread(drc: Drc) -> Drc:
    return drc if drc.fdt is None else replace(drc, fdt=None, position=0)


PSERIES = PseriesPlatform()
