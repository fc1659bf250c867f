"""The desks of the kit as widgets, each with its form on paper and what a live hand-out plays."""

from __future__ import annotations

from kit.views.cockpit.connector import ConnectorDesk
from kit.views.cockpit.path import PathDesk
from kit.views.cockpit.player import PlayerDesk
from kit.views.cockpit.sandbox import SandboxDesk
from kit.views.cockpit.view import Desk
from kit.views.diagram.svg import picture_svg
from kit.views.escape import Html
from kit.views.html.figure import pictured
from kit.views.html.print_form import PrintForm, printed
from kit.views.models.path import PathModel
from kit.views.page.story import packed, story_data
from kit.views.print.runs import print_player, print_sandbox
from kit.views.print.sandbox_stories import SandboxStory
from kit.views.print.tables import print_connector, print_path
from kit.views.reports.own import OwnReport
from kit.views.widgets.cockpit import CockpitWidget

__all__ = ["ConnectorWidget", "OwnWidget", "PathWidget", "PlayerWidget", "SandboxWidget"]


class ConnectorWidget(CockpitWidget):
    """A connector that the learner drives as its guest."""

    def __init__(self, desk: ConnectorDesk) -> None:
        super().__init__(desk, lambda: print_connector(desk.model))
        self.model = desk.model


class SandboxWidget(CockpitWidget):
    """Two machines on which each click acts.

    ``stories`` are printed; by default those that suit the revisions.
    """

    def __init__(self, desk: SandboxDesk, stories: tuple[SandboxStory, ...] | None = None) -> None:
        super().__init__(desk, lambda: print_sandbox(desk.model, stories))
        self.model = desk.model


class PlayerWidget(CockpitWidget):
    """A run or a pair of runs, event by event."""

    desk: PlayerDesk

    def __init__(self, desk: PlayerDesk) -> None:
        super().__init__(desk, lambda: print_player(desk.model))
        self.model = desk.model

    def _repr_live_(self) -> str:
        """Return what a live hand-out plays; it asks what the lesson asks."""
        asked = self.desk.view()
        desk = self.desk.revealed()
        return packed(story_data(desk, asked, self.model.token, asks=asked.fog))


class PathWidget(CockpitWidget):
    """A path of the explorer, choice by choice."""

    def __init__(self, desk: PathDesk) -> None:
        super().__init__(desk, lambda: print_path(desk.model))
        self.model = desk.model

    def _repr_live_(self) -> str:
        play = self.model.play
        return packed(story_data(PathDesk(PathModel(play)), None, play.path.token))


class OwnWidget(CockpitWidget):
    """A path of a machine of somebody's own, and the report that it shows."""

    def __init__(self, desk: Desk, report: OwnReport) -> None:
        self.report = report
        super().__init__(desk, self._printed)

    def _printed(self) -> PrintForm:
        lines = "\n".join(self.report.event_lines(90, unicode=True))
        return printed(
            pictured(picture_svg(self.report.layout), self.report.play.title),
            Html("<pre>{}</pre>").format(lines),
        )

    def _repr_live_(self) -> str:
        return packed(story_data(self.desk))
