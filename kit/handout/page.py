"""A lesson as one self-contained page of HTML: no script, no network, and ready to print.

Every output of a cell is escaped, except the print forms of the kit's own views.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from kit.common.plain_text import printable
from kit.course.exercise import HINTS
from kit.handout.markdown import LessonText, Resolve, heading_of, slug
from kit.handout.once import PrintedOnce
from kit.views.escape import Html
from kit.views.html.print_form import LIVE_MIME, PRINT_MIME
from kit.views.page.story import hash_of, script_of
from kit.views.template import page
from kit.views.tokens import stylesheet, token_rules

__all__ = ["GENERATOR", "PageLink", "index_page", "lesson_page", "text_page", "title_of"]

GENERATOR = Html('<meta name="generator" content="unplug-kit handout">')
"""It marks a page as ours, in its first lines."""

GUESS = "you said"
"""What every line about a guess has in it."""

_GUESSED = re.compile(rf"\b{GUESS}\s+[^\s;]+(?: s\b)?;?\s*(?:right|QEMU:)?\s*")
_IMAGES = ("image/svg+xml", "image/png", "image/jpeg")
_Cell = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PageLink:
    """A link to a page: its file and its heading."""

    file: str
    title: str


def lesson_page(
    cells: Sequence[_Cell],
    resolve: Resolve,
    made_of: str,
    links: Sequence[tuple[str, PageLink]] = (),
    *,
    live: bool = False,
    printed: PrintedOnce | None = None,
    file: str = "",
) -> Html:
    """Return the page of a lesson that was executed.

    *resolve* returns where a link of the lesson leads. *made_of*, at the end, names the lesson and
    its history. *links* are the pages beside it, each with what it is to this one. *live*: its
    pictures play, and its exercises can be answered in it. *printed* is what the pages before have
    printed, and *file* the page's own name.
    """
    texts = LessonText(resolve)
    hints: list[tuple[str, Html]] = []
    compared: list[Html] = []
    parts = []
    for cell in cells:
        if cell["cell_type"] == "markdown":
            parts.append(texts.html(cell["source"], cell.get("attachments")))
        elif cell["cell_type"] == "code":
            parts.append(_code(cell, compared, live))
            hints += _hints_of(cell)
    parts = (printed or PrintedOnce()).page(parts, file, _short_title(cells))
    main = [*parts, _glossary_html(texts.words), _last_sheet([*hints, *texts.hints], compared)]
    return _page(title_of(cells), Html().join(main), made_of, links, live=live)


def title_of(cells: Sequence[_Cell]) -> str:
    """Return a lesson's heading."""
    texts = (cell["source"] for cell in cells if cell["cell_type"] == "markdown")
    return next((found for text in texts if (found := heading_of(text))), "a lesson")


def _short_title(cells: Sequence[_Cell]) -> str:
    number = title_of(cells).partition(".")[0]
    return f"lesson {number}" if number.isdecimal() else "there"


def text_page(
    text: str, resolve: Resolve, made_of: str, links: Sequence[tuple[str, PageLink]]
) -> Html:
    """Return a page of the documentation."""
    return _page(heading_of(text), LessonText(resolve).html(text), made_of, links)


def index_page(entries: Sequence[PageLink], others: Sequence[PageLink], made_of: str) -> Html:
    """Return the page that links to all others."""
    body = page("handout/index.html.jinja", lessons=entries, others=others)
    return _page("The unplug kit: hand-outs", body, made_of, ())


def _page(
    title: str,
    main: Html,
    made_of: str,
    links: Sequence[tuple[str, PageLink]],
    *,
    live: bool = False,
) -> Html:
    script = script_of(*_SCRIPTS) if live else Html()
    own = resources.files("kit.handout").joinpath("handout.css").read_text(encoding="utf-8")
    return page(
        "handout/page.html.jinja",
        generator=GENERATOR,
        title=title,
        styles=stylesheet() + token_rules(),
        own=Html(own),
        running=_running(title),
        links=links,
        main=main,
        made_of=made_of,
        script=script,
        hash=hash_of(script),
    )


_SCRIPTS = ("html/cockpit.js", "page/story.js", "page/live.js")


def _running(title: str) -> str:
    """Return the title at the head of each sheet except the first, which has it as heading."""
    # within CSS each of these is harmless
    return re.sub(r"[^\w .,:?!()’-]", " ", title.replace("'", "’"))


