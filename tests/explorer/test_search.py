"""The search alone, on toys whose states are known; it knows nothing of connectors."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from kit.common.errors import MisuseError
from kit.explorer.search import (
    Ended,
    Judgement,
    Property,
    PropertyKind,
    PropertyResult,
    Result,
    explore,
    walk,
)
from tests.conftest import Program
from tests.explorer.toys import Commit, Countdown, Jugs, TwoPhaseCommit, WaterJugs

HERE = Path(__file__).parent


def of(name: str, kind: PropertyKind, holds: object) -> Property[Jugs]:
    return Property(name, kind, holds)  # type: ignore[arg-type]


FOUR_LITRES = of("four", PropertyKind.SOMETIMES, lambda state: 4 in state)


def test_every_state_is_counted_once() -> None:
    assert explore(WaterJugs()) == Result(16, 96, 7, Ended.COMPLETE, {})


@pytest.mark.parametrize(("managers", "states"), [(2, 56), (3, 288), (5, 8832)])
def test_two_phase_commit_has_as_many_states_as_is_known(managers: int, states: int) -> None:
    """Stateright's 2pc example asserts 288 and 8,832 for three and five managers."""
    result = explore(TwoPhaseCommit(managers))

    assert (result.states, result.ended) == (states, Ended.COMPLETE)


def test_spin_counts_the_same_states(program: Program, tmp_path: Path) -> None:
    """The same protocol in Promela, searched by somebody else's program."""
    spin, compiler = program("spin"), program("gcc", "cc")
    subprocess.run([spin, "-a", HERE / "two_phase_commit.pml"], cwd=tmp_path, check=True)
    subprocess.run([compiler, "-w", "-DNOREDUCE", "-o", "pan", "pan.c"], cwd=tmp_path, check=True)
    said = subprocess.run(
        ["./pan"], cwd=tmp_path, check=True, capture_output=True, text=True
    ).stdout
    stored = re.search(r"(\d+) states, stored", said)
    assert stored is not None, said

    assert int(stored[1]) == explore(TwoPhaseCommit(3)).states


def test_an_example_is_a_shortest_one() -> None:
    """Six moves are the known answer of the two-jug problem."""
    path = explore(WaterJugs(), [FOUR_LITRES]).findings["four"].path
    assert path is not None
    states, actions = walk(WaterJugs(), path)

    assert actions == ["fill 5", "5 to 3", "empty 3", "5 to 3", "fill 5", "5 to 3"]
    assert states[-1] == (3, 4)


def test_a_counterexample_of_always_is_a_shortest_one() -> None:
    small = of("small", PropertyKind.ALWAYS, lambda state: sum(state) < 6)

    assert explore(WaterJugs(), [small]).findings == {"small": PropertyResult(False, (0, 0, 1))}


@pytest.mark.parametrize(
    ("premise", "judgement", "tried"),
    [
        (None, Judgement.HOLDS, None),
        (lambda state, action: action == "3 to 5" and state == (3, 0), Judgement.HOLDS, (0, 0, 4)),
        (lambda _, action: action == "empty 7", Judgement.NOT_EXERCISED, None),
    ],
    ids=["none", "met", "never met"],
)
def test_what_has_no_counterexample_holds_only_if_its_premise_is_met(
    premise: Callable[[Jugs, str], bool] | None, judgement: Judgement, tried: tuple[int, ...] | None
) -> None:
    claim = Property("small", PropertyKind.ALWAYS, lambda state: sum(state) < 9, premise)
    found = explore(WaterJugs(), [claim]).findings["small"]

    assert (found.judgement, found.tried) == (judgement, tried)


def test_a_counterexample_needs_no_premise() -> None:
    claim: Property[Jugs] = Property(
        "small", PropertyKind.ALWAYS, lambda state: sum(state) < 6, lambda *_: False
    )

    assert explore(WaterJugs(), [claim]).findings["small"].judgement is Judgement.VIOLATED


