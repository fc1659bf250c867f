"""A layout as a cockpit that only plays: what was observed, or a machine of somebody's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from kit.trace.sentences import seconds
from kit.views.cockpit.view import (
    USUAL,
    Desk,
    Position,
    Shares,
    Size,
    Tab,
    View,
    Words,
    drawing_of,
    picture_of,
    share_tab,
)
from kit.views.diagram.layout import Layout
from kit.views.diagram.svg import Drawing, picture_svg
from kit.views.diagram.time_axis import when
from kit.views.escape import Html

__all__ = ["ObservedDesk"]


class ObservedDesk(Desk):
    """A layout event by event. ``shares`` are the texts that it can give, by name."""

    def __init__(
        self, layout: Layout, events: str, shares: Mapping[str, Callable[[], str]]
    ) -> None:
        self._layout, self._events, self._shares = layout, events, shares

    @property
    def text(self) -> str:
        """The events as plain text."""
        return self._events

    @property
    def svg(self) -> Html:
        """The picture of the whole."""
        return picture_svg(self._layout)

    def view(self, size: Size = USUAL) -> View:
        """Return what is shown."""
        layout = self._layout
        drawing = drawing_of(layout, size)
        places = tuple(self._places(drawing))
        return View(
            kind="observed",
            story=layout.name,
            title=f"{layout.name}: {layout.title}",
            picture=picture_of(drawing),
            places=places,
            index=len(places) - 1,
            here_x=places[-1].x,
            here_at=places[-1].at,
            unit="messages" if layout.counted else "",
            counted=layout.counted,
            tabs=(
                Tab(name="Events", html=Html("<pre>{}</pre>").format(self._events)),
                share_tab(self._shares, "all of it"),
            ),
            words=Words(last="This is the end."),
        )

    def _places(self, drawing: Drawing) -> Iterator[Position]:
        layout = self._layout
        at, nothing = "the start", "Nothing has happened yet."
        if not layout.counted:
            at, nothing = "0 s", "Nothing was seen yet."
        start = Position(step=-1, at_ns=0, at=at, x=drawing.start, said=(("", nothing),))
        yield start
        for step, (stop, x) in enumerate(zip(layout.stops, drawing.steps, strict=True)):
            said = [
                (side.name, mark.sentence)
                for side in layout.sides
                for mark in side.marks
                if mark.step == step
            ]
            at = "time unknown" if step in layout.timeless else seconds(stop.at_ns)
            if layout.counted:
                at = f"choice {when(layout, stop.at_ns)}"
            yield replace(
                start,
                step=step,
                at_ns=stop.at_ns,
                at=at,
                x=x,
                said=tuple(said),
                differs=stop.differs,
            )

    def shares(self) -> Shares:
        """Return what was given."""
        return self._layout.name, self._shares

    def go(self, index: int, at_ns: int) -> None:
        """Stay: every place is in the view."""
