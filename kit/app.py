"""The public names: what lessons and users call, written `from kit import sandbox, player, tour`.

`kit` loads this module when one of its names is first used.  Nothing here decides anything about
the machine, the history or a view: each function puts parts together.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from kit.case_study.behaviours import behaviours_of
from kit.case_study.history import behaviours, history, named_commits
from kit.common.errors import UserError
from kit.course.exercises import AnswerVerdict
from kit.course.exercises import check as check_answer
from kit.course.predictions import prediction_named
from kit.course.qemu_side import QemuSide
from kit.course.sandbox_tasks import tasks_named
from kit.explorer.comparison import PathPlay, alone
from kit.explorer.comparison import beside as beside_path
from kit.explorer.jobs import NAMED, Explored, SearchJob, explore_one
from kit.explorer.own_machine import OwnObject
from kit.explorer.paths import open_path
from kit.explorer.scope import Scope
from kit.git.library import Repository
from kit.lessons.cards import exercise_card, practise
from kit.lessons.course import progress
from kit.lessons.history_choice import HistoryChoice
from kit.lessons.new.lesson import revert_lesson
from kit.lessons.own_bench import OwnBench
from kit.lessons.reverts import (
    qemu_figures,
    revert,
    revert_dates,
    revert_plots,
    reverts,
    reverts_frame,
    shipped,
)
from kit.lessons.stories import mail_about
from kit.lessons.tables import (
    compare_runs,
    connector_changes,
    connector_rows,
    knowledge,
    net_change,
    retry_table,
)
from kit.machine.catalogue import find_revision
from kit.simulation.platform import explored_platform_of
from kit.simulation.run import Pair, Run, play, play_pair
from kit.simulation.timeline import Timeline
from kit.simulation.token import open_token
from kit.storage.exercises import find_exercise, find_lab
from kit.storage.recordings import conform_file
from kit.storage.scenarios import find_scenario, scenarios
from kit.views.html.figure import Figure, Lines, Rows
from kit.views.html.points import EarnedPoints
from kit.views.reports.mail import read_message_id
from kit.views.reports.path import path_mail_lines

if TYPE_CHECKING:
    from kit.views.widgets.cover import CoverWidget
    from kit.views.widgets.desks import ConnectorWidget, PathWidget, PlayerWidget, SandboxWidget
    from kit.views.widgets.exercise import ExerciseWidget
    from kit.views.widgets.properties import PropertyWidget
    from kit.views.widgets.tour import TourWidget

__all__ = [
    "QemuSide",
    "Repository",
    "check",
    "compare_runs",
    "conform_file",
    "connector",
    "connector_changes",
    "connector_lab",
    "connector_rows",
    "cover",
    "exercise",
    "history",
    "installation",
    "knowledge",
    "mail_of",
    "net_change",
    "own_machine",
    "path",
    "player",
    "points",
    "practise",
    "progress",
    "properties",
    "qemu_figures",
    "retry_table",
    "revert",
    "revert_dates",
    "revert_lesson",
    "revert_plots",
    "reverts",
    "reverts_frame",
    "revision_map",
    "run_of",
    "sandbox",
    "shipped",
    "tour",
]

# Widgets are imported where they are made: the command line does without them.


def revision_map() -> Rows:
    """Return the map: for each step of the case study its date, its tag, and what QEMU does."""
    from kit.lessons.revision_map import map_rows, map_table

    return map_table(map_rows())


def cover(delay: int = 16) -> CoverWidget:
    """Return the cover: take a CPU away from two machines, and see what a slow guest makes of it.

    Args:
        delay: How many seconds the guest needs at first, 1 to 30.

    Raises:
        UserError: *delay* is out of range.
    """
    from kit.lessons.course import cover_scenes
    from kit.views.widgets.cover import CoverWidget

    return CoverWidget(cover_scenes(), delay)


def sandbox(
    before: str | None = None, after: str | None = None, *, tasks: str | None = None
) -> SandboxWidget:
    """Return the sandbox: two machines, one above the other; each click acts on both.

    Args:
        before: The revision above; any name that `kit list revisions` shows. The default is
            pre-revert.
        after: The revision below. The default is revert.
        tasks: The name of tasks that the sandbox sets one after the other: "before-and-after".

    Raises:
        UnknownRevisionError: There is no such revision; the text says where to look.
        UserError: There are no tasks of that name.
    """
    from kit.views.cockpit.sandbox import SandboxDesk
    from kit.views.models.sandbox import SandboxModel
    from kit.views.print.sandbox_stories import IN_TIME
    from kit.views.widgets.desks import SandboxWidget

    choice = HistoryChoice()
    model = SandboxModel(before or "pre-revert", after or "revert")
    stories = (IN_TIME,) if before is None and after is None else None
    desk = SandboxDesk(
        model,
        choice.page,
        choice,
        choice.lines_of,
        mail_about,
        () if tasks is None else tasks_named(tasks),
    )
    return SandboxWidget(desk, stories)


def player(
    scenario: str,
    at: str = "revert",
    *,
    before: str | None = None,
    after: str | None = None,
    predict: str = "",
    reveal: bool = False,
) -> PlayerWidget:
    """Return the player of a run, or of a pair of runs if *before* and *after* are given.

    The run is hidden until it is played, and a question stands above it.

    Args:
        scenario: A built-in scenario (`kit list scenarios`), a file of your own (story.toml), or a
            token of a run or a pair, which names its revisions itself.
        at: The revision of a run; any name that `kit list revisions` shows.
        before: The revision of a pair's first run.
        after: The revision of a pair's second run.
        predict: The question: "first-to-know", "first-gone" of a pair, or "" for the one that
            suits what is played.
        reveal: Show the whole run at once, and ask nothing.

    Raises:
        UserError: There is no such scenario, revision or question, or only one half of a pair is
            named.
    """
    from kit.views.cockpit.player import PlayerDesk
    from kit.views.models.player import PlayerModel
    from kit.views.widgets.desks import PlayerWidget

    played = _played(scenario, at, before, after)
    from kit.real_qemu.api import AnyPlayer  # here: most sessions have no real QEMU

    choice, anywhere = HistoryChoice(), AnyPlayer()
    model = PlayerModel(Timeline(played=played, player=anywhere.play), anywhere.find)
    return PlayerWidget(
        PlayerDesk(
            model,
            choice.lines_of,
            choice,
            mail_about,
            None if reveal else prediction_named(predict, played),
            reveal=reveal,
        )
    )


def _played(scenario: str, at: str, before: str | None, after: str | None) -> Run | Pair:
    if (before is None) != (after is None):
        raise UserError("a pair needs both, before=… and after=…; a run needs at=… alone")
    if scenario.strip().partition(".")[0].isdecimal() and not scenario.endswith(".toml"):
        return open_token(scenario, find_scenario)
    if before is not None and after is not None:
        return play_pair(find_scenario(scenario), find_revision(before), find_revision(after))
    return play(find_scenario(scenario), find_revision(at))


def run_of(scenario: str, at: str = "revert") -> Run:
    """Return a scenario played at a revision: its trace, and what each participant believes.

    Raises:
        UserError: There is no such scenario or revision; the text says where to look.
    """
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
        scenario: As for `player`.
        at: As for `player`.
        before: As for `player`.
        after: As for `player`.
        in_reply_to: The Message-Id of the mail that this one answers.

    Raises:
        UserError: The scenario or a revision does not exist, or *in_reply_to* is not a Message-Id.
    """
    answers = None if in_reply_to is None else read_message_id(in_reply_to)
    return Lines(mail_about(_played(scenario, at, before, after), answers))


