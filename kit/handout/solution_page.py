"""The teacher's key to a lesson as Markdown: each exercise with its answer and all replies.

Only the texts of an exercise are copied. Every answer and every reply is computed, by playing the
run or reading the commits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction

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
from kit.simulation.run import Run
from kit.views.models.exercise import answer_words

__all__ = ["solution_page"]

_At = str | None


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
    match one.task:
        case Predict(choices=choices):
            offered = [choice.says for choice in choices]
        case Hunks(items=items):
            offered = [item.says for item in items]
        case Choose(options=options):
            offered = [option.says for option in options]
        case OrderTask(parts=parts):
            offered = [part.says for part in parts]
        case ScriptTask(menu=menu, most=most):
            actions = "action is" if most == 1 else "actions are"
            yield f"At most {most} {actions} wanted, of: {', '.join(f'`{each}`' for each in menu)}."
            yield ""
            return
        case Number():
            return
    yield from (f"- {_text(each)}" for each in offered)
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
        case Predict(choices=choices):
            yield from ((choice.says, choice.name) for choice in choices)
        case Choose(options=options):
            yield from ((option.says, option.name) for option in options)
        case Number(wrong=wrong, unit=unit):
            numbers = (Fraction(each.answer[0]) for each in wrong)
            yield from ((f"{float(number):.7g} {unit}", number) for number in numbers)
        case ScriptTask(wrong=wrong):
            yield from (("; ".join(each.answer), each.answer) for each in wrong)
        case OrderTask(wrong=wrong):
            yield from ((answer_words(one, each.answer), each.answer) for each in wrong)
        case Hunks(items=items):
            found = solution(one, at, diffs)
            assert isinstance(found, tuple)
            for item in items:
                judged = "without" if item.name in found else "with"
                turned = tuple(sorted({*found} ^ {item.name}))
                yield f"{judged} {item.says}", turned


def _text(words: str) -> str:
    """Return a text of an exercise as one line of Markdown."""
    line = " ".join(words.split())
    for sign in "\\`*<[":
        line = line.replace(sign, f"\\{sign}")
    return line


def _cell(words: str) -> str:
    return _text(words).replace("|", "\\|")
