"""A commit and its diff as HTML. Text from a clone is hostile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from pygments.lexers import get_lexer_for_filename
from pygments.token import Token, _TokenType
from pygments.util import ClassNotFound

from kit.common.english import counted
from kit.git.values.commit import (
    Commit,
    DiffLine,
    FileDiff,
    Hunk,
    LineKind,
    lore_link,
    quoted_list_links,
)
from kit.git.values.page import CommitPage, ResponsibleLines
from kit.views.escape import Html
from kit.views.html.diff_lines import line_pairs, marks_of

__all__ = ["body_html", "commit_html", "lines_html", "message_html"]

MAX_LINES = 2000
MAX_FILES = 300
_MAX_COLOURED = 100_000  # characters of a hunk: lexers are slow
# Only lexers whose time is linear in the text: a commit may be hostile.
_LANGUAGES = {"C", "C++", "Python", "Rust", "Makefile", "Bash", "Perl", "Go", "Java", "GAS", "JSON",
              "YAML", "INI", "TOML"}  # fmt: skip
_SCROLLS = Html('tabindex="0" role="region" data-lm-suppress-shortcuts="true"')
"""A block that scrolls by keys: JupyterLab leaves its arrow keys alone."""
_KINDS = {LineKind.ADDED: "added", LineKind.REMOVED: "removed", LineKind.CONTEXT: "context"}
_COLOURS: tuple[tuple[_TokenType, str], ...] = (
    (Token.Comment, "comment"),
    (Token.Literal.String, "string"),
    (Token.Keyword, "keyword"),
    (Token.Literal.Number, "number"),
)


def commit_html(page: CommitPage, *, side_by_side: bool = False) -> Html:
    """Return a commit: heading, source, then one foldable block for each file."""
    parts = [Html("<h4>{}</h4>").format(page.heading)]
    parts.append(Html('<p class="kit-soft">read from: {}</p>').around(page.source))
    if page.commit is not None:
        one = page.commit
        about = f"commit {one.hash}, {one.author.name}, {one.committed[:10]}"
        parts.append(Html('<p class="kit-soft">{}</p>').format(about))
    parts.append(Html("<p>{}</p>").around(Html.coded(page.note)))
    left = MAX_LINES
    for file in page.files[:MAX_FILES]:
        shown = list(islice(_rows(file, side_by_side=side_by_side), left))
        left -= len(shown)
        hidden = _height(file, side_by_side=side_by_side) - len(shown)
        parts.append(_file(file, shown, hidden, side_by_side=side_by_side))
    if len(page.files) > MAX_FILES:
        more = Html('<p class="kit-soft">… {}</p>')
        parts.append(more.format(counted(len(page.files) - MAX_FILES, "more file")))
    return Html().join(parts)


def _readable(hunk: Hunk) -> Hunk:
    """Return the part of a hunk that can be shown. Colours and marks cost time."""
    return hunk if len(hunk.lines) <= MAX_LINES else replace(hunk, lines=hunk.lines[:MAX_LINES])


def _height(file: FileDiff, *, side_by_side: bool) -> int:
    """Return the number of rows of a file."""
    rows = (list(line_pairs(hunk)) if side_by_side else hunk.lines for hunk in file.hunks)
    return sum(1 + len(found) for found in rows)


def lines_html(found: tuple[ResponsibleLines, ...], *, context: bool = True) -> Html:
    """Return responsible lines as a list: what they do, their commit, the hunk.

    ``context``: also show the unchanged lines around them.
    """
    parts = []
    for lines in found:
        rows = Html()
        if lines.file is not None and lines.hunk is not None:
            hunk = _readable(lines.hunk)
            write = _Writer(lines.file, hunk)
            shown = [one for one in hunk.lines if context or one.kind is not LineKind.CONTEXT]
            place = f"{lines.file.path}, {lines.hunk.function_name}"
            rows = Html(
                '<pre class="kit-diff" {} aria-label="{}"><span class="kit-hunk">@ {}'
                "</span>{}</pre>"
            ).format(_SCROLLS, place, lines.hunk.function, Html().join(map(write.line, shown)))
        parts.append((lines.says, lines.revision, rows))
    items = Html("<li>{} <span class='kit-soft'>({})</span>{}</li>").each(parts)
    return Html("<ul>{}</ul>").format(items)


def joined_html(step: int, head: Html, found: tuple[ResponsibleLines, ...]) -> Html:
    """Return the lines responsible for the event of a step; a cockpit joins them in its picture."""
    return Html('<section class="kit-lines" data-event="{}"><p>{}</p>{}</section>').format(
        step, head, lines_html(found)
    )


def message_html(commit: Commit, series: tuple[Commit, ...] = (), *, brief: bool = False) -> Html:
    """Return a commit's message, trailers and series, with links to the mailing list.

    ``brief``: do not list the trailers again, which end the message.
    """
    links = [link for link in (lore_link(commit), *quoted_list_links(commit)) if link]
    more = Html("<ul>{}</ul>").format(
        Html('<li><a href="{0}" rel="noreferrer" target="_blank">{0}</a></li>').each(links)
    )
    title = "posted as"
    if not brief:
        title = f"trailers ({len(commit.trailers)}) and links"
        trailers = Html("<dt>{}</dt><dd>{}</dd>").each(commit.trailers)
        more = Html("<dl>{}</dl>{}").format(trailers, more)
    folded = Html("<details><summary>{}</summary>{}</details>").format(title, more)
    shown = Html() if brief and not links else folded
    return body_html(commit) + shown + _series(commit, series)


def body_html(commit: Commit) -> Html:
    """Return the message of a commit, folded."""
    return Html(
        "<details><summary>message of the commit</summary>"
        '<pre class="kit-message" {} aria-label="message">{}</pre></details>'
    ).format(_SCROLLS, commit.body)


def _series(commit: Commit, series: tuple[Commit, ...]) -> Html:
    if len(series) < 2:
        return Html()
    named = (
        (other, Html("<code>{}</code> {}").format(other.hash[:10], other.subject))
        for other in series
    )
    items = Html("<li>{}</li>").each(
        Html("<strong>{}</strong>").format(words) if other.hash == commit.hash else words
        for other, words in named
    )
    return Html(
        "<details open><summary>posted together, in this order</summary><ul>{}</ul></details>"
    ).format(items)


def _file(file: FileDiff, rows: list[Html], hidden: int, *, side_by_side: bool) -> Html:
    more = Html('<span class="kit-soft">{}</span>').around(
        f"… {counted(hidden, 'more line')}" if hidden else ""
    )
    name = file.path if file.old_path == file.path else f"{file.old_path} → {file.path}"
    counts = f"+{file.count(LineKind.ADDED)} −{file.count(LineKind.REMOVED)}"
    if file.binary:
        counts, more = "binary", Html('<span class="kit-soft">a binary file differs</span>')
    if file.left_out:
        counts, more = "large", Html('<span class="kit-soft">too large to be read here</span>')
    style = "kit-diff kit-two" if side_by_side else "kit-diff"
    return Html(
        '<details open><summary><code>{}</code> <span class="kit-soft">{}</span>'
        '</summary><pre class="{}" {} aria-label="{}">{}{}</pre></details>'
    ).format(name, counts, style, _SCROLLS, file.path, Html().join(rows), more)


def _rows(file: FileDiff, *, side_by_side: bool) -> Iterator[Html]:
    for hunk in map(_readable, file.hunks):
        yield Html('<span class="kit-hunk">@ {}</span>').format(hunk.function)
        write = _Writer(file, hunk)
        if not side_by_side:
            yield from map(write.line, hunk.lines)
            continue
        for pair in line_pairs(hunk):
            cells = Html('<span class="kit-cell">{}</span>').each(
                " " if line is None else write.line(line) for line in (pair.old, pair.new)
            )
            yield Html('<span class="kit-pair">{}</span>').format(cells)


class _Writer:
    """Writes the lines of a hunk in their language's colours and marks what changed."""

    def __init__(self, file: FileDiff, hunk: Hunk) -> None:
        self._marks = marks_of(hunk)
        self._tokens: dict[int, list[tuple[_TokenType, str]]] = {}
        for side in (LineKind.REMOVED, LineKind.ADDED):  # a comment may begin on an earlier line
            lines = [line for line in hunk.lines if line.kind in (LineKind.CONTEXT, side)]
            tokens = _tokens(file.path, [line.text for line in lines])
            self._tokens |= {id(line): found for line, found in zip(lines, tokens, strict=True)}

    def line(self, line: DiffLine) -> Html:
        """Return one line of the hunk."""
        marks = self._marks.get(id(line), ())
        parts: list[Html] = []
        column = 0
        for token, words in self._tokens[id(line)]:
            style = next((name for kind, name in _COLOURS if token[: len(kind)] == kind), "")
            for piece, marked in _split(words, column, marks):
                tag = Html.escape(piece)
                if style:
                    tag = Html('<i class="kit-{}">{}</i>').format(style, tag)
                parts.append(Html("<mark>{}</mark>").format(tag) if marked else tag)
            column += len(words)
        written = Html().join(parts) or " "
        return Html('<span class="kit-{}">{}{}</span>').format(
            _KINDS[line.kind], line.kind.value, written
        )


def _tokens(path: str, lines: list[str]) -> list[list[tuple[_TokenType, str]]]:
    """Return the tokens of each line, from lexing all lines as one text; else one token a line."""
    plain = [[(Token.Text, line)] for line in lines]
    if sum(map(len, lines)) > _MAX_COLOURED:
        return plain
    try:
        lexer = get_lexer_for_filename(path, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return plain
    if lexer.name not in _LANGUAGES:
        return plain
    found: list[list[tuple[_TokenType, str]]] = [[]]
    for token, words in lexer.get_tokens("\n".join(lines)):
        first, *rest = words.split("\n")
        found[-1].append((token, first))
        found.extend([(token, piece)] for piece in rest)
    whole = ["".join(words for _, words in tokens) for tokens in found]
    return found if whole == lines else plain


def _split(words: str, column: int, marks: tuple[range, ...]) -> Iterator[tuple[str, bool]]:
    start = 0
    flags = [any(column + n in mark for mark in marks) for n in range(len(words))]
    for end in range(1, len(words) + 1):
        if end == len(words) or flags[end] != flags[start]:
            yield words[start:end], flags[start]
            start = end
