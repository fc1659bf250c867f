"""A commit and its diff as HTML.  Text from a clone is hostile: all of it is escaped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from pygments.lexers import get_lexer_for_filename
from pygments.token import Token, _TokenType
from pygments.util import ClassNotFound

from kit.runs.commit import (
    Commit,
    DiffLine,
    FileDiff,
    Hunk,
    LineKind,
    lore_link,
    quoted_list_links,
)
from kit.views.diff_lines import LinePair, changed_parts, line_pairs

__all__ = ["CommitPage", "ResponsibleLines", "commit_html", "message_html", "responsible_html"]

MOST_LINES = 2000
_KINDS = {LineKind.ADDED: "added", LineKind.REMOVED: "removed", LineKind.CONTEXT: "context"}
_COLOURS: tuple[tuple[_TokenType, str], ...] = (
    (Token.Comment, "comment"),
    (Token.Literal.String, "string"),
    (Token.Keyword, "keyword"),
    (Token.Literal.Number, "number"),
)


@dataclass(frozen=True, slots=True)
class CommitPage:
    """What is shown of a commit.

    ``source`` says which history it was read from; ``note`` stands where there is no diff, and
    then ``commit`` may be None; ``series`` are the commits that were posted with it.
    """

    heading: str
    source: str = ""
    commit: Commit | None = None
    files: tuple[FileDiff, ...] = ()
    note: str = ""
    series: tuple[Commit, ...] = ()


def commit_html(page: CommitPage, *, side_by_side: bool = False) -> str:
    """Write a page: heading, where it was read, then one block a file that opens and closes."""
    parts = [f"<h4>{escape(page.heading)}</h4>"]
    if page.source:
        parts.append(f'<p class="kit-soft">read from: {escape(page.source)}</p>')
    if page.commit is not None:
        about = (
            f"commit {page.commit.hash}, {page.commit.author.name}, {page.commit.committed[:10]}"
        )
        parts.append(f'<p class="kit-soft">{escape(about)}</p>')
    if page.note:
        parts.append(f"<p>{escape(page.note)}</p>")
    left = MOST_LINES
    for file in page.files:
        rows = list(_two_columns(file) if side_by_side else _one_column(file))
        shown = rows[: max(left, 0)]
        left -= len(shown)
        parts.append(_file(file, shown, len(rows) - len(shown), side_by_side=side_by_side))
    return "".join(parts)


@dataclass(frozen=True, slots=True)
class ResponsibleLines:
    """Lines of a commit that cause what a run shows; ``hunk`` is None where it cannot be read."""

    says: str
    revision: str
    file: FileDiff | None
    hunk: Hunk | None


def responsible_html(side: str, found: tuple[ResponsibleLines, ...]) -> str:
    """Write the lines responsible for the first difference on one side, to be opened."""
    parts = []
    for lines in found:
        rows = ""
        if lines.file is not None and lines.hunk is not None:
            marks = _marks_of(lines.file, list(line_pairs(lines.hunk)))
            rows = "".join(
                _line(lines.file, line, marks.get(id(line), ())) for line in lines.hunk.lines
            )
            place = f"{lines.file.path}, {lines.hunk.function_name}"
            rows = (
                f'<pre class="kit-diff" tabindex="0" role="region" aria-label="{escape(place)}">'
                f'<span class="kit-hunk">@ {escape(lines.hunk.function)}</span>{rows}</pre>'
            )
        parts.append(
            f"<li>{escape(lines.says)} <span class='kit-soft'>({escape(lines.revision)})</span>"
            f"{rows}</li>"
        )
    return (
        f"<details><summary>{escape(side)}: the lines responsible for the first difference"
        f"</summary><ul>{''.join(parts)}</ul></details>"
    )


def message_html(commit: Commit, series: tuple[Commit, ...] = ()) -> str:
    """Write a commit's message, trailers and series, with links to where it was posted."""
    trailers = "".join(
        f"<dt>{escape(key)}</dt><dd>{escape(value)}</dd>" for key, value in commit.trailers
    )
    links = [link for link in (lore_link(commit), *quoted_list_links(commit)) if link]
    listed = "".join(
        f'<li><a href="{escape(link)}" rel="noreferrer" target="_blank">{escape(link)}</a></li>'
        for link in links
    )
    return (
        f"<details><summary>message of the commit</summary>"
        f'<pre class="kit-message" tabindex="0">{escape(commit.body)}</pre></details>'
        f"<details><summary>trailers ({len(commit.trailers)}) and links</summary>"
        f"<dl>{trailers}</dl><ul>{listed}</ul></details>"
        f"{_series(commit, series)}"
    )


