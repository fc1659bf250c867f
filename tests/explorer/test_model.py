"""The cast as a model: how many states there are, and that no time is in any."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.actors.pseries_programs import GuestKind
from kit.common.errors import UserError
from kit.explorer.jobs import SearchJob, explore_one
from kit.explorer.model import DrcModel, Situation, State
from kit.explorer.scope import DEFAULT, Scope
from kit.explorer.search import Ended
from kit.machine.catalogue import find_revision
from tests.effort import LONG
from tests.explorer.found import ARBITRARY, LINUX_5_12, LINUX_5_13, LINUX_5_14, found, go, searched


@pytest.mark.parametrize(
    ("revision", "states"),
    [
        ("baseline", (9255, 11508)),
        ("timer", (9255, 11508)),
        ("cpu-timeout", (31655, 42461)),
        ("deadline-helper", (31655, 42461)),
        ("pre-revert", (31655, 42461)),
        ("revert", (9255, 11508)),
        ("resend", (11731, 14962)),
        ("unisolate", (11731, 16303)),
        ("guest-error", (11731, 20023)),
        ("proposal", (60539, 76397)),
    ],
)
def test_the_default_scope_has_so_many_states(revision: str, states: tuple[int, int]) -> None:
    """A change of these numbers is a change of the cast, of the machine or of the scope.

    Linux 5.13 and 5.14 differ in memory alone, of which the default scope has none; a long run
    searches with both.
    """
    kinds = (LINUX_5_12, LINUX_5_13, LINUX_5_14) if LONG else (LINUX_5_12, LINUX_5_14)
    search = explore_one if LONG else searched
    jobs = [SearchJob(find_revision(revision), kind, DEFAULT) for kind in kinds]
    results = [search(job if LONG else job.searched).result for job in jobs]

    assert [result.states for result in results] == [states[0], states[1], states[1]][: len(kinds)]
    assert {result.ended for result in results} == {Ended.COMPLETE}


def test_the_default_scope_is_the_one_that_was_promised() -> None:
    assert Scope(cores=2, requests=2, resets=1, migrations=1, dimm_lmbs=0, phb=False) == DEFAULT


@pytest.mark.parametrize(
    ("name", "states"),
    [
        ("c1q1r0m0", 50),
        ("c1q2r1m1", 1291),
        ("c3q1r1m1", 2414),
        ("c0q2r1m1d1", 1313),
        ("c0q2r1m1d2", 4646),
        ("c0q1r1m1p", 102),
        ("c0q2r1m1n1", 299),
        ("c0q2r1m1n2", 1759),
    ],
)
def test_a_wider_or_narrower_scope_has_so_many_states(name: str, states: int) -> None:
    assert found("baseline", LINUX_5_14, name).result.states == states


def test_an_arbitrary_guest_reaches_more() -> None:
    assert found("baseline", ARBITRARY, "c0q2r1m1d2").result.states == 26100


def states_of(model: DrcModel, most: int = 3000) -> Iterator[State]:
    seen = set(model.initial())
    waiting = list(seen)
    while waiting and len(seen) < most:
        state = waiting.pop()
        yield state
        for action in model.actions(state):
            after = model.next_state(state, action)
            if after not in seen:
                seen.add(after)
                waiting.append(after)


def test_no_time_is_in_any_state() -> None:
    """A clock in a state would make every state a new one."""
    model = DrcModel(find_revision("pre-revert"), LINUX_5_13, DEFAULT)
    machines = [model.situation(state).machine for state in states_of(model)]

    assert {machine.now_ns for machine in machines} == {0}
    assert {timer.expire_ns for m in machines for timer in m.timers} == {15_000_000_000}


def test_the_timer_that_was_started_first_fires_first() -> None:
    """Both run for 15 s of one clock, so the second cannot overtake the first."""
    model = DrcModel(find_revision("pre-revert"), LINUX_5_12, DEFAULT)
    state, _ = go(model, "device_del core2", "device_del core1", "QEMU's timer fires")

    assert [timer.index for timer in model.situation(state).machine.timers] == [0x10000001]


def test_a_request_waits_for_the_answer_to_the_one_before() -> None:
    model = DrcModel(find_revision("revert"), LINUX_5_12, DEFAULT)
    start, after = model.initial()[0], go(model, "virsh setvcpus 1")[0]

    assert [a.text for a in model.actions(start)] == [
        "virsh setvcpus 2",
        "virsh setvcpus 1",
        "device_del core1",
        "device_del core2",
        "system_reset",
        "migrate",
    ]
    assert [a.text for a in model.actions(after)] == [
        "libvirt reads",
        "device_del core1",
        "device_del core2",
        "system_reset",
        "migrate",
    ]


def test_where_qemu_has_aborted_nothing_happens_any_more() -> None:
    model = DrcModel(find_revision("fe1831eff8"), ARBITRARY, Scope(cores=0, dimm_lmbs=1))
    state, _ = go(model, "device_del dimm1", "migrate", "guest configure dimm1.0")

    assert model.situation(state).machine.aborted is not None
    assert model.actions(state) == ()


def test_two_models_go_the_same_ways() -> None:
    """Numbers of parts are a model's own; what a choice means must not depend on them."""
    revision = find_revision("guest-error")
    again = explore_one(SearchJob(revision, LINUX_5_13, DEFAULT))

    assert again == found("guest-error", LINUX_5_13)


