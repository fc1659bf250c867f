"""The Markdown of lessons as HTML for a page. mistune reads it, and HTML in it is text.

Lessons have two extras. ``<details>`` with a ``<summary>`` stays a fold, but solutions are left
out. A word of the glossary links to a list on the same page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import mistune
from mistune.core import BlockState

from kit.common.plain_text import printable
from kit.views.escape import Html
from kit.views.html.print_form import wide

__all__ = ["LessonText", "Resolve", "heading_of", "is_solution", "slug"]

Resolve = Callable[[str], str | None]
"""Returns where a link of the source leads in the pages, or None where that is not among them."""

_FOLDS = re.compile(r"(</?details>|<summary>.*?</summary>)", re.DOTALL)
_SOLUTION = re.compile(r"\b(solution|answer|explanation|why)s?\b", re.IGNORECASE)
_WORD = re.compile(r"(?:.*/)?glossary\.md#(.+)")
_OUTSIDE = ("https://", "http://")


def is_solution(title: str) -> bool:
    """Does the title of a fold name the answer?"""
    return _SOLUTION.search(title) is not None


def slug(words: str) -> str:
    """Return a name for a place in a page."""
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-") or "here"


def heading_of(text: str) -> str:
    """Return the first heading of a Markdown text as plain words; empty if there is none."""
    tokens = mistune.create_markdown(renderer="ast")(text)
    assert isinstance(tokens, list)
    found = (token for token in tokens if token["type"] == "heading")
    return next(("".join(_raw(token)) for token in found), "")


def _raw(token: dict[str, Any]) -> Iterator[str]:
    yield str(token.get("raw", ""))
    for child in token.get("children", ()):
        yield from _raw(child)


@dataclass(slots=True)
class LessonText:
    """Writes the texts of one page.

    ``words`` collects the glossary words on the page with their meanings, ``hints`` the folds that
    are hints, as (heading above it, HTML).
    """

    resolve: Resolve
    words: dict[str, str] = field(default_factory=dict)
    hints: list[tuple[str, Html]] = field(default_factory=list)
    section: str = ""
    attached: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    _places: set[str] = field(default_factory=lambda: {"words"})

    def place(self, words: str) -> str:
        """Return a unique name for a place in the page."""
        name, count = slug(words), 1
        while name in self._places:
            count += 1
            name = f"{slug(words)}-{count}"
        self._places.add(name)
        return name

    def html(self, text: str, attached: Mapping[str, Mapping[str, str]] | None = None) -> Html:
        """Return one text as HTML; *attached* are its pictures, as a notebook's cell has them."""
        self.attached = attached or {}
        write = mistune.create_markdown(
            escape=True, renderer=_Renderer(self), plugins=["table", "strikethrough"]
        )
        write.before_render_hooks.append(_fold)
        found = write("\n".join(map(printable, text.split("\n"))))
        assert isinstance(found, str)
        return Html(found)

    def link(self, words: Html, url: str, title: str | None) -> Html:
        """Return a link, or only its words if the reader does not have its target."""
        if url.startswith(_OUTSIDE):
            return Html('<a class="kit-outside" href="{}" rel="noreferrer">{}</a>').format(
                url, words
            )
        if title and (word := _WORD.fullmatch(url)):
            self.words[word[1]] = title
            return Html('<a class="kit-word" href="#word-{}">{}</a>').format(slug(word[1]), words)
        there = self.resolve(url)
        if there is not None:
            return Html('<a href="{}">{}</a>').format(there, words)
        name = url.rpartition("../")[2].partition("#")[0]
        if name.endswith(".md"):
            return Html('{} <span class="kit-soft">({})</span>').format(words, name)
        return words


def _fold(_: mistune.Markdown, state: BlockState) -> None:
    """Turn text between <details> and </details> into tokens, which mistune leaves as text."""
    top: list[dict[str, Any]] = []
    stack: list[list[dict[str, Any]]] = [top]
    folds: list[dict[str, Any]] = []
    for piece in _pieces(state.tokens):
        if piece == "<details>":
            folds.append({"type": "fold", "children": [], "attrs": {"title": ""}})
            stack[-1].append(folds[-1])
            stack.append(folds[-1]["children"])
        elif piece == "</details>" and folds:
            folds.pop()
            stack.pop()
        elif isinstance(piece, str):
            if folds and piece.startswith("<summary>"):
                folds[-1]["attrs"]["title"] = re.sub(r"<[^>]*>", "", piece).strip()
            elif piece.strip():
                stack[-1].append({"type": "block_html", "raw": piece})
        else:
            stack[-1].append(piece)
    state.tokens = _without_solutions(top)


def _pieces(tokens: list[dict[str, Any]]) -> Iterator[str | dict[str, Any]]:
    for token in tokens:
        if token["type"] == "block_html":
            yield from _FOLDS.split(token["raw"])
        else:
            yield token


def _without_solutions(tokens: list[dict[str, Any]]) -> list[dict[str, Any]]:
    kept = []
    for token in tokens:
        if token["type"] == "fold":
            if is_solution(token["attrs"]["title"]):
                continue
            token["children"] = _without_solutions(token["children"])
        kept.append(token)
    return kept


_IMAGES = ("image/svg+xml", "image/png", "image/jpeg")
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")


class _Renderer(mistune.HTMLRenderer):
    """Writes HTML. HTML in the source is text."""

    def __init__(self, page: LessonText) -> None:
        super().__init__(escape=True)
        self._page = page

    def heading(self, text: str, level: int, **_: Any) -> Html:  # noqa: ANN401 - mistune's own
        words = re.sub(r"<[^>]*>", "", text)
        self._page.section = words
        return Html('<h{} id="{}">{}</h{}>\n').format(
            level, self._page.place(words), Html(text), level
        )

    def link(self, text: str, url: str, title: str | None = None) -> Html:
        return self._page.link(Html(text), url, title)

    def image(self, text: str, url: str, title: str | None = None) -> str:  # noqa: ARG002
        for kind, coded in self._page.attached.get(url.removeprefix("attachment:"), {}).items():
            coded = "".join(coded)  # a notebook may hold it as lines
            if kind in _IMAGES and _BASE64.fullmatch(coded):
                return Html('<img alt="{}" src="data:{};base64,{}">').format(text, kind, coded)
        return f"[{text}]"  # a page has no other file beside it

    def block_code(self, code: str, info: str | None = None) -> Html:  # noqa: ARG002
        return Html('<pre tabindex="0" role="region" aria-label="text">{}</pre>\n').format(code)

    def table(self, text: str) -> Html:
        return Html("{}\n").format(wide(Html("<table>{}</table>").format(Html(text))))

    def block_html(self, html: str) -> Html:
        return Html("<p>{}</p>\n").format(html.strip())

    def fold(self, text: str, title: str) -> Html:
        """Return a fold. Hints are marked, for print."""
        name, inner = title or "more", Html(text)
        if "hint" not in name.lower():
            return Html("<details><summary>{}</summary>\n{}</details>\n").format(name, inner)
        self._page.hints.append((self._page.section, inner))
        return Html('<details class="kit-hint"><summary>{}</summary>\n{}</details>\n').format(
            name, inner
        )
