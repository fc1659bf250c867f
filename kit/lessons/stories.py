"""Put together what a page plays: a run or a pair, a path, or what was observed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from kit.actors.pseries_programs import GuestKind
from kit.case_study.history import named_commits
from kit.course.predictions import prediction_of
from kit.explorer.comparison import PathPlay
from kit.explorer.graph import graph_of
from kit.explorer.jobs import SearchJob
from kit.explorer.scope import Scope
from kit.lessons.history_choice import HistoryChoice
from kit.machine.revision import Revision
from kit.simulation.platform import explored_platform_of
from kit.simulation.run import Pair, Run
from kit.simulation.timeline import Timeline
from kit.simulation.token import token_of
from kit.views.cockpit.observed import ObservedDesk
from kit.views.cockpit.path import PathDesk
from kit.views.cockpit.player import PlayerDesk
from kit.views.diagram.svg import lone_svg
from kit.views.models.path import PathModel
from kit.views.models.player import PlayerModel
from kit.views.page.story import Story
from kit.views.reports.guest import GuestReport
from kit.views.reports.log import LogReport
from kit.views.reports.mail import mail_lines
from kit.views.reports.own import OwnReport
from kit.views.reports.path import path_mail_lines, path_still
from kit.views.reports.picture_page import still_page

__all__ = [
    "mail_about",
    "observed_desk",
    "observed_story",
    "path_story",
    "story_of",
    "with_futures",
]

MAIL_WIDTH = 72


def story_of(played: Run | Pair, choice: HistoryChoice | None = None) -> Story:
    """Return a run or a pair with its question, and with code where a history can be read.

    *choice* keeps the commits that were read, for the next story.
    """
    choice = choice or HistoryChoice()
    model = PlayerModel(Timeline(played=played))
    desk = PlayerDesk(model, choice.lines_of, _ReadOnly(choice), mail_about, reveal=True)
    asked = PlayerDesk(desk.model, prediction=prediction_of(played)).view()
    return Story(still=still_page(played), desk=desk, asked=asked, token=token_of(played))


SMALL = (Scope(cores=1), Scope(cores=0, pci=1))  # of machines with cores, and without
MAX_GRAPH = 20_000  # states; a page with more would be slow and large


def with_futures(story: Story, revisions: Sequence[Revision], kind: GuestKind) -> Story:
    """Return a story with what could happen next: one device, two requests, a reset, a migration.

    Raises:
        UserError: The explorer cannot drive a revision's platform.
    """
    scope = _small(revisions)
    graphs = (graph_of(SearchJob(one, kind, scope, MAX_GRAPH)) for one in revisions)
    return replace(story, graphs=tuple(graphs))


def _small(revisions: Sequence[Revision]) -> Scope:
    """Return the first scope with whose device each revision's machine can do something."""
    platforms = [explored_platform_of(one) for one in revisions]
    fits = (
        scope
        for scope in SMALL
        if all(one.plugs(device) for one in platforms for device in scope.devices)
    )
    return next(fits, SMALL[0])


def mail_about(played: Run | Pair, in_reply_to: str | None = None) -> str:
    """Return a mail about a run or a pair; *in_reply_to* is the Message-Id that it answers."""
    commits = named_commits([run.revision for run in played.runs])
    return "\n".join(mail_lines(played, commits, MAIL_WIDTH, in_reply_to=in_reply_to))


class _ReadOnly:
    """The history that was read when a page was written: a page can name no other."""

    placeholder = ""

    def __init__(self, choice: HistoryChoice) -> None:
        self.source, self.use, self.fetch = choice.source, choice.use, choice.fetch


def path_story(play: PathPlay) -> Story:
    """Return a path of the explorer."""
    commits = named_commits([side.revision for side in play.sides])
    desk = PathDesk(
        PathModel(play), lambda shown: "\n".join(path_mail_lines(shown, commits, MAIL_WIDTH))
    )
    return Story(still=path_still(play), desk=desk, token=play.path.token)


def observed_story(report: LogReport | GuestReport | OwnReport) -> Story:
    """Return a log, what was seen with a real guest, or a user's own machine."""
    return Story(still=report.still(), desk=observed_desk(report))


def observed_desk(report: LogReport | GuestReport | OwnReport) -> ObservedDesk:
    """Return the player of what `observed_story` takes."""
    layout = report.layout
    shares: dict[str, Callable[[], str]] = {
        "text": lambda: "\n".join(report.text_lines(MAIL_WIDTH)),
        "mail": lambda: "\n".join(report.mail_lines(MAIL_WIDTH)),
        "svg": lambda: lone_svg(layout),
    }
    return ObservedDesk(layout, report.still().events, shares)
