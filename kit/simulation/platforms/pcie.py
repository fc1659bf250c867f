"""The PCIe platform: ports with buttons and lights, and a guest that takes 6 s to release a device.

A scenario names devices as pseries has them: ``net1`` is in slot 1, behind port ``rp1``.

Source: QEMU hw/pci/pcie.c; Linux drivers/pci/hotplug/pciehp_ctrl.c.
"""

from __future__ import annotations

from dataclasses import replace

from kit.actors import pcie_guest as guests
from kit.actors.libvirt import WAIT_ELSEWHERE_S
from kit.actors.messages import Command, Decide, Input, Message
from kit.actors.pcie_guest import GuestSlot, PcieGuest, slot_index
from kit.common.errors import MisuseError
from kit.machine.clock import NS_PER_MS, Timer
from kit.machine.pcie.device_del import EXPIRY_MS
from kit.machine.pcie.function import PcieFunction
from kit.machine.pcie.machine import PcieConfig, PcieMachine, PortConfig
from kit.machine.pcie.messages import ModifyRegister, PcieEmitted, PcieReply, PcieRequest
from kit.machine.pcie.port import Port, Slotted
from kit.machine.pcie.registers import ABP, PCC, PIC
from kit.machine.pcie.step import boot, step
from kit.machine.pcie.tables import rules
from kit.machine.pcie_revisions import PCIE, PCIE_REVISIONS
from kit.machine.requests import Device, DeviceAdd, PciFunction
from kit.machine.revision import MachineRule, Revision
from kit.simulation.platforms.protocol import ExploredPlatform

__all__ = ["CONFIG", "PCIE_PLATFORM", "PciePlatform"]

CONFIG = PcieConfig(
    ports=tuple(PortConfig(name=f"rp{number}", slot=number) for number in range(1, 4))
)


