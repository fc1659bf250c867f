"""Does the embedded machine answer as real QEMU builds answered?

A transcript is replayed step by step on a fresh machine of its revision, or on a q35 machine.
Everything must be equal: statuses, error texts, call counts; events as a multiset within a step;
an abort by its function and assertion.  A transcript stops at its first mismatch.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from kit.common.errors import MisuseError, RecordingError
from kit.common.json_fields import Json
from kit.machine.events import Aborted, Outcome
from kit.machine.pseries.step import boot, step
from kit.machine.q35 import step as acpi
from kit.recordings.answers import event_json, reply_json
from kit.recordings.format import RecordedStep, Transcript
from kit.recordings.q35_format import RECORDED, AcpiTranscript, acpi_event_json, acpi_reply_json

__all__ = ["ConformanceReport", "Mismatch", "conform", "replay"]


@dataclass(frozen=True, slots=True)
class Mismatch:
    """The first step of a transcript with another answer; steps count from 1."""

    transcript: str
    step: int
    op: str
    expected: Json
    got: Json

    def __str__(self) -> str:
        return (
            f"{self.transcript}, step {self.step} ({self.op}): "
            f"expected {_brief(self.expected)}, got {_brief(self.got)}"
        )


@dataclass(frozen=True, slots=True)
class ConformanceReport:
    """How many transcripts and steps were replayed, and the first mismatch of each that failed."""

    transcripts: int = 0
    steps: int = 0
    mismatches: tuple[Mismatch, ...] = ()

    def __add__(self, other: ConformanceReport) -> ConformanceReport:
        return ConformanceReport(
            self.transcripts + other.transcripts,
            self.steps + other.steps,
            self.mismatches + other.mismatches,
        )

    def __str__(self) -> str:
        return (
            f"{self.transcripts} transcripts, {self.steps} steps, {len(self.mismatches)} mismatches"
        )


def conform(transcripts: Iterable[Transcript | AcpiTranscript], where: str) -> ConformanceReport:
    """Replay *transcripts*; *where* names their file in messages.

    Raises:
        RecordingError: A real QEMU cannot get a request of a transcript.
    """
    count = steps = 0
    mismatches = []
    for transcript in transcripts:
        try:
            done, mismatch = replay(transcript)
        except MisuseError as error:
            raise RecordingError(f"{where}: transcript {transcript.name!r}: {error}") from error
        count, steps = count + 1, steps + done
        if mismatch is not None:
            mismatches.append(mismatch)
    return ConformanceReport(count, steps, tuple(mismatches))


def replay(transcript: Transcript | AcpiTranscript) -> tuple[int, Mismatch | None]:
    """Replay one transcript; return how many steps were compared, and the first mismatch."""
    for number, (op, expected, got) in enumerate(_answers(transcript), 1):
        if _text(expected) != _text(got):
            return number, Mismatch(transcript.name, number, op, expected, got)
    return len(transcript.steps), None


def _answers(transcript: Transcript | AcpiTranscript) -> Iterator[tuple[str, Json, Json]]:
    """Replay step by step: the op, what was recorded and what the machine answers."""
    if isinstance(transcript, AcpiTranscript):
        return _acpi_answers(transcript)
    return _spapr_answers(transcript)


def _spapr_answers(transcript: Transcript) -> Iterator[tuple[str, Json, Json]]:
    machine = boot(transcript.revision)
    for recorded in transcript.steps:
        machine, outcome = step(machine, recorded.request)
        yield recorded.op, *_compared(recorded, outcome)


def _acpi_answers(transcript: AcpiTranscript) -> Iterator[tuple[str, Json, Json]]:
    machine = acpi.boot(RECORDED)
    for recorded in transcript.steps:
        machine, outcome = acpi.step(machine, recorded.request)
        events = [event for event in map(acpi_event_json, outcome.emitted) if event is not None]
        reply = acpi_reply_json(outcome.reply)
        yield recorded.op, *_with_events(recorded.reply, recorded.events, reply, events)


def _compared(recorded: RecordedStep, outcome: Outcome) -> tuple[Json, Json]:
    """Return the answers of a real QEMU and of the machine, in one form; equal where they agree."""
    reply = reply_json(outcome.reply)
    if recorded.aborted is not None or isinstance(outcome.reply, Aborted):
        aborted = {key: recorded.aborted[key] for key in _ABORT} if recorded.aborted else None
        got = {"aborted": reply} if isinstance(outcome.reply, Aborted) else {"reply": reply}
        return {"aborted": aborted} if aborted else {"reply": recorded.reply}, got
    events = [event for event in map(event_json, outcome.emitted) if event is not None]
    return _with_events(recorded.reply, recorded.events, reply, events)


def _with_events(
    recorded: Json, recorded_events: Sequence[Json], reply: Json, events: Sequence[Json]
) -> tuple[Json, Json]:
    """Return both answers, with their events in one order if either has any."""
    if not events and not recorded_events:
        return recorded, reply
    expected = {"reply": recorded, "events": sorted(recorded_events, key=_text)}
    return expected, {"reply": reply, "events": sorted(events, key=_text)}


_ABORT = ("function", "assertion")
MAX_SHOWN = 500


def _text(value: Json) -> str:
    return json.dumps(value, sort_keys=True)


def _brief(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"
