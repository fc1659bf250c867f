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
    VcpuRemoved,
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
ASYNC = (12, 4, 0)


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


def test_a_vcpu_that_goes_in_time_leaves_the_list_without_an_event() -> None:
    """qemuDomainRemoveVcpu sends no device-removed; the call's success names it to nobody."""
    libvirt, asked = tell(Libvirt(devices=(CORE1,)), SetVcpus(1), QmpReturn(), deleted("core1"))

    assert libvirt == Libvirt(devices=())
    assert asked == [
        to_qemu(DeviceDel("core1")),
        WAIT,
        StopWaiting(),
        to_operator(ApiSuccess("", removed=("core1",))),
    ]


def test_another_device_that_goes_in_time_leaves_the_list_with_an_event() -> None:
    """qemuDomainRemoveDevice creates device-removed."""
    libvirt, asked = tell(
        Libvirt(devices=(DIMM,)), DetachDevice("dimm1"), QmpReturn(), deleted("dimm1")
    )

    assert libvirt == Libvirt(devices=())
    assert asked == [
        to_qemu(DeviceDel("dimm1")),
        WAIT,
        StopWaiting(),
        to_operator(DeviceRemoved("dimm1")),
        to_operator(DETACHED),
    ]


def test_setvcpus_fails_when_the_wait_is_over_and_the_core_stays_in_the_picture() -> None:
    """qemuDomainHotplugDelVcpu: VIR_ERR_OPERATION_TIMEOUT."""
    libvirt, asked = tell(Libvirt(devices=(CORE1,)), SetVcpus(1), QmpReturn(), WaitOver())

    assert libvirt == Libvirt(devices=(CORE1,))
    assert asked[2:] == [to_operator(ApiError(TIMED_OUT, "core1", Failure.TIMED_OUT))]


def test_detach_device_succeeds_when_the_wait_is_over_and_the_device_stays() -> None:
    """qemuDomainDetachDeviceLive returns 0, which is success."""
    libvirt, asked = tell(Libvirt(devices=(DIMM,)), DetachDevice("dimm1"), QmpReturn(), WaitOver())

    assert libvirt == Libvirt(devices=(DIMM,))
    assert asked == [to_qemu(DeviceDel("dimm1")), WAIT, to_operator(DETACHED)]


@pytest.mark.parametrize(
    ("device", "call", "answers"),
    [
        (CORE1, SetVcpus(1), [ApiError(TIMED_OUT, "core1", Failure.TIMED_OUT)]),
        (DIMM, DetachDevice("dimm1"), [DETACHED, DeviceRemoved("dimm1")]),
    ],
    ids=["vCPU", "DIMM"],
)
def test_a_late_event_corrects_the_list_and_no_answer(
    device: CpuCore | Dimm, call: Input, answers: list[ApiError]
) -> None:
    """processDeviceDeletedEvent: a worker removes the device; only a vCPU goes unreported."""
    libvirt, asked = tell(
        Libvirt(devices=(device,)), call, QmpReturn(), WaitOver(), deleted(str(device.id))
    )

    assert libvirt == Libvirt(devices=())
    assert asked[2:] == [to_operator(answer) for answer in answers]


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
    assert asked[1:] == [to_operator(ApiSuccess("", removed=("core1",)))]


def test_an_error_after_the_event_is_a_success() -> None:
    """qemuDomainDeleteDevice: a device whose DEVICE_DELETED came needs no removal."""
    error = QmpError("GenericError", "whatever")
    libvirt, asked = tell(Libvirt(devices=(CORE1,)), SetVcpus(1), deleted("core1"), error)

    assert libvirt == Libvirt(devices=())
    assert asked[1:] == [to_operator(ApiSuccess("", removed=("core1",)))]


@pytest.mark.parametrize("answer", [QmpReturn(), QmpError("GenericError", "whatever")], ids=str)
def test_a_refusal_before_the_answer_fails_the_call_at_once(answer: Input) -> None:
    """The alias is marked before device_del is sent, so the event finds its waiter."""
    libvirt, asked = tell(
        Libvirt(version=MODERN, devices=(CORE1,)), SetVcpus(1), guest_error("core1"), answer
    )

    assert libvirt == Libvirt(version=MODERN, devices=(CORE1,))
    assert asked[1:] == [
        to_operator(DeviceRemovalFailed("core1")),
        to_operator(ApiError(REJECTED, "core1")),
    ]


