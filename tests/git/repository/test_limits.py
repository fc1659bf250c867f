"""Histories that are larger than anybody reads: bounded, with what can be told, and said so.

The figures of the full sizes are in docs/trust.md; here each is as large as its limit needs.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

import kit.git.repository.clone
import kit.git.repository.diff
import kit.git.repository.objects
import kit.git.repository.sandbox
from kit.cli.main import main
from kit.git.repository.clone import CloneHistory
from kit.git.repository.diff import MAX_PATCH_BYTES
from kit.git.repository.history import HistoryError
from kit.git.reverts.report import revert_report
from kit.git.reverts.scan import read_reverts
from kit.git.values.commit import ChangeKind, Commit, DiffLine, FileDiff, Hunk, LineKind, Person
from kit.git.values.page import CommitPage
from kit.views.html.diff import MAX_FILES, MAX_LINES, commit_html, message_html
from kit.views.terminal.diff import commit_lines, commit_text
from tests.effort import LONG, in_turn
from tests.git.upstream import await_true, git
from tests.git.workshop import workshop

ROOT = Path(__file__).parents[3]
Files = Iterable[tuple[str, bytes]]


class Import:
    """A repository made by git fast-import: a commit in a moment, however large."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        git(folder, "init", "-q", "--bare", "-b", "main")
        self.folder = folder
        self.git = subprocess.Popen(
            ["git", "fast-import", "--quiet"], cwd=folder, stdin=subprocess.PIPE
        )
        self.now_s = 1_600_000_000

    def commit(self, message: str, files: Files = ()) -> None:
        assert self.git.stdin is not None
        self.now_s += 100
        head = f"commit refs/heads/main\ncommitter C <c@example.org> {self.now_s} +0000\n"
        data = message.encode()
        self.git.stdin.write(b"%sdata %d\n%s\n" % (head.encode(), len(data), data))
        for path, text in files:
            change = b"M 644 inline %s\ndata %d\n%s\n" % (path.encode(), len(text), text)
            self.git.stdin.write(change)

    def done(self) -> CloneHistory:
        assert self.git.stdin is not None
        self.git.stdin.close()
        assert self.git.wait(60) == 0
        return CloneHistory(self.folder)


@pytest.fixture
def made(tmp_path: Path) -> Import:
    found = Import(tmp_path / "big.git")
    found.commit("start", [("start.c", b"int start;\n")])
    return found


# -- a commit ----------------------------------------------------------------------------------


