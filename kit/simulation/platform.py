"""What is different about a pseries and a q35 machine for whoever drives a run.

A scenario names connectors as pseries has them: ``dimm1.0`` is the first LMB of dimm1.  On q35 a
CPU's slot has the number of its core, a DIMM lies as high above the start of the pluggable memory
as on pseries, and any of its LMBs stands for its slot.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from kit.actors import pseries_guest as guests
from kit.actors import q35_guest as acpi_guests
from kit.actors.messages import Command, CpuOnline, DeviceTree, Input, Message, Pin
from kit.actors.pseries_guest import Guest
from kit.actors.pseries_programs import GuestKind
from kit.actors.q35_guest import AcpiGuest, slot_index
from kit.common.errors import MisuseError
from kit.machine.config import LMB_MIB, MIB, Config
from kit.machine.events import Emitted, Reply
from kit.machine.pseries import step as spapr
from kit.machine.pseries.connector import READY_STATES, TYPES, DrcType
from kit.machine.pseries.machine import Machine
from kit.machine.q35 import step as acpi
from kit.machine.q35.machine import AcpiConfig, AcpiMachine
from kit.machine.q35.messages import AcpiEmitted, AcpiReply, AcpiRequest, SlotType
from kit.machine.requests import (
    CheckException,
    ClientArchitectureSupport,
    CpuCore,
    Device,
    DeviceAdd,
    Dimm,
    Migrate,
    Request,
)
from kit.machine.revision import Board, Revision
from kit.simulation.actions import index_of
from kit.trace.kinds import recipient as hearer

__all__ = [
    "AnyGuest",
    "AnyMachine",
    "Ask",
    "Asked",
    "ask",
    "asked",
    "connectors",
    "hearer",
    "idle",
    "index_here",
    "interrupts_again",
    "next_deadline",
    "pending",
    "requested",
    "switched_on",
    "tell",
]

AnyMachine = Machine | AcpiMachine
AnyGuest = Guest | AcpiGuest
Asked = tuple[AnyMachine, Reply | AcpiReply | DeviceTree, tuple[Emitted | AcpiEmitted, ...]]
Ask = Callable[[AnyMachine, Message], Asked]
"""How QEMU is asked something: the machine then, the reply, and what QEMU says unasked."""

# how much higher the pluggable memory begins than on pseries
_HIGHER = AcpiConfig().memory_space.addresses.start - Config().device_memory.start


def switched_on(revision: Revision) -> tuple[AnyMachine, AnyGuest]:
    """Return a machine of *revision*'s board just started, and a guest that has not begun."""
    kind = GuestKind.LINUX_5_12  # any Linux takes a device in the same way
    if revision.board is Board.Q35:
        config = AcpiConfig()
        return acpi.boot(config), AcpiGuest(kind=kind, cpus=config.max_cpus, dimms=config.slots)
    return spapr.boot(revision, Config(cas_at_reset=False)), Guest(kind=kind)


# -- QEMU ----------------------------------------------------------------------------------------


def asked(machine: AnyMachine, message: Message) -> Message:
    """Return a request as it really reaches QEMU: with what its sender left to others filled in."""
    if isinstance(machine, AcpiMachine):
        match message:
            case DeviceAdd(Dimm(addr=addr) as dimm):
                return DeviceAdd(replace(dimm, addr=addr and addr + _HIGHER))
        return message
    if isinstance(message, Migrate) and message.cores is None:
        return _destination(machine)
    return message


def ask(machine: AnyMachine, message: Message) -> Asked:
    """Ask QEMU something; return the machine then, the reply, and what QEMU says unasked.

    Raises:
        MisuseError: Such a machine cannot be asked that: one line, for a reply.
    """
    if isinstance(machine, AcpiMachine):
        if isinstance(message, Migrate):
            raise MisuseError("the embedded q35 machine has no migration")
        if not isinstance(message, AcpiRequest):
            raise MisuseError(f"a q35 machine has no {type(message).__name__}")
        there, answered = acpi.step(machine, message)
        return there, answered.reply, answered.emitted
    if not isinstance(message, Request):
        raise MisuseError(f"a pseries machine has no {type(message).__name__}")
    after, outcome = spapr.step(machine, message)
    reply: Reply | DeviceTree = outcome.reply
    if isinstance(message, ClientArchitectureSupport) and after.aborted is None:
        reply = _device_tree(after)
    return after, reply, outcome.emitted


