"""A commit and its diff for the terminal (rich) and as plain text that survives a mail."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rich.cells import cell_len, chop_cells
from rich.text import Text

from kit.common.plain_text import printable
from kit.git.values.commit import Commit, FileDiff, Hunk, LineKind, fixes, lore_link, reverts
from kit.views.html.diff_lines import marks_of

__all__ = ["commit_lines", "commit_text"]

_STYLES = {LineKind.ADDED: "green", LineKind.REMOVED: "red", LineKind.CONTEXT: ""}
_MARKED = {LineKind.ADDED: "black on green", LineKind.REMOVED: "black on red", LineKind.CONTEXT: ""}


def commit_text(commit: Commit, files: tuple[FileDiff, ...], source: str, note: str = "") -> Text:
    """Return a commit for the terminal: who, when, why, and the diff in colours, or a *note*."""
    text = Text()
    for words in _head(commit, source):
        text.append(f"{words}\n", style="bold" if words.startswith("commit ") else "")
    if note:
        text.append(f"\n{printable(note)}\n", style="italic")
    for file in files:
        text.append(f"\n{_file_line(file)}\n", style="bold")
        for hunk in file.hunks:
            text.append(f"@ {printable(hunk.function)}\n", style="cyan")
            _append_hunk(text, hunk)
    return text


def _append_hunk(text: Text, hunk: Hunk) -> None:
    marks = marks_of(hunk)
    for line in hunk.lines:
        start = len(text) + 1
        text.append(f"{line.kind.value}{printable(line.text)}\n", style=_STYLES[line.kind])
        for part in marks.get(id(line), ()):
            text.stylize(_MARKED[line.kind], start + part.start, start + part.stop)


def commit_lines(
    commit: Commit, files: tuple[FileDiff, ...], source: str, width: int = 72, note: str = ""
) -> Iterator[str]:
    """Yield a commit as plain lines of at most *width* columns; longer ones continue after ``\\``.

    A *note* replaces a missing diff.
    """
    for words in _head(commit, source):
        yield from _folded("", words, width)
    if note:
        yield ""
        yield from _folded("", note, width)
    for file in files:
        yield ""
        yield from _folded("", _file_line(file), width)
        for hunk in file.hunks:
            yield from _folded("@ ", hunk.function, width)
            for line in hunk.lines:
                yield from _folded(line.kind.value, line.text, width)


def _head(commit: Commit, source: str) -> Iterator[str]:
    yield f"commit {commit.hash}"
    yield f"read from {printable(source)}"
    yield printable(f"Author:    {commit.author}, {commit.authored}")
    yield printable(f"Committer: {commit.committer}, {commit.committed}")
    if commit.is_merge:
        yield f"Merge:     of {len(commit.parents)} parents"
    for label, names in (("Reverts:", reverts(commit)), ("Fixes:", fixes(commit))):
        if names:
            yield f"{label:<10} {printable(', '.join(map(_short, names)))}"
    link = lore_link(commit)
    if link:
        whose = "Posted:   " if commit.trailer("Message-Id") else "Its original was posted:"
        yield f"{whose} {printable(link)}"
    yield ""
    yield f"    {printable(commit.subject)}"
    yield ""
    for line in commit.body.splitlines():
        yield f"    {printable(line)}".rstrip()


def _short(name: str) -> str:
    """Return the first digits of the hash that *name* begins with; any other text unchanged."""
    match = re.match(r"[0-9a-f]{7,40}\b", name)
    return match[0][:10] if match else name


def _file_line(file: FileDiff) -> str:
    name = file.path if file.path == file.old_path else f"{file.old_path} -> {file.path}"
    if file.binary:
        return printable(f"{name}: a binary file differs")
    if file.left_out:
        return printable(f"{name}: {file.kind.value}, too large to be read here")
    added, removed = file.count(LineKind.ADDED), file.count(LineKind.REMOVED)
    return printable(f"{name}: {file.kind.value}, +{added} -{removed}")


def _folded(sign: str, words: str, width: int) -> Iterator[str]:
    line = f"{sign}{printable(words).expandtabs(8)}".rstrip()
    if cell_len(line) <= width:
        yield line
        return
    first = chop_cells(line, width - 1)[0]
    after = sign.replace("@", " ")
    # all at once: piece by piece would take quadratic time
    pieces = chop_cells(line[len(first) :], width - 1 - cell_len(after))
    if len(pieces) > 1 and cell_len(after + "".join(pieces[-2:])) <= width:
        pieces[-2:] = ["".join(pieces[-2:])]
    lines = [first, *(f"{after}{piece}" for piece in pieces)]
    yield from (f"{each}\\" for each in lines[:-1])
    yield lines[-1]
