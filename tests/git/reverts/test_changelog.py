"""What a range of commits really brought."""

from __future__ import annotations

from pathlib import Path

import pytest

from kit.git.reverts.changelog import read_changelog
from kit.git.values.changelog import Entry, directory_of, prefix_of
from kit.git.values.verdict import LeftOver, Verdict
from kit.views.terminal.changelog import changelog_lines
from tests.git.workshop import Workshop, numbered, workshop


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    made = workshop(tmp_path / "r")
    made.tag("v1")
    return made


def entries(shop: Workshop, *, check: bool = True) -> dict[str, Entry]:
    return {each.sha: each for each in read_changelog(shop.clone, "v1", "HEAD", check=check)}


def test_a_commit_and_its_revert_annul_each_other(shop: Workshop) -> None:
    target = shop.commit("part: x", {"f": numbered(l5="five")})
    sha = shop.revert(target)
    kept = shop.commit("part: y", {"f": numbered(l6="six")})

    assert {name: each.annulled_by for name, each in entries(shop).items()} == {
        kept: None,
        sha: target,
        target: sha,
    }


def test_a_commit_whose_revert_is_reverted_is_in(shop: Workshop) -> None:
    target = shop.commit("part: x", {"f": numbered(l5="five")})
    first = shop.revert(target)
    second = shop.revert(first)

    assert {name: each.annulled_by for name, each in entries(shop).items()} == {
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
        sha: Entry(
            sha=sha,
            subject='Revert "part: x"',
            group="part",
            author="A. Author <a@example.org>",
            reverts=(target,),
            verdict=Verdict.EXACT if check else None,
            older=True,
        )
    }


def test_a_partial_revert_annuls_nothing_and_says_what_it_leaves(shop: Workshop) -> None:
    target = shop.commit("part: x", {"f": numbered(l5="five", l15="fifteen")})
    sha = shop.commit(f"part: z\n\nThis reverts commit {target}.", {"f": numbered(l15="fifteen")})
    found = entries(shop)

    assert [found[target].annulled_by, found[sha].annulled_by] == [None, None]
    assert (found[sha].partial, found[sha].left) == (
        True,
        (LeftOver("f", "-", "line 15"), LeftOver("f", "+", "fifteen")),
    )


def test_a_revert_that_does_more_is_news_and_what_it_takes_out_is_not(shop: Workshop) -> None:
    target = shop.commit("part: x", {"f": numbered(l5="five")})
    sha = shop.commit(f"part: z\n\nThis reverts commit {target}.", {"f": numbered(), "g": "own\n"})
    found = entries(shop)

    assert [found[target].annulled_by, found[sha].annulled_by] == [sha, None]


def test_a_revert_of_a_merge_annuls_what_the_merge_brought(shop: Workshop) -> None:
    shop.git("checkout", "--quiet", "-b", "side")
    one, two = shop.commit("s: 1", {"s": "1\n"}), shop.commit("s: 2", {"s": "2\n"})
    shop.git("checkout", "--quiet", "main")
    kept = shop.commit("m: 1", {"m": "m\n"})
    shop.git("merge", "--quiet", "--no-ff", "-m", "Merge side", "side")
    sha = shop.revert("-m", "1", shop.git("rev-parse", "HEAD"))
    found = entries(shop)

    assert {name: each.annulled_by for name, each in found.items()} == {
        sha: found[sha].annulled_by,
        one: sha,
        two: sha,
        kept: None,
    }
    assert found[sha].annulled_by in (one, two)


def test_what_was_merged_after_its_revert_is_in(shop: Workshop) -> None:
    shop.git("checkout", "--quiet", "-b", "side")
    target = shop.commit("s: 1", {"s": "1\n"})
    shop.git("checkout", "--quiet", "main")
    shop.commit(f"m: 1\n\nThis reverts commit {target}.", {"m": "m\n"})
    shop.git("merge", "--quiet", "-m", "Merge side", "side")

    assert entries(shop, check=False)[target].annulled_by is None


def test_prose_is_believed_only_when_it_was_checked(shop: Workshop) -> None:
    target = shop.commit("part: x", {"f": numbered(l5="five")})
    shop.commit(f"part: z\n\nA revert of {target}.", {"f": numbered()})

    assert entries(shop, check=False)[target].annulled_by is None
    assert entries(shop)[target].annulled_by is not None


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
    older = shop.git("rev-parse", "HEAD")
    target = shop.commit("part: x", {"f": numbered(l5="five")})
    gone = shop.revert(target)
    kept = shop.commit("part: <b> *y*\n\nAcked-by: R <r@x>", {"g": "g\n"})
    back = shop.commit(f"part: z\n\nThis reverts commit {older}.", {"f": "line 1\n"})
    found = list(entries(shop).values())

    assert list(changelog_lines("v1..HEAD", found, people=True, trailers=True)) == [
        "v1..HEAD: 2 commits of 4",
        "",
        "part",
        f"  part: z ({back[:10]}, A. Author <a@example.org>)",
        f"  part: <b> *y* ({kept[:10]}, A. Author <a@example.org>)",
        "      Acked-by: R <r@x>",
        "",
        "Behaviour changes: reverts of older commits",
        f"  part: z ({back[:10]})",
        "",
        "Partial reverts, and what they leave",
        f"  part: z ({back[:10]})",
        "      f: +line 1",
        "",
        "Annulled within the range",
        f'  Revert "part: x" ({gone[:10]}) annuls',
        f"      part: x ({target[:10]})",
    ]
    assert f"- part: \\<b\\> \\*y\\* ({kept[:10]})" in list(
        changelog_lines("v1..HEAD", found, markdown=True)
    )
