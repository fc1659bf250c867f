"""Only `kit/simulation/platforms` may ask which machine or guest it has."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from kit.machine.catalogue import CATALOGUE, Q35
from kit.simulation.platform import platform_of

KIT = Path(__file__).parent.parent.parent / "kit"
TYPES = {
    type(value).__name__
    for revision in (CATALOGUE[0], Q35)
    for value in platform_of(revision).switch_on(revision)
}


def named(node: ast.expr) -> set[str]:
    """Return the last parts of all names in an expression."""
    return {
        found.id if isinstance(found, ast.Name) else found.attr
        for found in ast.walk(node)
        if isinstance(found, ast.Name | ast.Attribute)
    }


def asked(source: str, types: set[str]) -> Iterator[int]:
    """Yield the lines that ask whether a value is of one of *types*."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Name("isinstance" | "issubclass"), args=[_, kinds]):
                names = named(kinds)
            case ast.MatchClass(cls=kind):
                names = named(kind)
            case ast.Compare(left=ast.Call(func=ast.Name("type")), comparators=[kind]):
                names = named(kind)
            case _:
                continue
        if names & types:
            yield node.lineno


def test_nobody_but_a_platform_asks_which_machine_or_guest_it_has() -> None:
    wrong = [
        f"{path.relative_to(KIT)}:{line}"
        for path in sorted(KIT.glob("**/*.py"))
        if path.parent != KIT / "simulation" / "platforms"
        for line in asked(path.read_text(encoding="utf-8"), TYPES)
    ]

    assert {"Machine", "Guest"} < TYPES
    assert wrong == []


@pytest.mark.parametrize(
    "source",
    [
        "isinstance(x, Machine)",
        "isinstance(x, str | q35.Machine)",
        "isinstance(x, (int, Machine))",
        "type(x) is Machine",
        "match x:\n case Machine():\n  pass",
        "match x:\n case int() | board.Machine(now_ns=0):\n  pass",
    ],
)
def test_a_question_for_the_type_is_found(source: str) -> None:
    assert [*asked(source, {"Machine"})] != []


def test_other_questions_are_none() -> None:
    assert [*asked("isinstance(x, Machines)\nMachine()\nf(x, Machine)", {"Machine"})] == []
