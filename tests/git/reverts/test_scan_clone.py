"""The reverts of QEMU itself: ``make test-clone KIT_QEMU=…``."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from benchmarks.reverts import PEER, READ, SAY, comfortable, measured
from kit.cli.main import main
from kit.git.repository.clone import CloneHistory
from kit.git.reverts.report import revert_report, reverts_frame
from kit.git.reverts.scan import read_reverts
from kit.git.values.verdict import RevertVerdict

pytestmark = pytest.mark.clone

Captured = pytest.CaptureFixture[str]
STORY = ["4515a5f786", "d1c2e3ce3d", "51254ffb32"]


def test_the_lessons_revert(qemu_clone: Path) -> None:
    """domain facts: 82 lines, 33 days, three of six orders, in v6.0.0-rc0..rc2 only."""
    report = revert_report(CloneHistory(qemu_clone), "d522cb52e6")

    assert report.finding.verdict is RevertVerdict.EXACT
    assert report.finding.answers == {
        "three_way": True,
        "reverse_apply": True,
        "same_lines": True,
    }
    assert (report.finding.orders, report.lines) == ((3, 6), 82)
    assert [(each.named[:10], each.days) for each in report.revert.targets] == [
        (name, 33) for name in STORY
    ]
    assert [tag for tag in report.tags if tag.startswith("v")] == [
        *("v6.0.0-rc0", "v6.0.0-rc1", "v6.0.0-rc2")
    ]
    assert report.releases == ()
    assert report.after[0].sha.startswith("2b18fc794f")


def test_what_6_0_really_brought(qemu_clone: Path, capsys: Captured) -> None:
    start = time.perf_counter()
    main(["changelog", "v5.2.0..v6.0.0", "--repo", str(qemu_clone), "--format", "json"])
    took = time.perf_counter() - start
    entries = json.loads(capsys.readouterr().out)["entries"]
    annulled = {each["sha"][:10]: each["annulled_by"] for each in entries}

    assert took < 5
    assert [annulled[name][:10] for name in STORY] == ["d522cb52e6"] * 3
    assert annulled["d522cb52e6"].startswith(STORY[0])
    assert annulled["2b18fc794f"] is None


def test_every_revert_is_checked_in_time(qemu_clone: Path, capsys: Captured) -> None:
    """Also on a clone that lacks a file or a configuration: whoever cannot be told has a note."""
    start = time.perf_counter()
    assert main(["reverts", "--check", "--json", "--repo", str(qemu_clone)]) == 0
    took = time.perf_counter() - start
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    told = [row for row in rows if row["verdict"] is not None]

    assert took < 20
    assert len(told) > 380
    assert all(row["note"] for row in rows if row["verdict"] is None)


def test_reading_takes_little_more_than_the_log(qemu_clone: Path) -> None:
    with comfortable(qemu_clone) as place:
        peer_s, *peer_mb = measured(PEER + SAY, str(place), "HEAD")
        read_s, *read_mb = measured(READ + SAY, str(place), "HEAD")

    assert read_s < 1.5 * peer_s
    assert max(read_mb) < max(peer_mb) + 50


def test_the_table_of_all(qemu_clone: Path) -> None:
    frame = reverts_frame(read_reverts(CloneHistory(qemu_clone)))

    assert frame[frame["sha"].str.startswith("d522cb52e6")]["days"].tolist() == [33, 33, 33]
