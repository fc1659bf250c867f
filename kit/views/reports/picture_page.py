"""A picture as a page that needs nothing else, and as PNG."""

from __future__ import annotations

import re

from kit.common.errors import UserError
from kit.simulation.run import Pair, Run
from kit.simulation.token import token_of
from kit.views.diagram.layout import Layout
from kit.views.diagram.svg import picture_svg
from kit.views.escape import escape
from kit.views.reports.run import event_lines, meaning_lines

__all__ = ["page_of", "picture_page", "picture_png"]

PNG_WIDTH = 1720  # twice the picture's own units, so that small letters are sharp
_VARIABLE = re.compile(r"var\(--[a-z-]+, (#[0-9a-f]{6})\)")

_STYLE = """
:root { color-scheme: light dark; --kit-ink: #1f2328; --kit-soft: #57606a; --kit-line: #d0d7de;
  --kit-paper: #ffffff; --kit-hold: #2f6db3; --kit-wait: #9a6200; --kit-bad: #b3261e;
  --kit-good: #1a7040; }
@media screen and (prefers-color-scheme: dark) { :root { --kit-ink: #e6e6e6; --kit-soft: #b3bac2;
  --kit-line: #5a5f66; --kit-paper: #111111; --kit-hold: #7db4f0; --kit-wait: #e8b44c;
  --kit-bad: #ff8a80; --kit-good: #6fd08c; } }
body { color: var(--kit-ink); background: var(--kit-paper); max-width: 1000px; margin: 16px auto;
  padding: 0 12px; font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 21px; }
svg { display: block; width: 100%; min-width: 640px; height: auto; }
.scroll { overflow-x: auto; }
pre { font: 13px/1.5 monospace; overflow-x: auto; }
"""


def picture_page(played: Run | Pair) -> str:
    """Return a run or a pair as HTML: the picture, what it means, every event, the token."""
    run = played if isinstance(played, Run) else played.before
    title = escape(f"{run.scenario.name}: {run.scenario.title}")
    meaning = "".join(
        f"<p>{escape(line)}</p>" for line in meaning_lines(played, 10_000, unicode=True)
    )
    events = escape("\n".join(event_lines(played, 110, unicode=True)))
    token = f"<p>Token: <code>{escape(token_of(played))}</code></p>"
    return page_of(title, picture_svg(played), meaning, events, token)


def page_of(title: str, drawn: str, meaning: str, events: str, last: str) -> str:
    """Return a page of HTML; all of it must be escaped already."""
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head>\n<body><main><h1>{title}</h1>\n"
        '<div class="scroll" tabindex="0" role="group" aria-label="picture">'
        f"{drawn}</div>\n{meaning}\n"
        f'<h2>Every event</h2><pre tabindex="0">{events}</pre>\n'
        f"{last}</main></body></html>"
    )


def picture_png(played: Run | Pair | Layout) -> bytes:
    """Return a run or a pair as PNG, in the light colours.

    Raises:
        UserError: What draws it is not installed.
    """
    try:
        import resvg_py  # an extra: only who wants a PNG needs it
    except ImportError:
        raise UserError(
            "--format png: resvg-py is not installed; pip install resvg-py, or use --format svg"
        ) from None
    # resvg knows no CSS variables
    light = _VARIABLE.sub(r"\1", picture_svg(played))
    return bytes(resvg_py.svg_to_bytes(svg_string=light, width=PNG_WIDTH))
