"""Does the embedded machine answer as real QEMU builds answered?

A transcript is replayed step by step on a fresh machine of its revision and board.
Everything must be equal: statuses, error texts, call counts; events as a multiset within a step;
an abort by its function and assertion.  A transcript stops at its first mismatch.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from kit.common.english import counted
from kit.common.errors import MisuseError, RecordingError
from kit.common.json_fields import Json
from kit.machine.events import Aborted
from kit.recordings.answers import events_json, reply_json, sorted_text
from kit.recordings.format import FORMATS, RecordedStep, Transcript
from kit.recordings.schema import AnyOutcome

__all__ = ["ConformanceReport", "Mismatch", "conform", "replay"]

MAX_SHOWN = 500


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
            f"{counted(self.transcripts, 'transcript')}, {counted(self.steps, 'step')},"
            f" {counted(len(self.mismatches), 'mismatch', 'es')}"
        )


def conform(transcripts: Iterable[Transcript], where: str) -> ConformanceReport:
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


def replay(transcript: Transcript) -> tuple[int, Mismatch | None]:
    """Replay one transcript; return how many steps were compared, and the first mismatch."""
    ask = FORMATS[transcript.revision.board].fresh(transcript.revision, True)
    for number, recorded in enumerate(transcript.steps, 1):
        expected, got = _compared(recorded, ask(recorded.request))
        if sorted_text(expected) != sorted_text(got):
            return number, Mismatch(transcript.name, number, recorded.op, expected, got)
    return len(transcript.steps), None


def _compared(recorded: RecordedStep, outcome: AnyOutcome) -> tuple[Json, Json]:
    """Return the answers of a real QEMU and of the machine, in one form; equal where they agree."""
    reply, abort = reply_json(outcome.reply), recorded.aborted
    aborts = isinstance(outcome.reply, Aborted)
    if abort is not None or aborts:
        got = {"aborted" if aborts else "reply": reply}
        if not abort:
            return {"reply": recorded.reply}, got
        return {"aborted": {key: abort[key] for key in ("function", "assertion")}}, got
    events = events_json(outcome)
    if not events and not recorded.events:
        return recorded.reply, reply
    expected = {"reply": recorded.reply, "events": sorted(recorded.events, key=sorted_text)}
    return expected, {"reply": reply, "events": sorted(events, key=sorted_text)}


def _brief(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"
