"""Sections by the project's own habit, and the version that follows."""

from __future__ import annotations

import pytest

from kit.git.values.changelog import ChangelogEntry
from kit.git.values.forge import forge_at, forge_of_remote
from kit.git.values.sections import (
    Grouping,
    NextVersion,
    Section,
    next_version,
    sections_of,
)


def entry(subject: str, **more: object) -> ChangelogEntry:
    fields = {"sha": subject, "subject": subject, "group": "", "author": ""} | more
    return ChangelogEntry(**fields)  # type: ignore[arg-type]  # each test names what it needs


def heads(sections: tuple[Section, ...]) -> list[object]:
    """Return heads and subjects, the sections within one as a list of their own."""
    return [
        (section.head, [each.subject for each in section.entries], heads(section.parts))
        for section in sections
    ]


def test_types_come_in_their_order_and_breaking_changes_first() -> None:
    subjects = ["docs: a", "fix: b", "feat(x): c", "no type", 'Revert "feat: d"', "Fix: e"]
    found = sections_of([*map(entry, subjects), entry("fix!: f", breaking=True)], Grouping.TYPE)

    assert heads(found) == [
        ("Breaking changes", ["fix!: f"], []),
        ("Features", ["feat(x): c"], []),
        ("Fixes", ["fix: b", "Fix: e"], []),
        ("Reverts", ['Revert "feat: d"'], []),
        ("Documentation", ["docs: a"], []),
        ("Other changes", ["no type"], []),
    ]


HW_PPC = ["hw/ppc: a", "hw/ppc/spapr: b", "hw/ppc: c"]


def test_prefixes_are_two_levels_where_several_commits_have_them() -> None:
    subjects = [
        *(*HW_PPC, "hw/arm: d", "HW: e"),
        *("net: f", "net: g", "alone: h"),
    ]

    assert heads(sections_of(list(map(entry, subjects)), Grouping.SCOPE)) == [
        ("hw", ["hw/arm: d", "HW: e"], [("hw/ppc", HW_PPC, [])]),
        ("net", ["net: f", "net: g"], []),
        ("Other changes", ["alone: h"], []),
    ]  # fmt: skip


def test_directories_are_two_levels_too() -> None:
    rows = [entry(name, directory=name) for name in ("a/b/c", "a/b", "(top)", "(several)")]

    assert heads(sections_of(rows, Grouping.DIRECTORY)) == [
        ("a/b", ["a/b/c", "a/b"], []),
        ("Other changes", ["(top)", "(several)"], []),
    ]


@pytest.mark.parametrize(
    ("by", "subjects"),
    [
        (Grouping.SCOPE, ["net: a", "net: b"]),
        (Grouping.SCOPE, ["a", "b"]),
        (Grouping.DIRECTORY, ["a"]),
        (Grouping.TYPE, ["a", "b"]),
    ],
)
def test_a_single_section_needs_no_head(by: Grouping, subjects: list[str]) -> None:
    assert heads(sections_of(list(map(entry, subjects)), by)) == [("", subjects, [])]


CANCELLED = entry("feat: gone", cancelled_by="x")
FIX, FEATURE = entry("fix: a"), entry("feat: b")
BREAKING = entry("fix!: c", breaking=True)
OLDER = entry('Revert "feat: d"', reverts=("x",), older=True)


@pytest.mark.parametrize(
    ("base", "entries", "version"),
    [
        ("v1.2.3", [FIX], "v1.2.4"),
        ("v1.2.3", [FIX, FEATURE], "v1.3.0"),
        ("1.2.3", [FIX, FEATURE, BREAKING], "2.0.0"),
        ("v0.2.3", [BREAKING], "v0.3.0"),
        ("v1.2", [FIX], "v1.2.1"),
        ("v1.2.3", [FIX, CANCELLED], "v1.2.4"),
        ("v1.2.3", [CANCELLED], ""),
        ("v1.2.3", [OLDER], "v1.2.4"),
        ("v1.2.3", [entry("docs: x")], ""),
    ],
)
def test_the_version_follows_from_what_is_left(
    base: str, entries: list[ChangelogEntry], version: str
) -> None:
    found = next_version(base, entries)

    assert isinstance(found, NextVersion)
    assert (found.base, found.version) == (base, version)


@pytest.mark.parametrize(
    ("base", "entries"), [(None, [FIX]), ("nightly", [FIX]), ("v1.2.3", [entry("hw/ppc: a")])]
)
def test_nothing_follows_without_a_version_or_types(
    base: str | None, entries: list[ChangelogEntry]
) -> None:
    assert next_version(base, entries) is None


@pytest.mark.parametrize(
    ("remote", "template"),
    [
        ("https://github.com/o/r.git", "https://github.com/o/r/commit/{sha}"),
        ("git@github.com:o/r.git", "https://github.com/o/r/commit/{sha}"),
        ("ssh://git@gitlab.com:22/a/b/c/", "https://gitlab.com/a/b/c/-/commit/{sha}"),
        ("https://u:p@bitbucket.org/o/r", "https://bitbucket.org/o/r/commits/{sha}"),
        ("https://go.googlesource.com/tools", "https://go.googlesource.com/tools/+/{sha}"),
    ],
)
def test_a_remote_tells_the_pages_of_its_forge(remote: str, template: str) -> None:
    found = forge_of_remote(remote)

    assert found is not None
    assert found.template == template


@pytest.mark.parametrize(
    "remote",
    [
        *("", "/srv/git/r", "../r", "file:///srv/github.com/r", "https://example.org/o/r"),
        *(
            "https://github.com/o/r)[x](http://evil",
            "https://github.com/o r",
            "https://github.com/",
        ),
    ],
)
def test_of_other_remotes_nothing_is_told(remote: str) -> None:
    assert forge_of_remote(remote) is None


@pytest.mark.parametrize(
    ("named", "page"),
    [
        ("https://example.org/o/r", "https://example.org/o/r/commit/0a"),
        ("https://gitlab.example.org/o/r.git", "https://gitlab.example.org/o/r/-/commit/0a"),
        ("https://example.org/c/?id={sha}", "https://example.org/c/?id=0a"),
        ("example.org/o/r", None),
        ("javascript:alert({sha})", None),
        ("https://example.org/o/r)", None),
    ],
)
def test_a_person_may_name_any_forge(named: str, page: str | None) -> None:
    found = forge_at(named)

    assert (found and found.commit("0a")) == page
