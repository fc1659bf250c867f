"""A changelog as text for the terminal, as Markdown, in the form of Keep a Changelog, as hashes.

Each commit of the range stands in one place: in a section, below the revert that takes it out, or
among the merges.  Source: Keep a Changelog 1.1.0; git-cliff's ``.cliffignore``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from kit.common.english import counted
from kit.common.plain_text import printable
from kit.git.values.changelog import MERGES, ChangelogEntry
from kit.git.values.forge import Forge
from kit.git.values.sections import Grouping, NextVersion, Section, conventional, sections_of
from kit.views.markdown import markdown_code, plain_markdown

__all__ = ["changelog_lines", "cliffignore_lines", "keepachangelog_lines"]

_OLDER = "Behaviour changes: reverts of older commits"
_PARTIAL = "Partial reverts, and what they leave"
_CANCELLED = "Cancelled within the range"
_Chapters = Sequence[tuple[str | None, str, Sequence[ChangelogEntry]]]


def changelog_lines(
    span: str,
    entries: Sequence[ChangelogEntry],
    *,
    by: Grouping = Grouping.SCOPE,
    releases: Sequence[tuple[str, str]] = (),
    following: NextVersion | None = None,
    markdown: bool = False,
    people: bool = False,
    trailers: bool = False,
    forge: Forge | None = None,
) -> Iterator[str]:
    """Yield a range's changes: in sections, then what needs a second look, then what cancels out.

    Args:
        span: The range, as somebody typed it.
        entries: Its commits, newest first.
        by: What sections go by.
        releases: Tags within the range and their dates, newest first: each is a chapter.
        following: The version that follows.
        markdown: Write Markdown instead of text.
        people: Say who wrote each.
        trailers: Show their trailers.
        forge: Where hashes lead to, in Markdown.
    """
    style = _markdown(forge) if markdown else _PLAIN
    news = [entry for entry in entries if entry.cancelled_by is None]
    head = f"{span}: {counted(len(news), 'commit')} of {len(entries):,}"
    yield style.heads[0].format(style.words(head))
    page = _Page(style, entries, people=people, trailers=trailers)
    chapters = _chapters([each for each in entries if _stands_alone(each)], releases)
    depth = 1
    for tag, date, some in chapters:
        if len(chapters) > 1:
            yield from page.head(1, f"{tag}, {date}" if tag else "Not released")
            depth = 2
        yield from page.chapter(some, by, depth)
    if following is not None and not markdown:
        yield ""
        yield _following(following)


def _following(following: NextVersion) -> str:
    base, why = printable(following.base), following.why
    if not following.version:
        return f"No version needs to follow {base}: {why}."
    return f"{following.version} follows {base}: {why}."


def _chapters(entries: Sequence[ChangelogEntry], releases: Sequence[tuple[str, str]]) -> _Chapters:
    """Return entries by the release that has them first, newest first; the others before."""
    groups = [(None, ""), *releases]
    found = [(tag, date, [entry for entry in entries if entry.tag == tag]) for tag, date in groups]
    return [chapter for chapter in found if chapter[2]]


def _stands_alone(entry: ChangelogEntry) -> bool:
    """Does it stand in a section of its own, and not below its revert?"""
    return entry.cancelled_by is None or entry.is_answer


class _Page:
    """How the entries of one changelog are written, each once."""

    def __init__(
        self,
        style: _Style,
        entries: Sequence[ChangelogEntry],
        *,
        people: bool,
        trailers: bool,
    ) -> None:
        self._style = style
        self._people, self._trailers = people, trailers
        # what is taken out stands below its revert, wherever that stands
        self._taken_out: dict[str, list[ChangelogEntry]] = {}
        for entry in entries:
            if entry.cancelled_by is not None and not entry.is_answer:
                self._taken_out.setdefault(entry.cancelled_by, []).append(entry)

    def head(self, depth: int, words: str) -> Iterator[str]:
        """Yield a head at a depth."""
        yield ""
        yield self._style.heads[depth].format(self._style.words(words))

    def chapter(self, entries: Sequence[ChangelogEntry], by: Grouping, depth: int) -> Iterator[str]:
        """Yield all sections of some entries."""
        news = [entry for entry in entries if entry.cancelled_by is None]
        plain = [each for each in news if not (each.is_merge or each.partial or each.older)]
        for section in sections_of(plain, by):
            yield from self.section(section, depth)
        for head, some in (
            (_OLDER, [each for each in news if each.older and not each.partial]),
            (_PARTIAL, [each for each in news if each.partial]),
            (_CANCELLED, [each for each in entries if each.is_answer]),
            (MERGES, [each for each in news if each.is_merge]),
        ):
            yield from self.section(Section(head, tuple(some)), depth)

    def section(self, section: Section, depth: int) -> Iterator[str]:
        """Yield a section and those within it, or nothing if it is empty."""
        if section.entries or section.parts:
            if section.head:
                yield from self.head(depth, section.head)
            yield from self._style.after_head[bool(section.entries)]
        for entry in section.entries:
            yield from self.lines(entry)
        for part in section.parts:
            yield from self.section(part, depth + 1)

    def lines(self, entry: ChangelogEntry) -> Iterator[str]:
        """Yield an entry and what stands below it."""
        style = self._style
        undone = self._taken_out.get(entry.sha, [])
        yield style.item.format(f"{self._describe(entry)}{' cancels' if undone else ''}")
        if not entry.is_answer:
            for key, value in entry.trailers if self._trailers else ():
                yield style.deeper.format(f"{style.words(key)}: {style.words(value)}")
        for each in undone:
            was_in = f", in {style.words(each.tag)}" if each.tag and each.tag != entry.tag else ""
            yield style.deeper.format(f"{self._describe(each)}{was_in}")
        for line in entry.left:
            yield style.deeper.format(style.code(f"{line.path}: {line.sign}{line.line}"))

    def _describe(self, entry: ChangelogEntry) -> str:
        style = self._style
        who = f", {style.words(entry.author)}" if self._people else ""
        return f"{style.words(entry.subject)} ({style.hash(entry.sha)}{who})"


@dataclass(frozen=True, slots=True)
class _Style:
    """How a changelog is written: the forms of its lines, and of what others wrote."""

    heads: tuple[str, ...]  # of the page, and the heads within it
    after_head: tuple[
        tuple[str, ...], tuple[str, ...]
    ]  # where no entry follows, and where one does
    item: str
    deeper: str
    words: Callable[[str], str]
    code: Callable[[str], str]
    hash: Callable[[str], str]


_PLAIN = _Style(
    ("{}", "{}", "{}", "{}", "{}"), ((), ()), "  {}", "      {}", printable, printable,
    lambda sha: sha[:10],
)  # fmt: skip


def _markdown(forge: Forge | None) -> _Style:
    return _Style(
        ("# {}", "## {}", "### {}", "#### {}", "##### {}"), ((), ("",)), "- {}", "  - {}",
        partial(plain_markdown, numbers=True, spans=True), markdown_code, partial(_linked, forge),
    )  # fmt: skip


def _linked(forge: Forge | None, sha: str) -> str:
    return sha[:10] if forge is None else f"[{sha[:10]}]({forge.commit(sha)})"


_KINDS = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")
_FIRST_WORDS = {
    **dict.fromkeys(("add", "adds", "added", "introduce", "introduces", "implement"), "Added"),
    **dict.fromkeys(("fix", "fixes", "fixed"), "Fixed"),
    **dict.fromkeys(("remove", "removes", "removed", "drop", "drops", "delete"), "Removed"),
    **dict.fromkeys(("deprecate", "deprecates", "deprecated"), "Deprecated"),
}
_OF_TYPES = {"feat": "Added", "feature": "Added"} | dict.fromkeys(
    ("fix", "bugfix", "hotfix"), "Fixed"
)


def keepachangelog_lines(
    entries: Sequence[ChangelogEntry],
    *,
    releases: Sequence[tuple[str, str]] = (),
    forge: Forge | None = None,
) -> Iterator[str]:
    """Yield a range as Keep a Changelog has it; what is not news stands in a comment.

    Args:
        entries: Its commits, newest first.
        releases: Tags within the range and their dates, newest first.
        forge: Where hashes lead to.
    """
    page = _Page(_markdown(forge), (), people=False, trailers=False)
    for place, (tag, date, some) in enumerate(_chapters(entries, releases)):
        yield from ([""] if place else [])
        version = plain_markdown((tag or "").removeprefix("v"), starts=False)
        head = "[Unreleased]" if tag is None else f"[{version}] - {date}"
        yield f"## {head}"
        for kind in _KINDS:
            rows = tuple(each for each in some if _is_listed(each) and _kind_of(each) == kind)
            yield from page.section(Section(kind, rows), 2)
        yield from _comment([each for each in some if not _is_listed(each)])


def _is_listed(entry: ChangelogEntry) -> bool:
    return entry.cancelled_by is None and not entry.is_merge


def _kind_of(entry: ChangelogEntry) -> str:
    if entry.reverts:
        return "Changed"
    said = conventional(entry.subject)
    words = entry.subject.split(": ", 1)[-1].split()
    if said is not None and said.kind in _OF_TYPES:
        return _OF_TYPES[said.kind]
    if any(key.lower() in ("cve", "security") for key, _ in entry.trailers):
        return "Security"
    return _FIRST_WORDS.get(words[0].lower() if words else "", "Changed")


def _comment(entries: Sequence[ChangelogEntry]) -> Iterator[str]:
    """Yield what is left out, as a comment that no subject can end."""
    if entries:
        yield ""
        yield "<!-- Left out, because they are merges or cancel each other:"
    for entry in entries:
        subject = printable(entry.subject).replace("-", "‐").replace(">", "›")
        yield f"{subject} ({entry.sha[:10]})"
    if entries:
        yield "-->"


def cliffignore_lines(entries: Sequence[ChangelogEntry]) -> Iterator[str]:
    """Yield the hashes of what cancels out, as git-cliff reads them from ``.cliffignore``."""
    for entry in entries:
        if entry.cancelled_by is not None:
            yield entry.sha
