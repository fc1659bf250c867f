"""libvirt: the devices that it lists, the call that it works on, its wait, and its answers.

libvirt asks QEMU to remove a device and waits for DEVICE_DELETED by the wall clock: 10 s on
pSeries, 5 s elsewhere.  After that ``virsh setvcpus`` fails and ``virsh detach-device`` succeeds;
the device stays listed in both cases.  ``virsh detach-device-alias`` does not wait.

A later event corrects the list, but not the answer.  The operator hears of it by a domain event,
device-removed, unless the device is a vCPU: for those libvirt sends vcpu-removed from 12.4.0 on,
and nothing before.  ``virsh setvcpus --async``, of 12.4.0 as well, does not wait.

Source: libvirt 7.1.0 to 7.10.0: src/qemu/qemu_hotplug.c (qemuDomainDeleteDevice,
qemuDomainWaitForDeviceRemoval, qemuDomainHotplugDelVcpu, qemuDomainDetachDeviceLive,
qemuDomainRemoveDevice, qemuDomainRemoveVcpuAlias), qemu_monitor_json.c (qemuMonitorJSONDelDevice),
qemu_process.c (qemuProcessHandleDeviceDeleted, qemuProcessHandleDeviceUnplugErr,
qemuProcessHandleAcpiOstInfo); NEWS of 5.10.0 and 7.10.0.  For 12.4.0: the series "add support for
async vCPU unplug" (libvirt-devel 20260429122128.1606911-1-akash.kulhalli@oracle.com), and Sys::Virt
12.4.0, which has its names.  Its code was not read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Any, get_args

from kit.actors.messages import (
    Actor,
    ApiError,
    ApiSuccess,
    Command,
    DetachDevice,
    DetachDeviceAlias,
    DeviceRemovalFailed,
    DeviceRemoved,
    DomainReset,
    DomainResume,
    DomainSuspend,
    Failure,
    Input,
    MigrateDomain,
    MonitorClosed,
    Send,
    SetVcpus,
    SetVcpusAsync,
    StopWaiting,
    ToLibvirt,
    VcpuRemoved,
    Wait,
    WaitOver,
)
from kit.machine.clock import NS_PER_S
from kit.machine.errors import ErrorMeaning, meaning_of
from kit.machine.events import DeviceDeleted, DeviceUnplugGuestError, Done, QmpError, QmpReturn
from kit.machine.q35.messages import AcpiDeviceOst, SlotType
from kit.machine.requests import (
    Cont,
    CpuCore,
    Device,
    DeviceAdd,
    DeviceDel,
    Dimm,
    Migrate,
    Request,
    Stop,
    SystemReset,
)

__all__ = [
    "ASYNC_SINCE",
    "GUEST_ERROR_SINCE",
    "REACTIONS",
    "WAIT_ELSEWHERE_S",
    "WAIT_PSERIES_S",
    "Handled",
    "Libvirt",
    "receive",
    "reject",
]

WAIT_PSERIES_S = 10
WAIT_ELSEWHERE_S = 5
GUEST_ERROR_SINCE = (7, 10, 0)
ASYNC_SINCE = (12, 4, 0)


class UnplugStatus(Enum):
    """The event that came for a device while libvirt waits for it or for QEMU's answer."""

    NONE = auto()
    OK = auto()
    GUEST_REJECTED = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class LibvirtJob:
    """The call that libvirt works on; later calls wait.

    ``device`` is what it removes or, if ``adds``, plugs in, None for a call without a device.
    ``answered``: QEMU accepted the request.  ``status``: the event that came before that.
    ``removed`` are the vCPUs that the call has removed so far, ``requested`` those that it has
    asked QEMU for and does not wait for.
    """

    call: ToLibvirt
    device: Device | None = None
    adds: bool = False
    answered: bool = False
    status: UnplugStatus = UnplugStatus.NONE
    removed: tuple[str, ...] = ()
    requested: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Libvirt:
    """libvirt at one moment.

    ``version`` decides whether it understands DEVICE_UNPLUG_GUEST_ERROR.  ``devices`` are the
    hot-plugged devices in the domain's XML, each with an id.  ``maximum`` is the largest number of
    vCPUs.
    """

    version: tuple[int, int, int] = (7, 1, 0)
    wait_s: int = WAIT_PSERIES_S
    devices: tuple[Device, ...] = ()
    maximum: int = 4
    job: LibvirtJob | None = None
    queue: tuple[ToLibvirt, ...] = ()

    def has(self, alias: str | None) -> bool:
        """Does libvirt list *alias*?"""
        return any(device.id == alias for device in self.devices)


