"""The small pieces that the kit's widgets are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import wraps
from importlib import resources
from threading import RLock
from typing import Any, ParamSpec, TypeVar

import anywidget
import ipywidgets as widgets
from traitlets import Dict, validate

from kit.common.errors import KitError
from kit.views.escape import Html
from kit.views.html.figure import pictured, style_html
from kit.views.html.print_form import PrintForm, printed
from kit.views.html.still import lasting

__all__ = [
    "Card",
    "HtmlView",
    "InPage",
    "Shown",
    "button",
    "guarded",
    "in_turn",
    "label",
    "press",
    "row",
    "say_html",
]

P = ParamSpec("P")
R = TypeVar("R")
_TURN = RLock()
_EMPTY = Html()


class HtmlView(widgets.HTML):  # type: ignore[misc]  # ipywidgets ships no types
    """A widget for HTML. It refuses text, so that text is never shown unescaped."""

    def __init__(self, html: Html = _EMPTY) -> None:
        super().__init__(html)

    @validate("value")
    def _only_html(self, proposal: dict[str, object]) -> object:
        if not isinstance(proposal["value"], Html):
            raise TypeError("text was put in the place of HTML: put it into an Html")
        return proposal["value"]


def in_turn(callback: Callable[P, R]) -> Callable[P, R]:
    """Wrap a callback, so that it waits for the others.

    JupyterLab handles clicks in several threads of the kernel (subshells). Without this, a click
    could use a model that another click is changing.
    """

    @wraps(callback)
    def called(*args: P.args, **kwargs: P.kwargs) -> R:
        with _TURN:
            return callback(*args, **kwargs)

    return called


def guarded(action: Callable[[], object], say: Callable[[str], None]) -> Callable[[object], None]:
    """Wrap a callback in turn, and say its errors, which ipywidgets would swallow."""

    @in_turn
    def clicked(_: object) -> None:
        try:
            action()
        except KitError as error:
            say(str(error))
        except Exception as error:  # noqa: BLE001 - shown to the person who clicked
            say(f"This click failed: {error or type(error).__name__}")

    return clicked


def button(words: str, tooltip: str, clicked: Callable[[object], None]) -> widgets.Button:
    """Return a button. It is never disabled, so keyboard focus is never lost."""
    made = widgets.Button(description=words, tooltip=tooltip)
    made.on_click(clicked)
    return made


def press(made: widgets.Button, *, on: bool) -> None:
    """Show a toggle as pressed, or not."""
    if on != ("kit-chosen" in made._dom_classes):  # each change is a message to the browser
        (made.add_class if on else made.remove_class)("kit-chosen")


class InPage(anywidget.AnyWidget):
    """Tells the page what the widget around it is: which toggles are pressed, where the learner is.

    The widget's keys never reach JupyterLab, and arrows go from button to button.
    It is not seen. ``place`` is where the learner is, as JSON data; empty, nobody keeps it.
    ``come_back`` takes a place of another kernel.
    """

    _esm = resources.files("kit.views.html").joinpath("in_page.js").read_text(encoding="utf-8")
    place = Dict().tag(sync=True)

    def __init__(self, come_back: Callable[[Mapping[str, Any]], None] | None = None) -> None:
        """Start with no place."""
        super().__init__()
        self._come_back = come_back
        self.on_msg(self._heard)

    @in_turn
    def _heard(self, _widget: object, content: Any, _buffers: object) -> None:  # noqa: ANN401
        self.answer(content)

    def answer(self, content: object) -> None:
        """Come back to the place that a browser sends; to none that is not the widget's."""
        place = content.get("place") if isinstance(content, dict) else None
        if self._come_back is None or not isinstance(place, dict):
            return
        with suppress(KitError, KeyError, TypeError, ValueError):  # another kit's, or none of ours
            self._come_back(place)


def label(words: str) -> HtmlView:
    """Return a label in front of a group of buttons."""
    return HtmlView(Html('<span class="kit-label">{}</span>').format(words))


def row(children: list[widgets.Widget], *styles: str) -> widgets.HBox:
    """Return children beside each other."""
    box = widgets.HBox(children)
    for style in styles:
        box.add_class(style)
    return box


def say_html(words: str) -> Html:
    """Return a line that a screen reader reads out when it changes. Empty, it takes no room.

    What stands between backticks is code.
    """
    style = "kit-verdict" if words else ""
    return Html('<div class="{}" role="status" aria-live="polite">{}</div>').format(
        style, Html.coded(words)
    )


class Shown(widgets.VBox):  # type: ignore[misc]  # ipywidgets ships no types
    """A widget that shows itself as a picture or as text where there are no widgets."""

    svg = Html()

    @property
    def text(self) -> str:
        """The content as plain text."""
        raise NotImplementedError

    def _repr_print_(self) -> PrintForm:
        drawn = pictured(self.svg) if self.svg else Html()
        return printed(Html('{}<pre class="kit-message">{}</pre>').format(drawn, self.text))

    def _repr_mimebundle_(self, **kwargs: object) -> object:
        return lasting(super()._repr_mimebundle_(**kwargs), self.text, self.svg)

    def __repr__(self) -> str:
        """Return the content as plain text."""
        return self.text


class Card(Shown):
    """A widget of several parts. Its ``_status`` says what a click does, or why it did nothing."""

    _status: HtmlView

    def __init__(self, style: str, parts: Sequence[widgets.Widget]) -> None:
        self._page = InPage(self._come_back)
        super().__init__([HtmlView(style_html()), *parts, self._page])
        self.add_class("kit")
        self.add_class(style)

    def _come_back(self, place: Mapping[str, Any]) -> None:
        """Come back to a place of another kernel: what was given to ``_page.place``."""

    def _guarded(self, action: Callable[[], object]) -> Callable[[object], None]:
        return guarded(action, self._say)

    def _button(self, words: str, tooltip: str, action: Callable[[], object]) -> widgets.Button:
        return button(words, tooltip, self._guarded(action))

    def _toggle(self, words: str, tooltip: str, action: Callable[[], object]) -> widgets.Button:
        """Return a button that is pressed or not; `press` says which, and `InPage` tells of it."""
        made = self._button(words, tooltip, action)
        made.add_class("kit-toggle")
        return made

    def _say(self, words: str) -> None:
        self._status.value = say_html(words)
