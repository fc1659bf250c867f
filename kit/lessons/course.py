"""The course as a learner stands in it, and its cover."""

from __future__ import annotations

import json
import re

from kit.common.packaged_data import lesson_folder
from kit.storage.exercises import exercises
from kit.storage.progress import progress_file
from kit.storage.scenarios import find_scenario
from kit.views.cover.scene import MAX_DELAY_S, MIN_DELAY_S, CoverScene, cover_scene
from kit.views.html.course_map import CourseMap, LessonStanding

__all__ = ["COVER_SCENARIO", "cover_scenes", "progress"]

COVER_SCENARIO = "late-release"
_HEADING = re.compile(r"# (?P<number>\d+)\. (?P<title>.+)")


def progress() -> CourseMap:
    """Return how many exercises of each lesson you have solved, and where to go on."""
    standing = progress_file().read().standing
    found = []
    for path in sorted(lesson_folder().glob("*.ipynb")):
        heading = _HEADING.match(_first_cell(path.read_text(encoding="utf-8")))
        own = [one.name for one in exercises().values() if one.lesson == path.name[:2]]
        if heading is not None and own:
            standings = [standing(name) for name in own]
            found.append(
                LessonStanding(
                    int(heading["number"]),
                    heading["title"],
                    path.name,
                    sum(one.solved for one in standings),
                    len(own),
                    any(one.tries for one in standings),
                )
            )
    return CourseMap(tuple(found))


def _first_cell(notebook: str) -> str:
    return "".join(json.loads(notebook)["cells"][0]["source"])


def cover_scenes() -> tuple[CoverScene, ...]:
    """Return the scene of the cover for each time that the guest may need."""
    scenario = find_scenario(COVER_SCENARIO)
    return tuple(cover_scene(scenario, delay) for delay in range(MIN_DELAY_S, MAX_DELAY_S + 1))
