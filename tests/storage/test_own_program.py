"""A machine as a process: what breaks it is one line, and it ends with whoever asks it."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path

import pytest

from kit.common.errors import UserError
from kit.explorer.own_machine import OwnMachine
from kit.explorer.own_model import explore_own, play_own
from kit.storage.own_program import OwnProgram
from tests.explorer.own_toys import program
from tests.processes import MARK, none_lives

STEP = 'say({"state": request["state"] + 1, "judged": {}})'


def played(path: Path, answer_s: float = 20) -> list[str | None]:
    with OwnProgram(path, answer_s=answer_s) as found:
        path_of = play_own(OwnMachine(found), "ask, work")
    return [choice.step and choice.step.state for choice in path_of.choices]


def test_a_program_plays(tmp_path: Path) -> None:
    assert played(program(tmp_path, STEP)) == ["1", "2"]


def test_a_request_has_its_keys_in_one_order_without_blanks(tmp_path: Path) -> None:
    """So a shell can cut it."""
    noted = tmp_path / "noted"
    played(program(tmp_path, f"open({str(noted)!r}, 'a').write(line)\n{STEP}"))

    assert noted.read_text().splitlines()[:2] == [
        '{"do":"step","action":"ask","state":0}',
        '{"do":"step","action":"work","state":1}',
    ]


def two_steps(machine: OwnMachine) -> None:
    ask = machine.description.actions[0]
    machine.step(ask, "0")
    time.sleep(0.1)  # for a second line to come
    machine.step(ask, "1")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("sys.exit(3)", "ended with status 3 instead of an answer to 'ask'"),
        ("sys.exit('no\\x1b[31m memory')", "it wrote: no\\x1b[31m memory"),
        ("os.kill(os.getpid(), 9)", "ended by signal 9 instead of an answer"),
        ("os.close(1); time.sleep(60)", "closed its output instead of an answer"),
        ("time.sleep(60)", "no answer within 0.7 s, so it was ended"),
        ("write('{')\ntime.sleep(60)", "no answer within 0.7 s"),
        ("write('hello\\n')", "the answer is not one line of JSON"),
        ("write('NaN\\n')", "NaN is not a JSON number"),
        ("write('[' * 2000 + '\\n')", "nests more than 100 deep"),
        ("""write('{"state": 1, "state": 2}\\n')""", "key 'state' is given twice"),
        ("""write('{"state": %s}\\n' % ('9' * 5000))""", "the answer is not one line of JSON"),
        ("sys.stdout.buffer.write(b'\\xff\\n'); sys.stdout.flush()", "not UTF-8 text"),
        ("while True: write('x' * 10000)", "more than 65,536 bytes; make the state short"),
        ("say({'state': 'x' * 5000})", "the state has 5,002 characters; at most 4,096"),
        ("say({'sate': 1})", "unknown key 'sate'"),
        ("say({'error': 'out of\\nluck'})", "it reports: out of luck"),
        ("say({'state': 1}); say({'state': 2}); time.sleep(0.2)", "wrote a second line before"),
    ],
)
def test_a_broken_program_is_one_line(tmp_path: Path, body: str, words: str) -> None:
    path = program(tmp_path, body)
    with OwnProgram(path, answer_s=0.7) as found, pytest.raises(UserError) as caught:
        two_steps(OwnMachine(found))

    assert str(caught.value).startswith(f"{path}: ")
    assert words in str(caught.value)
    assert str(caught.value).isprintable()


def test_an_answer_that_depends_on_what_was_asked_before_is_noticed(tmp_path: Path) -> None:
    body = 'count = globals().get("count", 0) + 1\nsay({"state": (request["state"] + count) % 4})'
    with (
        pytest.raises(UserError) as caught,
        OwnProgram(program(tmp_path, body), answer_s=20) as found,
    ):
        explore_own(OwnMachine(found))

    assert "differently the second time" in str(caught.value)


def unstartable(folder: Path) -> dict[str, tuple[Path, str]]:
    made = {name: folder / name for name in ("text", "empty", "folder")}
    made["folder"].mkdir()
    for name in ("text", "empty"):
        made[name].write_text("hello" * (name == "text"))
    made["empty"].chmod(0o755)
    return {
        "absent": (folder / "absent", "there is no such file"),
        "folder": (made["folder"], "is a folder"),
        "text": (made["text"], "cannot be executed; chmod +x text, or name it .py"),
        "empty": (made["empty"], "cannot be started: Exec format error"),
    }


@pytest.mark.parametrize("name", ["absent", "folder", "text", "empty"])
def test_what_cannot_be_started_is_one_line(tmp_path: Path, name: str) -> None:
    path, words = unstartable(tmp_path)[name]
    with pytest.raises(UserError) as caught:
        OwnProgram(path)

    assert str(caught.value).startswith(f"{path}: {words}")


# -- a Python file ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = 1", "it defines no class with the methods describe and step"),
        ("from json import JSONDecoder", "it defines no class"),
        ("class A:\n describe = step = print\nclass B(A): pass", "it defines A, B; call the one"),
        ("1 / 0", "line 1: ZeroDivisionError: division by zero"),
        ("class", "line 1: SyntaxError"),
        ("import nothing_of_the_kind", "line 1: ModuleNotFoundError"),
        ("raise SystemExit(4)", "ended with status 4 instead of an answer to describe"),
        ("while True: pass", "no answer within 2 s, so it was ended"),
        ("class M:\n def describe(self): return {1, 2}\n step = 0\n def step(s): 0", "TypeError"),
    ],
)
def test_a_broken_file_is_one_line(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "mine.py"
    path.write_text(text)
    with pytest.raises(UserError) as caught, OwnProgram(path, answer_s=2) as found:
        OwnMachine(found)

    assert words in str(caught.value)
    assert str(caught.value).isprintable()


def test_what_a_file_prints_is_not_an_answer(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(
        "import os\n"
        "class Machine:\n"
        " def describe(self):\n"
        "  print('hello'); os.write(1, b'there')\n"
        "  return {'version': 1, 'name': 'm', 'participants': ['a', 'b'],\n"
        "          'starts': {'s': {'state': 0}}, 'actions': [{'name': 'x', 'from': 'a'}]}\n"
        " def step(self, state, action):\n"
        "  print('again')\n"
        "  return {'state': state}\n"
    )
    with OwnProgram(path, answer_s=20) as found:
        machine = OwnMachine(found)
        step = machine.step(machine.description.actions[0], "0")

    assert step is not None
    assert step.state == "0"


# -- its end ---------------------------------------------------------------------------------------


def test_a_program_ends_with_all_that_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = f"own-{os.getpid()}-{tmp_path.name}"
    monkeypatch.setenv(MARK, mark)
    path = tmp_path / "mine"
    path.write_text("#!/bin/sh\nsleep 60 &\nsleep 60\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    with pytest.raises(UserError, match="no answer"), OwnProgram(path, answer_s=0.2) as found:
        OwnMachine(found)

    assert none_lives(mark) == {}
