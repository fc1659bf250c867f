"""Scripts on a binary: recorded, or compared step by step with the embedded machine.

The embedded machine is started as the binary is, at the revision that the binary answers like.  A
crash without a failed assertion is tried once more: stopped machines under TCG crash at random
points.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from kit.common.errors import MisuseError, RecordingError
from kit.common.json_fields import Json
from kit.machine.q35.messages import AcpiRequest
from kit.machine.requests import ClockStep, Request
from kit.machine.revision import Board
from kit.real_qemu.identify import Identity
from kit.real_qemu.launch import Binary
from kit.real_qemu.pseries import RealSpapr
from kit.real_qemu.q35 import RealQ35
from kit.recordings.answers import answer_json
from kit.recordings.conformance import ConformanceReport, Mismatch
from kit.recordings.format import FORMATS, RecordingScript
from kit.recordings.q35_format import RECORDED

__all__ = [
    "LiveComparison",
    "Recorded",
    "compare_live",
    "embedded",
    "needs_time",
    "record",
]

Ask = Callable[[Request | AcpiRequest], Json]
"""Asks a machine; the answer as recordings write it: ``reply`` or ``aborted``, and ``events``."""


def needs_time(script: RecordingScript, binary: Binary) -> bool:
    """Does a script step time on a binary that cannot?"""
    steps = (request for _, request in script.steps)
    return not binary.steps_time and any(isinstance(request, ClockStep) for request in steps)


# -- recording -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Recorded:
    """A transcript, and why it ends before its script does, if so."""

    transcript: Json
    cut: str = ""


def record(script: RecordingScript, identity: Identity) -> Recorded:
    """Run *script* on a binary and write down its answers.

    Raises:
        BackendError: The binary does not start, or cannot do what the script asks.
    """
    binary = identity.binary
    steps: list[Json] = []
    cut = ""
    with _real(binary) as ask:
        for number, (asked, request) in enumerate(script.steps, 1):
            answer = ask(request)
            if _crashed(answer):
                how = answer["aborted"]["function"]
                cut = f"{script.name}, step {number}: the binary ends ({how}): cut there"
                break
            steps.append({**asked, **answer})
            if "aborted" in answer:
                break
    version = ".".join(map(str, binary.version))
    whose: Json = {"revision": identity.nearest.label}
    if binary.board == Board.Q35:
        whose = {"machine": binary.board.value, "version": version}
    return Recorded({"name": script.name, **whose, "steps": steps}, cut)


# -- comparing -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LiveComparison:
    """The result of comparing a binary with the embedded machine.

    ``passed_over`` are scripts that need time, ``crashed`` those in which the binary crashed once
    and not when tried again.
    """

    report: ConformanceReport = field(default_factory=ConformanceReport)
    passed_over: tuple[str, ...] = ()
    crashed: tuple[str, ...] = ()

    def __add__(self, other: LiveComparison) -> LiveComparison:
        return LiveComparison(
            self.report + other.report,
            self.passed_over + other.passed_over,
            self.crashed + other.crashed,
        )


def compare_live(
    scripts: Iterable[RecordingScript], identity: Identity, where: str
) -> LiveComparison:
    """Run *scripts* on the binary and on the embedded machine; a script stops at a mismatch.

    Raises:
        RecordingError: A real QEMU cannot get a request of a script.
        BackendError: The binary does not start, or cannot do what a script asks.
    """
    found = LiveComparison()
    for script in scripts:
        try:
            found += _compared(script, identity)
        except MisuseError as error:
            raise RecordingError(f"{where}: script {script.name!r}: {error}") from error
    return found


def _compared(script: RecordingScript, identity: Identity) -> LiveComparison:
    if script.board != identity.binary.board:
        board, name = script.board.value, identity.binary.name
        raise RecordingError(f"script {script.name!r} is for {board}; {name} is not what plays it")
    if needs_time(script, identity.binary):
        return LiveComparison(passed_over=(script.name,))
    report, crashed = _once(script, identity)
    if not crashed:
        return LiveComparison(report)
    again, crashed = _once(script, identity)
    return LiveComparison(again, crashed=() if crashed else (script.name,))


def _once(script: RecordingScript, identity: Identity) -> tuple[ConformanceReport, bool]:
    """Return the report, and whether the binary crashed where the embedded machine does not."""
    ask_embedded = embedded(identity)
    with _real(identity.binary) as ask:
        for number, (asked, request) in enumerate(script.steps, 1):
            expected, got = ask_embedded(request), ask(request)
            if expected != got:
                mismatch = Mismatch(script.name, number, asked["op"], expected, got)
                return ConformanceReport(1, number, (mismatch,)), _crashed(got)
            if "aborted" in got:
                return ConformanceReport(1, number), False
    return ConformanceReport(1, len(script.steps)), False


def _crashed(answer: Json) -> bool:
    return "aborted" in answer and answer["aborted"]["assertion"] is None


# -- both machines, one way to ask ---------------------------------------------------------------


@contextmanager
def _real(binary: Binary) -> Iterator[Ask]:
    with RealQ35(binary, RECORDED) if binary.board == Board.Q35 else RealSpapr(binary) as real:
        yield lambda request: answer_json(real.ask(request))  # type: ignore[arg-type]  # by board


def embedded(identity: Identity) -> Ask:
    """Return how to ask the embedded machine, started as the binary is, at its revision."""
    fresh = FORMATS[identity.binary.board].fresh(identity.nearest, identity.binary.steps_time)
    return lambda request: answer_json(fresh(request))
