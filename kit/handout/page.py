"""A lesson as one page of HTML that needs nothing else: no script, no network, paper will do.

Whatever comes from a cell is escaped, but for what the kit's own views wrote for paper.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from kit.common.plain_text import printable
from kit.handout.markdown import LessonText, Resolve, heading_of, slug
from kit.views.diagram.legend import legend_html
from kit.views.escape import escape
from kit.views.html.exercise_hints import HINTS
from kit.views.html.figure import stylesheet
from kit.views.html.print_base import PAPER, RUN_PICTURE

__all__ = ["GENERATOR", "PageLink", "index_page", "lesson_page", "text_page", "title_of"]

GENERATOR = '<meta name="generator" content="unplug-kit handout">'
"""By this a page of ours is known; it stands in its first lines."""

_SAFE = (
    '<meta http-equiv="Content-Security-Policy"'
    " content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">"
)
GUESS = "you said"
"""By this what a cell prints of a guess is known."""

_GUESSED = re.compile(rf"\b{GUESS}\s+[^\s;]+(?: s\b)?;?\s*(?:right|QEMU:)?\s*")
_IMAGES = ("image/svg+xml", "image/png", "image/jpeg")
_Cell = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PageLink:
    """A page as others link to it: its file and its heading."""

    file: str
    title: str


def lesson_page(
    cells: Sequence[_Cell],
    resolve: Resolve,
    made_of: str,
    links: Sequence[tuple[str, PageLink]] = (),
) -> str:
    """Write the cells of a lesson that was executed.

    Args:
        cells: As nbformat has them.
        resolve: Where a link of the lesson leads.
        made_of: Which lesson, and which history it was executed on; stands at the end.
        links: Pages beside it, each with what it is to this one.
    """
    page = LessonText(resolve)
    hints: list[tuple[str, str]] = []
    compared: list[str] = []
    parts = []
    for cell in cells:
        if cell["cell_type"] == "markdown":
            parts.append(page.html(cell["source"]))
        elif cell["cell_type"] == "code":
            parts.append(_code(cell, compared))
            hints += _hints_of(cell)
    first = next((n for n, part in enumerate(parts) if RUN_PICTURE in part), None)
    if first is not None:
        parts.insert(first, legend_html("".join(part for part in parts if RUN_PICTURE in part)))
    parts = _once(parts)
    main = [*parts, _words(page.words), _last_sheet([*hints, *page.hints], compared)]
    return _page(title_of(cells), "".join(main), made_of, links)


def title_of(cells: Sequence[_Cell]) -> str:
    """Return a lesson's heading."""
    texts = (cell["source"] for cell in cells if cell["cell_type"] == "markdown")
    return next((found for text in texts if (found := heading_of(text))), "a lesson")


def text_page(
    text: str, resolve: Resolve, made_of: str, links: Sequence[tuple[str, PageLink]]
) -> str:
    """Write a page of the documentation."""
    return _page(heading_of(text), LessonText(resolve).html(text), made_of, links)


def index_page(entries: Sequence[PageLink], others: Sequence[PageLink], made_of: str) -> str:
    """Write the page that leads to all others."""
    lessons = "".join(
        f'<li><a href="{escape(one.file)}">{escape(one.title)}</a></li>' for one in entries
    )
    also = "".join(
        f'<li><a href="{escape(one.file)}">{escape(one.title)}</a></li>' for one in others
    )
    body = (
        "<h1>The unplug kit: hand-outs</h1><p>Each lesson as a page to read on a screen or on"
        " paper; nothing needs to be installed for it.</p>"
        f'<h2>Lessons</h2><ul class="kit-contents">{lessons}</ul>'
        + (f"<h2>Beside them</h2><ul>{also}</ul>" if also else "")
    )
    return _page("The unplug kit: hand-outs", body, made_of, ())


def _page(title: str, main: str, made_of: str, links: Sequence[tuple[str, PageLink]]) -> str:
    own = resources.files("kit.handout").joinpath("handout.css").read_text(encoding="utf-8")
    ways = "".join(
        f'<a href="{escape(there.file)}">{escape(f"{words}: {there.title}")}</a>'
        for words, there in links
    )
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">{GENERATOR}{_SAFE}'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title>\n<style>\n{stylesheet()}\n{own}{_running(title)}</style>"
        "</head>\n<body>"
        + (f'<nav aria-label="pages">{ways}</nav>' if ways else "")
        + f"<main>\n{main}</main>\n<footer>{escape(made_of)}</footer></body></html>\n"
    )


