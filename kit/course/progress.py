"""Represent a learner's progress, and read and write it as the text of one file.

The text may come from an older or a newer kit.  A field that is unknown here, or has another type,
stays in the file unchanged.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kit.common.errors import UserError
from kit.common.json_fields import FormatError, check_bounds

__all__ = ["ANYWHERE", "ExerciseStanding", "Progress", "ProgressError", "read_progress"]

FORMAT = 1
ANYWHERE = "anywhere"  # stands for the revision of an exercise that names none


class ProgressError(UserError):
    """A text that is not a progress file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExerciseStanding:
    """One exercise: answers given, revisions solved, and whether the solution was shown."""

    tries: int = 0
    solved_at: tuple[str, ...] = ()
    shown: bool = False

    @property
    def solved(self) -> bool:
        """Was it solved at one revision or more?"""
        return bool(self.solved_at)


@dataclass(frozen=True, slots=True)
class Progress:
    """The whole file as JSON; a change makes a new value."""

    data: Mapping[str, Any]

    def standing(self, exercise: str) -> ExerciseStanding:
        """Return the learner's standing in an exercise."""
        entry = self._entry(exercise)
        tries, solved, shown = entry.get("tries"), entry.get("solved_at"), entry.get("shown")
        return ExerciseStanding(
            tries=tries if type(tries) is int and tries > 0 else 0,
            solved_at=tuple(solved) if isinstance(solved, list) and _are_texts(solved) else (),
            shown=shown is True,
        )

    def answered(self, exercise: str, at: str | None, *, right: bool) -> Progress:
        """Return the progress after one more answer, about the revision called *at*."""
        before = self.standing(exercise)
        solved = dict.fromkeys((*before.solved_at, at or ANYWHERE)) if right else before.solved_at
        return self._with(exercise, tries=before.tries + 1, solved_at=list(solved))

    def was_shown(self, exercise: str) -> Progress:
        """Return the progress after the solution was shown."""
        return self._with(exercise, shown=True)

    def text(self) -> str:
        """Return the text of the file."""
        return json.dumps(self.data, indent=2) + "\n"

    def _entry(self, exercise: str) -> Mapping[str, Any]:
        exercises = self.data.get("exercises")
        entry = exercises.get(exercise) if isinstance(exercises, dict) else None
        return entry if isinstance(entry, dict) else {}

    def _with(self, exercise: str, **fields: object) -> Progress:
        exercises = self.data.get("exercises", {})
        if not isinstance(exercises, dict) or not isinstance(exercises.get(exercise, {}), dict):
            return self  # a newer kit wrote it: leave it alone
        entry = exercises.get(exercise, {})
        ours = {
            key: value
            for key, value in fields.items()
            if key not in entry or type(entry[key]) is type(value)
        }
        return Progress(
            {"format": FORMAT, **self.data, "exercises": {**exercises, exercise: {**entry, **ours}}}
        )


def read_progress(text: str) -> Progress:
    """Return the progress in a text, which may be empty; ProgressError if it is not JSON."""
    if not text.strip():
        return Progress({})
    try:
        check_bounds(text)
        data = json.loads(text)
    except FormatError as error:
        raise ProgressError(f"is not a progress file: {error}") from None
    except ValueError as error:
        raise ProgressError(f"is not JSON: {error}") from None
    if not isinstance(data, dict):
        raise ProgressError("is not a JSON object")
    return Progress(data)


def _are_texts(values: list[object]) -> bool:
    return all(isinstance(value, str) for value in values)
