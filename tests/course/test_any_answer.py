"""Whatever is given as an answer, there is a sentence, and never the test."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kit.course.exercise import ScriptTask
from kit.course.exercises import check
from kit.storage.exercises import exercises
from tests.course.commits import diffs

ALL = tuple(exercises().values())
WORDS = sorted(
    {
        "limbo",
        "gone",
        "ISOLATE",
        "sensor",
        "0 s: wait",
        "16 s: guest releases",
        "−5",
        "1,5",
        "\x1b[31m",
    }
)
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(WORDS)
)
ANSWERS = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
        | st.frozensets(SCALARS, max_size=3)
        | st.binary(max_size=5)
    ),
)


@given(st.sampled_from(ALL), ANSWERS, st.none() | st.text(max_size=9) | st.integers())
def test_any_answer_gets_a_sentence(exercise: object, answer: object, at: object) -> None:
    verdict = check(exercise, answer, at, diffs)  # type: ignore[arg-type]  # on purpose

    assert verdict.says.endswith((".", "?"))
    assert verdict.says.isprintable()
    assert len(verdict.says) < 600


SCRIPTS = [one for one in ALL if isinstance(one.task, ScriptTask)]
TIMES = ("0 s", "1 s", "5 s", "14.5 s", "16 s", "1 min", "60 days", "1 ns", "", "-1 s", "9" * 5000)


@given(st.sampled_from(SCRIPTS), st.data())
def test_any_script_gets_a_sentence_and_is_right_by_its_goals_alone(
    exercise: object, data: st.DataObject
) -> None:
    task = exercise.task  # type: ignore[attr-defined]
    action = st.sampled_from((*task.menu, "wait", "nothing"))
    lines = st.tuples(st.sampled_from(TIMES), action).map(": ".join)
    verdict = check(exercise, data.draw(st.lists(lines, max_size=8)))  # type: ignore[arg-type]
    holds = verdict.run is not None and all(
        goal.claim(verdict.run.began, verdict.run.ended) for goal in task.goals
    )

    assert verdict.says.endswith((".", "?"))
    assert not verdict.right or holds
