"""Progress as a text: what is noted, and that nothing of another kit's is lost."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.course.progress import ExerciseStanding, Progress, ProgressError, read_progress

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
)
OURS = ("tries", "solved_at", "shown")


def test_answers_are_counted_and_where_one_was_right_is_kept() -> None:
    found = (
        Progress({})
        .answered("one", "revert", right=False)
        .answered("one", "revert", right=True)
        .answered("one", "pre-revert", right=True)
        .answered("one", "revert", right=True)
        .answered("two", None, right=True)
        .was_shown("three")
    )

    assert [found.standing(name) for name in ("one", "two", "three", "four")] == [
        ExerciseStanding(tries=4, solved_at=("revert", "pre-revert")),
        ExerciseStanding(tries=1, solved_at=("anywhere",)),
        ExerciseStanding(shown=True),
        ExerciseStanding(),
    ]


def test_what_is_written_is_read_again() -> None:
    found = Progress({}).answered("one", "revert", right=True)

    assert read_progress(found.text()) == found
    assert json.loads(found.text())["format"] == 1


@given(st.dictionaries(st.text(max_size=8), JSON), st.sampled_from(["one", "two"]))
def test_whatever_a_newer_kit_wrote_is_still_there(data: dict[str, object], exercise: str) -> None:
    after = read_progress(Progress(data).answered(exercise, None, right=True).text()).data

    assert {key: after[key] for key in data if key != "exercises"} == {
        key: value for key, value in data.items() if key != "exercises"
    }


@given(JSON, st.dictionaries(st.sampled_from([*OURS, "stars"]), JSON))
def test_a_field_of_another_type_is_left_alone(others: object, entry: dict[str, object]) -> None:
    types = {"tries": int, "solved_at": list, "shown": bool}
    foreign = {k: v for k, v in entry.items() if k not in types or type(v) is not types[k]}
    data = {"exercises": {"other": others, "one": entry}}
    after = Progress(data).answered("one", "revert", right=True).was_shown("one").data

    assert after["exercises"]["other"] == others
    assert foreign.items() <= after["exercises"]["one"].items()


@pytest.mark.parametrize("exercises", [[], "none", {"one": 5}])
def test_exercises_that_a_newer_kit_keeps_otherwise_are_not_touched(exercises: object) -> None:
    found = Progress({"format": 7, "exercises": exercises})

    assert found.answered("one", "revert", right=True) == found
    assert found.standing("one") == ExerciseStanding()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "is not JSON: Expecting property name enclosed in double quotes: line 1 column 2"),
        ("[]", "is not a JSON object"),
        ("[" * 100_000, "is not a progress file: it nests more than 100 deep"),
        ('{"tries": ' + "9" * 5000 + "}", "is not JSON: Exceeds the limit"),
    ],
    ids=["cut off", "a list", "deep", "long"],
)
def test_what_is_no_progress_is_refused(text: str, why: str) -> None:
    with pytest.raises(ProgressError, match=why.replace("(", r"\(")):
        read_progress(text)


def test_an_empty_file_is_no_progress_yet() -> None:
    assert read_progress("\n") == Progress({})
