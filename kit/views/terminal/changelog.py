"""A changelog as text for the terminal and as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from kit.common.plain_text import printable
from kit.git.values.changelog import MERGES, ChangelogEntry
from kit.views.markdown import markdown_code, plain_markdown

__all__ = ["changelog_lines"]


def changelog_lines(
    span: str,
    entries: Sequence[ChangelogEntry],
    *,
    markdown: bool = False,
    people: bool = False,
    trailers: bool = False,
) -> Iterator[str]:
    """Yield a range's changes: by group, then what needs a second look, then what cancels out."""
    style = _MARKDOWN if markdown else _PLAIN
    news = [entry for entry in entries if entry.cancelled_by is None]
    title = style.words(f"{span}: {len(news)} commits of {len(entries)}")
    yield style.title.format(title)
    page = _Page(style, _taken_out(entries), people=people, trailers=trailers)
    groups: dict[str, list[ChangelogEntry]] = {}
    for entry in news:
        if not (entry.is_merge or entry.partial or entry.older):
            groups.setdefault(entry.group, []).append(entry)
    for group in sorted(groups, key=str.lower):
        yield from page.section(group, groups[group])
    older = [entry for entry in news if entry.older and not entry.partial]
    yield from page.section("Behaviour changes: reverts of older commits", older)
    partial = [entry for entry in news if entry.partial]
    yield from page.section("Partial reverts, and what they leave", partial)
    answers = [entry for entry in entries if entry.is_answer]
    yield from page.section("Annulled within the range", answers)
    yield from page.section(MERGES, [entry for entry in news if entry.is_merge])


def _taken_out(entries: Sequence[ChangelogEntry]) -> dict[str, list[ChangelogEntry]]:
    """Return what each revert takes out: it stands below its revert, wherever that stands."""
    found: dict[str, list[ChangelogEntry]] = {}
    for entry in entries:
        if entry.cancelled_by is not None and not entry.is_answer:
            found.setdefault(entry.cancelled_by, []).append(entry)
    return found


class _Page:
    """How the entries of one changelog are written, each once."""

    def __init__(
        self,
        style: _Style,
        taken_out: dict[str, list[ChangelogEntry]],
        *,
        people: bool,
        trailers: bool,
    ) -> None:
        self._style, self._taken_out = style, taken_out
        self._people, self._trailers = people, trailers

    def section(self, head: str, entries: Sequence[ChangelogEntry]) -> Iterator[str]:
        """Yield a section, or nothing if it is empty."""
        if entries:
            yield ""
            yield self._style.head.format(self._style.words(head))
        for entry in entries:
            yield from self._lines(entry)

    def _lines(self, entry: ChangelogEntry) -> Iterator[str]:
        style = self._style
        undone = self._taken_out.get(entry.sha, [])
        yield style.item.format(f"{self._describe(entry)}{' annuls' if undone else ''}")
        if not entry.is_answer:
            for key, value in entry.trailers if self._trailers else ():
                yield style.deeper.format(f"{style.words(key)}: {style.words(value)}")
        for each in undone:
            yield style.deeper.format(self._describe(each))
        for line in entry.left:
            yield style.deeper.format(style.code(f"{line.path}: {line.sign}{line.line}"))

    def _describe(self, entry: ChangelogEntry) -> str:
        style = self._style
        who = f", {style.words(entry.author)}" if self._people else ""
        return f"{style.words(entry.subject)} ({entry.sha[:10]}{who})"


@dataclass(frozen=True, slots=True)
class _Style:
    """How a changelog is written: the forms of its lines, and of what others wrote."""

    title: str
    head: str
    item: str
    deeper: str
    words: Callable[[str], str]
    code: Callable[[str], str]


_PLAIN = _Style("{}", "{}", "  {}", "      {}", printable, printable)
_MARKDOWN = _Style("# {}", "## {}\n", "- {}", "  - {}", plain_markdown, markdown_code)
