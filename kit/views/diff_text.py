"""A commit and its diff for the terminal (rich) and as plain text that survives a mail."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from rich.text import Text

from kit.runs.commit import Commit, FileDiff, Hunk, LineKind, lore_link
from kit.views.diff_lines import changed_parts, line_pairs

__all__ = ["commit_lines", "commit_text"]

_STYLES = {LineKind.ADDED: "green", LineKind.REMOVED: "red", LineKind.CONTEXT: ""}
_MARKED = {LineKind.ADDED: "black on green", LineKind.REMOVED: "black on red", LineKind.CONTEXT: ""}


def commit_text(commit: Commit, files: tuple[FileDiff, ...], source: str) -> Text:
    """Write a commit for the terminal: who, when, why, and the diff in colours."""
    text = Text()
    for words in _head(commit, source):
        text.append(f"{words}\n", style="bold" if words.startswith("commit ") else "")
    for file in files:
        text.append(f"\n{_file_line(file)}\n", style="bold")
        for hunk in file.hunks:
            text.append(f"@ {_printable(hunk.function)}\n", style="cyan")
            _append_hunk(text, hunk)
    return text


def _append_hunk(text: Text, hunk: Hunk) -> None:
    marks: dict[int, tuple[range, ...]] = {}
    for pair in line_pairs(hunk):
        for side, parts in zip((pair.old, pair.new), changed_parts(pair), strict=True):
            if side is not None and parts:
                marks[id(side)] = parts
    for line in hunk.lines:
        start = len(text) + 1
        text.append(f"{line.kind.value}{_printable(line.text)}\n", style=_STYLES[line.kind])
        for part in marks.get(id(line), ()):
            text.stylize(_MARKED[line.kind], start + part.start, start + part.stop)


def commit_lines(
    commit: Commit, files: tuple[FileDiff, ...], source: str, width: int = 72
) -> Iterator[str]:
    """Write a commit as plain lines of at most *width* columns; longer ones go on after ``\\``."""
    for words in _head(commit, source):
        yield from _folded("", words, width)
    for file in files:
        yield ""
        yield from _folded("", _file_line(file), width)
        for hunk in file.hunks:
            yield from _folded("@ ", hunk.function, width)
            for line in hunk.lines:
                yield from _folded(line.kind.value, line.text, width)


def _head(commit: Commit, source: str) -> Iterator[str]:
    yield f"commit {commit.hash}"
    yield f"read from {_printable(source)}"
    yield _printable(f"Author:    {commit.author}, {commit.authored}")
    yield _printable(f"Committer: {commit.committer}, {commit.committed}")
    link = lore_link(commit)
    if link:
        yield f"Posted:    {_printable(link)}"
    yield ""
    yield f"    {_printable(commit.subject)}"
    yield ""
    for line in commit.body.splitlines():
        yield f"    {_printable(line)}".rstrip()


def _file_line(file: FileDiff) -> str:
    name = file.path if file.path == file.old_path else f"{file.old_path} -> {file.path}"
    if file.binary:
        return _printable(f"{name}: a binary file differs")
    added, removed = file.count(LineKind.ADDED), file.count(LineKind.REMOVED)
    return _printable(f"{name}: {file.kind.value}, +{added} -{removed}")


def _folded(sign: str, words: str, width: int) -> Iterator[str]:
    line = f"{sign}{_printable(words).expandtabs(8)}".rstrip()
    while len(line) > width:
        yield line[: width - 1] + "\\"
        line = sign.replace("@", " ") + line[width - 1 :]
    yield line


def _printable(words: str) -> str:
    """Make control characters visible, tabs apart: a clone's text must not steer a terminal."""
    return "".join(
        c if c == "\t" or unicodedata.category(c)[0] != "C" else repr(c)[1:-1] for c in words
    )
