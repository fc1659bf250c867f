"""A guest's console: lines out of bytes, a shell's answers among the kernel's words."""

from __future__ import annotations

import pytest

from kit.machine.requests import ClientArchitectureSupport, ConfigureConnector, SetIndicator
from kit.real_qemu.console import (
    MAX_LINE_BYTES,
    ConsoleCodec,
    ConsoleLine,
    cpus_of,
    is_marker,
    marked,
    status_of,
)
from kit.real_qemu.guest_trace import Traced, read_report, read_traced

SAID = (
    b"\x1b[0m\x1b[?25l SLOF **\r\n"
    b"[    5.459547] pseries-hotplug-cpu: Unable to remove\r\n"
    b"\r\n"
    b"kit-4-1[    6.273196] dlpar: no\r\n"
    b"\xff\x07bell\tand tab\r\n"
)
LINES = [
    ConsoleLine("SLOF **"),
    ConsoleLine("pseries-hotplug-cpu: Unable to remove", kernel=True),
    ConsoleLine("kit-4-1"),
    ConsoleLine("dlpar: no", kernel=True),
    ConsoleLine("�bell and tab"),
]


def test_lines_are_told_apart_by_who_wrote_them() -> None:
    assert [*ConsoleCodec().feed(SAID)] == LINES


def test_bytes_may_come_one_by_one() -> None:
    codec = ConsoleCodec()

    assert [line for byte in SAID for line in codec.feed(bytes([byte]))] == LINES


def test_a_line_without_an_end_is_cut() -> None:
    lines = [*ConsoleCodec().feed(b"x" * (2 * MAX_LINE_BYTES + 10))]

    assert lines == [ConsoleLine("x" * MAX_LINE_BYTES)] * 2


def test_an_echo_of_what_is_typed_is_no_answer() -> None:
    echo = ConsoleLine(marked("echo 0 > online", 7).decode().strip())

    assert status_of(echo, 7) is None
    assert not is_marker(echo)


@pytest.mark.parametrize(
    ("text", "status"), [("kit-7-0", 0), ("/ # kit-7-16", 16), ("kit-8-0", None), ("kit-7", None)]
)
def test_an_answer_has_the_number_that_was_asked(text: str, status: int | None) -> None:
    assert status_of(ConsoleLine(text), 7) == status


def test_the_kernel_answers_for_no_shell() -> None:
    assert status_of(ConsoleLine("kit-7-0", kernel=True), 7) is None


@pytest.mark.parametrize("command", ["a\nb", "\x03", "echo \x1b[0m"])
def test_what_would_be_two_lines_is_not_typed(command: str) -> None:
    with pytest.raises(ValueError, match="is not a line for a shell"):
        marked(command, 1)


def test_cpus_are_known_by_their_core() -> None:
    """Linux gives a CPU that comes back the lowest free number, whatever its core."""
    lines = ("present 0-1,3", "cpu0 0 1", "cpu1 2 0", "cpu2 0 0", "cpu3 1 1", "cpu1 x 1")

    assert cpus_of(lines) == {0: (0, True), 2: (1, False), 1: (3, True)}


@pytest.mark.parametrize(
    ("line", "traced"),
    [
        (
            "31523@1795432463.690476:spapr_drc_set_isolation_state drc: 0x10000001, state: 0x1",
            Traced(SetIndicator(9001, 0x10000001, 1), 1795432463.690476),
        ),
        (
            "spapr_drc_set_allocation_state drc: 0x80000004, state: 0x0",
            Traced(SetIndicator(9003, 0x80000004, 0), None),
        ),
        ("spapr_drc_set_configured drc: 0x10000002", Traced(ConfigureConnector(0x10000002), None)),
        (
            "1@2.000003:spapr_cas_pvr current=0x0, explicit_match=1, new=0xf000005",
            Traced(ClientArchitectureSupport(), 2.000003),
        ),
        (  # 11.1
            "2026-11-23T11:14:23.690493Z spapr_drc_set_isolation_state drc: 0x10000001, state: 0x0",
            Traced(SetIndicator(9001, 0x10000001, 0), 1795432463.690493),
        ),
        ("spapr_drc_set_allocation_state_finalizing drc: 0x10000001", Traced(None, None)),
        ("spapr_drc_set_isolation_state drc: rubbish", Traced(None, None)),
        ("qemu-system-ppc64: no", None),
    ],
)
def test_what_qemu_traces_is_a_call(line: str, traced: Traced | None) -> None:
    assert read_traced(line) == traced


@pytest.mark.parametrize(
    ("line", "report"),
    [
        ("2026-11-23T11:14:23.690493Z qemu: rejected", ("qemu: rejected", 1795432463.690493)),
        ("2026-13-23T11:14:23.690493Z qemu: x", ("2026-13-23T11:14:23.690493Z qemu: x", None)),
        ("qemu: rejected", ("qemu: rejected", None)),
    ],
)
def test_a_report_has_its_time_before_it(line: str, report: tuple[str, float | None]) -> None:
    assert read_report(line) == report
