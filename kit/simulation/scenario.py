"""A scenario: the participants and their behaviour, the script, and what must follow.

Scenarios are data, TOML; ``docs/scenarios.md`` is the reference.  This module reads text and never
a file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any
from zlib import crc32

from kit.actors.kernel import Conduct
from kit.actors.operator import TypedLine
from kit.actors.pseries_programs import GuestKind
from kit.common.errors import UserError
from kit.common.toml_reader import TomlReader, short
from kit.machine.catalogue import CATALOGUE, REVISIONS, find_revision
from kit.machine.clock import NS_PER_MS
from kit.machine.config import MIB
from kit.machine.events import QmpError
from kit.machine.requests import Device, DeviceAdd, Dimm
from kit.machine.revision import Board
from kit.simulation.actions import (
    FIRST_DIMM_ADDR,
    connector_names,
    current_words,
    first_words,
    line_of,
    read_device,
)
from kit.simulation.expectations import Expectation, read_expectation
from kit.simulation.platform import PLATFORMS

__all__ = [
    "Scenario",
    "ScenarioError",
    "Setup",
    "read_scenario",
    "read_script",
    "read_story",
    "read_time",
]

MAX_LINES = 200
MAX_MS = 60 * 24 * 3600 * 1000  # 60 days
_TIME = re.compile(r"([0-9]{1,10}(?:\.[0-9]{1,3})?) ?(ms|s|min|days?)")
_VERSION = re.compile(r"[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}")
_UNIT_MS = {"ms": 1, "s": 1000, "min": 60_000, "day": 86_400_000, "days": 86_400_000}


class ScenarioError(UserError):
    """A scenario breaks the format; the text begins with file and line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """The participants, as they are when the run begins.

    ``devices`` are plugged and, unless the guest begins ``in_firmware``, used by it.  ``libvirt``
    is its version, None where the operator uses QEMU's monitor alone.  ``offline`` and ``pinned``
    name connectors (``core0``, ``dimm1.0``).  ``uptime_ns`` is the guest's clock.
    """

    boards: tuple[Board, ...] = (CATALOGUE[0].board,)
    guest: GuestKind = GuestKind.LINUX_5_12
    conduct: Conduct = field(default_factory=Conduct)
    in_firmware: bool = False
    libvirt: tuple[int, int, int] | None = None
    devices: tuple[Device, ...] = ()
    offline: tuple[str, ...] = ()
    pinned: tuple[str, ...] = ()
    uptime_ns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A scenario that can be played at any revision.

    ``why`` says why it matters, ``look`` what to look at, ``script`` what the operator types,
    ``texts`` the same in words; ``compare`` are pairs of revisions worth comparing, ``expect``
    what must hold, and where it must not.  The run goes on until ``end_ns`` of the wall clock.
    ``digest`` changes when the setup, the script or the end does; ``source`` is the file of its
    text.
    """

    name: str
    setup: Setup
    title: str = ""
    why: str = ""
    look: str = ""
    script: tuple[TypedLine, ...] = ()
    texts: tuple[str, ...] = ()
    compare: tuple[tuple[str, str], ...] = ()
    expect: tuple[Expectation, ...] = ()
    end_ns: int = 0
    digest: int = 0
    source: str = ""


def read_time(text: str) -> int:
    """Return a time, ``16 s``, ``14999 ms``, ``30 days``, in ns; it is whole milliseconds.

    Raises:
        UserError: It is not such a time.

    >>> read_time("1.001 s")
    1001000000
    """
    match = _TIME.fullmatch(text.strip())
    if match is not None:
        ms = Fraction(match[1]) * _UNIT_MS[match[2]]
        if ms.denominator == 1 and ms <= MAX_MS:
            return int(ms) * NS_PER_MS
    raise UserError(
        f"{text!r} is not a time; expected 16 s, 14999 ms, 2 min or 30 days, in whole milliseconds"
        " and at most 60 days"
    )


def read_scenario(text: str, name: str, source: str) -> Scenario:
    """Return the scenario called *name* that a text in TOML, of the file *source*, describes.

    Raises:
        ScenarioError: It breaks the format: file, line, what is wrong, what was expected.
    """
    reader = TomlReader(text, source, ScenarioError)
    reader.check_name(name)
    data = reader.load()
    reader.keys(data, "", {"title", "why", "look", "compare", "end", "script", "cast", "expect"})
    story = read_story(reader, data, name)
    return replace(
        story,
        title=reader.text(data, "title"),
        why=reader.text(data, "why"),
        look=reader.text(data, "look"),
        compare=_compare(reader, data, story.setup.boards),
        expect=_expect(reader, data, story.setup),
    )


def read_story(reader: TomlReader, data: Mapping[str, Any], name: str) -> Scenario:
    """Return what is played, ``cast``, ``script`` and ``end``, without a title.

    Raises:
        UserError: It breaks the format; the error is the reader's.
    """
    setup = _setup(reader.within("[cast]"), reader.table(data, "cast"))
    lines, texts = read_script(reader, data, "script", setup.devices)
    end_ns = reader.read("end", reader.text(data, "end"), read_time)
    if lines and lines[-1].at_ns > end_ns:
        raise reader.error("end", f"end is before the last line of the script, {texts[-1]!r}")
    return Scenario(
        name=name,
        setup=setup,
        script=lines,
        texts=texts,
        end_ns=end_ns,
        digest=_digest(data),
        source=reader.source,
    )


def _digest(data: Mapping[str, Any]) -> int:
    """Return a number that changes when the run does, and not when the title does."""
    script = [first_words(line) for line in data["script"]] if "script" in data else None
    played = [data.get("cast"), script, data.get("end")]
    return crc32(json.dumps(played, sort_keys=True, default=str).encode())


_SETUP_KEYS = {"boards", "guest", "asks", "offline_work", "unusable_work", "firmware", "libvirt"}
_SETUP_KEYS |= {"devices", "offline", "pinned", "uptime", "in_firmware"}


def _setup(reader: TomlReader, data: Mapping[str, Any]) -> Setup:
    reader.keys(data, "cast", _SETUP_KEYS)

    def time_of(key: str) -> int:
        if key not in data:
            return 0
        return int(reader.read(key, reader.text(data, key), read_time))

    for key in ("asks", "in_firmware"):
        if not isinstance(data.get(key, False), bool):
            raise reader.error(key, f"{key} is {short(data[key])}; expected true or false")
    conduct = Conduct(
        offline_ns=time_of("offline_work"),
        unusable_ns=time_of("unusable_work"),
        firmware_ns=time_of("firmware"),
        asks=data.get("asks", False),
    )
    boards = tuple(_choice(reader, "boards", b, PLATFORMS) for b in reader.texts(data, "boards"))
    boards = boards or Setup().boards
    devices = _devices(reader, reader.texts(data, "devices"), boards)
    connectors = connector_names(devices)
    for key in ("offline", "pinned"):
        for name in reader.texts(data, key):
            if name not in connectors:
                known = ", ".join(connectors)
                raise reader.error(key, f"{key}: {name!r}; expected one of: {known}", name)
    return Setup(
        boards=boards,
        guest=_choice(reader, "guest", data.get("guest", "linux-5.12"), GuestKind),
        conduct=conduct,
        in_firmware=data.get("in_firmware", False),
        libvirt=_version(reader, reader.text(data, "libvirt")) if "libvirt" in data else None,
        devices=devices,
        offline=reader.texts(data, "offline"),
        pinned=reader.texts(data, "pinned"),
        uptime_ns=time_of("uptime"),
    )


def _devices(
    reader: TomlReader, texts: tuple[str, ...], boards: tuple[Board, ...]
) -> tuple[Device, ...]:
    """Return the devices; DIMMs get their addresses in the order in which they are named."""
    devices: list[Device] = []
    addr = FIRST_DIMM_ADDR
    for text in texts:
        device = reader.read("devices", text, lambda name: read_device(name, addr))  # noqa: B023 - called at once
        if any(other.id == device.id for other in devices):
            raise reader.error("devices", f"devices: {device.id!r} is named twice", text)
        if isinstance(device, Dimm):
            addr += device.size_mib * MIB
        devices.append(device)
    for board in boards:
        if refusal := _refusal(board, devices, texts):
            raise reader.error("devices", f"devices: {refusal[1]}", refusal[0])
    return tuple(devices)


def _refusal(
    board: Board, devices: Sequence[Device], texts: Sequence[str]
) -> tuple[str, str] | None:
    """Return which device a board's machine does not take, and why; None if it takes all."""
    platform = PLATFORMS[board]
    machine, _ = platform.switch_on(next(one for one in REVISIONS if one.board == board))
    for device, text in zip(devices, texts, strict=True):
        if not platform.plugs(device):
            return str(device.id), f"{device.id!r} is not a device of the {board.value} machine"
        machine, reply, _ = platform.ask(machine, platform.complete(machine, DeviceAdd(device)))
        if isinstance(reply, QmpError):
            return text, f"{text!r} cannot be plugged: {reply.desc}"
    return None


