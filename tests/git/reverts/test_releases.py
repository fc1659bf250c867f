"""Which tags have the code: by content, not by ancestry."""

from __future__ import annotations

from pathlib import Path

import pytest

from kit.git.reverts.followups import followups_of
from kit.git.reverts.releases import is_version, releases_among, tags_with_code
from kit.views.terminal.revert import _listed
from tests.git.workshop import Workshop, numbered, workshop


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    return workshop(tmp_path / "r")


def tags(shop: Workshop, name: str = "HEAD") -> tuple[str, ...]:
    revert = shop.read(name)
    return tags_with_code(shop.objects, revert.sha, revert.targets, shop.clone.tags())


def test_a_tag_after_the_revert_has_not_got_it(shop: Workshop) -> None:
    shop.tag("v1.0")
    target = shop.commit("x", {"f": numbered(l5="five")})
    shop.tag("v2.0-rc0")
    shop.commit("later", {"f": numbered(l5="five", l15="fifteen")})
    shop.tag("v2.0-rc1")
    sha = shop.revert(target)
    shop.tag("v2.0")

    assert tags(shop, sha) == ("v2.0-rc0", "v2.0-rc1")


def test_a_tag_whose_files_are_not_here_is_told_apart(shop: Workshop) -> None:
    target = shop.commit("x", {"f": numbered(l5="five")})
    shop.git("tag", "no-commit", f"{target}^{{tree}}")
    shop.tag("v1.0")
    sha = shop.revert(target)
    revert, untold = shop.read(sha), list[str]()
    found = tags_with_code(
        shop.objects, revert.sha, revert.targets, shop.clone.tags(), untold.append
    )

    assert (found, untold) == (("v1.0",), ["no-commit"])


@pytest.mark.parametrize(
    ("tag", "is_one"),
    [("v6.0.0", True), ("6.0", True), ("v6.0.0-rc2", True), ("ppc-for-6.0", False), ("v6", False)],
)
def test_a_version_is_a_release_or_a_candidate(tag: str, is_one: bool) -> None:
    assert is_version(tag) is is_one


def test_a_branch_that_took_the_change_over_has_it(shop: Workshop) -> None:
    shop.git("branch", "stable")
    target = shop.commit("x", {"f": numbered(l5="five")})
    sha = shop.revert(target)
    shop.git("checkout", "--quiet", "stable")
    shop.commit("x, once more", {"f": numbered(l5="five")})
    shop.tag("v1.0.1")

    assert tags(shop, sha) == ("v1.0.1",)


def test_a_tag_with_a_part_of_the_lines_has_not_got_it(shop: Workshop) -> None:
    first = shop.commit("x", {"f": numbered(l5="five")})
    shop.tag("v1.0")
    second = shop.commit("y", {"f": numbered(l5="five", l15="fifteen")})
    shop.tag("v2.0")
    shop.commit(f"z\n\nThis reverts commits {second} and {first}.", {"f": numbered()})

    assert tags(shop) == ("v2.0",)


def test_of_lines_taken_out_none_is_there(shop: Workshop) -> None:
    """Before the commit there was no such file; that tells nothing about it."""
    shop.tag("v1.0")
    shop.now_s += 1
    shop.commit("g", {"g": "}\nfree()\n}\n"})
    shop.tag("v2.0")
    target = shop.commit("x", {"g": "}\n"})
    shop.tag("v3.0")
    shop.revert(target)
    shop.tag("v4.0")

    assert tags(shop) == ("v3.0",)


def test_a_file_that_was_deleted_is_not_there(shop: Workshop) -> None:
    shop.now_s += 10
    shop.commit("g", {"g": "g\n"})
    shop.tag("v1.0")
    target = shop.commit("x", {"g": None})
    shop.tag("v2.0")
    shop.revert(target)

    assert tags(shop) == ("v2.0",)


def test_a_tag_of_no_commit_is_passed_over(shop: Workshop) -> None:
    target = shop.commit("x", {"f": numbered(l5="five")})
    shop.git("tag", "tree", "HEAD^{tree}")
    shop.tag("v1.0")
    shop.revert(target)

    assert tags(shop) == ("v1.0",)


def test_releases_are_those_with_nothing_but_numbers() -> None:
    names = ["v1.0", "1.2.3", "v1", "v1.0-rc1", "x-1.0", "v1.0.", "V1.0"]

    assert releases_among(names) == ("v1.0", "1.2.3")


# -- what came after ---------------------------------------------------------------------------


def after(shop: Workshop, sha: str) -> list[tuple[str, str]]:
    revert = shop.read(sha)
    titles = [shop.clone.commit(target.sha or "").subject for target in revert.targets]
    found, _ = followups_of(shop.clone, revert, titles, shop.clone.diff(sha))
    return [(each.sha, each.how) for each in found]


def test_what_came_after_is_told_oldest_first_and_why(shop: Workshop) -> None:
    code = (
        "int first(void)\n{\n    one();\n    two();\n}\n"
        + "    x;\n" * 9
        + "int other()\n{\n    y;\n}\n"
    )
    shop.commit("code", {"c": code})
    target = shop.commit("x", {"c": code.replace("two", "TWO")})
    sha = shop.revert(target)
    follow_up = shop.commit("same function", {"c": code.replace("two", "three")})
    shop.commit("other function", {"c": code.replace("two", "three").replace("    y", "    z")})
    fix = shop.commit(f'fix\n\nFixes: {sha[:12]} ("x")', {"f": "f\n"})
    again = shop.commit("x", {"f": "again\n"})
    shop.commit(f"mentions {sha}", {"f": "mention\n"})
    undone = shop.commit(f"y\n\nThis reverts commit {sha}.", {"f": "undone\n"})

    assert after(shop, sha) == [
        (follow_up, "follow-up"),
        (fix, "fixes"),
        (again, "re-land"),
        (undone, "re-land"),
    ]


def test_of_the_last_commit_nothing_came_after(shop: Workshop) -> None:
    target = shop.commit("x", {"f": numbered(l5="five")})

    assert after(shop, shop.revert(target)) == []


def test_a_tag_that_is_older_than_the_change_never_has_it(shop: Workshop) -> None:
    """The same lines were there once before."""
    shop.commit("once", {"f": numbered(l5="five")})
    shop.tag("v1")
    shop.commit("no more", {"f": numbered()})
    target = shop.commit("again", {"f": numbered(l5="five")})
    shop.tag("v2")
    shop.revert(target)

    assert tags(shop) == ("v2",)


@pytest.mark.parametrize(
    ("count", "shown"), [(12, ", ".join(f"v{n}" for n in range(12))), (13, "v0 … v12 (13)")]
)
def test_many_tags_are_shown_as_a_range(count: int, shown: str) -> None:
    assert _listed([f"v{number}" for number in range(count)]) == shown
