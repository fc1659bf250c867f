"""docs/accessibility.md: every criterion of WCAG 2.1 A and AA has a row, and each test exists."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROWS = re.findall(
    r"^\| (\d.*?) \| (.+?) \| (.*?) ?\|$",
    (ROOT / "docs" / "accessibility.md").read_text(encoding="utf-8"),
    re.M,
)
SECTIONS = {
    "1.1": 1, "1.3": 5, "1.4": 13, "2.1": 4, "2.2": 2, "2.3": 1, "2.4": 7, "2.5": 4,
    "3.1": 2, "3.2": 4, "3.3": 4, "4.1": 3,
}  # fmt: skip
NOT_A_OR_AA = {"1.4.6", "1.4.7", "1.4.8", "1.4.9", "2.1.3"}


def criteria() -> set[str]:
    """Return the numbers of all criteria of levels A and AA, except those of 1.2."""
    every = {f"{part}.{n}" for part, most in SECTIONS.items() for n in range(1, most + 1)}
    return every - NOT_A_OR_AA


def named(head: str) -> set[str]:
    numbers = re.findall(r"\d\.\d\.\d+", head)
    if " to " in head:
        first, last = (int(number.rpartition(".")[2]) for number in numbers)
        return {f"{numbers[0].rpartition('.')[0]}.{n}" for n in range(first, last + 1)}
    return set(numbers)


def test_every_criterion_has_a_row_and_none_is_open() -> None:
    assert set().union(*(named(head) for head, _, _ in ROWS)) == criteria()
    known = {"met", "met by reading", "met in the markup", "partly", "does not apply"}
    assert {state for _, state, _ in ROWS} - known == set()


def test_what_is_met_names_a_test() -> None:
    met = [shown for _, state, shown in ROWS if state == "met"]

    assert [shown for shown in met if "tests/" not in shown and "axe" not in shown] == []


def test_every_test_that_it_names_exists() -> None:
    paths = [path for _, _, shown in ROWS for path in re.findall(r"`(tests/[^`]+)`", shown)]

    assert len(paths) > 8
    assert [path for path in paths if not (ROOT / path).exists()] == []