Handled = tuple[Libvirt, tuple[Command, ...]]
_TIMED_OUT = (
    "Timed out during operation: vcpu unplug request timed out."
    " Unplug result must be manually inspected in the domain"
)
_REJECTED = "operation failed: unplug of device was rejected by the guest"
_UNEXPLAINED = "An error occurred, but the cause is unknown"
_DETACHED = "Device detached successfully"
_DETACH_SENT = "Device detach request sent successfully"
_CLOSED = "internal error: qemu unexpectedly closed the monitor"


def receive(libvirt: Libvirt, received: Input) -> Handled:
    """Return libvirt after a message, and its commands; an unknown message changes nothing."""
    handler = REACTIONS.get(type(received))
    return (libvirt, ()) if handler is None else handler(libvirt, received)


def _on_call(libvirt: Libvirt, call: ToLibvirt) -> Handled:
    if libvirt.job is not None:
        return replace(libvirt, queue=(*libvirt.queue, call)), ()
    return _begin(libvirt, call)


def _begin(libvirt: Libvirt, call: ToLibvirt) -> Handled:
    match call:
        case SetVcpusAsync() if libvirt.version < ASYNC_SINCE:
            return _end(libvirt, ApiError("command 'setvcpus' doesn't support option --async"))
        case SetVcpus() | SetVcpusAsync():
            return _set_vcpus(libvirt, call)
        case DetachDevice(alias) | DetachDeviceAlias(alias):
            others = [d for d in libvirt.devices if not isinstance(d, CpuCore)]
            found = next((d for d in others if d.id == alias), None)
            if found is None:  # a vCPU is not a device in the XML: setvcpus removes it
                return _end(libvirt, ApiError(f"device not found: no device with alias '{alias}'"))
            return _ask(libvirt, LibvirtJob(call=call, device=found), DeviceDel(alias))
        case MigrateDomain():
            cores = tuple(d.core_id for d in libvirt.devices if isinstance(d, CpuCore))
            dimms = tuple(d for d in libvirt.devices if isinstance(d, Dimm))
            return _ask(libvirt, LibvirtJob(call=call), Migrate(cores, dimms))
        case DomainReset():
            return _ask(libvirt, LibvirtJob(call=call), SystemReset())
        case DomainSuspend():
            return _ask(libvirt, LibvirtJob(call=call), Stop())
        case DomainResume():
            return _ask(libvirt, LibvirtJob(call=call), Cont())


def _set_vcpus(
    libvirt: Libvirt,
    call: SetVcpus | SetVcpusAsync,
    removed: tuple[str, ...] = (),
    requested: tuple[str, ...] = (),
    added: str | None = None,
) -> Handled:
    """Add or remove one core on the way to the requested number; boot core 0 counts, and stays.

    *added* is the core that the call plugged in last.
    """
    listed = (d for d in libvirt.devices if isinstance(d, CpuCore) and d.id not in requested)
    cores = sorted(listed, key=lambda core: core.core_id)
    count = call.count
    if count < 1:
        return _end(libvirt, ApiError("invalid argument: the number of vcpus must be positive"))
    if count > libvirt.maximum:
        words = "requested vcpus is greater than max allowable vcpus for the live domain"
        return _end(libvirt, ApiError(f"invalid argument: {words}: {count} > {libvirt.maximum}"))
    if count < 1 + len(cores):
        core = cores[-1]
        assert core.id is not None
        job = LibvirtJob(call=call, device=core, removed=removed, requested=requested)
        return _ask(libvirt, job, DeviceDel(core.id))
    if count > 1 + len(cores):
        taken = {core.core_id for core in cores}
        new = next(number for number in range(1, count) if number not in taken)
        core = CpuCore(new, f"core{new}")
        return _ask(libvirt, LibvirtJob(call=call, device=core, adds=True), DeviceAdd(core))
    return _end(libvirt, ApiSuccess("", added, removed, requested))


