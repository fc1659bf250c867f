"""PCI Express hot-plug, rule by rule; the recordings judge the whole, see tests/recordings."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kit.common.errors import MisuseError
from kit.machine.events import DeviceDeleted, Done, QmpError, QmpReturn
from kit.machine.pcie import registers as regs
from kit.machine.pcie.device_del import Answer, rows_of
from kit.machine.pcie.function import PcieFunction
from kit.machine.pcie.machine import RECORDED, PcieConfig, PcieMachine
from kit.machine.pcie.messages import (
    DeviceConfig,
    HotplugInterrupt,
    MigratePorts,
    PcieOutcome,
    PcieRequest,
    ReadRegister,
    RegisterValue,
    SetBus,
    WriteRegister,
)
from kit.machine.pcie.registers import Register
from kit.machine.pcie.step import boot, step
from kit.machine.pcie.tables import rules
from kit.machine.pcie_revisions import ACPI_REVISIONS, PCIE_REVISIONS, recorded_revision
from kit.machine.requests import (
    ClockStep,
    DeviceAdd,
    DeviceDel,
    Dimm,
    SystemReset,
)
from kit.machine.revision import Revision

ON, BLINK = 0x11E1, 0x12E1  # interrupts for the button; indicator on, blinking
POWER_OFF, DARK = 0x15E1, 0x17E1  # switched off, with the indicator on; and off
LISTENING = PcieConfig(devices=(PcieFunction("rp0", id="n0"),))


def revision(name: str) -> Revision:
    found = recorded_revision(name)
    assert found is not None
    return found


def after(machine: PcieMachine, *requests: PcieRequest) -> tuple[PcieMachine, PcieOutcome]:
    outcome = PcieOutcome(Done())
    for request in requests:
        machine, outcome = step(machine, request)
    return machine, outcome


def control(value: int, port: str = "rp0") -> WriteRegister:
    return WriteRegister(port, Register.SLTCTL, value)


def started(name: str = "18416c62e3") -> PcieMachine:
    """Return a machine whose guest uses n0, listens, and has a clock at 1 s."""
    machine, _ = after(boot(revision(name), LISTENING), control(ON), ClockStep(10**9))
    return machine


ASK = DeviceDel("n0")
PENDING = QmpError("GenericError", "Device n0 is already in the process of unplug")
BUSY = QmpError("GenericError", "Hot-unplug failed: guest is busy (power indicator blinking)")
GONE = (DeviceDeleted(path="/machine/peripheral/n0", device="n0"),)


def test_a_request_presses_the_button_and_interrupts() -> None:
    _, outcome = after(started(), ASK)

    assert outcome == PcieOutcome(QmpReturn(), (HotplugInterrupt("rp0"),))


def test_the_device_goes_when_the_slot_gets_dark() -> None:
    machine, outcome = after(started(), ASK, control(POWER_OFF), control(DARK))

    assert outcome == PcieOutcome(Done(), GONE)
    assert machine.plugged == ()


@pytest.mark.parametrize(
    ("name", "waited_ms", "expected"),
    [
        ("cce8944cc9~1", 0, QmpReturn()),
        ("cce8944cc9", 0, PENDING),
        ("cce8944cc9", 3_600_000, PENDING),
        ("0d33415a4e", 3_600_000, PENDING),
        ("18416c62e3", 4999, PENDING),
        ("18416c62e3", 5000, QmpReturn()),
        ("debian-11.1.3", 5000, QmpReturn()),
    ],
)
def test_a_repeat_is_refused_until_it_expires(
    name: str, waited_ms: int, expected: QmpReturn | QmpError
) -> None:
    _, outcome = after(started(name), ASK, ClockStep(waited_ms * 10**6), ASK)

    assert outcome.reply == expected


def test_an_expired_request_forgets_nothing() -> None:
    """18416c62e3: no timer changes a state; a guest that answers late removes the device."""
    machine, outcome = after(started(), ASK, ClockStep(60 * 10**9), control(DARK))

    assert (outcome.emitted, machine.plugged) == (GONE, ())


@pytest.mark.parametrize(("name", "expected"), [("d5daff7d31", QmpReturn()), ("81124b3c7a", BUSY)])
def test_a_blinking_indicator_is_a_refusal_from_81124b3c7a_on(
    name: str, expected: QmpReturn | QmpError
) -> None:
    _, outcome = after(started(name), control(BLINK), ASK)

    assert outcome.reply == expected


def test_an_error_leaves_the_expiry_alone() -> None:
    """A refusal while the indicator blinks does not start the 5 s again."""
    machine, outcome = after(started(), ASK, control(BLINK), ClockStep(5 * 10**9), ASK)
    _, again = after(machine, control(ON), ASK)

    assert (outcome.reply, again.reply) == (BUSY, QmpReturn())


@pytest.mark.parametrize(("name", "gone"), [("44242d4d3d", ()), ("0d33415a4e", GONE)])
def test_a_dark_slot_is_emptied_at_once_from_0d33415a4e_on(
    name: str, gone: tuple[DeviceDeleted, ...]
) -> None:
    machine = boot(revision(name))
    add = DeviceAdd(PcieFunction("rp0", id="n0"))
    _, outcome = after(machine, control(0x7C0), add, ASK)

    assert outcome == PcieOutcome(QmpReturn(), gone)


def test_a_reset_neither_removes_nor_forgets() -> None:
    """qapi/qdev.json promises the removal; a port does not keep it."""
    machine, reset = after(started(), ASK, SystemReset())
    _, again = after(machine, ASK)

    assert (reset.emitted, again.reply) == ((), PENDING)


@pytest.mark.parametrize(("name", "bits"), [("0f689cf5ad", 0x3C0), ("1768e97b91~1", 0x1C0)])
def test_a_reset_switches_the_indicator_off_from_1768e97b91_on(name: str, bits: int) -> None:
    _, outcome = after(started(name), SystemReset(), ReadRegister("rp0", Register.SLTCTL))

    assert outcome.reply == RegisterValue(bits)


def test_a_migration_forgets_the_request() -> None:
    _, outcome = after(started(), ASK, MigratePorts(), ASK)

    assert outcome.reply == QmpReturn()


def test_a_slot_that_is_off_has_no_configuration_space() -> None:
    read = DeviceConfig(1, 0, 0, 4)
    machine, on = after(started(), SetBus("rp0", 1), read)
    _, off = after(machine, control(POWER_OFF), read)

    assert (on.reply, off.reply) == (RegisterValue(0x10D38086), RegisterValue(0xFFFFFFFF))


def test_a_write_of_an_event_that_was_not_set_clears_nothing() -> None:
    """110c477c2e: Linux clears all events without having read any."""
    machine, _ = after(started(), ASK, WriteRegister("rp0", Register.SLTSTA, 0x11F))

    assert machine.ports[0].sltsta & regs.EVENTS == regs.ABP | regs.CC


def test_every_write_to_the_port_lowers_the_line() -> None:
    """The code of AER sets INTx from its own registers; the latch stays."""
    machine, _ = after(started(), ASK)
    raised = machine.ports[0]
    machine, _ = after(machine, SetBus("rp0", 1))
    lowered = machine.ports[0]

    assert ((raised.intx, raised.latched), (lowered.intx, lowered.latched)) == (
        (True, True),
        (False, True),
    )


@pytest.mark.parametrize("one", PCIE_REVISIONS, ids=lambda one: one.label)
def test_the_last_row_of_device_del_alone_has_no_condition(one: Revision) -> None:
    rows = rows_of(one.patches)

    assert [row.guard for row in rows].index("otherwise") == len(rows) - 1
    assert rows[-1].then is Answer.PRESS


def test_the_expiry_replaces_one_row() -> None:
    new, old = rules(revision("18416c62e3")), rules(revision("0d33415a4e"))
    ours = tuple(rule for rule in new if rule not in old)
    theirs = tuple(rule for rule in old if rule not in new)

    assert ([rule.condition for rule in ours], [rule.condition for rule in theirs]) == (
        ["an earlier request pends, and its time is not over?"],
        ["an earlier request pends?"],
    )


@pytest.mark.parametrize(
    "request_",
    [
        ClockStep(-1),
        DeviceAdd(Dimm(256, id="dimm1")),
        DeviceAdd(PcieFunction("rp0")),
        ReadRegister("rp9", Register.SLTCTL),
        WriteRegister("rp0", Register.SLTCTL, 0, size=3),
    ],
)
def test_what_no_qemu_could_get_is_our_misuse(request_: PcieRequest) -> None:
    with pytest.raises(MisuseError):
        step(started(), request_)


def test_a_reset_takes_a_pending_device_out_by_acpi_and_then_resets_its_port() -> None:
    """A real 7.2 shows the port of an empty slot then."""
    revision = next(one for one in ACPI_REVISIONS if one.label == "acpi-1768e97b91~1")
    machine = boot(revision, replace(RECORDED, acpi=True))
    empty, occupied = machine.port("rp0"), machine.port("rp1")
    machine, _ = step(machine, DeviceDel("c1"))
    machine, outcome = step(machine, SystemReset())
    port = machine.port("rp1")

    assert empty is not None
    assert occupied is not None
    assert port is not None
    assert [one.device for one in outcome.emitted if isinstance(one, DeviceDeleted)] == ["c1"]
    assert (port.sltctl, port.sltsta) == (empty.sltctl, empty.sltsta)
    assert port.sltctl != occupied.sltctl
