"""A thousand inputs of ``make fuzz``, always the same; and what it once found."""

from __future__ import annotations

import math
import random
import time
from pathlib import Path

import pytest

from tests.effort import LONG
from tests.fuzz.grammar import grown, restructured
from tests.fuzz.mutate import LARGEST
from tests.fuzz.run import fuzz, outcome
from tests.fuzz.targets import CORPUS, TARGETS, Target, seeds
from tests.fuzz.worst import SIZE, Cost, cost, search

COUNT = 150 if LONG else 60


@pytest.mark.parametrize("name", TARGETS)
def test_whatever_a_reader_gets_it_says_in_a_line(name: str) -> None:
    result = fuzz(name, TARGETS[name], seed=1, count=COUNT)

    assert (result.inputs, [said for _, said in result.findings]) == (COUNT, [])


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_reads_what_its_inputs_are_made_from(name: str) -> None:
    """Else its inputs would be refused at once, and nothing behind that be reached."""
    found = [outcome(TARGETS[name], data) for data in seeds(TARGETS[name])]

    assert "fine" in found
    assert [said for said in found if said.startswith("finding")] == []


GRAMMARS = [name for name, target in TARGETS.items() if target.grammar is not None]


@pytest.mark.parametrize("name", GRAMMARS)
def test_a_grammar_writes_what_it_reads(name: str) -> None:
    """Each of the target's own inputs, read and written, is read by the target."""
    target = TARGETS[name]
    assert target.grammar is not None
    dice = random.Random(1)
    found = [
        outcome(target, target.grammar.write(dice, target.grammar.read(data)))
        for data in seeds(target)
    ]

    assert found == ["fine"] * len(found)


@pytest.mark.parametrize("name", GRAMMARS)
def test_a_grammar_makes_what_is_read_and_what_is_refused(name: str) -> None:
    target = TARGETS[name]
    assert target.grammar is not None
    dice, pool = random.Random(1), list(seeds(target))
    inputs = [restructured(dice, target.grammar, pool) for _ in range(COUNT)]
    found = {outcome(target, data) for data in inputs if data is not None}

    assert "fine" in found
    assert len(found) > 2
    assert [said for said in found if said.startswith("finding")] == []


@pytest.mark.parametrize("name", GRAMMARS)
def test_a_grown_document_is_as_large_as_asked_and_costs_no_more_than_any_may(name: str) -> None:
    target = TARGETS[name]
    assert target.grammar is not None
    dice, pool = random.Random(1), list(seeds(target))
    inputs = [grown(dice, target.grammar, pool, SIZE // 10) for _ in range(20 if LONG else 5)]
    large = max((data for data in inputs if data is not None), key=len)

    assert len(large) > SIZE // 20 or name in ("token", "path")  # they are words
    assert not cost(target, large).too_much


def test_the_cost_of_an_input_is_measured_apart() -> None:
    def greedy(_: bytes) -> None:
        began = time.process_time()
        kept = bytearray(200_000_000)
        while time.process_time() - began < 0.5:
            kept[-1] = 1

    found = cost(Target(greedy), b"")

    assert (found.said, found.seconds >= 0.5, found.megabytes > 200) == ("read", True, True)


def test_the_search_keeps_what_costs_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.fuzz.worst.cost", lambda _, data: Cost(len(data), -len(data)))
    files = ("tests/fuzz/corpus/words/*",)
    found = search("x", Target(bytes.decode, files), seed=1, until=math.inf, count=30)
    slow, large = ([len(data) for _, data in kept] for kept in (found.slow, found.large))

    assert (found.inputs, len(slow), len(large)) == (30, 4, 4)
    assert slow == sorted(slow, reverse=True)
    assert large == sorted(large)
    assert slow[-1] > 300 > large[-1]


FOUND_ONCE = sorted(CORPUS.glob("found/*"))


@pytest.mark.parametrize("path", FOUND_ONCE, ids=lambda path: path.name)
def test_what_was_found_once_is_not_found_again(path: Path) -> None:
    """Named after its target: ``scenario-…``."""
    target = TARGETS[path.name.rsplit("-", 1)[0].replace("-", " ")]

    assert not outcome(target, path.read_bytes()).startswith("finding")


def test_the_fuzzer_finds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A reader that cannot bear an input, one that takes for ever, one that steers a terminal."""
    monkeypatch.setattr("tests.fuzz.run.FOUND", tmp_path)
    monkeypatch.setattr("tests.fuzz.run.SLOW_S", 0.2)

    def for_ever(data: bytes) -> None:
        while len(data) != LARGEST + 1:
            pass

    def fragile(data: bytes) -> None:
        data.decode("ascii")

    files = ("tests/fuzz/corpus/words/*",)
    slow = fuzz("x", Target(for_ever, files), seed=1, count=1)
    broken = fuzz("y", Target(fragile, files, a_line_each=True), seed=1, count=200)

    assert (len(slow.findings), len(broken.findings)) == (1, 1)  # the same one is told once
    assert len(list(tmp_path.glob("*.txt"))) == 2