def _ask(libvirt: Libvirt, job: LibvirtJob, request: Request) -> Handled:
    return replace(libvirt, job=job), (Send(Actor.QEMU, request),)


def _end(libvirt: Libvirt, answer: ApiSuccess | ApiError) -> Handled:
    """Answer the call, and begin the next one."""
    job = libvirt.job
    if isinstance(answer, ApiError) and job is not None and job.device is not None:
        answer = replace(answer, alias=job.device.id, removed=job.removed)
    commands: tuple[Command, ...] = (Send(Actor.OPERATOR, answer),)
    libvirt = replace(libvirt, job=None)
    if libvirt.queue:
        following, *rest = libvirt.queue
        libvirt, more = _begin(replace(libvirt, queue=tuple(rest)), following)
        commands += more
    return libvirt, commands


def _on_reply(libvirt: Libvirt, _: QmpReturn | Done) -> Handled:
    job = libvirt.job
    if job is None or job.answered:
        return libvirt, ()
    if job.device is None:
        return _end(libvirt, ApiSuccess(""))
    if job.adds:
        return _continue_set_vcpus(replace(libvirt, devices=(*libvirt.devices, job.device)))
    if isinstance(job.call, DetachDeviceAlias):
        return _end(libvirt, ApiSuccess(_DETACH_SENT))
    if isinstance(job.call, SetVcpusAsync):
        requested = (*job.requested, str(job.device.id))
        return _set_vcpus(replace(libvirt, job=None), job.call, requested=requested)
    if job.status is not UnplugStatus.NONE:
        return _finish(libvirt)
    return replace(libvirt, job=replace(job, answered=True)), (Wait(libvirt.wait_s * NS_PER_S),)


def _on_error(libvirt: Libvirt, error: QmpError) -> Handled:
    job = libvirt.job
    if job is None or job.answered:
        return libvirt, ()
    if job.device is None or job.adds:
        command = "device_add" if job.adds else "migrate"
        return _end(libvirt, _qemus_error(command, error))
    if job.status is not UnplugStatus.NONE:
        return _finish(libvirt)
    if meaning_of(error) is ErrorMeaning.GONE:
        return _on_not_found(libvirt, job)
    pending = meaning_of(error) is ErrorMeaning.PENDING
    failure = Failure.PENDING if pending else Failure.REFUSED
    return _end(libvirt, replace(_qemus_error("device_del", error), failure=failure))


def _qemus_error(command: str, error: QmpError) -> ApiError:
    return ApiError(f"internal error: unable to execute QEMU command '{command}': {error.desc}")


def _on_not_found(libvirt: Libvirt, job: LibvirtJob) -> Handled:
    """Handle DeviceNotFound: a vCPU's removal fails without a reason, another's succeeds."""
    assert job.device is not None
    if isinstance(job.device, CpuCore):
        return _end(libvirt, ApiError(_UNEXPLAINED, failure=Failure.UNEXPLAINED))
    libvirt, commands = _drop_device(libvirt, job.device.id)
    asynchronous = isinstance(job.call, DetachDeviceAlias)
    libvirt, more = _end(libvirt, ApiSuccess(_DETACH_SENT if asynchronous else _DETACHED))
    return libvirt, (*commands, *more)


def _finish(libvirt: Libvirt) -> Handled:
    """Finish the removal that the call waits for, with the result that its event reports."""
    job = libvirt.job
    assert job is not None
    assert job.device is not None
    if job.status is UnplugStatus.GUEST_REJECTED:
        return _end(libvirt, ApiError(_REJECTED))
    libvirt, commands = _drop_device(libvirt, job.device.id)
    libvirt, more = _continue_set_vcpus(libvirt)
    return libvirt, (*commands, *more)


def _continue_set_vcpus(libvirt: Libvirt) -> Handled:
    """Go on with setvcpus until the number is reached; end any other call."""
    job = libvirt.job
    assert job is not None
    if isinstance(job.call, SetVcpus | SetVcpusAsync):
        assert job.device is not None
        name, libvirt = str(job.device.id), replace(libvirt, job=None)
        if job.adds:
            return _set_vcpus(libvirt, job.call, added=name)
        return _set_vcpus(libvirt, job.call, (*job.removed, name))
    return _end(libvirt, ApiSuccess(_DETACHED))


