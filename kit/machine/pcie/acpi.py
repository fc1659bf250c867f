"""ACPI's PCI hot-plug, q35's default since 6.1: registers, requests, ejections.

Each bus that can be plugged has a number; QEMU counts from the last port to the first.
device_del sets a bit in ``down``, and the guest ejects the slot by writing the bit.  QEMU carries
out an ejection without a request, too, and a reset carries out the pending ones.

Source: QEMU hw/acpi/pcihp.c, from 23786d1344 to 0f689cf5ad.
"""

from __future__ import annotations

from dataclasses import replace

from kit.machine.pcie.machine import AcpiSlots, PcieMachine
from kit.machine.pcie.messages import AcpiRegister
from kit.machine.pcie.port import Port, Slotted, with_device
from kit.machine.pcie.registers import PCC
from kit.machine.pcie_revisions import PciePatch

__all__ = ["MAX_BUS", "announce", "ask_to_eject", "numbers", "read", "reset", "write"]

P = PciePatch
MAX_BUS = 256
_ONES = 0xFFFFFFFF


def numbers(machine: PcieMachine) -> tuple[str, ...]:
    """Return the ports by the number of their bus."""
    return tuple(port.name for port in reversed(machine.ports) if port.hotplug)


def announce(machine: PcieMachine, port: str, devfn: int) -> PcieMachine:
    """Show the guest a new device; from 6b0969f1ec on, switch its slot on."""
    held = machine.port(port)
    assert held is not None
    if P.ACPI_SWITCHES_POWER_ON in machine.patches and held.power_controller:
        machine = machine.with_port(replace(held, sltctl=held.sltctl & ~PCC))
    number = numbers(machine).index(port)
    slots = machine.acpi[number]
    return _put(machine, number, replace(slots, up=slots.up | 1 << (devfn >> 3)))


def ask_to_eject(machine: PcieMachine, port: Port, device: Slotted) -> PcieMachine:
    """Mark a device as pending, and show the request to the guest.

    A request that ends now has expired at once; one that ends at 0 ms never expires.
    """
    if P.ACPI_MARKS_PENDING in machine.patches:
        expires = machine.now_ms if P.ACPI_PENDING_EXPIRES in machine.patches else 0
        device = replace(device, pending=True, expires_ms=expires)
        machine = machine.with_port(with_device(port, device))
    number = numbers(machine).index(port.name)
    slots = machine.acpi[number]
    return _put(machine, number, replace(slots, down=slots.down | 1 << (device.devfn >> 3)))


def read(machine: PcieMachine, register: AcpiRegister) -> tuple[PcieMachine, int]:
    """Return a register's value; reading ``up`` clears it."""
    number = machine.selected
    if number >= MAX_BUS:
        return machine, 0
    slots = machine.acpi[number] if number < len(machine.acpi) else AcpiSlots()
    match register:
        case AcpiRegister.UP:
            if slots.up:
                machine = _put(machine, number, replace(slots, up=0))
            return machine, slots.up
        case AcpiRegister.DOWN:
            return machine, slots.down
        case AcpiRegister.REMOVE:
            return machine, _ONES
        case AcpiRegister.SELECT:
            return machine, number
        case AcpiRegister.EJECT:
            return machine, 0


def write(
    machine: PcieMachine, register: AcpiRegister, value: int
) -> tuple[PcieMachine, tuple[Slotted, ...]]:
    """Return the machine after a write, and the devices that were ejected."""
    value &= _ONES
    if register is AcpiRegister.SELECT:
        return replace(machine, selected=value), ()
    if register is AcpiRegister.EJECT and machine.selected < len(machine.acpi):
        return _eject(machine, machine.selected, value)
    return machine, ()


def reset(machine: PcieMachine) -> tuple[PcieMachine, tuple[Slotted, ...]]:
    """Carry out the pending requests."""
    gone: tuple[Slotted, ...] = ()
    for number in range(len(machine.acpi)):
        while machine.acpi[number].down:
            machine, more = _eject(machine, number, machine.acpi[number].down)
            gone += more
    return machine, gone


def _eject(machine: PcieMachine, number: int, bits: int) -> tuple[PcieMachine, tuple[Slotted, ...]]:
    """Eject the lowest slot of *bits*, with all its functions."""
    if not bits:
        return machine, ()
    slot = (bits & -bits).bit_length() - 1
    slots = machine.acpi[number]
    keep = ~(1 << slot)
    machine = _put(machine, number, AcpiSlots(slots.up & keep, slots.down & keep))
    port = machine.port(numbers(machine)[number])
    assert port is not None
    gone = tuple(one for one in port.devices if one.devfn >> 3 == slot)
    kept = tuple(one for one in port.devices if one.devfn >> 3 != slot)
    return machine.with_port(replace(port, devices=kept)), gone


def _put(machine: PcieMachine, number: int, slots: AcpiSlots) -> PcieMachine:
    return replace(machine, acpi=(*machine.acpi[:number], slots, *machine.acpi[number + 1 :]))
