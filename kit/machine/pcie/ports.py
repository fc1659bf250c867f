"""The guest's accesses to ports and devices: configuration space, found by port or bus number.

Source: QEMU hw/pci/pci_host.c (pci_host_config_read_common, pci_host_config_write_common).
"""

from __future__ import annotations

from dataclasses import replace

from kit.common.errors import MisuseError
from kit.machine.pcie.machine import PcieMachine
from kit.machine.pcie.messages import (
    DeviceConfig,
    Look,
    Looked,
    ReadRegister,
    SetBus,
    WriteRegister,
)
from kit.machine.pcie.port import COMMAND_MASK, Port, Slotted, read, with_device, write

__all__ = ["device_config", "look", "read_register", "set_bus", "write_register"]

_IDS = {"virtio-rng-pci": 0x1044_1AF4, "e1000e": 0x10D3_8086}  # device, vendor
_SIZES = (1, 2, 4)
_COMMAND = 4


def port_named(machine: PcieMachine, name: str) -> Port:
    """Return a port, or raise MisuseError."""
    port = machine.port(name)
    if port is None:
        known = ", ".join(port.name for port in machine.ports)
        raise MisuseError(f"there is no port {name!r}; the ports are {known}")
    return port


def read_register(machine: PcieMachine, request: ReadRegister) -> int:
    """Return the value of a port's register."""
    return read(port_named(machine, request.port), request.register)


def write_register(
    machine: PcieMachine, request: WriteRegister
) -> tuple[PcieMachine, tuple[Slotted, ...]]:
    """Return the machine after a write to a port's register, and the devices that left."""
    port = port_named(machine, request.port)
    size = request.register.width if request.size is None else request.size
    if size not in _SIZES:
        raise MisuseError(f"an access has 1, 2 or 4 bytes, not {size}")
    offset = request.register.offset + request.at
    port, gone = write(port, offset, request.value, size, machine.patches)
    return machine.with_port(port), gone


def set_bus(machine: PcieMachine, request: SetBus) -> PcieMachine:
    """Number the bus; like every write to the port, it lowers the interrupt line."""
    port = port_named(machine, request.port)
    return machine.with_port(replace(port, bus=request.bus & 0xFF, intx=False))


def look(machine: PcieMachine, request: Look) -> Looked:
    """Return what a look at a port shows."""
    port = port_named(machine, request.port)
    visible = None
    if port.bus:
        in_slot_0 = (one for one in port.devices if one.devfn < 8)
        visible = tuple(one.devfn for one in in_slot_0 if port.visible(one))
    return Looked(port.sltctl, port.sltsta, port.link, port.intx, visible)


def device_config(machine: PcieMachine, request: DeviceConfig) -> tuple[PcieMachine, int]:
    """Return the machine after an access behind a port, and the value read: ones if none answers.

    Raises:
        MisuseError: It is about a register that this machine does not model.
    """
    mask = (1 << 8 * request.size) - 1
    port = next((p for p in machine.ports if p.bus and p.bus == request.bus), None)
    device = None if port is None else port.at(request.function)
    if port is None or device is None or not port.visible(device):
        return machine, mask
    if request.offset + request.size > _COMMAND + 2:
        raise MisuseError(f"register {request.offset:#x} of a device is not modelled")
    space = _IDS[device.driver] | device.command << 8 * _COMMAND
    if request.value is None:
        return machine, space >> 8 * request.offset & mask
    shift = 8 * request.offset
    written = space & ~(mask << shift) | (request.value & mask) << shift
    command = written >> 8 * _COMMAND & COMMAND_MASK
    return machine.with_port(with_device(port, replace(device, command=command))), mask
