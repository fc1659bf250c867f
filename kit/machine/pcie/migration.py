"""The start of a machine, and its migration to another.

The stream has configuration space, interrupt lines and registers of devices.  It has no request:
the destination has nothing pending, and takes a device_del at once.  It compares the bits that a
guest cannot write with its own: presence until 625b370c45, the interlock always.

Source: QEMU hw/pci/pci.c (get_pci_config_device), hw/pci/pcie.c (pcie_cap_slot_post_load),
hw/acpi/pcihp.c (vmstate_acpi_pcihp_pci_status).
"""

from __future__ import annotations

from dataclasses import replace
from enum import Enum

from kit.machine.pcie import registers as regs
from kit.machine.pcie.function import DRIVERS, PcieFunction
from kit.machine.pcie.machine import AcpiSlots, PcieConfig, PcieMachine, PortConfig, function_of
from kit.machine.pcie.messages import MigrationFailed
from kit.machine.pcie.port import Port, Slotted, plug, reset, update_power, with_latch
from kit.machine.pcie_revisions import PciePatch

__all__ = ["fresh", "migrate"]

P = PciePatch


def fresh(
    config: PcieConfig, patches: frozenset[Enum], devices: tuple[PcieFunction, ...]
) -> PcieMachine:
    """Return a machine that has just started, with *devices* on its command line."""
    ports = tuple(_started(port, config, patches, devices) for port in config.ports)
    plugged = sum(port.hotplug for port in ports) if config.acpi else 0
    return PcieMachine(config=config, patches=patches, ports=ports, acpi=(AcpiSlots(),) * plugged)


def _started(
    config: PortConfig,
    machine: PcieConfig,
    patches: frozenset[Enum],
    devices: tuple[PcieFunction, ...],
) -> Port:
    port = Port(
        name=config.name,
        slot=config.slot,
        power_controller=config.power_controller,
        hotplug=config.hotplug or P.HOTPLUG_PROPERTY not in patches,
        native=not machine.acpi,
        link=P.EMPTY_SLOT_HAS_NO_LINK not in patches,
    )
    for device in devices:
        if device.bus == port.name:
            port = plug(port, _cold(device), patches)
    return reset(port, patches)


def _cold(device: PcieFunction) -> Slotted:
    return Slotted(
        id=str(device.id),
        driver=DRIVERS[device.kind],
        devfn=device.devfn or 0,
        multifunction=device.multifunction,
        hot=False,
    )


def migrate(
    source: PcieMachine, devices: tuple[PcieFunction, ...] | None
) -> tuple[PcieMachine, MigrationFailed | None]:
    """Return the machine on the destination, with *devices* on its command line, or the failure.

    With *devices* None it has those of the source, at their addresses.
    """
    if devices is None:
        held = ((port, one) for port in source.ports for one in port.devices)
        devices = tuple(function_of(port, one) for port, one in held)
    target = fresh(source.config, source.patches, devices)
    compared = regs.EIS | (0 if P.PRESENCE_NOT_COMPARED in source.patches else regs.PDS)
    loaded = []
    for theirs, ours in zip(source.ports, target.ports, strict=True):
        if (theirs.sltsta ^ ours.sltsta) & compared:
            offset = regs.CAPABILITY + regs.Register.SLTSTA.offset
            return source, MigrationFailed(offset, theirs.sltsta & 0xFF, ours.sltsta & 0xFF)
        loaded.append(_loaded(theirs, ours, source.patches))
    after = replace(
        target,
        ports=tuple(loaded),
        acpi=source.acpi,
        selected=source.selected,
        now_ns=source.now_ns,
        running=source.running,
    )
    return after, None


def _loaded(source: Port, target: Port, patches: frozenset[Enum]) -> Port:
    """Return a port of the destination with the registers of the source and of its devices."""
    commands = {one.devfn: one.command for one in source.devices}
    devices = tuple(
        replace(one, command=commands.get(one.devfn, one.command)) for one in target.devices
    )
    port = replace(
        target,
        sltctl=source.sltctl,
        sltsta=source.sltsta,
        link=source.link,
        intx=source.intx,
        bus=source.bus,
        devices=devices,
    )
    return update_power(with_latch(port), patches)
