"""A few thousand inputs of ``make fuzz``, always the same; and what it once found."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.mutate import LARGEST
from tests.fuzz.run import fuzz, outcome
from tests.fuzz.targets import CORPUS, TARGETS, Target, seeds

COUNT = 150


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
