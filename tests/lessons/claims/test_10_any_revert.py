"""What lesson 10 claims."""

from __future__ import annotations

import pytest

from kit import history, revert_dates, revert_plots, shipped
from kit.course.time_to_revert import WITHIN_DAYS, years
from kit.git.reverts.report import RevertReport, revert_report
from kit.git.values.verdict import DAY_S, RevertVerdict
from tests.lessons.claims.claim import claim

REVERT, TIMEOUT = "d522cb52e6", "d1c2e3ce3d"


def report(sha: str) -> RevertReport:
    read = history()
    return revert_report(read, read.commit(sha).hash)


@pytest.mark.usefixtures("each_whole_history")
@claim((RevertVerdict.EXACT, (3, 6), 3), of=[REVERT], but_not=[TIMEOUT])
def test_it_takes_back_three_commits_exactly_in_three_of_six_orders(sha: str) -> object:
    found = report(sha)
    return found.finding.verdict, found.finding.orders, len(found.revert.targets)


HAS_THE_CODE, COMES_AFTER = 2, 1


@pytest.mark.usefixtures("each_whole_history")
@claim(["v6.0.0-rc0"], of=[HAS_THE_CODE], but_not=[COMES_AFTER])
def test_a_tag_that_comes_after_the_commits_need_not_have_their_code(column: int) -> list[str]:
    named = ("v6.0.0-rc0", "v6.0.0-rc3", "v6.0.0")
    return [row[0] for row in shipped("revert").rows if row[0] in named and row[column] == "yes"]


@pytest.mark.usefixtures("each_whole_history")
@claim(False, of=["v6.0.0"], but_not=["v6.0.0-rc0"])
def test_no_release_has_the_code(tag: str) -> bool:
    return {row[0]: row[2] for row in shipped("revert").rows}[tag] == "yes"


@pytest.mark.usefixtures("each_history")
@claim({"33"}, of=["revert"], but_not=["resend"])
def test_by_the_dates_of_committing_it_took_33_days(name: str) -> set[str]:
    return {row[4] for row in getattr(revert_dates(name), "rows", ())[:-1]}


@pytest.mark.clone
@pytest.mark.usefixtures("qemus_history")
@claim({"30", "37"}, of=[3], but_not=[4])
def test_by_the_dates_of_writing_it_took_30_and_37_days(column: int) -> set[str]:
    return {row[column] for row in getattr(revert_dates("revert"), "rows", ())[:-1]}


@pytest.mark.usefixtures("each_history")
@claim(None, of=[0], but_not=[2 * WITHIN_DAYS])
def test_the_year_that_a_history_ends_in_is_too_young(days_later: int) -> int | None:
    plots = revert_plots()
    return years(plots.lasted, plots.until_s + days_later * DAY_S)[-1].soon


@pytest.mark.usefixtures("each_history")
@claim(True, of=[1], but_not=[-1])
def test_no_commit_is_reverted_before_it_is_committed(direction: int) -> bool:
    return all(direction * each.by_committer_s >= 0 for each in revert_plots().lasted)