def _series(commit: Commit, series: tuple[Commit, ...]) -> str:
    if len(series) < 2:
        return ""
    items = "".join(
        f"<li>{'<strong>' if other.hash == commit.hash else ''}"
        f"<code>{other.hash[:10]}</code> {escape(other.subject)}"
        f"{'</strong>' if other.hash == commit.hash else ''}</li>"
        for other in series
    )
    return f"<details open><summary>posted together</summary><ol>{items}</ol></details>"


def _file(file: FileDiff, rows: list[str], hidden: int, *, side_by_side: bool) -> str:
    more = f'<span class="kit-soft">… {hidden} more lines</span>' if hidden else ""
    name = file.path if file.old_path == file.path else f"{file.old_path} → {file.path}"
    counts = f"+{file.count(LineKind.ADDED)} −{file.count(LineKind.REMOVED)}"
    if file.binary:
        counts, more = "binary", '<span class="kit-soft">a binary file differs</span>'
    style = "kit-diff kit-two" if side_by_side else "kit-diff"
    return (
        f"<details open><summary><code>{escape(name)}</code>"
        f' <span class="kit-soft">{counts}</span></summary>'
        f'<pre class="{style}" tabindex="0" role="region" aria-label="{escape(file.path)}">'
        f"{''.join(rows)}{more}</pre></details>"
    )


def _one_column(file: FileDiff) -> Iterator[str]:
    for hunk in file.hunks:
        yield f'<span class="kit-hunk">@ {escape(hunk.function)}</span>'
        marks = _marks_of(file, list(line_pairs(hunk)))
        for line in hunk.lines:
            yield _line(file, line, marks.get(id(line), ()))


def _two_columns(file: FileDiff) -> Iterator[str]:
    for hunk in file.hunks:
        yield f'<span class="kit-hunk">@ {escape(hunk.function)}</span>'
        pairs = list(line_pairs(hunk))
        marks = _marks_of(file, pairs)
        for pair in pairs:
            cells = [
                '<span class="kit-cell"> </span>'
                if line is None
                else f'<span class="kit-cell">{_line(file, line, marks.get(id(line), ()))}</span>'
                for line in (pair.old, pair.new)
            ]
            yield f'<span class="kit-pair">{"".join(cells)}</span>'


def _marks_of(file: FileDiff, pairs: list[LinePair]) -> dict[int, tuple[range, ...]]:
    """Which columns of which line differ from the line beside it."""
    marks: dict[int, tuple[range, ...]] = {}
    for pair in pairs:
        old, new = changed_parts(pair)
        if pair.old is not None and old:
            marks[id(pair.old)] = old
        if pair.new is not None and new:
            marks[id(pair.new)] = new
    return marks if not file.binary else {}


def _line(file: FileDiff, line: DiffLine, marks: tuple[range, ...]) -> str:
    return (
        f'<span class="kit-{_KINDS[line.kind]}">{line.kind.value}'
        f"{_coloured(file.path, line.text, marks)}</span>"
    )


def _coloured(path: str, text: str, marks: tuple[range, ...]) -> str:
    """Colour a line as its language does, and mark the columns that differ."""
    parts: list[str] = []
    column = 0
    for token, words in _tokens(path, text):
        style = next((name for kind, name in _COLOURS if token[: len(kind)] == kind), "")
        for piece, marked in _split(words, column, marks):
            tag = escape(piece)
            if style:
                tag = f'<i class="kit-{style}">{tag}</i>'
            parts.append(f"<mark>{tag}</mark>" if marked else tag)
        column += len(words)
    return "".join(parts) or " "


def _tokens(path: str, text: str) -> list[tuple[_TokenType, str]]:
    try:
        lexer = get_lexer_for_filename(path, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return [(Token.Text, text)]
    tokens = list(lexer.get_tokens(text))
    whole = "".join(words for _, words in tokens)
    return tokens if whole == text else [(Token.Text, text)]


def _split(words: str, column: int, marks: tuple[range, ...]) -> Iterator[tuple[str, bool]]:
    start = 0
    flags = [any(column + n in mark for mark in marks) for n in range(len(words))]
    for end in range(1, len(words) + 1):
        if end == len(words) or flags[end] != flags[start]:
            yield words[start:end], flags[start]
            start = end
