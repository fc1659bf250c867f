"""libvirt: what it takes to be plugged, the call it works on, how long it waits, what it answers.

It asks QEMU for a device and waits for DEVICE_DELETED by the wall clock: 10 s on pSeries, 5 s
elsewhere.  When that is over ``virsh setvcpus`` fails and ``virsh detach-device`` succeeds, and
the device stays in the picture in both cases.  An event that comes later mends the picture, never
an answer that was given.

Source: libvirt src/qemu/qemu_hotplug.c (qemuDomainWaitForDeviceRemoval, qemuDomainHotplugDelVcpu,
qemuDomainDetachDeviceLive), qemu_process.c (qemuProcessHandleDeviceDeleted,
qemuProcessHandleDeviceUnplugErr, qemuProcessHandleAcpiOstInfo); NEWS of 5.10.0 and 7.10.0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from kit.actors.messages import (
    Actor,
    ApiError,
    ApiSuccess,
    Command,
    DetachDevice,
    DeviceRemovalFailed,
    DeviceRemoved,
    DomainReset,
    DomainResume,
    DomainSuspend,
    Input,
    MigrateDomain,
    MonitorClosed,
    Send,
    SetVcpus,
    StopWaiting,
    Wait,
    WaitOver,
)
from kit.machine.clock import NS_PER_S
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

ApiCall = SetVcpus | DetachDevice | DomainReset | DomainSuspend | DomainResume | MigrateDomain


@dataclass(frozen=True, slots=True, kw_only=True)
class LibvirtJob:
    """The call that libvirt works on; others wait for it.

    ``device`` is the one that it waits for, None where it waits for an answer of QEMU's alone;
    ``answered``: QEMU took the request; ``gone``: DEVICE_DELETED came before that.
    """

    call: ApiCall
    device: Device | None = None
    answered: bool = False
    gone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Libvirt:
    """libvirt at one moment.

    ``version`` decides whether it understands DEVICE_UNPLUG_GUEST_ERROR; ``devices`` is its
    picture: the hot-plugged devices of the domain's XML, each with an id; ``maximum`` is how many
    vCPUs the domain may have.
    """

    version: tuple[int, int, int] = (7, 1, 0)
    wait_s: int = WAIT_PSERIES_S
    devices: tuple[Device, ...] = ()
    maximum: int = 4
    job: LibvirtJob | None = None
    queue: tuple[ApiCall, ...] = ()

    def has(self, alias: str | None) -> bool:
        """Is *alias* in its picture of the domain?"""
        return any(device.id == alias for device in self.devices)


Handled = tuple[Libvirt, tuple[Command, ...]]
_TIMED_OUT = (
    "Timed out during operation: vcpu unplug request timed out."
    " Unplug result must be manually inspected in the domain"
)
_REJECTED = "operation failed: unplug of device was rejected by the guest"
_CLOSED = "internal error: qemu unexpectedly closed the monitor"


def receive(libvirt: Libvirt, told: Input) -> Handled:
    """Let *libvirt* take notice of a message; return it as it is then, and what it asks for.

    A message that means nothing to it changes nothing.
    """
    handler = REACTIONS.get(type(told))
    return (libvirt, ()) if handler is None else handler(libvirt, told)


# -- calls: one at a time ------------------------------------------------------------------------


def _call(libvirt: Libvirt, call: ApiCall) -> Handled:
    if libvirt.job is not None:
        return replace(libvirt, queue=(*libvirt.queue, call)), ()
    return _begin(libvirt, call)


def _begin(libvirt: Libvirt, call: ApiCall) -> Handled:
    match call:
        case SetVcpus(count):
            return _set_vcpus(libvirt, call, count)
        case DetachDevice(alias):
            others = [d for d in libvirt.devices if not isinstance(d, CpuCore)]
            found = next((d for d in others if d.id == alias), None)
            if found is None:  # a vCPU is no device of the domain's XML: setvcpus takes it away
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


def _set_vcpus(libvirt: Libvirt, call: SetVcpus, count: int) -> Handled:
    """Go one core nearer to *count*; boot core 0 counts and stays."""
    cores = sorted(
        (device for device in libvirt.devices if isinstance(device, CpuCore)),
        key=lambda core: core.core_id,
    )
    if count < 1:
        return _end(libvirt, ApiError("invalid argument: the number of vcpus must be positive"))
    if count > libvirt.maximum:
        words = "requested vcpus is greater than max allowable vcpus for the live domain"
        return _end(libvirt, ApiError(f"invalid argument: {words}: {count} > {libvirt.maximum}"))
    if count < 1 + len(cores):
        core = cores[-1]
        assert core.id is not None
        return _ask(libvirt, LibvirtJob(call=call, device=core), DeviceDel(core.id))
    if count > 1 + len(cores):
        taken = {core.core_id for core in cores}
        new = next(number for number in range(1, count) if number not in taken)
        core = CpuCore(new, f"core{new}")
        return _ask(libvirt, LibvirtJob(call=call, device=core), DeviceAdd(core))
    return _end(libvirt, ApiSuccess(""))


def _ask(libvirt: Libvirt, job: LibvirtJob, request: Request) -> Handled:
    return replace(libvirt, job=job), (Send(Actor.QEMU, request),)


def _end(libvirt: Libvirt, answer: ApiSuccess | ApiError) -> Handled:
    """Answer the call, and begin with the next that waits."""
    if isinstance(answer, ApiError) and libvirt.job is not None and libvirt.job.device is not None:
        answer = replace(answer, alias=libvirt.job.device.id)
    commands: tuple[Command, ...] = (Send(Actor.OPERATOR, answer),)
    libvirt = replace(libvirt, job=None)
    if libvirt.queue:
        following, *rest = libvirt.queue
        libvirt, more = _begin(replace(libvirt, queue=tuple(rest)), following)
        commands += more
    return libvirt, commands


# -- QEMU's answers ------------------------------------------------------------------------------


def _answered(libvirt: Libvirt, _: QmpReturn | Done) -> Handled:
    job = libvirt.job
    if job is None or job.answered:
        return libvirt, ()
    if job.device is None:
        return _end(libvirt, ApiSuccess(""))
    if not libvirt.has(job.device.id):  # it was added
        libvirt = replace(libvirt, devices=(*libvirt.devices, job.device))
        libvirt, commands = _set_vcpus_on(libvirt)
        return libvirt, tuple(_about(command, job.device) for command in commands)
    if job.gone:
        return _removed(libvirt)
    return replace(libvirt, job=replace(job, answered=True)), (Wait(libvirt.wait_s * NS_PER_S),)


def _about(command: Command, device: Device) -> Command:
    """Let a success say, to whoever drives the operator, what was plugged in."""
    match command:
        case Send(message=ApiSuccess(text)):
            return Send(command.to, ApiSuccess(text, device.id))
    return command


def _refused(libvirt: Libvirt, error: QmpError) -> Handled:
    job = libvirt.job
    if job is None or job.answered:
        return libvirt, ()
    leaves = job.device is not None and libvirt.has(job.device.id)
    if leaves and (job.gone or error.error_class == "DeviceNotFound"):
        return _removed(libvirt)
    command = "device_del" if leaves else "device_add" if job.device else "migrate"
    text = f"internal error: unable to execute QEMU command '{command}': {error.desc}"
    return _end(libvirt, ApiError(text))


def _removed(libvirt: Libvirt) -> Handled:
    """The device that the call waits for is gone: finish its removal."""
    job = libvirt.job
    assert job is not None
    assert job.device is not None
    libvirt, told = _forget(libvirt, job.device.id)
    libvirt, more = _set_vcpus_on(libvirt)
    return libvirt, (StopWaiting(), *told, *more)


def _set_vcpus_on(libvirt: Libvirt) -> Handled:
    """One device of a call is done: setvcpus goes on until the number is reached."""
    job = libvirt.job
    assert job is not None
    if isinstance(job.call, SetVcpus):
        return _begin(replace(libvirt, job=None), job.call)
    return _end(libvirt, ApiSuccess("Device detached successfully"))


def _forget(libvirt: Libvirt, alias: str | None) -> Handled:
    """Take a device out of the picture, and tell whoever listens to domain events."""
    if alias is None or not libvirt.has(alias):
        return libvirt, ()
    devices = tuple(device for device in libvirt.devices if device.id != alias)
    return replace(libvirt, devices=devices), (Send(Actor.OPERATOR, DeviceRemoved(alias)),)


# -- events, and the wall clock ------------------------------------------------------------------


def _deleted(libvirt: Libvirt, event: DeviceDeleted) -> Handled:
    job = libvirt.job
    if job is None or job.device is None or job.device.id != event.device:
        return _forget(libvirt, event.device)  # nobody waits for it (any more)
    if not job.answered:
        return replace(libvirt, job=replace(job, gone=True)), ()
    return _removed(libvirt)


def _guest_error(libvirt: Libvirt, event: DeviceUnplugGuestError) -> Handled:
    if libvirt.version < GUEST_ERROR_SINCE or event.device is None:
        return libvirt, ()
    return reject(libvirt, event.device)


def _device_ost(libvirt: Libvirt, event: AcpiDeviceOst) -> Handled:
    """Understand the guest's no about a DIMM; about a CPU it goes unheard, whatever it says."""
    info = event.info
    if info.slot_type is not SlotType.DIMM or info.device is None or not info.refused:
        return libvirt, ()
    return reject(libvirt, info.device)


