"""A connector as a widget: the learner is its guest and drives it through its states by RTAS."""

from __future__ import annotations

from kit.views.cockpit.connector import ConnectorDesk
from kit.views.models.connector import ConnectorModel
from kit.views.print.tables import print_connector
from kit.views.widgets.cockpit import CockpitWidget

__all__ = ["ConnectorWidget"]


class ConnectorWidget(CockpitWidget):
    """One CPU's connector; see `ConnectorDesk` for what it shows and does."""

    def __init__(self, desk: ConnectorDesk) -> None:
        """Show *desk*."""
        super().__init__(desk, lambda: print_connector(desk.model))
        self.model: ConnectorModel = desk.model
