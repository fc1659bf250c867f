"""Is a revert exact?  Each verdict, and what counts as a difference."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kit.git.reverts.exactness import every_check
from kit.git.values.verdict import CheckAnswer, Residual, RevertFinding, RevertVerdict
from tests.git.workshop import Workshop, numbered, workshop


def answers(**said: bool | None) -> tuple[CheckAnswer, ...]:
    """Return every check with what it says."""
    return tuple(
        CheckAnswer(each.name, each.label, each.question, said.get(each.name))
        for each in every_check()
    )


YES = answers(three_way=True, reverse_apply=True, same_lines=True)
NO = answers(three_way=False, reverse_apply=False, same_lines=False)


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    return workshop(tmp_path / "r")


def says(*names: str) -> str:
    return 'Revert "x"\n\n' + "".join(f"This reverts commit {name}.\n" for name in names)


# -- verdicts ----------------------------------------------------------------------------------


def test_what_git_reverts_is_exact(shop: Workshop) -> None:
    target = shop.commit("x", {"f": numbered(l5="five")})
    shop.commit("meanwhile", {"f": numbered(l5="five", l15="fifteen")})
    shop.revert(target)

    assert shop.check() == RevertFinding(RevertVerdict.EXACT, checks=YES)


def test_a_neighbour_that_moved_leaves_the_patch_unfit_and_the_revert_exact(
    shop: Workshop,
) -> None:
    """Three lines away is in the context of the patch, and no conflict for a merge."""
    target = shop.commit("x", {"f": numbered(l5="five")})
    shop.commit("meanwhile", {"f": numbered(l5="five", l7="seven")})
    shop.revert(target)

    assert shop.check() == RevertFinding(
        RevertVerdict.EXACT, checks=answers(three_way=True, reverse_apply=False, same_lines=True)
    )


def test_lines_taken_out_by_hand_past_a_conflict_are_the_same_lines(shop: Workshop) -> None:
    target = shop.commit("x", {"f": numbered(l5="line 5\nfive")})
    shop.commit("next to it", {"f": numbered(l5="line 5\nfive\nnew")})
    shop.commit(says(target), {"f": numbered(l5="line 5\nnew")})

    assert shop.check() == RevertFinding(
        RevertVerdict.SAME_LINES,
        checks=answers(three_way=False, reverse_apply=False, same_lines=True),
    )


def test_what_leaves_a_line_is_partial(shop: Workshop) -> None:
    target = shop.commit("x", {"f": numbered(l5="five", l15="fifteen")})
    shop.commit(says(target), {"f": numbered(l15="fifteen")})

    assert shop.check() == RevertFinding(
        RevertVerdict.PARTIAL,
        checks=NO,
        residual=(Residual("f", "-", "line 15"), Residual("f", "+", "fifteen")),
    )


def test_what_changes_more_is_extra(shop: Workshop) -> None:
    target = shop.commit("x", {"f": numbered(l5="five")})
    shop.commit(says(target), {"f": numbered(), "g": "own\n"})

    assert shop.check() == RevertFinding(
        RevertVerdict.EXTRA, checks=NO, residual=(Residual("g", "+", "own", own=True),)
    )


def test_what_does_both_is_different(shop: Workshop) -> None:
    target = shop.commit("x", {"f": numbered(l5="five\n5")})
    shop.commit(says(target), {"f": numbered(l5="line 5\n5\nown")})

    assert shop.check() == RevertFinding(
        RevertVerdict.DIFFERENT,
        checks=NO,
        residual=(Residual("f", "+", "5"), Residual("f", "+", "own", own=True)),
    )


def test_white_space_counts(shop: Workshop) -> None:
    target = shop.commit("x", {"f": numbered(l5="five")})
    shop.commit(says(target), {"f": numbered(l5="line 5 ")})

    assert shop.check() == RevertFinding(
        RevertVerdict.DIFFERENT,
        checks=NO,
        residual=(
            Residual("f", "-", "line 5"),
            Residual("f", "+", "line 5 ", own=True),
        ),
    )


def test_a_line_feed_at_the_end_counts(shop: Workshop) -> None:
    target = shop.commit("x", {"f": numbered(l20="twenty")})
    shop.commit(says(target), {"f": numbered().removesuffix("\n")})

    assert [(each.sign, each.line) for each in shop.check().residual] == [
        ("-", "line 20"),
        ("+", "line 20 (no line feed)"),
    ]


def test_lines_in_another_order_are_a_change_of_its_own(shop: Workshop) -> None:
    target = shop.commit("x", {"f": numbered(l5="five"), "g": "1\n2\n3\n"})
    shop.commit("g", {"g": "1\n2\n3\n4\n"})
    shop.commit("h", {"h": "1\n2\n3\n"})
    shop.commit(says(target), {"f": numbered(), "g": "4\n", "h": "3\n2\n1\n"})

    assert Residual("h", "+", "(lines in another order)", own=True) in shop.check().residual


def test_a_binary_file_counts_as_a_whole(shop: Workshop) -> None:
    before, after, other = b"\0one", b"\0two", b"\0three"
    shop.commit("binary", {"b": before})
    target = shop.commit("x", {"b": after})
    shop.revert(target)
    exact = shop.check()
    shop.git("reset", "--quiet", "--hard", "HEAD~1")
    shop.commit(says(target), {"b": other})

    assert exact == RevertFinding(RevertVerdict.EXACT, checks=YES)
    assert [(each.path, each.sign, each.own) for each in shop.check().residual] == [
        ("b", "-", False),
        ("b", "+", True),
    ]


def test_the_mode_of_a_file_counts(shop: Workshop) -> None:
    (shop.folder / "f").chmod(0o755)
    target = shop.commit("x", {"f": numbered(l5="five")})
    shop.revert(target)
    exact = shop.check()
    shop.git("reset", "--quiet", "--hard", "HEAD~1")
    shop.commit(says(target), {"f": numbered()})

    assert exact == RevertFinding(RevertVerdict.EXACT, checks=YES)
    assert shop.check() == RevertFinding(
        RevertVerdict.PARTIAL, checks=NO, residual=(Residual("f", "+", "(mode 100755)"),)
    )


def test_a_new_empty_file_counts(shop: Workshop) -> None:
    target = shop.commit("x", {"f": numbered(l5="five"), "e": ""})
    shop.commit(says(target), {"f": numbered()})

    assert shop.check() == RevertFinding(
        RevertVerdict.PARTIAL, checks=NO, residual=(Residual("e", "+", "(empty file)"),)
    )


# -- what is named -----------------------------------------------------------------------------


def test_orders_that_do_not_apply_are_counted(shop: Workshop) -> None:
    """The second builds on the first: only newest first goes without a conflict."""
    first = shop.commit("x", {"f": numbered(l5="five")})
    second = shop.commit("y", {"f": numbered(l5="FIVE")})
    shop.commit(says(first, second), {"f": numbered()})

    assert shop.check(all_orders=True) == RevertFinding(
        RevertVerdict.EXACT, checks=YES, orders=(1, 2)
    )


def test_more_targets_than_orders_can_be_tried_for(shop: Workshop) -> None:
    names = [shop.commit(f"x{n}", {"f": numbered(l5=f"five {n}")}) for n in range(7)]
    shop.commit(says(*names), {"f": numbered()})

    assert shop.check().verdict is RevertVerdict.EXACT


def test_a_revert_of_a_revert_is_checked_as_any(shop: Workshop) -> None:
    target = shop.commit("x", {"f": numbered(l5="five")})
    shop.revert(shop.revert(target))

    assert shop.check() == RevertFinding(RevertVerdict.EXACT, checks=YES)


def test_a_renamed_file_is_still_the_same(shop: Workshop) -> None:
    target = shop.commit("x", {"f": numbered(l5="five")})
    shop.commit("move", {"f": None, "sub/g": numbered(l5="five")})
    shop.revert(target)

    assert shop.check() == RevertFinding(
        RevertVerdict.EXACT, checks=answers(three_way=True, reverse_apply=False, same_lines=True)
    )


def test_a_target_that_renames_is_undone_with_later_work_kept(shop: Workshop) -> None:
    target = shop.commit("x", {"f": None, "g": numbered()})
    shop.commit("later", {"g": numbered(l5="five")})
    shop.revert(target)

    assert shop.check().verdict is RevertVerdict.EXACT


@pytest.mark.parametrize("side", [1, 2])
def test_a_merge_goes_back_to_the_side_that_the_message_names(shop: Workshop, side: int) -> None:
    shop.git("checkout", "--quiet", "-b", "side")
    shop.commit("on the side", {"s": "s\n"})
    shop.git("checkout", "--quiet", "main")
    shop.commit("on main", {"m": "m\n"})
    shop.now_s += 1
    shop.git("merge", "--quiet", "--no-ff", "-m", "Merge side", "side")
    merge = shop.head
    shop.revert("-m", str(side), merge)

    assert shop.check() == RevertFinding(RevertVerdict.EXACT, checks=YES)


def test_of_a_merge_without_a_side_the_first_parent_is_taken_and_told(shop: Workshop) -> None:
    shop.git("checkout", "--quiet", "-b", "side")
    shop.commit("on the side", {"s": "s\n"})
    shop.git("checkout", "--quiet", "main")
    shop.git("merge", "--quiet", "--no-ff", "-m", "Merge side", "side")
    merge = shop.head
    shop.commit(says(merge), {"s": None})

    assert shop.check() == RevertFinding(
        RevertVerdict.EXACT, f"{merge} is a merge, compared with its first parent", YES
    )


def test_the_first_commit_can_be_reverted(shop: Workshop) -> None:
    shop.revert(shop.head)

    assert shop.check() == RevertFinding(RevertVerdict.EXACT, checks=YES)


def test_nothing_resolved_is_no_verdict_and_says_why(shop: Workshop) -> None:
    shop.commit(says("0123456789"))

    assert shop.check() == RevertFinding(note="0123456789 is unknown here", checks=answers())


def test_what_is_here_is_checked_and_what_is_not_is_told(shop: Workshop) -> None:
    target = shop.commit("x", {"f": numbered(l5="five")})
    shop.commit(says(target, "0123456789"), {"f": numbered()})

    assert shop.check() == RevertFinding(RevertVerdict.EXACT, "0123456789 is unknown here", YES)


def test_a_missing_file_is_no_verdict_and_says_which(shop: Workshop) -> None:
    target = shop.commit("x", {"f": numbered(l5="five"), "lost": "lost\n"})
    shop.commit("later", {"lost": "lost\nlater\n"})
    shop.commit(says(target), {"f": numbered(), "lost": "later\n"})
    blob = shop.git("rev-parse", f"{target}:lost")
    (shop.folder / ".git" / "objects" / blob[:2] / blob[2:]).unlink()

    finding = shop.check()

    assert (finding.verdict, finding.checks) == (None, answers())
    assert blob in finding.note


def test_the_clone_is_not_written_to(shop: Workshop) -> None:
    target = shop.commit("x", {"f": numbered(l5="five")})
    shop.commit("meanwhile", {"f": numbered(l5="five", l15="fifteen")})
    shop.revert(target)
    before = {path: path.stat().st_mtime_ns for path in shop.folder.rglob("*")}
    shop.check(all_orders=True)

    assert {path: path.stat().st_mtime_ns for path in shop.folder.rglob("*")} == before


def test_nothing_of_a_clones_configuration_runs(shop: Workshop, tmp_path: Path) -> None:
    """A merge driver, filters, textconv and hooks: all would leave a file behind."""
    mark = tmp_path / "ran"
    for key in ("merge.evil.driver", "filter.evil.smudge", "filter.evil.clean",
                "diff.evil.textconv", "diff.evil.command", "core.fsmonitor"):  # fmt: skip
        shop.git("config", key, f"touch {mark}; false")
    target = shop.commit("x", {"f": numbered(l5="five")})
    shop.commit("meanwhile", {"f": numbered(l5="five", l15="fifteen")})
    shop.revert(target)
    (shop.folder / ".git" / "info").mkdir(exist_ok=True)
    (shop.folder / ".git" / "info" / "attributes").write_text("* merge=evil filter=evil diff=evil")
    mark.unlink(missing_ok=True)

    assert shop.check().verdict is RevertVerdict.EXACT
    assert not mark.exists()


# -- any edits ---------------------------------------------------------------------------------

LINE = st.sampled_from(["a", "b", "c", "", "}", " a"])
TEXT = st.lists(LINE, max_size=12).map(lambda lines: "".join(f"{line}\n" for line in lines))
SLOW = settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@SLOW
@given(before=TEXT, after=TEXT, more=TEXT, own=TEXT)
def test_what_git_reverts_is_exact_and_with_one_more_edit_never(
    tmp_path_factory: pytest.TempPathFactory, before: str, after: str, more: str, own: str
) -> None:
    shop = workshop(tmp_path_factory.mktemp("any"))
    shop.commit("before", {"f": before, "g": "g\n"})
    target = shop.commit("x", {"f": after, "new": after})
    shop.commit("meanwhile", {"g": more})
    shop.revert(target)
    exact = shop.check()
    reverted = (shop.folder / "f").read_text()
    shop.git("reset", "--quiet", "--hard", "HEAD~1")
    (shop.folder / "new").unlink()
    different = own if own != reverted else f"{own}one more\n"
    shop.commit(says(target), {"f": different})

    assert exact.verdict is RevertVerdict.EXACT
    assert shop.check().verdict is not RevertVerdict.EXACT
