"""A sample has each test, and of one with many cases those that differ most."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.effort import MAX_CASES, sample

FEW = MAX_CASES[""]
NAMES = st.lists(
    st.builds(
        "tests/{}::test_{}[{}-{}]".format, *[st.integers(0, 3)] * 2, *[st.integers(0, 30)] * 2
    )
)


@given(NAMES)
def test_each_test_is_there_with_as_many_cases_as_have_room(names: list[str]) -> None:
    cases = {name: name.partition("[")[0] for name in names}
    kept = [cases[name] for name in sample(names)]

    assert {test: kept.count(test) for test in cases.values()} == {
        test: min(FEW, [*cases.values()].count(test)) for test in cases.values()
    }


def test_each_value_is_there_if_there_is_room() -> None:
    names = [f"tests/a.py::test[{a}-{b}]" for a, b in product("ab", "xy")]
    taken = [name.partition("[")[2].rstrip("]").split("-") for name in sample(names)]

    assert {a for a, _ in taken} == set("ab")
    assert {b for _, b in taken} == set("xy")


@given(NAMES)
def test_order_does_not_matter(names: list[str]) -> None:
    assert sample(names) == sample(reversed(names))


@pytest.mark.parametrize("place", MAX_CASES)
def test_a_case_that_is_one_more_changes_one_at_most(place: str) -> None:
    names = [f"{place}test.py::test[{number}]" for number in range(50)]

    assert len(sample(names) - sample([*names, f"{place}test.py::test[new]"])) <= 1
