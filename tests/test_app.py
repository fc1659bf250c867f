"""The clone in use, and the public names that lessons call."""

from __future__ import annotations

import re
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

import kit
import kit.app
from kit import (
    compare_runs,
    connector,
    connector_changes,
    connector_lab,
    connector_rows,
    mail_of,
    net_change,
    path,
    player,
    properties,
    retry_table,
    sandbox,
    tour,
)
from kit.case_study.history import clone_in_use, commit_page, exported_history
from kit.cli.main import main
from kit.common.errors import UnknownRevisionError, UserError
from kit.machine.catalogue import find_revision
from kit.machine.pseries.tables import lines
from kit.machine.revision import Board
from kit.storage.scenarios import scenarios

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize(("value", "clone"), [("", None), ("  ", None), ("/x", Path("/x"))])
def test_the_clone_is_what_kit_qemu_names(
    monkeypatch: pytest.MonkeyPatch, value: str, clone: Path | None
) -> None:
    monkeypatch.setenv("KIT_QEMU", value)

    assert clone_in_use() == clone


def test_where_it_is_asked_for_the_commit_is_read_from_the_reenactment() -> None:
    page = commit_page(find_revision("revert"))

    assert page.source == "re-enactment, not QEMU's code (built from data/reenactment)"
    assert page.files


def test_a_clone_that_is_none_is_said_beside_the_commit(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("KIT_QEMU", str(tmp_path))

    assert commit_page(find_revision("timer")).note == (
        f"{tmp_path} is not a git repository; name the folder of a clone"
    )


def test_the_tour_needs_one_call() -> None:
    widget = tour("cpu-timeout")

    assert repr(widget).startswith("cpu-timeout (d1c2e3ce3d): ")
    widget.close_all()


def test_a_table_of_retries_is_aligned_text() -> None:
    table = repr(retry_table("cpu-timeout", "revert", after_ms=(14_500, 15_000)))

    assert [line.split("  ") for line in re.sub(" {3,}", "  ", table).splitlines()] == [
        ["second request after", "cpu-timeout", "revert"],
        [
            "14.5 s",
            "core-id 1 unplug is still pending, 0 seconds timeout remaining",
            "accepted",
        ],
        ["15 s", "accepted", "accepted"],
    ]


def test_a_lesson_needs_one_call() -> None:
    widget = sandbox("baseline", "v6.0.0")

    assert repr(widget).startswith("before: baseline, after: v6.0.0\n")
    assert repr(connector("baseline")).startswith("States of a CPU connector at baseline")
    widget.close_all()


def test_the_player_plays_a_run_a_pair_or_a_token() -> None:
    run, pair = player("late-release"), player("in-time", before="timer", after="cpu-timeout")
    pair.model.act("guest hang")
    again = player(pair.model.token)

    assert [len(widget.model.sides) for widget in (run, pair, again)] == [1, 2, 2]
    assert run.model.timeline.runs[0].revision.name == "revert"
    assert again.model.timeline.played == pair.model.timeline.played
    run.close_all()


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: player("nope"), "no scenario 'nope'; there are: "),
        (
            lambda: player("late-release", before="timer"),
            "a pair needs both, before=… and after=…; a run needs at=… alone",
        ),
        (lambda: player("1.run.nope"), "is cut short; copy the whole of it"),
    ],
)
def test_a_player_that_cannot_be_made_says_why(call: Callable[[], object], says: str) -> None:
    with pytest.raises(UserError, match=re.escape(says)):
        call()


def test_a_path_is_played_alone_or_beside_another_revision() -> None:
    token = "1.path.c2q2r1m1.linux-5_12.pre-revert.XVACcaaaaaaaa"
    alone, pair = path(token), path(token, beside="revert")

    assert [widget.model.heads for widget in (alone, pair)] == [
        ("pre-revert",),
        ("pre-revert", "revert"),
    ]
    alone.close_all()


