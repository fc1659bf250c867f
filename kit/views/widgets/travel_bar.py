"""The controls that move through a run: buttons, a slider, a number, a time."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets as widgets

from kit.machine.clock import NS_PER_S
from kit.views.escape import Html
from kit.views.models.timeline import TimelineModel
from kit.views.widgets.base import HtmlView, button, guarded, in_turn, row

__all__ = ["NAME_THE_HANDLE", "TravelBar"]

# ipywidgets cannot name a slider's handle, so a screen reader would only say "slider".  An image's
# load event is the one hook of an HTML widget.  If a page forbids it, the slider has no name.
NAME_THE_HANDLE = Html("""<img alt="" hidden
 src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA="
 onload="(function find(image) {
   var bar = image.closest('.kit-travel');
   if (!bar) { requestAnimationFrame(function () { find(image); }); return; }
   function name() {
     bar.querySelectorAll('.noUi-handle:not([aria-label])').forEach(function (handle) {
       handle.setAttribute('aria-label', 'event');
     });
   }
   name();
   new MutationObserver(name).observe(bar, {childList: true, subtree: true});
 })(this)">""")


class TravelBar(widgets.VBox):  # type: ignore[misc]  # ipywidgets ships no types
    """First, back, next, last, next difference; event number and slider; time.

    It binds `TimelineModel.timeline` both ways. ``say`` shows the error of a click.
    """

    def __init__(self, model: TimelineModel, say: Callable[[str], None]) -> None:
        """Build the controls and bind them."""
        self._model, self._say, self._showing = model, say, False
        self._slider = widgets.IntSlider(min=0, max=1, readout=False, description="")
        self._number = widgets.BoundedIntText(min=0, max=0, description="event")
        self._time = widgets.BoundedFloatText(min=0, max=0, step=1, description="at, in s")
        self._of = HtmlView()
        self._slider.observe(self._bound(lambda: model.go(self._slider.value - 1)), ["value"])
        self._number.observe(self._bound(lambda: model.go(self._number.value - 1)), ["value"])
        self._time.observe(self._bound(lambda: model.seek(self._time.value)), ["value"])
        self._slider.add_class("kit-slider")
        boxes = [self._number, self._of, self._slider, self._time]
        super().__init__(
            [
                row(self._buttons(), "kit-row"),
                row([*boxes, HtmlView(NAME_THE_HANDLE)], "kit-row", "kit-boxes"),
            ]
        )
        self.add_class("kit-travel")
        model.observe(lambda _: self.show(), ["timeline"])
        self.show()

    def _buttons(self) -> list[widgets.Button]:
        model = self._model
        found = [
            ("first", "Before the first event", model.first),
            ("‹ back", "One event back", model.back),
            ("next ›", "One event on", model.next),
            ("last", "To the end", model.last),
        ]
        if len(model.sides) == 2:
            found.append(
                ("next difference", "The next event that only one has", model.next_difference)
            )
        return [
            button(words, tooltip, guarded(action, self._say)) for words, tooltip, action in found
        ]

    def _bound(self, action: Callable[[], None]) -> Callable[[object], None]:
        @in_turn
        def changed(_: object) -> None:
            if not self._showing:
                guarded(action, self._say)(None)
                self.show()  # the typed value may not be a place

        return changed

    def show(self) -> None:
        """Show the current place."""
        here, count = self._model.timeline, self._model.count
        self._showing = True
        try:
            if self._slider.max != max(count, 1):  # the front end rebuilds it then
                self._slider.max = max(count, 1)
            self._number.max, self._time.max = count, here.end_ns / NS_PER_S
            self._slider.value = self._number.value = here.place + 1
            self._time.value = here.at_ns / NS_PER_S
            self._of.value = Html('<span class="kit-label">of {}</span>').format(count)
        finally:
            self._showing = False
