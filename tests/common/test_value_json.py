"""Data classes as JSON and back."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.common.json_fields import FormatError
from kit.common.value_json import value_from_json, value_json


class Colour(Enum):
    RED = "r"
    BLUE = "b"


@dataclass(frozen=True, slots=True)
class Inner:
    word: str
    flag: bool | None = None


@dataclass(frozen=True, slots=True)
class Outer:
    number: int
    colour: Colour
    inner: tuple[Inner, ...] = ()
    pair: tuple[int, int] | None = None


VALUE = Outer(3, Colour.BLUE, (Inner("a"), Inner("b", True)), (1, 2))
WRITTEN = {
    "number": 3,
    "colour": "BLUE",
    "inner": [{"word": "a", "flag": None}, {"word": "b", "flag": True}],
    "pair": [1, 2],
}


def test_a_value_is_written_by_the_names_of_its_fields() -> None:
    assert value_json(VALUE) == WRITTEN


@given(
    st.builds(
        Outer,
        st.integers(-(1 << 60), 1 << 60),
        st.sampled_from(Colour),
        st.lists(
            st.builds(
                Inner,
                st.text(st.characters(exclude_categories=["Cs"])),
                st.sampled_from([None, True, False]),
            ),
            max_size=3,
        ).map(tuple),
        st.none() | st.tuples(st.integers(0, 9), st.integers(0, 9)),
    )
)
def test_what_is_written_is_read_again(value: Outer) -> None:
    assert value_from_json(Outer, json.loads(json.dumps(value_json(value))), "it") == value


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"number": True}, "number is True, not of type int"),
        ({"number": 3.0}, "number is 3.0, not of type int"),
        ({"number": 1 << 70}, f"number is {1 << 70}, not an integer of 64 bits"),
        ({"colour": "GREEN"}, "colour is 'GREEN', not one of RED, BLUE"),
        ({"colour": ["RED"]}, "colour is ['RED'], not one of RED, BLUE"),
        ({"inner": "a"}, "inner is 'a', not a list"),
        ({"inner": [{"word": "a"}]}, "inner: key 'flag' is missing"),
        ({"inner": [{"word": "\ud800", "flag": None}]}, "word is not a text in Unicode"),
        ({"pair": [1]}, "pair has 1 values, not 2"),
        ({"more": 1}, "it: unknown key 'more'"),
    ],
)
def test_a_value_of_another_type_is_refused(changed: dict[str, Any], told: str) -> None:
    with pytest.raises(FormatError) as caught:
        value_from_json(Outer, {**WRITTEN, **changed}, "it")

    assert str(caught.value) == told


def test_what_json_has_no_form_for_is_refused() -> None:
    with pytest.raises(TypeError, match="float has no form in JSON"):
        value_json(replace(VALUE, number=1.5))  # type: ignore[arg-type]  # on purpose
