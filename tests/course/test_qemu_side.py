"""The exercise "write QEMU's side": a right machine is accepted, a mistake gets a shortest path."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from kit.common.errors import UserError
from kit.common.json_fields import Json
from kit.course.qemu_side import CALLS, TIMER, QemuSide, _reference
from kit.explorer.own_machine import OwnMachine
from kit.explorer.own_model import OwnExplored, explore_own, play_own
from kit.machine.catalogue import CATALOGUE
from kit.storage.own_program import OwnProgram, machine_of

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "solutions" / "qemu-side.md").read_text(encoding="utf-8")
(SOLUTION,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def made(text: str, at: str = "revert") -> QemuSide:
    names: dict[str, Any] = {}
    exec(compile(text, "solution", "exec"), names)
    machine: QemuSide = names["Machine"]()
    machine.at = at
    return machine


def searched(machine: QemuSide) -> OwnExplored:
    return explore_own(machine_of(machine), "yours")


def wrong(machine: QemuSide) -> dict[str, str]:
    """Return the shortest path to a difference, for each call that has one."""
    return {
        one.prop.name: ", ".join(action.name for action in one.actions)
        for one in searched(machine).findings
        if one.is_violated
    }


def test_the_solution_is_accepted_and_short() -> None:
    lines = [line for line in SOLUTION.splitlines() if line.strip()]

    assert wrong(made(SOLUTION)) == {}
    assert searched(made(SOLUTION)).result.complete
    assert len(lines) <= 40


MUTANTS = {
    'now("ok", pending=True) if pending else ': ("", "device_del", "device_del, device_del"),
    'case "system_reset", _ if pending:': (
        'case "no", _:',
        "system_reset",
        "device_del, system_reset",
    ),
    'case "device_del", "UNUSABLE":': (
        'case "no", "UNUSABLE":',
        "device_del",
        "isolate, unusable, device_del",
    ),
    '("isolate", "UNISOLATE") | ': ("", "isolate", "isolate, unisolate, isolate"),
    "now(2 if connector": ("now(1 if connector", "sense", "device_del, system_reset, sense"),
    'case "unusable", "CONFIGURED" | "UNISOLATE":': ('case "no", _:', "unusable", "unusable"),
    'now(0, "DEVICE_DELETED", **GONE) if pending else ': (
        "",
        "unusable",
        "device_del, isolate, unusable",
    ),
    'return now(0, connector="AVAILABLE") if device': (
        'return now(0, connector="AVAILABLE") if True',
        "usable",
        "device_del, system_reset, usable",
    ),
}


@pytest.mark.parametrize("old", MUTANTS)
def test_a_mistake_gets_the_shortest_path_to_it(old: str) -> None:
    new, call, path = MUTANTS[old]
    assert SOLUTION.count(old) == 1

    assert wrong(made(SOLUTION.replace(old, new)))[call] == path


def test_the_paths_of_the_page_are_those_of_mistakes() -> None:
    paths = re.findall(r"^\| `([^`]+)` \|", PAGE, re.M)

    assert len(paths) == 4
    assert set(paths) <= {path for _, _, path in MUTANTS.values()}


class Twin(QemuSide):
    """The machine that it is compared with."""

    def __init__(self, at: str) -> None:
        self.at = at
        self.start = _reference(at).start

    def answer(self, state: Json, call: str) -> tuple[Json, object, list[str]]:
        return _reference(self.at).answer(state, call)


@pytest.mark.parametrize("at", [one.alias for one in CATALOGUE if one.alias is not None])
def test_the_machine_itself_is_accepted_at_each_revision(at: str) -> None:
    found = searched(Twin(at))

    assert wrong(Twin(at)) == {}
    assert found.result.complete
    assert {one.prop.name for one in found.findings} - {TIMER} == set(CALLS)


@pytest.mark.parametrize(
    ("at", "path", "words"),
    [
        ("resend", "device_del, device_del", ["ok", "remove", "ok", "remove"]),
        ("revert", "device_del, device_del", ["ok", "remove", "ok"]),
        ("cpu-timeout", "device_del, device_del", ["ok", "remove", "GenericError"]),
        ("cpu-timeout", f"device_del, {TIMER}, device_del", ["ok", "remove", "ok", "remove"]),
        (
            "guest-error",
            "device_del, unisolate",
            ["ok", "remove", "0", "DEVICE_UNPLUG_GUEST_ERROR"],
        ),
    ],
)
def test_what_the_page_says_of_other_revisions(at: str, path: str, words: list[str]) -> None:
    played = play_own(machine_of(Twin(at)), path, "QEMU")
    said = [
        message.said.words
        for choice in played.choices
        for message in choice.messages[1:]
        if message.src == "QEMU"
    ]

    assert said == words


def test_the_exercise_is_wrong_as_it_stands() -> None:
    with OwnProgram(ROOT / "examples" / "qemu_side.py") as program:
        found = explore_own(OwnMachine(program), "yours")
    violated = [one.prop.name for one in found.findings if one.is_violated]

    assert len(violated) >= 5
    assert found.result.complete


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (None, "answer returned None; return state, answer, events"),
        ((1, 2), "answer returned (1, 2); return state"),
        ((1, 0, "remove"), "events are 'remove', not a list of names"),
        ((1, 0, [0]), "events are [0], not a list of names"),
        (({1}, 0, []), "is not JSON"),
    ],
)
def test_what_is_no_answer_is_one_line(answer: Json, words: str) -> None:
    class Odd(QemuSide):
        def answer(self, _state: Json, _call: str) -> Json:
            return answer

    with pytest.raises(UserError) as caught:
        searched(Odd())

    assert words in str(caught.value)
    assert str(caught.value).isprintable()


def test_an_unwritten_answer_says_so() -> None:
    with pytest.raises(UserError, match=r"raised NotImplementedError: write answer\(None, "):
        searched(QemuSide())


def test_long_answers_are_shown_in_part() -> None:
    class Long(QemuSide):
        start = "s" * 3000

        def answer(self, state: Json, _call: str) -> tuple[Json, object, list[str]]:
            return state, "x" * 1000, ["y" * 1000] * 3

    assert set(wrong(Long())) == set(CALLS)
