"""A survey reads each repository once, goes on after any end, and gives the same bytes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kit.common.errors import UserError
from kit.common.user_file import open_lock, try_lock
from kit.survey import run as survey_run
from kit.survey.run import SurveyProgress, run_survey
from kit.survey.shards import INDEX, SurveyFolder
from kit.survey.task import tasks_of
from tests.effort import LONG
from tests.forked import ForkedKit
from tests.survey.shops import three_shops

pa = pytest.importorskip("pyarrow")


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return three_shops(tmp_path_factory.mktemp("shops"))


def survey(folder: Path, paths: list[str], **options: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - as run_survey
    tasks = tasks_of(paths, content=True, check=True)
    return run_survey(folder, tasks, jobs=2, **options)


TOOK_S: list[float] = []


@pytest.fixture(scope="module")
def whole(paths: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A survey that nobody disturbed."""
    folder = tmp_path_factory.mktemp("whole") / "survey"
    start = time.monotonic()
    survey(folder, paths)
    TOOK_S.append(time.monotonic() - start)
    return folder


def files(folder: Path) -> dict[str, bytes]:
    """The result of a survey: everything but what it took."""
    names = ("shards/*.parquet", INDEX, "survey.json")
    found = [path for name in names for path in folder.glob(name)]
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def test_a_row_says_what_was_read_of_a_repository(whole: Path, paths: list[str]) -> None:
    index = pa.parquet.read_table(whole / INDEX).to_pylist()
    rows = {row["repository"]: row for row in index}

    assert [row["repository"] for row in index] == ["mail", "merge", "squash"]
    assert {
        name: (r["commits"], r["merges"], r["habit"], r["reverts"]) for name, r in rows.items()
    } == {
        "mail": (6, 0, "mail", 1),
        "merge": (5, 1, "merge", 0),
        "squash": (8, 0, "squash", 3),
    }
    assert rows["mail"] | {"head": ""} == {
        "repository": "mail",
        "path": paths[1],
        "state": "done",
        "reason": None,
        "head": "",
        "shallow": False,
        "commits": 6,
        "merges": 0,
        "first": datetime(2020, 9, 14, 12, 26, 40, tzinfo=UTC),
        "last": datetime(2020, 9, 19, 12, 26, 40, tzinfo=UTC),
        "habit": "mail",
        "share_change_id": 0.0,
        "share_numbered": 0.0,
        "share_signed": 0.8333,
        "share_other_committer": 1.0,
        "years": [{"year": 2020, "commits": 6, "merges": 0}],
        "reverts": 1,
        "content": True,
        "checked": True,
    }


def test_a_row_says_what_was_read_of_a_revert(whole: Path) -> None:
    rows = pa.parquet.read_table(SurveyFolder(whole).shard("squash")).to_pylist()
    names = ("form", "silent", "verdict", "status", "by", "target_is_revert", "seconds")

    assert [tuple(row[name] for name in names) for row in rows] == [
        ("silent", True, "exact", "ok", "content", False, 86_400),
        ("phrase", False, "exact", "ok", "hash", True, 86_400),
        ("phrase", False, "exact", "ok", "hash", False, 86_400),
    ]
    assert [row["target"] for row in rows][1] == rows[2]["revert"]


def test_versions_and_options_are_kept(whole: Path) -> None:
    options = SurveyFolder(whole).options()

    assert options | {"git": "", "python": ""} == {
        "version": 1,
        "content": True,
        "check": True,
        "kit": "0.1.0",
        "git": "",
        "python": "",
        "pyarrow": pa.__version__,
    }
    assert all(options.values())


def test_what_each_repository_took_is_kept_beside_the_result(whole: Path) -> None:
    for name in ("mail", "merge", "squash"):
        cost = SurveyFolder(whole).cost(name)
        assert cost.keys() == {"seconds", "cpu_s", "peak_mb", "git_mb"}
        assert cost["cpu_s"] > 0
        assert 0 < cost["peak_mb"] < 500


