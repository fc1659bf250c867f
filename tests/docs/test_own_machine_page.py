"""docs/your-own-machine.md: its machine does what the page says, and its limits are the kit's."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from kit.cli.main import main
from kit.explorer import own_machine, own_model
from kit.storage.own_program import ANSWER_S, OwnProgram

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "your-own-machine.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
Captured = pytest.CaptureFixture[str]


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "mine.py"
    path.write_text(BLOCKS[0])
    return path


def with_timer(words: str) -> str:
    """Return the first machine with the three changes of the second block."""
    starts, action, step = re.split(r" +\.\.\.\n", BLOCKS[1])
    text = re.sub(r' +"starts": .*\n', lambda _: starts, BLOCKS[0])
    text = text.replace('            "actions": [\n', f'            "actions": [\n{action}')
    text = text.replace("        return None\n", f"{step}        return None\n")
    return text.replace('{"timed out"}', words)


def said(capsys: Captured, *arguments: str, status: int = 0) -> str:
    assert main([*arguments]) == status
    seen = capsys.readouterr()
    return seen.out or seen.err


def test_the_first_machine_keeps_its_property(mine: Path, capsys: Captured) -> None:
    shown = said(capsys, "explore", "--machine", mine.name)

    assert re.search(r"^ agreed +eventually +holds", shown, re.M)


def test_the_mistake_of_the_page_is_one_line(mine: Path, capsys: Captured) -> None:
    mine.write_text(with_timer('{"timed out"}'))
    shown = said(capsys, "explore", "--machine", mine.name, status=2)

    assert shown.count("\n") == 1
    assert "Object of type set is not JSON serializable" in shown


def test_the_counterexample_is_the_pages(mine: Path, capsys: Captured) -> None:
    mine.write_text(with_timer('"timed out"'))
    shown = said(capsys, "explore", "--machine", mine.name)
    found = re.search(r"```\n(agreed from hasty: .*?)```", PAGE, re.DOTALL)

    assert found is not None
    assert found[1] in shown


@pytest.mark.parametrize(
    "command", re.findall(r"^kit ((?:run|compare|explore) .*mine\.py.*)$", PAGE, re.MULTILINE)
)
def test_a_command_of_the_page_works(mine: Path, capsys: Captured, command: str) -> None:
    mine.write_text(with_timer('"timed out"'))

    assert said(capsys, *shlex.split(command))


def test_the_commands_of_the_examples_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    for command in re.findall(r"^kit (.* examples/.*)$", PAGE, re.MULTILINE):
        assert main(shlex.split(command)) == 0
    capsys.readouterr()

    assert (tmp_path / "two-phase.html").exists()


def test_a_request_is_as_the_page_shows_it(mine: Path) -> None:
    with OwnProgram(mine) as program:
        description = program.describe()
    state = {key: value for key, value in first_state(description).items() if key != "timer"}
    text = own_machine.canonical(state)

    assert f'{{"do":"step","action":"unplug","state":{text}}}' in PAGE


def first_state(description: dict[str, dict[str, dict[str, dict[str, bool]]]]) -> dict[str, bool]:
    return description["starts"]["patient"]["state"]


@pytest.mark.parametrize(
    "words",
    [
        f"| `version` | {own_machine.VERSION} |",
        f"2 to {own_machine.MAX_PARTICIPANTS} names",
        f"1 to {own_machine.MAX_ACTIONS}: `name`",
        f"at most {own_machine.MAX_STATE:,} characters; two states",
        f"at most {own_machine.MAX_MESSAGES}: `from`",
        f"at most {own_machine.MAX_WORDS} characters",
        f"more than {own_machine.MAX_LINE:,} characters",
        f"more than {own_model.MAX_STATES:,} states",
        f"up to {own_machine.RECHECKED} steps",
        f"no answer within {ANSWER_S:g} s",
    ],
)
def test_a_limit_of_the_page_is_the_kits(words: str) -> None:
    assert words in PAGE
