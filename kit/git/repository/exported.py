"""A history in one file: written from any other, read without git and without compiled code.

The file is JSON: ``{"format", "version", "source", "commits": [...], "diffs": {hash: [...]},
"names": {name: hash}, "tags": [[name, hash], ...]}``.  ``names`` are other hashes of a commit: in
the re-enactment those of QEMU's own.
"""

from __future__ import annotations

import contextlib
import json
from bisect import bisect_left
from collections.abc import Iterable
from itertools import islice, takewhile
from pathlib import Path
from typing import Any

from kit.common.json_fields import FormatError, check_bounds
from kit.common.user_file import read_bounded
from kit.git.repository.history import History, HistoryError, Source, SourceKind
from kit.git.values.commit import ChangeKind, Commit, DiffLine, FileDiff, Hunk, LineKind, Person

__all__ = ["FileHistory", "commit_json", "export", "file_json", "read_file"]

FORMAT, VERSION = "unplug-kit history", 1
MAX_BYTES = 10_000_000  # a hundred times what the lesson's commits take


def export(history: History, revisions: Iterable[str], tags: Iterable[str]) -> str:
    """Return one file of the commits that *revisions* and the present *tags* name."""
    commits: dict[str, Commit] = {}
    diffs: dict[str, tuple[FileDiff, ...]] = {}
    names: dict[str, str] = {}
    for revision in revisions:
        commit = history.commit(revision)
        commits[commit.hash] = commit
        names[revision] = commit.hash
        if commit.hash not in diffs:
            diffs[commit.hash] = history.diff(revision)
    wanted = set(tags)
    kept = [(name, found) for name, found in history.tags() if name in wanted]
    for name, found in kept:  # of the re-enactment none of the catalogue's commits may be tagged
        if found not in commits:
            with contextlib.suppress(HistoryError):
                commit, diffs[found] = history.commit(name), history.diff(name)
                commits[found] = commit
    return json.dumps(
        {
            "format": FORMAT,
            "version": VERSION,
            "source": {"kind": history.source.kind.name, "place": history.source.place},
            "commits": [commit_json(commit) for commit in commits.values()],
            "diffs": {name: [file_json(file) for file in files] for name, files in diffs.items()},
            "names": {name: found for name, found in names.items() if name != found},
            "tags": [[name, found] for name, found in kept if found in commits],
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


class FileHistory:
    """The history in a file.

    Raises:
        HistoryError: The text is not such a file, or of a version that this kit does not know; a
            method's commit is not in it.
    """

    def __init__(self, text: str, place: str) -> None:
        self._place = place
        data = _ours(text, place)
        try:
            self._commits = {c.hash: c for c in map(_commit, _list(data.pop("commits")))}
            diffs = data.pop("diffs")  # both forms of all diffs would take twice the room
            self._diffs = {name: tuple(map(_file, _list(diffs.pop(name)))) for name in [*diffs]}
            self._names = {_text(name): _text(found) for name, found in data["names"].items()}
            self._tags = tuple((_text(name), _text(found)) for name, found in data["tags"])
            self._tagged = dict(self._tags)
            self._known = sorted([*((name, name) for name in self._commits), *self._names.items()])
            kind = SourceKind[_text(data["source"]["kind"])]
            origin = _text(data["source"]["place"])
            if set(self._diffs) != set(self._commits):
                raise ValueError("commits and diffs do not go together")
            if not set(self._names.values()) <= set(self._commits):
                raise ValueError("a name of no commit")
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise HistoryError(
                f"{place} is damaged, or `kit history export` did not write it; export it again"
            ) from error
        self.origin = Source(kind, origin)
        self.source = Source(SourceKind.FILE, f"{place}, of a {self.origin}")

    def commit(self, revision: str) -> Commit:
        """Return the commit that a hash, a unique prefix of one, a known name or a tag names."""
        name = self._tagged.get(revision, self._names.get(revision, revision)).lower()
        # what begins with a name follows it in their order
        follows = islice(self._known, bisect_left(self._known, (name,)), None)
        alike = takewhile(lambda known: known[0].startswith(name), follows)
        found = {full for _, full in alike} if len(name) > 3 else set()
        if len(found) != 1:
            raise HistoryError(
                f"{self._place} does not hold commit {revision}; name a clone that does"
            )
        return self._commits[found.pop()]

    def diff(self, revision: str) -> tuple[FileDiff, ...]:
        """Return what a commit changes against its first parent; nothing for a merge."""
        return self._diffs[self.commit(revision).hash]

    def recent(self, revision: str, count: int) -> tuple[Commit, ...]:  # noqa: ARG002 - as History
        """Return the commit alone: the file does not hold those before it."""
        return (self.commit(revision),)

    def tags(self) -> tuple[tuple[str, str], ...]:
        """Return the tags in the file as (name, commit hash), by name."""
        return self._tags


def _ours(text: str, place: str) -> dict[str, Any]:
    """Return the object in the text if it is of our format and of a version known here."""
    try:
        check_bounds(text)
        data = json.loads(text)
    except FormatError as error:
        raise HistoryError(f"{place} is not an exported history: {error}") from None
    except ValueError:
        data = None
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        data = {}
    version = data.get("version")
    if not isinstance(version, int):
        raise HistoryError(
            f"{place} is not a history that `kit history export` wrote; export one, or name a clone"
        )
    if version != VERSION:
        raise HistoryError(
            f"{place} is a history of version {version}, and this kit reads version {VERSION};"
            " export it again"
        )
    return data


def commit_json(commit: Commit) -> dict[str, Any]:
    """Return a commit as JSON."""
    return {
        "hash": commit.hash,
        "subject": commit.subject,
        "body": commit.body,
        "author": [commit.author.name, commit.author.email],
        "committer": [commit.committer.name, commit.committer.email],
        "authored": commit.authored,
        "committed": commit.committed,
        "parents": list(commit.parents),
        "trailers": [list(pair) for pair in commit.trailers],
    }


def _commit(data: dict[str, Any]) -> Commit:
    return Commit(
        hash=_text(data["hash"]),
        subject=_text(data["subject"]),
        body=_text(data["body"]),
        author=Person(*map(_text, _list(data["author"]))),
        committer=Person(*map(_text, _list(data["committer"]))),
        authored=_text(data["authored"]),
        committed=_text(data["committed"]),
        parents=tuple(map(_text, _list(data["parents"]))),
        trailers=tuple((_text(key), _text(value)) for key, value in _list(data["trailers"])),
    )


def _text(value: object) -> str:
    """Return a text that can be written again, which half a surrogate pair cannot."""
    if not isinstance(value, str):
        raise TypeError("not a text")
    value.encode()
    return value


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError("not a list")
    return value


def _number(value: object) -> int | None:
    if value is not None and type(value) is not int:
        raise TypeError("not a line number")
    return value


def file_json(file: FileDiff) -> dict[str, Any]:
    """Return the changes of a file as JSON; lines as [sign, text, old, new number]."""
    return {
        "path": file.path,
        "old_path": file.old_path,
        "kind": file.kind.name,
        "binary": file.binary,
        **({"left_out": True} if file.left_out else {}),
        "hunks": [
            {
                "function": hunk.function,
                "lines": [[ln.kind.value, ln.text, ln.old, ln.new] for ln in hunk.lines],
            }
            for hunk in file.hunks
        ],
    }


def _file(data: dict[str, Any]) -> FileDiff:
    if not isinstance(data["binary"], bool):
        raise TypeError("binary is yes or no")
    return FileDiff(
        path=_text(data["path"]),
        old_path=_text(data["old_path"]),
        kind=ChangeKind[_text(data["kind"])],
        binary=data["binary"],
        left_out=data.get("left_out") is True,
        hunks=tuple(
            Hunk(
                _text(hunk["function"]),
                tuple(
                    DiffLine(LineKind(kind), _text(text), _number(old), _number(new))
                    for kind, text, old, new in map(_list, _list(hunk["lines"]))
                ),
            )
            for hunk in _list(data["hunks"])
        ),
    )


def read_carried(path: Path) -> FileHistory:
    """Return the history that this copy of the kit carries, under the name of its origin."""
    read = FileHistory(
        read_bounded(path, "exported history", MAX_BYTES, HistoryError),
        "the history that this copy of the kit carries",
    )
    read.source = Source(read.origin.kind, "carried by this copy of the kit")
    return read


def read_file(path: Path) -> FileHistory:
    """Return the history in the file at *path*."""
    return FileHistory(read_bounded(path, "exported history", MAX_BYTES, HistoryError), str(path))
