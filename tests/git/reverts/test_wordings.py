"""Every wording of a revert leads to what it reverts, and what only speaks of one to nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from kit.git.reverts.changelog import changelog_of
from kit.git.reverts.scan import Wanted, read_reverts
from kit.git.values.verdict import TargetStatus
from tests.git.reverts.cases import CASES, DENIED, NAMED, SPOKEN, Case, build, spoken
from tests.git.workshop import Workshop, sibling, workshop


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    return workshop(tmp_path / "r")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_wording_leads_to_what_it_reverts_and_both_are_cancelled(
    tmp_path: Path, case: Case
) -> None:
    shop, targets, sha = build(tmp_path / "r", case)
    meant = range(len(targets)) if case.undone is None else case.undone
    expected = [(sha, case.by, {targets[number] for number in meant})]
    found = [list(read_reverts(shop.clone, wanted)) for wanted in (None, Wanted(author="A."))]
    news = {each.sha for each in changelog_of(shop.clone, "v1..HEAD") if not each.cancelled_by}

    assert [
        [(row.sha, row.by, {target.sha for target in row.targets}) for row in rows]
        for rows in found
    ] == [expected, expected]
    assert news == {*targets} - expected[0][2]


@pytest.mark.parametrize("message", DENIED)
def test_what_only_speaks_of_a_revert_is_none(shop: Workshop, message: str) -> None:
    target = shop.commit("tap: turn it", {"part": "new\n"})
    shop.commit(message.format(target), {"part": "newer\n"})

    assert list(read_reverts(shop.clone)) == []


def test_no_sentence_that_only_speaks_of_a_revert_makes_a_row(tmp_path: Path) -> None:
    """Each names by hash, number or title, as a subject, after a prefix and in the body."""
    shop = spoken(tmp_path / "r")
    count = 3 * len(SPOKEN) * len(NAMED)

    assert shop.git("rev-list", "--count", "main") == f"{count + 2}"  # the first, and its target
    for wanted in (None, Wanted(author="A")):
        assert [row.subject for row in read_reverts(shop.clone, wanted)] == []


@pytest.mark.parametrize("picked", [True, False])
def test_a_copy_stands_for_a_commit_of_another_line(shop: Workshop, picked: bool) -> None:
    shop.git("checkout", "--quiet", "-b", "other")
    target = shop.commit("tap: turn it", {"part": "new\n"})
    shop.git("checkout", "--quiet", "main")
    words = f"tap: turned\n\n(cherry picked from commit {target})" if picked else "tap: turn it"
    copy = shop.commit(words, {"part": "new\n"})
    shop.commit(f"tap: no\n\nThis reverts commit {target}.", {"part": None})

    for wanted in (None, Wanted(author="A.")):
        (row,) = read_reverts(shop.clone, wanted)
        assert [(each.sha, each.status) for each in row.targets] == [(copy, TargetStatus.OK)]
        assert row.by == "twin"


def test_a_re_land_reverts_the_revert(shop: Workshop) -> None:
    first = shop.revert(shop.commit("tap: turn it", {"part": "new\n"}))
    sha = shop.commit('Reapply "tap: turn it"', {"part": "new\n"})
    row = next(read_reverts(shop.clone))

    assert (row.sha, [target.sha for target in row.targets]) == (sha, [first])


def test_a_number_counts_however_old_a_title_only_within_a_year(shop: Workshop) -> None:
    target = shop.commit("tap: turn it (#3)", {"part": "new\n"})
    shop.now_s += 500 * 86_400
    by_title = shop.commit('Revert "tap: turn it"')
    by_number = shop.commit("revert #3", {"part": None})

    assert [(row.sha, [each.sha for each in row.targets]) for row in read_reverts(shop.clone)] == [
        (by_number, [target]),
        (by_title, [None]),
    ]


@pytest.mark.parametrize("said", ["tap: turn it (#3) (#9)", "turn it (#3) (#9)"])
def test_a_title_with_its_number_counts_though_little_is_undone(shop: Workshop, said: str) -> None:
    target = shop.commit("tap: turn it (#3)", {"part": "new\n", "other": "new\n"})
    shop.commit("pump: more", {"part": "newer\n"})
    sha = shop.commit(f"revert: {said}", {"part": "another\n"})

    (row,) = read_reverts(shop.clone)
    assert (row.sha, row.by, [each.sha for each in row.targets]) == (sha, "number", [target])


def test_a_title_that_is_not_undone_does_not_count_without_its_number(shop: Workshop) -> None:
    shop.commit("tap: turn it (#3)", {"part": "new\n", "other": "new\n"})
    shop.commit("pump: more", {"part": "newer\n"})
    shop.commit("revert: turn it (#9)", {"part": "another\n"})

    assert [*read_reverts(shop.clone)] == []


def test_a_number_in_prose_does_not_count_for_a_commit_whose_title_is_a_type(
    shop: Workshop,
) -> None:
    shop.commit("feat: (#3)", {"part": "new\n"})
    shop.commit("tap: turn it, reverts #3 (#9)", {"other": "new\n"})

    assert [*read_reverts(shop.clone)] == []


def test_a_range_that_is_too_long_is_not_understood(shop: Workshop) -> None:
    first = tip = shop.head
    for number in range(101):
        tip = shop.commit(f"{number}", {})
    shop.commit(f"x\n\nThis reverts commits {first}..{tip}.")
    (row,) = read_reverts(shop.clone)

    assert [(each.sha, each.status) for each in row.targets] == [(None, TargetStatus.UNKNOWN)]


def test_a_squash_that_lists_a_revert_of_its_own_commits_is_no_revert(tmp_path: Path) -> None:
    """What it names lies on the branch that was squashed, and may be here by another ref."""
    shop = workshop(tmp_path / "r")
    shop.git("checkout", "--quiet", "-b", "side")
    sha = shop.commit("tune it", {"g": "1\n"})
    shop.git("checkout", "--quiet", "main")
    body = f'* tune it\n\n* Revert "tune it"\n\nThis reverts commit {sha}.'
    shop.commit(f"mend the pump (#12)\n\n{body}", {"f": "line 1\n"})

    assert list(read_reverts(shop.clone)) == []


@pytest.mark.parametrize(
    ("after", "is_one"),
    [
        ({"part": None, "f": "line 1\n"}, True),  # undoes it, and more
        ({"part": "1\n2\n3\n4\n", "f": "line 1\n"}, True),  # half of it
        ({"part": "1\n2\n3\n4\n5\n", "f": "line 1\n"}, False),
        ({"f": "line 1\n"}, False),  # its branch took the revert back again
    ],
)
def test_a_squash_that_lists_a_revert_counts_if_it_undoes_it_for_the_most_part(
    tmp_path: Path, after: dict[str, str | bytes | None], is_one: bool
) -> None:
    shop = workshop(tmp_path / "r")
    target = shop.commit("tap: turn it (#3)", {"part": "1\n2\n3\n4\n5\n6\n7\n8\n"})
    body = f'* Revert "tap: turn it (#3)"\n\nThis reverts commit {target}.\n\n* mend the pump'
    sha = shop.commit(f"mend the pump (#12)\n\n{body}", after)
    expected = [(sha, [target])] if is_one else []

    for wanted in (None, Wanted(author="A.")):
        found = read_reverts(shop.clone, wanted)
        assert [(row.sha, [each.sha for each in row.targets]) for row in found] == expected


def test_of_two_with_one_title_the_one_undone_counts_though_its_file_was_renamed(
    shop: Workshop,
) -> None:
    lines = [f"{n}\n" for n in range(40)]
    both = {"tap.c": "".join(lines), "tap.h": "".join(lines)}
    shop.commit("tap: begin", both)
    undone = shop.commit("tap: tune", {name: f"{text}loud\n" for name, text in both.items()})
    shop.git("mv", "tap.c", "valve.c")
    shop.commit("tap: is a valve", {"tap.h": f"begin\n{both['tap.h']}loud\n"})
    shop.commit("tap: tune", {"pipe.c": "quiet\n", "tap.h": f"begin\n{both['tap.h']}loud\nend\n"})
    shop.commit(
        'Revert "tap: tune"', {"valve.c": both["tap.c"], "tap.h": f"begin\n{both['tap.h']}end\n"}
    )

    (row,) = read_reverts(shop.clone)

    assert [target.sha for target in row.targets] == [undone]


@pytest.mark.parametrize("count", [3, 30])  # one by one, and all at once
def test_numbers_are_found_however_many_are_looked_for(shop: Workshop, count: int) -> None:
    review = "Reviewed-on: https://review.example/c/w/+"
    kinds = (
        ("part {0} (#7{0})", "tap: revert #7{0}"),
        (f"part {{0}}\n\n{review}/80{{0}}", "tap: revert CL 80{0}"),
        ("part {0}\n\nChange-Id: I0a1b2c{0:06}", "tap: no\n\nThis reverts change I0a1b2c{0:06}."),
    )
    asked = [(*kinds[number % 3], number + 10) for number in range(count)]
    targets = [shop.commit(words.format(n), {f"{n}": "x\n"}) for words, _, n in asked]
    for _, words, n in asked:
        shop.commit(words.format(n), {f"{n}": None})

    found = [row.targets[0].sha for row in read_reverts(shop.clone)]

    assert found == targets[::-1]


@pytest.mark.parametrize(
    "merge",
    [
        "Merge pull request #7 from us/tap\n\nTurn the tap",
        "Merge branch 'tap' into 'main'\n\nTurn the tap\n\nSee merge request us/water!7",
    ],
)
def test_the_title_of_what_a_merge_brings_leads_to_the_merge(shop: Workshop, merge: str) -> None:
    shop.commit("begin", {"a": "1\n"})
    shop.git("checkout", "--quiet", "-b", "tap")
    shop.commit("wip", {"part": "one\n"})
    shop.commit("wip again", {"part": "two\n"})
    shop.git("checkout", "--quiet", "main")
    shop.commit("meanwhile", {"b": "1\n"})
    shop.git("merge", "--quiet", "--no-ff", "-m", merge, "tap")
    brought = shop.head
    shop.commit('Revert "Turn the tap"', {"part": None})

    for wanted in (None, Wanted(author="A.")):
        (row,) = read_reverts(shop.clone, wanted)
        assert [(each.sha, each.status) for each in row.targets] == [(brought, TargetStatus.OK)]
        assert row.by == "title"


def test_a_number_of_seven_digits_may_be_a_hash(shop: Workshop) -> None:
    shop.commit("begin", {"part": "1\n"})
    shop.commit("tap: turn it", {"part": "2\n"})
    tries = (sibling(shop.folder, f"tap {n}") for n in range(2000))
    target = next(name for name in tries if name[:7].isdigit())
    shop.git("reset", "--quiet", "--hard", target)
    shop.commit(f"Revert most of #{target[:7]}", {"part": "1\n", "more": "x\n"})

    (row,) = read_reverts(shop.clone)

    assert [(each.named, each.sha) for each in row.targets] == [(f"#{target[:7]}", target)]
