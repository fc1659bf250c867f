"""On paper: a connector, a path of the explorer, the promises, reverts."""

from __future__ import annotations

from kit.explore.beside import PathPlay
from kit.explore.properties import PROMISES
from kit.machine.connector import PHYSICAL_STATES, QemuCall, RtasCall
from kit.machine.revision import Revision
from kit.machine.tables import Line, lines
from kit.views.connector_model import ConnectorModel, Press, Step
from kit.views.escaped import escape
from kit.views.figure import pictured
from kit.views.html import beliefs_html
from kit.views.layout_path import layout_of_path
from kit.views.paper import Paper, aside, on_paper, table
from kit.views.parts import revision_head
from kit.views.path_model import PathModel
from kit.views.picture_svg import picture_svg
from kit.views.promise_model import PromiseModel
from kit.views.revert_html import days_words, diffs_html, report_html, verdict_word
from kit.views.revert_model import RevertModel, RevertsModel, days_of
from kit.views.state_diagram import Live, state_diagram
from kit.views.table_words import line_words, state_words

__all__ = ["connector_paper", "path_paper", "promises_paper", "revert_paper", "reverts_paper"]

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
    "On a screen one makes the calls by buttons. On paper, put a coin on a state and a slip of"
    " paper beside it for the mark. Choose a call, find its rows for your state in the table at"
    " the end, and take the first whose condition is true; it says what is answered and where the"
    " coin goes. First an example, all the way in and out."
)
_MOST_ROWS = 40


# -- a connector -------------------------------------------------------------------------------


def connector_paper(model: ConnectorModel) -> Paper:
    """A connector: its diagram, an example move by move, its table to play by."""
    played = ConnectorModel(model.at)
    played.presses = tuple(model.presses) or _IN_AND_OUT
    steps = played.steps
    moved = [step for step in steps if step.before.state is not step.after.state]
    rows = [
        (
            str(number),
            step.press.value,
            step.answer,
            f"{step.after.state.name}{', marked' * step.after.unplug_requested}"
            f"{'' if step.after.device else ', empty'}",
            "; ".join(step.told),
        )
        for number, step in enumerate(steps, 1)
    ]
    heads = ("", "call", "answer", "then", "QEMU tells")
    return on_paper(
        revision_head("at", model.revision),
        aside(_WITH_A_COIN),
        pictured(state_diagram(model.revision)),
        table("An example: every call", heads, rows),
        *(_move(model.revision, step) for step in moved),
        _whole_table(model.revision),
    )


def _move(revision: Revision, step: Step) -> str:
    drawn = state_diagram(revision, Live(step.after, step.before.state, step.press.value))
    return pictured(drawn, f"{step.press.value}: {step.answer}. {step.why}")


def _whole_table(revision: Revision) -> str:
    found = [line for line in lines(revision) if _is_of_a_cpu(line)]
    rows = [(state_words(line.state), *line_words(line)) for line in found]
    note = "* from QEMU's code; no recording shows it" if any(not _.recorded for _ in found) else ""
    heads = ("state", "call", "if", "outcome")
    caption = f"The table of a CPU's connector at {revision.name}: the first row that fits decides"
    return table(caption, heads, rows) + (aside(note) if note else "")


def _is_of_a_cpu(line: Line) -> bool:
    return line.state not in PHYSICAL_STATES and line.call in _OF_A_CPU


# -- a path ------------------------------------------------------------------------------------


def path_paper(model: PathModel) -> Paper:
    """A path: every choice as text, a picture where the sides part and at the end."""
    return on_paper(_path(model.play, every=True))


def _path(play: PathPlay, *, every: bool) -> str:
    """``every``: with a picture of where the sides part, and with who believes what."""
    end = PathModel(play)
    at = " and ".join(map(escape, end.heads))
    pictures = []
    parts = play.first_difference if every else None
    if parts is not None and parts < play.count:
        here = PathModel(play)
        here.go(parts)
        drawn = picture_svg(layout_of_path(play, parts))
        pictures.append(pictured(drawn, f"They part. {here.action}"))
    pictures.append(pictured(picture_svg(layout_of_path(play, play.count)), *end.outcome))
    return (
        f'<h4>{escape(end.title)}</h4><p class="kit-soft">at {at}</p>'
        f"{_choices(play)}{''.join(pictures)}"
        f"{beliefs_html(end.heads, end.knowledge) if every else ''}"
        f'<p class="kit-soft">The same in a terminal: <code>{escape(end.command)}</code></p>'
    )


def _choices(play: PathPlay) -> str:
    items = []
    for place in range(1, play.count + 1):
        here = PathModel(play)
        here.go(place)
        said = "".join(
            f"<br>{escape(f'{who}: ' if who else '')}{escape(' '.join(sentences))}"
            for who, sentences in here.said
        )
        items.append(f"<li><strong>{escape(play.path.actions[place - 1])}</strong>{said}</li>")
    return f'<p class="kit-soft">Every choice:</p><ol>{"".join(items)}</ol>'


# -- promises ----------------------------------------------------------------------------------


def promises_paper(model: PromiseModel) -> Paper:
    """The whole table, what each promise says, and the shortest path to each that is broken."""
    for _ in model.look_all():
        pass
    names = [revision.name for revision in model.revisions]
    rows = [
        (promise.name, *(model.cell(promise, revision) for revision in model.revisions))
        for promise in PROMISES
    ]
    sentences = "".join(
        f"<dt>{escape(promise.name)}</dt><dd>{escape(promise.sentence)}"
        f' <span class="kit-soft">({escape(promise.source)})</span></dd>'
        for promise in PROMISES
    )
    return on_paper(
        aside("On a screen each cell is a button that shows why. Here all cells are filled in."),
        table("Promises by revision: kept in every order of events?", ("promise", *names), rows),
        f"<dl>{sentences}</dl>",
        *_broken(model),
    )


def _broken(model: PromiseModel) -> list[str]:
    """The shortest path to where each promise is broken first; one path may show several."""
    found = []
    shown: set[str] = set()
    for promise in PROMISES:
        at = next((one for one in model.revisions if model.broken(promise, one)), None)
        if at is None or promise.name in shown:
            continue
        for _ in model.choose(promise, at):
            pass
        if model.play is not None:
            shown |= {promise.name, *(one.name for one in model.play.path.breaks)}
            found.append(_path(model.play, every=False))
    return found


# -- reverts -----------------------------------------------------------------------------------


def revert_paper(model: RevertModel) -> Paper:
    """The report of a revert and the diffs; or why there is none."""
    if model.page is None:
        return on_paper(f"<p>{escape(model.hint or 'No revert is chosen.')}</p>")
    return on_paper(report_html(model.page), diffs_html(model.page, side_by_side=False))


def reverts_paper(model: RevertsModel) -> Paper:
    """The table of reverts, the newest; or why there is none."""
    found = model.table.rows
    rows = [
        (
            row.committed[:10],
            days_words(days_of(row)),
            row.form.value,
            verdict_word(row),
            f"{row.sha[:10]} {row.subject}",
        )
        for row in found[:_MOST_ROWS]
    ]
    heads = ("committed", "days c / a", "form", "verdict", "commit")
    more = len(found) - len(rows)
    note = f"… and {more} more. " if more > 0 else ""
    return on_paper(
        f"<p>{escape(model.hint)}</p>" if model.hint else "",
        table(model.summary(), heads, rows),
        aside(
            f"{note}On a screen the rows can be sorted, filtered and checked; in a terminal"
            " kit reverts --check does it. A dash: nobody has checked."
        ),
    )
