"""The file of progress: nothing is lost by two tabs, a crash, or a file that cannot be read."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from kit.cli.main import main
from kit.common.errors import UserError
from kit.course.progress import ExerciseStanding, Progress
from kit.storage.progress import ProgressFile

Captured = pytest.CaptureFixture[str]


def solve(progress: Progress) -> Progress:
    return progress.answered("limbo-in-two", "d522cb52e6~1", right=True)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the command line keeps it, too."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    return tmp_path / "unplug-kit" / "progress.json"


def test_reading_makes_no_file(path: Path) -> None:
    assert ProgressFile(path).read() == Progress({})
    assert not path.parent.exists()


def test_a_change_is_there_for_the_next_one(path: Path) -> None:
    ProgressFile(path).change(solve)
    ProgressFile(path).change(solve)

    assert ProgressFile(path).read().standing("limbo-in-two") == ExerciseStanding(
        tries=2, solved_at=("d522cb52e6~1",)
    )


def run(path: Path, script: str) -> subprocess.Popen[str]:
    """Run a script in another process, which has the file as ``file``."""
    begin = (
        "from pathlib import Path\nfrom kit.storage.progress import ProgressFile\n"
        f"file = ProgressFile(Path({str(path)!r}))\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", begin + textwrap.dedent(script)], stdout=subprocess.PIPE, text=True
    )


def test_two_tabs_lose_nothing_of_each_other(path: Path) -> None:
    answer = """
        for n in range(40):
            file.change(lambda p: p.answered("one", None, right=False))
            file.change(lambda p: p.was_shown(f"{NAME}-{n}"))
    """
    tabs = [run(path, f"NAME = {name!r}\n{textwrap.dedent(answer)}") for name in ("a", "b")]

    assert [tab.wait(60) for tab in tabs] == [0, 0]
    found = ProgressFile(path).read()
    assert found.standing("one").tries == 80
    assert all(found.standing(f"{name}-{n}").shown for name in "ab" for n in range(40))


def test_a_kernel_that_dies_while_it_writes_leaves_what_was_there(path: Path) -> None:
    ProgressFile(path).change(solve)
    dying = run(
        path,
        """
        import os
        os.fsync = lambda _: os._exit(9)
        file.change(lambda p: p.was_shown("two"))
        """,
    )

    assert dying.wait(60) == 9
    after = ProgressFile(path).change(lambda p: p.was_shown("three"))
    assert (after.standing("limbo-in-two").tries, after.standing("two").shown) == (1, False)
    # what was being written stays for an hour: another process might be writing it
    assert [re.sub("[0-9a-f]{16}", "", file.name) for file in sorted(path.parent.iterdir())] == [
        ".progress.json..new",
        ".progress.json.lock",
        "progress.json",
    ]


def test_who_holds_it_too_long_is_not_waited_for_for_ever(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kit.storage.progress.LOCK_S", 0.1)
    ProgressFile(path).change(solve)
    holding = run(
        path,
        """
        import sys, time
        with file._locked():
            print("held", flush=True)
            time.sleep(60)
        """,
    )
    assert holding.stdout is not None
    holding.stdout.readline()
    try:
        with pytest.raises(UserError, match=r"progress\.json: progress is not kept: another kit"):
            ProgressFile(path).change(solve)
    finally:
        holding.kill()
        holding.wait()

    assert ProgressFile(path).change(solve).standing("limbo-in-two").tries == 2


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b'{"exercises": {', "is not JSON:"),
        (b"\xff", "is not UTF-8 text"),
        (b"[]", "is not a JSON"),
    ],
)
def test_what_cannot_be_read_is_kept_aside_and_said(path: Path, content: bytes, why: str) -> None:
    path.parent.mkdir(parents=True)
    said: list[str] = []
    for _ in range(2):
        path.write_bytes(content)
        ProgressFile(path, said.append).change(solve)
    kept = [path.with_name(f"progress.json.broken-{n}").read_bytes() for n in (1, 2)]

    assert kept == [content, content]
    assert said[1].startswith(f"{path}: {why}")
    assert said[1].endswith("; it is kept as progress.json.broken-2, and progress begins anew")
    assert ProgressFile(path).read().standing("limbo-in-two").tries == 1


def test_a_link_stays_one(path: Path, tmp_path: Path) -> None:
    path.parent.mkdir(parents=True)
    synced = tmp_path / "synced.json"
    path.symlink_to(synced)
    ProgressFile(path).change(solve)

    assert path.is_symlink()
    assert json.loads(synced.read_text())["exercises"]["limbo-in-two"]["tries"] == 1


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / "progress.json"

    with pytest.raises(UserError) as caught:
        ProgressFile(path).change(solve)
    assert str(caught.value) == f"{path}: progress is not kept: File exists"


# -- kit progress --------------------------------------------------------------------------------


def test_kit_progress_as_json(path: Path, capsys: Captured) -> None:
    ProgressFile(path).change(solve)

    assert main(["progress", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["file"], shown["solved"], shown["of"]) == (str(path), 1, len(shown["exercises"]))
    assert [one for one in shown["exercises"] if one["tries"]] == [
        {
            "name": "limbo-in-two",
            "lesson": "01",
            "solved": True,
            "solved_at": ["d522cb52e6~1"],
            "tries": 1,
            "shown": False,
        }
    ]


def test_kit_progress_as_a_table(path: Path, capsys: Captured) -> None:
    ProgressFile(path).change(solve)

    assert main(["progress"]) == 0
    assert "limbo-in-two" in (out := capsys.readouterr().out)
    assert "solved, 1 answer" in out
    assert "nothing is sent" in out


def test_kit_progress_says_what_it_put_aside(path: Path, capsys: Captured) -> None:
    path.parent.mkdir(parents=True)
    path.write_text("{")

    assert main(["progress", "--json"]) == 0
    assert "it is kept as progress.json.broken-1" in capsys.readouterr().err


def test_reset_forgets_all_and_asks_unless_told_not_to(
    path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    ProgressFile(path).change(solve)
    monkeypatch.setattr("sys.stdin", open(os.devnull))  # noqa: SIM115, PTH123 - nobody answers
    unasked = main(["progress", "--reset"]), path.exists(), capsys.readouterr().err
    told = main(["progress", "--reset", "--yes"]), path.exists(), capsys.readouterr().err

    assert unasked[:2] == (2, True)
    assert f"Delete all progress, in {path}?" in unasked[2]
    assert told == (0, False, "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--yes"], "kit: --yes goes with --reset\n"),
        (["--reset", "--json"], "kit: --json and --reset exclude each other; give one of them\n"),
    ],
)
def test_options_that_do_not_go_together(
    arguments: list[str], message: str, path: Path, capsys: Captured
) -> None:
    assert main(["progress", *arguments]) == 2
    assert capsys.readouterr().err == message
    assert not path.exists()


def test_kit_list_exercises_says_what_is_asked_and_not_the_answer(capsys: Captured) -> None:
    assert main(["list", "exercises", "--json"]) == 0
    listed = {one["name"]: one for one in json.loads(capsys.readouterr().out)}

    assert listed["half-a-second"] == {
        "name": "half-a-second",
        "lesson": "05",
        "kind": "number",
        "title": "Half a second later",
        "question": "The operator asks for core 1, and again half a second later."
        " How many seconds does QEMU's error name?",
        "at": ["pre-revert"],
    }
