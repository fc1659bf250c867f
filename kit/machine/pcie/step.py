"""PCI Express hot-plug on a q35 machine, by the ports themselves or by ACPI, step by step.

device_add sets presence and presses the attention button; device_del presses it.  QEMU removes the
devices when the guest has switched power and power indicator off.  It runs no timer: from
18416c62e3 on a request has an end, which the next device_del compares with the clock.

Left out: devices without an id, switches, SHPC, failover, MSI-X.  A device's configuration space is
its ids and its Command register.

Source: QEMU hw/pci/pcie.c, hw/pci/pci.c (do_pci_register_device, pci_init_multifunction),
softmmu/qdev-monitor.c, from cce8944cc9~1 to 0f689cf5ad; recordings up to 11.1.3.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from kit.common.errors import MisuseError
from kit.machine import qmp, requests
from kit.machine.events import Done, QmpReturn, Stepped
from kit.machine.pcie import acpi, device_add, migration, ports
from kit.machine.pcie import messages as pcie
from kit.machine.pcie.device_del import EXPIRY_MS, Answer, row_for
from kit.machine.pcie.function import PcieFunction
from kit.machine.pcie.machine import Handled, PcieConfig, PcieMachine
from kit.machine.pcie.port import (
    Port,
    Slotted,
    Unplugged,
    deleted,
    do_unplug,
    notify,
    press,
    reset,
    with_device,
)
from kit.machine.pcie.registers import ABP
from kit.machine.pcie_revisions import PciePatch
from kit.machine.qmp import Refused
from kit.machine.revision import Revision

__all__ = ["PcieConfig", "PcieMachine", "boot", "step"]

P = PciePatch


def boot(revision: Revision, config: PcieConfig | None = None) -> PcieMachine:
    """Return a machine that has just started: devices are plugged, ports reset, its clock is at 0.

    >>> from kit.machine.pcie_revisions import PCIE_REVISIONS
    >>> [hex(port.sltctl) for port in boot(PCIE_REVISIONS[0]).ports]
    ['0x7c0', '0x7c0']
    """
    config = config or PcieConfig()
    return migration.fresh(config, revision.patches, config.devices)


def step(machine: PcieMachine, request: pcie.PcieRequest) -> tuple[PcieMachine, pcie.PcieOutcome]:
    """Carry out one request.

    Raises:
        MisuseError: No real QEMU could get this request (a port that is not there, time that runs
            backwards), or this machine does not model it.
    """
    after, reply, emitted = _HANDLERS[type(request)](machine, request)
    signalled = tuple(port for port in after.ports if port.signalled)
    for port in signalled:
        after = after.with_port(replace(port, signalled=False))
    interrupts = (pcie.HotplugInterrupt(port.name) for port in signalled)
    return after, pcie.PcieOutcome(reply, (*emitted, *interrupts))


def _device_add(machine: PcieMachine, request: requests.DeviceAdd) -> Handled:
    device = request.device
    if not isinstance(device, PcieFunction):
        raise MisuseError(f"{type(device).__name__} is not a device of the embedded PCIe machine")
    try:
        after = device_add.add(machine, device)
    except Refused as refused:
        return machine, refused.error, ()
    sci = (pcie.SciRaised(),) if machine.config.acpi else ()
    return after, QmpReturn(), sci


def _device_del(machine: PcieMachine, request: requests.DeviceDel) -> Handled:
    """Answer by the table of `device_del`; an error leaves the request and its expiry alone."""
    name = request.id.removeprefix("/machine/peripheral/")
    try:
        if machine.port(name) is not None:
            raise Refused("Bus 'pcie.0' does not support hotplugging")
        found = machine.find(name)
        if found is None:
            raise Refused(f"Device '{request.id}' not found", "DeviceNotFound")
        port, device = found
        answer = row_for(machine, port, device).then
        if answer.refuses:
            raise Refused(answer.value.format(device=request.id, port=port.name))
    except Refused as refused:
        return machine, refused.error, ()
    if answer is Answer.ASK_BY_ACPI:
        return acpi.ask_to_eject(machine, port, device), QmpReturn(), (pcie.SciRaised(),)
    port = _marked(machine, port, device)
    port, gone = _CARRY_OUT[answer](port, device)
    return machine.with_port(port), QmpReturn(), deleted(gone)


def _marked(machine: PcieMachine, port: Port, device: Slotted) -> Port:
    """Return *port* with the request noted on the device, which QEMU does since cce8944cc9."""
    if P.REPEATED_DEVICE_DEL_ERROR not in machine.patches:
        return port
    expires = machine.now_ms + EXPIRY_MS if P.PENDING_EXPIRES in machine.patches else 0
    return with_device(port, replace(device, pending=True, expires_ms=expires))


def _remove_function(port: Port, device: Slotted) -> Unplugged:
    devices = tuple(one for one in port.devices if one.devfn != device.devfn)
    return replace(port, devices=devices), (device,)


def _remove_slot(port: Port, _: Slotted) -> Unplugged:
    """Remove all.  QEMU updates the latch before it releases the button."""
    port, gone = do_unplug(port)
    port = notify(port)
    return replace(port, sltsta=port.sltsta & ~ABP), gone


def _press(port: Port, _: Slotted) -> Unplugged:
    return press(port), ()


_CARRY_OUT: Mapping[Answer, Callable[[Port, Slotted], Unplugged]] = {
    Answer.REMOVE_FUNCTION: _remove_function,
    Answer.REMOVE_SLOT: _remove_slot,
    Answer.PRESS: _press,
}


def _query_devices(machine: PcieMachine, _: pcie.QueryDevices) -> Handled:
    ids = sorted(one.id for port in machine.ports for one in port.devices)
    return machine, pcie.DeviceIds(tuple(ids)), ()


def _system_reset(machine: PcieMachine, _: requests.SystemReset) -> Handled:
    """Reset ACPI, which carries out its pending requests, and then the ports.

    Source: a real 7.2, whose port then has the registers of an empty slot.
    """
    machine, gone = acpi.reset(machine)
    ports_after = tuple(reset(port, machine.patches) for port in machine.ports)
    return replace(machine, ports=ports_after), Done(), deleted(gone)


def _migrate(machine: PcieMachine, _: requests.Migrate) -> Handled:
    """Migrate as libvirt does it: the destination gets what the source has."""
    return _migrate_ports(machine, pcie.MigratePorts())


def _migrate_ports(machine: PcieMachine, request: pcie.MigratePorts) -> Handled:
    after, failed = migration.migrate(machine, request.devices)
    if failed is not None:
        return machine, failed, ()
    clock = machine.now_ns if request.clock_ns is None else request.clock_ns
    return replace(after, now_ns=clock), Done(), ()


def _clock_step(machine: PcieMachine, request: requests.ClockStep) -> Handled:
    machine = qmp.advanced(machine, request.ns)
    return machine, Stepped(machine.now_ns), ()


def _acpi_access(machine: PcieMachine, request: pcie.AcpiAccess) -> Handled:
    if request.value is None:
        machine, value = acpi.read(machine, request.register)
        return machine, pcie.RegisterValue(value), ()
    machine, gone = acpi.write(machine, request.register, request.value)
    return machine, Done(), deleted(gone)


_HANDLERS: Mapping[type[Any], Callable[[PcieMachine, Any], Handled]] = {
    requests.DeviceAdd: _device_add,
    requests.DeviceDel: _device_del,
    requests.SystemReset: _system_reset,
    requests.Stop: qmp.stop,
    requests.Cont: qmp.cont,
    requests.Migrate: _migrate,
    requests.ClockStep: _clock_step,
    pcie.ReadRegister: ports.read_register,
    pcie.WriteRegister: ports.write_register,
    pcie.ModifyRegister: ports.modify_register,
    pcie.SetBus: ports.set_bus,
    pcie.Look: ports.look,
    pcie.DeviceConfig: ports.device_config,
    pcie.QueryDevices: _query_devices,
    pcie.AcpiAccess: _acpi_access,
    pcie.MigratePorts: _migrate_ports,
}
