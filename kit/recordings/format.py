"""The format of recordings: the requests to a real QEMU and its answers, as JSON lines.

One transcript a line: ``{"name", "revision", "steps": [...]}``, or for q35 ``{"name", "machine",
"version", "steps"}``.  A step is a request (``op`` and its arguments) with ``reply``, or
``aborted`` where QEMU hit an assertion, or ``failed`` where a migration did not arrive, and
``events`` where there were QMP events.  Integers are decimal, times are ns of the guest's clock.

This module checks the format and turns steps into requests; anything it does not know is a
`RecordingError`, not a difference.  The ops of a board are in a module of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from kit.common.errors import RecordingError, UnknownRevisionError
from kit.common.json_fields import FormatError, Json, check_keys, load, short, text
from kit.machine.catalogue import Q35, find_revision
from kit.machine.pcie_revisions import PCIE, PCIE_ACPI
from kit.machine.revision import Board, Revision
from kit.recordings.pcie_format import ACPI_FORMAT, PCIE_FORMAT
from kit.recordings.pseries_format import PSERIES_FORMAT
from kit.recordings.q35_format import Q35_FORMAT
from kit.recordings.schema import AnyRequest, BoardFormat, record

__all__ = [
    "FORMATS",
    "Json",
    "RecordedStep",
    "RecordingScript",
    "Transcript",
    "read_scripts",
    "read_transcripts",
]

R = TypeVar("R")
FORMATS: Mapping[Board, BoardFormat] = {
    Board.PSERIES: PSERIES_FORMAT,
    Board.Q35: Q35_FORMAT,
    PCIE: PCIE_FORMAT,
    PCIE_ACPI: ACPI_FORMAT,
}
_Q35_VERSION = re.compile(r"(7\.2|11\.1)(\.[0-9]+)?")
_ANSWERS = {"reply", "aborted", "failed", "events"}
_check_aborted = record("aborted", {"function": text, "assertion": text}, {"file": text})


@dataclass(frozen=True, slots=True)
class RecordedStep:
    """One request and QEMU's answer: a reply, or ``aborted``; ``events`` as recorded."""

    op: str
    request: AnyRequest
    reply: Json
    aborted: Json
    events: tuple[Json, ...]

    @property
    def ended(self) -> str | None:
        """How the recording ended with this step, if it did."""
        if self.aborted is not None:
            return "aborted"
        failed = isinstance(self.reply, dict) and "failed" in self.reply
        return "failed to migrate" if failed else None


@dataclass(frozen=True, slots=True)
class Transcript:
    """A named script as it ran on a real QEMU of ``revision``."""

    name: str
    revision: Revision
    steps: tuple[RecordedStep, ...]


@dataclass(frozen=True, slots=True)
class RecordingScript:
    """The requests of a recording, without answers: each step as it is written, and its request."""

    name: str
    board: Board
    steps: tuple[tuple[Json, AnyRequest], ...]


def read_transcripts(lines: Iterable[str], where: str) -> Iterator[Transcript]:
    """Yield transcripts, one a line; empty lines are skipped; *where* names the recording.

    Raises:
        RecordingError: A line breaks the format: says where, what, and what was expected.
    """
    return _each(lines, where, _transcript)


def read_scripts(lines: Iterable[str], where: str) -> Iterator[RecordingScript]:
    """Yield the requests of recordings as `read_transcripts`; answers and revision may be missing.

    Raises:
        RecordingError: A line breaks the format: says where, what, and what was expected.
    """
    return _each(lines, where, _script)


def _each(lines: Iterable[str], where: str, read: Callable[[Json], R]) -> Iterator[R]:
    none = True
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        none = False
        try:
            yield read(load(line))
        except (FormatError, UnknownRevisionError) as error:
            raise RecordingError(f"{where}:{number}: {error}") from None
        except ValueError as error:
            raise RecordingError(f"{where}:{number}: not a JSON object a line: {error}") from None
    if none:
        raise RecordingError(f"{where}: holds no transcript")