def _drop_device(libvirt: Libvirt, alias: str | None) -> Handled:
    """Remove a device from the list, and emit its event; before 12.4.0 a vCPU has none."""
    dropped = next((device for device in libvirt.devices if device.id == alias), None)
    if alias is None or dropped is None:
        return libvirt, ()
    devices = tuple(device for device in libvirt.devices if device is not dropped)
    libvirt = replace(libvirt, devices=devices)
    if isinstance(dropped, CpuCore):  # qemuDomainRemoveVcpuAlias
        emits = libvirt.version >= ASYNC_SINCE
        return libvirt, (Send(Actor.OPERATOR, VcpuRemoved(alias)),) if emits else ()
    return libvirt, (Send(Actor.OPERATOR, DeviceRemoved(alias)),)


def _on_device_deleted(libvirt: Libvirt, event: DeviceDeleted) -> Handled:
    if not _is_awaited(libvirt, event.device):
        return _drop_device(libvirt, event.device)
    return _signal(libvirt, UnplugStatus.OK)


def _is_awaited(libvirt: Libvirt, alias: str | None) -> bool:
    """Does a call wait for the first event about *alias*?"""
    job = libvirt.job
    if job is None or job.adds or job.device is None or job.device.id != alias:
        return False
    waits = not isinstance(job.call, DetachDeviceAlias | SetVcpusAsync)
    return waits and job.status is UnplugStatus.NONE


def _signal(libvirt: Libvirt, status: UnplugStatus, *commands: Command) -> Handled:
    """Note the event that the call waits for, and finish if QEMU has accepted the request."""
    job = libvirt.job
    assert job is not None
    libvirt = replace(libvirt, job=replace(job, status=status))
    if not job.answered:
        return libvirt, commands
    libvirt, more = _finish(libvirt)
    return libvirt, (StopWaiting(), *commands, *more)


def _on_guest_error(libvirt: Libvirt, event: DeviceUnplugGuestError) -> Handled:
    if libvirt.version < GUEST_ERROR_SINCE or event.device is None:
        return libvirt, ()
    return reject(libvirt, event.device)


def _on_device_ost(libvirt: Libvirt, event: AcpiDeviceOst) -> Handled:
    """Fail the call if the guest refuses to release a DIMM; ignore any report about a CPU."""
    info = event.info
    if info.slot_type is not SlotType.DIMM or info.device is None or not info.refused:
        return libvirt, ()
    return reject(libvirt, info.device)


def reject(libvirt: Libvirt, alias: str) -> Handled:
    """Emit device-removal-failed for *alias*, and fail the call that waits for it."""
    failed = Send(Actor.OPERATOR, DeviceRemovalFailed(alias))
    if not _is_awaited(libvirt, alias):
        return libvirt, (failed,)
    return _signal(libvirt, UnplugStatus.GUEST_REJECTED, failed)


def _on_wait_over(libvirt: Libvirt, _: WaitOver) -> Handled:
    job = libvirt.job
    if job is None:
        return libvirt, ()
    if isinstance(job.call, SetVcpus):
        return _end(libvirt, ApiError(_TIMED_OUT, failure=Failure.TIMED_OUT))
    # the public call promises only that the request was sent
    return _end(libvirt, ApiSuccess(_DETACHED))


def _on_monitor_closed(libvirt: Libvirt, _: MonitorClosed) -> Handled:
    """Empty the list, and fail all calls: the domain is off."""
    calls = len(libvirt.queue) + (libvirt.job is not None)
    commands: tuple[Command, ...] = (
        StopWaiting(),
        *(Send(Actor.OPERATOR, ApiError(_CLOSED)) for _ in range(calls)),
    )
    return replace(libvirt, devices=(), job=None, queue=()), commands


REACTIONS: dict[type[Any], Callable[[Libvirt, Any], Handled]] = {
    **dict.fromkeys(get_args(ToLibvirt), _on_call),
    QmpReturn: _on_reply,
    Done: _on_reply,
    QmpError: _on_error,
    DeviceDeleted: _on_device_deleted,
    DeviceUnplugGuestError: _on_guest_error,
    AcpiDeviceOst: _on_device_ost,
    WaitOver: _on_wait_over,
    MonitorClosed: _on_monitor_closed,
}
"""How libvirt reacts, by the type of the message."""
