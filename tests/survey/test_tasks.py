"""Names of repositories, lists of them, and the habits that their commits show."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.common.errors import UserError
from kit.survey.reading import Habit, HabitCounts, habit_of
from kit.survey.task import SurveyTask, read_list, tasks_of

NOTHING = {"commits": 0, "merges": 0, "change_id": 0, "numbered": 0, "signed": 0}


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/srv/git/redis.git", "redis"),
        ("/srv/mirror/redis+redis/repo", "redis+redis"),
        ("/home/a/src/my project/.git", "my-project"),
        ("/", "repository"),
        ("/srv/…/", "repository"),
    ],
)
def test_a_repository_is_called_like_its_folder(path: str, name: str) -> None:
    assert [task.name for task in tasks_of([path], content=False, check=False)] == [name]


@pytest.mark.parametrize("paths", [["/a/x", "/b/x"], ["/a/Redis", "/b/redis"]])
def test_no_two_have_one_file_where_a_system_has_one_for_both_cases(paths: list[str]) -> None:
    names = [task.name for task in tasks_of(paths, content=False, check=False)]

    assert len({name.casefold() for name in names}) == len(paths)


def test_two_of_one_name_are_told_apart_and_keep_their_names() -> None:
    paths = ["/a/redis", "/b/redis", "/c/vite"]
    names = [task.name for task in tasks_of(paths, content=False, check=False)]
    again = [task.name for task in tasks_of(reversed(paths), content=False, check=False)]

    assert len(set(names)) == 3
    assert names[2] == "vite"
    assert names == again[::-1]


@given(st.lists(st.text(min_size=1).filter(lambda text: "\0" not in text), max_size=5))
def test_any_path_has_a_name_that_is_a_file_s(paths: list[str]) -> None:
    absolute = list(dict.fromkeys(Path("/r", path).absolute() for path in paths))
    if not absolute:
        return
    tasks = tasks_of(map(str, absolute), content=True, check=False)

    assert all(
        Path(task.name).name == task.name and task.name not in ("", ".", "..") for task in tasks
    )
    assert len({task.name for task in tasks}) == len(tasks)
    assert [SurveyTask(**json.loads(json.dumps(task.json()))) for task in tasks] == tasks


def test_none_and_two_of_one_path_are_refused() -> None:
    with pytest.raises(UserError, match="no repository to survey"):
        tasks_of([], content=False, check=False)
    with pytest.raises(UserError, match="named twice"):
        tasks_of(["/a/b", "/a/b/"], content=False, check=False)


def test_a_list_is_one_path_a_line() -> None:
    assert read_list("# a\n\n /x y \n/z#1\n") == ["/x y", "/z#1"]


@pytest.mark.parametrize(
    ("counts", "habit"),
    [
        ({"commits": 10, "change_id": 5, "numbered": 10, "other_committer": 0}, Habit.GERRIT),
        ({"commits": 10, "numbered": 5, "other_committer": 10, "signed": 10}, Habit.SQUASH),
        ({"commits": 9, "signed": 9, "other_committer": 3, "merges": 5}, Habit.MAIL),
        ({"commits": 9, "signed": 9, "other_committer": 2, "merges": 1}, Habit.MERGE),
        ({"commits": 10, "signed": 9, "other_committer": 2, "merges": 1}, Habit.DIRECT),
        ({"other_committer": 0}, Habit.DIRECT),
        ({"other_committer": 0, "merges": 1}, Habit.MERGE),
    ],
)
def test_a_habit_is_the_first_that_holds(counts: dict[str, int], habit: Habit) -> None:
    assert habit_of(HabitCounts(**{**NOTHING, **counts})) is habit
