"""A number and what it counts."""

from __future__ import annotations

import ast

import pytest

from kit.common.english import counted
from tests.sources import modules, nodes

ENDINGS = ("s", "es")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "0 lines"),
        (1, "1 line"),
        (2, "2 lines"),
        (1024, "1,024 lines"),
    ],
)
def test_one_alone_has_no_ending(number: int, words: str) -> None:
    assert counted(number, "line") == words


def test_the_ending_can_be_another() -> None:
    assert [counted(each, "match", "es") for each in (1, 2)] == ["1 match", "2 matches"]


def plurals(source: str) -> int:
    """Return how often a source adds the ending of a plural, by a product or a choice."""
    sides: list[tuple[ast.expr, ast.expr]] = [
        *((each.left, each.right) for each in nodes(source, ast.BinOp)),
        *((each.body, each.orelse) for each in nodes(source, ast.IfExp)),
    ]
    ends = [
        each.value in ENDINGS for both in sides for each in both if isinstance(each, ast.Constant)
    ]
    return sum(ends)


@pytest.mark.parametrize(
    "source",
    ["f\"{n} line{'s' * (n != 1)}\"", "'line' + ('' if n == 1 else 's')"],
)
def test_an_ending_is_seen(source: str) -> None:
    assert plurals(source) == 1


def test_nothing_else_makes_a_plural() -> None:
    assert {name: found for name, source in modules().items() if (found := plurals(source))} == {}
