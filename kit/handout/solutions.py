"""The teacher's key, apart from the learners' pages: each exercise with its answer and all replies.

Only the texts of an exercise are copied. Every answer and every reply is computed, by playing the
run or reading the commits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import assert_never

from kit.common.errors import UserError
from kit.common.user_file import make_folders, write_atomic
from kit.course.exercise import (
    Choose,
    Diffs,
    Exercise,
    Hunks,
    Number,
    OrderTask,
    Predict,
    ScriptTask,
)
from kit.course.exercises import check, solution
from kit.lessons.history_choice import HistoryChoice
from kit.simulation.run import Run
from kit.simulation.token import TokenError, open_token, token_of
from kit.storage.exercises import exercises
from kit.storage.scenarios import find_scenario
from kit.views.models.exercise import answer_words

__all__ = ["solution_page", "solution_pages", "write_solutions"]

_At = str | None


def solution_pages(diffs: Diffs | None = None) -> Mapping[str, str]:
    """Return the pages by file name. Every answer is played.

    *diffs* reads the commits that some exercises ask for, by default from the history in use.

    Raises:
        UserError: The commits cannot be read.
    """
    read = diffs or HistoryChoice().diff
    every = tuple(exercises().values())
    return {
        f"lesson-{lesson}.md": solution_page(
            lesson, [one for one in every if one.lesson == lesson], read, _token
        )
        for lesson in dict.fromkeys(one.lesson for one in every)
    }


def write_solutions(folder: Path, tell: Callable[[str], None] = lambda _: None) -> int:
    """Return how many pages were written into *folder*; existing ones are replaced.

    Raises:
        UserError: It cannot be written, or the commits cannot be read.
    """
    tell("playing the exercises")
    pages = solution_pages()
    try:
        make_folders(folder)
        for name, text in pages.items():
            write_atomic(folder / name, text.encode())
    except OSError as error:
        raise UserError(f"{error.filename or folder}: {error.strerror}; name another") from None
    return len(pages)


def _token(run: Run) -> str:
    """Return the token of a run, if `kit open` finds its scenario."""
    token = token_of(run)
    try:
        return token if open_token(token, find_scenario) == run else ""
    except (TokenError, UserError):
        return ""


def solution_page(
    lesson: str, exercises: Sequence[Exercise], diffs: Diffs, token: Callable[[Run], str]
) -> str:
    """Return the key to the exercises of one lesson.

    *diffs* reads the commits that exercises about lines ask for. *token* names a run for
    `kit open`; it is empty where that cannot show the run.

    Raises:
        UserError: The commits cannot be read.
    """
    lines = [
        f"# Lesson {lesson}: the answers",
        "",
        "For the teacher. `make solutions` writes this page: each answer was found out by playing"
        " the run or reading the commits, and each reply is what the card says. Do not edit it but"
        " `data/exercises/`.",
        "",
    ]
    for one in exercises:
        lines += _exercise(one, diffs, token)
    return "\n".join(lines)


def _exercise(one: Exercise, diffs: Diffs, token: Callable[[Run], str]) -> Iterator[str]:
    asked = ", ".join(f"`{revision.name}`" for revision in one.at)
    kind = f"`{one.name}`, {one.kind.value}{f', asked at {asked}' if asked else ''}"
    yield from (f"## {one.title}", "", kind, "", _text(one.question), "")
    yield from _offered(one)
    yield from ("**Right**", "")
    for at in _places(one):
        found = solution(one, at, diffs)
        verdict = check(one, found, at, diffs)
        assert verdict.right, f"{one.name} at {at}: {verdict.says}"  # tests guarantee it
        where, words = f"`{at}`: " if at else "", _text(answer_words(one, found))
        named = "" if verdict.run is None else token(verdict.run)
        opens = f" (`kit open {named}`)" if named else ""
        yield f"- {where}{words}{opens}"
    yield from ("", f"**Why** {_text(one.explanation)}", "")
    yield from ("| a wrong answer | at | what the card says |", "|---|---|---|")
    for answer, replies in _wrong(one, diffs).items():
        for says, places in replies.items():
            where = ", ".join(f"`{at}`" for at in places if at)
            yield f"| {_cell(answer)} | {where} | {_cell(says)} |"
    yield from ("", "**Hints**", "")
    yield from (f"{number}. {_text(hint)}" for number, hint in enumerate(one.hints, 1))
    yield ""


def _offered(one: Exercise) -> Iterator[str]:
    if isinstance(one.task, ScriptTask):
        most, menu = one.task.most, ", ".join(f"`{action}`" for action in one.task.menu)
        yield f"At most {most} {'action is' if most == 1 else 'actions are'} wanted, of: {menu}."
    yield from (f"- {_text(says)}" for _, says in one.offered)
    if not isinstance(one.task, Number):
        yield ""


def _places(one: Exercise) -> tuple[_At, ...]:
    return tuple(revision.name for revision in one.at) or (None,)


def _wrong(one: Exercise, diffs: Diffs) -> dict[str, dict[str, list[_At]]]:
    """Return the foreseen wrong answers, the reply to each, and the revisions."""
    found: dict[str, dict[str, list[_At]]] = {}
    for at in _places(one):
        for words, answer in _answers(one, at, diffs):
            verdict = check(one, answer, at, diffs)
            if not verdict.right:
                found.setdefault(words, {}).setdefault(verdict.says, []).append(at)
    return found


def _answers(one: Exercise, at: _At, diffs: Diffs) -> Iterator[tuple[str, object]]:
    """Yield each foreseen answer in words and as `check` takes it. Some choices are right."""
    match one.task:
        case Predict() | Choose():
            yield from ((says, name) for name, says in one.offered)
        case Number(wrong=wrong, unit=unit):
            numbers = (Fraction(each.answer[0]) for each in wrong)
            yield from ((f"{float(number):.7g} {unit}", number) for number in numbers)
        case ScriptTask(wrong=wrong):
            yield from (("; ".join(each.answer), each.answer) for each in wrong)
        case OrderTask(wrong=wrong):
            yield from ((answer_words(one, each.answer), each.answer) for each in wrong)
        case Hunks():
            found = solution(one, at, diffs)
            assert isinstance(found, tuple)
            for name, says in one.offered:
                judged = "without" if name in found else "with"
                yield f"{judged} {says}", tuple(sorted({*found} ^ {name}))
        case _:
            assert_never(one.task)


def _text(words: str) -> str:
    """Return a text of an exercise as one line of Markdown."""
    line = " ".join(words.split())
    for sign in "\\`*<[":
        line = line.replace(sign, f"\\{sign}")
    return line


def _cell(words: str) -> str:
    return _text(words).replace("|", "\\|")
