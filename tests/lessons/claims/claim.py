"""A claim that a lesson's prose makes: where it holds, and where it must fail."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

Look = Callable[[Any], object]


def claim(
    says: object, *, of: Sequence[object], but_not: Sequence[object]
) -> Callable[[Look], Look]:
    """Make a test of a function that looks something up: it finds what the lesson says.

    A claim that is true everywhere guards nothing, so each names where it is false as well.

    Args:
        says: What the lesson says.
        of: Revisions, scenarios, clicks or the like of which it says so.
        but_not: Those at which the function must find something else.
    """
    assert of, "a claim holds somewhere"
    assert but_not, "a claim fails somewhere"
    cases = [
        *(pytest.param(one, True, id=f"{_words(one)}") for one in of),
        *(pytest.param(one, False, id=f"not {_words(one)}") for one in but_not),
    ]

    def made(look: Look) -> Look:
        @pytest.mark.parametrize(("given", "holds"), cases)
        def test(given: object, holds: bool) -> None:
            if holds:
                assert look(given) == says
            else:
                assert look(given) != says

        test.__name__ = test.__qualname__ = look.__name__
        test.__doc__, test.__module__ = look.__doc__, look.__module__
        return test

    return made


def _words(one: object) -> str:
    if isinstance(one, tuple):
        return ", ".join(map(_words, one))
    return str(getattr(one, "value", one))
