"""The order of the tests: nothing is lost, slow files stay together and come first in a share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.order import SLOW, arranged

ROOT = Path(__file__).parents[1]
FILES = {place: key for key in SLOW for place in ([key] if isinstance(key, str) else key)}
PLACES = [place for place in FILES for _ in range(3)] + ["tests/test_quick.py"] * 300
TESTS = list(range(len(PLACES)))


@pytest.mark.parametrize("processes", [1, 2, 3, 4])
def test_each_test_stands_there_once(processes: int) -> None:
    assert sorted(arranged(TESTS, PLACES, processes)) == TESTS


def test_each_process_has_its_share_of_the_time_first() -> None:
    found = arranged(TESTS, PLACES, 3)
    size = len(TESTS) // 3
    shares = [[PLACES[test] for test in found[n * size :][:size]] for n in range(3)]
    seconds = [
        sum(SLOW[key] for key in {FILES[place] for place in {*share} & FILES.keys()})
        for share in shares
    ]

    assert max(seconds) - min(seconds) < 0.2 * sum(seconds) / 3
    for share in shares:
        slow = [place in FILES for place in share]
        assert slow == sorted(slow, reverse=True)


def test_what_is_called_slow_is_there() -> None:
    assert [place for place in FILES if not (ROOT / place).exists()] == []