@pytest.mark.parametrize(
    ("most", "judgement"), [(16, Judgement.VIOLATED), (5, Judgement.NOT_EXERCISED)]
)
def test_without_an_example_only_a_whole_search_says_that_there_is_none(
    most: int, judgement: Judgement
) -> None:
    nine = of("nine", PropertyKind.SOMETIMES, lambda state: 9 in state)

    assert explore(WaterJugs(), [nine], max_states=most).findings["nine"].judgement is judgement


def test_eventually_is_judged_at_the_end_of_a_finished_run() -> None:
    """On the way it may be broken as often as it likes."""
    model = Countdown(2, 1)
    properties = [
        of("empty", PropertyKind.EVENTUALLY, lambda state: sum(state) == 0),
        of("full", PropertyKind.EVENTUALLY, lambda state: sum(state) > 0),
    ]

    assert explore(model, properties).findings == {
        "empty": PropertyResult(True, None),
        "full": PropertyResult(False, (0, 0, 0, 0)),
    }


def test_what_goes_round_in_a_circle_for_ever_is_not_finished() -> None:
    never = of("never", PropertyKind.EVENTUALLY, lambda _: False)

    assert explore(WaterJugs(), [never]).findings == {"never": PropertyResult(True, None)}


def test_sometimes_without_an_example_does_not_hold() -> None:
    nine = of("nine", PropertyKind.SOMETIMES, lambda state: sum(state) == 9)

    assert explore(WaterJugs(), [nine]).findings == {"nine": PropertyResult(False, None)}


def test_an_initial_state_is_judged_as_well() -> None:
    other = of("other", PropertyKind.ALWAYS, lambda state: state != (0, 0))

    assert explore(WaterJugs(), [other]).findings == {"other": PropertyResult(False, (0,))}


def test_agreement_holds_in_every_state_of_two_phase_commit() -> None:
    consistent: Property[Commit] = Property(
        "consistent",
        PropertyKind.ALWAYS,
        lambda state: not {"committed", "aborted"} <= set(state.managers),
    )

    assert explore(TwoPhaseCommit(3), [consistent]).findings["consistent"].holds


@pytest.mark.parametrize(("most", "states"), [(1, 1), (10, 10), (16, 16), (17, 16)])
def test_the_bound_on_states_is_an_end_that_says_so(most: int, states: int) -> None:
    result = explore(WaterJugs(), max_states=most)

    assert (result.states, result.complete) == (states, most >= 16)


def test_what_is_found_within_the_bound_is_kept() -> None:
    small = of("small", PropertyKind.ALWAYS, lambda state: sum(state) < 6)
    result = explore(WaterJugs(), [small], max_states=4)

    assert (result.ended, result.findings["small"]) == (
        Ended.BOUND,
        PropertyResult(False, (0, 0, 1)),
    )


class Interrupted(Countdown):
    """Somebody presses Ctrl-C in the middle."""

    def next_state(self, state: Jugs, action: int) -> Jugs:
        if state == (1, 1):
            raise KeyboardInterrupt
        return super().next_state(state, action)


def test_ctrl_c_gives_what_is_known_so_far() -> None:
    falls = of("falls", PropertyKind.ALWAYS, lambda state: state == (3, 3))
    result = explore(Interrupted(3, 3), [falls])

    assert result.ended is Ended.INTERRUPTED
    assert result.findings == {"falls": PropertyResult(False, (0, 0))}


def test_somebody_may_say_stop_and_is_told_how_far_it_is() -> None:
    told: list[tuple[int, int]] = []
    model = Countdown(100, 100)
    result = explore(model, progress=lambda *now: told.append(now), stop=lambda: len(told) == 2)

    assert result.ended is Ended.INTERRUPTED
    assert told == sorted(told)
    assert told[-1] == (result.states, result.depth)


@pytest.mark.parametrize("path", [(), (1,), (0, 6), (0, -1)], ids=str)
def test_a_path_that_is_none_is_refused(path: Sequence[int]) -> None:
    with pytest.raises(MisuseError):
        walk(WaterJugs(), tuple(path))
