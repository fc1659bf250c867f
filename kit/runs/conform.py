"""Does the embedded machine answer as real QEMU builds answered?

A transcript is replayed step by step on a fresh machine of its revision.  Everything must be
equal: statuses, error texts, call counts; events as a multiset within a step; an abort by its
function and assertion.  A transcript stops at its first mismatch.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from kit.errors import MisuseError, RecordingError
from kit.machine.events import Aborted, Outcome
from kit.machine.spapr import boot, step
from kit.runs.answers import event_json, reply_json
from kit.runs.recording import Json, RecordedStep, Transcript

__all__ = ["Mismatch", "Report", "conform", "replay"]


@dataclass(frozen=True, slots=True)
class Mismatch:
    """The first step of a transcript that the machine answers otherwise; steps count from 1."""

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
class Report:
    """How many transcripts and steps were replayed, and the first mismatch of each that failed."""

    transcripts: int = 0
    steps: int = 0
    mismatches: tuple[Mismatch, ...] = ()

    def __add__(self, other: Report) -> Report:
        return Report(
            self.transcripts + other.transcripts,
            self.steps + other.steps,
            self.mismatches + other.mismatches,
        )

    def __str__(self) -> str:
        return (
            f"{self.transcripts} transcripts, {self.steps} steps, {len(self.mismatches)} mismatches"
        )


def conform(transcripts: Iterable[Transcript], where: str) -> Report:
    """Replay *transcripts*; *where* names their file in messages.

    Raises:
        RecordingError: A transcript asks what could not have been asked of a real QEMU.
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
    return Report(count, steps, tuple(mismatches))


def replay(transcript: Transcript) -> tuple[int, Mismatch | None]:
    """Replay one transcript; return how many steps were compared, and the first mismatch."""
    machine = boot(transcript.revision)
    for number, recorded in enumerate(transcript.steps, 1):
        machine, outcome = step(machine, recorded.request)
        expected, got = _compared(recorded, outcome)
        if _text(expected) != _text(got):
            return number, Mismatch(transcript.name, number, recorded.op, expected, got)
    return len(transcript.steps), None


def _compared(recorded: RecordedStep, outcome: Outcome) -> tuple[Json, Json]:
    """Return what a real QEMU and the machine answered, in one form; the same where they agree."""
    reply = reply_json(outcome.reply)
    if recorded.aborted is not None or isinstance(outcome.reply, Aborted):
        aborted = {key: recorded.aborted[key] for key in _ABORT} if recorded.aborted else None
        got = {"aborted": reply} if isinstance(outcome.reply, Aborted) else {"reply": reply}
        return {"aborted": aborted} if aborted else {"reply": recorded.reply}, got
    events = [event for event in map(event_json, outcome.emitted) if event is not None]
    if not events and not recorded.events:
        return recorded.reply, reply
    expected = {"reply": recorded.reply, "events": sorted(recorded.events, key=_text)}
    return expected, {"reply": reply, "events": sorted(events, key=_text)}


_ABORT = ("function", "assertion")
MOST = 500


def _text(value: Json) -> str:
    return json.dumps(value, sort_keys=True)


def _brief(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MOST else f"{text[:MOST]}…"
