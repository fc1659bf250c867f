"""What the tests of widgets look at: everything inside one, its words, its buttons."""

from __future__ import annotations

from collections.abc import Iterator

import ipywidgets as widgets

from kit.views.widgets.base import InPage


def inside(widget: widgets.Widget) -> Iterator[widgets.Widget]:
    """A widget and all that is in it."""
    yield widget
    for child in getattr(widget, "children", ()):
        yield from inside(child)


def shown(widget: widgets.Widget) -> str:
    """All HTML in a widget."""
    return "\n".join(w.value for w in inside(widget) if isinstance(w, widgets.HTML))


def button(widget: widgets.Widget, words: str) -> widgets.Button:
    """The first button with these words."""
    return next(
        w for w in inside(widget) if isinstance(w, widgets.Button) and w.description == words
    )


def click(widget: widgets.Widget, *names: str) -> None:
    """Press buttons, one after the other."""
    for words in names:
        button(widget, words).click()


def place_of(widget: widgets.Widget) -> InPage:
    """What keeps a widget's place."""
    return next(one for one in widget.children if isinstance(one, InPage))


UNSEEN = {"InPage"}
"""Widgets that nobody sees or presses."""
KEYBOARD = UNSEEN | {
    *("VBox", "HBox", "HtmlView", "Button", "IntSlider", "BoundedIntText", "BoundedFloatText"),
}
"""The widgets that JupyterLab leaves their keys, and those that nobody presses."""
