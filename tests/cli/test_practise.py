"""kit practise and kit ideas, from the first answer to the teacher's table."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kit.cli.common import cli
from kit.cli.main import load_commands, main
from kit.course.practice import due
from kit.course.progress import Progress
from kit.storage.exercises import practice_questions
from kit.storage.progress import progress_file


@pytest.fixture(autouse=True)
def own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


def practise(*typed: str, lesson: str = "5") -> str:
    load_commands(["practise"])
    arguments = ["practise", lesson, "--count", "1"]
    result = CliRunner().invoke(cli, arguments, input="".join(f"{one}\n" for one in typed))
    assert result.exit_code == 0, result.output
    return result.output


(FIRST,) = due(Progress({}), practice_questions(), 1, "05", 1)
RIGHT = FIRST.choices.index(FIRST.right) + 1
WRONG = next(n for n in range(1, len(FIRST.choices) + 1) if n != RIGHT)


def test_a_right_answer_is_said_to_be_right_and_names_the_run() -> None:
    said = practise(str(RIGHT))

    assert f"Right. See the run: kit open {FIRST.token}" in said
    assert said.endswith("1 of 1 right.\n")


@pytest.mark.parametrize("typed", ["x", "9", "0", "-1", "²", "0000000019", "9" * 5000])
def test_what_is_no_choice_is_asked_again(typed: str) -> None:
    said = practise(typed, f"0{RIGHT}")

    assert said.count("Give a number from 1 to") == 1
    assert said.endswith("1 of 1 right.\n")


def test_a_wrong_answer_names_the_idea_and_the_teacher_sees_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert "You may believe: " in practise(str(WRONG))
    path = str(progress_file().path)
    status = main(["ideas", path, path, "--json"])

    assert status == 0
    assert json.loads(capsys.readouterr().out) == [
        {"idea": FIRST.ideas[FIRST.choices[WRONG - 1]], "learners": 2, "answers": 2}
    ]
    assert main(["ideas", path]) == 0
    assert "wrong idea" in capsys.readouterr().out


def test_a_file_that_is_no_progress_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "p.json"
    path.write_text("[]", encoding="utf-8")

    assert main(["ideas", str(path)]) == 2
    assert capsys.readouterr().err == f"kit: {path}: is not a JSON object\n"
