"""Where two runs part, in words; and who knows what."""

from __future__ import annotations

from itertools import product

import pytest

from kit.machine.catalogue import CATALOGUE, RELEASES, find_revision
from kit.simulation.run import play
from kit.simulation.sandbox import Act
from kit.simulation.story import in_words, where_they_part, who_knows_what
from kit.storage.scenarios import find_scenario
from tests.clicks import sandbox_pair, sandbox_run
from tests.simulation.stories import story

A = Act


def words(before: str, after: str, *acts: Act) -> list[str]:
    return where_they_part(
        sandbox_pair(find_revision(before), find_revision(after), *acts)
    ).splitlines()


@pytest.mark.parametrize(
    ("before", "after", "acts", "said"),
    [
        ("pre-revert", "revert", (), ["So far both have done the same."]),
        (
            "pre-revert",
            "revert",
            (A.DEVICE_DEL, A.GUEST_RELEASES_LATE),
            [
                "At 15 s, QEMU at pre-revert dropped the request at its timeout and sent no event;"
                " QEMU at revert went on waiting.",
                "pre-revert: the guest has released the core, QEMU still holds it and sent"
                " no DEVICE_DELETED: limbo.",
                "revert: QEMU removed the core and sent DEVICE_DELETED.",
            ],
        ),
        (
            "revert",
            "pre-revert",
            (A.DEVICE_DEL, A.WAIT_5_S, A.DEVICE_DEL),
            [
                "At 5 s, QEMU at pre-revert refused the request (“core-id 1 unplug is still"
                " pending, 10 seconds timeout remaining”); QEMU at revert accepted it.",
                "revert: the request is still pending.",
                "pre-revert: the request is still pending.",
            ],
        ),
        (
            "revert",
            "resend",
            (A.DEVICE_DEL, A.GUEST_REFUSES, A.DEVICE_DEL, A.GUEST_RELEASES),
            [
                "At 0 s, QEMU at resend sent the guest another event; QEMU at revert sent none.",
                "revert: the request is still pending.",
                "resend: QEMU removed the core and sent DEVICE_DELETED.",
            ],
        ),
        (
            "unisolate",
            "guest-error",
            (A.DEVICE_DEL, A.GUEST_REFUSES),
            [
                "At 0 s, QEMU at guest-error reported the refusal"
                " (DEVICE_UNPLUG_GUEST_ERROR); QEMU at unisolate sent no such event.",
                "unisolate: the guest keeps the core, and no request is pending.",
                "guest-error: the guest keeps the core, and no request is pending.",
            ],
        ),
        (
            "pre-revert",
            "revert",
            (A.DEVICE_DEL, A.GUEST_RELEASES_LATE, A.SYSTEM_RESET),
            [
                "At 15 s, QEMU at pre-revert dropped the request at its timeout and sent no event;"
                " QEMU at revert went on waiting.",
                "pre-revert: the guest uses the core again.",
                "revert: QEMU removed the core and sent DEVICE_DELETED.",
            ],
        ),
    ],
    ids=["same", "limbo", "refused", "resent", "told", "back"],
)
def test_the_first_difference_in_words(
    before: str, after: str, acts: tuple[Act, ...], said: list[str]
) -> None:
    assert words(before, after, *acts) == said


def test_every_pair_has_a_story_for_every_short_script() -> None:
    acts = (A.DEVICE_DEL, A.GUEST_RELEASES, A.GUEST_REFUSES, A.WAIT_TO_15_S, A.SYSTEM_RESET)
    for script in product(acts, repeat=3):
        for before, after in zip(CATALOGUE, CATALOGUE[1:] + RELEASES[-1:], strict=True):
            pair = sandbox_pair(before, after, *script)
            said = where_they_part(pair)

            assert (said == "So far both have done the same.") is (
                pair.before.trace == pair.after.trace
            )


