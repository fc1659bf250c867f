"""The cover: take a CPU away from two machines, and see what a slow guest makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from typing import Any

import anywidget
import traitlets

from kit.common.errors import UserError
from kit.views.cover.picture import cover_style, cover_svg, cover_words
from kit.views.cover.scene import CoverScene
from kit.views.escape import Html
from kit.views.html.print_form import PrintForm, aside, printed
from kit.views.html.still import lasting
from kit.views.tokens import stylesheet

__all__ = ["CoverWidget"]

_SCRIPT = resources.files("kit.views.widgets").joinpath("cover.js").read_text(encoding="utf-8")


class CoverWidget(anywidget.AnyWidget):
    """A button, a handle for the guest's time, and the picture; the browser plays it alone.

    Args:
        scenes: One for each second of the handle, in their order.
        delay_s: Where the handle stands at first.
    """

    _esm = _SCRIPT
    _css = str(stylesheet())  # it may be the first widget of a page
    pictures = traitlets.List(traitlets.Unicode()).tag(sync=True)
    sheet = traitlets.Unicode().tag(sync=True)  # "style" is ipywidgets' own
    delays = traitlets.List(traitlets.Int()).tag(sync=True)
    delay = traitlets.Int().tag(sync=True)

    def __init__(self, scenes: Sequence[CoverScene], delay_s: int) -> None:
        shown = [scene for scene in scenes if scene.delay_s == delay_s]
        if not shown:
            first, last = scenes[0].delay_s, scenes[-1].delay_s
            raise UserError(f"delay {delay_s}: expected {first} to {last} seconds")
        self._shown = shown[0]
        super().__init__(
            pictures=[str(cover_svg(scene, style=False)) for scene in scenes],
            sheet=str(cover_style()),
            delays=[scenes[0].delay_s, scenes[-1].delay_s],
            delay=delay_s,
        )

    @property
    def svg(self) -> Html:
        """The picture of the first position of the handle."""
        return cover_svg(self._shown)

    def _repr_print_(self) -> PrintForm:
        return printed(
            aside("On a screen you choose here how many seconds the guest needs, from 1 to 30.")
        )

    def _repr_mimebundle_(
        self, **kwargs: dict[Any, Any]
    ) -> tuple[dict[Any, Any], dict[Any, Any]] | None:
        bundle = super()._repr_mimebundle_(**kwargs)
        return lasting(bundle, cover_words(self._shown), self.svg)
