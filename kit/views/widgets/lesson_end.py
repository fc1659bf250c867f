"""The end of a lesson as a widget: it changes when an exercise of the lesson is solved."""

from __future__ import annotations

from kit.views.html.course_map import LessonEnd
from kit.views.html.figure import style_html
from kit.views.html.print_form import PrintForm, aside, printed
from kit.views.widgets.base import HtmlView, Shown

__all__ = ["LessonEndWidget"]


class LessonEndWidget(Shown):
    """What is solved of a lesson; `show` brings it up to date."""

    def __init__(self, end: LessonEnd) -> None:
        self._view, self._end = HtmlView(), end
        super().__init__([HtmlView(style_html()), self._view])
        self.add_class("kit")
        self.show(end)

    def show(self, end: LessonEnd) -> None:
        """Show *end* instead of what is shown."""
        self._end = end
        if self._view.value != end.html:
            self._view.value = end.html

    @property
    def number(self) -> int:
        """The lesson's number."""
        return self._end.number

    @property
    def text(self) -> str:
        """The content as plain text."""
        return self._end.text

    def _repr_print_(self) -> PrintForm:
        return printed(aside("On a screen, this shows which exercises you have solved."))