def _running(title: str) -> str:
    """The title at the head of each sheet but the first, which has it as its heading."""
    plain = re.sub(r"[^\w .,:?!()'’-]", " ", title)  # within CSS nothing else is only a letter
    return (
        "@media print { @page { @top-left {"
        f' content: "{plain.replace(chr(39), chr(0x2019))}"; }} }}'
        " @page :first { @top-left { content: none; } } }\n"
    )


def _once(parts: Sequence[str]) -> list[str]:
    """Leave out what is said of a widget or a revision where the page has said it already."""
    seen: set[str] = set()

    def first(found: re.Match[str]) -> str:
        if found[0] in seen:
            return ""
        seen.add(found[0])
        return found[0]

    return [_SAID.sub(first, part) if 'class="kit kit-paper' in part else part for part in parts]


# in text < is escaped, so only tags of ours match
_SAID = re.compile(
    r'<p class="kit-soft kit-aside">[^<]*</p>|<span class="kit-soft kit-about">[^<]*</span>'
)

# -- cells ---------------------------------------------------------------------------------------


def _code(cell: _Cell, compared: list[str]) -> str:
    """What a cell shows, and its code: folded where it only calls for what is shown.

    What it prints of a guess is put into *compared*.
    """
    shown = "".join(_outputs(cell["outputs"], compared))
    source = f'<pre class="kit-code" tabindex="0">{escape(cell["source"])}</pre>'
    if any(PAPER in output.get("data", {}) for output in cell["outputs"]):
        return f'<details class="kit-folded"><summary>code</summary>{source}</details>\n{shown}\n'
    return f"{source}\n{shown}\n"


def _outputs(outputs: Sequence[_Cell], compared: list[str]) -> Iterator[str]:
    """What was printed is one text, in however many pieces the kernel sent it."""
    printed = ""
    for output in outputs:
        if output["output_type"] == "stream":
            printed += output["text"] if output["name"] == "stdout" else ""
            continue
        yield _printed(printed, compared)
        printed = ""
        if "data" in output:
            yield _shown(output["data"])
    yield _printed(printed, compared)


def _shown(data: Mapping[str, Any]) -> str:
    """The form that suits paper best; HTML of others is never trusted, and an image is an image."""
    if PAPER in data:
        return str(data[PAPER])
    words = str(data.get("text/plain", ""))
    for kind in _IMAGES:
        if kind in data:
            raw = data[kind]
            coded = b64encode(raw.encode()).decode() if kind == "image/svg+xml" else raw.strip()
            return f'<img alt="{escape(words)}" src="data:{kind};base64,{escape(coded)}">'
    return _text(words)


def _printed(words: str, compared: list[str]) -> str:
    """What a cell printed; of a guess that nobody made, room for it, and the rest on a last sheet.

    A lesson says ``you said``, the guess and what comes of it behind the case that it is about.
    """
    if GUESS not in words:
        return _text(words)
    lines = words.rstrip("\n").split("\n")
    room = [
        f"{line.partition(GUESS)[0].partition(':')[0].rstrip()}: I say ________" for line in lines
    ]
    compared.append(_text("\n".join(_GUESSED.sub("", line) for line in lines)))
    return _text("\n".join(room))


def _text(words: str) -> str:
    if not words.strip():
        return ""
    lines = "\n".join(map(printable, words.rstrip("\n").split("\n")))
    return f'<pre class="kit-output" tabindex="0">{escape(lines)}</pre>'


# -- at the end ----------------------------------------------------------------------------------


def _words(words: Mapping[str, str]) -> str:
    if not words:
        return ""
    items = "".join(
        f'<div><dt id="word-{slug(word)}">{escape(word)}</dt><dd>{escape(meaning)}</dd></div>'
        for word, meaning in words.items()
    )
    return f'<h2 id="words">Words</h2>\n<dl class="kit-words">{items}</dl>\n'


def _hints_of(cell: _Cell) -> Iterator[tuple[str, str]]:
    """The hints of the exercises that a cell shows, as (title, HTML)."""
    for output in cell["outputs"]:
        about = output.get("metadata", {}).get(PAPER, {})
        said = zip(HINTS, about.get("hints", ()), strict=False)
        words = "".join(f"<p>{escape(f'{name}: {hint}')}</p>" for name, hint in said)
        if words:
            yield about["title"], words


def _last_sheet(hints: Sequence[tuple[str, str]], compared: Sequence[str]) -> str:
    """All hints in small print on a sheet of their own: on a screen they are folded, in place.

    Below them what a guess is to be compared with.
    """
    parts = "".join(
        f"<section><strong>{escape(title)}</strong>{html}</section>" for title, html in hints
    )
    found = f'<div class="kit-only-print kit-hints"><h2>Hints</h2>{parts}</div>\n' if hints else ""
    if compared:
        found += f'<h2 class="kit-after">To compare your guesses with</h2>{"".join(compared)}'
    return found
