"""Practice with growing gaps: which questions are due, and what an answer changes.

A right answer brings a question back after 1, 7 and 30 days; a wrong one, the next day.  Days are
numbers (``date.toordinal``), given by the caller.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from zlib import crc32

from kit.common.errors import UserError
from kit.course.exercise import LESSONS
from kit.course.ideas import PracticeQuestion
from kit.course.progress import Progress
from kit.machine.clock import NS_PER_S
from kit.simulation.provenance import provenance
from kit.simulation.run import Run
from kit.trace.sentences import seconds

__all__ = [
    "GAPS_DAYS",
    "answered",
    "due",
    "lesson_number",
    "questions_text",
    "read_questions",
    "situation",
    "wrong_ideas",
]

GAPS_DAYS = (1, 7, 30)
_DAY_NS = 24 * 3600 * NS_PER_S
_FIELDS = ("name", "lesson", "scenario", "at", "asks", "choices", "right", "ideas", "token")


def due(
    progress: Progress, known: Sequence[PracticeQuestion], day: int, lesson: str, count: int
) -> tuple[PracticeQuestion, ...]:
    """Return at most *count* questions of lessons up to *lesson*: those due first, then new ones.

    New ones come from all these lessons in turn, the latest first, and from mixed scenarios.
    """
    entries = _entries(progress)
    allowed = [one for one in known if one.lesson <= lesson]
    ready = [one for one in allowed if one.name in entries and 0 < _day(entries, one) <= day]
    ready.sort(key=lambda one: _day(entries, one))
    new: dict[str, list[PracticeQuestion]] = {}
    # by a checksum, so that questions on one scenario do not follow each other
    for one in sorted(allowed, key=lambda one: crc32(one.name.encode())):
        if one.name not in entries:
            new.setdefault(one.lesson, []).append(one)
    while len(ready) < count and new:
        for number in sorted(new, reverse=True):
            ready.append(new[number].pop(0))
            if not new[number]:
                del new[number]
    return tuple(ready[:count])


def answered(progress: Progress, question: PracticeQuestion, choice: str, day: int) -> Progress:
    """Return the progress after an answer: when the question is due again, and the wrong idea."""
    entries, ideas = _entries(progress), _counts(progress)
    step = _number(entries.get(question.name), "step")
    if choice == question.right:
        at = day + GAPS_DAYS[step] if step < len(GAPS_DAYS) else 0
        entry = {"step": step + 1, "due": at}
    else:
        entry = {"step": 0, "due": day + 1}
        idea = question.ideas.get(choice)
        if idea is not None:
            ideas = {**ideas, idea: ideas.get(idea, 0) + 1}
    practice = {**entries, question.name: entry}
    return Progress({**progress.data, "practice": practice, "ideas": ideas})


def wrong_ideas(class_: Iterable[Progress]) -> list[tuple[str, int, int]]:
    """Return each wrong idea of a class: its name, its learners, its answers; commonest first."""
    learners: Counter[str] = Counter()
    answers: Counter[str] = Counter()
    for progress in class_:
        found = _counts(progress)
        learners.update(found.keys())
        answers.update(found)
    order = sorted(learners, key=lambda name: (-learners[name], -answers[name], name))
    return [(name, learners[name], answers[name]) for name in order]


def situation(run: Run) -> str:
    """Return who takes part in a run, and how its guest behaves, in sentences."""
    setup, origin = run.scenario.setup, provenance(run)
    conduct = setup.conduct
    facts = (
        (conduct.offline_ns, f"it needs {seconds(conduct.offline_ns)} to release a device"),
        (conduct.unusable_ns, f"{seconds(conduct.unusable_ns)} pass between ISOLATE and UNUSABLE"),
        (setup.in_firmware, f"its kernel starts after {seconds(conduct.firmware_ns)}"),
        (setup.offline, f"offline: {', '.join(setup.offline)}"),
        (setup.pinned, f"it cannot release {', '.join(setup.pinned)}"),
        (setup.uptime_ns, f"it has run for {setup.uptime_ns // _DAY_NS} days"),
    )
    guest = "; ".join([origin.guest, *(words for holds, words in facts if holds)])
    return f"{guest}. {origin.libvirt}."


def questions_text(found: Iterable[PracticeQuestion]) -> str:
    """Return questions as the text of their file: JSON, a line each."""
    rows = (json.dumps([getattr(one, f) for f in _FIELDS], default=dict) for one in found)
    return "[\n" + ",\n".join(rows) + "\n]\n"


def read_questions(text: str) -> tuple[PracticeQuestion, ...]:
    """Return the questions in a text that `questions_text` wrote."""
    found = []
    for row in json.loads(text):
        values = dict(zip(_FIELDS, row, strict=True))
        found.append(PracticeQuestion(**{**values, "choices": tuple(values["choices"])}))
    return tuple(found)


def _entries(progress: Progress) -> dict[str, Any]:
    found = progress.data.get("practice")
    return dict(found) if isinstance(found, dict) else {}


def _counts(progress: Progress) -> dict[str, int]:
    found = progress.data.get("ideas")
    if not isinstance(found, dict):
        return {}
    return {
        str(name): count
        for name, count in found.items()
        if type(count) is int and 0 < count < 10**6
    }


def _day(entries: Mapping[str, Any], one: PracticeQuestion) -> int:
    return _number(entries[one.name], "due")


def _number(entry: object, key: str) -> int:
    value = entry.get(key) if isinstance(entry, dict) else None
    return value if type(value) is int and value >= 0 else 0


def lesson_number(text: str) -> str:
    """Return a lesson's number as two digits; UserError if it is not one."""
    number = text.zfill(2)
    if number not in LESSONS:
        last = int(LESSONS[-1])
        raise UserError(f"{text[:20]!r} is not a lesson; give a number from 1 to {last}")
    return number
