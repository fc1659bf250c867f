"""docs/facts.md: every claim has a place, a source and a test, and all of them exist."""

from __future__ import annotations

import ast
import json
import re
from functools import cache
from pathlib import Path

from tools.facts import PAGE, ROOT, Fact, facts, page

FACTS = facts()


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


def test_the_place_has_the_words() -> None:
    assert [fact.text for fact in FACTS if len(fact.text) <= 3] == []
    assert [
        (fact.used, fact.text) for fact in FACTS if fact.text not in words_of(ROOT / fact.used)
    ] == []


def test_the_test_exists() -> None:
    parts = [fact.test.partition("::") for fact in FACTS]

    assert [(path, name) for path, _, name in parts if name not in names_in(ROOT / path)] == []


def recordings_of(fact: Fact) -> list[str]:
    named = re.findall(
        r"\brecordings? ((?:[a-z][a-z\d]*(?:-[a-z\d]+)+(?:, | and )?)+)", fact.source
    )
    return [name for found in named for name in re.split(r", | and ", found) if name]


def test_a_source_is_named_and_its_recordings_exist() -> None:
    assert [fact.claim for fact in FACTS if not fact.source] == []
    assert [
        (fact.claim, name)
        for fact in FACTS
        for name in recordings_of(fact)
        if name not in recordings()
    ] == []


def test_claims_rest_on_recordings() -> None:
    """A third of them at least: a claim about QEMU is shown on a real one where it can be."""
    shown = [
        fact for fact in FACTS if "recording" in fact.source or "data/reference" in fact.source
    ]

    assert len(shown) * 3 >= len(FACTS)