def test_only_the_first_event_decides() -> None:
    """qemuDomainSignalDeviceRemoval clears the alias: the second event finds no waiter."""
    libvirt, asked = tell(
        Libvirt(version=MODERN, devices=(CORE1,)),
        SetVcpus(1),
        guest_error("core1"),
        deleted("core1"),
        QmpReturn(),
    )

    assert libvirt == Libvirt(version=MODERN)
    assert asked[-1] == to_operator(ApiError(REJECTED, "core1"))


NOT_FOUND = "An error occurred, but the cause is unknown"


@pytest.mark.parametrize(
    ("device", "call", "left", "answers"),
    [
        (CORE1, SetVcpus(1), (CORE1,), [ApiError(NOT_FOUND, "core1", Failure.UNEXPLAINED)]),
        (DIMM, DetachDevice("dimm1"), (), [DeviceRemoved("dimm1"), DETACHED]),
        (
            DIMM,
            DetachDeviceAlias("dimm1"),
            (),
            [DeviceRemoved("dimm1"), ApiSuccess("Device detach request sent successfully")],
        ),
    ],
    ids=["vCPU", "DIMM", "DIMM by alias"],
)
def test_a_device_that_qemu_does_not_know_is_removed_unless_it_is_a_vcpu(
    device: CpuCore | Dimm,
    call: Input,
    left: tuple[CpuCore | Dimm, ...],
    answers: list[ApiSuccess | ApiError | DeviceRemoved],
) -> None:
    """qemuMonitorJSONDelDevice returns -2 without an error: only the detach of devices knows it."""
    error = QmpError("DeviceNotFound", f"Device '{device.id}' not found")
    libvirt, asked = tell(Libvirt(devices=(device,)), call, error)

    assert libvirt == Libvirt(devices=left)
    assert asked[1:] == [to_operator(answer) for answer in answers]


@pytest.mark.parametrize(
    ("desc", "failure"),
    [
        ("core-id 1 unplug is still pending, 2 seconds timeout remaining", Failure.PENDING),
        ("Boot CPU core may not be unplugged", Failure.REFUSED),
    ],
    ids=["pending", "refused"],
)
def test_an_error_of_qemus_is_passed_on(desc: str, failure: Failure) -> None:
    libvirt, asked = tell(Libvirt(devices=(CORE1,)), SetVcpus(1), QmpError("GenericError", desc))
    text = f"internal error: unable to execute QEMU command 'device_del': {desc}"

    assert libvirt == Libvirt(devices=(CORE1,))
    assert asked[1:] == [to_operator(ApiError(text, "core1", failure))]


def test_detach_device_alias_succeeds_once_qemu_accepts() -> None:
    """virsh detach-device-alias does not wait; the end is an event alone."""
    libvirt, asked = tell(
        Libvirt(devices=(DIMM,)), DetachDeviceAlias("dimm1"), QmpReturn(), deleted("dimm1")
    )

    assert libvirt == Libvirt()
    assert asked == [
        to_qemu(DeviceDel("dimm1")),
        to_operator(ApiSuccess("Device detach request sent successfully")),
        to_operator(DeviceRemoved("dimm1")),
    ]


def test_detach_device_alias_of_a_device_that_leaves_at_once() -> None:
    libvirt, asked = tell(
        Libvirt(devices=(DIMM,)), DetachDeviceAlias("dimm1"), deleted("dimm1"), QmpReturn()
    )

    assert libvirt == Libvirt()
    assert asked[1:] == [
        to_operator(DeviceRemoved("dimm1")),
        to_operator(ApiSuccess("Device detach request sent successfully")),
    ]


