"""One repository in a process of its own: ``python -m kit.survey.worker DIR TASK``.

The process writes the repository's file, and what it took.  A repository that cannot be read is a
file with the reason.
"""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path
from typing import Any

from kit.common.absent_module import absent
from kit.common.errors import KitError
from kit.survey.reading import read_repository
from kit.survey.shards import SurveyFolder, failed, shard_bytes
from kit.survey.task import SurveyTask

__all__ = ["survey_one"]

_WINDOW_BYTES, _MAPPED_BYTES, _CACHE_BYTES = 8 << 20, 64 << 20, 64 << 20


def survey_one(data: dict[str, Any]) -> tuple[bytes, dict[str, float]]:
    """Return a repository's file, and the seconds, CPU seconds and memory that it took.

    *data* is a task as JSON; this function also runs in the workers of a cluster.
    """
    task = SurveyTask(**data)
    if task.content or task.check:
        _limit_libgit2()
    start, before = time.perf_counter(), _cpu_s()
    try:
        found = read_repository(task)
    except (KitError, OSError) as error:
        found = failed(task, str(error))
    made = shard_bytes(found)
    return made, {
        "seconds": round(time.perf_counter() - start, 3),
        "cpu_s": round(_cpu_s() - before, 3),
        **_peak_mb(),
    }


def _limit_libgit2() -> None:
    """Let libgit2 map little of a pack at once; by default it maps all of it, up to 8 GB."""
    import pygit2  # here: a survey of messages does without

    pygit2.settings.mwindow_size = _WINDOW_BYTES
    pygit2.settings.mwindow_mapped_limit = _MAPPED_BYTES
    pygit2.settings.cache_max_size(_CACHE_BYTES)


def _cpu_s() -> float:
    try:
        import resource
    except ImportError:  # Windows
        return time.process_time()
    own = resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def _peak_mb() -> dict[str, float]:
    """Return the most memory of this process, and of the largest git, in MB of 10^6 bytes."""
    try:
        import resource
    except ImportError:  # Windows
        return {}
    unit = 1 if sys.platform == "darwin" else 1024
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    git = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit
    status = Path("/proc/self/status")
    if status.is_file() and (found := re.search(r"VmHWM:\s+(\d+) kB", status.read_text())):
        own = int(found[1]) * 1024  # ru_maxrss begins with that of the process that started this
    return {"peak_mb": round(own / 1e6, 1), "git_mb": round(git / 1e6, 1)}


def main(arguments: list[str]) -> int:
    """Survey one repository into a folder."""
    place, task = arguments
    data = json.loads(task)
    with absent("pandas"):  # pyarrow loads it to ask whether a list is one of its arrays
        made, cost = survey_one(data)
    SurveyFolder(Path(place)).keep(data["name"], made, cost)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
