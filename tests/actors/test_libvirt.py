"""libvirt: its requests, its wait, its answers, and the devices that it lists."""

from __future__ import annotations

import pytest

from kit.actors.libvirt import Libvirt, receive
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
from kit.machine.events import (
    DeviceDeleted,
    DeviceNotDeleted,
    DeviceUnplugGuestError,
    Done,
    MemUnplugError,
    QmpError,
    QmpReturn,
)
from kit.machine.requests import (
    Cont,
    CpuCore,
    DeviceAdd,
    DeviceDel,
    Dimm,
    Migrate,
    Request,
    Stop,
    SystemReset,
)

CORE1, CORE2 = CpuCore(1, "core1"), CpuCore(2, "core2")
DIMM = Dimm(256, 0x40000000, "dimm1")
WAIT = Wait(10 * NS_PER_S)
TIMED_OUT = (
    "Timed out during operation: vcpu unplug request timed out."
    " Unplug result must be manually inspected in the domain"
)
REJECTED = "operation failed: unplug of device was rejected by the guest"
DETACHED = ApiSuccess("Device detached successfully")
MODERN = (7, 10, 0)


def tell(libvirt: Libvirt, *told: Input) -> tuple[Libvirt, list[Command]]:
    """Tell libvirt one thing after the other; return all that it asks for."""
    asked: list[Command] = []
    for one in told:
        libvirt, commands = receive(libvirt, one)
        asked += commands
    return libvirt, asked


def to_qemu(request: Request) -> Send:
    return Send(Actor.QEMU, request)


def to_operator(message: ApiError | ApiSuccess | DeviceRemoved | DeviceRemovalFailed) -> Send:
    return Send(Actor.OPERATOR, message)


def deleted(device: str) -> DeviceDeleted:
    return DeviceDeleted(path=f"/machine/peripheral/{device}", device=device)


def guest_error(device: str) -> DeviceUnplugGuestError:
    return DeviceUnplugGuestError(path=f"/machine/peripheral/{device}", device=device)


def test_a_device_that_goes_in_time_is_taken_out_of_the_picture() -> None:
    libvirt, asked = tell(Libvirt(devices=(CORE1,)), SetVcpus(1), QmpReturn(), deleted("core1"))

    assert libvirt == Libvirt(devices=())
    assert asked == [
        to_qemu(DeviceDel("core1")),
        WAIT,
        StopWaiting(),
        to_operator(DeviceRemoved("core1")),
        to_operator(ApiSuccess("")),
    ]


def test_setvcpus_fails_when_the_wait_is_over_and_the_core_stays_in_the_picture() -> None:
    """qemuDomainHotplugDelVcpu: VIR_ERR_OPERATION_TIMEOUT."""
    libvirt, asked = tell(Libvirt(devices=(CORE1,)), SetVcpus(1), QmpReturn(), WaitOver())

    assert libvirt == Libvirt(devices=(CORE1,))
    assert asked[2:] == [to_operator(ApiError(TIMED_OUT, "core1"))]


def test_detach_device_succeeds_when_the_wait_is_over_and_the_device_stays() -> None:
    """qemuDomainDetachDeviceLive returns 0, which is success."""
    libvirt, asked = tell(Libvirt(devices=(DIMM,)), DetachDevice("dimm1"), QmpReturn(), WaitOver())

    assert libvirt == Libvirt(devices=(DIMM,))
    assert asked == [to_qemu(DeviceDel("dimm1")), WAIT, to_operator(DETACHED)]


def test_a_late_event_mends_the_picture_and_no_answer() -> None:
    """qemuProcessHandleDeviceDeleted: no waiter is left; a worker removes the device."""
    libvirt, asked = tell(
        Libvirt(devices=(CORE1,)), SetVcpus(1), QmpReturn(), WaitOver(), deleted("core1")
    )

    assert libvirt == Libvirt(devices=())
    assert asked[-1] == to_operator(DeviceRemoved("core1"))
    assert sum(isinstance(getattr(c, "message", None), ApiError | ApiSuccess) for c in asked) == 1


