"""A commit that nobody meant to write is one row, and whatever reads the history goes on."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from kit.cli.main import main
from kit.git.repository.clone import CloneHistory
from kit.git.repository.exported import FileHistory, export
from kit.git.repository.raw_commit import Stamp, decoded, parse_commit
from kit.git.reverts.report import report_json, revert_report, reverts_frame
from kit.git.reverts.scan import read_reverts
from kit.git.values.page import CommitPage
from kit.views.html.diff import commit_html, message_html
from tests.git.odd_objects import AUTHOR, FILE, OddRepository, complaints

PERSONS = (
    *(b"", b" ", b"A. Author", b"A <", b"A >a@b<", b"A <a@b", b"<>", b"A <a@b>", b"A <a@b> "),
    *(b"A <a@b> 1", b"A <a@b> 1 +0000", b"A <a@b> x +0000", b"A <a@b> -5 +0000"),
    *(b"A <a@b> 99999999999999999999999 +0000", b"A <a@b> 9223372036854775807 +0000"),
    *(b"A <a@b> 253402300800 +0000", b"A <a@b> 1600000000 +9999", b"A <a@b> 1600000000 +051800"),
    *(b"A <a@b> 1600000000 -2561", b"A <a@b> 1600000000 0000", b"A <a@b> 1600000000 +0000 more"),
    *(b"\xff\xfe <\xff@\xfe> 1600000000 +0000", b"<" * 5000),
    *(b"A <<a@b>> 1600000000 +0000", b"a" * 20_000 + b" <a@b> 1 +0000", AUTHOR, AUTHOR, AUTHOR),
)
ENCODINGS = (
    *(b"punycode", b"idna", b"raw_unicode_escape", b"unicode_escape", b"zlib", b"bz2", b"hex"),
    *(b"rot13", b"base64", b"uu", b"utf-7", b"utf-16", b"undefined", b"mbcs", b"\xff", b"", b" "),
    *(b"a" * 5000, b"../../x", b"ISO-8859-1", b"Shift_JIS", b"UTF-8", b"EUC-JP", b"koi8-r"),
)
MORE = (
    *(b"gpgsig -----BEGIN\n x\n -----END", b"mergetag object\n  ", b"x", b"author", b" "),
    *(b"tree 123", b"\xff\xff", b"h" * 10_000, b"encoding UTF-8"),
)
WORDS = (b"caf\xe9", "café".encode(), b"\x00", b"\xff\xfe", b"\x1b[31m", b"xn--", b"\r", b"")


def odd_head(chance: random.Random) -> list[bytes]:
    """Return header lines: each person odd, absent or twice, an encoding, and lines of anything."""
    lines = []
    for who in (b"author ", b"committer "):
        lines += [who + chance.choice(PERSONS) for _ in range(chance.choice((0, 1, 1, 1, 1, 2)))]
    if chance.random() < 0.7:
        lines.append(b"encoding " + chance.choice(ENCODINGS))
    lines += chance.choices(MORE, k=chance.choice((0, 0, 1, 2)))
    if chance.random() < 0.2:
        chance.shuffle(lines)
    return lines


def odd_repository(folder: Path, seed: int, count: int) -> tuple[OddRepository, list[str]]:
    """Return a repository of odd commits, every second a revert of the one before."""
    chance = random.Random(seed)
    made = OddRepository(folder)
    trees = [made.tree([(FILE, b"f", made.blob(b"%d\n" % number))]) for number in range(2)]
    commits = [made.commit(trees[0], (), b"first\n")]
    for number in range(1, count):
        message = chance.choice(WORDS) + b" change %d\n" % number
        if number % 2 == 0:
            quoted = chance.choice((b'Revert "x"\n\n', b"undo \xe9\n\n"))
            message = quoted + b"This reverts commit %s.\n" % commits[-1].encode()
            message += chance.choice(WORDS)
        commits.append(made.commit(trees[number % 2], commits[-1:], message, odd_head(chance)))
    made.head(commits[0], commits[-1])
    return made, commits


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Run a command; return its status and output; what it complains of is one line."""
    status = main(arguments)
    output, complaint = capsys.readouterr()
    assert complaints(complaint) <= (status == 2), complaint
    return status, output


