"""kit practise and kit ideas: generated questions with growing gaps, and a class's mistakes."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from kit.cli.common import Json, cli
from kit.cli.output import complain, console, print_json
from kit.common.errors import UserError
from kit.common.user_file import read_bounded
from kit.course.exercise import LESSONS
from kit.course.ideas import BELIEVES, PracticeQuestion
from kit.course.practice import answered, due, lesson_number, situation, wrong_ideas
from kit.course.progress import ProgressError, read_progress
from kit.storage.exercises import practice_questions, run_of_question
from kit.storage.progress import progress_file


@cli.command(epilog="Example: kit practise 5 --count 10")
def practise(
    lesson: Annotated[
        str, typer.Argument(metavar="[LESSON]", help="The last lesson that you have read.")
    ] = LESSONS[-1],
    count: Annotated[int, typer.Option(min=1, max=100, help="How many questions.")] = 5,
) -> None:
    """Answer questions on the lessons that you have read; a mistake comes back tomorrow.

    A right answer brings a question back after 1, 7 and 30 days. Progress stays on this machine.
    """
    file, day = progress_file(complain), datetime.now().astimezone().toordinal()
    found = due(file.read(), practice_questions(), day, lesson_number(lesson), count)
    if not found:
        typer.echo("Nothing is due today.")
        return
    right = 0
    for number, one in enumerate(found, 1):
        choice = _asked(one, f"{number} of {len(found)}")
        file.change(lambda before, one=one, choice=choice: answered(before, one, choice, day))  # type: ignore[misc]
        right += choice == one.right
        typer.echo(_reply(one, choice))
    typer.echo(f"{right} of {len(found)} right.")


def _asked(one: PracticeQuestion, where: str) -> str:
    run = run_of_question(one)
    title, script = run.scenario.title, "; ".join(run.scenario.texts)
    typer.echo(f"\n{where}. {title}\n{situation(run)}\n{script}\nQEMU at {one.at}. {one.asks}")
    for number, choice in enumerate(one.choices, 1):
        typer.echo(f"  {number}  {choice}")
    while True:
        given = str(typer.prompt("Your answer")).strip().lstrip("0")
        if given in map(str, range(1, len(one.choices) + 1)):
            return one.choices[int(given) - 1]
        typer.echo(f"Give a number from 1 to {len(one.choices)}.")


def _reply(one: PracticeQuestion, choice: str) -> str:
    see = f"See the run: kit open {one.token}"
    if choice == one.right:
        return f"Right. {see}"
    return f"No: {one.right}. You may believe: {BELIEVES[one.ideas[choice]]} {see}"


@cli.command(epilog="Example: kit ideas collected/*.json")
def ideas(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Progress files.")],
    as_json: Json = False,
) -> None:
    """Show a class's wrong ideas, the commonest first, from progress files that you collected.

    Each learner's file is the one that `kit progress` names.
    """
    found = []
    for path in files:
        try:
            found.append(read_progress(read_bounded(path, "progress file")))
        except ProgressError as error:
            raise UserError(f"{path}: {error}") from None
    rows = [row for row in wrong_ideas(found) if row[0] in BELIEVES]
    if as_json:
        print_json([{"idea": n, "learners": people, "answers": times} for n, people, times in rows])
        return
    table = Table("wrong idea", "learners", "answers", title=f"files: {len(found)}")
    for name, people, times in rows:
        table.add_row(BELIEVES[name], str(people), str(times))
    console().print(table)