def _transcript(data: Json) -> Transcript:
    q35 = isinstance(data, dict) and "machine" in data
    keys = {"machine", "version"} if q35 else {"revision"}
    check_keys(data, "a transcript", {"name", "steps", *keys})
    name = text(data, "name")
    revision = _q35_revision(data) if q35 else _claimed(data)
    revision = revision or find_revision(text(data, "revision"))
    board = FORMATS[revision.board]
    read: list[RecordedStep] = []

    def read_step(step: Json) -> None:
        if read and read[-1].ended is not None:
            raise FormatError(f"QEMU {read[-1].ended} in the step before; a recording ends there")
        read.append(_step(step, board))

    _read_steps(f"transcript {short(name)}", data["steps"], read_step)
    return Transcript(name, revision, tuple(read))


def _claimed(data: Json) -> Revision | None:
    return next(filter(None, (one.claims(data) for one in FORMATS.values())), None)


def _q35_revision(data: Json) -> Revision:
    machine, version = text(data, "machine"), text(data, "version")
    if machine != Board.Q35.value:
        raise FormatError(f"unknown machine {short(machine)}; known: q35 (pseries has a revision)")
    if not _Q35_VERSION.fullmatch(version):
        raise FormatError(f"version {short(version)} of q35 is not embedded; known: 7.2, 11.1")
    return Q35


def _script(data: Json) -> RecordingScript:
    check_keys(data, "a script", {"name", "steps"}, {"revision", "machine", "version"})
    name, board = text(data, "name"), _board_of(data)
    read: list[tuple[Json, AnyRequest]] = []

    def read_step(step: Json) -> None:
        asked = {key: value for key, value in step.items() if key not in _ANSWERS}
        op = FORMATS[board].op_of(asked)
        check_keys(asked, f"op {asked['op']}", {"op", *op.needed}, op.optional)
        read.append((asked, op.request(asked)))

    _read_steps(f"script {short(name)}", data["steps"], read_step)
    return RecordingScript(name, board, tuple(read))


def _board_of(data: Json) -> Board:
    """Return the machine that a script is for: named, else that of its revision, else pseries."""
    if "machine" not in data:
        revision = _claimed(data)
        return Board.PSERIES if revision is None else revision.board
    found = next((board for board in FORMATS if board.value == data["machine"]), None)
    if found is None or found is Board.PSERIES:
        known = ", ".join(board.value for board in FORMATS if board is not Board.PSERIES)
        raise FormatError(f"unknown machine {short(data['machine'])}; known: {known}")
    return found


def _read_steps(what: str, steps: Json, read: Callable[[Json], None]) -> None:
    if not isinstance(steps, list):
        raise FormatError(f"{what}: steps is not a list")
    for number, step in enumerate(steps, 1):
        try:
            if not isinstance(step, dict):
                raise FormatError("a step is not an object")
            read(step)
        except FormatError as error:
            raise FormatError(f"{what}, step {number}: {error}") from None


def _step(data: Json, board: BoardFormat) -> RecordedStep:
    op, name = board.op_of(data), str(data["op"])
    answer, check = "reply", op.check_reply
    if board.may_abort and "aborted" in data:
        answer, check = "aborted", _check_aborted
    elif board.check_failed is not None and op.may_fail and "failed" in data:
        answer, check = "failed", board.check_failed
    check_keys(data, f"op {name}", {"op", answer, *op.needed}, {"events", *op.optional})
    check(data[answer])
    events = data.get("events", [])
    if not isinstance(events, list):
        raise FormatError("events is not a list")
    for event in events:
        board.check_event(event)
    request = op.request(data)
    reply = {"failed": data["failed"]} if answer == "failed" else data.get("reply")
    return RecordedStep(name, request, reply, data.get("aborted"), tuple(events))