def _choice(reader: TomlReader, key: str, value: object, kind: Iterable[Any]) -> Any:  # noqa: ANN401
    for member in kind:
        if member.value == value:
            return member
    known = ", ".join(member.value for member in kind)
    raise reader.error(key, f"{key} is {short(value)}; expected one of: {known}", str(value))


def _version(reader: TomlReader, text: str) -> tuple[int, int, int]:
    if not _VERSION.fullmatch(text):
        raise reader.error("libvirt", f"libvirt is {text!r}; expected a version, 7.1.0")
    major, minor, micro = (int(part) for part in text.split("."))
    return major, minor, micro


def read_script(
    reader: TomlReader, data: Mapping[str, Any], key: str, devices: tuple[Device, ...]
) -> tuple[tuple[TypedLine, ...], tuple[str, ...]]:
    """Return the lines ``TIME: ACTION`` at *key*, in order of time: as lines, and as texts.

    Raises:
        UserError: A line breaks the format; the error is the reader's.
    """
    lines: list[TypedLine] = []
    texts = reader.texts(data, key)
    if len(texts) > MAX_LINES:
        raise reader.error(key, f"{key} has {len(texts)} lines; at most {MAX_LINES}")
    for text in texts:
        time, colon, action = text.partition(":")
        if not colon:
            what = f"{key}: {text!r} has no time; expected '16 s: device_del core1'"
            raise reader.error(key, what, text)
        try:
            line = line_of(read_time(time), action, devices)
        except UserError as error:
            raise reader.error(key, f"{key}: {error}", text) from None
        if lines and line.at_ns < lines[-1].at_ns:
            raise reader.error(key, f"{key}: {text!r} is before the line above it", text)
        lines.append(line)
    return tuple(lines), tuple(map(current_words, texts))