@pytest.mark.parametrize(
    ("name", "scenario", "knows"),
    [
        (
            "pre-revert",
            "late-release",
            {
                "QEMU": "holds core1; dropped the request at 15 s, no longer waits",
                "guest": "has released core1",
                "operator received": "“accepted” at 0 s",
            },
        ),
        (
            "revert",
            "late-release",
            {
                "QEMU": "has removed core1",
                "guest": "has released core1",
                "operator received": "“accepted” at 0 s, DEVICE_DELETED at 16 s",
            },
        ),
        (
            "revert",
            "retry-each-second",
            {
                "QEMU": "has waited for the guest since 0 s",
                "guest": "uses core1",
                "operator received": "…, “accepted” at 15 s, “accepted” at 16 s,"
                " “accepted” at 17 s",
            },
        ),
        (
            "pre-revert",
            "retry-each-second",
            {
                "QEMU": "has waited for the guest since 15 s",
                "guest": "uses core1",
                "operator received": "…, “accepted” at 15 s, an error at 16 s, an error at 17 s",
            },
        ),
        (
            "unisolate",
            "refuse-then-reset",
            {
                "QEMU": "holds core1; no request is pending",
                "guest": "uses core1",
                "operator received": "“accepted” at 0 s",
            },
        ),
        (
            "pre-revert",
            "libvirt-wrong",
            {
                "QEMU": "holds core1; dropped the request at 15 s, no longer waits",
                "guest": "has released core1",
                "libvirt": "lists core1",
                "operator received": "“timed out” at 10 s",
            },
        ),
        (
            "pre-revert",
            "vm-stopped",  # what stop and cont are answered is not a word of the core
            {
                "QEMU": "has removed core1",
                "guest": "has released core1",
                "libvirt": "does not list core1",
                "operator received": "“timed out” at 10 s, an error at 20 s",
            },
        ),
    ],
)
def test_who_knows_what(name: str, scenario: str, knows: dict[str, str]) -> None:
    run = play(find_scenario(scenario), find_revision(name))

    assert dict(who_knows_what(run)) == knows


def test_who_knew_what_at_an_entry() -> None:
    run = play(find_scenario("late-release"), find_revision("pre-revert"))

    assert [dict(who_knows_what(run, seq=seq)) for seq in (-1, 2)] == [
        {
            "QEMU": "holds core1; no request is pending",
            "guest": "uses core1",
            "operator received": "nothing",
        },
        {
            "QEMU": "has waited for the guest since 0 s",
            "guest": "uses core1",
            "operator received": "“accepted” at 0 s",
        },
    ]


@pytest.mark.parametrize(
    ("revision", "acts", "said"),
    [
        ("revert", (A.DEVICE_DEL,), "the request is still pending."),
        ("revert", (A.DEVICE_DEL, A.WAIT_TO_15_S, A.DEVICE_DEL), "the request is still pending."),
        (
            "pre-revert",
            (A.DEVICE_DEL, A.WAIT_TO_15_S, A.DEVICE_DEL),
            "the second request is still pending.",
        ),
        (
            "pre-revert",
            (A.DEVICE_DEL, A.WAIT_TO_15_S, A.DEVICE_DEL, A.WAIT_TO_15_S, A.DEVICE_DEL),
            "the last request is still pending.",
        ),
        (
            "unisolate",
            (A.DEVICE_DEL, A.GUEST_REFUSES, A.WAIT_1_S, A.DEVICE_DEL),
            "the second request is still pending.",
        ),
        (
            "unisolate",
            (A.DEVICE_DEL, A.GUEST_REFUSES, A.DEVICE_DEL),
            "the second request is still pending.",
        ),
    ],
)
def test_it_is_said_which_request_is_pending(
    revision: str, acts: tuple[Act, ...], said: str
) -> None:
    """After QEMU dropped one, the pending one is not the first."""
    assert in_words(sandbox_run(find_revision(revision), *acts)) == said


def test_a_reset_alone_does_not_bring_a_core_back() -> None:
    """The guest loses everything at a reset; it has let go only of what it gave up before."""
    script = story(
        "1 s: device_del core1", "2 s: system_reset", guest="linux-5.12", pinned=["core1"]
    )

    assert in_words(play(script, find_revision("baseline"))) != ("the guest uses the core again.")
