"""The player of a machine of somebody's own, as a widget."""

from __future__ import annotations

from kit.views.cockpit.view import Desk
from kit.views.diagram.svg import picture_svg
from kit.views.escape import Html
from kit.views.html.figure import pictured
from kit.views.html.print_form import PrintForm, printed
from kit.views.page.story import packed, story_data
from kit.views.reports.own import OwnReport
from kit.views.widgets.cockpit import CockpitWidget

__all__ = ["OwnWidget"]


class OwnWidget(CockpitWidget):
    """A desk, and the report that it shows: on paper its picture and its choices."""

    def __init__(self, desk: Desk, report: OwnReport) -> None:
        """Show *desk*."""
        self.report = report
        super().__init__(desk, self._printed)

    def _printed(self) -> PrintForm:
        lines = "\n".join(self.report.event_lines(90, unicode=True))
        return printed(
            pictured(picture_svg(self.report.layout), Html("{}").format(self.report.play.title)),
            Html("<pre>{}</pre>").format(lines),
        )

    def _repr_live_(self) -> str:
        """Return what a live hand-out plays."""
        return packed(story_data(self.desk))
