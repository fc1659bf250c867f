"""Buttons that copy or save a picture as text, as a mail, or as SVG. Nothing is sent anywhere.

Each text is written on request. The browser copies or saves it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import resources
from typing import Any

import anywidget

from kit.common.errors import KitError
from kit.views.widgets.base import in_turn

__all__ = ["ShareBar"]

_SCRIPT = resources.files("kit.views.widgets").joinpath("share.js").read_text(encoding="utf-8")


class ShareBar(anywidget.AnyWidget):
    """Three buttons. ``writers`` write the texts, ``name`` returns the name of a saved file."""

    _esm = _SCRIPT

    def __init__(self, writers: Mapping[str, Callable[[], str]], name: Callable[[], str]) -> None:
        """Keep what writes "text", "mail" and "svg"."""
        self._writers, self._name = writers, name
        super().__init__()
        self.on_msg(self._wanted)

    def answer(self, wanted: object) -> dict[str, str]:
        """Return the reply to a browser that asks for *wanted*."""
        if not isinstance(wanted, str) or wanted not in self._writers:
            return {"error": f"no {wanted!r} here"[:80]}
        try:
            return {"what": wanted, "name": self._name(), "text": self._writers[wanted]()}
        except KitError as error:
            return {"error": str(error)}

    @in_turn
    def _wanted(self, _widget: object, content: Any, _buffers: object) -> None:  # noqa: ANN401
        wanted = content.get("want") if isinstance(content, dict) else None
        self.send(self.answer(wanted))
