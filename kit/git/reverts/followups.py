"""What came after a revert: its fixes, re-landings, and work in the same functions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from io import BufferedReader
from itertools import islice

from kit.git.repository.clone import CloneHistory
from kit.git.repository.history import HistoryError, TooMuchError
from kit.git.repository.log import log_messages, subject_and_body
from kit.git.repository.reader import MissingObjectError
from kit.git.values.commit import FileDiff, Hunk, LineKind
from kit.git.values.revert_message import named
from kit.git.values.verdict import Revert

__all__ = ["FollowUp", "How", "followups_of"]

_FIXES = re.compile(r"^fixes:\s*(?:commit\s+)?([0-9a-f]{7,64})\b", re.IGNORECASE | re.MULTILINE)
_WITHIN_DAYS = 366
_MAX_MENTIONS = 1000
_MAX_COUNT = 10  # follow-ups: those nearest to the revert
_HEAD = re.compile(rb"[A-Za-z_$]")  # a line that git takes for the head of a function
_CALLED = re.compile(rb"\b(\w++)\s*+\(")  # possessive: a line may be long
_HUNK = re.compile(rb"@@ [^@]* @@ (.*)")


class How(Enum):
    """The relation of a later commit to a revert."""

    FIXES = "fixes"
    RELAND = "re-land"  # the target once more, or a revert of the revert
    FOLLOW_UP = "follow-up"  # in a function that the revert changes


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A commit that came after a revert, and its relation to it."""

    sha: str
    subject: str
    how: How


def followups_of(
    clone: CloneHistory, revert: Revert, titles: Sequence[str], files: Sequence[FileDiff]
) -> tuple[tuple[FollowUp, ...], str]:
    """Return what came after, oldest first, and why it is not known, if so.

    Fixes and re-landings count at any time, other follow-ups within a year.

    Args:
        clone: The clone, read from its HEAD.
        revert: The revert.
        titles: The subjects of its targets.
        files: The files that it changes.
    """
    told: dict[str, FollowUp] = {}
    note = ""
    try:
        told = {each.sha: each for each in _follow_ups(clone, revert, files)}
    except TooMuchError as error:
        note = f"who changed the same functions later cannot be told: {error}"
    except HistoryError:  # a partial clone lacks the files of most commits
        note = "who changed the same functions later cannot be told: not all files are here"
    told |= {each.sha: each for each in islice(_mentions(clone, revert, titles), _MAX_MENTIONS)}
    told = {sha: _as_read(clone, each) for sha, each in told.items()}
    order = ("rev-list", "--reverse", "--no-walk=sorted", "--end-of-options", *told, "--")
    if not told:
        return (), note
    with clone.stream(*order) as listed:
        return tuple(told[line.decode().strip()] for line in listed), note


def _as_read(clone: CloneHistory, after: FollowUp) -> FollowUp:
    """Return a follow-up; if it cannot be read, or is forged, its subject says so."""
    try:
        clone.reader(after.sha).read(after.sha, "commit")
    except MissingObjectError as error:
        return replace(after, subject=f"cannot be read: {error}")
    return after


def _mentions(clone: CloneHistory, revert: Revert, titles: Sequence[str]) -> Iterator[FollowUp]:
    about = {revert.sha, *(target.sha for target in revert.resolved)}
    again = {form % title for title in titles for form in ("%s", 'Reapply "%s"', 'Re-apply "%s"')}
    for sha, message in _since(clone, revert):
        if sha in about:  # a history with gaps does not know what comes before what
            continue
        subject, body = subject_and_body(message)
        says = named(subject, body) if "revert" in message.lower() else None
        undone = says.names if says else ()
        if subject in again or any(revert.sha.startswith(name.lower()) for name in undone):
            yield FollowUp(sha, subject, How.RELAND)
        elif any(
            name and name.startswith(match[1].lower())
            for match in _FIXES.finditer(body)
            for name in about
        ):
            yield FollowUp(sha, subject, How.FIXES)


def _since(clone: CloneHistory, revert: Revert) -> Iterator[tuple[str, str]]:
    form = ("-z", "--format=%H%n%B", "--encoding=UTF-8", "--no-notes", "--no-merges")
    with clone.stream("log", *form, *clone.tip(), f"^{revert.sha}", "--") as log:
        for head, message in log_messages(log):
            yield head.decode(), message.decode("utf-8", "replace")


def _follow_ups(clone: CloneHistory, revert: Revert, files: Sequence[FileDiff]) -> list[FollowUp]:
    wanted = {_function_of(hunk) for file in files for hunk in file.hunks} - {b""}
    paths = [file.path for file in files]
    if not wanted:
        return []
    until = revert.committed_s + _WITHIN_DAYS * 86_400
    options = ("-U3", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames", "--no-notes",
               "--submodule=short")  # fmt: skip
    with clone.stream(
        *("--literal-pathspecs", "log", "--format=%x00%H%n%s%n", "--encoding=UTF-8", *options),
        *("--no-merges", f"--until=@{until}", *clone.tip(), f"^{revert.sha}", "--"),
        *paths,
    ) as log:
        found = [
            FollowUp(sha, subject, How.FOLLOW_UP)
            for sha, subject, functions in _functions(log)
            if functions & wanted
        ]
    return found[-_MAX_COUNT:]


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
