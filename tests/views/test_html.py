"""HTML is a type: no slip in the source and no hostile text at a run makes HTML of text."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from jinja2 import UndefinedError
from jinja2 import nodes as jinja
from markupsafe import Markup

from kit import app
from kit.actors.messages import Actor, GuestLog
from kit.case_study.behaviours import Behaviour
from kit.git.reverts.case import read_case
from kit.git.values.case import RevertCase
from kit.git.values.commit import Commit
from kit.git.values.page import CommitPage, ResponsibleLines, RevertPage
from kit.handout.page import PageLink, index_page, lesson_page, text_page
from kit.machine.catalogue import find_revision
from kit.machine.revision import Board
from kit.simulation.knowledge import Knowledge
from kit.simulation.run import Run, play
from kit.simulation.sandbox import Act
from kit.simulation.timeline import Timeline
from kit.storage.exercises import find_exercise
from kit.storage.scenarios import find_scenario
from kit.trace.entry import TraceEntry
from kit.views.cockpit.player import PlayerDesk
from kit.views.diagram import svg_shapes
from kit.views.diagram.drc_states import state_diagram
from kit.views.diagram.svg import lone_svg, picture_svg
from kit.views.diagram.svg_chips import chip_svg
from kit.views.escape import Html
from kit.views.history.timeline import history_cover_svg, timeline_svg
from kit.views.html.base import label_code, revision_head, said_html, sides_line, status
from kit.views.html.diff import body_html, commit_html, lines_html, message_html
from kit.views.html.figure import pictured, run_pictured, scrolling
from kit.views.html.print_form import PrintForm, aside, diffs_once, heads_html, once, table
from kit.views.html.revert import diffs_html, exact_html, report_html
from kit.views.html.run import beliefs_html, events_html, steps_html
from kit.views.html.tour import changes_brief_html, changes_html, head_html
from kit.views.models.exercise import ExerciseModel
from kit.views.models.player import PlayerModel
from kit.views.models.revert import RevertModel, RevertRows, RevertsModel
from kit.views.models.sandbox import SandboxModel
from kit.views.models.tour import TourModel
from kit.views.page.story import Story, story_page
from kit.views.print.exercise import print_exercise
from kit.views.print.runs import print_player, print_sandbox, print_tour
from kit.views.print.sandbox_stories import SandboxStory
from kit.views.print.tables import print_revert, print_reverts
from kit.views.reports.picture_page import StillPage, page_of
from kit.views.sequence.diagram import (
    ArrowHead,
    Block,
    BlockEnd,
    Group,
    NoteSide,
    Participant,
    SequenceDiagram,
    SequenceMessage,
    SequenceNote,
)
from kit.views.sequence.svg import sequence_svg
from kit.views.template import environment, page
from kit.views.widgets.base import HtmlView, say_html
from tests.clicks import sandbox_run
from tests.sources import nodes

ROOT = Path(__file__).parent.parent.parent
SOURCES = sorted(
    path for folder in ("views", "handout") for path in (ROOT / "kit" / folder).rglob("*.py")
)
TEMPLATES = sorted((ROOT / "kit").rglob("*.jinja"))
TAG = re.compile(r"<[a-zA-Z/!]")

# -- in the source -------------------------------------------------------------------------------

TAGS_IN_TEXT = {
    "handout/execute.py": "a picture of a lesson's Markdown is looked for",
    "handout/markdown.py": "<details> and <summary> of a lesson's Markdown are looked for",
    "handout/once.py": "patterns that find what pages have printed already",
    "handout/sphinx.py": "a pattern that finds a page's title",
    "views/html/plots.py": "the end of a stylesheet of matplotlib's, where rules are put",
    "views/html/print_form.py": "patterns that find tables and hunks",
    "views/print/runs.py": "a pattern that finds the list of a series",
    "views/page/story.py": "what no script may hold, looked for",
    "views/html/still.py": "the end of a picture, before which a line is put",
    "views/terminal/changelog.py": "a comment of Markdown",
    "views/reports/blocks.py": "a report in Markdown, which has <details> from HTML",
    "views/sequence/mermaid.py": "Mermaid's own <br>, looked for, and arrows",
    "views/sequence/write_mermaid.py": "Mermaid's own <br>",
}
"""Files with a tag in a text that is not HTML, and why."""

TRUSTED = {
    "views/cover/picture.py": (1, "a stylesheet"),
    "views/history/timeline.py": (1, "a stylesheet"),
    "handout/markdown.py": (5, "mistune writes it, and escapes the text in it"),
    "handout/once.py": (3, "parts of HTML that a pattern cut out, and the rest"),
    "handout/page.py": (2, "a stylesheet; the kernel's own print forms"),
    "views/html/print_form.py": (6, "parts of HTML that a pattern cut out, and the rest"),
    "views/print/runs.py": (2, "parts of HTML that a pattern cut out, and the rest"),
    "views/page/story.py": (1, "the page's own stylesheet and scripts"),
    "views/html/still.py": (1, "a picture of the kit's with one line more"),
    "views/tokens.py": (1, "the stylesheet"),
    "views/template.py": (1, "Jinja2 writes it, and escapes what is filled in"),
}
"""Files in which something else than a literal is said to be HTML: how often, and why."""


def strings(source: str) -> Iterator[ast.Constant]:
    """Yield the strings of a module, parts of f-strings included, docstrings not."""
    docs = {id(node.value) for node in nodes(source, ast.Expr)}
    for node in nodes(source, ast.Constant):
        if isinstance(node.value, str) and id(node) not in docs:
            yield node


def made_html(source: str) -> Iterator[ast.expr]:
    """Yield what is put into the constructor of `Html`."""
    for node in nodes(source, ast.Call):
        if isinstance(node.func, ast.Name) and node.func.id == "Html":
            yield from node.args


def loose_tags(source: str) -> list[int]:
    """Return the lines on which a tag stands in a string that is not a literal of HTML."""
    html = {id(node) for node in made_html(source)}
    return [
        each.lineno for each in strings(source) if TAG.search(each.value) and id(each) not in html
    ]


def trusted(source: str) -> list[str]:
    """Return what is said to be HTML without being a literal."""
    return [ast.unparse(n) for n in made_html(source) if not isinstance(n, ast.Constant)]


def in_kit(path: Path) -> str:
    return path.relative_to(ROOT / "kit").as_posix()


def test_a_tag_stands_in_a_literal_of_html() -> None:
    found = {in_kit(path) for path in SOURCES if loose_tags(path.read_text(encoding="utf-8"))}

    assert found == TAGS_IN_TEXT.keys()


def test_what_is_taken_for_html_is_a_literal_or_explained() -> None:
    found = {in_kit(path): len(trusted(path.read_text(encoding="utf-8"))) for path in SOURCES}

    assert {name: count for name, count in found.items() if count} == {
        name: count for name, (count, _) in TRUSTED.items()
    }


def test_html_has_one_class_and_one_way_to_escape() -> None:
    """Markup itself leaves unseen characters unseen, and so does html.escape."""
    odd = re.compile(r"markupsafe|html import escape|\bwidgets\.HTML\(")
    found = [in_kit(path) for path in SOURCES if odd.search(path.read_text(encoding="utf-8"))]

    assert found == ["views/escape.py"]


@pytest.mark.parametrize(
    "slip",
    [
        'x = f"<b>{y}</b>"',
        'x = "<b>%s</b>" % y',
        'x = "<b>" + y',
        'x = Html("<b>" + y)',
        'x = Html(f"<b>{y}</b>")',
        "x = '<b>{}</b>'.format(y)",
        'def f():\n    """<b>"""\n    return "</b>"',
    ],
)
def test_slips_are_found(slip: str) -> None:
    assert loose_tags(slip)


def test_a_literal_of_html_is_no_slip() -> None:
    source = 'x = Html("<b>{}</b>").format(y)\nz = Html(y)'

    assert (loose_tags(source), trusted(source)) == ([], ["y"])


@pytest.mark.parametrize("path", TEMPLATES, ids=in_kit)
def test_a_template_escapes_all(path: Path) -> None:
    """A filter, or ~, would escape by Markup's own rule or not at all."""
    tree = environment().parse(path.read_text(encoding="utf-8"))
    odd = (jinja.Filter, jinja.FilterBlock, jinja.Concat, jinja.ScopedEvalContextModifier)

    assert list(tree.find_all(odd)) == []


