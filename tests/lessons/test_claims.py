"""The claims of the lessons: each lesson has some, and none of them is true everywhere."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.lessons.claims.claim import claim

ROOT = Path(__file__).parent.parent.parent
CLAIMS = Path(__file__).parent / "claims"
LESSONS = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))


def made_by(test: ast.FunctionDef) -> list[str]:
    """Return the names of the plain calls that decorate a test."""
    calls = [one.func for one in test.decorator_list if isinstance(one, ast.Call)]
    return [call.id for call in calls if isinstance(call, ast.Name)]


def test_each_lesson_has_one_file_of_claims() -> None:
    assert sorted(path.stem for path in CLAIMS.glob("test_*.py")) == [
        f"test_{name.replace('-', '_')}" for name in LESSONS
    ]


@pytest.mark.parametrize("name", LESSONS)
def test_a_file_of_claims_holds_nothing_else(name: str) -> None:
    path = CLAIMS / f"test_{name.replace('-', '_')}.py"
    functions = [
        node
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]

    assert functions
    assert [one.name for one in functions if made_by(one) != ["claim"]] == []


@pytest.mark.parametrize(("of", "but_not"), [([], [1]), ([1], [])])
def test_a_claim_says_where_it_holds_and_where_it_fails(of: list[int], but_not: list[int]) -> None:
    with pytest.raises(AssertionError, match=r"a claim .* somewhere"):
        claim(1, of=of, but_not=but_not)


@pytest.mark.parametrize(("given", "holds", "passes"), [(1, True, True), (2, True, False)])
def test_a_claim_that_is_false_fails(given: int, holds: bool, passes: bool) -> None:
    judged(given, holds=holds, passes=passes)


@pytest.mark.parametrize(("given", "holds", "passes"), [(2, False, True), (1, False, False)])
def test_a_claim_that_is_true_elsewhere_too_fails(given: int, holds: bool, passes: bool) -> None:
    judged(given, holds=holds, passes=passes)


def judged(given: int, *, holds: bool, passes: bool) -> None:
    test = claim(1, of=[1], but_not=[2])(lambda number: number)
    if passes:
        test(given, holds)  # type: ignore[call-arg]  # pytest gives both
    else:
        with pytest.raises(AssertionError):
            test(given, holds)  # type: ignore[call-arg]
