"""How the commits of a changelog are put into sections: by type, by scope or by directory.

Which of them is the project's own habit is told by its subjects: at least half of them have it.
The types and what they mean for a version are those of Conventional Commits 1.0.0 and of Angular's
convention, which it grew from.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from typing import NamedTuple

from kit.common.errors import UserError
from kit.git.values.changelog import ChangelogEntry, prefix_of
from kit.git.values.revert_message import reverted_title

__all__ = [
    "Conventional",
    "Grouping",
    "NextVersion",
    "Section",
    "conventional",
    "grouping_named",
    "habit_of",
    "highest_version",
    "next_version",
    "range_json",
    "sections_of",
]

OTHER = "Other changes"
_MIN_PART = 3  # entries that a section within another has
_BREAKING = "Breaking changes"
_FEATURES, _FIXES, _FASTER = "Features", "Fixes", "Performance"
_TYPES = {
    **dict.fromkeys(("feat", "feature"), _FEATURES),
    **dict.fromkeys(("fix", "bugfix", "hotfix"), _FIXES),
    "perf": _FASTER,
    "revert": "Reverts",
    "refactor": "Refactoring",
    **dict.fromkeys(("docs", "doc"), "Documentation"),
    **dict.fromkeys(("test", "tests"), "Tests"),
    "build": "Build",
    "deps": "Dependencies",
    "ci": "Continuous integration",
    "style": "Style",
    **dict.fromkeys(("chore", "release"), "Chores"),
}
_SUBJECT = re.compile(r"([A-Za-z]{2,20})(?:\(([^()]{1,60})\))?(!)?:\s+\S")
_VERSION = re.compile(r"(v?)(\d{1,9})\.(\d{1,9})(?:\.(\d{1,9}))?")


class Grouping(Enum):
    """What sections go by."""

    TYPE = "type"
    SCOPE = "scope"
    DIRECTORY = "directory"


def grouping_named(name: str) -> Grouping:
    """Return what sections go by, by its name.

    Raises:
        UserError: There is none of this name.
    """
    try:
        return Grouping(name)
    except ValueError:
        names = ", ".join(each.value for each in Grouping)
        raise UserError(f"cannot group sections by {name!r}; give one of {names}") from None


class Conventional(NamedTuple):
    """What a conventional subject begins with."""

    kind: str
    scope: str
    breaking: bool


class Section(NamedTuple):
    """Entries below a head, which is empty where it would not help; then sections within it."""

    head: str
    entries: tuple[ChangelogEntry, ...]
    parts: tuple[Section, ...] = ()


class NextVersion(NamedTuple):
    """The version that follows from commits: ``version`` is empty if none needs to."""

    base: str
    version: str
    why: str


def conventional(subject: str) -> Conventional | None:
    """Return what a subject says of itself in the way of Conventional Commits, or None.

    >>> conventional("feat(core)!: x"), conventional("hw/ppc: x")
    (Conventional(kind='feat', scope='core', breaking=True), None)
    """
    match = _SUBJECT.match(reverted_title(subject) or subject)
    if match is None or match[1].lower() not in _TYPES:
        return None
    return Conventional(match[1].lower(), match[2] or "", bool(match[3]))


def habit_of(subjects: Iterable[str]) -> Grouping:
    """Return what most subjects of a project go by.

    >>> habit_of(["fix: a", "feat: b", "Merge"]), habit_of(["hw/ppc: a"]), habit_of(["Update b"])
    (<Grouping.TYPE: 'type'>, <Grouping.SCOPE: 'scope'>, <Grouping.DIRECTORY: 'directory'>)
    """
    every = list(subjects)
    if every and 2 * sum(conventional(each) is not None for each in every) >= len(every):
        return Grouping.TYPE
    if every and 2 * sum(prefix_of(each) is not None for each in every) >= len(every):
        return Grouping.SCOPE
    return Grouping.DIRECTORY


def sections_of(entries: Sequence[ChangelogEntry], by: Grouping) -> tuple[Section, ...]:
    """Return entries in sections, each in one; breaking changes come first, however it goes on."""
    breaking = tuple(each for each in entries if each.breaking)
    rest = [each for each in entries if not each.breaking]
    if by is Grouping.TYPE:
        others = _by_type(rest)
    else:
        others = _in_two_levels(rest, _scope if by is Grouping.SCOPE else _directory)
    first = (Section(_BREAKING, breaking),) if breaking else ()
    if not first and len(others) == 1 and (by is not Grouping.TYPE or others[0].head == OTHER):
        only = others[0]
        return only.parts if only.parts and not only.entries else (only._replace(head=""),)
    return (*first, *others)


def _by_type(entries: Iterable[ChangelogEntry]) -> tuple[Section, ...]:
    found: dict[str, list[ChangelogEntry]] = {head: [] for head in _TYPES.values()}
    found[OTHER] = []
    for entry in entries:
        found[_head_of(entry)].append(entry)
    return tuple(Section(head, tuple(rows)) for head, rows in found.items() if rows)


def _head_of(entry: ChangelogEntry) -> str:
    if reverted_title(entry.subject) is not None:
        return _TYPES["revert"]
    said = conventional(entry.subject)
    return OTHER if said is None else _TYPES[said.kind]


def _scope(entry: ChangelogEntry) -> str:
    said = conventional(entry.subject)
    if said is not None:
        return said.scope
    return (prefix_of(entry.subject) or "").split(",")[0].strip()


def _directory(entry: ChangelogEntry) -> str:
    return "" if entry.directory.startswith("(") else entry.directory


def _in_two_levels(
    entries: Iterable[ChangelogEntry], name_of: Callable[[ChangelogEntry], str]
) -> tuple[Section, ...]:
    """Return a section for each first part of a name that several have; within it the same."""
    tops: dict[str, list[tuple[str, ChangelogEntry]]] = {}
    for entry in entries:
        name = "/".join(name_of(entry).split("/")[:2])
        tops.setdefault(name.split("/")[0].casefold(), []).append((name, entry))
    alone = [row for top, rows in tops.items() if len(rows) == 1 or not top for row in rows]
    found = [_top(rows) for top, rows in tops.items() if len(rows) > 1 and top]
    found.sort(key=lambda section: section.head.casefold())
    if alone:
        found.append(Section(OTHER, tuple(entry for _, entry in alone)))
    return tuple(found)


def _top(rows: Sequence[tuple[str, ChangelogEntry]]) -> Section:
    names: dict[str, list[tuple[str, ChangelogEntry]]] = {}
    for row in rows:
        names.setdefault(row[0].casefold(), []).append(row)
    if len(names) == 1:
        return Section(_usual(name for name, _ in rows), tuple(entry for _, entry in rows))
    head = _usual(name.split("/")[0] for name, _ in rows)
    is_part = {name: "/" in name and len(same) >= _MIN_PART for name, same in names.items()}
    parts = [
        Section(_usual(each for each, _ in same), tuple(entry for _, entry in same))
        for name, same in names.items()
        if is_part[name]
    ]
    own = tuple(entry for name, entry in rows if not is_part[name.casefold()])
    return Section(head, own, tuple(sorted(parts, key=lambda part: part.head.casefold())))


def _usual(names: Iterable[str]) -> str:
    """Return the most frequent spelling."""
    return Counter(names).most_common(1)[0][0]


def range_json(
    by: Grouping, releases: Iterable[tuple[str, str]], following: NextVersion | None
) -> dict[str, object]:
    """Return what a changelog says of a whole range as data for JSON."""
    return {
        "grouped_by": by.value,
        "releases": [{"tag": tag, "date": date} for tag, date in releases],
        "next_version": None if following is None else following._asdict(),
    }


def highest_version(tags: Iterable[str]) -> str | None:
    """Return the tag with the highest number, or None.

    >>> highest_version(["v1.9.0", "v1.10.0", "nightly"])
    'v1.10.0'
    """
    numbers = {tag: _numbers(match) for tag in tags if (match := _VERSION.fullmatch(tag))}
    return max(numbers, key=lambda tag: numbers[tag], default=None)


def _numbers(match: re.Match[str]) -> tuple[int, int, int]:
    return int(match[2]), int(match[3]), int(match[4] or 0)


def next_version(base: str | None, entries: Sequence[ChangelogEntry]) -> NextVersion | None:
    """Return the version that follows a tag with some commits; cancelled ones do not count.

    None where there is no such tag, or the subjects do not say what they are.
    """
    match = _VERSION.fullmatch(base or "")
    if base is None or match is None:
        return None
    if habit_of(each.subject for each in entries if not each.is_merge) is not Grouping.TYPE:
        return None
    news = [each for each in entries if each.cancelled_by is None and not each.is_merge]
    heads = {_TYPES["revert"] if each.reverts else _head_of(each) for each in news}
    major, minor, patch = _numbers(match)
    if any(each.breaking for each in news):
        found, why = ((major + 1, 0, 0) if major else (0, minor + 1, 0)), "a breaking change"
    elif _FEATURES in heads:
        found, why = (major, minor + 1, 0), "a feature"
    elif heads & {_FIXES, _FASTER, _TYPES["revert"]}:
        found, why = (major, minor, patch + 1), "a fix or a revert"
    else:
        return NextVersion(base, "", "neither a feature nor a fix")
    return NextVersion(base, match[1] + ".".join(map(str, found)), why)
