"""The panel that names the history in use and changes it without leaving the lesson."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets as widgets

from kit.views.escape import Html
from kit.views.widgets.base import HtmlView, guarded

__all__ = ["HistoryPanel"]

Progress = Callable[[str, int, int | None], None]


class HistoryPanel(widgets.VBox):  # type: ignore[misc]  # ipywidgets ships no types
    """A line that names the history in use, a field for a clone, and a button that fetches.

    Args of the constructor: ``source`` returns the name of the history in use. ``use`` takes what
    the reader types: a folder, a file, or nothing to return to the default. ``fetch`` gets QEMU's
    commits of the lesson, announces their size, and returns a report. ``changed`` is called after a
    change. ``placeholder`` says what to type.
    """

    def __init__(
        self,
        source: Callable[[], str],
        use: Callable[[str], None],
        fetch: Callable[[Progress, Callable[[str], None]], str],
        changed: Callable[[], None],
        placeholder: str = "folder of a clone, or a file of kit history export",
    ) -> None:
        self._source, self._use_place, self._fetch_lesson = source, use, fetch
        self._changed = changed
        self._status = HtmlView()
        self._place = widgets.Text(
            description="clone:",
            placeholder=placeholder,
            continuous_update=False,
        )
        use_it = widgets.Button(description="read from it", tooltip="Read commits from this clone")
        fetch_it = widgets.Button(
            description="fetch QEMU's commits",
            tooltip="Fetch the lesson's commits of QEMU, under 1 MB, as kit fetch does",
        )
        self._place.observe(
            guarded(self._use, self._say), ["value"]
        )  # on Enter, or on leaving the field
        use_it.on_click(guarded(self._use, self._say))
        fetch_it.on_click(guarded(self._fetch, self._say))
        row = widgets.HBox([self._place, use_it, fetch_it])
        row.add_class("kit-row")
        super().__init__([self._status, row])
        self.add_class("kit-history")
        self._say("")

    def _use(self) -> None:
        self._use_place(self._place.value.strip())
        self._say("")
        self._changed()

    def _fetch(self) -> None:
        self._say("asking for QEMU's commits …")
        said = self._fetch_lesson(
            lambda step, done, total: self._say(
                f"{step}: {done}" + ("" if total is None else f" of {total}")
            ),
            self._say,
        )
        self._changed()
        self._say(said)

    def _say(self, words: str) -> None:
        note = Html("<br><strong>{}</strong>").format(words) if words else ""
        self._status.value = Html(
            '<div role="status" aria-live="polite">Commits are read from: {}{}</div>'
        ).format(self._source(), note)
