"""A picture as a self-contained page, and as PNG."""

from __future__ import annotations

import re
from collections.abc import Iterable

from kit.common.errors import UserError
from kit.simulation.run import Pair, Run
from kit.simulation.token import token_of
from kit.views.diagram.layout import Layout
from kit.views.diagram.svg import lone_svg
from kit.views.escape import Html
from kit.views.reports.run import event_lines, meaning_lines
from kit.views.template import page
from kit.views.tokens import token_rules

__all__ = ["page_of", "picture_page", "picture_png", "png_of"]

PNG_WIDTH = 1720  # twice the picture's own units, so that small letters are sharp
_VARIABLE = re.compile(r"var\(--[a-z-]+, (#[0-9a-f]{6})\)")


def picture_page(played: Run | Pair) -> Html:
    """Return a run or a pair as HTML: the picture, what it means, every event, the token."""
    run = played if isinstance(played, Run) else played.before
    title = f"{run.scenario.name}: {run.scenario.title}"
    meaning = meaning_lines(played, 10_000, unicode=True)
    events = event_lines(played, 110, unicode=True)
    token = Html("<p>Token: <code>{}</code></p>").format(token_of(played))
    return page_of(title, lone_svg(played, titled=False), meaning, events, token)


def page_of(
    title: str, drawn: Html, meaning: Iterable[str], events: Iterable[str], last: Html
) -> Html:
    """Return a page: a picture, its meaning, one sentence a paragraph, its events, one a line."""
    return page(
        "views/reports/picture_page.html.jinja",
        tokens=token_rules(":root"),
        title=title,
        drawn=drawn,
        meaning=meaning,
        events="\n".join(events),
        last=last,
    )


def picture_png(played: Run | Pair | Layout) -> bytes:
    """Return a run or a pair as PNG, in the light colours.

    Raises:
        UserError: What draws it is not installed.
    """
    return png_of(lone_svg(played))


def png_of(drawn: Html) -> bytes:
    """Return an SVG picture of the kit as PNG, in the light colours.

    Raises:
        UserError: What draws it is not installed.
    """
    try:
        import resvg_py  # an extra, needed only for PNG
    except ImportError:
        raise UserError(
            "--format png: resvg-py is not installed; pip install resvg-py, or use --format svg"
        ) from None
    light = _VARIABLE.sub(r"\1", drawn)  # resvg knows no CSS variables
    return bytes(resvg_py.svg_to_bytes(svg_string=light, width=PNG_WIDTH))
