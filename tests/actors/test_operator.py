"""What an operator must believe of a device, after what they typed and received."""

from __future__ import annotations

import pytest

from kit.actors.messages import (
    Actor,
    ApiError,
    ApiSuccess,
    DetachDevice,
    DetachDeviceAlias,
    DeviceRemovalFailed,
    DeviceRemoved,
    Failure,
    Input,
    Send,
    SetVcpus,
)
from kit.actors.operator import Operator, TypedLine, receive, type_line
from kit.machine.events import DeviceDeleted, DeviceNotDeleted, DeviceUnplugGuestError, QmpReturn
from kit.machine.requests import CpuCore, DeviceAdd, DeviceDel

PATH = "/machine/peripheral/core1"
DELETED = DeviceDeleted(path=PATH, device="core1")
DEL = TypedLine(0, Actor.QEMU, DeviceDel("core1"))
ADD = TypedLine(0, Actor.QEMU, DeviceAdd(CpuCore(1, "core1")))


@pytest.mark.parametrize(
    ("story", "thought"),
    [
        ([], "plugged"),
        ([DEL], "asked for"),
        ([TypedLine(0, Actor.LIBVIRT, DetachDevice("core1"))], "asked for"),
        ([DEL, QmpReturn()], "asked for"),
        ([DEL, DELETED], "gone"),
        ([DEL, DeviceRemoved("core1")], "gone"),
        ([DEL, ApiError("refused", "core1")], "kept"),
        ([DEL, ApiError("timed out", "core1", Failure.TIMED_OUT)], "unknown"),
        ([DEL, ApiError("unknown cause", "core1", Failure.UNEXPLAINED)], "unknown"),
        ([DEL, ApiError("still pending", "core1", Failure.PENDING)], "asked for"),
        ([DEL, ApiError("timed out", "core9", removed=("core1",))], "unknown"),
        ([DEL, ApiSuccess("", removed=("core1",))], "gone"),
        ([TypedLine(0, Actor.LIBVIRT, DetachDeviceAlias("core1"))], "asked for"),
        ([DEL, DeviceRemovalFailed("core1")], "kept"),
        ([DEL, DeviceUnplugGuestError(path=PATH, device="core1")], "kept"),
        ([DEL, DeviceNotDeleted(path=PATH, device="core1")], "kept"),
        ([DEL, ApiError("timed out", "core1", Failure.TIMED_OUT), DELETED], "gone"),
        ([DEL, ApiError("timed out", "core1", Failure.TIMED_OUT), DEL], "asked for"),
        ([DEL, ApiError("another call")], "asked for"),
        ([DEL, DELETED, ADD], "plugged"),
        ([DEL, DELETED, ApiSuccess("", "core1")], "plugged"),
        ([DEL, DELETED, ADD, DEL], "asked for"),
        ([DEL, DELETED, DEL], "gone"),
    ],
)
def test_the_last_that_was_typed_or_told_counts(
    story: list[TypedLine | Input], thought: str
) -> None:
    operator = Operator()
    for event in story:
        if isinstance(event, TypedLine):
            operator, _ = type_line(operator, event)
        else:
            operator = receive(operator, event)

    assert operator.thinks("core1") == thought
    assert operator.thinks("core2") == "plugged"


def test_a_line_of_the_script_is_typed_once() -> None:
    later = TypedLine(5, Actor.LIBVIRT, SetVcpus(1))
    operator, commands = type_line(Operator(script=(DEL, later)), DEL)

    assert operator == Operator(script=(later,), asked=("core1",))
    assert commands == (Send(Actor.QEMU, DeviceDel("core1")),)


def test_a_line_of_somebodys_own_leaves_the_script() -> None:
    operator, _ = type_line(Operator(script=(DEL,)), TypedLine(0, Actor.LIBVIRT, SetVcpus(1)))

    assert operator == Operator(script=(DEL,))


def test_time_that_passes_is_said_to_nobody() -> None:
    assert type_line(Operator(), TypedLine(3)) == (Operator(), ())
