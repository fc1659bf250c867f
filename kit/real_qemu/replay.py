"""Scripts on a binary: recorded, or compared step by step with the embedded machine.

The embedded machine is started as the binary is, at the revision that the binary answers like.
`kit.real_qemu.channel.failures` says what is tried again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from kit.common.errors import MisuseError, RecordingError
from kit.common.json_fields import Json
from kit.machine.pcie_revisions import PCIE, PCIE_ACPI, recorded_name
from kit.machine.requests import ClockStep
from kit.machine.revision import Board
from kit.real_qemu.channel.failures import tried
from kit.real_qemu.identify import Identity
from kit.real_qemu.launch import Binary
from kit.real_qemu.machines import recorded_machine
from kit.real_qemu.real import RealMachine
from kit.recordings.answers import answer_json
from kit.recordings.conformance import ConformanceReport, Mismatch
from kit.recordings.format import FORMATS, RecordingScript
from kit.recordings.schema import AnyRequest

__all__ = ["LiveComparison", "Recorded", "compare_live", "embedded", "needs_time", "record"]

Ask = Callable[[AnyRequest], Json]
"""Returns a machine's answer as recordings have it: ``reply`` or ``aborted``, and ``events``."""


def needs_time(script: RecordingScript, binary: Binary) -> bool:
    """Does a script step time on a binary that cannot?"""
    steps = (request for _, request in script.steps)
    return not binary.steps_time and any(isinstance(request, ClockStep) for request in steps)


@dataclass(frozen=True, slots=True)
class Recorded:
    """A transcript, and why it ends before its script does, if so."""

    transcript: Json
    cut: str = ""


def record(script: RecordingScript, identity: Identity) -> Recorded:
    """Run *script* on a binary and write down its answers."""
    binary = identity.binary
    found = tried(lambda: _recorded(script, binary))
    steps, cut = found.result
    version = ".".join(map(str, binary.version))
    whose: Json = {"revision": identity.nearest.label}
    if binary.board == Board.Q35:
        whose = {"machine": binary.board.value, "version": version}
    elif binary.board in (PCIE, PCIE_ACPI):
        whose = {"revision": recorded_name(identity.nearest)}
    return Recorded({"name": script.name, **whose, "steps": steps}, cut)


def _recorded(script: RecordingScript, binary: Binary) -> tuple[tuple[list[Json], str], str]:
    """Return the steps, why they are cut, and how QEMU crashed or hung."""
    steps: list[Json] = []
    with _real(binary) as (ask, real):
        for number, (asked, request) in enumerate(script.steps, 1):
            answer = ask(request)
            if _crashed(answer):
                cut = f"{script.name}, step {number}: the binary {real.ended}: cut there"
                return (steps, cut), real.ended
            failed = _failed(answer)
            steps.append({**asked, **({"failed": failed} if failed else answer)})
            if failed or "aborted" in answer:
                break
    return (steps, ""), ""


@dataclass(frozen=True, slots=True)
class LiveComparison:
    """The result of comparing a binary with the embedded machine.

    ``passed_over`` are scripts that need time.  ``again`` are remarks on those that were tried
    again, because the binary had crashed or hung.
    """

    report: ConformanceReport = field(default_factory=ConformanceReport)
    passed_over: tuple[str, ...] = ()
    again: tuple[str, ...] = ()

    def __add__(self, other: LiveComparison) -> LiveComparison:
        return LiveComparison(
            self.report + other.report,
            self.passed_over + other.passed_over,
            self.again + other.again,
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
    found = tried(lambda: _once(script, identity))
    again = (f"{script.name}{found.words}",) if found.earlier else ()
    return LiveComparison(found.result, again=again)


def _once(script: RecordingScript, identity: Identity) -> tuple[ConformanceReport, str]:
    """Return the report, and how the binary crashed or hung where the embedded machine does not."""
    ask_embedded = embedded(identity)
    with _real(identity.binary) as (ask, real):
        for number, (asked, request) in enumerate(script.steps, 1):
            expected, got = ask_embedded(request), ask(request)
            if expected != got:
                mismatch = Mismatch(script.name, number, asked["op"], expected, got)
                how = real.ended if _crashed(got) else ""
                return ConformanceReport(1, number, (mismatch,)), how
            if _failed(got) or "aborted" in got:
                return ConformanceReport(1, number), ""
    return ConformanceReport(1, len(script.steps)), ""


def _failed(answer: Json) -> Json:
    """Return how a migration failed, after which a recording ends; None if none did."""
    return answer.get("reply", {}).get("failed")


def _crashed(answer: Json) -> bool:
    return "aborted" in answer and answer["aborted"]["assertion"] is None


@contextmanager
def _real(binary: Binary) -> Iterator[tuple[Ask, RealMachine]]:
    with recorded_machine(binary) as real:

        def ask(request: AnyRequest) -> Json:
            return answer_json(real.ask(request))  # type: ignore[arg-type]  # by board

        yield ask, real


def embedded(identity: Identity) -> Ask:
    """Return a function that asks the embedded machine, started as the binary is."""
    fresh = FORMATS[identity.binary.board].fresh(identity.nearest, identity.binary.steps_time)
    return lambda request: answer_json(fresh(request))
