"""A directive for Sphinx and MyST: a page that plays, in a frame of a document.

``extensions = ["kit.handout.sphinx"]`` in ``conf.py`` brings ``unplug-story``. Its argument is a
file that ``--format page`` wrote, or a scenario that is played while the document is built. The
frame can run its script and save its picture, and can reach nothing of the document around it.
Builders without HTML print what the story is about.
"""

from __future__ import annotations

import re
from hashlib import sha256
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

from kit.common.errors import UserError
from kit.common.user_file import copy_tree, make_folders, read_bounded, write_atomic
from kit.lessons.stories import story_of, with_futures
from kit.machine.catalogue import find_revision
from kit.simulation.run import Pair, Run, play, play_pair
from kit.storage.scenarios import find_scenario
from kit.views.escape import Html
from kit.views.page.story import story_page

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata
    from sphinx.writers.html5 import HTML5Translator

__all__ = ["StoryDirective", "StoryNode", "setup"]

MAX_PAGE = 5_000_000  # bytes of a page that somebody names
HIGH = 760  # pixels: a cockpit with its transport, on a screen of 900
FOLDER = "unplug-stories"  # below the doctrees, and below the files that readers may load
_TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)
_FRAME = Html(
    '<iframe class="unplug-story" src="{src}" title="{title}" width="100%" height="{high}"'
    ' style="border: 0" loading="lazy" sandbox="allow-scripts allow-downloads"'
    ' allow="clipboard-write"></iframe>\n'
)


class StoryNode(nodes.General, nodes.Element):
    """A frame; its child is what is printed where no frame can be."""


class StoryDirective(SphinxDirective):
    """A page that plays: of a file, or of a scenario at ``at`` or ``before`` and ``after``."""

    required_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[dict[str, Any]] = {
        "at": directives.unchanged_required,
        "before": directives.unchanged_required,
        "after": directives.unchanged_required,
        "explore": directives.flag,
        "predict": directives.flag,
        "title": directives.unchanged_required,
        "height": directives.positive_int,
    }

    def run(self) -> list[nodes.Node]:
        """Return the frame; the page is kept beside the doctrees until a builder wants it."""
        try:
            page = self._page()
        except UserError as wrong:
            raise self.error(str(wrong)) from None
        found = _TITLE.search(page)
        title = self.options.get("title") or (unescape(found[1]) if found else "A story")
        name = f"{sha256(page.encode()).hexdigest()[:16]}.html"
        write_atomic(make_folders(Path(self.env.doctreedir), FOLDER) / name, page.encode())
        frame = StoryNode(
            page=name,
            at="#predict" if "predict" in self.options else "",
            title=title,
            high=self.options.get("height", HIGH),
        )
        frame += nodes.paragraph("", f"{title}. This story plays in the HTML form of this page.")
        return [frame]

    def _page(self) -> str:
        name = self.arguments[0]
        if name.endswith(".html"):
            if given := self.options.keys() & {"at", "before", "after", "explore"}:
                raise UserError(f":{min(given)}: goes with a scenario; {name} is a page already")
            relative, path = self.env.relfn2path(name)
            self.env.note_dependency(relative)
            return read_bounded(Path(path), "page", MAX_PAGE)
        played = self._played(name)
        story = story_of(played)
        if "explore" in self.options:
            runs = played.runs
            guest = runs[0].scenario.setup.guest
            story = with_futures(story, [run.revision for run in runs], guest)
        return story_page(story)

    def _played(self, name: str) -> Run | Pair:
        scenario = find_scenario(name)
        match [self.options.get(one) for one in ("at", "before", "after")]:
            case [str(at), None, None]:
                return play(scenario, find_revision(at))
            case [None, str(before), str(after)]:
                return play_pair(scenario, find_revision(before), find_revision(after))
        raise UserError(
            f"{name}: name one revision, as :at: pre-revert, or two, as :before: and :after:"
        )


def _visit_html(translator: HTML5Translator, node: StoryNode) -> None:
    builder = translator.builder
    if builder.name == "epub":  # a book may have no script
        return
    kept = Path(builder.doctreedir) / FOLDER / node["page"]
    below = make_folders(Path(builder.outdir), "_downloads", FOLDER)
    copy_tree(kept, below / node["page"])
    src = f"{builder.dlpath}/{FOLDER}/{node['page']}{node['at']}"
    translator.body.append(_FRAME.format(src=src, title=node["title"], high=node["high"]))
    raise nodes.SkipNode


def _nothing(translator: nodes.NodeVisitor, node: StoryNode) -> None:
    """Leave the child to the builder."""


def setup(app: Sphinx) -> ExtensionMetadata:
    """Add the directive to Sphinx."""
    plain = (_nothing, _nothing)
    app.add_node(
        StoryNode, html=(_visit_html, _nothing), latex=plain, text=plain, man=plain, texinfo=plain
    )
    app.add_directive("unplug-story", StoryDirective)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
