"""Every question that a lesson or a scenario asks has one right answer among its choices."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kit import player
from kit.common.errors import UserError
from kit.course.predictions import FIRST_GONE, FIRST_TO_KNOW, Truth, prediction_named
from kit.machine.catalogue import find_revision
from kit.simulation.run import Pair, play, play_pair
from kit.storage.scenarios import find_scenario, scenarios

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def players() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The calls of `player` in the lessons: the lesson, the scenario, and what else is given."""
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            source = "".join(cell["source"])
            if cell["cell_type"] != "code" or "player(" not in source:
                continue
            for node in ast.walk(ast.parse(source)):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "player":
                    named = {str(one.arg): ast.literal_eval(one.value) for one in node.keywords}
                    yield path.stem[:2], ast.literal_eval(node.args[0]), named


PLAYERS = tuple(players())


@pytest.mark.parametrize(("lesson", "name", "named"), PLAYERS)
def test_a_lesson_s_question_has_a_right_answer(
    lesson: str, name: str, named: dict[str, Any]
) -> None:
    """You said X. It was Y: the first line of the truth is a sentence on the right choice."""
    made = player(name, **named)
    question = made.view["question"]
    made.close()

    assert lesson < "14"
    assert question["choices"].count(question["right"]) == 1
    assert question["truth"][0].startswith(("It is ", "It was ", "QEMU ", "The guest "))


def test_the_lessons_have_players() -> None:
    assert len(PLAYERS) > 10


@pytest.mark.parametrize("name", scenarios())
@pytest.mark.parametrize("asks", ["", FIRST_TO_KNOW, FIRST_GONE])
def test_a_scenario_s_question_has_a_right_answer(name: str, asks: str) -> None:
    story = find_scenario(name)
    for before, after in story.compare or (("pre-revert", "revert"),):
        pair = play_pair(story, find_revision(before), find_revision(after))
        for played in (pair, pair.before, pair.after):
            if asks == FIRST_GONE and not isinstance(played, Pair):
                continue
            asked = prediction_named(asks, played)

            assert asked.choices.count(asked.truth(played).right) == 1


@pytest.mark.parametrize(
    ("before", "after", "right", "says"),
    [
        ("pre-revert", "revert", "On revert", "It is gone on revert at 16 s."),
        ("revert", "resend", "At the same time", "It is gone on both at 16 s."),
        ("pre-revert", "cpu-timeout", "On neither", "It is gone on neither."),
    ],
)
def test_where_it_is_gone_first_is_read_off_the_runs(
    before: str, after: str, right: str, says: str
) -> None:
    pair = play_pair(find_scenario("late-release"), find_revision(before), find_revision(after))
    truth = prediction_named(FIRST_GONE, pair).truth(pair)

    assert (truth.right, truth.says[0]) == (right, says)


@pytest.mark.parametrize(
    ("name", "at", "right", "says"),
    [
        ("late-release", "revert", "QEMU removes it", "QEMU removed it."),
        ("late-release", "pre-revert", "In limbo", "It is in limbo."),
        ("acpi-dimm-refused", "q35", "The guest keeps it", "The guest kept it."),
        ("guest-refuses", "baseline", "QEMU still waits", "QEMU still waits."),
    ],
)
def test_how_it_ends_is_read_off_the_run(name: str, at: str, right: str, says: str) -> None:
    run = play(find_scenario(name), find_revision(at))
    found = prediction_named("", run).truth(run)

    assert found == Truth(right, (says, *found.says[1:]))


@pytest.mark.parametrize(
    ("name", "at", "says"),
    [
        ("guest-refuses", "baseline", "It was the guest, at 0 s. No other party learned it."),
        (
            "guest-refuses",
            "q35",
            "It was the guest, at 0 s. Then: QEMU at 0 s; libvirt at 0 s.",
        ),
        ("refuse-unisolate", "resend", "It was the guest, at 0 s. No other party learned it."),
        ("refuse-unisolate", "unisolate", "It was the guest, at 0 s. Then: QEMU at 0 s."),
        ("in-time", "revert", "It was the guest, at 0 s. Then: QEMU at 1 s; the operator at 1 s."),
        (
            "libvirt-late",
            "revert",
            "It was the guest, at 0 s. Then: QEMU at 12 s; libvirt at 12 s; the operator at 12 s.",
        ),
        ("libvirt-wrong", "pre-revert", "It was the guest, at 0 s. No other party learned it."),
        ("proposed-event", "proposal", "It was the guest, at 0 s. No other party learned it."),
    ],
)
def test_a_party_knows_when_it_reports_or_hears_the_guest_s_answer(
    name: str, at: str, says: str
) -> None:
    """A call that only reads tells QEMU nothing, nor does a timer's report tell libvirt."""
    run = play(find_scenario(name), find_revision(at))
    asked = prediction_named(FIRST_TO_KNOW, run)

    assert asked.asks == "Predict: which party is the first to know what the guest decides?"
    assert asked.truth(run) == Truth("The guest", (says,))


@pytest.mark.parametrize("name", ["last-gone", FIRST_GONE])
def test_a_question_that_there_is_not_is_refused(name: str) -> None:
    run = play(find_scenario("late-release"), find_revision("revert"))

    with pytest.raises(UserError, match="expected first-to-know"):
        prediction_named(name, run)
