"""device_add on a port: what QEMU refuses, in its order, and where the device goes.

Source: QEMU softmmu/qdev-monitor.c (qdev_device_add), hw/pci/pci.c (do_pci_register_device,
pci_init_multifunction), hw/pci/pcie.c (pcie_cap_slot_pre_plug_cb), hw/acpi/pcihp.c.
"""

from __future__ import annotations

from kit.common.errors import MisuseError
from kit.machine.pcie import acpi
from kit.machine.pcie import registers as regs
from kit.machine.pcie.function import DRIVERS, PcieFunction
from kit.machine.pcie.machine import PcieMachine
from kit.machine.pcie.port import Port, Slotted, plug
from kit.machine.pcie_revisions import PciePatch
from kit.machine.qmp import Refused, check_well_formed

__all__ = ["add"]

P = PciePatch


def add(machine: PcieMachine, device: PcieFunction) -> PcieMachine:
    """Return the machine with *device* plugged.

    Raises:
        Refused: QEMU does not take it.
        MisuseError: It has no id or a kind that this machine does not know.
    """
    if device.id is None or device.kind not in DRIVERS:
        raise MisuseError("a device behind a port has an id and is of the kind rng or nic")
    check_well_formed(device.id)
    port = _port_of(machine, device)
    driver = DRIVERS[device.kind]
    devfn = device.devfn
    if device.addr and devfn is None:
        raise Refused(f"Property '{driver}.addr' doesn't take value '{device.addr}'")
    if port.native:
        _check_slot(port)
    devfn = _placed(machine, port, devfn, driver)
    _check_multifunction(port, devfn, device.multifunction)
    slotted = Slotted(
        id=device.id, driver=driver, devfn=devfn, multifunction=device.multifunction, hot=True
    )
    after = machine.with_port(plug(port, slotted, machine.patches))
    return acpi.announce(after, port.name, devfn) if machine.config.acpi else after


def _port_of(machine: PcieMachine, device: PcieFunction) -> Port:
    """Return the port; an older QEMU looks for the id first."""
    renewed = P.DUPLICATE_DEVICE_ID_TEXT in machine.patches
    taken = machine.find(str(device.id)) is not None or machine.port(str(device.id)) is not None
    if taken and not renewed:
        raise Refused(f"Duplicate ID '{device.id}' for device")
    port = machine.port(device.bus)
    if port is None and device.bus != "pcie.0":
        raise Refused(f"Bus '{device.bus}' not found")
    by_bus = P.BUS_WITHOUT_HOTPLUG_TEXT in machine.patches or machine.config.acpi
    if port is None or (not port.hotplug and by_bus):
        raise Refused(f"Bus '{device.bus}' does not support hotplugging")
    if taken:
        raise Refused(f"Duplicate device ID '{device.id}'")
    return port


def _check_slot(port: Port) -> None:
    if not port.hotplug:
        raise Refused(f"Hot-plug failed: unsupported by the port device '{port.name}'")
    if port.sltsta & regs.EIS:
        raise Refused("slot is electromechanically locked: Device or resource busy")


def _placed(machine: PcieMachine, port: Port, devfn: int | None, driver: str) -> int:
    """Return where the device goes: its address, or function 0 of the first free slot."""
    first = port.at(0)
    chosen = devfn
    if devfn is None:
        free = (number for number in range(0, 256, 8) if port.at(number) is None)
        chosen = next(free, None)
        if chosen is None:
            raise Refused(f"PCI: no slot/function available for {driver}, all in use or reserved")
    assert chosen is not None
    there = port.at(chosen)
    if there is not None:
        name = f",id={there.id}" if P.CONFLICT_NAMES_ID in machine.patches else ""
        raise Refused(
            f"PCI: slot {chosen >> 3} function {chosen & 7} not available for {driver},"
            f" in use by {there.driver}{name}"
        )
    asked = devfn is not None or P.SECOND_DEVICE_REFUSED in machine.patches
    if first is not None and asked:
        occupied = "occupied" if P.OCCUPIED_SPELLED_RIGHT in machine.patches else "ocuppied"
        raise Refused(
            f"PCI: slot 0 function 0 already {occupied} by {first.driver},"
            f" new func {driver} cannot be exposed to guest."
        )
    return chosen


def _check_multifunction(port: Port, devfn: int, multifunction: bool) -> None:
    slot, function = devfn >> 3, devfn & 7
    if function:
        first = port.at(slot * 8)
        if first is not None and not first.multifunction:
            raise Refused(
                f"PCI: single function device can't be populated in function {slot:x}.{function:x}"
            )
        return
    if multifunction:
        return
    other = next((f for f in range(1, 8) if port.at(slot * 8 + f) is not None), None)
    if other is not None:
        raise Refused(
            f"PCI: {slot:x}.0 indicates single function, but {slot:x}.{other:x} is already"
            " populated."
        )