def next_deadline(machine: AnyMachine) -> int | None:
    """When QEMU's next timer fires, in ns of the guest's clock; None if none runs."""
    return None if isinstance(machine, AcpiMachine) else spapr.next_deadline(machine)


def interrupts_again(machine: AnyMachine, message: Message) -> bool:
    """Does QEMU raise the guest's interrupt again after *message*, for there are more events?"""
    if isinstance(machine, AcpiMachine) or not isinstance(message, CheckException):
        return False
    return bool(machine.queue)


def _device_tree(machine: Machine) -> DeviceTree:
    attached = (drc for drc in machine.drcs if drc.device is not None)
    return DeviceTree(tuple(drc.index for drc in attached if drc.state in READY_STATES))


def _destination(machine: Machine) -> Migrate:
    """Give the destination's command line what QEMU holds."""
    held = [plugged.device for plugged in machine.plugged]
    boot_cores = machine.config.boot_cores
    return Migrate(
        tuple(d.core_id for d in held if isinstance(d, CpuCore) and d.core_id >= boot_cores),
        tuple(d for d in held if isinstance(d, Dimm)),
    )


# -- the guest -----------------------------------------------------------------------------------


def tell(machine: AnyMachine, guest: AnyGuest, told: Input) -> tuple[AnyGuest, tuple[Command, ...]]:
    """Let the guest take notice of a message, with connectors as its machine has them."""
    if isinstance(guest, AcpiGuest):
        if isinstance(told, Pin | CpuOnline):
            told = replace(told, index=index_here(machine, told.index))
        return acpi_guests.receive(guest, told)
    return guests.receive(guest, told)


def index_here(machine: AnyMachine, index: int) -> int:
    """Return the index by which the guest of *machine* knows a scenario's connector *index*."""
    if isinstance(machine, Machine) or TYPES.get(index >> 28) is not DrcType.LMB:
        return index
    addr = (index & 0x0FFFFFFF) * LMB_MIB * MIB + _HIGHER
    for number, slot in enumerate(machine.dimms):
        held = None if slot.plugged is None else slot.plugged.device
        if isinstance(held, Dimm) and held.addr <= addr < held.addr + held.size_mib * MIB:
            return slot_index(SlotType.DIMM, number)
    return index  # not plugged: no device of the guest's has it


# -- beliefs -------------------------------------------------------------------------------------


def connectors(machine: AnyMachine, device: Device) -> tuple[int, ...]:
    """Return the indices by which the guest of *machine* knows a device; none if it is nowhere."""
    if isinstance(machine, AcpiMachine):
        found = machine.slot_of(f"/machine/peripheral/{device.id}")
        return () if found is None else (slot_index(*found),)
    lmbs = device.size_mib // LMB_MIB if isinstance(device, Dimm) else 1
    return tuple(index_of(device) + number for number in range(lmbs))


def pending(machine: AnyMachine, guest: AnyGuest, device: Device) -> bool:
    """Is an unplug request outstanding?

    On pseries QEMU knows.  On q35 it knows until the guest has cleared the event, and then only
    the guest does.
    """
    indices = connectors(machine, device)
    if isinstance(machine, AcpiMachine):
        assert isinstance(guest, AcpiGuest)
        found = machine.slot_of(f"/machine/peripheral/{device.id}")
        if found is None:
            return False
        slot_type, number = found
        raised = machine.slots(slot_type)[number].remove_event
        return raised or any(guest.asked_for(index) for index in indices)
    return requested(machine, device)


def requested(machine: Machine, device: Device) -> bool:
    """Does QEMU wait for the guest to release *device*?"""
    drcs = (machine.drc(index) for index in connectors(machine, device))
    return any(drc is not None and drc.unplug_requested for drc in drcs)


def idle(machine: AnyMachine, guest: AnyGuest) -> bool:
    """Is the kernel up, with nothing in hand and nothing to read?"""
    if isinstance(machine, Machine):
        assert isinstance(guest, Guest)
        return guest.at_rest and not machine.queue
    assert isinstance(guest, AcpiGuest)
    # a remove event may be left over from before a reset, and then nobody will look
    inserted = any(slot.insert_event for slot in (*machine.cpus, *machine.dimms))
    waiting = guest.busy or guest.queue or guest.interrupts
    return guest.up and not waiting and not inserted