def path(token: str, beside: str | None = None) -> PathWidget:
    """Return the player of a path of the explorer, choice by choice.

    Args:
        token: A path's token: `kit explore --at REV` prints them, and `properties` shows them.
        beside: A second revision, on which the same choices are made; any name that
            `kit list revisions` shows.

    Raises:
        UserError: The token does not name a path, or there is no such revision.
    """
    from kit.views.cockpit.path import PathDesk
    from kit.views.models.path import PathModel
    from kit.views.widgets.desks import PathWidget

    played = open_path(token)
    play = alone(played) if beside is None else beside_path(played, find_revision(beside))
    return PathWidget(PathDesk(PathModel(play), _path_mail))


def properties(*revisions: str, widen: str | None = None) -> PropertyWidget:
    """Return the table of properties: which hold at which revision, each with a path that shows it.

    Args:
        revisions: Names of revisions, a column each. The default is every revision with a name.
        widen: A scope other than the default, by its short word, as c0q2r1m0d2 for a DIMM of 2
            LMBs.

    Raises:
        UserError: There is no such revision or scope; the text says where to look.
    """
    from kit.views.models.properties import PropertyModel
    from kit.views.widgets.properties import PropertyWidget

    columns = tuple(map(find_revision, revisions)) or NAMED
    for revision in columns:
        explored_platform_of(revision)
    scope = None if widen is None else Scope.read(widen)
    return PropertyWidget(PropertyModel(columns, _searched, scope), _path_mail)


