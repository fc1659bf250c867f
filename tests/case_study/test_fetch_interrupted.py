"""A fetch that is interrupted goes on; two at once do not harm each other."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from kit.case_study.fetch import (
    Amount,
    FetchError,
    fetch,
)
from kit.common.user_folder import lock_of, note_of
from tests.git.upstream import (
    COMMITS,
    LESSON,
    Steps,
    Upstream,
    await_true,
    names_in,
)

CHILD = """
import os, signal, sys
from pathlib import Path
from kit.case_study.fetch import Amount, fetch

target, amount, at, *rest = sys.argv[1:]
urls, wanted = rest[:1], rest[1:]

def progress(step, done, total):
    if at and step.startswith(at):
        os.kill(os.getpid(), signal.SIGKILL)

fetch(Path(target), amount=Amount(amount), urls=urls, wanted=wanted, progress=progress)
"""


def child(target: Path, amount: Amount, at: str, url: str, *wanted: str) -> subprocess.Popen[str]:
    """Fetch in another process, which is killed at the step whose name begins with *at*."""
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, str(target), amount.value, at, url, *wanted],
        cwd=Path(__file__).parents[2],
        stderr=subprocess.PIPE,
        text=True,
    )


def part_of(folder: Path) -> Path:
    """Return the folder in which an interrupted lesson lies."""
    (part,) = folder.glob(".lesson.git.*.part/lesson")
    return part


def await_the_end_of_git(target: Path) -> None:
    """Wait until the git of a killed process has let go of the lock too."""

    def is_free() -> bool:
        with lock_of(target).open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

    await_true(is_free)


def test_a_killed_lesson_goes_on_from_its_commits(
    upstream: Upstream, daemon: str, tmp_path: Path
) -> None:
    target = tmp_path / "lesson.git"
    process = child(target, Amount.LESSON, "files", daemon, *upstream.wanted)
    assert process.wait(20) == -signal.SIGKILL
    await_the_end_of_git(target)
    assert not target.exists()
    (part_of(tmp_path) / "shallow.lock").touch()  # as git itself leaves it

    steps = Steps()
    got = fetch(target, urls=[daemon], wanted=upstream.wanted, progress=steps)

    assert (got.commits, steps.phases[:1]) == (LESSON, ["check"])
    assert "commits" not in steps.phases
    assert names_in(tmp_path) == ["lesson.git"]


@pytest.mark.parametrize("amount", [Amount.HISTORY, Amount.FULL], ids=lambda each: each.value)
def test_a_killed_history_goes_on_from_its_last_stage(
    upstream: Upstream, smart_http: str, amount: Amount, tmp_path: Path
) -> None:
    target = tmp_path / "history.git"
    process = child(target, amount, "stage 4", smart_http, *upstream.wanted)
    assert process.wait(20) == -signal.SIGKILL
    await_the_end_of_git(target)

    steps = Steps()
    got = fetch(target, amount=amount, urls=[smart_http], wanted=upstream.wanted, progress=steps)

    assert got.commits == COMMITS
    assert not {"stage 1 of 7", "stage 2 of 7", "stage 3 of 7"} & set(steps.phases)
    assert names_in(tmp_path) == ["history.git"]


def test_a_damaged_beginning_is_begun_again(
    upstream: Upstream, daemon: str, tmp_path: Path
) -> None:
    target = tmp_path / "lesson.git"
    process = child(target, Amount.LESSON, "files", daemon, *upstream.wanted)
    assert process.wait(20) == -signal.SIGKILL
    await_the_end_of_git(target)
    for pack in part_of(tmp_path).glob("objects/pack/*.pack"):
        pack.chmod(0o600)
        pack.write_bytes(pack.read_bytes()[:-100])

    assert fetch(target, urls=[daemon], wanted=upstream.wanted).commits == LESSON


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_sigterm_leave_nothing_and_do_not_wait(
    silent: str, tmp_path: Path, number: signal.Signals
) -> None:
    note = note_of(tmp_path / "lesson.git")
    process = child(tmp_path / "lesson.git", Amount.LESSON, "", silent, "a" * 40)
    await_true(lambda: any(tmp_path.glob(".lesson.git.*.part/lesson/config")))
    assert note.exists()
    time.sleep(0.2)
    process.send_signal(number)
    _, errors = process.communicate(timeout=10)

    assert "KeyboardInterrupt" in errors
    assert (names_in(tmp_path), note.exists()) == ([], False)


def test_afterwards_sigterm_does_what_it_did(upstream: Upstream, tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGTERM)
    fetch(tmp_path / "lesson.git", urls=[str(upstream.path)], wanted=upstream.wanted)

    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize("at", ["commits: receiving", "files", "check"])
def test_what_the_caller_raises_ends_it_and_leaves_no_locks(
    upstream: Upstream, at: str, tmp_path: Path
) -> None:
    target = tmp_path / "lesson.git"
    options: dict[str, Any] = {"urls": [str(upstream.path)], "wanted": upstream.wanted}

    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(target, **options, progress=Steps(at, stop))
    left = [path.name for path in tmp_path.rglob("*")]

    assert not [name for name in left if name.endswith(".lock") or name.startswith("tmp_")]
    assert fetch(target, **options).commits == LESSON
    assert names_in(tmp_path) == ["lesson.git"]


@pytest.mark.parametrize("amount", Amount, ids=lambda each: each.value)
def test_nobody_sees_half_a_repository(upstream: Upstream, amount: Amount, tmp_path: Path) -> None:
    target = tmp_path / "some.git"
    target.mkdir()
    looks: list[bool] = []

    def look(step: str, done: int, total: int | None) -> None:  # noqa: ARG001 - a callback
        looks.append(any(target.iterdir()))

    options: dict[str, Any] = {"urls": [str(upstream.path)], "wanted": upstream.wanted}
    fetch(target, amount=amount, **options, progress=look)

    assert (set(looks), any(target.iterdir())) == ({False}, True)


def test_a_second_one_says_that_the_first_is_at_work(upstream: Upstream, tmp_path: Path) -> None:
    target = tmp_path / "lesson.git"
    options: dict[str, Any] = {"urls": [str(upstream.path)], "wanted": upstream.wanted}
    told: list[str] = []

    def second() -> None:
        with pytest.raises(FetchError) as busy:
            fetch(target, **options)
        told.append(str(busy.value))

    got = fetch(target, **options, progress=Steps("files", second))

    assert told == [
        f"{target}: is being filled by another kit fetch (process {os.getpid()}); "
        "wait until it has ended"
    ]
    assert (got.commits, names_in(tmp_path)) == (LESSON, ["lesson.git"])


def test_the_lock_of_a_dead_process_is_no_obstacle(upstream: Upstream, tmp_path: Path) -> None:
    note = note_of(tmp_path / "lesson.git")
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text("cut sho")
    fetch(tmp_path / "lesson.git", urls=[str(upstream.path)], wanted=upstream.wanted)

    assert names_in(tmp_path) == ["lesson.git"]
