"""A cockpit as a widget: the browser moves through the picture, the kernel answers the buttons.

What is shown is one JSON view (see `kit.views.cockpit.view`); going from event to event takes no
round trip. Every decision is the desk's. The widget keeps what was clicked, so that a browser can
have it clicked again in another kernel.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from importlib import resources
from typing import Any

import anywidget
from traitlets import Dict, List

from kit.common.errors import KitError
from kit.views.cockpit.view import USUAL, Desk, Size, shown
from kit.views.escape import Html
from kit.views.html.print_form import PrintForm
from kit.views.html.still import lasting
from kit.views.tokens import stylesheet
from kit.views.widgets.base import in_turn

__all__ = ["CockpitWidget"]

_SCRIPT = resources.files("kit.views.html").joinpath("cockpit.js").read_text(encoding="utf-8")
MIN_WIDTH, MAX_WIDTH, MAX_HEIGHT = 600, 1600, 2000  # of a picture
MAX_CLICKS = 500  # that are kept
_ONCE = ("use", "fetch", "real")  # these read, fetch or start something: never done again unasked
_LOST = "Not all that you did before could be done again here."


class CockpitWidget(anywidget.AnyWidget):
    """A desk in a notebook. Without widgets it shows itself as a picture and as text.

    ``print_form`` returns its form on paper.
    """

    _esm = _SCRIPT
    _css = str(stylesheet())
    view = Dict().tag(sync=True)
    code = Dict().tag(sync=True)
    # each: what it asks for, its value, index and time, or -1
    clicks: List[Any] = List().tag(sync=True)

    def __init__(self, desk: Desk, print_form: Callable[[], PrintForm]) -> None:
        self.desk, self._print_form, self._size = desk, print_form, USUAL
        super().__init__(view=desk.view(USUAL).json())
        self.on_msg(self._heard)

    def show(self, note: str = "") -> None:
        """Show the desk as it is now; *note* is what a click has to say."""
        view = self.desk.view(self._size).json()
        self.view = view | {"note": shown(note)} if note else view

    @in_turn
    def _heard(self, _widget: object, content: Any, _buffers: object) -> None:  # noqa: ANN401
        told = self.answer(content)
        if told:
            self.send(told)

    def answer(self, content: object) -> dict[str, str]:
        """Do what a message of the browser asks for; return what to send back, if anything."""
        if not isinstance(content, dict):
            return {}
        try:
            if "want" in content:
                return self._share(content["want"])
            if "again" in content:
                self._do_again(content["again"])
                return {"again": "done"}
            self._do(content)
        except KitError as error:
            self.show(str(error))
        except Exception as error:  # noqa: BLE001 - shown to the person who clicked
            self.show(f"This click failed: {error or type(error).__name__}")
        return {}

    def _share(self, what: object) -> dict[str, str]:
        try:
            name, text = self.desk.share(what if isinstance(what, str) else repr(what))
        except KitError as error:
            return {"error": str(error)}
        return {"what": str(what), "name": name, "text": text}

    def _do(self, content: dict[str, Any]) -> None:
        name, value = str(content.get("do", "")), str(content.get("value", ""))
        index, at_ns = -1, -1
        if content.get("story") == self.view["story"]:  # else the click was quicker than the answer
            index, at_ns = _whole(content.get("index")), _whole(content.get("at_ns"))
            self.desk.go(index, at_ns)
        if name == "look":
            self._read()
            return
        if name == "size":
            self._size = _size(value)
            self.view = self.desk.view(self._size).json() | {"resized": True}
        else:
            self.desk.do(name, value)
            self._keep(name, value, index, at_ns)
            self.show()
        if self.code:
            self._read()

    def _keep(self, name: str, value: str, index: int, at_ns: int) -> None:
        """Keep a click; without those that it makes meaningless."""
        before = self.clicks
        if name in _ONCE:
            return
        if name == "task":  # it begins at the start
            before = [click for click in before if click[0] == "task"]
        elif name == "go" and before and before[-1][0] == "go":
            before = before[:-1]
        self.clicks = [*before, [name, value, index, at_ns]][: MAX_CLICKS + 1]

    def _do_again(self, clicks: object) -> None:
        """Do what was clicked in another kernel, unless something was clicked in this one."""
        if self.clicks or not isinstance(clicks, list) or len(clicks) > MAX_CLICKS:
            return
        note = ""
        try:
            for name, value, index, at_ns in clicks:
                if name in _ONCE:
                    continue
                if _whole(index) >= 0:
                    self.desk.go(_whole(index), _whole(at_ns))
                self.desk.do(str(name), str(value))
                self._keep(str(name), str(value), _whole(index), _whole(at_ns))
        except (KitError, TypeError, ValueError):  # another kit's, or none of ours
            note = _LOST
        self.show(note)

    def _read(self) -> None:
        self.code = shown(asdict(self.desk.code()))

    @property
    def svg(self) -> Html:
        """The picture as it is now."""
        return self.desk.svg

    @property
    def text(self) -> str:
        """The content as plain text."""
        return self.desk.text

    def _repr_print_(self) -> PrintForm:
        return self._print_form()

    def _repr_mimebundle_(
        self,
        **kwargs: Any,  # noqa: ANN401 - as anywidget has it
    ) -> tuple[dict[Any, Any], dict[Any, Any]] | None:
        return lasting(super()._repr_mimebundle_(**kwargs), self.text, self.svg)

    def __repr__(self) -> str:
        """Return the content as plain text."""
        return self.text


def _size(words: str) -> Size:
    """Read a size that a browser sent, as "1040 470"."""
    wide, _, high = words.partition(" ")
    return Size(min(max(_whole(wide), MIN_WIDTH), MAX_WIDTH), min(max(_whole(high), 0), MAX_HEIGHT))


def _whole(number: object) -> int:
    """Return a number that a browser sent; 0 if it is none."""
    if isinstance(number, str) and number.isdecimal():
        return int(number)
    return int(number) if isinstance(number, int | float) else 0