def reject(libvirt: Libvirt, alias: str) -> Handled:
    """The guest keeps *alias*: tell whoever listens, and fail the call that waits for it."""
    told: tuple[Command, ...] = (Send(Actor.OPERATOR, DeviceRemovalFailed(alias)),)
    job = libvirt.job
    if job is None or job.device is None or job.device.id != alias or not job.answered:
        return libvirt, told
    libvirt, more = _end(libvirt, ApiError(_REJECTED))
    return libvirt, (StopWaiting(), *told, *more)


def _wait_over(libvirt: Libvirt, _: WaitOver) -> Handled:
    job = libvirt.job
    if job is None:
        return libvirt, ()
    if isinstance(job.call, SetVcpus):
        return _end(libvirt, ApiError(_TIMED_OUT))
    # the public call reports success: the request was sent, and that is all it promises
    return _end(libvirt, ApiSuccess("Device detached successfully"))


def _closed(libvirt: Libvirt, _: MonitorClosed) -> Handled:
    """The domain is off: nothing is plugged, and the calls fail."""
    calls = len(libvirt.queue) + (libvirt.job is not None)
    commands: tuple[Command, ...] = (
        StopWaiting(),
        *(Send(Actor.OPERATOR, ApiError(_CLOSED)) for _ in range(calls)),
    )
    return replace(libvirt, devices=(), job=None, queue=()), commands


REACTIONS: dict[type[Any], Callable[[Libvirt, Any], Handled]] = {
    SetVcpus: _call,
    DetachDevice: _call,
    DomainReset: _call,
    DomainSuspend: _call,
    DomainResume: _call,
    MigrateDomain: _call,
    QmpReturn: _answered,
    Done: _answered,
    QmpError: _refused,
    DeviceDeleted: _deleted,
    DeviceUnplugGuestError: _guest_error,
    AcpiDeviceOst: _device_ost,
    WaitOver: _wait_over,
    MonitorClosed: _closed,
}
"""How libvirt reacts, by the type of the message."""
