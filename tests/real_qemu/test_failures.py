"""What is tried again, and how often."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kit.machine.events import Abort, Aborted, QmpReturn, Reply
from kit.real_qemu.channel.failures import MAX_TRIES, Tried, crashed, tried


def attempt(*ends: str) -> Callable[[], tuple[int, str]]:
    """Return an attempt that ends in these ways, one after the other, and then well."""
    left = [*ends]
    count = [0]

    def once() -> tuple[int, str]:
        count[0] += 1
        return count[0], left.pop(0) if left else ""

    return once


@pytest.mark.parametrize(
    ("ends", "result", "earlier"),
    [
        ((), 1, ()),
        (("ended (SIGABRT)",), 2, ("ended (SIGABRT)",)),
        (("a", "b", "c", "d"), MAX_TRIES, ("a", "b")),
    ],
    ids=["well at once", "well the second time", "never well"],
)
def test_the_last_try_is_the_result(
    ends: tuple[str, ...], result: int, earlier: tuple[str, ...]
) -> None:
    assert tried(attempt(*ends)) == Tried(result, earlier)


def test_the_remark_names_every_earlier_end() -> None:
    assert Tried(0).words == ""
    assert Tried(0, ("hangs",)).words == " (tried again: the binary hangs)"
    assert Tried(0, ("hangs", "ended")).words == " (tried again: the binary hangs; then it ended)"


@pytest.mark.parametrize(
    ("reply", "is_crash"),
    [
        (QmpReturn(), False),
        (Aborted(Abort("hw/ppc/spapr.c", "f", "ds")), False),
        (Aborted(Abort("", "SIGSEGV", None)), True),
        (Aborted(Abort("", "no answer to device_del", None)), True),
    ],
)
def test_a_failed_assertion_is_an_answer(reply: Reply, is_crash: bool) -> None:
    assert crashed(reply) is is_crash
