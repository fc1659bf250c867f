"""The player of a path as a widget: choice by choice, with messages and beliefs."""

from __future__ import annotations

from kit.views.cockpit.path import PathDesk
from kit.views.models.path import PathModel
from kit.views.page.story import packed, story_data
from kit.views.print.tables import print_path
from kit.views.widgets.cockpit import CockpitWidget

__all__ = ["PathWidget"]


class PathWidget(CockpitWidget):
    """The player of a path; see `PathDesk` for what it shows."""

    def __init__(self, desk: PathDesk) -> None:
        """Show *desk*."""
        super().__init__(desk, lambda: print_path(desk.model))
        self.model: PathModel = desk.model

    def _repr_live_(self) -> str:
        """Return what a live hand-out plays."""
        return packed(
            story_data(PathDesk(PathModel(self.model.play)), None, self.model.play.path.token)
        )
