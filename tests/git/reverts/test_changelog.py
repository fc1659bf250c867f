"""What a range of commits really brought."""

from __future__ import annotations

from pathlib import Path

import pytest

from kit.git.reverts.changelog import changelog_of
from kit.git.values.changelog import ChangelogEntry, changelog_json, directory_of, prefix_of
from kit.git.values.sections import Grouping
from kit.git.values.verdict import Residual, RevertVerdict
from kit.views.terminal.changelog import (
    changelog_lines,
    cliffignore_lines,
    keepachangelog_lines,
)
from tests.git.workshop import Workshop, numbered, workshop


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    made = workshop(tmp_path / "r")
    made.tag("v1")
    return made


def entries(shop: Workshop, *, check: bool = True) -> dict[str, ChangelogEntry]:
    return {each.sha: each for each in changelog_of(shop.clone, "v1..HEAD", check=check)}


def test_a_commit_and_its_revert_annul_each_other(shop: Workshop) -> None:
    target = shop.commit("part: x", {"f": numbered(l5="five")})
    sha = shop.revert(target)
    kept = shop.commit("part: y", {"f": numbered(l6="six")})

    assert {name: each.cancelled_by for name, each in entries(shop).items()} == {
        kept: None,
        sha: target,
        target: sha,
    }


def test_a_commit_whose_revert_is_reverted_is_in(shop: Workshop) -> None:
    target = shop.commit("part: x", {"f": numbered(l5="five")})
    first = shop.revert(target)
    second = shop.revert(first)

    assert {name: each.cancelled_by for name, each in entries(shop).items()} == {
        second: first,
        first: second,
        target: None,
    }


@pytest.mark.parametrize("check", [True, False])
def test_a_revert_of_something_older_is_a_change_of_behaviour(shop: Workshop, check: bool) -> None:
    target = shop.commit("part: x", {"f": numbered(l5="five")})
    shop.git("tag", "--force", "v1")
    sha = shop.revert(target)

    assert entries(shop, check=check) == {
        sha: ChangelogEntry(
            sha=sha,
            subject='Revert "part: x"',
            group="part",
            author="A. Author <a@example.org>",
            reverts=(target,),
            verdict=RevertVerdict.EXACT if check else None,
            older=True,
        )
    }


def test_a_partial_revert_annuls_nothing_and_says_what_it_leaves(shop: Workshop) -> None:
    target = shop.commit("part: x", {"f": numbered(l5="five", l15="fifteen")})
    sha = shop.commit(f"part: z\n\nThis reverts commit {target}.", {"f": numbered(l15="fifteen")})
    found = entries(shop)

    assert [found[target].cancelled_by, found[sha].cancelled_by] == [None, None]
    assert (found[sha].partial, found[sha].left) == (
        True,
        (Residual("f", "-", "line 15"), Residual("f", "+", "fifteen")),
    )


def test_a_revert_that_does_more_is_news_and_what_it_takes_out_is_not(shop: Workshop) -> None:
    target = shop.commit("part: x", {"f": numbered(l5="five")})
    sha = shop.commit(f"part: z\n\nThis reverts commit {target}.", {"f": numbered(), "g": "own\n"})
    found = entries(shop)

    assert [found[target].cancelled_by, found[sha].cancelled_by] == [sha, None]


def test_a_revert_of_a_merge_annuls_what_the_merge_brought(shop: Workshop) -> None:
    shop.git("checkout", "--quiet", "-b", "side")
    one, two = shop.commit("s: 1", {"s": "1\n"}), shop.commit("s: 2", {"s": "2\n"})
    shop.git("checkout", "--quiet", "main")
    kept = shop.commit("m: 1", {"m": "m\n"})
    shop.git("merge", "--quiet", "--no-ff", "-m", "Merge side", "side")
    merge = shop.head
    sha = shop.revert("-m", "1", merge)
    found = entries(shop)

    assert {name: each.cancelled_by for name, each in found.items()} == {
        sha: found[sha].cancelled_by,
        merge: sha,
        one: sha,
        two: sha,
        kept: None,
    }
    assert found[sha].cancelled_by in (one, two)