def _compare(
    reader: TomlReader, data: Mapping[str, Any], boards: tuple[Board, ...]
) -> tuple[tuple[str, str], ...]:
    pairs = data.get("compare", [])
    if not isinstance(pairs, list):
        raise reader.error("compare", f"compare is {short(pairs)}; expected a list of pairs")
    for pair in pairs:
        names = pair if isinstance(pair, list) else []
        if len(names) != 2 or not all(isinstance(name, str) for name in names):
            what = f"compare: {short(pair)}; expected a pair, ['pre-revert', 'revert']"
            raise reader.error("compare", what)
        for name in names:
            board = reader.read("compare", name, find_revision).board
            if board not in boards:
                raise reader.error(
                    "compare", f"compare: {name} is another machine than the scenario's", name
                )
    return tuple((first, second) for first, second in pairs)


def _expect(reader: TomlReader, data: Mapping[str, Any], setup: Setup) -> tuple[Expectation, ...]:
    read = []
    for here, entry in reader.tables(data, "expect"):
        here.keys(entry, "expect", {"that", "fails_at"})
        that = here.text(entry, "that")
        fails_at = here.texts(entry, "fails_at")
        try:
            read.append(read_expectation(that, fails_at, setup.devices, setup.boards))
        except UserError as error:
            raise here.error("that", f"expect: {error}") from None
    return tuple(read)
