"""Errors are one line, in a notebook too, and name what was probably meant."""

from __future__ import annotations

import pytest

from kit import exercise, player, sandbox
from kit.common.errors import KitError, UserError, did_you_mean


def test_a_notebook_shows_the_line_and_no_traceback() -> None:
    assert KitError("no such thing")._render_traceback_() == ["no such thing"]


@pytest.mark.parametrize(
    ("call", "meant"),
    [
        (lambda: sandbox(after="rever"), "did you mean revert?"),
        (lambda: player("late-releas"), "did you mean late-release?"),
        (lambda: exercise("limbo-in-tow"), "did you mean limbo-in-two?"),
    ],
    ids=["revision", "scenario", "exercise"],
)
def test_a_slip_is_named(call: object, meant: str) -> None:
    assert callable(call)
    with pytest.raises(UserError) as caught:
        call()

    assert str(caught.value).endswith(meant)


def test_nothing_is_guessed_from_afar() -> None:
    assert did_you_mean("weather", ["revert", "timer"]) == ""
