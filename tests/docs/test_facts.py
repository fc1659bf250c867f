"""docs/facts.md: every claim has a place, a source and a test, and all of them exist."""

from __future__ import annotations

import ast
import json
import re
from functools import cache
from pathlib import Path

import pytest

from tools.facts import PAGE, ROOT, Fact, facts, page

FACTS = facts()
each = pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.claim[:60])


@cache
def words_of(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        return text
    return "\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"])


@cache
def names_in(path: Path) -> set[str]:
    body = ast.parse(path.read_text(encoding="utf-8")).body
    return {one.name for one in body if isinstance(one, ast.FunctionDef)}


@cache
def recordings() -> set[str]:
    folder = ROOT / "data" / "reference" / "directed"
    return {
        json.loads(line)["name"]
        for path in folder.glob("*.jsonl")
        for line in path.read_text(encoding="utf-8").splitlines()
    }


def test_there_are_at_least_100_claims_and_none_twice() -> None:
    assert len({fact.claim for fact in FACTS}) == len(FACTS) >= 100


def test_the_page_is_made_from_the_data() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(FACTS)


@each
def test_the_place_has_the_words(fact: Fact) -> None:
    assert len(fact.text) > 3
    assert fact.text in words_of(ROOT / fact.used)


@each
def test_the_test_exists(fact: Fact) -> None:
    path, _, name = fact.test.partition("::")

    assert name in names_in(ROOT / path)


@each
def test_a_source_is_named_and_its_recordings_exist(fact: Fact) -> None:
    named = re.findall(
        r"\brecordings? ((?:[a-z][a-z\d]*(?:-[a-z\d]+)+(?:, | and )?)+)", fact.source
    )
    names = [name for found in named for name in re.split(r", | and ", found) if name]

    assert fact.source
    assert [name for name in names if name not in recordings()] == []


def test_claims_rest_on_recordings() -> None:
    """A third of them at least: a claim about QEMU is shown on a real one where it can be."""
    shown = [
        fact for fact in FACTS if "recording" in fact.source or "data/reference" in fact.source
    ]

    assert len(shown) * 3 >= len(FACTS)
