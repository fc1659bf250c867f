"""Write the questions of `kit practise` to their file: ``python -m tools.practice``."""

from __future__ import annotations

from pathlib import Path

from kit.common.user_file import write_atomic
from kit.course.ideas import PracticeQuestion, questions
from kit.course.practice import questions_text
from kit.machine.catalogue import CATALOGUE
from kit.storage.questions import QUESTIONS_FILE
from kit.storage.scenarios import scenarios

FILE = Path(__file__).parent.parent / "data" / QUESTIONS_FILE


def generated() -> tuple[PracticeQuestion, ...]:
    """Return the questions on all scenarios at the revisions that the lessons name."""
    named = [revision for revision in CATALOGUE if revision.alias]
    return tuple(questions(scenarios().values(), named))


def main() -> None:
    """Write the file."""
    found = generated()
    write_atomic(FILE, questions_text(found).encode())
    print(f"{FILE}: {len(found)} questions")


if __name__ == "__main__":
    main()