def test_what_was_merged_after_its_revert_is_in(shop: Workshop) -> None:
    shop.git("checkout", "--quiet", "-b", "side")
    target = shop.commit("s: 1", {"s": "1\n"})
    shop.git("checkout", "--quiet", "main")
    shop.commit(f"m: 1\n\nThis reverts commit {target}.", {"m": "m\n"})
    shop.git("merge", "--quiet", "-m", "Merge side", "side")

    assert entries(shop, check=False)[target].cancelled_by is None


def test_prose_is_believed_only_when_it_was_checked(shop: Workshop) -> None:
    target = shop.commit("part: x", {"f": numbered(l5="five")})
    shop.commit(f"part: z\n\nA revert of {target}.", {"f": numbered()})

    assert entries(shop, check=False)[target].cancelled_by is None
    assert entries(shop)[target].cancelled_by is not None


@pytest.mark.parametrize(
    ("subject", "prefix"),
    [
        ("hw/ppc: x", "hw/ppc"),
        ("[PATCH] hw/ppc: x", "hw/ppc"),
        ('Revert "hw/ppc: x"', "hw/ppc"),
        ('Revert "Revert "hw/ppc: x""', None),
        ("feat(core): x", "feat(core)"),
        ("target/arm, hw/intc: x", "target/arm, hw/intc"),
        ("This is a long sentence with: a colon", None),
        ("no prefix", None),
        ("a:b", None),
    ],
)
def test_a_subject_names_its_group(subject: str, prefix: str | None) -> None:
    assert prefix_of(subject) == prefix


def test_without_a_prefix_the_folder_is_the_group(shop: Workshop) -> None:
    sha = shop.commit("No prefix", {"a/b/c": "1\n", "a/b/d": "2\n"})

    assert entries(shop)[sha].group == "a/b"
    assert directory_of(["a/b", "c/d"]) == "(several)"


def test_the_text_sets_apart_what_needs_a_second_look(shop: Workshop) -> None:
    older = shop.head
    target = shop.commit("part: x", {"f": numbered(l5="five")})
    gone = shop.revert(target)
    kept = shop.commit("part: <b> *y*\n\nAcked-by: R <r@x>", {"g": "g\n"})
    back = shop.commit(f"part: z\n\nThis reverts commit {older}.", {"f": "line 1\n"})
    found = list(entries(shop).values())

    assert list(changelog_lines("v1..HEAD", found, people=True, trailers=True)) == [
        "v1..HEAD: 2 commits of 4",
        f"  part: <b> *y* ({kept[:10]}, A. Author <a@example.org>)",
        "      Acked-by: R <r@x>",
        "",
        "Partial reverts, and what they leave",
        f"  part: z ({back[:10]}, A. Author <a@example.org>)",
        "      f: +line 1",
        "",
        "Cancelled within the range",
        f'  Revert "part: x" ({gone[:10]}, A. Author <a@example.org>) cancels',
        f"      part: x ({target[:10]}, A. Author <a@example.org>)",
    ]
    assert f"- part: \\<b\\> \\*y\\* ({kept[:10]})" in list(
        changelog_lines("v1..HEAD", found, markdown=True)
    )


def _all_kinds(shop: Workshop) -> None:
    """Make a range with merges, and reverts that are exact, partial, more than that, and old."""
    old = shop.commit("part: old", {"old": "old\n"})
    shop.git("tag", "--force", "v1")
    shop.revert(shop.commit("part: x", {"f": numbered(l5="five")}))
    more = shop.commit("part: more", {"g": "g\n"})
    shop.commit(f"part: less\n\nThis reverts commit {more}.", {"g": None, "h": "own\n"})
    some = shop.commit("part: some", {"f": numbered(l5="five", l15="fifteen")})
    shop.commit(f"part: z\n\nThis partially reverts commit {some}.", {"f": numbered(l5="five")})
    shop.revert(old)
    shop.tag("v1.1.0")
    shop.commit("feat!: a", {"lib/a/1": "1\n"})
    shop.commit("fix(lib): --> @b #2", {"lib/a/2": "1\n"})
    shop.revert(shop.commit("fix(lib): c", {"lib/a/3": "1\n"}))
    shop.tag("v1.2.0")
    shop.commit("hw/a/b: d", {"lib/b/3": "1\n"})
    for side in ("one", "two"):
        shop.git("checkout", "--quiet", "-b", side)
        shop.commit(f"s: {side}", {side: "1\n"})
        shop.commit(f"s: {side} again", {side: "2\n"})
        shop.git("checkout", "--quiet", "main")
        shop.commit(f"m: {side}", {f"m-{side}": "m\n"})
        shop.git("merge", "--quiet", "--no-ff", "-m", f"Merge {side}", side)
    shop.revert("-m", "1", shop.head)
    shop.revert(shop.revert(shop.commit("part: w", {"w": "w\n"})))


