"""Exercises as text: each kind of mistake is one line with its file and line."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.common.packaged_data import data_path
from kit.course.exercise import ScriptTask, Task
from kit.course.exercise_reader import LESSONS, ExerciseError, read_exercise
from kit.simulation.actions import first_words
from kit.storage.scenarios import find_scenario

FILES = {path.stem: path.read_text("utf-8") for path in data_path("exercises").glob("*.toml")}
PREDICT = FILES["late-what-becomes"]
SCRIPT = FILES["a-look-is-no-answer"]
NUMBER = FILES["half-a-second"]
LINES = FILES["lines-left-over"]
HUNKS = FILES["undoes-the-second"]
ORDER = FILES["taking-order"]
ACTION = "is not an action; expected one of:"


def complaint(text: str, name: str = "mine") -> str:
    """Return what the reader complains of, after the file."""
    with pytest.raises(ExerciseError) as caught:
        read_exercise(text, name, "mine.toml", find_scenario)
    return str(caught.value).removeprefix("mine.toml:")


def line_of(text: str, begins: str, number: int = 0) -> int:
    found = [n for n, line in enumerate(text.split("\n"), 1) if line.startswith(begins)]
    return found[number]


@pytest.mark.parametrize(
    ("text", "old", "new", "where", "what"),
    [
        (
            PREDICT,
            "title =",
            "title",
            "",
            "is not TOML: Expected '=' after a key in a key/value pair",
        ),
        (
            PREDICT,
            'lesson = "01"',
            'lesson = "14"',
            "lesson",
            f"lesson is '14'; expected one of: {', '.join(LESSONS)}",
        ),
        (
            PREDICT,
            'kind = "predict"',
            'kind = "guess"',
            "kind",
            "kind is 'guess'; expected one of: predict, script, number, hunks, order",
        ),
        (
            PREDICT,
            "at = [",
            "where = [",
            "where",
            "unknown key 'where' in an exercise of kind predict; expected actions, at, cast,"
            " choice, end, explanation, hints, kind, lesson, question, scenario, script, solution,"
            " title",
        ),
        (
            PREDICT,
            'at = ["pre-revert", "revert"]',
            "at = []",
            "at",
            "at names no revision; expected a list, ['revert']",
        ),
        (
            PREDICT,
            'at = ["pre-revert", "revert"]',
            'at = ["pre-revert", "q35"]',
            "at",
            "at: the scenario is for pseries, and q35 is a q35 machine",
        ),
        (
            PREDICT,
            'scenario = "late-release"',
            'scenario = "late-release"\nend = "5 s"',
            "end",
            "end goes without scenario, which has its own",
        ),
        (
            PREDICT,
            'scenario = "late-release"',
            'end = "5"',
            "end",
            "end: '5' is not a time; expected 16 s, 14999 ms, 2 min or 30 days, in whole"
            " milliseconds and at most 60 days",
        ),
        (
            PREDICT,
            'pre-revert = "limbo"\n',
            "",
            "[solution]",
            "solution has none for pre-revert, which at names",
        ),
        (
            PREDICT,
            '\nrevert = "gone"',
            '\nrevert = "lost"',
            "revert =",
            "solution is 'lost'; expected one of: gone, limbo, pending, kept",
        ),
        (
            PREDICT,
            'outcome = "gone"',
            'outcome = "lost"',
            "outcome",
            "outcome is 'lost'; expected one of: gone, pending, limbo, kept, aborted",
        ),
        (
            PREDICT,
            'outcome = "gone"',
            "",
            "[[choice]]",
            "choice claims nothing; expected outcome or claims",
        ),
        (
            PREDICT,
            'outcome = "gone"',
            'claims = ["gone"]',
            "claims",
            "claims: 'gone' is not a claim; expected as 'qemu has core1', 'not limbo core1 at 16"
            " s', 'sent DEVICE_DELETED', 'says \"timed out\"', 'operator thinks core1 kept'"
            " or 'aborted'",
        ),
        (
            PREDICT,
            'name = "gone"',
            'name = "limbo"',
            "[[choice]]",
            "4 tables [[choice]]; expected two or more, each with its own name",
        ),
        (SCRIPT, "most = 1", "most = 0", "most", "most is 0; expected a number from 1 to 20"),
        (SCRIPT, "most = 1", "most = true", "most", "most is True; expected a number from 1 to 20"),
        (
            SCRIPT,
            'menu = ["guest pin core1"',
            'menu = ["guest pin"',
            "menu",
            "menu: 'guest pin' takes a connector after it",
        ),
        (
            SCRIPT,
            'solution = ["1 s: guest unpin core1"]',
            'solution = ["guest unpin core1"]',
            "solution",
            "solution: 'guest unpin core1' has no time; expected '16 s: device_del core1'",
        ),
        (
            SCRIPT,
            "answer = [",
            "answers = [",
            "answers",
            "unknown key 'answers' in wrong; expected answer, reply, when",
        ),
        (
            SCRIPT,
            'answer = ["5 s: guest unpin core1"]',
            "answer = 5",
            "answer",
            "answer is 5; expected a list of texts",
        ),
        (
            NUMBER,
            'measure = "seconds named"',
            'measure = "speed"',
            "measure",
            "measure: 'speed' is not a measure; expected as 'when DEVICE_DELETED', 'when ISOLATE,"
            " the last', 'how many hotplug-event to guest', 'seconds named' or 'lines left over of"
            " timer, revert'",
        ),
        (
            NUMBER,
            'measure = "seconds named"',
            'measure = "when NOISE"',
            "measure",
            "measure: no message has the type 'NOISE', and no call is NOISE",
        ),
        (
            NUMBER,
            'measure = "seconds named"',
            'measure = "how many error to me"',
            "measure",
            "measure: 'me' is not a participant; expected operator, libvirt, qemu or guest",
        ),
        (
            NUMBER,
            "pre-revert = 14",
            'pre-revert = "14"',
            "[solution]",
            "solution is '14'; expected a number",
        ),
        (NUMBER, "answer = 15", "answer = nan", "answer", "answer is nan; expected a number"),
        (
            LINES,
            "solution = 0",
            'solution = 0\nat = ["revert"]',
            "at",
            "at goes with a run, and the measure is of commits",
        ),
        (
            LINES,
            "of timer, cpu",
            "of time, cpu",
            "measure",
            "measure: no revision 'time' on the embedded machine; `kit list revisions` names all"
            " there are; did you mean timer?",
        ),
        (
            HUNKS,
            'rule = "undoes"',
            'rule = "like"',
            "rule",
            "rule is 'like'; expected one of: is there, undoes, can be left out",
        ),
        (
            HUNKS,
            'commit = "revert"',
            'commit = "proposal"',
            "commit",
            "commit: proposal has no commit of its own",
        ),
        (
            HUNKS,
            'solution = ["seconds"',
            'solution = ["second"',
            "solution",
            "solution is 'second'; expected one of: callback, seconds, error, helper",
        ),
        (
            ORDER,
            'name = "USABLE"',
            'name = "USE"',
            "name",
            "name: no message has the type 'USE', and no call is USE",
        ),
    ],
)
def test_a_mistake_is_one_line(text: str, old: str, new: str, where: str, what: str) -> None:
    assert old in text
    changed = text.replace(old, new, 1)
    said = complaint(changed)
    line = int(said.partition(":")[0])
    at = changed.split("\n")[line - 1]

    assert said == f"{line}: {what}"
    assert where in at


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_file_in_the_first_words_of_its_actions_is_the_same_exercise(name: str) -> None:
    before, now = (
        _played_and_offered(read_exercise(text, name, "mine.toml", find_scenario).task)
        for text in (_in_first_words(FILES[name]), FILES[name])
    )

    assert before == now


def _played_and_offered(task: Task) -> tuple[object, ...]:
    story = getattr(task, "story", None)
    played = story and (story.scenario, story.actions)
    if not isinstance(task, ScriptTask):
        return (played,)
    return played, task.menu, task.solution, [wrong.answer for wrong in task.wrong]


def _in_first_words(text: str) -> str:
    """Return a file with the first words of each action, where only actions are."""
    return re.sub(r'"[^"]*"', lambda found: _first_words_if_action(found[0]), text)


def _first_words_if_action(quoted: str) -> str:
    verb = quoted.strip('"').rpartition(": ")[2]
    return first_words(quoted) if first_words(verb) != verb else quoted


def test_three_hints_are_needed() -> None:
    text = re.sub(r"hints = \[.*?\n\]", 'hints = ["One.", " "]', PREDICT, flags=re.DOTALL)

    assert complaint(text) == (f"{line_of(text, 'hints')}: hints are 2; expected 3, none empty")


def test_two_foreseen_mistakes_are_needed() -> None:
    text = NUMBER[: NUMBER.index("[[wrong]]")] + '[[wrong]]\nanswer = 1\nreply = "No."\n'

    assert complaint(text) == (
        f"{line_of(text, '[[wrong]]')}: 1 wrong answers; expected at least 2, [[wrong]]"
    )


def test_a_name_is_of_small_letters() -> None:
    said = complaint(PREDICT, "Mine!")

    assert said == "1: 'Mine!' is not a name; use small letters, digits, hyphens"


def test_a_scenario_that_is_not_there_is_named() -> None:
    said = complaint(PREDICT.replace("late-release", "later"))

    assert said.startswith(f"{line_of(PREDICT, 'scenario')}: scenario: no scenario 'later'; there")


PIECES = sorted({piece for piece in re.split(r"(\W)", SCRIPT + HUNKS) if piece})


@given(
    st.sampled_from(sorted(FILES)),
    st.lists(
        st.tuples(
            st.integers(0, 2000),
            st.integers(0, 12),
            st.sampled_from([*PIECES, "1", "true", "[]", "{}", '""', "nan", "9" * 5000])
            | st.text(max_size=4),
        ),
        min_size=1,
        max_size=4,
    ),
)
def test_no_change_of_a_valid_text_raises_anything_but_an_exercise_error(
    name: str, edits: list[tuple[int, int, str]]
) -> None:
    text = FILES[name]
    for at, length, new in edits:
        text = text[:at] + new + text[at + length :]
    try:
        read_exercise(text, name, "e.toml", find_scenario)
        said = "e.toml:"
    except ExerciseError as error:
        said = str(error)

    assert said.startswith("e.toml:")
