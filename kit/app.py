"""Wires the parts together: files, the environment, the clone that is in use.

What the command line and the lessons call.  Nothing here decides anything about the machine, the
history or a view.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

from kit.case_study.behaviours import behaviours_of
from kit.case_study.history import behaviours, history, named_commits
from kit.common.errors import UserError
from kit.course.exercises import AnswerVerdict
from kit.course.exercises import check as check_answer
from kit.course.retries import retries
from kit.explorer.comparison import PathPlay, alone
from kit.explorer.comparison import beside as beside_path
from kit.explorer.jobs import NAMED, Explored, SearchJob, explore_one
from kit.explorer.paths import open_path
from kit.explorer.scope import Scope
from kit.lessons.history_choice import HistoryChoice
from kit.lessons.reverts import revert, revert_dates, revert_plots, reverts, shipped
from kit.machine.catalogue import find_revision
from kit.machine.revision import Board
from kit.simulation.run import Pair, Run, play, play_pair
from kit.simulation.story import who_knows_what
from kit.simulation.timeline import Timeline
from kit.simulation.token import open_token
from kit.storage.exercises import find_exercise
from kit.storage.recordings import conform_file
from kit.storage.scenarios import find_scenario, scenarios
from kit.views.reports.mail import mail_lines, read_message_id
from kit.views.reports.path import path_mail_lines

if TYPE_CHECKING:
    from kit.views.html.figure import Figure, Lines, Rows
    from kit.views.widgets.connector import ConnectorWidget
    from kit.views.widgets.exercise import ExerciseWidget
    from kit.views.widgets.path import PathWidget
    from kit.views.widgets.player import PlayerWidget
    from kit.views.widgets.properties import PropertyWidget
    from kit.views.widgets.sandbox import SandboxWidget
    from kit.views.widgets.tour import TourWidget

__all__ = [
    "HistoryChoice",
    "bench",
    "check",
    "commit_walk",
    "conform_file",
    "connector",
    "connector_lab",
    "exercise",
    "history",
    "installation",
    "knowledge",
    "mail_of",
    "path",
    "player",
    "promises",
    "retry_table",
    "revert",
    "revert_dates",
    "revert_plots",
    "reverts",
    "run_of",
    "shipped",
]


# -- lessons -----------------------------------------------------------------------------------


def bench(before: str | None = None, after: str | None = None) -> SandboxWidget:
    """Return the bench: two machines side by side, on which each click acts alike.

    Args:
        before: The revision on the left; any name that `kit list revisions` shows, pre-revert if
            not said.
        after: The revision on the right, revert if not said.

    Raises:
        UnknownRevisionError: There is no such revision; the text says where to look.
    """
    from kit.views.models.sandbox import (
        SandboxModel,  # here: the command line does without widgets
    )
    from kit.views.print.sandbox_stories import IN_TIME
    from kit.views.widgets.sandbox import SandboxWidget

    choice = HistoryChoice()
    model = SandboxModel(before or "pre-revert", after or "revert")
    stories = (IN_TIME,) if before is None and after is None else None
    return SandboxWidget(model, choice.page, choice.panel, choice.lines_of, stories)


def player(
    scenario: str, at: str = "revert", *, before: str | None = None, after: str | None = None
) -> PlayerWidget:
    """Return the player of a run, or of a pair of runs where *before* and *after* are given.

    Args:
        scenario: A built-in scenario (`kit list scenarios`), a file of your own (story.toml), or a
            token of a run or a pair, which names its revisions itself.
        at: The revision of a run; any name that `kit list revisions` shows.
        before: The revision of a pair's first run.
        after: The revision of a pair's second run.

    Raises:
        UserError: There is no such scenario or revision, or half of a pair is named.
    """
    from kit.views.models.player import (
        PlayerModel,  # here: the command line does without widgets
    )
    from kit.views.widgets.player import PlayerWidget

    played = _played(scenario, at, before, after)
    from kit.real_qemu.api import AnyPlayer  # here: it reads recordings through this module

    choice, anywhere = HistoryChoice(), AnyPlayer()
    model = PlayerModel(Timeline(played=played, player=anywhere.play), anywhere.find)
    return PlayerWidget(model, choice.lines_of, choice.panel, lambda shown: _mail(shown, None))


def _played(scenario: str, at: str, before: str | None, after: str | None) -> Run | Pair:
    if (before is None) != (after is None):
        raise UserError("a pair needs both, before=… and after=…; a run needs at=… alone")
    if scenario.strip().partition(".")[0].isdecimal() and not scenario.endswith(".toml"):
        return open_token(scenario, find_scenario)
    if before is not None and after is not None:
        return play_pair(find_scenario(scenario), find_revision(before), find_revision(after))
    return play(find_scenario(scenario), find_revision(at))


def mail_of(
    scenario: str,
    at: str = "revert",
    *,
    before: str | None = None,
    after: str | None = None,
    in_reply_to: str | None = None,
) -> Lines:
    """Return a run or a pair as text to paste into a mail; nothing is sent.

    Args:
        scenario: As `player` takes it.
        at: As `player` takes it.
        before: As `player` takes it.
        after: As `player` takes it.
        in_reply_to: The Message-Id of the mail that it answers.

    Raises:
        UserError: What is named is not there, or *in_reply_to* is no Message-Id.
    """
    from kit.views.html.figure import Lines  # here: the command line does without it

    answers = None if in_reply_to is None else read_message_id(in_reply_to)
    return Lines(_mail(_played(scenario, at, before, after), answers))


def _mail(played: Run | Pair, in_reply_to: str | None) -> str:
    runs = (played,) if isinstance(played, Run) else (played.before, played.after)
    commits = named_commits([run.revision for run in runs])
    return "\n".join(mail_lines(played, commits, in_reply_to=in_reply_to))


def path(token: str, beside: str | None = None) -> PathWidget:
    """Return the player of a path of the explorer, choice by choice.

    Args:
        token: What `kit explore --at REV` prints, or the table of promises shows.
        beside: A revision at which the same is chosen; any name that `kit list revisions` shows.

    Raises:
        UserError: It is no path's token, or there is no such revision.
    """
    from kit.views.models.path import (
        PathModel,  # here: the command line does without widgets
    )
    from kit.views.widgets.path import PathWidget

    played = open_path(token)
    play = alone(played) if beside is None else beside_path(played, find_revision(beside))
    return PathWidget(PathModel(play), _path_mail)


def promises(*revisions: str, widen: str | None = None) -> PropertyWidget:
    """Return the table of promises: which hold at which revision, with a path that shows it.

    Args:
        revisions: Names of revisions: a column each; all that have a name if none is said.
        widen: Another scope than the usual, by its short word, as c0q2r1m0d2 for a DIMM of 2 LMBs.

    Raises:
        UserError: There is no such revision or scope; the text says where to look.
    """
    from kit.views.models.properties import (
        PropertyModel,  # here: the command line does without widgets
    )
    from kit.views.widgets.properties import PropertyWidget

    columns = tuple(map(find_revision, revisions)) or NAMED
    for revision in columns:
        if revision.board != Board.PSERIES:
            raise UserError(f"{revision.name} is an ACPI machine; the explorer knows pseries alone")
    scope = None if widen is None else Scope.read(widen)
    return PropertyWidget(PropertyModel(columns, _searched, scope), _path_mail)


@cache
def _searched(job: SearchJob) -> Explored:
    """Search once in a session."""
    return explore_one(job)


def _path_mail(shown: PathPlay) -> str:
    commits = named_commits([side.revision for side in shown.sides])
    return "\n".join(path_mail_lines(shown, commits, 72))


def connector(at: str = "revert") -> Figure:
    """Return the diagram of a CPU connector's states at a revision, drawn from its table.

    Raises:
        UnknownRevisionError: There is no such revision; the text says where to look.
    """
    from kit.views.diagram.drc_states import state_diagram
    from kit.views.html.figure import Figure  # here: the command line does without it

    return Figure(state_diagram(find_revision(at)))


def connector_lab(at: str = "revert") -> ConnectorWidget:
    """Return a CPU's connector that one drives by RTAS calls, as the guest.

    Raises:
        UnknownRevisionError: There is no such revision; the text says where to look.
    """
    from kit.views.models.connector import ConnectorModel  # here: only lessons have widgets
    from kit.views.widgets.connector import ConnectorWidget

    return ConnectorWidget(ConnectorModel(at))


def exercise(name: str) -> ExerciseWidget:
    """Return the card of an exercise (`kit list exercises`), or of one in a file (mine.toml).

    Raises:
        UserError: There is no such exercise, or its file breaks the format.
    """
    from kit.lessons.exercise_card import exercise_card  # here: only lessons have widgets

    return exercise_card(name)


def check(name: str, answer: object, at: str | None = None) -> AnswerVerdict:
    """Say whether an answer to an exercise is right, in a sentence; nothing is noted.

    Args:
        name: As `exercise` takes it.
        answer: A choice's name, a number, names of lines or calls, or a script's lines, as
            ``16 s: device_del core1``.
        at: The revision that is asked about; the exercise's first if not said.

    Raises:
        UserError: There is no such exercise.
    """
    return check_answer(find_exercise(name), answer, at, HistoryChoice().diff)


def installation() -> Rows:
    """Return what is installed, which history is in use, and how to get what is missing."""
    from kit.lessons.doctor import checks  # here: it looks through this module
    from kit.views.html.figure import Rows

    rows = tuple(
        (
            "ok" if check.found else "MISSING" if check.needed else "-",
            check.name,
            check.found or check.missing,
        )
        for check in checks()
    )
    paper = "On a screen a table of what is installed on your machine stands here."
    return Rows(("", "what", "found, or how to get it"), rows, printed=paper)


def retry_table(*revisions: str, after_ms: Iterable[int], uptime_days: int = 0) -> Rows:
    """Return what a second device_del is answered at some revisions, by the time between the two.

    Args:
        revisions: Names of revisions: a column each.
        after_ms: Milliseconds of the guest's clock between the two requests: a row each.
        uptime_days: How long the guest has been running before the first.

    Raises:
        UnknownRevisionError: There is no such revision; the text says where to look.
    """
    from kit.views.html.figure import Rows  # here: the command line does without it

    waits = tuple(after_ms)
    columns = [retries(find_revision(name), waits, uptime_days=uptime_days) for name in revisions]
    rows = tuple(
        (f"{wait / 1000:g} s", *(column[n].error or "accepted" for column in columns))
        for n, wait in enumerate(waits)
    )
    return Rows(("asked again after", *revisions), rows)


def run_of(scenario: str, at: str = "revert") -> Run:
    """Return a scenario played at a revision: its trace, and who believes what.

    Raises:
        UserError: There is no such scenario or revision; the text says where to look.
    """
    return play(find_scenario(scenario), find_revision(at))


def knowledge(scenario: str, *revisions: str) -> Rows:
    """Return what each party takes to be the case at the end of a scenario, by revision.

    Raises:
        UserError: There is no such scenario or revision; the text says where to look.
    """
    from kit.views.html.figure import Rows  # here: the command line does without it

    runs = [run_of(scenario, name) for name in revisions]
    found = [dict(who_knows_what(run)) for run in runs]
    parties = tuple(found[0]) if found else ()
    rows = tuple(
        (name, *(known[party] for party in parties), "LIMBO" if run.belief().limbo else "no")
        for name, run, known in zip(revisions, runs, found, strict=True)
    )
    title = runs[0].scenario.title if runs else scenario
    caption = f"{title} ({scenario}): what each takes to be so in the end"
    return Rows(("at", *parties, "limbo?"), rows, caption)


def commit_walk(step: str = "timer") -> TourWidget:
    """Return the walk through the series: each step's commit, diff and consequences.

    Raises:
        UnknownRevisionError: There is no such step; the text says where to look.
    """
    from kit.views.models.tour import (
        TourModel,  # here: the command line does without widgets
    )
    from kit.views.widgets.tour import TourWidget

    ties = behaviours()
    choice = HistoryChoice()
    return TourWidget(
        TourModel(step, scenarios),
        choice.page,
        lambda revision: behaviours_of(ties, revision),
        choice.panel,
        choice.lines_of,
    )
