"""A history in a file: the same answers, without git."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kit.git.repository.exported import FileHistory, export, read_file
from kit.git.repository.history import HistoryError, Source, SourceKind
from kit.git.values.commit import ChangeKind, Commit, DiffLine, FileDiff, Hunk, LineKind, Person

SOMEONE = Person("A. Author", "a@example.org")
FIRST = Commit(
    hash="1" * 40,
    subject="first",
    body="why <b>",
    author=SOMEONE,
    committer=SOMEONE,
    authored="2021-03-31T21:04:00-03:00",
    committed="2021-04-12T12:00:00+10:00",
    parents=("0" * 40,),
    trailers=(("Message-Id", "<a@b>"),),
)
FILES = (
    FileDiff(
        path="b.c",
        old_path="a.c",
        kind=ChangeKind.RENAMED,
        hunks=(Hunk("f()", (DiffLine(LineKind.ADDED, "x\t", None, 3),)),),
    ),
    FileDiff(path="rom", old_path="rom", kind=ChangeKind.ADDED, binary=True),
)


class OneCommit:
    """A history of one commit that answers to two names."""

    source = Source(SourceKind.REENACTMENT, "here")

    def commit(self, revision: str) -> Commit:
        if revision not in (FIRST.hash, "f" * 40):
            raise HistoryError(f"no {revision}")
        return FIRST

    def diff(self, revision: str) -> tuple[FileDiff, ...]:
        return FILES if self.commit(revision) else ()

    def tags(self) -> tuple[tuple[str, str], ...]:
        return (("v1", FIRST.hash), ("v2", FIRST.hash))


class OneTag(OneCommit):
    """The same, asked for by its tag alone."""

    def commit(self, revision: str) -> Commit:
        return super().commit({"v1": FIRST.hash}.get(revision, revision))


def exported() -> str:
    return export(OneCommit(), [FIRST.hash, "f" * 40], ["v1"])


@pytest.mark.parametrize("name", [FIRST.hash, FIRST.hash[:8], "f" * 40, "ffff", "v1"])
def test_what_was_exported_answers_the_same(name: str) -> None:
    history = FileHistory(exported(), "f.json")

    assert (history.commit(name), history.diff(name)) == (FIRST, FILES)


def test_only_the_wanted_tags_are_in_the_file() -> None:
    assert FileHistory(exported(), "f.json").tags() == (("v1", FIRST.hash),)


def test_it_says_what_it_was_made_of() -> None:
    assert str(FileHistory(exported(), "f.json").source) == (
        "exported file (f.json, of a re-enactment, not QEMU's code (here))"
    )


@pytest.mark.parametrize("name", ["nope", "", "1", "2" * 40])
def test_a_commit_that_is_not_in_the_file_is_one_line(name: str) -> None:
    with pytest.raises(
        HistoryError, match=rf"^f\.json does not hold commit {name}; name a clone that does$"
    ):
        FileHistory(exported(), "f.json").commit(name)


def newer(data: dict[str, object]) -> None:
    data["version"] = 2


def other(data: dict[str, object]) -> None:
    data["format"] = "something"


def short(data: dict[str, object]) -> None:
    del data["diffs"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (newer, "is a history of version 2, and this kit reads version 1; export it again"),
        (other, "is not a history that `kit history export` wrote"),
        (short, "is damaged, or `kit history export` did not write it; export it again"),
    ],
)
def test_another_file_is_refused(change: Callable[[dict[str, object]], None], message: str) -> None:
    data = json.loads(exported())
    change(data)

    with pytest.raises(HistoryError, match=message):
        FileHistory(json.dumps(data), "f.json")


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("[" * 100_000, "it nests more than 100 deep"),
        ('{"commits":[' + "[]," * 500_000, "it holds more than 500,000 values"),
    ],
    ids=["deep", "many"],
)
def test_what_no_history_holds_is_not_read(text: str, limit: str) -> None:
    with pytest.raises(HistoryError) as error:
        FileHistory(text, "f.json")

    assert str(error.value) == f"f.json is not an exported history: {limit}"


NOT_OURS = "f.json is not a history that `kit history export` wrote; export one, or name a clone"


@pytest.mark.parametrize("text", ["", "[]", "{", "null", '{"format": 1}'])
def test_what_is_no_json_of_ours_is_one_line(text: str) -> None:
    with pytest.raises(HistoryError) as error:
        FileHistory(text, "f.json")

    assert str(error.value) == NOT_OURS


def put(*path: str | int, value: object) -> Callable[[dict[str, Any]], None]:
    def change(data: dict[str, Any]) -> None:
        inner: Any = data
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = value

    return change


@pytest.mark.parametrize(
    "change",
    [
        put("diffs", value={}),
        put("diffs", "3" * 40, value=[]),
        put("diffs", FIRST.hash, value=None),
        put("diffs", FIRST.hash, 0, "hunks", 0, "lines", 0, 1, value=3),
        put("diffs", FIRST.hash, 0, "hunks", 0, "lines", 0, 2, value="3"),
        put("diffs", FIRST.hash, 0, "hunks", 0, "lines", 0, 0, value=["+"]),
        put("diffs", FIRST.hash, 0, "binary", value=None),
        put("commits", 0, "body", value=None),
        put("commits", 0, "subject", value=3),
        put("commits", 0, "subject", value="\ud800x"),
        put("commits", 0, "trailers", value=[[1, 2]]),
        put("commits", 0, "parents", value="abc"),
        put("commits", 0, "author", value="ab"),
        put("commits", 0, value=None),
        put("commits", value=3),
        put("names", "f" * 40, value="2" * 40),
        put("names", value=[]),
        put("tags", value=[["v1", 3]]),
        put("source", value="here"),
        put("source", "kind", value="OTHER"),
    ],
)
def test_a_damaged_file_is_one_line_without_pythons_words(
    change: Callable[[dict[str, Any]], None],
) -> None:
    data = json.loads(exported())
    change(data)

    with pytest.raises(HistoryError) as error:
        FileHistory(json.dumps(data), "f.json")

    assert str(error.value) == (
        "f.json is damaged, or `kit history export` did not write it; export it again"
    )


@pytest.mark.parametrize("version", [None, "1", [1]])
def test_a_version_that_is_no_number_is_no_history_of_ours(version: object) -> None:
    data = json.loads(exported()) | {"version": version}

    with pytest.raises(HistoryError) as error:
        FileHistory(json.dumps(data), "f.json")

    assert str(error.value) == NOT_OURS


def test_a_tag_brings_its_commit() -> None:
    history = FileHistory(export(OneTag(), [], ["v1"]), "f.json")

    assert (history.commit("v1"), history.diff("v1")) == (FIRST, FILES)


def test_a_file_that_is_no_text_is_not_ours(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"\xff\xfe")

    with pytest.raises(HistoryError, match=r"f: is not UTF-8 text: invalid start byte$"):
        read_file(path)


def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match=r"missing: no such file$"):
        read_file(tmp_path / "missing")


def test_reading_needs_no_git_and_no_compiled_code() -> None:
    """As in a browser: GitPython and unidiff must not even be asked for."""
    program = """
import sys
for name in ("git", "unidiff", "subprocess", "_posixsubprocess"):
    sys.modules[name] = None
import kit.git.repository.exported
print("read")
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.stdout, done.stderr) == ("read\n", "")