def _code(cell: _Cell, compared: list[Html], live: bool) -> Html:
    """Return a cell's code and outputs. Code that only calls a view is folded.

    What it prints about a guess is appended to *compared*.
    """
    shown = Html().join(_outputs(cell["outputs"], compared, live))
    source = Html('<pre class="kit-code" tabindex="0">{}</pre>').format(cell["source"])
    if any(PRINT_MIME in output.get("data", {}) for output in cell["outputs"]):
        folded = Html('<details class="kit-folded"><summary>code</summary>{}</details>')
        source = folded.format(source)
    return Html("{}\n{}\n").format(source, shown)


def _outputs(outputs: Sequence[_Cell], compared: list[Html], live: bool) -> Iterator[Html]:
    """Yield the outputs. Printed pieces are joined, however the kernel sent them."""
    printed = ""
    for output in outputs:
        if output["output_type"] == "stream":
            printed += output["text"] if output["name"] == "stdout" else ""
            continue
        yield _printed(printed, compared)
        printed = ""
        if "data" in output:
            yield _live(output["data"]) if live else _shown(output["data"])
    yield _printed(printed, compared)


def _live(data: Mapping[str, Any]) -> Html:
    """Return what plays, with the form for print below it, which is shown without script."""
    still = _shown(data)
    if LIVE_MIME not in data:
        return still
    return Html(
        '<div class="kit-live"><script type="application/octet-stream">{}</script>'
        '<div class="kit-still">{}</div></div>'
    ).format(data[LIVE_MIME], still)


def _shown(data: Mapping[str, Any]) -> Html:
    """Return the output's best form for print. HTML of others is never trusted."""
    if PRINT_MIME in data:
        return Html(data[PRINT_MIME])
    words = str(data.get("text/plain", ""))
    for kind in _IMAGES:
        if kind in data:
            raw = data[kind]
            coded = b64encode(raw.encode()).decode() if kind == "image/svg+xml" else raw.strip()
            return Html('<img alt="{}" src="data:{};base64,{}">').format(words, kind, coded)
    return _text(words)


def _printed(words: str, compared: list[Html]) -> Html:
    """Return what a cell printed. For a guess, leave room and put the answer on a last sheet.

    A lesson prints ``you said``, the guess and the outcome after the case.
    """
    if GUESS not in words:
        return _text(words)
    lines = words.rstrip("\n").split("\n")
    room = [
        f"{line.partition(GUESS)[0].partition(':')[0].rstrip()}: I say ________" for line in lines
    ]
    compared.append(_text("\n".join(_GUESSED.sub("", line) for line in lines)))
    return _text("\n".join(room))


def _text(words: str) -> Html:
    if not words.strip():
        return Html()
    lines = "\n".join(map(printable, words.rstrip("\n").split("\n")))
    return Html('<pre class="kit-output" tabindex="0">{}</pre>').format(lines)


def _glossary_html(words: Mapping[str, str]) -> Html:
    items = Html('<div><dt id="word-{}">{}</dt><dd>{}</dd></div>').each(
        (slug(word), word, meaning) for word, meaning in words.items()
    )
    return Html('<h2 id="words">Words</h2>\n<dl class="kit-words">{}</dl>\n').around(items)


def _hints_of(cell: _Cell) -> Iterator[tuple[str, Html]]:
    """Yield the hints of a cell's exercises, as (title, HTML)."""
    for output in cell["outputs"]:
        about = output.get("metadata", {}).get(PRINT_MIME, {})
        hints = zip(HINTS, about.get("hints", ()), strict=False)
        words = Html("<p>{}: {}</p>").each(hints)
        if words:
            yield about["title"], words


def _last_sheet(hints: Sequence[tuple[str, Html]], compared: Sequence[Html]) -> Html:
    """Return all hints in small print on their own sheet, then the outcomes to compare with."""
    sheet = Html('<div class="kit-only-print kit-hints"><h2>Hints</h2>{}</div>\n')
    after = Html('<h2 class="kit-after">To compare your guesses with</h2>{}')
    return sheet.around(
        Html("<section><strong>{}</strong>{}</section>").each(hints)
    ) + after.around(Html().join(compared))
