"""What came after a revert: its fixes, re-landings, and work in the same functions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from io import BufferedReader
from itertools import islice

from kit.git.repository.clone import CloneHistory
from kit.git.repository.history import HistoryError, TooMuchError
from kit.git.repository.reader import MissingObjectError
from kit.git.values.commit import FileDiff, Hunk, LineKind, fixed_by
from kit.git.values.page import LaterCommit
from kit.git.values.revert_message import named
from kit.git.values.verdict import Revert

__all__ = ["followups_of"]

_WITHIN_DAYS = 366
_MAX_MENTIONS = 1000
_MAX_COUNT = 10  # follow-ups: those nearest to the revert
_HEAD = re.compile(rb"[A-Za-z_$]")  # a line that git takes for the head of a function
_CALLED = re.compile(rb"\b(\w++)\s*+\(")  # possessive: a line may be long
_HUNK = re.compile(rb"@@ [^@]* @@ (.*)")


def followups_of(
    clone: CloneHistory, revert: Revert, titles: Sequence[str], files: Sequence[FileDiff]
) -> tuple[tuple[LaterCommit, ...], str]:
    """Return what came after, oldest first, and why it is not known, if so.

    Fixes and re-landings count at any time, other follow-ups within a year.  *titles* are the
    subjects of the targets, *files* what the revert changes.
    """
    found: dict[str, tuple[str, str]] = {}
    note = ""
    try:
        found = _follow_ups(clone, revert, files)
    except TooMuchError as error:
        note = f"the kit cannot tell who changed the same functions later: {error}"
    except HistoryError:  # a partial clone lacks the files of most commits
        note = "the kit cannot tell who changed the same functions later: the clone lacks files"
    found |= islice(_mentions(clone, revert, titles), _MAX_MENTIONS)
    if not found:
        return (), note
    order = ("rev-list", "--reverse", "--no-walk=sorted", "--end-of-options", *found, "--")
    with clone.stream(*order) as listed:
        names = [line.decode().strip() for line in listed]
    return tuple(_later(clone, sha, *found[sha]) for sha in names), note


def _later(clone: CloneHistory, sha: str, subject: str, how: str) -> LaterCommit:
    """Return a follow-up; if it cannot be read, or is forged, its subject says so."""
    try:
        return LaterCommit(sha, subject, clone.raw(sha).committer.date, how)
    except MissingObjectError as error:
        return LaterCommit(sha, f"cannot be read: {error}", "", how)


def _mentions(
    clone: CloneHistory, revert: Revert, titles: Sequence[str]
) -> Iterator[tuple[str, tuple[str, str]]]:
    about = {revert.sha, *(target.sha for target in revert.resolved)}
    again = {form % title for title in titles for form in ("%s", 'Reapply "%s"', 'Re-apply "%s"')}
    for sha, subject, body in clone.messages(*clone.tip(), f"^{revert.sha}"):
        if sha in about:  # a history with gaps does not know what comes before what
            continue
        says = named(subject, body) if "revert" in f"{subject}{body}".lower() else None
        undone = says.names if says else ()
        if subject in again or any(revert.sha.startswith(name.lower()) for name in undone):
            yield sha, (subject, "re-land")
        elif any(name and name.startswith(fixed) for fixed in fixed_by(body) for name in about):
            yield sha, (subject, "fixes")


def _follow_ups(
    clone: CloneHistory, revert: Revert, files: Sequence[FileDiff]
) -> dict[str, tuple[str, str]]:
    wanted = {_function_of(hunk) for file in files for hunk in file.hunks} - {b""}
    paths = [file.path for file in files]
    if not wanted:
        return {}
    until = revert.committed_s + _WITHIN_DAYS * 86_400
    options = ("-U3", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames", "--no-notes",
               "--submodule=short")  # fmt: skip
    with clone.stream(
        *("--literal-pathspecs", "log", "--format=%x00%H%n%s%n", "--encoding=UTF-8", *options),
        *("--no-merges", f"--until=@{until}", *clone.tip(), f"^{revert.sha}", "--"),
        *paths,
    ) as log:
        found = [
            (sha, (subject, "follow-up"))
            for sha, subject, functions in _functions(log)
            if functions & wanted
        ]
    return dict(found[-_MAX_COUNT:])


def _functions(log: BufferedReader) -> Iterator[tuple[str, str, set[bytes]]]:
    """Yield hash, subject and the functions that the hunks of each commit change."""
    sha, subject, functions = "", "", set[bytes]()
    function: bytes | None = None  # None: the hunk's first change is behind us
    for line in log:
        if line.startswith(b"\0"):
            if sha:
                yield sha, subject, functions
            sha, functions = line[1:].strip().decode(), set()
            subject = next(log, b"").decode("utf-8", "replace").strip()
        elif line.startswith(b"@@ "):
            hunk = _HUNK.match(line)
            function = hunk[1] if hunk else b""
        elif function is not None and line[:1] in (b"+", b"-"):
            functions.add(_name(function))
            function = None
        elif function is not None and _HEAD.match(line, 1):
            function = line[1:]
    if sha:
        yield sha, subject, functions


def _function_of(hunk: Hunk) -> bytes:
    """Return the function that a hunk changes first: its head may be in the hunk itself."""
    function = hunk.function.encode()
    for line in hunk.lines:
        if line.kind is not LineKind.CONTEXT:
            break
        text = line.text.encode()
        if _HEAD.match(text):
            function = text
    return _name(function)


def _name(function: bytes) -> bytes:
    """Return the word before the parenthesis, or the whole line where there is none."""
    match = _CALLED.search(function)
    return match[1] if match else function.strip()
