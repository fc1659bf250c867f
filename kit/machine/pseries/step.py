"""The sPAPR machine: one request in, the next machine and its outcome out.

Reset, CAS, time and migration are here; device_add and device_del have modules of their own, the
guest's calls are in `rtas`, the transitions of connectors in `drc`.

Source: QEMU hw/ppc/spapr.c (spapr_machine_reset), hw/ppc/spapr_hcall.c (CAS), softmmu/qtest.c
(clock_step), hw/ppc/spapr_drc.c (vmstate_spapr_drc), as of d522cb52e6~1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from kit.common.errors import MisuseError
from kit.machine import clock, qmp, requests
from kit.machine.config import Config
from kit.machine.events import (
    Aborted,
    Done,
    Emitted,
    HotpluggableCpu,
    MemoryDevice,
    Outcome,
    QemuVersion,
    QmpReturn,
    Reply,
    Stepped,
)
from kit.machine.pseries import device_add as plug
from kit.machine.pseries import rtas
from kit.machine.pseries.connector import DrcType, DrIndicator, QemuCall
from kit.machine.pseries.device_del import device_del
from kit.machine.pseries.machine import Machine, QemuAborts, Step, act, memory_modules, put_drc
from kit.machine.qmp import Refused
from kit.machine.revision import Revision

__all__ = ["Config", "Machine", "boot", "next_deadline", "step"]

_Handled = tuple[Machine, Reply, tuple[Emitted, ...]]


def boot(
    revision: Revision, config: Config | None = None, *, dimms: tuple[requests.Dimm, ...] = ()
) -> Machine:
    """Return a machine that has just started: boot cores and PHB 0 are plugged, its clock is at 0.

    >>> from kit.machine.catalogue import find_revision
    >>> [hex(drc.index) for drc in boot(find_revision("revert")).drcs]
    ['0x10000000', '0x20000000']
    """
    return _start(revision, config or Config(), (), dimms)


@lru_cache(maxsize=256)
def _start(
    revision: Revision,
    config: Config,
    cores: tuple[requests.CpuCore, ...],
    dimms: tuple[requests.Dimm, ...],
) -> Machine:
    machine = Machine(
        revision=revision, config=config, hp_evt=True if config.cas_at_reset else None
    )
    try:
        return _plugged(machine, cores, dimms)
    except Refused as refused:
        raise MisuseError(f"QEMU refuses this command line: {refused}") from None


def _plugged(
    machine: Machine, cores: tuple[requests.CpuCore, ...], dimms: tuple[requests.Dimm, ...]
) -> Machine:
    config = machine.config
    unattached = "/machine/unattached/device[{}]"  # numbers as on 7.2.22
    for n in range(config.boot_cores):
        machine = plug.cold_plug(machine, requests.CpuCore(n), unattached.format(n + 1))
    bridge = unattached.format(config.boot_cores + 3)
    machine = plug.cold_plug(machine, requests.Phb(0), bridge)
    more: tuple[requests.Device, ...] = (*cores, *dimms)
    for device in more:
        machine = plug.cold_plug(machine, device)
    return machine


def step(machine: Machine, request: requests.Request) -> tuple[Machine, Outcome]:
    """Carry out one request.

    A refused request is a reply and changes nothing.  A failed assertion of QEMU sets
    `Machine.aborted`: from then on every request is answered `Aborted`.

    Raises:
        MisuseError: No real QEMU could get this request (time that runs backwards, a migration to
            a command line without the source's devices).
    """
    if machine.aborted is not None:
        return machine, Outcome(Aborted(machine.aborted))
    try:
        after, reply, emitted = _HANDLERS[type(request)](machine, request)
    except QemuAborts as end:
        return replace(machine, aborted=end.abort), Outcome(Aborted(end.abort))
    return after, Outcome(reply, emitted)


def next_deadline(machine: Machine) -> int | None:
    """Return when the next timer fires, in ns of the guest's clock; None if none runs."""
    return machine.timers[0].expire_ns if machine.timers else None


def _system_reset(machine: Machine, _request: requests.SystemReset) -> _Handled:
    for drc in machine.drcs:
        if drc.type is DrcType.PCI:
            lamp = DrIndicator.INACTIVE if drc.device is None else DrIndicator.ACTIVE
            machine = put_drc(machine, replace(drc, dr_indicator=lamp))
    machine, emitted = _reset_connectors(machine, QemuCall.RESET)
    hp_evt = True if machine.config.cas_at_reset else None
    return replace(machine, queue=(), hp_evt=hp_evt), Done(), emitted


def _cas(machine: Machine, request: requests.ClientArchitectureSupport) -> _Handled:
    machine, emitted = _reset_connectors(machine, QemuCall.CAS)
    return replace(machine, queue=(), hp_evt=request.hp_evt), Done(), emitted


def _reset_connectors(machine: Machine, call: QemuCall) -> Step:
    emitted: tuple[Emitted, ...] = ()
    for index in [drc.index for drc in machine.drcs]:
        drc = machine.drc(index)
        if drc is not None:  # a PHB that goes takes the connectors of its bus along
            machine, _, more = act(machine, drc, call)
            emitted += more
    return machine, emitted


def _clock_step(machine: Machine, request: requests.ClockStep) -> _Handled:
    machine = qmp.advanced(machine, request.ns)
    due, running = clock.take_due(machine.timers, machine.now_ns)
    machine = replace(machine, timers=running) if due else machine
    emitted: tuple[Emitted, ...] = ()
    for timer in due:
        drc = machine.drc(timer.index)
        if drc is not None:
            machine, _, more = act(machine, drc, QemuCall.UNPLUG_TIMEOUT)
            emitted += more
    return machine, Stepped(machine.now_ns), emitted


def _migrate(machine: Machine, request: requests.Migrate) -> _Handled:
    """Move to a new QEMU: the stream carries less than the machine has.

    Carried: the state of a connector with a device, if it is not the ready one, and the request;
    lamps; the queue of events; the guest's clock.  Lost: timers (QEMU starts them anew), the list
    of pending DIMMs, the position of configure-connector.

    Source: QEMU hw/ppc/spapr_drc.c (vmstate_spapr_drc); softmmu/cpu-timers.c (vmstate_timers).
    """
    cores = tuple(requests.CpuCore(n, f"core{n}") for n in request.cores or ())
    there = _start(machine.revision, machine.config, cores, request.dimms)
    _check_destination(machine, there)
    there = replace(
        there,
        now_ns=machine.now_ns if request.clock_ns is None else request.clock_ns,
        queue=machine.queue,
        hp_evt=machine.hp_evt,
        running=machine.running,
    )
    emitted: tuple[Emitted, ...] = ()
    for drc in machine.drcs:
        landed = there.drc(drc.index)
        if landed is None:
            continue
        if drc.device is not None:
            landed = replace(landed, state=drc.state, unplug_requested=drc.unplug_requested)
        there = put_drc(there, replace(landed, dr_indicator=drc.dr_indicator))
        there, _, more = act(there, there.drc(drc.index) or landed, QemuCall.MIGRATED)
        emitted += more
    return there, Done(), emitted


def _check_destination(here: Machine, there: Machine) -> None:
    places = {_place(plugged.device) for plugged in there.plugged}
    for plugged in here.plugged:
        if _place(plugged.device) not in places:
            raise MisuseError(
                "the migration fails: the destination's command line lacks"
                f" {plugged.device.id or plugged.path}"
            )


def _place(device: requests.Device) -> requests.Device:
    """Return what the stream identifies: a module by its backend, another device by its place."""
    if isinstance(device, requests.Dimm | requests.Nvdimm):
        return replace(device, slot=None)
    return replace(device, id=None)


def _query_hotpluggable_cpus(machine: Machine, _: requests.QueryHotpluggableCpus) -> _Handled:
    """Return every slot, the highest core-id first."""
    paths = {
        p.device.core_id: p.path for p in machine.plugged if isinstance(p.device, requests.CpuCore)
    }
    slots = (HotpluggableCpu(n, paths.get(n)) for n in reversed(range(machine.config.max_cores)))
    return machine, QmpReturn(tuple(slots)), ()


def _query_memory_devices(machine: Machine, _: requests.QueryMemoryDevices) -> _Handled:
    """Return the modules by address."""
    found = tuple(MemoryDevice(m.id, m.addr, m.size_mib) for m in memory_modules(machine))
    return machine, QmpReturn(found), ()


def _query_version(machine: Machine, _: requests.QueryVersion) -> _Handled:
    return machine, QmpReturn(QemuVersion(*machine.revision.version)), ()


_HANDLERS: Mapping[type[Any], Callable[[Machine, Any], _Handled]] = {
    requests.DeviceAdd: lambda machine, request: plug.device_add(machine, request.device),
    requests.DeviceDel: lambda machine, request: device_del(machine, request.id),
    requests.SystemReset: _system_reset,
    requests.Stop: qmp.stop,
    requests.Cont: qmp.cont,
    requests.QueryHotpluggableCpus: _query_hotpluggable_cpus,
    requests.QueryMemoryDevices: _query_memory_devices,
    requests.QueryVersion: _query_version,
    requests.Migrate: _migrate,
    requests.SetIndicator: rtas.set_indicator,
    requests.GetSensorState: rtas.get_sensor_state,
    requests.ConfigureConnector: rtas.configure_connector,
    requests.CheckException: rtas.check_exception,
    requests.EventScan: rtas.event_scan,
    requests.RawRtas: rtas.raw,
    requests.ClientArchitectureSupport: _cas,
    requests.ClockStep: _clock_step,
}
