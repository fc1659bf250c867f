"""A page that plays: a cockpit with everything that its buttons could ask a kernel for.

The page is one file. Its content security policy lets its one script run and forbids every request,
so it may lie on a disk, come with a mail, or stand in a frame. Without script it is the still
picture and the events. It prints in the same form.
"""

from __future__ import annotations

import json
import zlib
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from importlib import resources
from typing import Any

from kit.common.errors import UserError
from kit.explorer.graph import Graph
from kit.views.cockpit.view import Button, Desk, Size, Tab, View, shown
from kit.views.escape import Html
from kit.views.page.futures import futures_data
from kit.views.reports.picture_page import StillPage
from kit.views.template import page
from kit.views.tokens import stylesheet, token_rules

__all__ = ["Story", "hash_of", "packed", "script_of", "story_data", "story_page"]

WIDTHS = (960, 720)  # of the prepared pictures; the first is what a page begins with
HIGHEST = 470
_SHARED = ("text", "mail", "svg")


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What a page plays.

    ``asked`` is the view of the same run before it is played, with the question that *Predict
    first* asks; None: there is no question. ``token`` opens the run again; empty: there is none.
    ``graphs`` are what could happen next, at each revision.
    """

    still: StillPage
    desk: Desk
    asked: View | None = None
    token: str = ""
    graphs: tuple[Graph, ...] = ()


def story_page(story: Story) -> Html:
    """Return a self-contained page of HTML that plays *story*."""
    more = ["page/futures.js"] if story.graphs else []
    script = script_of("html/cockpit.js", *more, "page/story.js", "page/alone.js")
    return page(
        "views/page/story.html.jinja",
        still=story.still,
        styles=token_rules() + _read("page/story.css"),
        hash=hash_of(script),
        data=packed(
            {
                **story_data(story.desk, story.asked, story.token),
                # only what plays needs it: packed, it is a quarter of the size
                "styles": stylesheet() + token_rules(),
            }
        ),
        futures=packed(futures_data(story.graphs)) if story.graphs else "",
        script=script,
    )


def packed(data: Any) -> str:  # noqa: ANN401 - JSON data
    """Return JSON data as a page carries it: deflated, in base64."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode()
    return b64encode(squeeze.compress(text) + squeeze.flush()).decode()


def hash_of(script: Html) -> str:
    """Return the hash by which a content security policy allows a script."""
    return b64encode(sha256(script.encode()).digest()).decode()


def script_of(*names: str) -> Html:
    """Return scripts of the views as one, without comments and margins."""
    lines = (line.strip() for name in names for line in _read(name).splitlines())
    text = Html("\n").join(line for line in lines if line and not line.startswith("//"))
    assert "</script" not in text, "a script would end there"
    return text


def _read(name: str) -> Html:
    return Html(resources.files("kit.views").joinpath(name).read_text(encoding="utf-8"))


def story_data(
    desk: Desk, asked: View | None = None, token: str = "", *, asks: bool = False
) -> dict[str, Any]:
    """Return a cockpit as data that plays without a kernel.

    *asked* and *token* are those of a `Story`. *asks*: begin with the question.
    """
    views = [_stripped(desk.view(Size(width, HIGHEST)), token) for width in WIDTHS]
    view = views[0]
    codes = list(_codes(desk, view))
    texts = list(dict.fromkeys(codes))
    question = _asked(asked)
    return {
        "view": view.json(),
        "pictures": [
            {"picture": one.picture, "xs": [place.x for place in one.places]} for one in views
        ],
        "codes": {"texts": texts, "at": [texts.index(html) for html in codes]},
        "source": desk.code().source,
        "shares": dict(_shares(desk, token)),
        "asked": question,
        "asks": asks and question is not None,
    }


def _stripped(view: View, token: str) -> View:
    """Return a view without the buttons that only a kernel can answer."""
    tabs = tuple(_tab(tab, token) for tab in view.tabs if tab.kind or not tab.buttons)
    heads = tuple(replace(head, moves=False) for head in view.heads)
    return replace(view, heads=heads, pairs=(), actions=(), beside=(), menu=(), tabs=tabs)


def _tab(tab: Tab, token: str) -> Tab:
    if tab.kind != "share" or not token:
        return tab
    more = Button(do="share", value="token", words="Copy the token", tip="Copy what kit open takes")
    return replace(tab, buttons=(*tab.buttons, more))


def _codes(desk: Desk, view: View) -> Iterator[Html]:
    for index, place in enumerate(view.places):
        desk.go(index, place.at_ns)
        yield desk.code().html


def _shares(desk: Desk, token: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield each text that the page can give, with the name of its file."""
    for what in _SHARED:
        try:
            yield what, shown(desk.share(what))
        except UserError:
            continue  # this desk has no such text, and no button for it
    yield "token", ("token", token)


def _asked(view: View | None) -> dict[str, Any] | None:
    if view is None or view.question is None:
        return None
    return {"question": shown(asdict(view.question)), "veil": view.veil, "look": ""}
