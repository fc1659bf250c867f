"""Run a survey: one process a repository, or the workers of a Dask cluster.

Each repository that is done has a file in the survey's folder, so a stopped survey can continue.
"""

from __future__ import annotations

import os
import platform
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from json import dumps
from pathlib import Path
from typing import IO, Any

from kit.common.child_process import Child, python, run, start
from kit.common.errors import UserError, no_library
from kit.common.package import DISTRIBUTION
from kit.common.plain_text import plain
from kit.common.user_file import open_lock, try_lock
from kit.survey.shards import SurveyFolder, failed, pyarrow_of, shard_bytes
from kit.survey.task import SurveyTask
from kit.survey.worker import survey_one

__all__ = ["SurveyProgress", "run_survey"]

CONNECT_S = 30
_LOOK_S = 0.05
_MAX_SAID = 4_000  # bytes of a worker's last words


@dataclass(frozen=True, slots=True)
class SurveyProgress:
    """How far a survey is, after a repository is done; sizes are bytes of packs."""

    name: str
    failed: str | None
    done: int
    total: int
    bytes_done: int
    bytes_total: int


Tell = Callable[[SurveyProgress], None]


def run_survey(
    folder: Path,
    tasks: Sequence[SurveyTask],
    *,
    jobs: int,
    scheduler: str | None = None,
    retry: bool = False,
    tell: Tell = lambda _progress: None,
) -> list[dict[str, Any]]:
    """Survey what is not done yet, and return the row about each repository.

    Args:
        folder: The survey's folder, made if it is absent.
        tasks: All repositories.
        jobs: How many at once, on this machine.
        scheduler: The address of a Dask scheduler; then its workers read the repositories.
        retry: Read those again that failed before.
        tell: Called after each repository.

    Raises:
        UserError: The folder cannot be used, or another survey runs in it, or the scheduler does
            not answer.
    """
    pyarrow_of()
    survey = SurveyFolder(folder)
    first = tasks[0]
    survey.begin({"version": 1, "content": first.content, "check": first.check, **_versions()})
    with _alone(folder):
        todo = [task for task in tasks if not _is_done(survey, task, retry=retry)]
        # the largest first: the last process then has little left to do
        sizes = {task.name: _pack_bytes(Path(task.path)) for task in todo}
        todo.sort(key=lambda task: (-sizes[task.name], task.name))
        finished = (
            _locally(survey, todo, jobs)
            if scheduler is None
            else _on_a_cluster(survey, todo, scheduler)
        )
        done, total = 0, sum(sizes.values())
        for number, name in enumerate(finished, len(tasks) - len(todo) + 1):
            done += sizes[name]
            why = (survey.about(name) or {}).get("reason")
            tell(SurveyProgress(name, why, number, len(tasks), done, total))
        survey.write_index(path.stem for path in survey.shards())
    return [survey.about(task.name) or {} for task in tasks]


def _versions() -> dict[str, str]:
    git = run(["git", "--version"], timeout_s=30).stdout.decode("utf-8", "replace").strip()
    return {
        "kit": metadata.version(DISTRIBUTION),
        "python": platform.python_version(),
        "git": git.removeprefix("git version "),
        "pyarrow": str(pyarrow_of().__version__),
    }


def _is_done(survey: SurveyFolder, task: SurveyTask, *, retry: bool) -> bool:
    about = survey.about(task.name)
    if about is not None and about.get("path") != task.path:
        raise UserError(
            f"{survey.shard(task.name)} is about {plain(str(about.get('path')))}, not about"
            f" {plain(task.path)}; name another folder"
        )
    return about is not None and not (retry and about["state"] == "failed")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one survey at a time run in a folder."""
    handle = open_lock(folder / ".lock")
    try:
        if not try_lock(handle):
            raise UserError(f"{folder}: another kit survey runs there; wait for it to end")
        yield
    finally:
        os.close(handle)


def _pack_bytes(path: Path) -> int:
    """Return about how large a repository is; 0 where that cannot be seen."""
    total = 0
    for below in (path / "objects" / "pack", path / ".git" / "objects" / "pack"):
        try:
            with os.scandir(below) as found:
                total += sum(each.stat(follow_symlinks=False).st_size for each in found)
        except OSError:
            continue
    return total


def _locally(survey: SurveyFolder, todo: Sequence[SurveyTask], jobs: int) -> Iterator[str]:
    """Yield the name of each repository when its process has ended."""
    waiting = list(todo)
    running: dict[str, tuple[SurveyTask, Child, IO[bytes]]] = {}
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                task = waiting.pop(0)
                # a file, because nobody reads while the process runs
                said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
                command = python(
                    "-m", "kit.survey.worker", str(survey.place.absolute()), dumps(task.json())
                )
                child = start(command, stdout=said, stderr=said)
                running[task.name] = (task, child, said)
            ended = [name for name, (_, child, _) in running.items() if child.poll() is not None]
            for name in ended:
                task, child, output = running.pop(name)
                with output:
                    _after(survey, task, child.wait(), _last_words(output))
                yield name
            if not ended:
                time.sleep(_LOOK_S)
    finally:
        for _, child, output in running.values():
            child.end()
            output.close()


def _after(survey: SurveyFolder, task: SurveyTask, status: int, words: str) -> None:
    """Write the row of a repository whose process did not."""
    if status == 0 and survey.about(task.name) is not None:
        return
    if status < 0:
        name = signal.Signals(-status).name
        words = f"its process was ended by {name}; is the memory full?"
    _keep_failure(survey, task, words or f"its process ended with status {status}")


def _keep_failure(survey: SurveyFolder, task: SurveyTask, reason: str) -> None:
    survey.keep(task.name, shard_bytes(failed(task, reason)), {})


def _last_words(said: IO[bytes]) -> str:
    size = said.seek(0, os.SEEK_END)
    said.seek(max(size - _MAX_SAID, 0))
    lines = said.read().decode("utf-8", "replace").strip().splitlines()
    return plain(lines[-1]) if lines else ""


def _on_a_cluster(survey: SurveyFolder, todo: Sequence[SurveyTask], address: str) -> Iterator[str]:
    """Yield the name of each repository when a worker has read it; this process writes the files.

    A task whose worker dies is given to another one by the scheduler.
    """
    try:
        from distributed import Client, as_completed
    except ImportError:
        raise no_library("distributed", "--scheduler", "survey") from None
    try:
        client = Client(address, timeout=CONNECT_S, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise UserError(
            f"--scheduler {plain(address)} does not answer: {error}; start one, or leave it out"
        ) from None
    with client:
        tasks = {
            client.submit(survey_one, task.json(), key=f"survey-{task.name}", pure=False): task
            for task in todo
        }
        for future in as_completed(list(tasks), loop=client.loop):
            task = tasks[future]
            problem = future.exception()
            if problem is None:
                survey.keep(task.name, *future.result())
            else:
                _keep_failure(survey, task, f"{type(problem).__name__}: {problem}")
            future.release()
            yield task.name
