"""A card as the lessons make it: with the history in use and the file of progress."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kit.app import check, exercise
from kit.common.errors import UserError
from tests.views.widgets.widgets import click, shown


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    return tmp_path / "unplug-kit" / "progress.json"


def test_an_answer_is_kept_and_the_next_card_knows(file: Path) -> None:
    card = exercise("limbo-in-two")
    click(card, "device_del core1", "+15 s", "+1 s", "guest releases", "check")

    assert json.loads(file.read_text())["exercises"] == {
        "limbo-in-two": {"tries": 1, "solved_at": ["pre-revert"]}
    }
    assert "✓ solved, 1 answer" in shown(exercise("limbo-in-two"))


def test_to_open_a_card_writes_nothing(file: Path) -> None:
    exercise("limbo-in-two")

    assert not file.exists()


def test_a_file_that_was_put_aside_is_said_on_the_card(file: Path) -> None:
    file.parent.mkdir()
    file.write_text("{")

    assert "it is kept as progress.json.broken-1" in shown(exercise("limbo-in-two"))
    assert "broken" not in shown(exercise("limbo-in-two"))


def test_lines_to_judge_are_those_of_the_history_in_use() -> None:
    page = shown(exercise("what-can-be-left-out"))

    assert "Commits are read from: re-enactment, not QEMU&#x27;s code" in page
    assert "timer_deadline_ms" in page


def test_where_the_history_cannot_be_read_the_card_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("KIT_QEMU", str(tmp_path / "gone"))
    card = exercise("what-can-be-left-out")
    click(card, "☐ the 15 s of CPUs", "check")

    assert card.model.verdict is not None
    assert card.model.verdict.says.endswith("gone does not exist; name the folder of a clone.")


def test_an_answer_can_be_checked_in_a_cell(file: Path) -> None:
    assert repr(check("half-a-second", 15)) == (
        "Not 15 s, at pre-revert."
        " That would be rounded up, or the first millisecond. The fraction is dropped."
    )
    assert check("what-can-be-left-out", ["helper", "declaration"]).right
    assert not file.exists()


def test_an_unknown_exercise_is_one_line() -> None:
    with pytest.raises(UserError, match="no exercise 'limbo'; `kit list exercises` names all"):
        exercise("limbo")


def test_an_exercise_of_ones_own_is_found_by_its_file(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("title = 1")

    with pytest.raises(UserError, match=r"mine\.toml:1: key 'kind' is missing; expected a text"):
        exercise(str(tmp_path / "mine.toml"))