def test_the_properties_are_a_table_of_named_revisions() -> None:
    usual, wide = properties(), properties("revert", widen="c0q2r0m1d2")

    assert len(usual.model.revisions) == 10
    assert wide.model.scope.name == "c0q2r0m1d2"
    assert repr(wide).splitlines()[0] == (
        "Every order of events within this scope: a DIMM of 2 LMBs, 2 requests, no resets,"
        " 1 migration."
    )
    assert repr(wide).splitlines()[2].split() == ["property", "revert"]
    usual.close_all()


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: properties("revert", widen="all"), "'all' is not a scope"),
        (
            lambda: properties("q35"),
            "q35 cannot be explored; the explorer knows pseries, pcie alone",
        ),
        (lambda: path("1.run.x"), "is not a token of a path"),
    ],
)
def test_a_table_or_path_that_cannot_be_made_says_why(
    call: Callable[[], object], says: str
) -> None:
    with pytest.raises(UserError, match=re.escape(says)):
        call()


def test_the_connector_can_be_driven() -> None:
    widget = connector_lab("timer")

    assert repr(widget) == "core 1's connector at timer: UNUSABLE, empty"
    widget.close_all()


@pytest.mark.parametrize(
    "call",
    [
        lambda: sandbox("nope"),
        lambda: connector("nope"),
        lambda: connector_lab("nope"),
        lambda: player("late-release", at="nope"),
        lambda: connector_rows("nope"),
        lambda: connector_changes("revert", "nope"),
        lambda: compare_runs("nope", "revert"),
        lambda: net_change("revert", "nope"),
    ],
)
def test_an_unknown_revision_in_a_lesson_says_where_to_look(call: object) -> None:
    with pytest.raises(UnknownRevisionError, match="`kit list revisions` names all there are"):
        call()  # type: ignore[operator]


def test_the_rows_of_one_cell_stand_in_the_order_in_which_they_are_tried() -> None:
    assert connector_rows("revert", state="AVAILABLE", call="SET_UNUSABLE").rows == (
        (
            "AVAILABLE",
            "SET UNUSABLE",
            "unplug requested",
            "0 success, to UNUSABLE, remove the device",
        ),
        ("AVAILABLE", "SET UNUSABLE", "", "0 success, to UNUSABLE"),
    )


def test_without_a_cell_all_rows_of_the_table_are_shown() -> None:
    rows = connector_rows("revert").rows

    assert set(connector_rows("revert", call="RESET").rows) < set(rows)
    assert len(rows) == len(lines(find_revision("revert")))


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: connector_rows(state="GONE"), "no state 'GONE'; there are: UNUSABLE, AVAILABLE, "),
        (lambda: connector_rows(call="SET"), "no call 'SET'; there are: ISOLATE, UNISOLATE, "),
        (lambda: net_change("revert", "proposal"), "proposal was never merged, so there is no "),
        (lambda: net_change("q35"), "q35 is another machine for contrast: no commit of the story"),
    ],
)
def test_rows_that_are_not_there_are_refused(call: Callable[[], object], says: str) -> None:
    with pytest.raises(UserError, match=re.escape(says)):
        call()


def test_the_rows_that_a_revision_adds_are_counted_with_their_calls_and_commits() -> None:
    assert connector_changes("baseline", "cpu-timeout").rows == (
        ("added", "22", "UNPLUG_REQUEST, UNPLUG_TIMEOUT, MIGRATED", "d1c2e3ce3d, 51254ffb32"),
        ("removed", "0", "", ""),
        ("that start a timer at cpu-timeout", "8", "UNPLUG_REQUEST, MIGRATED", "d1c2e3ce3d"),
    )


def test_each_scenario_runs_alike_or_not() -> None:
    rows = compare_runs("baseline", "cpu-timeout").rows
    found = {word: names.split(", ") for word, _, names in rows}

    assert [int(count) for _, count, _ in rows] == [len(names) for names in found.values()]
    assert sorted([*found["the same"], *found["DIFFERENT"]]) == sorted(
        name for name, one in scenarios().items() if Board.PSERIES in one.setup.boards
    )
    assert "dimm-refused" in found["the same"]
    assert "late-release" in found["DIFFERENT"]