def test_without_an_event_the_picture_stays_wrong() -> None:
    """What the timeout does: QEMU forgot, the guest let go, DEVICE_DELETED never comes."""
    libvirt, _ = tell(
        Libvirt(devices=(CORE1,)),
        SetVcpus(1),
        QmpReturn(),
        WaitOver(),
        DeviceNotDeleted(path="/machine/peripheral/core1", device="core1"),
    )

    assert libvirt.has("core1")


@pytest.mark.parametrize(
    ("version", "answers"),
    [
        ((7, 9, 0), []),
        (
            MODERN,
            [
                StopWaiting(),
                to_operator(DeviceRemovalFailed("core1")),
                to_operator(ApiError(REJECTED, "core1")),
            ],
        ),
    ],
    ids=["7.9.0", "7.10.0"],
)
def test_the_guests_no_is_understood_from_7_10_0_on(
    version: tuple[int, int, int], answers: list[Command]
) -> None:
    _, asked = tell(
        Libvirt(version=version, devices=(CORE1,)), SetVcpus(1), QmpReturn(), guest_error("core1")
    )

    assert asked[2:] == answers


def test_a_no_that_comes_when_nobody_waits_is_only_an_event() -> None:
    libvirt, asked = tell(
        Libvirt(version=MODERN, devices=(CORE1,)),
        SetVcpus(1),
        QmpReturn(),
        WaitOver(),
        guest_error("core1"),
    )

    assert libvirt == Libvirt(version=MODERN, devices=(CORE1,))
    assert asked[3:] == [to_operator(DeviceRemovalFailed("core1"))]


def test_mem_unplug_error_has_no_handler() -> None:
    libvirt, asked = tell(
        Libvirt(version=MODERN, devices=(DIMM,)),
        DetachDevice("dimm1"),
        QmpReturn(),
        MemUnplugError(device="dimm1", msg="no"),
    )

    assert (libvirt.has("dimm1"), asked) == (True, [to_qemu(DeviceDel("dimm1")), WAIT])


def test_an_event_before_the_answer_is_a_success() -> None:
    """A device that QEMU releases at once: DEVICE_DELETED comes before device_del's answer."""
    libvirt, asked = tell(Libvirt(devices=(CORE1,)), SetVcpus(1), deleted("core1"), QmpReturn())

    assert libvirt == Libvirt(devices=())
    assert asked[-1] == to_operator(ApiSuccess(""))


@pytest.mark.parametrize(
    ("told", "error"),
    [
        ((deleted("core1"),), QmpError("GenericError", "whatever")),
        ((), QmpError("DeviceNotFound", "Device 'core1' not found")),
    ],
    ids=["event seen", "not found"],
)
def test_an_error_about_a_device_that_is_gone_is_a_success(
    told: tuple[Input, ...], error: QmpError
) -> None:
    """qemuDomainDeleteDevice: what is gone needs no removal."""
    libvirt, asked = tell(Libvirt(devices=(CORE1,)), SetVcpus(1), *told, error)

    assert libvirt == Libvirt(devices=())
    assert asked[-1] == to_operator(ApiSuccess(""))


def test_an_error_of_qemus_is_passed_on() -> None:
    desc = "core-id 1 unplug is still pending, 2 seconds timeout remaining"
    libvirt, asked = tell(Libvirt(devices=(CORE1,)), SetVcpus(1), QmpError("GenericError", desc))
    text = f"internal error: unable to execute QEMU command 'device_del': {desc}"

    assert libvirt == Libvirt(devices=(CORE1,))
    assert asked[1:] == [to_operator(ApiError(text, "core1"))]


def test_setvcpus_takes_the_highest_core_first_and_one_at_a_time() -> None:
    libvirt, asked = tell(
        Libvirt(devices=(CORE1, CORE2)),
        SetVcpus(1),
        QmpReturn(),
        deleted("core2"),
        QmpReturn(),
        deleted("core1"),
    )

    assert libvirt == Libvirt(devices=())
    assert [c.message for c in asked if isinstance(c, Send) and c.to is Actor.QEMU] == [
        DeviceDel("core2"),
        DeviceDel("core1"),
    ]


