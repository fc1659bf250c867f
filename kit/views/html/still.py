"""What a widget leaves in a notebook: a picture or a text, and one line on how to make it live.

GitHub, nbviewer and a notebook without a kernel show this.  The kit's JupyterLab extension
(kit/lessons/jupyterlab/labextensions) knows such an output by its metadata.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from kit.views.diagram.svg_shapes import PAPER, SOFT, rect, text
from kit.views.escape import Html

__all__ = ["HOW", "STILL", "lasting"]

HOW = "To make this live, run the cell in JupyterLab: Shift+Enter."
STILL: Mapping[str, Any] = {"unplug-kit": {"lasts": True}}
"""The metadata of such an output."""

_LINE = 20.0  # the height of the line below a picture
_SIZE = re.compile(r'viewBox="0 0 (?P<width>[\d.]+) (?P<height>[\d.]+)"')


def lasting(
    bundle: Any,  # noqa: ANN401 - as ipywidgets has it: data, data with metadata, or None
    words: str,
    svg: Html,
) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Return a widget's bundle with its picture, if it has one, and its words.

    Both say how to make the widget live.
    """
    if bundle is None:
        return None
    data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
    data["text/plain"] = f"{words}\n\n{HOW}"
    if svg:
        data["image/svg+xml"] = _with_line(svg)
    return data, {**metadata, **STILL}


def _with_line(svg: Html) -> Html:
    """Return a picture that is one line higher, with the line in it."""
    size = _SIZE.search(svg)
    if size is None:
        return svg
    width, height = float(size["width"]), float(size["height"])
    higher = _SIZE.sub(f'viewBox="0 0 {width:g} {height + _LINE:g}"', svg, count=1)
    line = rect(0, height, width, _LINE, PAPER) + text(4, height + 14, HOW, fill=SOFT, size=12)
    return Html(f"{higher.rstrip().removesuffix('</svg>')}{line}</svg>")
