"""PCI Express hot-plug on a q35 machine, by the ports themselves or by ACPI, step by step.

device_add sets presence and presses the attention button; device_del presses it; the devices go
when the guest has switched power and power indicator off.  QEMU runs no timer: from 18416c62e3 on a
request has a number, and the next device_del compares it with the clock.

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
from kit.machine import requests
from kit.machine.events import DeviceDeleted, Done, QmpReturn, Stepped, VmResume, VmStop
from kit.machine.pcie import acpi, device_add, migration, ports
from kit.machine.pcie import messages as pcie
from kit.machine.pcie.device_del import EXPIRY_MS, Answer, row_for
from kit.machine.pcie.function import PcieFunction
from kit.machine.pcie.machine import PcieConfig, PcieMachine
from kit.machine.pcie.port import Port, Slotted, do_unplug, notify, press, reset
from kit.machine.pcie.registers import ABP
from kit.machine.pcie_revisions import PciePatch
from kit.machine.qmp import Refused
from kit.machine.revision import Revision

__all__ = ["PcieConfig", "PcieMachine", "boot", "step"]

P = PciePatch
_Handled = tuple[PcieMachine, pcie.PcieReply, tuple[pcie.PcieEmitted, ...]]


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


def deleted(devices: tuple[Slotted, ...]) -> tuple[DeviceDeleted, ...]:
    """Return the events of devices that left."""
    return tuple(DeviceDeleted(path=f"/machine/peripheral/{d.id}", device=d.id) for d in devices)


# -- QMP commands ------------------------------------------------------------------------------


def _device_add(machine: PcieMachine, request: requests.DeviceAdd) -> _Handled:
    device = request.device
    if not isinstance(device, PcieFunction):
        raise MisuseError(f"{type(device).__name__} is not a device of the embedded PCIe machine")
    try:
        after = device_add.add(machine, device)
    except Refused as refused:
        return machine, refused.error, ()
    sci = (pcie.SciRaised(),) if machine.config.acpi else ()
    return after, QmpReturn(), sci


def _device_del(machine: PcieMachine, request: requests.DeviceDel) -> _Handled:
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
    marked = replace(device, pending=True, expires_ms=expires)
    devices = tuple(marked if one.devfn == device.devfn else one for one in port.devices)
    return replace(port, devices=devices)


def _remove_function(port: Port, device: Slotted) -> tuple[Port, tuple[Slotted, ...]]:
    devices = tuple(one for one in port.devices if one.devfn != device.devfn)
    return replace(port, devices=devices), (device,)


def _remove_slot(port: Port, _device: Slotted) -> tuple[Port, tuple[Slotted, ...]]:
    """Remove all; the button is released after the latch was looked at, as in QEMU."""
    port, gone = do_unplug(port)
    port = notify(port)
    return replace(port, sltsta=port.sltsta & ~ABP), gone


def _press(port: Port, _device: Slotted) -> tuple[Port, tuple[Slotted, ...]]:
    return press(port), ()


_CARRY_OUT: Mapping[Answer, Callable[[Port, Slotted], tuple[Port, tuple[Slotted, ...]]]] = {
    Answer.REMOVE_FUNCTION: _remove_function,
    Answer.REMOVE_SLOT: _remove_slot,
    Answer.PRESS: _press,
}


def _query_devices(machine: PcieMachine, _: pcie.QueryDevices) -> _Handled:
    ids = sorted(one.id for port in machine.ports for one in port.devices)
    return machine, pcie.DeviceIds(tuple(ids)), ()


def _system_reset(machine: PcieMachine, _: requests.SystemReset) -> _Handled:
    """Reset ACPI, which carries out the requests that pend there, and then the ports.

    Source: a real 7.2, whose port is as of an empty slot then.
    """
    machine, gone = acpi.reset(machine)
    ports_after = tuple(reset(port, machine.patches) for port in machine.ports)
    return replace(machine, ports=ports_after), Done(), deleted(gone)


def _stop(machine: PcieMachine, _: requests.Stop) -> _Handled:
    emitted = (VmStop(),) if machine.running else ()
    return replace(machine, running=False), QmpReturn(), emitted


def _cont(machine: PcieMachine, _: requests.Cont) -> _Handled:
    emitted = () if machine.running else (VmResume(),)
    return replace(machine, running=True), QmpReturn(), emitted


def _migrate(machine: PcieMachine, _: requests.Migrate) -> _Handled:
    """Migrate as libvirt does it: the destination gets what the source has."""
    return _migrate_ports(machine, pcie.MigratePorts())


def _migrate_ports(machine: PcieMachine, request: pcie.MigratePorts) -> _Handled:
    after, failed = migration.migrate(machine, request.devices)
    if failed is not None:
        return machine, failed, ()
    clock = machine.now_ns if request.clock_ns is None else request.clock_ns
    return replace(after, now_ns=clock), Done(), ()


def _clock_step(machine: PcieMachine, request: requests.ClockStep) -> _Handled:
    if request.ns < 0:
        raise MisuseError(f"the guest's clock cannot go back by {-request.ns} ns")
    if not machine.running:
        raise MisuseError("the guest's clock stands still while the VM is stopped")
    machine = replace(machine, now_ns=machine.now_ns + request.ns)
    return machine, Stepped(machine.now_ns), ()


# -- the guest's side --------------------------------------------------------------------------


def _write_register(machine: PcieMachine, request: pcie.WriteRegister) -> _Handled:
    machine, gone = ports.write_register(machine, request)
    return machine, Done(), deleted(gone)


def _modify_register(machine: PcieMachine, request: pcie.ModifyRegister) -> _Handled:
    value = ports.read_register(machine, pcie.ReadRegister(request.port, request.register))
    value = value & ~request.clear | request.set
    write = pcie.WriteRegister(request.port, request.register, value)
    machine, gone = ports.write_register(machine, write)
    return machine, pcie.RegisterValue(value), deleted(gone)


def _read_register(machine: PcieMachine, request: pcie.ReadRegister) -> _Handled:
    return machine, pcie.RegisterValue(ports.read_register(machine, request)), ()


def _set_bus(machine: PcieMachine, request: pcie.SetBus) -> _Handled:
    return ports.set_bus(machine, request), Done(), ()


def _look(machine: PcieMachine, request: pcie.Look) -> _Handled:
    return machine, ports.look(machine, request), ()


def _device_config(machine: PcieMachine, request: pcie.DeviceConfig) -> _Handled:
    machine, value = ports.device_config(machine, request)
    return machine, Done() if request.value is not None else pcie.RegisterValue(value), ()


def _acpi_access(machine: PcieMachine, request: pcie.AcpiAccess) -> _Handled:
    if request.value is None:
        machine, value = acpi.read(machine, request.register)
        return machine, pcie.RegisterValue(value), ()
    machine, gone = acpi.write(machine, request.register, request.value)
    return machine, Done(), deleted(gone)


_HANDLERS: Mapping[type[Any], Callable[[PcieMachine, Any], _Handled]] = {
    requests.DeviceAdd: _device_add,
    requests.DeviceDel: _device_del,
    requests.SystemReset: _system_reset,
    requests.Stop: _stop,
    requests.Cont: _cont,
    requests.Migrate: _migrate,
    requests.ClockStep: _clock_step,
    pcie.ReadRegister: _read_register,
    pcie.WriteRegister: _write_register,
    pcie.ModifyRegister: _modify_register,
    pcie.SetBus: _set_bus,
    pcie.Look: _look,
    pcie.DeviceConfig: _device_config,
    pcie.QueryDevices: _query_devices,
    pcie.AcpiAccess: _acpi_access,
    pcie.MigratePorts: _migrate_ports,
}
