"""The player as a widget: a run or a pair of runs, event by event."""

from __future__ import annotations

from kit.views.cockpit.player import PlayerDesk
from kit.views.models.player import PlayerModel
from kit.views.page.story import packed, story_data
from kit.views.print.runs import print_player
from kit.views.widgets.cockpit import CockpitWidget

__all__ = ["PlayerWidget"]


class PlayerWidget(CockpitWidget):
    """The player; see `PlayerDesk` for what it shows and does."""

    def __init__(self, desk: PlayerDesk) -> None:
        """Show *desk*."""
        super().__init__(desk, lambda: print_player(desk.model))
        self.desk: PlayerDesk = desk
        self.model: PlayerModel = desk.model

    def _repr_live_(self) -> str:
        """Return what a live hand-out plays; it asks what the lesson asks."""
        asked = self.desk.view()
        desk = self.desk.revealed()
        return packed(story_data(desk, asked, self.model.token, asks=asked.fog))