@given(st.lists(st.integers(0, 1000), max_size=40), st.sampled_from([LINUX_5_14, ARBITRARY]))
def test_what_was_computed_before_changes_nothing(draws: list[int], kind: GuestKind) -> None:
    """A model keeps what comes of each turn; a new one computes it all again."""
    scope = Scope(cores=1, dimm_lmbs=2)
    used = _USED.setdefault(kind, DrcModel(find_revision("guest-error"), kind, scope))
    new = DrcModel(find_revision("guest-error"), kind, scope)

    assert list(situations(used, draws)) == list(situations(new, draws))


_USED: dict[GuestKind, DrcModel] = {}


@pytest.mark.parametrize("kind", [LINUX_5_14, ARBITRARY])
def test_the_states_that_follow_are_those_after_each_action(kind: GuestKind) -> None:
    """Each way has a model of its own, whose memory the other one cannot have filled."""
    scope = Scope(cores=1, dimm_lmbs=2)
    at_once, one_by_one = (DrcModel(find_revision("guest-error"), kind, scope) for _ in range(2))
    pairs = [(at_once.initial()[0], one_by_one.initial()[0])]
    for state, same in pairs:
        assert at_once.situation(state) == one_by_one.situation(same)
        if len(pairs) < 2000:
            after = [one_by_one.next_state(same, action) for action in one_by_one.actions(same)]
            pairs += zip(at_once.successors(state), after, strict=True)


def situations(model: DrcModel, draws: list[int]) -> Iterator[Situation]:
    """Go some way, as drawn."""
    state = model.initial()[0]
    for draw in draws:
        actions = model.actions(state)
        if actions:
            state = model.next_state(state, actions[draw % len(actions)])
        yield model.situation(state)


@pytest.mark.parametrize(
    "name", ["c2q2r1m1", "c0q3r0m9d3p", "c3q0r0m0", "c0q2r1m0n1", "c1q2r1m0d1pn2"]
)
def test_a_scope_is_read_as_it_is_named(name: str) -> None:
    assert Scope.read(name).name == name


@pytest.mark.parametrize("name", ["c0q2r1m1p", "c0q2r1m1n1"])
def test_beside_a_bridge_or_a_card_nothing_migrates(name: str) -> None:
    """No recording has such a migration."""
    scope = Scope.read(name)
    model = DrcModel(find_revision("today"), LINUX_5_14, scope)

    assert scope.words.endswith("2 requests, 1 reset, no migrations")
    assert "migrate" not in [action.text for action in model.actions(model.initial()[0])]


def test_a_reset_ends_drmgr_before_it_decides() -> None:
    model = DrcModel(find_revision("today"), LINUX_5_14, Scope(cores=0, pci=1))
    asked = ("device_del net3", "guest reads", "guest reads")
    (before, _), (after, _) = go(model, *asked), go(model, *asked, "system_reset")

    decides = {"drmgr releases", "drmgr refuses"}
    assert decides <= {action.text for action in model.actions(before)}
    assert not decides & {action.text for action in model.actions(after)}


def test_a_function_is_announced_with_function_0_alone() -> None:
    model = DrcModel(find_revision("today"), LINUX_5_14, Scope(cores=1, pci=2))

    assert [device.id for device in model.devices] == ["core1", "net3f1", "net3"]
    assert [device.id for device in model.announced] == ["core1", "net3"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("c4q2r1m1", "--cores 4: the explorer takes 0 to 3"),
        ("c2q2r1m1d9", "--dimm-lmbs 9: the explorer takes 0 to 3"),
        ("c0q2r1m1n9", "--pci 9: the explorer takes 0 to 2"),
        ("c0q2r1m1", "nothing to unplug: --cores 0 needs --dimm-lmbs, --phb or --pci"),
        ("much", "'much' is not a scope; one looks like c2q2r1m1"),
    ],
)
def test_what_is_no_scope_is_refused(name: str, message: str) -> None:
    with pytest.raises(UserError) as error:
        Scope.read(name)

    assert str(error.value) == message


def test_an_acpi_machine_is_refused() -> None:
    with pytest.raises(UserError):
        DrcModel(find_revision("q35"), GuestKind.LINUX_5_12, DEFAULT).initial()
