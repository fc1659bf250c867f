"""What a machine of somebody's own may say, and what it is told where it says something else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from kit.common.errors import UserError
from kit.common.json_fields import Json
from kit.explorer.own_machine import OwnMachine, OwnMachineError, OwnMessage, OwnStep, Said
from kit.explorer.search import PropertyKind
from kit.storage.own_program import machine_of
from kit.trace.columns import Severity
from tests.explorer.own_toys import DESCRIPTION, Toy


class Saying(Toy):
    """A toy that gives one answer to every step."""

    def __init__(self, answer: Json) -> None:
        super().__init__()
        self.answer = answer

    def step(self, _state: Json, _action: str) -> Mapping[str, Any] | None:
        return self.answer  # type: ignore[no-any-return]  # whatever it is


def asked(machine: OwnMachine, action: str = "ask") -> OwnStep | None:
    found = {one.name: one for one in machine.description.actions}
    return machine.step(found[action], machine.start().state)


def test_a_description_becomes_a_value() -> None:
    description = machine_of(Toy()).description

    assert description.participants == ("a", "b")
    assert [(one.name, one.state, dict(one.shows)) for one in description.starts] == [
        ("first", "0", {}),
        ("second", "1", {"a": Said("one")}),
    ]
    assert [(one.name, one.message, one.begins) for one in description.actions] == [
        ("ask", OwnMessage("a", "b", Said("please")), True),
        ("work", OwnMessage("b", "b", Said("work")), False),
    ]
    assert [one.kind for one in description.properties] == [
        PropertyKind.ALWAYS,
        PropertyKind.EVENTUALLY,
        PropertyKind.SOMETIMES,
    ]
    assert description.scenarios == {"once": ("ask", "work")}


def test_an_answer_becomes_a_step() -> None:
    answer = {
        "state": {"b": 2, "a": [1.5, None]},
        "answer": {"says": "no", "tone": "bad"},
        "events": [{"from": "b", "says": "alone"}, {"from": "b", "to": "a", "says": "hello"}],
        "judged": {"small": True},
        "shows": {"b": {"says": "busy", "tone": "wait"}},
    }

    assert asked(machine_of(Saying(answer))) == OwnStep(
        state='{"a":[1.5,null],"b":2}',
        messages=(
            OwnMessage("a", "b", Said("please")),
            OwnMessage("b", "a", Said("no", Severity.BAD)),
            OwnMessage("b", "b", Said("alone")),
            OwnMessage("b", "a", Said("hello")),
        ),
        judged={"small": True},
        shows={"b": Said("busy", Severity.WAIT)},
    )


def test_starts_and_scenarios_keep_their_order() -> None:
    """The first start is what is played where none is named."""
    named = {name: {"state": 0} for name in ("second", "first", "Third")}
    machine = machine_of(Toy(starts=named))

    assert [one.name for one in machine.description.starts] == [*named]
    assert machine.start().name == "second"


def test_null_means_that_it_cannot_happen() -> None:
    assert asked(machine_of(Saying(None))) is None


def test_each_step_is_asked_for_once() -> None:
    asked_for: list[str] = []

    class Noting(Toy):
        def step(self, state: Json, action: str) -> Mapping[str, Any] | None:
            asked_for.append(action)
            return super().step(state, action)

    machine = machine_of(Noting())
    asked(machine)
    asked(machine)

    assert asked_for == ["ask"]


def without(key: str) -> dict[str, Any]:
    return {name: value for name, value in DESCRIPTION.items() if name != key}


TWICE = [{"name": "x", "from": "a"}, {"name": "x", "from": "b"}]


@pytest.mark.parametrize(
    ("description", "words"),
    [
        ([], "the description is not an object"),
        (without("starts"), "key 'starts' is missing"),
        ({**DESCRIPTION, "version": 2}, "speaks version 2; this kit speaks 1"),
        ({**DESCRIPTION, "version": True}, "speaks version True; this kit speaks 1"),
        ({**DESCRIPTION, "version": 1.0}, "speaks version 1.0; this kit speaks 1"),
        ({**DESCRIPTION, "colour": 1}, "unknown key 'colour'"),
        ({**DESCRIPTION, "name": "<b>"}, "name '<b>' is not a name"),
        ({**DESCRIPTION, "name": "x" * 41}, "is not a name"),
        ({**DESCRIPTION, "title": "x" * 121}, "title has 121 characters; at most 120"),
        ({**DESCRIPTION, "participants": ["a"]}, "not a list of 2 to 8"),
        ({**DESCRIPTION, "participants": ["a", "a"]}, "participant 'a' is there twice"),
        ({**DESCRIPTION, "starts": {}}, "starts is empty"),
        ({**DESCRIPTION, "starts": {"s": 1}}, "start 's' is not an object"),
        ({**DESCRIPTION, "starts": {"s": {"state": "x" * 5000}}}, "the state has 5,002 characters"),
        ({**DESCRIPTION, "actions": []}, "not a list of 1 to 64"),
        ({**DESCRIPTION, "actions": [{"name": "x", "from": "c"}]}, "action x: from 'c' is"),
        ({**DESCRIPTION, "actions": TWICE}, "action 'x' is there twice"),
        ({**DESCRIPTION, "actions": [{"name": "x", "from": "a", "begins": 1}]}, "not true or"),
        ({**DESCRIPTION, "properties": [{"name": "p", "kind": "x", "says": ""}]}, "kind 'x' is"),
        ({**DESCRIPTION, "scenarios": {"s": ["fly"]}}, "scenario s: action 'fly' is unknown"),
        ({"error": "line 3: ZeroDivisionError"}, "it reports: line 3: ZeroDivisionError"),
    ],
)  # fmt: skip
def test_a_wrong_description_is_one_line(description: Json, words: str) -> None:
    toy = Toy()
    toy.description = description
    with pytest.raises(OwnMachineError) as caught:
        machine_of(toy)

    assert str(caught.value).startswith("Toy: describe: ")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (3, "the answer is not an object"),
        ({}, "key 'state' is missing"),
        ({"state": 1, "sate": 2}, "unknown key 'sate'"),
        ({"state": "x" * 5000}, "the state has 5,002 characters; at most 4,096"),
        ({"state": float("nan")}, "is not JSON"),
        ({"state": {1, 2}}, "is not JSON"),
        ({"state": 1, "answer": 2}, "answer is not an object"),
        ({"state": 1, "answer": {"says": "x", "tone": "loud"}}, "tone 'loud' is unknown"),
        ({"state": 1, "answer": "x" * 121}, "says has 121 characters; at most 120"),
        ({"state": 1, "events": [{"from": "c", "says": ""}]}, "event: from 'c' is unknown"),
        ({"state": 1, "events": [{"from": "a", "says": ""}] * 33}, "not a list of 0 to 32"),
        ({"state": 1, "judged": {"big": True}}, "judged: property 'big' is unknown"),
        ({"state": 1, "judged": {"small": 1}}, "not true or false"),
        ({"state": 1, "shows": {"c": ""}}, "shows: participant 'c' is unknown"),
        ({"error": "\x1b[31mred\nlines"}, "it reports: \\x1b[31mred lines"),
    ],
)
def test_a_wrong_answer_is_one_line_that_names_the_step(answer: Json, words: str) -> None:
    machine = machine_of(Saying(answer))
    with pytest.raises(OwnMachineError) as caught:
        asked(machine)

    assert str(caught.value).startswith("Saying: 'ask' in state 0: ")
    assert words in str(caught.value)
    assert str(caught.value).isprintable()


def test_what_an_object_raises_is_one_line() -> None:
    class Raising(Toy):
        def step(self, _state: Json, _action: str) -> Mapping[str, Any] | None:
            raise ValueError("no\nway")

    with pytest.raises(OwnMachineError) as caught:
        asked(machine_of(Raising()))

    assert str(caught.value) == "Raising: 'ask' raised ValueError: no\\nway"


def test_an_object_cannot_change_a_state_that_was_seen() -> None:
    class Changing(Toy):
        def step(self, state: Json, _action: str) -> Mapping[str, Any] | None:
            state["n"] += 1
            return {"state": state}

    machine = machine_of(Changing(starts={"s": {"state": {"n": 0}}}))
    asked(machine)

    assert machine.start().state == '{"n":0}'
    machine.check_repeats()


def test_an_answer_that_changes_is_noticed() -> None:
    answers = iter(range(100))

    class Fickle(Toy):
        def step(self, _state: Json, _action: str) -> Mapping[str, Any] | None:
            return {"state": next(answers)}

    machine = machine_of(Fickle())
    asked(machine)
    with pytest.raises(OwnMachineError) as caught:
        machine.check_repeats()

    assert "answers 'ask' in state 0 differently the second time" in str(caught.value)


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda m: m.start("frist"), "there are first, second; did you mean first?"),
        (lambda m: m.scenario("onec"), "did you mean once?"),
        (lambda m: m.scenario("ask, wrok"), "'wrok' is neither a scenario nor an action"),
        (lambda m: m.scenario(""), "'' is neither a scenario nor an action"),
        (lambda m: m.scenario("ask," * 201), "201 actions; at most 200"),
    ],
)
def test_a_name_that_is_not_there_is_one_line(
    ask: Callable[[OwnMachine], object], words: str
) -> None:
    with pytest.raises(UserError) as caught:
        ask(machine_of(Toy()))

    assert words in str(caught.value)
