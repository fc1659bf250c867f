"""The same tasks on a Dask cluster give the same bytes, even if a worker dies in the middle."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from kit.common.errors import UserError
from kit.survey.run import SurveyProgress, run_survey
from kit.survey.task import tasks_of
from tests.effort import LONG
from tests.survey.shops import three_shops
from tests.survey.test_run import files


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
def test_a_worker_that_is_killed_changes_nothing(tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    pytest.importorskip("pyarrow")
    names = ("a", "b", "c") if LONG else ("a",)
    paths = [path for name in names for path in three_shops(tmp_path / name)]
    tasks = tasks_of(paths, content=False, check=True)
    run_survey(tmp_path / "here", tasks, jobs=2)
    killed: list[int] = []
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        workers = [worker.process.pid for worker in cluster.workers.values()]

        def kill_one(progress: SurveyProgress) -> None:
            if not killed:
                os.kill(workers[0], signal.SIGKILL)
                killed.append(progress.done)

        abouts = run_survey(
            tmp_path / "there", tasks, jobs=1, scheduler=cluster.scheduler_address, tell=kill_one
        )

    assert killed[0] < len(tasks)
    assert {about["state"] for about in abouts} == {"done"}
    assert files(tmp_path / "there") == files(tmp_path / "here")


def test_a_scheduler_that_does_not_answer_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("distributed")
    pytest.importorskip("pyarrow")
    monkeypatch.setattr("kit.survey.run.CONNECT_S", 1)
    tasks = tasks_of(three_shops(tmp_path / "a"), content=False, check=False)
    with pytest.raises(UserError, match=r"--scheduler tcp://127.0.0.1:9 does not answer"):
        run_survey(tmp_path / "s", tasks, jobs=1, scheduler="tcp://127.0.0.1:9")
