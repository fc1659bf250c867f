"""Which test runs when: each process begins with its share of the slow files.

``--dist worksteal`` gives each process an equal number of tests, in their order; a process that is
done takes the last ones of another. So the slow files are shared out by their time, and each share
stands in front of quick tests.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TypeVar

__all__ = ["SLOW", "arranged"]

T = TypeVar("T")

RULES = (
    *("tests/test_layers.py", "tests/test_names.py", "tests/test_writes.py"),
    *("tests/common/test_one_place.py", "tests/simulation/test_driver.py"),
    *("tests/simulation/test_platform.py", "tests/views/test_html.py"),
)
"""They hold rules over the kit's source, which one process parses once (`tests.sources`)."""

PAGES = (
    *(f"tests/browser/test_{name}.py" for name in ("criteria", "firefox", "handouts", "letters")),
    *("tests/browser/test_live_handouts.py", "tests/browser/test_pages.py"),
    "tests/website/test_front.py",
)
"""They open pages in a browser and no lesson, so that they need no JupyterLab."""

SLOW: dict[str | tuple[str, ...], int] = {
    PAGES: 65,
    "tests/browser/": 190,
    "tests/explorer/": 40,
    "tests/handout/test_lessons.py": 30,
    "tests/classroom/test_offline.py": 32,
    "tests/cli/test_hostile_folder.py": 40,
    "tests/common/test_child_process.py": 30,
    "tests/classroom/test_start.py": 12,
    "tests/git/repository/test_limits.py": 27,
    "tests/git/repository/test_plain_files.py": 27,
    "tests/git/repository/test_unfolded.py": 27,
    "tests/real_qemu/test_guest_play.py": 27,
    "tests/cli/test_explore.py": 22,
    "tests/git/repository/test_armed.py": 22,
    "tests/real_qemu/test_real.py": 22,
    "tests/cli/test_any_file.py": 20,
    "tests/cli/test_own.py": 20,
    "tests/storage/test_own_program.py": 20,
    "tests/cli/test_signals.py": 20,
    "tests/fuzz/": 6,
    "tests/lessons/test_new_lesson.py": 10,
    "tests/case_study/test_fetch_limits.py": 19,
    "tests/case_study/test_fetch_sources.py": 19,
    "tests/course/test_exercises.py": 17,
    "tests/handout/test_files.py": 8,
    "tests/git/repository/test_odd_commits.py": 16,
    "tests/recordings/test_conformance.py": 6,
    "tests/cli/test_interrupted.py": 14,
    "tests/git/reverts/test_exactness.py": 13,
    "tests/git/reverts/test_wordings.py": 13,
    "tests/cli/test_obstacles.py": 12,
    "tests/git/values/test_revert_message.py": 11,
    "tests/views/html/test_print_form.py": 6,
    "tests/case_study/test_reenactment.py": 10,
    "tests/cli/test_hostile_clone.py": 10,
    "tests/cli/test_output.py": 10,
    "tests/cli/test_repository.py": 10,
    "tests/cli/test_reverts.py": 10,
    "tests/real_qemu/test_play.py": 10,
    "tests/setup/": 12,
    "tests/test_planted.py": 10,
    "tests/views/widgets/test_connector.py": 10,
    "tests/views/widgets/test_exercise_card.py": 10,
    RULES: 5,
}
"""Files and folders that stay in one process, and about how many seconds they take."""


def arranged(tests: Sequence[T], places: Iterable[str], processes: int) -> list[T]:
    """Return the tests in an order whose equal parts take about the same time.

    Args:
        tests: All of them.
        places: The file of each.
        processes: How many there are; one runs them in the order they have.
    """
    if processes < 2:
        return list(tests)
    groups: dict[str | tuple[str, ...], list[T]] = defaultdict(list)
    quick = []
    for test, place in zip(tests, places, strict=True):
        slow = next((each for each in SLOW if place.startswith(each)), None)
        (quick if slow is None else groups[slow]).append(test)
    shares: list[list[T]] = [[] for _ in range(processes)]
    seconds = [0] * processes
    for slow in sorted(groups, key=lambda each: -SLOW[each]):
        first = seconds.index(min(seconds))
        shares[first] += groups[slow]
        seconds[first] += SLOW[slow]
    found = []
    for number, share in enumerate(shares):
        left = processes - number
        size = (len(tests) - len(found)) // left  # as xdist counts
        room = max(0, size - len(share))
        found += share + quick[:room]
        del quick[:room]
    return found + quick
