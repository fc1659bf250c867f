"""The map: what each cell must say, by the facts; and where it stands."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from kit.app import revision_map
from kit.cli.main import main
from kit.lessons.revision_map import HEADS, MapRow, map_rows, revisions_of_the_map
from kit.machine.catalogue import CATALOGUE, PROPOSAL, TODAY
from kit.machine.revision import Patch

Captured = pytest.CaptureFixture[str]
LESSONS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
ROWS = {row.name: row for row in map_rows()}
TIMED = [one.name for one in revisions_of_the_map() if Patch.CPU_UNPLUG_TIMEOUT in one.patches]
RESENDS = [
    one.name for one in revisions_of_the_map() if Patch.CPU_UNPLUG_RESENDS_EVENT in one.patches
]
HEARS = [one.name for one in revisions_of_the_map() if Patch.UNISOLATE_ROLLS_BACK in one.patches]


def where(column: str, words: str) -> list[str]:
    return [row.name for row in map_rows() if words in getattr(row, column)]


def test_there_is_a_row_for_every_name_of_the_lessons_and_for_today() -> None:
    named = {one.name for one in CATALOGUE if one.alias} | {PROPOSAL.name, TODAY.name}

    assert set(ROWS) == named
    assert [*ROWS][-1] == "today"


def test_a_second_request_is_an_error_at_12_s_exactly_while_the_timeout_is_in() -> None:
    """domain facts 7.8: 3 s are left at 12 s; at 15 s the request is accepted."""
    assert where("again_12", "error: 3 s left") == TIMED
    assert where("again_15", "error") == []
    assert where("again_12", "sends an event") == RESENDS


def test_a_release_at_16_s_ends_in_limbo_exactly_with_the_timeout() -> None:
    assert where("late", "limbo") == TIMED
    assert where("late", "DEVICE_DELETED at 16 s") == [n for n in ROWS if n not in TIMED]


def test_a_reset_brings_the_core_back_out_of_limbo() -> None:
    """domain facts 7.1 b: late-release-then-reset."""
    assert where("reset", "the core is back") == TIMED


def test_a_refusal_ends_the_request_where_qemu_hears_it_or_the_timer_fires() -> None:
    assert where("refusal", "drops the request at 0 s") == HEARS
    assert where("refusal", "drops the request at 15 s") == TIMED


def test_who_is_told_of_a_refusal() -> None:
    assert where("told", "DEVICE_UNPLUG_GUEST_ERROR") == ["guest-error", "today"]
    assert where("told", "DEVICE_NOT_DELETED") == ["proposal"]
    assert where("told", "operator at 10 s: virsh timed out") == [
        name for name in ROWS if name not in ("guest-error", "today")
    ]


def test_two_requests_end_in_limbo_where_a_refusal_is_heard() -> None:
    """domain facts 7.10: recorded as late-guest-after-rejection."""
    assert where("twice", "limbo") == HEARS


@pytest.mark.parametrize(
    ("name", "date", "tag", "linux", "libvirt"),
    [
        ("cpu-timeout", "2021-03-10", "v6.0.0-rc0 (2021-03-24)", "5.11", "7.1.0"),
        ("proposal", "2021-03-12", "none: never merged", "5.11", "7.1.0"),
        ("revert", "2021-04-12", "v6.0.0-rc3 (2021-04-14)", "5.11", "7.2.0"),
        ("resend", "2021-04-12", "v6.0.0-rc3 (2021-04-14)", "5.11", "7.2.0"),
        ("unisolate", "2021-05-04", "v6.1.0-rc0 (2021-07-21)", "5.12", "7.3.0"),
        ("guest-error", "2021-09-30", "v6.2.0-rc0 (2021-11-09)", "5.14", "7.7.0"),
        ("today", "-", "v11.1.3", "-", "-"),
    ],
)
def test_dates_tags_and_versions_of_the_time(
    name: str, date: str, tag: str, linux: str, libvirt: str
) -> None:
    row = ROWS[name]

    assert (row.date, row.tag, row.linux, row.libvirt) == (date, tag, linux, libvirt)


@pytest.mark.parametrize("form", ["text", "md", "json"])
def test_the_list_has_every_row_in_every_form(form: str, capsys: Captured) -> None:
    assert main(["list", "map", "--format", form]) == 0
    out = capsys.readouterr().out

    assert all(row.name in out for row in map_rows())
    if form == "json":
        assert json.loads(out) == [asdict(row) for row in map_rows()]
    if form == "md":
        assert out.count("\n") == len(ROWS) + 2
    if form == "text":
        assert max(map(len, out.splitlines())) <= 80


def test_the_lessons_table_has_every_cell() -> None:
    shown = repr(revision_map())

    for row in map_rows():
        for field in HEADS:
            assert getattr(row, field) in shown, (row.name, field)


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_every_lesson_shows_the_map_or_links_to_it(path: Path) -> None:
    source = path.read_text(encoding="utf-8")

    assert "revision_map()" in source or "(00-start-here.ipynb#The-map)" in source


def test_a_row_is_text() -> None:
    assert {type(value) for row in map_rows() for value in asdict(row).values()} == {str}
    assert set(asdict(map_rows()[0])) == set(HEADS) == set(MapRow.__slots__)
