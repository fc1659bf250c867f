"""JSON is looked through before it is read: how many values it holds, and how deep they are."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.common import json_fields
from kit.common.json_fields import MAX_DEPTH, MAX_VALUES, FormatError, check_bounds, load

TEXTS = st.text(st.sampled_from('"\\[]{},:a\n') | st.characters(codec="utf-8"), max_size=9)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


def size_of(value: object) -> tuple[int, int]:
    """Return how many values there are, and how deep."""
    inner: list[Any] = []
    if isinstance(value, dict | list):
        inner = [size_of(one) for one in (value.values() if isinstance(value, dict) else value)]
    else:
        return 1, 0
    return 1 + sum(count for count, _ in inner), 1 + max((deep for _, deep in inner), default=0)


@given(value=VALUES, indent=st.sampled_from([None, 1]), plain=st.booleans())
def test_what_stands_in_a_text_does_not_count(value: object, indent: int, plain: bool) -> None:
    """The limits are those of the value itself: one less is refused, and they are not."""
    text = json.dumps(value, indent=indent, ensure_ascii=plain)
    values, depth = size_of(value)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_fields, "MAX_DEPTH", depth)
        patch.setattr(json_fields, "MAX_VALUES", 2 * values)  # an empty list counts as two
        check_bounds(text)
        patch.setattr(json_fields, "MAX_DEPTH", depth - 1)
        if depth:
            with pytest.raises(FormatError, match=f"^it nests more than {depth - 1} deep$"):
                check_bounds(text)
        patch.setattr(json_fields, "MAX_DEPTH", depth)
        patch.setattr(json_fields, "MAX_VALUES", values // 2)
        if values > 1:
            with pytest.raises(FormatError, match=f"^it holds more than {values // 2} values$"):
                check_bounds(text)


@pytest.mark.parametrize("piece", ["[],", "{},", '"",', "1,", "[", '{"a":', "[1],"])
def test_the_limit_is_named_before_the_values_are_made(piece: str) -> None:
    limits = (f"it holds more than {MAX_VALUES:,} values", f"it nests more than {MAX_DEPTH} deep")
    with pytest.raises(FormatError) as caught:
        load("[" + piece * MAX_VALUES)

    assert str(caught.value) in limits


@pytest.mark.parametrize("sign", ['"', '"a', '\\"', "a", '"\\', ",", "[]", "{}", '"",', "\\"])
def test_ten_megabytes_are_looked_through_in_seconds(sign: str) -> None:
    began = time.process_time()
    with suppress(FormatError):
        check_bounds(sign * (10_000_000 // len(sign)))

    assert time.process_time() - began < 5
