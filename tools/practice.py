"""Write the questions of `kit practise` to their file: ``python -m tools.practice``."""

from __future__ import annotations

from pathlib import Path

from kit.common.user_file import write_atomic
from kit.course.ideas import PracticeQuestion, questions
from kit.course.practice import questions_text
from kit.machine.catalogue import CATALOGUE, TRIALS
from kit.machine.pcie_revisions import PCIE_REVISIONS
from kit.machine.revision import Patch
from kit.storage.exercises import QUESTIONS_FILE
from kit.storage.scenarios import find_scenario, scenarios

FILE = Path(__file__).parent.parent / "data" / QUESTIONS_FILE


def generated() -> tuple[PracticeQuestion, ...]:
    """Return the questions on all scenarios at the revisions that the lessons name, and on the
    longer timeout that nobody built.
    """
    named = [revision for revision in (*CATALOGUE, *PCIE_REVISIONS) if revision.alias]
    longer = [revision for revision in TRIALS if Patch.LONGER_TIMEOUT in revision.patches]
    return (
        *questions(scenarios().values(), named),
        *questions([find_scenario("busier-host")], longer),
    )


def main() -> None:
    """Write the file."""
    found = generated()
    write_atomic(FILE, questions_text(found).encode())
    print(f"{FILE}: {len(found)} questions")


if __name__ == "__main__":
    main()
