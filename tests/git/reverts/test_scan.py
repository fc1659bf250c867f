"""Reading all reverts of a clone: which, what they name, in what order, by whom checked."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from hashlib import sha1
from pathlib import Path

import pytest

from kit.git.repository.history import HistoryError
from kit.git.reverts.scan import Wanted, read_reverts
from kit.git.values.revert_message import Form
from kit.git.values.verdict import By, Revert, RevertTarget, RevertVerdict, TargetStatus
from tests.git.workshop import DAY_S, Workshop, numbered, workshop


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    return workshop(tmp_path / "r")


def rows(shop: Workshop, wanted: Wanted | None = None) -> list[Revert]:
    return list(read_reverts(shop.clone, wanted))


def told(found: list[Revert]) -> list[tuple[str, list[str]]]:
    return [(row.sha, [target.status.value for target in row.targets]) for row in found]


@pytest.mark.parametrize(
    ("message", "form"),
    [
        ("x\n\nThis reverts commit {}.", Form.PHRASE),
        ("x\n\nReverts: {}", Form.TRAILER),
        ("x: partial revert of {}", Form.PROSE),
        ('Revert "target"\n\nIt is wrong.', Form.SUBJECT),
    ],
    ids=lambda value: getattr(value, "value", ""),
)
def test_a_row_for_each_form(shop: Workshop, message: str, form: Form) -> None:
    target = shop.commit("target", {"f": numbered(l5="five")})
    shop.commit("meanwhile")
    name = target[:9]
    sha = shop.commit(message.format(name), {"f": numbered()})

    assert rows(shop) == [
        Revert(
            sha,
            message.split("\n")[0].format(name),
            "A. Author <a@example.org>",
            "2020-09-17T11:26:40+00:00",
            "2020-09-17T12:26:40+00:00",
            1_600_000_000 + 4 * DAY_S,
            form,
            (
                RevertTarget(
                    "target" if form is Form.SUBJECT else name,
                    target,
                    TargetStatus.OK,
                    2 * DAY_S,
                    2 * DAY_S,
                    by=By.TITLE if form is Form.SUBJECT else By.HASH,
                ),
            ),
        )
    ]
    assert [target.days for target in shop.read().targets] == [2]


def test_targets_stand_in_the_order_named(shop: Workshop) -> None:
    one, two = shop.commit("one"), shop.commit("two")
    shop.commit(f"x\n\nThis reverts commits {two} and {one}.")

    assert [target.sha for target in rows(shop)[0].targets] == [two, one]


def test_a_commit_that_is_not_here_is_unknown(shop: Workshop) -> None:
    shop.commit("x\n\nThis reverts commit 0123456789.")

    assert rows(shop)[0].targets == (RevertTarget("0123456789", None, TargetStatus.UNKNOWN),)


def test_a_commit_that_the_revert_does_not_come_after_is_unreachable(shop: Workshop) -> None:
    shop.git("checkout", "--quiet", "-b", "side")
    target = shop.commit("on the side")
    shop.git("checkout", "--quiet", "main")
    shop.git("branch", "--quiet", "-D", "side")
    shop.commit(f"x\n\nThis reverts commit {target}.")

    assert rows(shop)[0].targets == (
        RevertTarget(target, target, TargetStatus.UNREACHABLE, DAY_S, DAY_S, by=By.HASH),
    )
    assert shop.read().targets == rows(shop)[0].targets


def test_a_commit_merged_after_the_revert_is_unreachable_from_it(shop: Workshop) -> None:
    shop.git("checkout", "--quiet", "-b", "side")
    target = shop.commit("on the side")
    shop.git("checkout", "--quiet", "main")
    sha = shop.commit(f"x\n\nThis reverts commit {target}.")
    shop.git("merge", "--quiet", "-m", "merge", "side")

    assert told(rows(shop)) == [(sha, ["unreachable"])]


def test_dates_out_of_order_do_not_hide_a_target(shop: Workshop) -> None:
    shop.now_s += 900 * DAY_S
    target = shop.commit("from the future")
    shop.now_s -= 900 * DAY_S
    sha = shop.commit(f"x\n\nThis reverts commit {target}.")
    shop.commit("later")

    assert told(rows(shop)) == [(sha, ["ok"])]


def test_an_abbreviation_of_two_commits_is_ambiguous(shop: Workshop) -> None:
    one, other = alike(shop, "commit", "commit")
    shop.commit(f"x\n\nThis reverts commit {one[:7]}.")

    assert one[:7] == other[:7]
    assert rows(shop)[0].targets == (RevertTarget(one[:7], None, TargetStatus.AMBIGUOUS),)


def test_an_abbreviation_that_is_also_a_files_is_the_commits(shop: Workshop) -> None:
    one, other = alike(shop, "commit", "blob")
    shop.commit(f"x\n\nThis reverts commit {one[:7]}.")

    assert one[:7] == other[:7]
    assert rows(shop)[0].targets[0].sha == one


def alike(shop: Workshop, *kinds: str) -> tuple[str, str]:
    """Write two objects whose hashes begin with the same seven digits: found by trying."""
    tree = shop.git("rev-parse", "HEAD^{tree}")
    head = f"tree {tree}\nauthor A <a> 1 +0000\ncommitter A <a> 1 +0000\n\n"
    seen: list[dict[str, str]] = [{}, {}]
    for number in range(200_000):
        for which, kind in enumerate(kinds):
            text = f"{head}{number}{which}\n"
            raw = f"{kind} {len(text)}\0{text}".encode()
            digits = sha1(raw, usedforsecurity=False).hexdigest()[:7]
            seen[which][digits] = text
            if digits in seen[1 - which]:
                pair = (text, seen[1 - which][digits])
                texts = pair if which == 0 else pair[::-1]
                return tuple(  # type: ignore[return-value]
                    shop.git("hash-object", "-t", kind, "-w", "--stdin", text=text)
                    for kind, text in zip(kinds, texts, strict=True)
                )
    raise AssertionError("no two hashes are alike")


def test_a_title_is_looked_for_in_the_year_before(shop: Workshop) -> None:
    shop.commit("old")
    shop.now_s += 400 * DAY_S
    sha = shop.commit('Revert "old"')

    assert rows(shop)[0].targets == (RevertTarget("old", None, TargetStatus.UNKNOWN),)
    assert shop.read(sha).targets == rows(shop)[0].targets


def test_rows_are_newest_first_although_targets_are_far_apart(shop: Workshop) -> None:
    first = shop.commit("first")
    second = shop.commit("second")
    one = shop.commit(f"x\n\nThis reverts commit {second}.")
    two = shop.commit(f"x\n\nThis reverts commit {first}.")
    three = shop.commit('Revert "second"')

    assert [row.sha for row in rows(shop)] == [three, two, one]


def test_a_merge_that_tells_of_a_revert_is_no_row(shop: Workshop) -> None:
    target = shop.commit("target")
    shop.git("checkout", "--quiet", "-b", "side")
    sha = shop.commit(f"x\n\nThis reverts commit {target}.")
    shop.git("checkout", "--quiet", "main")
    shop.git("merge", "--quiet", "--no-ff", "-m", f"pull\n\nIt reverts commit {target}", "side")

    assert [row.sha for row in rows(shop)] == [sha]


@pytest.mark.parametrize(
    ("wanted", "which"),
    [
        (Wanted(since="2020-09-17T00:00:00Z"), [1]),
        (Wanted(until="2020-09-17T00:00:00Z"), [0]),
        (Wanted(paths=("g",)), [1]),
        (Wanted(author="a@example"), [1, 0]),
        (Wanted(author="nobody"), []),
        (Wanted(revisions=("HEAD~1",)), [0]),
    ],
    ids=str,
)
def test_a_choice_of_rows(shop: Workshop, wanted: Wanted, which: list[int]) -> None:
    target = shop.commit("target", {"f": numbered(l5="five"), "g": "g\n"})
    names = [
        shop.commit(f"x\n\nThis reverts commit {target}.", {"f": numbered()}),
        shop.commit(f"x\n\nThis reverts commit {target}.", {"g": None}),
    ]
    found = rows(shop, wanted)

    assert told(found) == [(names[each], ["ok"]) for each in which]


def test_a_start_that_is_not_here_is_refused(shop: Workshop) -> None:
    with pytest.raises(HistoryError, match="nowhere"):
        rows(shop, Wanted(revisions=("nowhere",)))


def test_a_reader_that_leaves_early_leaves_nothing_running(shop: Workshop) -> None:
    target = shop.commit("target")
    for _ in range(3):
        shop.commit(f"x\n\nThis reverts commit {target}.")
    found = read_reverts(shop.clone)
    next(found)
    found.close()

    assert len(rows(shop)) == 3


# -- checking ----------------------------------------------------------------------------------


def some_reverts(shop: Workshop) -> list[RevertVerdict]:
    """Make eleven reverts, more than one task takes, and return their verdicts."""
    for number in range(10):
        target = shop.commit("target", {"f": numbered(l5=f"five {number}")})
        shop.revert(target)
    target = shop.commit("target", {"f": numbered(l5="five", l15="fifteen")})
    shop.commit(f"x\n\nThis reverts commit {target}.", {"f": numbered(l15="fifteen")})
    return [RevertVerdict.PARTIAL, *[RevertVerdict.EXACT] * 10]


def verdicts(found: list[Revert]) -> list[RevertVerdict | None]:
    return [row.finding.verdict for row in found if row.finding is not None]


def test_any_executor_checks_the_same_in_the_same_order(shop: Workshop) -> None:
    expected = some_reverts(shop)
    alone = list(read_reverts(shop.clone, check=True))
    with ThreadPoolExecutor(1) as pool:
        pooled = list(read_reverts(shop.clone, check=True, executor=pool))

    assert verdicts(alone) == expected
    assert pooled == alone


def test_a_cluster_checks_the_same(shop: Workshop) -> None:
    """dask.distributed, as whoever reads a hundred repositories brings it."""
    from distributed import Client, LocalCluster

    expected = some_reverts(shop)
    with (
        LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
        client.get_executor() as executor,
    ):
        found = list(read_reverts(shop.clone, check=True, executor=executor))

    assert verdicts(found) == expected
