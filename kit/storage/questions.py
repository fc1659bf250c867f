"""The generated questions, from their file."""

from __future__ import annotations

from functools import cache

from kit.common.packaged_data import data_path
from kit.common.user_file import read_bounded
from kit.course.ideas import PracticeQuestion
from kit.course.practice import read_questions

__all__ = ["QUESTIONS_FILE", "practice_questions"]

QUESTIONS_FILE = "exercises/practice.json"


@cache
def practice_questions() -> tuple[PracticeQuestion, ...]:
    """Return all questions; ``tools/practice.py`` writes their file."""
    return read_questions(read_bounded(data_path(QUESTIONS_FILE), "questions"))