def test_a_worker_maps_little_of_a_pack_and_loads_no_pandas(
    paths: list[str], tmp_path: Path
) -> None:
    program = (
        "import sys\nimport pygit2\nfrom kit.survey.worker import main\nmain(sys.argv[1:])\n"
        "print(pygit2.settings.mwindow_mapped_limit >> 20, 'pandas' in sys.modules)"
    )
    (task,) = tasks_of(paths[:1], content=False, check=True)
    for name in ("shards", "costs"):
        (tmp_path / name).mkdir()
    command = [sys.executable, "-c", program, str(tmp_path), json.dumps(task.json())]
    done = subprocess.run(
        command,
        check=True,
        capture_output=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )

    assert done.stdout == b"64 False\n"
    assert SurveyFolder(tmp_path).shard(task.name).is_file()


def test_what_is_done_is_not_read_again(whole: Path, paths: list[str]) -> None:
    before = files(whole)
    told: list[SurveyProgress] = []
    SurveyFolder(whole).shard("mail").unlink()
    survey(whole, paths, tell=told.append)

    assert [(one.name, one.done, one.total) for one in told] == [("mail", 3, 3)]
    assert files(whole) == before


def test_a_file_that_is_cut_is_read_again(whole: Path, paths: list[str]) -> None:
    before = files(whole)
    shard = SurveyFolder(whole).shard("mail")
    shard.write_bytes(shard.read_bytes()[:-9])
    survey(whole, paths)

    assert files(whole) == before


def killed_after(seconds: float, folder: Path, paths: list[str]) -> bool:
    """Survey in a process of its own, kill it, and return whether it was still running."""
    options = ("--content", "--check", "--jobs", "2", "-o", str(folder))
    process = ForkedKit(["survey", "run", *paths, *options], folder.parent)
    was_running = process.wait(seconds) is None
    process.kill()
    assert was_running or process.status == 0, process.errors()
    return was_running


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
def test_a_survey_that_is_killed_at_any_time_loses_nothing_and_has_nothing_twice(
    whole: Path, paths: list[str], tmp_path: Path
) -> None:
    killed = 0
    for tenth in range(1, 10) if LONG else (3, 6, 9):
        folder = tmp_path / str(tenth)
        killed += killed_after(TOOK_S[0] * tenth / 10, folder, paths)
        survey(folder, paths)
        assert files(folder) == files(whole), tenth

    assert killed > 0


def test_a_repository_that_fails_is_a_row_with_its_reason(paths: list[str], tmp_path: Path) -> None:
    missing = tmp_path / "later"
    told: list[SurveyProgress] = []
    places = [*paths[:1], str(missing)]
    abouts = survey(tmp_path / "survey", places, tell=told.append)
    reason = f"{missing} is not a git repository; name the folder of a clone"

    assert [(about["state"], about["reason"]) for about in abouts] == [
        ("done", None),
        ("failed", reason),
    ]
    assert sorted((one.name, one.failed) for one in told) == [("later", reason), ("squash", None)]
    three_shops(tmp_path / "more")
    (tmp_path / "more" / "mail").rename(missing)
    assert survey(tmp_path / "survey", places)[1]["state"] == "failed"
    assert survey(tmp_path / "survey", places, retry=True)[1]["state"] == "done"


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        (
            "import os; os.kill(os.getpid(), 9)",
            "its process was ended by SIGKILL; is the memory full?",
        ),
        ("raise MemoryError('all of it')", "MemoryError: all of it"),
        ("", "its process ended with status 0"),
    ],
    ids=["killed", "raises", "writes nothing"],
)
def test_a_process_that_ends_without_a_result_is_a_row(
    program: str, reason: str, paths: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake: Callable[..., list[str]] = lambda *_: [sys.executable, "-c", program]  # noqa: E731 - typed
    monkeypatch.setattr(survey_run, "python", fake)

    assert [about["reason"] for about in survey(tmp_path / "survey", paths[:1])] == [reason]


def test_other_options_and_other_repositories_are_refused(whole: Path, paths: list[str]) -> None:
    tasks = tasks_of(paths, content=True, check=False)
    with pytest.raises(UserError, match="holds a survey with --check; continue it so"):
        run_survey(whole, tasks, jobs=1)
    with pytest.raises(UserError, match=r"is about .*, not about /elsewhere/mail"):
        survey(whole, ["/elsewhere/mail"])


def test_two_surveys_do_not_run_in_one_folder(whole: Path, paths: list[str]) -> None:
    handle = open_lock(whole / ".lock")
    try:
        assert try_lock(handle)
        with pytest.raises(UserError, match="another kit survey runs there"):
            survey(whole, paths)
    finally:
        os.close(handle)