def _searched(job: SearchJob) -> Explored:
    return replace(_searched_once(job.searched), job=job)


_searched_once = cache(explore_one)


def _path_mail(shown: PathPlay) -> str:
    commits = named_commits([side.revision for side in shown.sides])
    return "\n".join(path_mail_lines(shown, commits, 72))


def own_machine(mine: str | Path | OwnObject) -> OwnBench:
    """Return a machine of your own, to explore, play and compare; see docs/your-own-machine.md.

    Args:
        mine: An object with ``describe`` and ``step``, or the file of one: Python, or a program.
    """
    return OwnBench(mine)


def connector(at: str = "revert") -> Figure:
    """Return the diagram of a CPU connector's states at a revision, drawn from its table.

    Raises:
        UnknownRevisionError: There is no such revision; the text says where to look.
    """
    from kit.views.diagram.drc_states import state_diagram

    return Figure(state_diagram(find_revision(at)))


def connector_lab(at: str = "revert", *, tasks: str | None = None) -> ConnectorWidget:
    """Return a CPU's connector that you move from state to state by RTAS calls, as the guest.

    Args:
        at: The revision of QEMU.
        tasks: The name of tasks that it sets one after the other: "up-and-down".

    Raises:
        UnknownRevisionError: There is no such revision; the text says where to look.
        UserError: There are no tasks of that name.
    """
    from kit.views.cockpit.connector import ConnectorDesk
    from kit.views.models.connector import ConnectorModel
    from kit.views.models.connector_tasks import connector_tasks_named
    from kit.views.widgets.desks import ConnectorWidget

    set_tasks = () if tasks is None else connector_tasks_named(tasks)
    return ConnectorWidget(ConnectorDesk(ConnectorModel(at), set_tasks))


def tour(step: str = "timer") -> TourWidget:
    """Return the tour of the series: each step's commit, its diff, and what it changed.

    Args:
        step: The step at which the tour opens.

    Raises:
        UnknownRevisionError: There is no such step; the text says where to look.
    """
    from kit.views.models.tour import TourModel
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


def exercise(name: str) -> ExerciseWidget:
    """Return the card of an exercise (`kit list exercises`), or of one in a file (mine.toml).

    Raises:
        UserError: There is no such exercise, or its file breaks the format.
    """
    return exercise_card(name)


def check(name: str, answer: object, at: str | None = None) -> AnswerVerdict:
    """Return whether an answer to an exercise is right, with a sentence; no progress is recorded.

    Args:
        name: As for `exercise`.
        answer: A choice's name, a number, names of lines or calls, or a script's lines, as
            ``16 s: device_del core1``.
        at: The revision that the question is about. The default is the exercise's first.

    Raises:
        UserError: There is no such exercise.
    """
    return check_answer(find_exercise(name), answer, at, HistoryChoice().diff)


def points(lab: str, task: int, answer: object) -> EarnedPoints:
    """Return the points that an answer earns in a lab, with the reply to it.

    nbgrader takes the number as the points of the cell; `kit grade` computes the same without
    running the notebook.

    Raises:
        UserError: There is no such lab or task.
    """
    return EarnedPoints(find_lab(lab).task(task).score(answer, HistoryChoice().diff))


def installation() -> Rows:
    """Return what is installed, which history is in use, and how to get what is missing."""
    from kit.lessons.doctor import checks  # here: it asks every package for its version

    rows = tuple(
        (
            "ok" if check.found else "MISSING" if check.needed else "-",
            check.name,
            check.found or check.missing,
        )
        for check in checks(brief=True)
    )
    paper = "On a screen, this is a table of what is installed on your machine."
    return Rows(("", "what", "found, or how to get it"), rows, printed=paper)


_RENAMED = {"bench": "sandbox", "commit_walk": "tour", "promises": "properties"}

if not TYPE_CHECKING:  # a type checker is to report the old names, and every other

    def __getattr__(name: str) -> object:
        """Return what an old name stands for, with a warning the first time; for one release."""
        new = _RENAMED.get(name)
        if new is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        warnings.warn(
            f"kit.app.{name} is now called {new}: from kit import {new}",
            DeprecationWarning,
            stacklevel=2,
        )
        return globals().setdefault(name, globals()[new])  # found here from now on: warned once
