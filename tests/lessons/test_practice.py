"""Practice as the lessons show it: questions, answers, the run, and the file of progress."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kit.app import practise
from kit.common.errors import UserError
from kit.views.html.print_form import PrintForm
from tests.views.widgets.widgets import click, shown


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    return tmp_path / "unplug-kit" / "progress.json"


def test_a_right_answer_is_kept_and_shows_its_run(file: Path) -> None:
    made = practise(1)
    one = made.model.question
    assert one is not None

    click(made, f"○ {one.right}")

    assert "<strong>Right.</strong>" in shown(made)
    assert made.svg
    assert list(json.loads(file.read_text())["practice"]) == [one.name]


def test_a_wrong_answer_names_the_idea_and_marks_both_choices(file: Path) -> None:
    made = practise(13)
    one = made.model.question
    assert one is not None
    wrong, idea = next(iter(one.ideas.items()))

    click(made, f"○ {wrong}")

    assert "You may believe: " in shown(made)
    assert json.loads(file.read_text())["ideas"] == {idea: 1}
    assert {f"✗ {wrong}", f"✓ {one.right}"} <= {b.description for b in made._choices.children}


def test_the_first_answer_counts_and_the_last_question_ends_with_a_sum() -> None:
    made = practise(5, 2)
    for _ in range(2):
        one = made.model.question
        assert one is not None
        click(made, f"○ {one.right}")
        made.model.answer(next(iter(one.ideas)))
        click(made, "next question")

    assert repr(made) == "2 of 2 right."
    assert "2 of 2 right." in shown(made)


def test_to_open_it_writes_nothing(file: Path) -> None:
    practise(3)

    assert not file.exists()


def test_on_paper_it_names_the_command() -> None:
    drawn = practise(7)._repr_print_()

    assert isinstance(drawn, PrintForm)
    assert "<code>kit practise 7</code>" in drawn.html


def test_where_nothing_can_be_kept_the_card_says_so(file: Path) -> None:
    made = practise(2)
    one = made.model.question
    assert one is not None
    file.parent.parent.joinpath("unplug-kit").write_text("a file where a folder belongs")

    click(made, f"○ {one.right}")

    assert "progress is not kept" in shown(made)


@pytest.mark.parametrize("count", [0, 101])
def test_a_count_out_of_range_is_one_line(count: int) -> None:
    with pytest.raises(UserError, match=rf"^{count} questions; give a number from 1 to 100$"):
        practise(1, count)
