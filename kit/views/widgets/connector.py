"""A connector as a widget: the learner is its guest and drives it through its states by RTAS."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import ipywidgets as widgets

from kit.machine.pseries.tables import TableRow
from kit.views.diagram.drc_states import ShownConnector, state_diagram
from kit.views.diagram.drc_table_words import line_words
from kit.views.escape import Html
from kit.views.html.base import revision_head
from kit.views.html.figure import scrolling, style_html
from kit.views.html.print_form import PrintForm
from kit.views.models.connector import ConnectorModel, Press, Step
from kit.views.print.tables import print_connector
from kit.views.widgets.base import HtmlView, Shown, button, guarded, label, row

__all__ = ["ConnectorWidget"]

_GUEST = (
    (Press.USABLE, "set-indicator 9003 to 1: the guest claims the connector"),
    (Press.UNISOLATE, "set-indicator 9001 to 1: the guest switches it on"),
    (Press.CONFIGURE, "ibm,configure-connector, repeated until it is done: read what is in it"),
    (Press.ISOLATE, "set-indicator 9001 to 0: the guest switches it off"),
    (Press.UNUSABLE, "set-indicator 9003 to 0: the guest lets it go"),
    (Press.SENSOR, "get-sensor-state 9003: is anything in it?"),
)
_QEMU = (
    (Press.DEVICE_ADD, "The operator plugs core 1 in"),
    (Press.DEVICE_DEL, "The operator asks QEMU to remove core 1"),
    (Press.WAIT_15_S, "Let 15 s of the guest's clock pass"),
    (Press.SYSTEM_RESET, "The operator resets the machine"),
)


class ConnectorWidget(Shown):
    """One CPU's connector; see `ConnectorModel` for what the buttons do."""

    def __init__(self, model: ConnectorModel) -> None:
        """Build the widgets and bind them to *model*."""
        self.model = model
        self._head, self._status, self._picture = (HtmlView() for _ in range(3))
        self._rows, self._log = HtmlView(), HtmlView()
        earlier = self._button("◀ earlier", "One revision earlier", lambda: model.move(-1))
        later = self._button("later ▶", "One revision later", lambda: model.move(+1))
        undo = self._button("undo", "Take the last click back", model.undo)
        reset = self._button("begin again", "Begin again with an empty connector", model.reset)
        super().__init__(
            [
                HtmlView(style_html()),
                self._head,
                row([earlier, later], "kit-row"),
                self._group("you, the guest", "kit-guest", _GUEST),
                self._group("QEMU's side", "kit-operator", _QEMU),
                row([label("clicks"), undo, reset], "kit-row", "kit-calls"),
                self._status,
                self._picture,
                self._rows,
                self._log,
            ]
        )
        self.add_class("kit")
        self.add_class("kit-connector")
        model.observe(lambda _: self._show(), ["at", "presses"])
        model.observe(lambda _: self._say(model.hint), ["hint"])
        self._show()

    def _button(self, words: str, tooltip: str, action: Callable[[], object]) -> widgets.Button:
        return button(words, tooltip, guarded(action, self._say))

    def _group(self, words: str, style: str, presses: tuple[tuple[Press, str], ...]) -> widgets.Box:
        buttons = [
            self._button(press.value, says, partial(self.model.press, press))
            for press, says in presses
        ]
        return row([label(words), *buttons], "kit-row", "kit-calls", style)

    # -- showing -------------------------------------------------------------------------------

    def _show(self) -> None:
        model, last = self.model, self.model.last
        self._head.value = revision_head("at", model.revision)
        came_from = None if last is None else last.before.state
        live = ShownConnector(model.drc, came_from, "" if last is None else last.press.value)
        self.svg = state_diagram(model.revision, live)
        self._picture.value = scrolling(self.svg)
        self._rows.value = Html() if last is None else _rows_html(last)
        self._log.value = _log_html(model.steps)
        self._say(model.hint)

    def _say(self, hint: str) -> None:
        self._status.value = _answer_html(self.model.last, hint)

    def _repr_print_(self) -> PrintForm:
        return print_connector(self.model)

    @property
    def text(self) -> str:
        """The connector as plain text."""
        return self.model.text


def _answer_html(last: Step | None, hint: str) -> Html:
    """Return the last answer and its reason. A screen reader reads out a change."""
    note = Html('<br><span class="kit-silent">{}</span>').format(hint) if hint else ""
    if last is None:
        words = Html(
            "<strong>The connector of core 1 is empty.</strong> Plug a core in, and "
            "take it through the four states: USABLE, UNISOLATE, configure-connector."
        )
    else:
        style = "kit-told" if last.good else "kit-error"
        told = Html().join(Html("<br>QEMU told {}.").format(words) for words in last.sent)
        verb = "is" if last.answer == "done" else "is answered"  # time is not answered
        words = Html('<strong>{}</strong> {} <span class="{}">{}</span>. {}<br>Why: {}{}').format(
            last.press.value, verb, style, last.answer, _moved(last), last.why, told
        )
    return Html('<div class="kit-verdict" role="status" aria-live="polite">{}{}</div>').format(
        words, note
    )


def _moved(step: Step) -> str:
    if step.before.state is step.after.state:
        return f"It stays {step.after.state.name}."
    return f"It goes from {step.before.state.name} to {step.after.state.name}."


def _rows_html(step: Step) -> Html:
    """Return the rows of the table that were tried, in order, with the matching one marked."""
    if not step.cell:
        return Html()
    body = Html().join(_row_html(line, line is step.decided, step) for line in step.cell)
    heads = Html().join(
        Html('<th scope="col">{}</th>').format(head)
        for head in ("", "state", "call", "if", "outcome")
    )
    star = any(not line.recorded for line in step.cell)
    note = (
        Html('<p class="kit-soft">* from QEMU\'s code; no recording shows it</p>') if star else ""
    )
    return Html(
        '<table class="kit-rows"><caption>The rows of the table, tried from the top'
        "</caption><thead><tr>{}</tr></thead><tbody>{}</tbody></table>{}"
    ).format(heads, body, note)


def _row_html(line: TableRow, decided: bool, step: Step) -> Html:
    call, guard, outcome = line_words(line)
    cells = (step.before.state.name, call, guard or "otherwise", outcome)
    marked = Html(' class="kit-now"') if decided else ""
    return (
        Html("<tr{}><td>{}</td>").format(marked, "▶ decided" if decided else "")
        + Html().join(Html("<td>{}</td>").format(cell) for cell in cells)
        + Html("</tr>")
    )


def _log_html(steps: tuple[Step, ...]) -> Html:
    """Return what was done so far, latest first."""
    body = Html().join(
        Html('<tr><th scope="row">{}</th><td>{}</td><td>{}</td><td>{}{}{}</td></tr>').format(
            number,
            step.press.value,
            step.answer,
            step.after.state.name,
            ", marked" if step.after.unplug_requested else "",
            "" if step.after.device else ", empty",
        )
        for number, step in reversed(list(enumerate(steps, 1)))
    )
    if not body:
        return Html()
    heads = Html().join(
        Html('<th scope="col">{}</th>').format(head) for head in ("", "call", "answer", "then")
    )
    return Html(
        '<table class="kit-rows"><caption>What you did, the latest first</caption>'
        "<thead><tr>{}</tr></thead><tbody>{}</tbody></table>"
    ).format(heads, body)
