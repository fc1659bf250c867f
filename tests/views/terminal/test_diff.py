"""A commit as text: its width, what it says of other commits, and a note without a diff."""

from __future__ import annotations

from dataclasses import replace

from rich.cells import cell_len

from kit.git.values.commit import ChangeKind, Commit, DiffLine, FileDiff, Hunk, LineKind, Person
from kit.views.terminal.diff import commit_lines, commit_text

SOMEONE = Person("A", "a@b")
COMMIT = Commit(
    hash="1" * 40,
    subject="漢字" * 40,
    body="This reverts commit d1c2e3ce3d5a5424651967bce1cf1f4caa0c6d91.",
    author=SOMEONE,
    committer=SOMEONE,
    authored="2021-03-31",
    committed="2021-03-31",
    trailers=(("Fixes", '51254ffb3201 ("x")'), ("Fixes", "https://example.org/1")),
)
LINE = DiffLine(LineKind.ADDED, "x" + "漢" * 60, None, 1)
FILES = (FileDiff(path="f", old_path="f", kind=ChangeKind.MODIFIED, hunks=(Hunk("", (LINE,)),)),)


def test_no_line_is_wider_than_asked_and_nothing_is_lost() -> None:
    lines = list(commit_lines(COMMIT, FILES, "here", 40))

    assert max(map(cell_len, lines)) <= 40
    assert "".join(line.rstrip("\\") for line in lines).count("漢") == 100


def test_what_it_reverts_and_fixes_is_said() -> None:
    lines = list(commit_lines(COMMIT, (), "here"))

    assert "Reverts:   d1c2e3ce3d" in lines
    assert "Fixes:     51254ffb32, https://example.org/1" in lines
    assert "Reverts:   d1c2e3ce3d" in commit_text(COMMIT, (), "here").plain


def test_where_there_is_none_nothing_is_said() -> None:
    text = "\n".join(commit_lines(replace(COMMIT, body="", trailers=()), (), "here"))

    assert not any(word in text for word in ("Reverts:", "Fixes:", "Merge:"))


def test_a_merge_says_so() -> None:
    merge = replace(COMMIT, parents=("2" * 40, "3" * 40))

    assert "Merge:     of 2 parents" in list(commit_lines(merge, (), "here"))


def test_a_note_stands_in_place_of_the_diff() -> None:
    assert list(commit_lines(COMMIT, (), "here", note="no\x1b diff"))[-2:] == ["", "no\\x1b diff"]
    assert commit_text(COMMIT, (), "here", "no diff").plain.endswith("\n\nno diff\n")
