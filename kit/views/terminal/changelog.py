"""A changelog as text for the terminal and as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kit.common.plain_text import printable
from kit.git.values.changelog import Entry
from kit.views.markdown import markdown_code, plain_markdown

__all__ = ["changelog_lines"]


def changelog_lines(
    span: str,
    entries: Sequence[Entry],
    *,
    markdown: bool = False,
    people: bool = False,
    trailers: bool = False,
) -> Iterator[str]:
    """Yield a range's changes: by group, then what needs a second look, then what cancels out."""
    style = _Markdown if markdown else _Plain
    news = [entry for entry in entries if entry.annulled_by is None]
    yield style.title(f"{span}: {len(news)} commits of {len(entries)}")
    groups: dict[str, list[Entry]] = {}
    for entry in news:
        groups.setdefault(entry.group, []).append(entry)
    for group in sorted(groups, key=str.lower):
        yield ""
        yield style.head(group)
        for entry in groups[group]:
            yield from _entry_lines(style, entry, people=people, trailers=trailers)
    yield from _older(style, news)
    yield from _partial(style, entries)
    yield from _pairs(style, entries)


def _entry_lines(
    style: type[_Plain], entry: Entry, *, people: bool, trailers: bool
) -> Iterator[str]:
    who = f", {style.words(entry.author)}" if people else ""
    yield style.item(f"{style.words(entry.subject)} ({entry.sha[:10]}{who})")
    for key, value in entry.trailers if trailers else ():
        yield style.deeper(f"{style.words(key)}: {style.words(value)}")


def _older(style: type[_Plain], news: Sequence[Entry]) -> Iterator[str]:
    older = [entry for entry in news if entry.older]
    if older:
        yield ""
        yield style.head("Behaviour changes: reverts of older commits")
    for entry in older:
        yield style.item(f"{style.words(entry.subject)} ({entry.sha[:10]})")


def _partial(style: type[_Plain], entries: Sequence[Entry]) -> Iterator[str]:
    partial = [entry for entry in entries if entry.partial]
    if partial:
        yield ""
        yield style.head("Partial reverts, and what they leave")
    for entry in partial:
        yield style.item(f"{style.words(entry.subject)} ({entry.sha[:10]})")
        for line in entry.left:
            yield style.deeper(style.code(f"{line.path}: {line.sign}{line.line}"))


def _pairs(style: type[_Plain], entries: Sequence[Entry]) -> Iterator[str]:
    """Yield each cancelled revert with its target; those of no revert come last."""
    by_sha = {entry.sha: entry for entry in entries}
    undone: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.annulled_by is not None and not _is_answer(entry, by_sha):
            undone.setdefault(entry.annulled_by, []).append(entry)
    if undone:
        yield ""
        yield style.head("Annulled within the range")
    for sha, taken in undone.items():
        revert = by_sha[sha]
        yield style.item(f"{style.words(revert.subject)} ({sha[:10]}) annuls")
        for entry in taken:
            yield style.deeper(f"{style.words(entry.subject)} ({entry.sha[:10]})")


def _is_answer(entry: Entry, by_sha: dict[str, Entry]) -> bool:
    """Is it the revert of the commit that it is cancelled with?"""
    other = by_sha[entry.annulled_by or ""]
    return other.annulled_by == entry.sha and entry.sha not in other.reverts


class _Plain:
    @staticmethod
    def title(words: str) -> str:
        return printable(words)

    @staticmethod
    def head(words: str) -> str:
        return printable(words)

    @staticmethod
    def item(words: str) -> str:
        return f"  {words}"

    @staticmethod
    def deeper(words: str) -> str:
        return f"      {words}"

    @staticmethod
    def words(text: str) -> str:
        return printable(text)

    @staticmethod
    def code(text: str) -> str:
        return printable(text)


class _Markdown(_Plain):
    @staticmethod
    def title(words: str) -> str:
        return f"# {_Markdown.words(words)}"

    @staticmethod
    def head(words: str) -> str:
        return f"## {_Markdown.words(words)}\n"

    @staticmethod
    def item(words: str) -> str:
        return f"- {words}"

    @staticmethod
    def deeper(words: str) -> str:
        return f"  - {words}"

    @staticmethod
    def words(text: str) -> str:
        return plain_markdown(text)

    @staticmethod
    def code(text: str) -> str:
        return markdown_code(text)
