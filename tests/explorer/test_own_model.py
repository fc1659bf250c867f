"""Searching a machine of somebody's own: shortest counterexamples, and paths that are played."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from kit.common.json_fields import Json
from kit.explorer.own_machine import OwnMachineError
from kit.explorer.own_model import OwnPath, explore_own, play_own, violated_by
from kit.explorer.search import Ended, Judgement
from kit.storage.own_program import machine_of
from tests.explorer.own_toys import Counter, Toy


def told(path: OwnPath) -> list[str]:
    return [prop.name for prop in violated_by(path)]


def test_a_search_finds_the_shortest_path_of_each_kind() -> None:
    explored = explore_own(machine_of(Toy()))
    found = {
        one.prop.name: (one.found.judgement, [action.name for action in one.actions])
        for one in explored.findings
    }

    assert (explored.result.states, explored.result.ended) == (4, Ended.COMPLETE)
    assert found == {
        "small": (Judgement.VIOLATED, ["ask", "work"]),
        "even": (Judgement.VIOLATED, ["ask", "work", "ask"]),
        "three": (Judgement.HOLDS, ["ask", "work", "ask"]),
    }


def test_a_property_that_no_step_judges_is_not_exercised() -> None:
    class Silent(Toy):
        def step(self, _state: Json, _action: str) -> Mapping[str, Any] | None:
            return None

    explored = explore_own(machine_of(Silent()))

    assert [one.found.judgement for one in explored.findings] == [
        Judgement.NOT_EXERCISED,
        Judgement.NOT_EXERCISED,
        Judgement.VIOLATED,
    ]


def test_an_eventual_property_is_judged_only_at_rest() -> None:
    """After ask the number is odd, but work is under way."""
    machine = machine_of(Toy())

    assert told(play_own(machine, "ask")) == []
    assert told(play_own(machine, "ask, work, ask")) == ["small", "even"]


def test_states_without_end_stop_at_the_bound() -> None:
    explored = explore_own(machine_of(Counter()), max_states=50)

    assert (explored.result.states, explored.result.ended) == (50, Ended.BOUND)


def test_a_path_of_the_search_plays_as_it_was_found() -> None:
    machine = machine_of(Toy())
    finding = explore_own(machine).findings[0]
    played = play_own(machine, ", ".join(action.name for action in finding.actions))

    assert [choice.step.state for choice in played.choices if choice.step] == ["1", "2"]
    assert told(played) == [finding.prop.name]


def test_an_action_that_cannot_happen_is_one_line() -> None:
    with pytest.raises(OwnMachineError) as caught:
        play_own(machine_of(Toy()), "ask, ask")

    assert str(caught.value) == (
        "Toy: action 2, ask, cannot happen there from start first; possible there: work"
    )


def test_beside_another_start_nothing_happens_at_an_action_that_cannot() -> None:
    played = play_own(machine_of(Toy()), "ask, work", "second", strict=False)

    assert [choice.step is None for choice in played.choices] == [True, False]
    assert [message.said.words for message in played.choices[0].messages] == [
        "ask: cannot happen here"
    ]
    assert [dict(shown)["a"].words for shown in played.shows] == ["one", "one", "2"]
