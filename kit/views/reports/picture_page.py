"""A picture as a self-contained page, and as PNG."""

from __future__ import annotations

import re
from dataclasses import dataclass

from kit.common.errors import UserError
from kit.simulation.run import Pair, Run
from kit.simulation.token import token_of
from kit.views.diagram.layout import Layout
from kit.views.diagram.svg import lone_svg
from kit.views.escape import Html
from kit.views.reports.run import event_lines, meaning_lines
from kit.views.template import page
from kit.views.tokens import token_rules

__all__ = ["StillPage", "page_of", "picture_png", "png_of", "still_page"]

PNG_WIDTH = 1720  # twice the picture's own units, so that small letters are sharp
_NOTHING = Html()
_VARIABLE = re.compile(r"var\(--[a-z-]+, (#[0-9a-f]{6})\)")


@dataclass(frozen=True, slots=True)
class StillPage:
    """A page that does not move: a picture, its meaning in sentences, its events, one a line."""

    title: str
    drawn: Html
    meaning: tuple[str, ...]
    events: str
    last: Html = _NOTHING


def still_page(played: Run | Pair) -> StillPage:
    """Return the page of a run or a pair: the picture, its meaning, every event, the token."""
    run = played.runs[0]
    return StillPage(
        title=f"{run.scenario.name}: {run.scenario.title}",
        drawn=lone_svg(played, titled=False),
        meaning=tuple(meaning_lines(played, 10_000, unicode=True)),
        events="\n".join(event_lines(played, 110, unicode=True)),
        last=Html("<p>Token: <code>{}</code></p>").format(token_of(played)),
    )


def page_of(still: StillPage) -> Html:
    """Return a page as self-contained HTML."""
    return page("views/reports/picture_page.html.jinja", tokens=token_rules(":root"), still=still)


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
