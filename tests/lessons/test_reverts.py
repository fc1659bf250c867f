"""What the lesson on reverts calls: on the re-enactment, on any repository, on what holds less."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kit.app import revert, revert_dates, revert_plots, reverts, shipped
from kit.case_study.frozen import frozen
from kit.case_study.history import exported_history
from kit.git.values.verdict import RevertVerdict
from kit.views.html.figure import Note, Rows
from tests.git.workshop import Workshop, numbered, workshop
from tests.views.widgets.widgets import click, shown


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    """A project that is not QEMU: a revert after a candidate, and one that leaves a line."""
    shop = workshop(tmp_path / "r")
    target = shop.commit("x", {"hw/f": numbered(l5="five", l15="fifteen")})
    shop.tag("v1.0-rc0")
    shop.revert(target)
    shop.tag("v1.0")
    shop.commit("y", {"hw/f": numbered(l3="three")})
    second = shop.head
    shop.commit(f'Revert "y"\n\nThis reverts commit {second}.', {"hw/f": numbered(l3="drei")})
    monkeypatch.setenv("KIT_QEMU", str(shop.folder))
    return shop


def messages_only(shop: Workshop, folder: Path) -> Path:
    """Clone the commits without their trees and files, as kit fetch --history does."""
    shop.git("config", "uploadpack.allowFilter", "true")
    subprocess.run(
        ["git", "clone", "--quiet", "--bare", "--filter=tree:0", f"file://{shop.folder}", folder],
        check=True,
        timeout=30,
    )
    return folder


# -- the re-enactment --------------------------------------------------------------------------


def test_the_lessons_revert_is_reported_with_its_diffs() -> None:
    widget = revert("revert")
    page = widget.model.page

    assert page is not None
    assert (page.finding.verdict, page.tags, page.releases) == (
        RevertVerdict.EXACT,
        ("v6.0.0-rc0",),
        (),
    )
    assert [len(each.files) > 0 for each in (page.diff, *page.diffs) if each] == [True] * 4
    widget.close_all()


def test_a_tag_comes_after_the_commits_and_need_not_have_their_code() -> None:
    table = shipped("revert")

    assert isinstance(table, Rows)
    assert table.rows == (
        ("v6.0.0-rc0", "yes", "yes"),
        ("v6.0.0-rc3", "yes", "no"),
        ("v6.0.0", "yes", "no"),
        ("v6.1.0", "yes", "no"),
        ("v6.2.0", "yes", "no"),
    )


def test_without_a_clone_the_plots_are_qemus_and_say_so() -> None:
    plots, figures = revert_plots(), frozen()
    count = len(figures.lasted)

    assert repr(plots.days).startswith(f"Of {count} commits that were reverted")
    assert repr(plots.survivors).startswith(f"{count} reverted commits by the date of the commit")
    assert plots.by_year.rows[-1][3] == "too young"
    for one in (plots.days, plots.survivors, plots.by_year, plots.directories):
        assert figures.label in repr(one)


def test_a_clone_has_its_own_plots(shop: Workshop) -> None:
    plots = revert_plots()

    assert shop.folder.is_dir()
    assert plots.source == ""
    assert repr(plots.days).startswith("Of 2 commits that were reverted")


# -- any repository ----------------------------------------------------------------------------


def test_the_table_of_any_project_is_checked_and_searched(shop: Workshop) -> None:
    widget = reverts()
    click(widget, "check these")
    verdicts = [row.finding.verdict for row in widget.model.table.rows if row.finding]
    widget._words.value = "hw/f drei"
    none = len(widget.model.table.rows)
    widget._words.value = "hw/f"

    assert verdicts == [RevertVerdict.DIFFERENT, RevertVerdict.EXACT]
    assert (none, len(widget.model.table.rows)) == (0, 2)
    assert str(shop.folder) in shown(widget)
    widget.close_all()


@pytest.mark.usefixtures("shop")
def test_dates_of_target_and_revert_stand_side_by_side() -> None:
    table = revert_dates("v1.0")

    assert isinstance(table, Rows)
    assert [row[1:] for row in table.rows] == [
        ("2020-09-15", "2020-09-15", "1", "1"),
        ("2020-09-16", "2020-09-16", "", ""),
    ]


@pytest.mark.usefixtures("shop")
def test_by_ancestry_and_by_content_in_any_project() -> None:
    table = shipped("v1.0")

    assert isinstance(table, Rows)
    assert table.rows == (("v1.0-rc0", "yes", "yes"), ("v1.0", "yes", "no"))


def test_a_clone_named_in_the_table_need_not_be_qemus(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KIT_QEMU", "re-enactment")
    widget = reverts()
    panel = next(w for w in widget.children if "kit-history" in w._dom_classes)
    panel.children[1].children[0].value = str(shop.folder)

    assert [row.subject for row in widget.model.table.rows] == ['Revert "y"', 'Revert "x"']
    widget.close_all()


# -- what holds less ---------------------------------------------------------------------------


def test_of_messages_alone_there_is_the_table_and_the_checks_say_they_cannot(
    shop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KIT_QEMU", str(messages_only(shop, tmp_path / "m.git")))
    table, one, tags = reverts(), revert("v1.0"), shipped("v1.0")
    click(table, "check these")
    written = shown(one)

    assert [row.finding and row.finding.verdict for row in table.model.table.rows] == [None, None]
    assert "cannot be told here" in written
    assert "Its files are not here; a full clone has them." in written
    assert isinstance(tags, Rows)
    assert {row[2] for row in tags.rows} == {"cannot be told here"}
    assert repr(revert_plots().days).startswith("Of 2 commits that were reverted")
    assert "this history has messages and no files" in repr(revert_plots().directories)
    table.close_all()


def test_a_file_of_single_commits_is_refused_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "lesson.json"
    path.write_text(exported_history()[0], encoding="utf-8")
    monkeypatch.setenv("KIT_QEMU", str(path))
    table, one = reverts(), revert()
    says = "holds single commits, and this needs all objects"

    assert all(says in repr(each) for each in (table, one, shipped(), revert_dates()))
    table.close_all()


@pytest.mark.usefixtures("shop")
def test_a_commit_that_is_not_here_is_said() -> None:
    widget = revert("revert")

    assert "has no commit d522cb52e6" in repr(widget)
    assert isinstance(shipped("revert"), Note)
    widget.close_all()


def test_without_matplotlib_the_lesson_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    plots = revert_plots()

    assert {repr(each) for each in (plots.days, plots.survivors, plots.directories)} == {
        "matplotlib is not installed, and a plot needs it: pip install 'unplug-kit[analysis]'"
    }
