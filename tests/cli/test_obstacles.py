"""What keeps every command from working is said truly, in one line, before anything else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.effort import in_turn

ROOT = Path(__file__).parents[2]
USUAL = {"COLUMNS": "80", "LINES": "25"}
KIT = [sys.executable, "-m", "kit"]
COMMANDS = (["list"], ["show", "revert"], ["reverts", "--check"], ["--help"])


def kit(
    arguments: list[str], before: str = ":", **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a command in a shell that does something *before*."""
    return subprocess.run(
        ["sh", "-c", f'{before}; exec "$0" "$@"', *KIT, *arguments],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_deleted_folder_is_named_as_what_it_is(tmp_path: Path, arguments: list[str]) -> None:
    gone = tmp_path / "gone"
    done = kit(arguments, f"mkdir {gone}; cd {gone}; rmdir {gone}")

    words = "kit: the current folder was deleted; change to another one (cd ~) and try again\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", words)


@pytest.mark.parametrize("number", [5, 12, 63])
@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_too_few_open_files_is_said_by_number(number: int, arguments: list[str]) -> None:
    """With few, git could not be started, and was said to be absent; or the disk to be full."""
    done = kit(arguments, f"ulimit -n {number}")

    words = (
        f"kit: this shell allows {number} open files at once, and the kit needs 64;"
        " open another shell, or raise its limit (ulimit -n 256)\n"
    )
    assert (done.returncode, done.stdout, done.stderr) == (2, "", words)


@pytest.mark.parametrize(
    ("arguments", "before"),
    in_turn(
        [["reverts", "--check"], ["explore", "--at", "revert", "--jobs", "2"]],
        ["ulimit -n 64", "ulimit -S -n 12"],
    ),
)
def test_as_many_as_are_asked_for_are_enough(before: str, arguments: list[str]) -> None:
    """A limit that the shell may raise is raised."""
    done = kit(arguments, before)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") > 5


@pytest.fixture(scope="module")
def usual_list() -> str:
    return kit(["list"], **USUAL).stdout


@pytest.mark.parametrize("name", ["COLUMNS", "LINES"])
@pytest.mark.parametrize("value", ["0", "00", ""])
def test_a_terminal_of_no_size_is_one_of_the_usual_size(
    name: str, value: str, usual_list: str
) -> None:
    done = kit(["list"], **USUAL | {name: value})

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == usual_list
    assert "revert" in done.stdout
