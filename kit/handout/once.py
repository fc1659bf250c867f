"""What a set of hand-outs prints once: a later place names the first, with a link.

A view marks a block by `kit.views.html.print_form.once`; blocks of equal words are the same.  Notes
on a revision and shapes of the legend are left out where they were printed before.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import sha256

from kit.views.diagram.legend import legend_html
from kit.views.escape import Html
from kit.views.html.print_form import ONCE, RUN_PICTURE

__all__ = ["PrintedOnce"]

# matches only our tags: text has no <
_ASIDE = re.compile(r'<p class="kit-soft kit-aside">[^<]*</p>')
_ABOUT = re.compile(r'<span class="kit-soft kit-about">[^<]*</span>')
_TAG = re.compile(r"<[^>]*>")
_SHAPE = re.compile(r"<span>([^<]*)</span>")


class PrintedOnce:
    """What the pages so far have printed. A page that stands alone has one of its own."""

    def __init__(self) -> None:
        self._blocks: dict[str, tuple[str, str]] = {}
        self._about: set[str] = set()
        self._shapes: set[str] = set()
        self._legend: tuple[str, str] | None = None

    def page(self, parts: Sequence[Html], file: str, title: str) -> list[Html]:
        """Return the parts of a page, with links in place of what was printed before.

        *file* is the page's name, *title* what a link to it says.
        """
        asides: set[str] = set()

        def first(seen: set[str], found: re.Match[str]) -> str:
            if found[0] in seen:
                return ""
            seen.add(found[0])
            return found[0]

        def block(found: re.Match[str]) -> str:
            return self._block(Html(found["what"]), Html(found["html"]), file, title)

        kept = []
        for part in self._with_legend(parts, file, title):
            if 'class="kit kit-paper' in part:
                short = _ASIDE.sub(lambda found: first(asides, found), part)
                short = _ABOUT.sub(lambda found: first(self._about, found), short)
                part = Html(ONCE.sub(block, short))
            kept.append(part)
        return kept

    def _block(self, what: Html, html: Html, file: str, title: str) -> Html:
        words = _TAG.sub("", html)  # what stands in bold need not be the same
        digest = sha256(words.encode()).hexdigest()[:12]
        if digest not in self._blocks:
            self._blocks[digest] = (file, title)
            return Html('<div id="once-{}">{}</div>').format(digest, html)
        there, name = self._blocks[digest]
        where = ("", "above") if there == file else (there, name)
        return Html(
            '<p class="kit-soft kit-elsewhere">{}: see <a href="{}#once-{}">{}</a>.</p>'
        ).format(what, where[0], digest, where[1])

    def _with_legend(self, parts: Sequence[Html], file: str, title: str) -> list[Html]:
        """Return the parts with the legend of their pictures: only shapes not explained before."""
        found = list(parts)
        first = next((n for n, part in enumerate(found) if RUN_PICTURE in part), None)
        if first is None:
            return found
        drawn = Html().join(part for part in found if RUN_PICTURE in part)
        before = Html()
        if self._legend is not None:
            before = Html('<a href="{}#legend">{}</a>').format(*self._legend)
        legend = legend_html(drawn, frozenset(self._shapes), before)
        self._shapes |= set(_SHAPE.findall(legend))
        self._legend = self._legend or (file, title)
        found.insert(first, legend)
        return found
