"""What a learner has done so far, as the text of one file.

A file that an older or a newer kit wrote is read as far as it is understood, and everything else
in it is kept: a field that is unknown, or of another type than here, is left as it is.
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
ANYWHERE = "anywhere"  # where an exercise was solved that no revision is named for


class ProgressError(UserError):
    """A text that holds no progress."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExerciseStanding:
    """How far one exercise is: answers given, the revisions it was solved at, was it shown?"""

    tries: int = 0
    solved_at: tuple[str, ...] = ()
    shown: bool = False

    @property
    def solved(self) -> bool:
        """Was it solved at one revision or more?"""
        return bool(self.solved_at)


@dataclass(frozen=True, slots=True)
class Progress:
    """All of the file, as JSON has it; changing makes another one."""

    data: Mapping[str, Any]

    def standing(self, exercise: str) -> ExerciseStanding:
        """Return how far an exercise is."""
        entry = self._entry(exercise)
        tries, solved, shown = entry.get("tries"), entry.get("solved_at"), entry.get("shown")
        return ExerciseStanding(
            tries=tries if type(tries) is int and tries > 0 else 0,
            solved_at=tuple(solved) if isinstance(solved, list) and _are_texts(solved) else (),
            shown=shown is True,
        )

    def answered(self, exercise: str, at: str | None, *, right: bool) -> Progress:
        """Note an answer that was given, at the revision called *at*."""
        before = self.standing(exercise)
        solved = dict.fromkeys((*before.solved_at, at or ANYWHERE)) if right else before.solved_at
        return self._with(exercise, tries=before.tries + 1, solved_at=list(solved))

    def was_shown(self, exercise: str) -> Progress:
        """Note that the answer was shown."""
        return self._with(exercise, shown=True)

    def text(self) -> str:
        """Return what the file holds."""
        return json.dumps(self.data, indent=2) + "\n"

    def _entry(self, exercise: str) -> Mapping[str, Any]:
        exercises = self.data.get("exercises")
        entry = exercises.get(exercise) if isinstance(exercises, dict) else None
        return entry if isinstance(entry, dict) else {}

    def _with(self, exercise: str, **fields: object) -> Progress:
        exercises = self.data.get("exercises", {})
        if not isinstance(exercises, dict) or not isinstance(exercises.get(exercise, {}), dict):
            return self  # a newer kit's: not ours to change
        entry = exercises.get(exercise, {})
        ours = {
            key: value
            for key, value in fields.items()
            if key not in entry or type(entry[key]) is type(value)
        }
        return Progress(
            {
                "format": FORMAT,
                **self.data,
                "exercises": {**exercises, exercise: {**entry, **ours}},
            }
        )


def read_progress(text: str) -> Progress:
    """Read the text of a file; an empty one is no progress yet.

    Raises:
        ProgressError: It is not JSON, or not an object; the text says which.
    """
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
        raise ProgressError("is no JSON object")
    return Progress(data)


def _are_texts(values: list[object]) -> bool:
    return all(isinstance(value, str) for value in values)