def test_setvcpus_async_succeeds_once_qemu_accepts_and_an_event_says_the_rest() -> None:
    """libvirt 12.4.0: the devices stay listed until they leave, in any order."""
    began = Libvirt(version=ASYNC, devices=(CORE1, CORE2))
    libvirt, asked = tell(began, SetVcpusAsync(1), QmpReturn(), QmpReturn())

    assert libvirt == began
    assert asked == [
        to_qemu(DeviceDel("core2")),
        to_qemu(DeviceDel("core1")),
        to_operator(ApiSuccess("", requested=("core2", "core1"))),
    ]
    assert tell(libvirt, deleted("core1"), guest_error("core2")) == (
        Libvirt(version=ASYNC, devices=(CORE2,)),
        [to_operator(VcpuRemoved("core1")), to_operator(DeviceRemovalFailed("core2"))],
    )


def test_setvcpus_async_of_a_core_that_leaves_at_once() -> None:
    libvirt, asked = tell(
        Libvirt(version=ASYNC, devices=(CORE1,)), SetVcpusAsync(1), deleted("core1"), QmpReturn()
    )

    assert libvirt == Libvirt(version=ASYNC)
    assert asked[1:] == [
        to_operator(VcpuRemoved("core1")),
        to_operator(ApiSuccess("", requested=("core1",))),
    ]


def test_setvcpus_async_adds_as_setvcpus_does() -> None:
    began = Libvirt(version=ASYNC)

    assert tell(began, SetVcpusAsync(2), QmpReturn()) == tell(began, SetVcpus(2), QmpReturn())


def test_setvcpus_async_is_unknown_before_12_4() -> None:
    began = Libvirt(version=MODERN, devices=(CORE1,))
    answer = ApiError("command 'setvcpus' doesn't support option --async")

    assert tell(began, SetVcpusAsync(1)) == (began, [to_operator(answer)])


def test_from_12_4_a_vcpu_that_leaves_late_is_an_event() -> None:
    """Also after a call that waited, and gave up."""
    libvirt, asked = tell(
        Libvirt(version=ASYNC, devices=(CORE1,)),
        *(SetVcpus(1), QmpReturn(), WaitOver(), deleted("core1")),
    )

    assert libvirt == Libvirt(version=ASYNC)
    assert asked[2:] == [
        to_operator(ApiError(TIMED_OUT, "core1", Failure.TIMED_OUT)),
        to_operator(VcpuRemoved("core1")),
    ]


def test_a_refusal_of_a_detach_by_alias_is_an_event_alone() -> None:
    libvirt, asked = tell(
        Libvirt(version=MODERN, devices=(DIMM,)),
        DetachDeviceAlias("dimm1"),
        QmpReturn(),
        guest_error("dimm1"),
    )

    assert libvirt == Libvirt(version=MODERN, devices=(DIMM,))
    assert asked[2:] == [to_operator(DeviceRemovalFailed("dimm1"))]


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


def test_a_success_names_only_what_its_own_call_plugged_in() -> None:
    """The call that waited finds the number reached, and plugs nothing in."""
    _, asked = tell(Libvirt(), SetVcpus(2), SetVcpus(2), QmpReturn())

    assert asked == [
        to_qemu(DeviceAdd(CORE1)),
        to_operator(ApiSuccess("", "core1")),
        to_operator(ApiSuccess("")),
    ]


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
        to_operator(ApiError(TIMED_OUT, "core1", Failure.TIMED_OUT)),
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
    """A vCPU is not a device of the domain's XML; setvcpus removes it."""
    libvirt = Libvirt(devices=(CORE1,))
    answer = ApiError("device not found: no device with alias 'core1'")

    assert tell(libvirt, DetachDevice("core1")) == (libvirt, [to_operator(answer)])
    assert tell(libvirt, DetachDeviceAlias("core1")) == (libvirt, [to_operator(answer)])


def test_a_failed_setvcpus_names_to_nobody_the_vcpus_that_left_before() -> None:
    _, asked = tell(
        Libvirt(devices=(CORE1, CORE2)),
        SetVcpus(1),
        QmpReturn(),
        deleted("core2"),
        QmpReturn(),
        WaitOver(),
    )
    error = ApiError(TIMED_OUT, "core1", Failure.TIMED_OUT, removed=("core2",))

    assert asked[-1] == to_operator(error)