@pytest.mark.parametrize("by", Grouping)
@pytest.mark.parametrize("check", [True, False])
def test_every_commit_of_the_range_stands_in_one_place(
    shop: Workshop, check: bool, by: Grouping
) -> None:
    _all_kinds(shop)
    everything = shop.git("rev-list", "v1..HEAD").split()
    read = changelog_of(shop.clone, "v1..HEAD", check=check, by=by)
    found, releases = read.entries, read.releases
    texts = [
        "\n".join(changelog_lines("r", found, by=by, releases=releases, markdown=md))
        for md in (False, True)
    ]
    texts.append("\n".join(keepachangelog_lines(found, releases=releases)))
    rows = changelog_json("r", found)["entries"]
    assert isinstance(rows, list)

    assert len(everything) == 24
    assert [tag for tag, _ in releases] == ["v1.2.0", "v1.1.0"]
    for text in texts:
        assert {sha: text.count(sha[:10]) for sha in everything} == dict.fromkeys(everything, 1)
    assert sorted(row["sha"] for row in rows) == sorted(everything)


def test_a_chapter_of_keep_a_changelog_names_its_version_as_programs_read_it(
    shop: Workshop,
) -> None:
    shop.commit("a: x", {"a": "x\n"})
    shop.tag("v1.1.0")
    shop.commit("b: y", {"b": "y\n"})
    shop.tag("1.2.0-rc.1")
    shop.commit("c: z", {"c": "z\n"})
    read = changelog_of(shop.clone, "v1..HEAD")
    heads = [line for line in keepachangelog_lines(read.entries, releases=read.releases)
             if line.startswith("## ")]  # fmt: skip

    assert heads == ["## [Unreleased]"] + [
        f"## [{tag.removeprefix('v')}] - {date}" for tag, date in read.releases
    ]


@pytest.mark.parametrize(
    "span", ["v1..HEAD", "v1..", "..side", "side...HEAD", "v1...side", "HEAD", "side"]
)
def test_a_range_is_as_git_has_it(shop: Workshop, span: str) -> None:
    shop.git("checkout", "--quiet", "-b", "side")
    shop.commit("side: 1")
    shop.git("checkout", "--quiet", "main")
    shop.commit("main: 1")

    assert {entry.sha for entry in changelog_of(shop.clone, span)} == set(
        shop.git("rev-list", span, "--").split()
    )


@pytest.mark.parametrize(
    "words",
    [
        "This partially reverts commit {}.",
        "This reverts part of commit {}.",
        "This reverts commit {}, but only in f.",
        "This is a partial revert.\n\nThis reverts commit {}.",
    ],
)
def test_a_part_is_cancelled_neither_with_a_check_nor_without(shop: Workshop, words: str) -> None:
    target = shop.commit("part: x", {"f": numbered(l5="five", l15="fifteen")})
    shop.commit(f"part: z\n\n{words.format(target)}", {"f": numbered(l15="fifteen")})

    assert [entries(shop, check=check)[target].cancelled_by for check in (True, False)] == [
        None
    ] * 2


def test_what_a_later_release_took_out_says_which_one_had_it(shop: Workshop) -> None:
    target = shop.commit("feat: x", {"f": numbered(l5="five")})
    shop.tag("v1.1.0")
    gone = shop.revert(target)
    shop.tag("v1.2.0-rc1")
    read = changelog_of(shop.clone, "v1..HEAD")

    assert list(changelog_lines("r", read.entries, by=read.by, releases=read.releases)) == [
        "r: 0 commits of 2",
        "",
        "Cancelled within the range",
        f'  Revert "feat: x" ({gone[:10]}) cancels',
        f"      feat: x ({target[:10]}), in v1.1.0",
    ]
    assert list(cliffignore_lines(read.entries)) == [gone, target]
