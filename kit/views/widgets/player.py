"""The player as a widget: a run or a pair of runs, event by event."""

from __future__ import annotations

from kit.views.cockpit.player import PlayerDesk
from kit.views.models.player import PlayerModel
from kit.views.print.runs import print_player
from kit.views.widgets.cockpit import CockpitWidget

__all__ = ["PlayerWidget"]


class PlayerWidget(CockpitWidget):
    """The player; see `PlayerDesk` for what it shows and does."""

    def __init__(self, desk: PlayerDesk) -> None:
        """Show *desk*."""
        super().__init__(desk, lambda: print_player(desk.model))
        self.model: PlayerModel = desk.model