# -- the type ------------------------------------------------------------------------------------

EVIL = "<x-evil onevil=1>' onevil='1\" onevil=\"1\N{RIGHT-TO-LEFT OVERRIDE}\x1b&"


class _Evil(HTMLParser):
    """Gathers what EVIL would have brought into a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [name for name in (tag, *(name for name, _ in attrs)) if "evil" in name]


def evil_in(html: str) -> list[str]:
    parser = _Evil()
    parser.feed(html)
    return parser.found + [char for char in "\N{RIGHT-TO-LEFT OVERRIDE}\x1b" if char in html]


def test_evil_is_found() -> None:
    assert evil_in(f"<p>{EVIL}</p>") == ["x-evil", "onevil", "\N{RIGHT-TO-LEFT OVERRIDE}", "\x1b"]
    assert "onevil" in evil_in(f"<p class='{EVIL}'>") + evil_in(f'<p class="{EVIL}">')


@pytest.mark.parametrize(
    "put",
    [
        lambda text: Html("<p title='{}'>{}</p>").format(text, text),
        lambda text: Html("<p title='{a}'>{a!s}</p>").format(a=text),
        lambda text: Html("<p>{a}</p>").format_map({"a": text}),
        lambda text: Html("<p>%s</p>") % text,
        lambda text: Html("<br>").join([text, Html("<p>"), text]),
        lambda text: Html("<p>") + text,
        lambda text: text + Html("<p>"),
        lambda text: Html("<p>x</p>").replace("x", text),
        lambda text: Html.escape(text),
    ],
)
def test_text_is_escaped_however_it_is_put_in(put: Callable[[str], Html]) -> None:
    html = put(EVIL)

    assert isinstance(html, Html)
    assert evil_in(html) == []
    assert "&lt;x-evil" in html


def test_html_and_numbers_go_in_as_they_are() -> None:
    html = Html("<p>{} {} {:,} {:.1f}</p>").format(Html("<b>"), Markup("<i>"), 1234, 0.25)

    assert html == "<p><b> <i> 1,234 0.2</p>"


@pytest.mark.parametrize("odd", [None, b"<b>", ["<b>"], object()])
def test_what_is_no_text_is_refused(odd: object) -> None:
    with pytest.raises(TypeError, match="is neither HTML, nor text, nor a number"):
        Html("<p>{}</p>").format(odd)


def test_a_widget_takes_html_alone() -> None:
    view = HtmlView(Html("<b>"))

    with pytest.raises(TypeError, match="text was put in the place of HTML"):
        view.value = "<i>"
    assert view.value == "<b>"


def test_a_template_that_is_given_too_little_is_refused() -> None:
    with pytest.raises(UndefinedError, match="'lessons' is undefined"):
        page("handout/index.html.jinja", others=())


# -- every function that returns HTML --------------------------------------------------------------


def evil(thing: Any) -> Any:  # noqa: ANN401 - whatever it is given
    """Return a value with EVIL behind each text in it."""
    if isinstance(thing, str):
        return thing + EVIL
    if isinstance(thing, Board):
        return thing  # which machine it is, and no text of a person's
    if isinstance(thing, tuple):
        return tuple(map(evil, thing))
    if is_dataclass(thing) and not isinstance(thing, type):
        return replace(thing, **{f.name: evil(getattr(thing, f.name)) for f in fields(thing)})
    return thing


REVISION = replace(find_revision("revert"), summary=EVIL)
SCENARIO = replace(find_scenario("late-release"), title=EVIL, why=EVIL, look=EVIL)
BEHAVIOURS = (
    Behaviour(name=EVIL, says=EVIL, commit=EVIL, file=EVIL, function=EVIL, identifier=EVIL),
)
KNOWN = (Knowledge(EVIL, ((EVIL, EVIL),), False, False, True, True),)


@cache
def commit_page() -> CommitPage:
    found = evil(app.tour("revert")._commit_of(find_revision("revert")))
    assert isinstance(found, CommitPage)
    return found


def commit() -> Commit:
    found = commit_page().commit
    assert found is not None
    return found


@cache
def revert_page() -> RevertPage:
    widget = app.revert()
    widget.choose("revert")
    found = evil(widget.model.page)
    assert isinstance(found, RevertPage)
    return found


def case() -> RevertCase:
    found = evil(read_case(app.history(), "d522cb52e6"))
    assert isinstance(found, RevertCase)
    return found


def responsible() -> tuple[ResponsibleLines, ...]:
    file = commit_page().files[0]
    return (ResponsibleLines(EVIL, EVIL, file=file, hunk=file.hunks[0]),)


def logged() -> Run:
    """A run in which the guest wrote EVIL to its log."""
    made = sandbox_run(find_revision("revert"), Act.DEVICE_DEL)
    entry = TraceEntry(
        seq=0, at_ns=0, guest_ns=0, src=Actor.GUEST, dst=Actor.GUEST, message=GuestLog(EVIL)
    )
    moments = (replace(made.moments[0], entry=entry),)
    return replace(made, ended=replace(made.ended, moments=moments))


def timeline() -> Timeline:
    return Timeline(played=logged())


def tour() -> TourModel:
    return TourModel("revert", lambda: {"late-release": SCENARIO})


def exercise() -> PrintForm:
    one = replace(find_exercise("limbo-in-two"), title=EVIL, question=EVIL, hints=(EVIL,) * 3)
    return print_exercise(ExerciseModel(one), None, EVIL)


def without_page() -> PrintForm:
    model = RevertModel(lambda _: revert_page())
    model.hint = EVIL
    return print_revert(model)


def lesson() -> Html:
    data = {"image/png": EVIL, "text/plain": EVIL}
    cells = [
        {"cell_type": "markdown", "source": f"# {EVIL}\n[a](../docs/glossary.md#{EVIL} '{EVIL}')"},
        {
            "cell_type": "code",
            "source": EVIL,
            "outputs": [
                {"output_type": "stream", "name": "stdout", "text": f"{EVIL}: you said 3\n"},
                {"output_type": "display_data", "data": data},
            ],
        },
    ]
    return lesson_page(cells, lambda _: None, EVIL, [(EVIL, PageLink(EVIL, EVIL))])


DRAWN = Html("<svg></svg>")
SEQUENCE = SequenceDiagram(
    EVIL,
    (Participant("a", EVIL), Participant("b", EVIL, person=True)),
    (
        SequenceMessage(src="a", dst="b", text=EVIL, dashed=False, head=ArrowHead.FILLED),
        SequenceNote(NoteSide.OVER, ("a",), EVIL),
        Block("loop", EVIL),
        BlockEnd(),
    ),
    (Group(EVIL, ("a", "b")),),
)
STILL = StillPage(EVIL, DRAWN, (EVIL,), EVIL, DRAWN)


class EvilDesk(PlayerDesk):
    """A player whose every text is EVIL; a page keeps them as data, which its script escapes."""

    def __init__(self) -> None:
        super().__init__(PlayerModel(timeline()), reveal=True)

    def share(self, what: str) -> tuple[str, str]:
        return what, EVIL


CASES: dict[str, Callable[[], Html | PrintForm]] = {
    "index_page": lambda: index_page([PageLink(EVIL, EVIL)], [PageLink(EVIL, EVIL)], EVIL),
    "lesson_page": lesson,
    "text_page": lambda: text_page("# a", str, EVIL, [(EVIL, PageLink(EVIL, EVIL))]),
    "state_diagram": lambda: state_diagram(evil(find_revision("revert"))),
    "sequence_svg": lambda: sequence_svg(SEQUENCE),
    "label_code": lambda: label_code(evil(find_revision("revert"))),
    "lone_svg": lambda: lone_svg(play(SCENARIO, find_revision("revert"))),
    "picture_svg": lambda: picture_svg(play(SCENARIO, find_revision("revert"))),
    "arrow": lambda: svg_shapes.arrow(1, 2, 3, EVIL, EVIL),
    "cross": lambda: svg_shapes.cross(1, 2, EVIL),
    "line": lambda: svg_shapes.line(1, 2, 3, 4, EVIL, 5, EVIL),
    "picture": lambda: svg_shapes.picture(1, 2, EVIL, [DRAWN]),
    "rect": lambda: svg_shapes.rect(1, 2, 3, 4, EVIL, EVIL, EVIL),
    "text": lambda: svg_shapes.text(1, 2, EVIL, fill=EVIL, anchor=EVIL, halo=EVIL),
    "body_html": lambda: body_html(commit()),
    "commit_html": lambda: commit_html(commit_page()),
    "lines_html": lambda: lines_html(responsible()),
    "message_html": lambda: message_html(commit(), (commit(), commit())),
    "pictured": lambda: pictured(DRAWN, EVIL, EVIL),
    "run_pictured": lambda: run_pictured(DRAWN, EVIL),
    "scrolling": lambda: scrolling(DRAWN, EVIL),
    "revision_head": lambda: revision_head(EVIL, REVISION),
    "sides_line": lambda: sides_line([(EVIL, REVISION)]),
    "status": lambda: status(f"{EVIL}\n{EVIL}", EVIL),
    "aside": lambda: aside(EVIL),
    "diffs_once": lambda: diffs_once(Html("<p>{}</p>").format(EVIL)),
    "once": lambda: once(EVIL, Html("<p>{}</p>").format(EVIL)),
    "heads_html": lambda: heads_html([EVIL]),
    "table": lambda: table(EVIL, [EVIL], [[EVIL]]),
    "diffs_html": lambda: diffs_html(revert_page(), side_by_side=True, unfolded=True),
    "exact_html": lambda: exact_html(revert_page()),
    "history_cover_svg": lambda: history_cover_svg(case()),
    "report_html": lambda: report_html(revert_page()),
    "timeline_svg": lambda: timeline_svg(case()),
    "beliefs_html": lambda: beliefs_html([EVIL], [KNOWN]),
    "events_html": lambda: events_html(timeline(), [EVIL]),
    "steps_html": lambda: steps_html(timeline(), [EVIL]),
    "changes_brief_html": lambda: changes_brief_html(tour(), BEHAVIOURS),
    "changes_html": lambda: changes_html(tour(), BEHAVIOURS),
    "print_exercise": exercise,
    "print_player": lambda: print_player(
        PlayerModel(Timeline(played=play(SCENARIO, find_revision("revert"))))
    ),
    "print_sandbox": lambda: print_sandbox(
        SandboxModel("pre-revert", "revert"), (SandboxStory(EVIL, (Act.DEVICE_DEL,)),)
    ),
    "print_tour": lambda: print_tour(tour(), commit_page(), BEHAVIOURS),
    "print_revert": without_page,
    "print_reverts": lambda: print_reverts(
        RevertsModel(RevertRows(rows=(revert_page().revert,)), lambda _: iter(()))
    ),
    "page_of": lambda: page_of(STILL),
    "story_page": lambda: story_page(Story(still=STILL, desk=EvilDesk(), token=EVIL)),
    "chip_svg": lambda: chip_svg(1, 2, EVIL, EVIL, loud=True),
    "said_html": lambda: said_html([EVIL]),
    "say_html": lambda: say_html(EVIL),
}
NO_TEXT = {
    "print_connector": "of the catalogue's revisions",
    "whole_legend": "constant",
    "head_html": "of the catalogue's revisions",
    "row_html": "dates, numbers and words of the kit",
    "print_path": "of the catalogue's revisions",
    "print_properties": "of the catalogue's revisions",
    "style_html": "constant",
    "script_of": "constant",
    "stylesheet": "constant",
    "token_rules": "constant",
    "now_line": "constant",
    "now_words": "a time",
    "cover_style": "a stylesheet",
    "cover_svg": "times and the kit's own words",
    "in_notebook": "takes HTML",
    "cut": "takes HTML",
    "group": "takes HTML",
    "hunks_kept": "takes HTML",
    "legend_html": "takes HTML",
    "opened": "takes HTML",
    "page": "see its templates",
    "printed": "takes HTML",
    "wide": "takes HTML",
}
"""Functions that are given no text which could be hostile, and why."""


def public() -> Iterator[tuple[str, Any]]:
    """Yield the public functions of the views and the hand-outs, by name."""
    for path in SOURCES:
        module = importlib.import_module(
            ".".join(("kit", *Path(in_kit(path)).with_suffix("").parts))
        )
        for name in getattr(module, "__all__", ()):
            found = inspect.unwrap(getattr(module, name))
            if inspect.isfunction(found) and found.__module__ == module.__name__:
                yield name, found


def test_every_function_that_returns_html_is_tried() -> None:
    found = {n for n, f in public() if f.__annotations__["return"] in ("Html", "PrintForm")}

    assert found == CASES.keys() | NO_TEXT.keys()


@pytest.mark.parametrize("make", CASES.values(), ids=CASES.keys())
def test_hostile_text_is_shown_and_does_nothing(make: Callable[[], Html | PrintForm]) -> None:
    made = make()
    html = made.html if isinstance(made, PrintForm) else made

    assert isinstance(html, Html)
    assert evil_in(html) == []
    assert "&lt;x-evil" in html


def test_what_takes_no_text_is_html_too() -> None:
    assert type(head_html(tour())) is Html
