"""The sandbox as a widget: two machines, one time axis, each click on both."""

from __future__ import annotations

from kit.views.cockpit.sandbox import SandboxDesk
from kit.views.models.sandbox import SandboxModel
from kit.views.print.runs import print_sandbox
from kit.views.print.sandbox_stories import SandboxStory
from kit.views.widgets.cockpit import CockpitWidget

__all__ = ["SandboxWidget"]


class SandboxWidget(CockpitWidget):
    """The sandbox; see `SandboxDesk` for what it shows and does.

    ``stories`` are printed; by default those that suit the revisions.
    """

    def __init__(self, desk: SandboxDesk, stories: tuple[SandboxStory, ...] | None = None) -> None:
        """Show *desk*."""
        super().__init__(desk, lambda: print_sandbox(desk.model, stories))
        self.model: SandboxModel = desk.model
