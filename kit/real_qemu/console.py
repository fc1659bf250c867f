"""A guest's console without I/O: cut bytes into lines, and find a shell's answers in them.

The kernel writes to the same console as the shell, also in the middle of the shell's lines.  Each
command is followed by a marker with a number and the exit status.  The typed text does not contain
the marker, so its echo is not one.

Source: Linux kernel/printk/printk.c (the time before a line), drivers/tty/hvc/hvc_console.c.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["CPUS", "ConsoleCodec", "ConsoleLine", "cpus_of", "is_marker", "marked", "status_of"]

CPUS = (
    "cd /sys/devices/system/cpu; echo present $(cat present);"
    " for c in cpu[0-9]*; do echo $c $(cat $c/physical_id $c/online); done"
)
"""The command whose output `cpus_of` reads."""

MAX_LINE_BYTES = 4096  # a longer line is cut into lines
_KERNEL = re.compile(r"\[ {0,4}\d{1,8}\.\d{6}\] ?")
_ESCAPE = re.compile(r"\x1b(?:\[[0-9;?]*[A-Za-z]|[^\[])")
_MARKER = re.compile(r"kit-(\d{1,6})-(\d{1,3})")
_PRESENT = re.compile(r"present (\d{1,4}(?:-\d{1,4})?(?:,\d{1,4}(?:-\d{1,4})?)*)")
_CPU = re.compile(r"cpu(\d{1,4}) (\d{1,10}) (\d)")


@dataclass(frozen=True, slots=True)
class ConsoleLine:
    """A line of the console; ``kernel``: the kernel wrote it, and its time is left out."""

    text: str
    kernel: bool = False


class ConsoleCodec:
    """Cuts the console's output into lines without control characters; empty ones are left out."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> Iterator[ConsoleLine]:
        """Take in *data* and yield the lines that are complete with it."""
        self._rest += data
        while (end := self._rest.find(b"\n")) >= 0 or len(self._rest) > MAX_LINE_BYTES:
            end = min(end if end >= 0 else MAX_LINE_BYTES, MAX_LINE_BYTES)
            line = bytes(self._rest[:end])
            del self._rest[: end + (self._rest[end : end + 1] == b"\n")]
            yield from _lines(line.decode("utf-8", "replace"))


def _lines(text: str) -> Iterator[ConsoleLine]:
    text = "".join(c for c in _ESCAPE.sub("", text).replace("\t", " ") if c.isprintable())
    before, *written = _KERNEL.split(text)
    if before.strip():
        yield ConsoleLine(before.strip())
    for words in written:
        if words.strip():
            yield ConsoleLine(words.strip(), kernel=True)


def marked(command: str, number: int) -> bytes:
    """Return what to type to run *command* and get its status under *number*.

    >>> marked("true", 7)
    b"true; echo kit''-7-$?\n"
    """
    if "\n" in command or not command.isprintable():
        raise ValueError(f"{command!r} is not a line for a shell")
    return f"{command}; echo kit''-{number}-$?\n".encode()


def status_of(line: ConsoleLine, number: int) -> int | None:
    """Return the exit status in a line with the marker of *number*, else None.

    >>> status_of(ConsoleLine("kit-7-1"), 7)
    1
    """
    found = _MARKER.search(line.text)
    return int(found[2]) if found and int(found[1]) == number and not line.kernel else None


def is_marker(line: ConsoleLine) -> bool:
    """Does a line have a marker, of whatever number?"""
    return not line.kernel and _MARKER.search(line.text) is not None


def cpus_of(lines: tuple[str, ...]) -> dict[int, tuple[int, bool]]:
    """Return Linux's number of each core's CPU, and whether it is online.

    A line is ``present 0-1``, or ``cpu1 2 1``: the directory below /sys/devices/system/cpu, its
    physical_id, its online.  A CPU that is not present has an old physical_id, or none.

    >>> cpus_of(("present 0-1", "cpu0 0 1", "cpu1 2 0", "cpu2 0 0"))
    {0: (0, True), 2: (1, False)}
    """
    present: set[int] = set()
    found = {}
    for line in lines:
        if match := _PRESENT.fullmatch(line):
            present = {n for part in match[1].split(",") for n in _range(part)}
        elif (match := _CPU.fullmatch(line)) and int(match[1]) in present:
            found[int(match[2])] = (int(match[1]), match[3] == "1")
    return found


def _range(part: str) -> range:
    first, _, last = part.partition("-")
    return range(int(first), int(last or first) + 1)
