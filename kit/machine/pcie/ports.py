"""The guest's accesses to ports and devices: configuration space, found by port or bus number.

Source: QEMU hw/pci/pci_host.c (pci_host_config_read_common, pci_host_config_write_common).
"""

from __future__ import annotations

from dataclasses import replace

from kit.common.errors import MisuseError
from kit.machine.events import Done
from kit.machine.pcie.machine import Handled, PcieMachine
from kit.machine.pcie.messages import (
    DeviceConfig,
    Look,
    Looked,
    ModifyRegister,
    ReadRegister,
    RegisterValue,
    SetBus,
    WriteRegister,
)
from kit.machine.pcie.port import COMMAND_MASK, Port, deleted, read, with_device, write

__all__ = ["device_config", "look", "modify_register", "read_register", "set_bus"]
__all__ += ["write_register"]

_IDS = {"virtio-rng-pci": 0x1044_1AF4, "e1000e": 0x10D3_8086}  # device, vendor
_SIZES = (1, 2, 4)
_COMMAND = 4


def _port_named(machine: PcieMachine, name: str) -> Port:
    port = machine.port(name)
    if port is None:
        known = ", ".join(port.name for port in machine.ports)
        raise MisuseError(f"there is no port {name!r}; the ports are {known}")
    return port


def read_register(machine: PcieMachine, request: ReadRegister) -> Handled:
    """Read a port's register."""
    return machine, RegisterValue(read(_port_named(machine, request.port), request.register)), ()


def write_register(machine: PcieMachine, request: WriteRegister) -> Handled:
    """Write a port's register, at which devices may leave."""
    port = _port_named(machine, request.port)
    size = request.register.width if request.size is None else request.size
    if size not in _SIZES:
        raise MisuseError(f"an access has 1, 2 or 4 bytes, not {size}")
    offset = request.register.offset + request.at
    port, gone = write(port, offset, request.value, size, machine.patches)
    return machine.with_port(port), Done(), deleted(gone)


def modify_register(machine: PcieMachine, request: ModifyRegister) -> Handled:
    """Read a port's register, change bits, and write it."""
    value = read(_port_named(machine, request.port), request.register)
    value = value & ~request.clear | request.set
    write_it = WriteRegister(request.port, request.register, value)
    machine, _, emitted = write_register(machine, write_it)
    return machine, RegisterValue(value), emitted


def set_bus(machine: PcieMachine, request: SetBus) -> Handled:
    """Number the bus; like every write to the port, it lowers the interrupt line."""
    port = _port_named(machine, request.port)
    return machine.with_port(replace(port, bus=request.bus & 0xFF, intx=False)), Done(), ()


def look(machine: PcieMachine, request: Look) -> Handled:
    """Look at a port."""
    port = _port_named(machine, request.port)
    visible = None
    if port.bus:
        in_slot_0 = (one for one in port.devices if one.devfn < 8)
        visible = tuple(one.devfn for one in in_slot_0 if port.visible(one))
    return machine, Looked(port.sltctl, port.sltsta, port.link, port.intx, visible), ()


def device_config(machine: PcieMachine, request: DeviceConfig) -> Handled:
    """Access a device's configuration space: all ones, or no effect, if no device answers.

    Raises:
        MisuseError: This machine does not model the register.
    """
    mask = (1 << 8 * request.size) - 1
    port = next((p for p in machine.ports if p.bus and p.bus == request.bus), None)
    device = None if port is None else port.at(request.function)
    if port is None or device is None or not port.visible(device):
        return machine, RegisterValue(mask) if request.value is None else Done(), ()
    if request.offset + request.size > _COMMAND + 2:
        raise MisuseError(f"register {request.offset:#x} of a device is not modelled")
    space, shift = _IDS[device.driver] | device.command << 8 * _COMMAND, 8 * request.offset
    if request.value is None:
        return machine, RegisterValue(space >> shift & mask), ()
    written = space & ~(mask << shift) | (request.value & mask) << shift
    command = written >> 8 * _COMMAND & COMMAND_MASK
    return machine.with_port(with_device(port, replace(device, command=command))), Done(), ()
