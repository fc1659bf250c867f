"""A learner's progress in the course, and the cover."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, overload
from weakref import WeakSet

from kit.common.errors import UserError
from kit.common.packaged_data import lesson_folder
from kit.storage.exercises import exercises
from kit.storage.progress import progress_file
from kit.storage.scenarios import find_scenario
from kit.views.cover.scene import MAX_DELAY_S, MIN_DELAY_S, CoverScene, cover_scene
from kit.views.html.course_map import CourseMap, LessonEnd, LessonStanding

if TYPE_CHECKING:
    from kit.views.widgets.lesson_end import LessonEndWidget

__all__ = ["COVER_SCENARIO", "cover_scenes", "progress", "update_ends"]

COVER_SCENARIO = "late-release"
_HEADING = re.compile(r"# (?P<number>\d+)\. (?P<title>.+)")


@overload
def progress() -> CourseMap: ...
@overload
def progress(lesson: int) -> LessonEndWidget: ...
def progress(lesson: int | None = None) -> CourseMap | LessonEndWidget:
    """Return how many exercises of each lesson you have solved, and where to go on.

    Args:
        lesson: Return which exercises of this lesson you have solved instead.

    Raises:
        UserError: There is no such lesson, or it has no exercises.
    """
    if lesson is not None:
        return _end_widget(lesson)
    standing = progress_file().read().standing
    found = []
    for path in sorted(lesson_folder().glob("*.ipynb")):
        first = json.loads(path.read_text(encoding="utf-8"))["cells"][0]
        heading = _HEADING.match("".join(first["source"]))
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


def _end_widget(lesson: int) -> LessonEndWidget:
    from kit.views.widgets.lesson_end import LessonEndWidget  # no command needs ipywidgets

    made = LessonEndWidget(_end_of(lesson))
    _SHOWN.add(made)
    return made


def _end_of(lesson: int) -> LessonEnd:
    own = [one for one in exercises().values() if one.lesson == f"{lesson:02}"]
    if not own:
        known = sorted({int(one.lesson) for one in exercises().values()})
        raise UserError(f"lesson {lesson}: has no exercises; expected {known[0]} to {known[-1]}")
    standing = progress_file().read().standing
    return LessonEnd(lesson, tuple((one.title, standing(one.name).solved) for one in own))


_SHOWN: WeakSet[LessonEndWidget] = WeakSet()


def update_ends() -> None:
    """Bring the ends of lessons that are shown up to date."""
    for one in list(_SHOWN):
        one.show(_end_of(one.number))


def cover_scenes() -> tuple[CoverScene, ...]:
    """Return the scene of the cover for each time that the guest may need."""
    scenario = find_scenario(COVER_SCENARIO)
    return tuple(cover_scene(scenario, delay) for delay in range(MIN_DELAY_S, MAX_DELAY_S + 1))