def test_the_lines_of_commits_cancel_out() -> None:
    table = net_change("timer", "revert")

    assert [name for name, *_ in table.rows] == ["timer", "revert", "together"]
    assert table.caption == (
        "read from: re-enactment, not QEMU's code (built from data/reenactment)"
    )
    assert net_change("revert").rows[0][1:] == net_change("revert").rows[-1][1:]


# -- the names themselves ------------------------------------------------------------------------


def test_everything_public_is_documented() -> None:
    assert [name for name in kit.app.__all__ if not getattr(kit.app, name).__doc__] == []


def test_the_package_has_the_public_names_and_no_others() -> None:
    assert kit.__all__ == kit.app.__all__
    assert {name: getattr(kit, name) for name in kit.__all__} == {
        name: getattr(kit.app, name) for name in kit.app.__all__
    }
    assert set(kit.__all__) <= set(dir(kit))


def test_no_public_name_hides_a_part_of_the_package() -> None:
    parts = {path.stem for path in Path(kit.__file__).parent.iterdir()}

    assert parts & set(kit.__all__) == set()


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'kit' has no attribute 'benches'"):
        kit.benches  # noqa: B018  # it is looked for
    with pytest.raises(AttributeError, match=r"module 'kit\.app' has no attribute 'benches'"):
        kit.app.benches  # noqa: B018


_LOADED = "import sys; before = set(sys.modules); {}; print(*set(sys.modules) - before)"


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import kit", {"kit.app", "ipywidgets", "pandas", "git", "pygit2", "IPython", "rich"}),
        ("from kit import run_of", {"ipywidgets", "pandas", "pygit2", "IPython", "rich", "numpy"}),
    ],
)
def test_importing_the_package_loads_little(statement: str, absent: set[str]) -> None:
    command = [sys.executable, "-c", _LOADED.format(statement)]
    loaded = set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())

    assert "kit" in loaded
    assert loaded & absent == set()


def test_the_package_alone_loads_no_other_module_of_the_kit() -> None:
    command = [sys.executable, "-c", _LOADED.format("import kit")]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()

    assert {name for name in loaded if name.startswith("kit")} == {"kit"}


@pytest.mark.parametrize(
    ("old", "new"),
    [("bench", sandbox), ("commit_walk", tour), ("promises", properties)],
    ids=["bench", "commit_walk", "promises"],
)
def test_an_old_name_works_and_warns_once_naming_the_new_one(
    old: str, new: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(vars(kit.app), old, raising=False)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        found = [getattr(kit.app, old) for _ in range(2)]

    assert found == [new, new]
    assert [(one.category, str(one.message), one.filename) for one in said] == [
        (
            DeprecationWarning,
            f"kit.app.{old} is now called {new.__name__}: from kit import {new.__name__}",
            __file__,
        )
    ]


def test_the_reenactment_is_built_once_and_then_read_where_it_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(
        "kit.case_study.history.user_cache_path", lambda *_, **__: tmp_path / "cache"
    )
    revert = find_revision("revert").commit
    first = kit.app.history().commit(revert)
    monkeypatch.setattr("kit.case_study.history.build", lambda *_: pytest.fail("built again"))

    assert kit.app.history().commit(revert) == first


def test_a_tree_before_a_patch_shows_the_reenactments_own_diff_from_a_file_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "lesson.json"
    path.write_text(exported_history()[0], encoding="utf-8")
    played = commit_page(find_revision("pre-revert"))
    monkeypatch.setenv("KIT_QEMU", str(path))
    read = commit_page(find_revision("pre-revert"))

    assert (read.note, read.files) == ("", played.files)


def test_a_mail_from_a_lesson_is_what_the_command_line_writes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    revisions = ["--before", "pre-revert", "--after", "revert"]
    reply = ["--in-reply-to", "a@b.c"]
    assert main(["compare", "late-release", *revisions, "--format", "mail", *reply]) == 0

    mail = mail_of("late-release", before="pre-revert", after="revert", in_reply_to="a@b.c")
    assert capsys.readouterr().out == f"{mail}\n"
    assert "d522cb52e6 (spapr: rollback 'unplug timeout' for CPU hotunplugs," in mail