def test_of_a_long_patch_the_first_files_are_read_and_the_others_named(made: Import) -> None:
    text = b"int a_line_of_a_file_that_is_one_of_many;\n" * 30_000
    made.commit("many", [(f"f{number}.c", text) for number in range(5)])
    files = made.done().diff("HEAD")

    assert [(file.path, file.kind, file.left_out) for file in files] == [
        (f"f{number}.c", ChangeKind.ADDED, number >= MAX_PATCH_BYTES // len(text))
        for number in range(5)
    ]
    assert [len(file.hunks[0].lines) for file in files if not file.left_out] == [30_000] * 3
    assert "f4.c: added, too large to be read here" in list(commit_lines(COMMIT, files, "x"))
    assert "too large to be read here" in commit_html(CommitPage("x", files=files))


def test_a_file_that_git_would_hold_in_memory_is_named(
    made: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(kit.git.repository.sandbox._FOR_READERS, "core.bigFileThreshold", "1000")
    monkeypatch.setattr(kit.git.repository.diff, "BIG_FILE_BYTES", 1000)
    made.commit("big", [("big.c", b"int x;\n" * 1000), ("rom.bin", bytes(5000))])
    files = made.done().diff("HEAD")

    assert [(file.path, file.binary, file.left_out, file.hunks) for file in files] == [
        ("big.c", False, True, ()),
        ("rom.bin", True, False, ()),
    ]


def test_more_files_than_are_read_are_one_line(
    made: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kit.git.repository.diff, "MAX_PRINTED_BYTES", 1000)
    made.commit("many", [(f"f{number}.c", b"x\n") for number in range(50)])

    with pytest.raises(HistoryError, match="changes more files than the kit reads"):
        made.done().diff("HEAD")


def test_files_that_are_too_large_together_are_named_but_for_the_first(
    made: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kit.git.repository.diff, "MAX_DIFFED_BYTES", 2500)
    made.commit("many", [(f"f{number}.c", b"int x;\n" * 100) for number in range(5)])
    files = made.done().diff("HEAD")

    assert [(file.path, file.left_out, file.count(LineKind.ADDED)) for file in files] == [
        (f"f{number}.c", number > 2, 100 if number < 3 else 0) for number in range(5)
    ]


def test_ten_thousand_files_are_named(made: Import) -> None:
    made.commit("many", [(f"d{n % 90}/f{n}.c", b"int x;\n") for n in range(10_000)])
    files = made.done().diff("HEAD")
    page = commit_html(CommitPage("x", files=files))

    assert len(files) == 10_000
    assert (page.count("<details"), f"… {10_000 - MAX_FILES:,} more files" in page) == (
        MAX_FILES,
        True,
    )


def test_of_a_long_message_the_beginning_is_shown(made: Import) -> None:
    trailers = "Key: value\n" * 50_000
    made.commit(f"{'s' * 300_000}\n\n{'words ' * 50_000}\n\n{trailers}")
    commit = made.done().commit("HEAD")
    page = message_html(commit)

    assert commit.subject == f"{'s' * 200_000} [… 100,000 characters left out]"
    assert commit.body.endswith(",001 characters left out]")
    assert (len(commit.body) < 201_000, len(commit.trailers), len(page) < 500_000) == (
        True,
        1000,
        True,
    )
    assert sum(map(len, commit_lines(commit, (), "x"))) < 500_000


COMMIT = Commit(
    hash="0" * 40,
    subject="x",
    body="",
    author=Person("A", "a@example.org"),
    committer=Person("C", "c@example.org"),
    authored="2021-04-12T12:00:00+10:00",
    committed="2021-04-12T12:00:00+10:00",
)


@pytest.mark.parametrize(("name", "length"), in_turn(["a.c", "a.xml"], [40_000, 20]))
def test_lines_are_compared_and_coloured_as_far_as_they_are_read(name: str, length: int) -> None:
    """Comparing words takes the square of a line, and some languages' colours longer still."""
    count = (600_000 if LONG else 200_000) // length
    sides = [
        tuple(
            DiffLine(kind, f"{sign} " + "(a b" * (length // 4), number, number)
            for number in range(count)
        )
        for kind, sign in ((LineKind.REMOVED, "-"), (LineKind.ADDED, "+"))
    ]
    lines = tuple(line for pair in zip(*sides, strict=True) for line in pair)
    file = FileDiff(path=name, old_path=name, kind=ChangeKind.MODIFIED, hunks=(Hunk("f", lines),))
    began = time.process_time()

    for side_by_side in (False, True):
        page = commit_html(CommitPage("x", files=(file,)), side_by_side=side_by_side)
        assert page.count("kit-added") <= MAX_LINES
    commit_text(COMMIT, (file,), "x")
    list(commit_lines(COMMIT, (file,), "x"))
    assert time.process_time() - began < 60  # seconds where nothing else runs; its square is hours


# -- a history ---------------------------------------------------------------------------------


def test_ten_thousand_commits_are_read_as_they_come(made: Import) -> None:
    for number in range(10_000):
        made.commit(f"part {number}")
    made.commit(f'Revert "part 9"\n\nThis reverts commit {"0" * 40}.')
    found = list(read_reverts(made.done()))

    assert [revert.subject for revert in found] == ['Revert "part 9"']


def test_a_revert_of_more_than_is_compared_is_not_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What libgit2 compares is held in memory several times."""
    monkeypatch.setattr(kit.git.repository.objects, "MAX_COMPARED_BYTES", 1 << 20)
    made = workshop(tmp_path / "r")
    made.commit("big", {"big.c": "int x;\n" * 200_000})
    made.revert("HEAD")
    report = revert_report(made.clone, "HEAD")

    words = "its files have more than 1 MiB, so the kit does not compare them"
    assert (report.finding.verdict, report.lines, report.tags) == (None, None, ())
    assert words in report.finding.note


def test_a_message_longer_than_any_does_not_hold_up_a_walk(made: Import) -> None:
    """Each piece that came was put to all before it: the square of its length."""
    made.commit(f'Revert "x"\n\n{"and commit " + "b" * 40 + ", "}' * 60_000)
    made.commit("reverts\n\n" + "This reverts commit 0123456789.\n" * 60_000)
    made.commit(f"Revert {'(' * 1_000_000}")
    clone = made.done()
    began = time.process_time()

    list(read_reverts(clone))
    assert time.process_time() - began < 60


def test_ctrl_c_leaves_no_process_and_no_file(made: Import, tmp_path: Path) -> None:
    for number in range(20_000):
        made.commit(f'Revert "part {number}"\n\nThis reverts commit {"0" * 39}{number % 10}.')
    made.done()
    (tmp_path / "tmp").mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", "kit", "reverts", "--repo", str(made.folder)],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(tmp_path / "tmp")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    await_true(lambda: bool(children_of(process.pid)))
    started = children_of(process.pid)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)

    assert (process.returncode, errors) == (2, "kit: stopped\n")
    await_true(lambda: not any(Path(f"/proc/{each}").exists() for each in started))
    assert list((tmp_path / "tmp").iterdir()) == []


def children_of(process: int) -> list[str]:
    return Path(f"/proc/{process}/task/{process}/children").read_text().split()


# -- what a person asks for --------------------------------------------------------------------


def test_a_scenario_of_many_events_is_refused_or_played(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = ",\n".join(f'  "{number} s: device_del core1"' for number in range(30_000))
    path = tmp_path / "many.toml"
    path.write_text(
        f'title = "many"\nwhy = "many"\nlook = "many"\nend = "30001 s"\nscript = [\n{lines}\n]\n'
        '[cast]\nguest = "linux-5.12"\ndevices = ["core1"]\n'
    )
    began = time.process_time()
    status = main(["run", str(path), "--format", "json"])

    assert (status, capsys.readouterr().err.count("\n")) in ((0, 0), (2, 1))
    assert time.process_time() - began < 60