class PciePlatform(ExploredPlatform[PcieMachine, PcieGuest]):
    """A q35 machine with three ports and its guest, for a run and for the explorer.

    QEMU runs no timer here; ``timers`` are the ends of requests, which change what the next
    device_del gets and nothing else.  A port interrupts when its latch rises, and its press does
    not name a device.
    """

    board = PCIE
    libvirt_wait_s = WAIT_ELSEWHERE_S
    timeout_s = EXPIRY_MS // 1000
    timer_words = "retry refused"
    checked = f"{len(PCIE_REVISIONS)} real builds of QEMU with PCIe ports"

    def rules(self, revision: Revision) -> tuple[MachineRule, ...]:
        return rules(revision)

    def switch_on(
        self, revision: Revision, *, cas_at_reset: bool = False
    ) -> tuple[PcieMachine, PcieGuest]:
        """Return a machine just started, and a guest that has not begun; there is no CAS."""
        slots = tuple(GuestSlot(port=port.name, number=port.slot) for port in CONFIG.ports)
        return boot(revision, CONFIG), PcieGuest(slots=slots)

    def plugs(self, device: Device) -> bool:
        """Is it a PCI device of a slot that there is?"""
        return isinstance(device, PciFunction)

    def complete(self, machine: PcieMachine, message: Message) -> Message:
        """Return a request; a device of slot N goes behind port N."""
        match message:
            case DeviceAdd(PciFunction(bus="pci.0", devfn=int(devfn)) as device):
                slot, function = divmod(devfn, 8)
                addr = f"0.{function}" if function or device.multifunction else ""
                return DeviceAdd(PcieFunction(f"rp{slot}", addr, device.multifunction, device.id))
        return message

    def ask(
        self, machine: PcieMachine, message: Message
    ) -> tuple[PcieMachine, PcieReply, tuple[PcieEmitted, ...]]:
        """Return the machine after a request, its reply and its events.

        Raises:
            MisuseError: A machine with ports has no such request.
        """
        if not isinstance(message, PcieRequest):
            raise MisuseError(f"a machine with PCIe ports has no {type(message).__name__}")
        after, outcome = step(machine, message)
        return after, outcome.reply, outcome.emitted

    def timers(self, machine: PcieMachine) -> tuple[Timer, ...]:
        """Return when requests expire that have not yet; nothing happens then by itself."""
        ends = (
            Timer(one.expires_ms * NS_PER_MS, slot_index(port.slot))
            for port in machine.ports
            for one in port.devices
            if one.pending and one.expires_ms > machine.now_ms
        )
        return tuple(sorted(ends, key=lambda end: end.expire_ns))

    def deliver(
        self, machine: PcieMachine, guest: PcieGuest, received: Input
    ) -> tuple[PcieGuest, tuple[Command, ...]]:
        return guests.receive(guest, received, machine.now_ns)

    def connectors(self, machine: PcieMachine, device: Device) -> tuple[int, ...]:
        """Return the index of a device's slot, whether it is plugged or not."""
        message = self.complete(machine, DeviceAdd(device))
        bus = getattr(getattr(message, "device", None), "bus", "")
        port = next((one for one in CONFIG.ports if one.name == bus), None)
        return () if port is None else (slot_index(port.slot),)

    def pending(self, machine: PcieMachine, guest: PcieGuest, device: Device) -> bool:
        """Is an unplug request outstanding?

        Nobody has read the press, or the guest is at work on it, or QEMU refuses every repeat. That
        it refuses one for 5 s says nothing of the guest, which may have ended the request before.
        """
        found = machine.find(str(device.id))
        if found is None:
            return False
        port, slotted = found
        index = slot_index(port.slot)
        unread = bool(port.sltsta & ABP) and guest.has(index)
        for_good = slotted.pending and slotted.expires_ms == 0
        return unread or for_good or guest.asked_for(index)

    def idle(self, machine: PcieMachine, guest: PcieGuest) -> bool:
        """Is the kernel up, with nothing in hand and no press to read?"""
        unread = any(port.latched for port in machine.ports)
        return guest.at_rest and not guest.busy and not unread

    def timeless(self, machine: PcieMachine) -> PcieMachine:
        """Return *machine* without its clock: a request has expired, or it has not."""
        now_ms = 1  # at 0 a request would never expire
        ports = tuple(
            replace(port, devices=tuple(_timeless(machine, one, now_ms) for one in port.devices))
            for port in machine.ports
        )
        return replace(machine, now_ns=now_ms * NS_PER_MS, ports=ports)

    def first_timer_due(self, machine: PcieMachine) -> PcieMachine:
        """Return *machine* with its first running request expired."""
        first = self.timers(machine)[0].index
        for port in machine.ports:
            if slot_index(port.slot) == first:
                devices = tuple(
                    replace(one, expires_ms=machine.now_ms) if one.pending else one
                    for one in port.devices
                )
                return machine.with_port(replace(port, devices=devices))
        return machine

    def is_calling(self, guest: PcieGuest) -> bool:
        return bool(guest.sent)

    def deciding_on(self, guest: PcieGuest, order: Decide) -> int | None:
        return guest.leaving[0] if guest.deciding and guest.leaving else None

    def requested(self, machine: PcieMachine, device: Device) -> bool:
        found = machine.find(str(device.id))
        if found is None:
            return False
        port, slotted = found
        return slotted.pending or bool(port.sltsta & ABP)

    def held(self, machine: PcieMachine, device: Device) -> tuple[bool, ...]:
        """Return whether the slot of a device is switched on."""
        found = machine.find(str(device.id))
        return (found is not None and _is_on(found[0]),)

    def released(self, machine: PcieMachine, device: Device) -> bool:
        """Has the guest switched the device's slot off?"""
        return not any(self.held(machine, device))

    def releases(self, message: Message) -> int | None:
        """Return the slot whose indicator a request of the guest's switches off, if it does."""
        match message:
            case ModifyRegister(port=name, set=bits) if bits & PIC == PIC:
                port = next((one for one in CONFIG.ports if one.name == name), None)
                return None if port is None else slot_index(port.slot)
        return None


def _timeless(machine: PcieMachine, device: Slotted, now_ms: int) -> Slotted:
    if not device.expires_ms:
        return device
    running = device.expires_ms > machine.now_ms
    return replace(device, expires_ms=now_ms + EXPIRY_MS if running else now_ms)


def _is_on(port: Port) -> bool:
    return not port.sltctl & PCC


PCIE_PLATFORM = PciePlatform()
