"""One revert as lines for the terminal."""

from __future__ import annotations

import pytest

from kit.git.values.verdict import RevertTarget, TargetStatus
from kit.views.terminal.revert import _target_words

DAY_S = 86_400


@pytest.mark.parametrize(
    ("committed_s", "authored_s", "said"),
    [
        (0, DAY_S, "0 days before (1 day before by author date)"),
        (33 * DAY_S, -DAY_S, "33 days before (1 day after by author date)"),
        (-1111 * DAY_S, None, "1,111 days after (not dated by author date)"),
    ],
)
def test_a_target_may_be_dated_after_its_revert(
    committed_s: int, authored_s: int | None, said: str
) -> None:
    target = RevertTarget("a" * 40, "a" * 40, TargetStatus.OK, committed_s, authored_s)

    assert _target_words(target) == f"{'a' * 10}, {said}"