@pytest.mark.parametrize("seed", range(4))
def test_walks_have_a_row_for_each_odd_commit(
    seed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made, commits = odd_repository(tmp_path / "odd.git", seed, 25)
    repo = ("--repo", str(made.folder))
    status, listed = run(capsys, "reverts", *repo, "--json")
    _, checked = run(capsys, "reverts", *repo, "--check", "--json")
    _, lines = run(capsys, "changelog", "v1.0.0..HEAD", *repo, "--no-check", "--json")
    rows = [json.loads(line) for line in listed.splitlines()]

    assert status == 0
    assert [row["sha"] for row in rows] == commits[:0:-2]
    assert [json.loads(line)["verdict"] for line in checked.splitlines()] == ["exact"] * len(rows)
    assert sorted(each["sha"] for each in json.loads(lines)["entries"]) == sorted(commits[1:])


@pytest.mark.parametrize("seed", range(4, 6))
def test_each_odd_commit_is_shown_checked_and_exported(
    seed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made, commits = odd_repository(tmp_path / "odd.git", seed, 13)
    clone = CloneHistory(made.folder)
    for sha in commits:
        status, shown = run(capsys, "show", sha, "--repo", str(made.folder), "--format", "text")
        page = CommitPage("x", files=clone.diff(sha))
        assert (status, sha in shown) == (0, True)
        assert "<details" in commit_html(page) + message_html(clone.commit(sha)) or page
        assert report_json(revert_report(clone, sha))["sha"] == sha
    rows = list(read_reverts(clone, check=True))

    assert len(reverts_frame(rows)) == len(rows) == len(commits) // 2
    assert FileHistory(export(clone, commits, ["v1.0.0"]), "x").commit(commits[-1]).hash


@pytest.mark.parametrize("head", [b"author A\0B <a@b> 1 +0000", b"author A <a@b> 1 +0000\nx \0"])
def test_a_header_with_a_nul_ends_there_for_git_and_the_commit_is_told(
    head: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = OddRepository(tmp_path / "odd.git")
    first = made.commit(made.tree([]))
    last = made.commit(made.tree([]), [first], b"undo\n\nThis reverts commit 1234567.\n", [head])
    made.head(first, last)
    for command in (["show", "HEAD"], ["reverts"], ["changelog", "v1.0.0..HEAD", "--no-check"]):
        assert run(capsys, *command, "--repo", str(made.folder))[0] == 0
    assert run(capsys, "revert", "HEAD", "--repo", str(made.folder))[0] == 1


@pytest.mark.parametrize("missing", ["tree", "parent", "everything"])
def test_where_git_itself_ends_the_walk_it_is_a_line(
    missing: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made, commits = odd_repository(tmp_path / "odd.git", 1, 5)
    head = {"tree": b"tree x\n", "parent": b"tree %s\nparent 12\n" % (b"0" * 40), "everything": b""}
    broken = made.write("commit", head[missing] + b"author " + AUTHOR + b"\n\nrevert 1234567\n")
    last = made.commit(made.tree([]), [broken], b"This reverts commit %s.\n" % broken.encode())
    made.head(commits[0], last)
    for command in (["reverts"], ["revert", "HEAD"], ["changelog", "v1.0.0..HEAD"],
                    ["show", broken], ["show", "HEAD"]):  # fmt: skip
        assert run(capsys, *command, "--repo", str(made.folder))[0] in (0, 1, 2)


def test_of_a_row_what_cannot_be_read_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = OddRepository(tmp_path / "odd.git")
    tree = made.tree([])
    first = made.commit(tree)
    head = (b"author A. Author", b"committer C <c@d> 99999999999999999999999 +0000")
    revert = made.commit(tree, [first], b"undo\n\nThis reverts commit %s.\n" % first.encode(), head)
    made.head(first, revert)
    why = "its author has no address in < >; its committer has no date"
    _, listed = run(capsys, "reverts", "--repo", str(made.folder))
    _, lines = run(capsys, "changelog", "v1.0.0..HEAD", "--repo", str(made.folder), "--no-check")

    assert listed.splitlines()[1] == f"1970-01-01 {revert[:10]} undo (cannot be read: {why})"
    assert f"(cannot be read: {why})" in lines
    assert CloneHistory(made.folder).commit(revert).author.name == (
        "(cannot be read: its author has no address in < >)"
    )


@pytest.mark.parametrize(
    ("encoding", "text"),
    [(b"ISO-8859-1", "é"), (b"latin1", "é"), (b"windows-1251", "\u0439"), (b"UTF-8", "\ufffd"),
     *((each, "\ufffd") for each in ENCODINGS[:12])],
)  # fmt: skip
def test_only_encodings_of_histories_are_known(encoding: bytes, text: str) -> None:
    assert decoded(b"\xe9", encoding) == text


def test_a_commit_is_taken_apart() -> None:
    tree, parent = b"1" * 40, b"2" * 40
    head = b"tree %s\nparent %s\nauthor \xdc <a@b> 60 -0130\ncommitter C <c@d> 0 +0000\n"
    commit = parse_commit("0" * 40, (head + b"encoding latin1\n\ns\xe9\n") % (tree, parent))

    assert (commit.tree, commit.parents, commit.message) == ("1" * 40, ("2" * 40,), "sé\n")
    assert (commit.author, commit.faults) == (Stamp("Ü", "a@b", 60, -90), ())
    assert commit.author.date == "1969-12-31T22:31:00-01:30"
