"""The q35 platform: slots with status registers, ACPI events, and a guest that can refuse.

A scenario names connectors as pseries has them: ``dimm1.0`` is the first LMB of dimm1.  On q35 a
CPU's slot has the number of its core, a DIMM lies as high above the start of the pluggable memory
as on pseries, and any of its LMBs stands for its slot.

Source: QEMU hw/acpi/cpu.c, hw/acpi/memory_hotplug.c.
"""

from __future__ import annotations

from dataclasses import replace

from kit.actors import q35_guest as guests
from kit.actors.libvirt import WAIT_ELSEWHERE_S
from kit.actors.messages import Command, CpuOnline, Input, Message, Pin
from kit.actors.pseries_programs import GuestKind
from kit.actors.q35_guest import AcpiGuest, slot_index
from kit.common.errors import MisuseError
from kit.machine.catalogue import Q35
from kit.machine.config import LMB_MIB, MIB, Config
from kit.machine.pseries.connector import TYPES, DrcType
from kit.machine.q35.machine import AcpiConfig, AcpiMachine
from kit.machine.q35.messages import AcpiEmitted, AcpiReply, AcpiRequest, SlotType
from kit.machine.q35.step import boot, step
from kit.machine.requests import CpuCore, Device, DeviceAdd, Dimm, Migrate
from kit.machine.revision import Board, Revision
from kit.simulation.platforms.protocol import Platform

__all__ = ["Q35_PLATFORM", "Q35Platform"]

# how much higher the pluggable memory begins than on pseries
_HIGHER = AcpiConfig().memory_space.addresses.start - Config().device_memory.start


class Q35Platform(Platform[AcpiMachine, AcpiGuest]):
    """A q35 machine and its guest, for a run.

    QEMU runs no timer here, and raises a GPE once for each event.
    """

    board = Board.Q35
    libvirt_wait_s = WAIT_ELSEWHERE_S
    timeout_s = 0
    timer_words = "QEMU's timeout"
    checked = f"QEMU {'.'.join(map(str, Q35.version))} on q35"

    def switch_on(
        self, revision: Revision, *, cas_at_reset: bool = False
    ) -> tuple[AcpiMachine, AcpiGuest]:
        """Return a machine just started, and a guest that has not begun; there is no CAS."""
        config = AcpiConfig()
        guest = AcpiGuest(kind=GuestKind.LINUX_5_12, cpus=config.max_cpus, dimms=config.slots)
        return boot(config), guest

    def plugs(self, device: Device) -> bool:
        """Is it a CPU or a DIMM?"""
        return isinstance(device, CpuCore | Dimm)

    def complete(self, machine: AcpiMachine, message: Message) -> Message:
        """Return a request; a DIMM's address is one of this machine's pluggable memory."""
        match message:
            case DeviceAdd(Dimm(addr=addr) as dimm):
                return DeviceAdd(replace(dimm, addr=addr and addr + _HIGHER))
        return message

    def ask(
        self, machine: AcpiMachine, message: Message
    ) -> tuple[AcpiMachine, AcpiReply, tuple[AcpiEmitted, ...]]:
        """Return the machine after a request, its reply and its events.

        Raises:
            MisuseError: The embedded q35 machine has no such request.
        """
        if isinstance(message, Migrate):
            raise MisuseError("the embedded q35 machine has no migration")
        if not isinstance(message, AcpiRequest):
            raise MisuseError(f"a q35 machine has no {type(message).__name__}")
        after, outcome = step(machine, message)
        return after, outcome.reply, outcome.emitted

    def deliver(
        self, machine: AcpiMachine, guest: AcpiGuest, received: Input
    ) -> tuple[AcpiGuest, tuple[Command, ...]]:
        """Return the guest after a message, in which slots replace connectors, and its commands."""
        if isinstance(received, Pin | CpuOnline):
            received = replace(received, index=self.guest_index(machine, received.index))
        return guests.receive(guest, received)

    def guest_index(self, machine: AcpiMachine, index: int) -> int:
        """Return the index of the slot that a scenario's connector stands for."""
        if TYPES.get(index >> 28) is not DrcType.LMB:
            return index
        addr = (index & 0x0FFFFFFF) * LMB_MIB * MIB + _HIGHER
        for number, slot in enumerate(machine.dimms):
            held = None if slot.plugged is None else slot.plugged.device
            if isinstance(held, Dimm) and held.addr <= addr < held.addr + held.size_mib * MIB:
                return slot_index(SlotType.DIMM, number)
        return index  # not plugged: the guest uses no such device

    def connectors(self, machine: AcpiMachine, device: Device) -> tuple[int, ...]:
        """Return the index of a device's slot; nothing if it is in none."""
        found = machine.slot_of(f"/machine/peripheral/{device.id}")
        return () if found is None else (slot_index(*found),)

    def pending(self, machine: AcpiMachine, guest: AcpiGuest, device: Device) -> bool:
        """Is an unplug request outstanding?

        QEMU knows until the guest has cleared the event, and then only the guest does.
        """
        found = machine.slot_of(f"/machine/peripheral/{device.id}")
        if found is None:
            return False
        slot_type, number = found
        raised = machine.slots(slot_type)[number].remove_event
        return raised or guest.asked_for(slot_index(slot_type, number))

    def idle(self, machine: AcpiMachine, guest: AcpiGuest) -> bool:
        """Is the kernel up, with nothing in hand and no device to look at?"""
        # a remove event from before a reset does not count: its GPE is lost
        inserted = any(slot.insert_event for slot in (*machine.cpus, *machine.dimms))
        waiting = guest.busy or guest.queue or guest.interrupts
        return guest.up and not waiting and not inserted


Q35_PLATFORM = Q35Platform()
