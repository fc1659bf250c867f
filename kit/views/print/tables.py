"""In print: a connector, a path of the explorer, the properties, reverts."""

from __future__ import annotations

from kit.explorer.comparison import PathPlay
from kit.explorer.properties import PROPERTIES
from kit.machine.pseries.connector import PHYSICAL_STATES, QemuCall, RtasCall
from kit.machine.pseries.tables import lines
from kit.machine.revision import Revision
from kit.views.diagram.drc_states import ShownConnector, state_diagram
from kit.views.diagram.drc_table_words import line_words, state_words
from kit.views.diagram.from_path import layout_of_path
from kit.views.diagram.svg import picture_svg
from kit.views.escape import Html
from kit.views.html.base import revision_head
from kit.views.html.figure import pictured, run_pictured
from kit.views.html.print_form import PrintForm, aside, diffs_once, hunks_kept, once, printed, table
from kit.views.html.revert import days_words, diffs_html, report_html, verdict_word
from kit.views.html.run import beliefs_html
from kit.views.models.connector import ConnectorModel, Press, Step
from kit.views.models.path import PathModel
from kit.views.models.properties import PropertyModel
from kit.views.models.revert import RevertModel, RevertsModel, days_of

__all__ = ["print_connector", "print_path", "print_properties", "print_revert", "print_reverts"]

_IN_AND_OUT = (
    Press.DEVICE_ADD,
    Press.USABLE,
    Press.UNISOLATE,
    Press.CONFIGURE,
    Press.DEVICE_DEL,
    Press.ISOLATE,
    Press.UNUSABLE,
)
_OF_A_CPU = {*RtasCall, QemuCall.UNPLUG_REQUEST, QemuCall.UNPLUG_TIMEOUT, QemuCall.RESET}
_WITH_A_COIN = (
    "On a screen, buttons make the calls. On paper, put a coin on a state, and a slip of paper"
    " beside it while a request is pending. Choose a call and find its rows for your state in the"
    " table at the end. The first row whose condition is true gives the answer and the next state."
    " An example comes first."
)
_MAX_ROWS = 40


def print_connector(model: ConnectorModel) -> PrintForm:
    """Return a connector: its diagram, an example move by move, its table to play by."""
    played = ConnectorModel(model.at)
    played.presses = tuple(model.presses) or _IN_AND_OUT
    steps = played.steps
    moved = [step for step in steps if step.before.state is not step.after.state]
    rows = [
        (
            str(number),
            step.press.value,
            step.answer,
            f"{step.after.state.name}{', pending' * step.after.unplug_requested}"
            f"{'' if step.after.device else ', empty'}",
            "; ".join(step.sent),
        )
        for number, step in enumerate(steps, 1)
    ]
    heads = ("", "call", "answer", "then", "QEMU sends")
    return printed(
        revision_head("at", model.revision),
        aside(_WITH_A_COIN),
        pictured(state_diagram(model.revision)),
        table("An example: every call", heads, rows),
        *(_move(model.revision, step) for step in moved),
        _whole_table(model.revision),
    )


def _move(revision: Revision, step: Step) -> Html:
    drawn = state_diagram(revision, ShownConnector(step.after, step.before.state, step.press.value))
    return pictured(drawn, f"{step.press.value}: {step.answer}. {step.why}")


def _whole_table(revision: Revision) -> Html:
    found = [
        line
        for line in lines(revision)
        if line.state not in PHYSICAL_STATES and line.call in _OF_A_CPU
    ]
    rows = [(state_words(line.state), *line_words(line)) for line in found]
    note = "* from QEMU's code; no recording shows it" if any(not _.recorded for _ in found) else ""
    heads = ("state", "call", "if", "outcome")
    caption = f"The table of a CPU's connector at {revision.name}: the first row that fits decides"
    return table(caption, heads, rows) + (aside(note) if note else Html())


def print_path(model: PathModel) -> PrintForm:
    """Return a path: every choice as text, a picture of its end, the beliefs."""
    end = PathModel(model.play)
    drawn = picture_svg(layout_of_path(model.play, model.play.count))
    return printed(
        _path(model.play), run_pictured(drawn, "The end"), beliefs_html(end.heads, end.knowledge)
    )


def _path(play: PathPlay) -> Html:
    """Return every choice with the messages of each side, and the outcome."""
    end = PathModel(play)
    rows = []
    for place in range(1, play.count + 1):
        here = PathModel(play)
        here.go(place)
        sentences = dict(here.sentences)
        cells = [" ".join(sentences.get(name, sentences.get("", ()))) for name in end.heads]
        rows.append((str(place), play.path.actions[place - 1], *cells))
    came = Html("<br>").join(end.outcome)
    return Html('{}<div class="kit-verdict">{}</div>').format(
        table(end.title, ("", "choice", *(f"at {name}" for name in end.heads)), rows), came
    )


def print_properties(model: PropertyModel) -> PrintForm:
    """Return the whole table, the meaning of each property, and a path to a violation."""
    for _ in model.look_all():
        pass
    names = [revision.name for revision in model.revisions]
    rows = [
        (prop.name, *(model.cell(prop, revision) for revision in model.revisions))
        for prop in PROPERTIES
    ]
    says = [(prop.name, prop.sentence, f"{prop.premise} ({prop.source})") for prop in PROPERTIES]
    heads = ("property", "what it says", "exercised if")
    return printed(
        aside("On a screen, each cell is a button that shows why."),
        once("What the properties say", table("What the properties say", heads, says)),
        table(f"Properties by revision. {model.heading}", ("property", *names), rows),
        _most_telling(model),
    )


def _most_telling(model: PropertyModel) -> Html:
    """Return the shortest path to the first violation that a neighbour does not share, if any."""
    found = [
        (prop, at)
        for prop in PROPERTIES
        for at in model.revisions
        if model.broken(prop, at) and not all(model.broken(prop, one) for one in _beside(model, at))
    ]
    for prop, at in found[:1]:
        for _ in model.choose(prop, at):
            pass
        if model.play is not None:
            return Html(
                "<p>The shortest way to violate <strong>{}</strong>, choice by choice:</p>{}"
            ).format(prop.name, _path(model.play))
    return Html()


def _beside(model: PropertyModel, at: Revision) -> tuple[Revision, ...]:
    place = model.revisions.index(at)
    return model.revisions[place + 1 : place + 2]


def print_revert(model: RevertModel) -> PrintForm:
    """Return the report of a revert and the diffs, or why there is none."""
    if model.page is None:
        return printed(Html("<p>{}</p>").format(model.hint or "No revert is chosen."))
    diffs = hunks_kept(diffs_html(model.page, side_by_side=False, unfolded=True))
    return printed(report_html(model.page), diffs_once(diffs))


def print_reverts(model: RevertsModel) -> PrintForm:
    """Return the table of the newest reverts, or why there is none."""
    found = model.table.rows
    rows = [
        (
            row.committed[:10],
            days_words(days_of(row)),
            row.form.value,
            verdict_word(row),
            f"{row.sha[:10]} {row.heading}",
        )
        for row in found[:_MAX_ROWS]
    ]
    heads = ("committed", "days c / a", "form", "verdict", "commit")
    more = len(found) - len(rows)
    note = f"… and {more} more. " if more > 0 else ""
    return printed(
        Html("<p>{}</p>").format(model.hint) if model.hint else Html(),
        table(model.summary(), heads, rows),
        aside(
            f"{note}On a screen, you can sort, filter and check the rows; in a terminal"
            " kit reverts --check does it. A dash: nobody has checked."
        ),
    )
