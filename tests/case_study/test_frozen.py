"""The figures of QEMU's own history that come with the kit."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from kit.case_study.frozen import frozen, read_frozen
from kit.course.time_to_revert import Lasted, years
from kit.git.repository.clone import CloneHistory
from kit.git.values.summary import percentile
from kit.git.values.verdict import DAY_S
from kit.lessons.reverts import qemu_figures, revert_plots
from kit.machine.catalogue import CATALOGUE
from tools.freeze_history import TARGET, figures, written

ROOT = Path(__file__).parents[2]
NUMBERS = {7: "Seven"}
LESSON = ROOT / "notebooks" / "10-any-revert.ipynb"


def prose(path: Path) -> str:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return " ".join(" ".join("".join(cell["source"]).split()) for cell in cells)


def test_every_build_of_the_case_study_has_its_commit_and_date() -> None:
    assert [(one.label, one.sha) for one in frozen().commits] == [
        (revision.label, revision.commit) for revision in CATALOGUE
    ]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT.*", one.committed) for one in frozen().commits)


def test_the_revert_is_exact_and_has_82_lines_in_three_of_six_orders() -> None:
    own = frozen().revert

    assert (own.verdict, own.lines, own.orders_that_apply, own.orders) == ("exact", 82, 3, 6)
    assert [name for name, has in own.tags if has] == ["v6.0.0-rc0", "v6.0.0-rc1", "v6.0.0-rc2"]
    assert [(one.days_written, one.days_committed) for one in own.targets] == [
        (30, 33),
        (37, 33),
        (37, 33),
    ]


def test_a_figure_says_whose_it_is_and_as_of_when() -> None:
    figure, label = frozen(), frozen().label

    assert figure.head[:10] in label
    assert figure.until in label
    assert qemu_figures().caption == label


def test_the_file_is_written_as_the_tool_writes_it() -> None:
    text = TARGET.read_text(encoding="utf-8")

    assert written(json.loads(text)) == text
    assert read_frozen(text) == frozen()


def test_the_numbers_of_lesson_10_are_the_figures() -> None:
    figure, said = frozen(), prose(LESSON)
    by_committer, by_author = (sorted(one[n] / DAY_S for one in figure.lasted) for n in (1, 2))
    by_year = {one.year: one for one in years(revert_plots().lasted, figure.until_s)}
    last_years = [f"{by_year[year].soon_median:.0f}" for year in (2016, 2017, 2018, 2019)]

    for words in (
        f"up to February 2023 there are {figure.reverts} reverts.",
        f"{figure.verdicts['exact']} are exact.",
        f"The other {figure.reverts - figure.verdicts['exact']} are not,",
        f" {figure.quoted_not_exact} of them begin with",
        f"{NUMBERS[figure.exact_without_the_word]} exact ones lack the word",
        f"at most {percentile(by_committer, 0.5):.0f} days by committer date,"
        f" {percentile(by_author, 0.5):.0f} days by author date",
        f"half of its mistakes within {percentile(by_committer, 0.5):.0f} days",
        f"{by_year[2020].soon_median:.0f} days for 2020 (of {by_year[2020].soon} reverts)"
        f" and {by_year[2021].soon_median:.0f} days for 2021 (of {by_year[2021].soon}).",
        f"{', '.join(last_years[:3])} and {last_years[3]} days.",
        f"of 2022 lasted {by_year[2022].median:.0f} days at the median, those of 2020 lasted"
        f" {by_year[2020].median:.0f}.",
        f"{figure.head[:10]}, 5 February 2023",
    ):
        assert words in said, words


@pytest.mark.clone
def test_a_clone_gives_the_same_figures(qemu_clone: Path) -> None:
    assert figures(CloneHistory(qemu_clone), frozen().frozen) == json.loads(
        TARGET.read_text(encoding="utf-8")
    )


def test_a_pair_without_names_counts_as_one_that_lasted() -> None:
    at, by_committer, by_author = frozen().lasted[0]

    assert revert_plots().lasted[0] == Lasted(
        sha="", revert="", committed_s=at, by_committer_s=by_committer, by_author_s=by_author
    )