def test_setvcpus_plugs_cores_in() -> None:
    libvirt, asked = tell(Libvirt(), SetVcpus(2), QmpReturn())

    assert libvirt == Libvirt(devices=(CORE1,))
    assert asked == [to_qemu(DeviceAdd(CORE1)), to_operator(ApiSuccess("", "core1"))]


def test_a_core_that_is_not_in_the_picture_is_not_asked_for() -> None:
    """Once the picture says one CPU, setvcpus 1 has nothing to do: QEMU is not asked."""
    _, asked = tell(Libvirt(), SetVcpus(1))

    assert asked == [to_operator(ApiSuccess(""))]


@pytest.mark.parametrize(
    ("call", "answer"),
    [
        (SetVcpus(0), ApiError("invalid argument: the number of vcpus must be positive")),
        (
            SetVcpus(5),
            ApiError(
                "invalid argument: requested vcpus is greater than max allowable vcpus for the"
                " live domain: 5 > 4"
            ),
        ),
        (
            DetachDevice("nope"),
            ApiError("device not found: no device with alias 'nope'"),
        ),
    ],
    ids=["no CPU", "too many", "no device"],
)
def test_a_call_that_cannot_be_is_refused(call: SetVcpus | DetachDevice, answer: ApiError) -> None:
    assert tell(Libvirt(), call) == (Libvirt(), [to_operator(answer)])


def test_one_call_at_a_time_the_others_wait() -> None:
    libvirt, asked = tell(
        Libvirt(devices=(CORE1,)), SetVcpus(1), DomainReset(), QmpReturn(), WaitOver(), Done()
    )

    assert libvirt == Libvirt(devices=(CORE1,))
    assert asked[2:] == [
        to_operator(ApiError(TIMED_OUT, "core1")),
        to_qemu(SystemReset()),
        to_operator(ApiSuccess("")),
    ]


@pytest.mark.parametrize(
    ("call", "request_"),
    [
        (DomainReset(), SystemReset()),
        (DomainSuspend(), Stop()),
        (DomainResume(), Cont()),
        (MigrateDomain(), Migrate((1,), (DIMM,))),
    ],
    ids=["reset", "suspend", "resume", "migrate"],
)
def test_a_call_is_a_command_of_qemus(call: Input, request_: Request) -> None:
    """A migration's destination gets the devices of libvirt's picture."""
    _, asked = tell(Libvirt(devices=(CORE1, DIMM)), call, Done())

    assert asked == [to_qemu(request_), to_operator(ApiSuccess(""))]


def test_when_qemu_is_gone_nothing_is_plugged_and_calls_fail() -> None:
    libvirt, asked = tell(
        Libvirt(devices=(CORE1,)), SetVcpus(1), QmpReturn(), DomainReset(), MonitorClosed()
    )
    closed = to_operator(ApiError("internal error: qemu unexpectedly closed the monitor"))

    assert libvirt == Libvirt()
    assert asked[2:] == [StopWaiting(), closed, closed]


def test_elsewhere_it_waits_for_5_s() -> None:
    """QEMU_UNPLUG_TIMEOUT; QEMU_UNPLUG_TIMEOUT_PPC64 since 5.10.0."""
    _, asked = tell(Libvirt(wait_s=5, devices=(CORE1,)), SetVcpus(1), QmpReturn())

    assert asked[-1] == Wait(5 * NS_PER_S)


def test_a_vcpu_is_not_detached_as_a_device() -> None:
    """A vCPU is no device of the domain's XML; setvcpus takes it away."""
    libvirt = Libvirt(devices=(CORE1,))
    answer = ApiError("device not found: no device with alias 'core1'")

    assert tell(libvirt, DetachDevice("core1")) == (libvirt, [to_operator(answer)])
