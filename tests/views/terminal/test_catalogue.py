"""Lists for the terminal: complete at 80 columns, the same content as data."""

from __future__ import annotations

import io

import pytest
from rich.console import Console, RenderableType

from kit.common.errors import UserError
from kit.machine.catalogue import CATALOGUE, find_revision
from kit.machine.pseries.tables import lines
from kit.machine.revision import Revision
from kit.storage.scenarios import scenarios
from kit.views.terminal.catalogue import checks_table, revisions_table, scenarios_table
from kit.views.terminal.states import states_table


def printed(renderable: RenderableType, width: int = 80) -> str:
    console = Console(width=width, file=io.StringIO(), force_jupyter=False, color_system=None)
    console.print(renderable)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("revision", CATALOGUE, ids=lambda revision: revision.name)
def test_the_full_state_table_fits_80_columns_and_loses_nothing(revision: Revision) -> None:
    table, data = states_table(revision)
    text = printed(table)

    assert len(data) == len(lines(revision))
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize("width", [60, 72])
def test_a_narrow_terminal_wraps_and_loses_nothing(width: int) -> None:
    text = printed(states_table(find_revision("guest-error"))[0], width)

    assert "…" not in text
    assert max(map(len, text.splitlines())) <= width


def test_a_row_of_the_state_table() -> None:
    table, data = states_table(find_revision("guest-error"))
    row = next(
        row
        for row in data
        if (row["state"], row["call"], row["if"])
        == ("CONFIGURED", "UNISOLATE", "unplug requested?")
    )

    assert row == {
        "state": "CONFIGURED",
        "call": "UNISOLATE",
        "if": "unplug requested?",
        "then": "CONFIGURED",
        "status": "SUCCESS",
        "wire": 0,
        "sense": None,
        "effects": ["CLEAR_UNPLUG_REQUESTED", "REPORT_REFUSAL", "SEND_GUEST_ERROR"],
        "abort": None,
        "since": "4b08cd567b54e26a0608463311418197dda83e37",
        "recorded": True,
    }
    assert "    UNISOLATE               unplug requested           0 success" in printed(table)


def test_rows_from_the_code_are_marked_and_the_mark_explained() -> None:
    text = printed(states_table(find_revision("revert"))[0])

    assert "CAS *" in text
    assert "* marks a row taken from the code" in " ".join(text.split())


def test_the_timer_commit_adds_rows_that_nothing_starts() -> None:
    table, data = states_table(find_revision("timer"), find_revision("baseline"))

    assert {(row["only"], row["call"]) for row in data} == {("at", "UNPLUG_TIMEOUT")}
    assert "START_UNPLUG_TIMER" not in {effect for row in data for effect in row["effects"]}
    assert "+   unplug timeout" in printed(table)


def test_the_revert_takes_away_what_the_timeout_added() -> None:
    _, data = states_table(find_revision("revert"), find_revision("pre-revert"))

    assert {row["only"] for row in data} == {"diff"}


def test_a_helper_changes_no_row() -> None:
    table, data = states_table(find_revision("4515a5f786"), find_revision("e35dfbd227"))

    assert (printed(table), data) == ("deadline-helper and e35dfbd227: the same table\n", [])


def test_lists_name_everything() -> None:
    revisions = printed(revisions_table()[0])
    table, data = scenarios_table(tuple(scenarios().values()))
    text = printed(table)

    assert all(r.label in revisions and r.name in revisions for r in CATALOGUE)
    assert all(name in text for name in scenarios())
    assert [row["name"] for row in data] == list(scenarios())


def test_q35_has_no_connectors() -> None:
    with pytest.raises(UserError, match="q35 has no connectors"):
        states_table(find_revision("revert"), find_revision("q35"))


def test_checks_say_what_is_missing_in_words_too() -> None:
    checks = [("git", "/usr/bin/git", "", True), ("lessons", "", "install [again]", True)]
    text = printed(checks_table([*checks, ("qemu", "", "optional", False)]))

    assert [line.split()[:2] for line in text.splitlines()[3:6]] == [
        ["ok", "git"],
        ["MISSING", "lessons"],
        ["-", "qemu"],
    ]
    assert "install [again]" in text
