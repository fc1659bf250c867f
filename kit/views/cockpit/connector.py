"""A connector as a cockpit: the learner is its guest and drives it through its states by RTAS."""

from __future__ import annotations

from collections.abc import Iterator

from kit.views.cockpit.view import (
    USUAL,
    Button,
    ButtonGroup,
    Desk,
    Position,
    Shares,
    Size,
    Tab,
    Task,
    View,
    Words,
    clicks_group,
    head_of,
    no_text,
)
from kit.views.diagram.drc_states import HEIGHT, ShownConnector, state_diagram
from kit.views.diagram.drc_states import WIDTH as DIAGRAM_WIDTH
from kit.views.diagram.drc_table_words import line_words
from kit.views.escape import Html
from kit.views.html.print_form import heads_html, table
from kit.views.models.connector import ConnectorModel, Press, Step
from kit.views.models.connector_tasks import ConnectorTask

__all__ = ["ConnectorDesk"]

_GUEST = (
    (Press.USABLE, "set-indicator 9003 to 1: the guest claims the connector"),
    (Press.UNISOLATE, "set-indicator 9001 to 1: the guest connects the core"),
    (Press.CONFIGURE, "ibm,configure-connector, repeated until it is done: read what is in it"),
    (Press.ISOLATE, "set-indicator 9001 to 0: the guest disconnects the core"),
    (Press.UNUSABLE, "set-indicator 9003 to 0: the guest releases it"),
    (Press.SENSOR, "get-sensor-state 9003: unusable, or present?"),
)
_QEMU = (
    (Press.DEVICE_ADD, "The operator plugs core 1 in"),
    (Press.DEVICE_DEL, "The operator asks QEMU to remove core 1"),
    (Press.WAIT_15_S, "Wait 15 s of the guest's clock"),
    (Press.SYSTEM_RESET, "The operator resets the machine"),
)
_EMPTY = (
    "The connector of core 1 is empty. Press device_add to plug a core in, then take it through the"
    " four states: USABLE, UNISOLATE, configure-connector."
)


class ConnectorDesk(Desk):
    """One CPU's connector; see `ConnectorModel` for what the buttons do.

    ``tasks`` are solved one after the other.
    """

    def __init__(self, model: ConnectorModel, tasks: tuple[ConnectorTask, ...] = ()) -> None:
        self.model, self._tasks, self._task, self._hinted = model, tasks, 0, False

    @property
    def text(self) -> str:
        """The connector as plain text."""
        return self.model.text

    @property
    def svg(self) -> Html:
        """The diagram of the current place."""
        model, last = self.model, self.model.last
        came_from = None if last is None else last.before.state
        live = ShownConnector(model.drc, came_from, "" if last is None else last.press.value)
        return state_diagram(model.revision, live)

    def view(self, size: Size = USUAL) -> View:  # noqa: ARG002 - the diagram has one width
        """Return what is shown."""
        model = self.model
        places = tuple(self._places())
        revision = model.revision
        return View(
            kind="connector",
            story=f"{model.at} {' '.join(press.name for press in model.presses)}",
            title="You are the guest: drive core 1's connector",
            look="",
            heads=(head_of("at", revision),),
            actions=tuple(self._groups()),
            picture={
                "svg": self.svg,
                "moves": False,
                "width": DIAGRAM_WIDTH,
                "right": DIAGRAM_WIDTH,
                "height": HEIGHT,
            },
            places=places,
            index=model.place,
            here_x=0,
            here_at=places[model.place].at,
            note=model.hint,
            tabs=tuple(self._tabs()),
            words=Words(last="This is the last click."),
            unit="clicks",
            counted=True,
            task=self._task_view(),
        )

    def _task_view(self) -> Task | None:
        if not self._tasks:
            return None
        task, model = self._tasks[self._task], self.model
        done = task.solved(model)
        following = task.next_press(model.presses[: model.place])
        hint = "again " if following is None else f"press {following.name}"
        return Task(
            number=self._task + 1,
            count=len(self._tasks),
            asks=task.asks,
            done=task.why if done else "",
            hint=hint if self._hinted and not done else "",
        )

    def _begin(self, number: int) -> None:
        self._task, self._hinted = number % len(self._tasks), False
        self.model.reset()
        for press in self._tasks[self._task].given:
            self.model.press(press)
        self.model.hint = ""

    def _groups(self) -> Iterator[ButtonGroup]:
        begins = not self.model.presses
        for name, style, presses in (
            ("You, the guest", "guest", _GUEST),
            ("QEMU's side", "operator", _QEMU),
        ):
            buttons = tuple(
                Button(
                    do="press",
                    value=press.name,
                    words=press.value,
                    tip=tip,
                    kind="kit-primary" if begins and press is Press.DEVICE_ADD else "",
                )
                for press, tip in presses
            )
            yield ButtonGroup(name=name, style=style, buttons=buttons)
        yield clicks_group("Start with an empty connector")

    def _places(self) -> Iterator[Position]:
        yield Position(step=-1, at_ns=0, at="the start", x=0, said=(("", _EMPTY),))
        for number, step in enumerate(self.model.steps):
            said = tuple(("", words) for words in _answer_lines(step))
            yield Position(step=number, at_ns=0, at=step.press.value, x=0, said=said)

    def _tabs(self) -> Iterator[Tab]:
        last = self.model.last
        yield Tab(name="Events", html=_log_html(self.model.steps))
        rows = Html() if last is None else _rows_html(last)
        nothing = Html('<p class="kit-soft">This click looks at no row of the table.</p>')
        yield Tab(name="Table", html=rows or nothing)

    def shares(self) -> Shares:
        """Return the diagram; there is no other text."""
        return "connector", {"svg": lambda: self.svg}

    def go(self, index: int, at_ns: int) -> None:  # noqa: ARG002 - clicks have no time
        """Go to a click."""
        self.model.go(index)

    def do(self, name: str, value: str) -> None:
        """Do what a button asks for."""
        model = self.model
        match name:
            case "press" if value in Press.__members__:
                self._hinted = False
                model.press(Press[value])
            case "hint" if self._tasks:
                self._hinted = True
            case "task" if self._tasks:
                self._begin(self._task + 1)
            case "again" if self._tasks:
                self._begin(self._task)
            case "undo":
                model.undo()
            case "again":
                model.reset()
            case "earlier" | "later":
                model.move(1 if name == "later" else -1)
            case "go" if value.isdecimal():
                model.go(int(value))
            case _:
                raise no_text(name)


def _answer_lines(step: Step) -> Iterator[str]:
    """Yield the answer to a press, its reason, and what QEMU sent to others."""
    verb = "is" if step.answer == "done" else "is answered"  # time is not answered
    yield f"{step.press.value} {verb} {step.answer}. {_moved(step)}"
    yield f"Why: {step.why}"
    if step.sent:
        yield " ".join(f"QEMU sends {words}." for words in step.sent)


def _moved(step: Step) -> str:
    if step.before.state is step.after.state:
        return f"It stays {step.after.state.name}."
    return f"It goes from {step.before.state.name} to {step.after.state.name}."


def _rows_html(step: Step) -> Html:
    """Return the rows of the table that were tried, in order, with the matching one marked."""
    if not step.cell:
        return Html()
    rows, styles = [], []
    for line in step.cell:
        call, guard, outcome = line_words(line)
        decided = line is step.decided
        state = step.before.state.name
        rows.append(("▶ decided" if decided else "", state, call, guard or "otherwise", outcome))
        styles.append("kit-now" if decided else "")
    note = Html()
    if any(not line.recorded for line in step.cell):
        note = Html('<p class="kit-soft">* from QEMU\'s code; no recording shows it</p>')
    heads = ("", "state", "call", "if", "outcome")
    return table("The rows of the table, tried from the top", heads, rows, styles) + note


def _log_html(steps: tuple[Step, ...]) -> Html:
    """Return what was done so far, latest first."""
    body = Html('<tr><th scope="row">{}</th><td>{}</td><td>{}</td><td>{}{}{}</td></tr>').each(
        (
            *(number, step.press.value, step.answer, step.after.state.name),
            ", marked" if step.after.unplug_requested else "",
            "" if step.after.device else ", empty",
        )
        for number, step in reversed(list(enumerate(steps, 1)))
    )
    if not body:
        return Html()
    return Html(
        '<table class="kit-rows"><caption>What you did, the latest first</caption>'
        "<thead><tr>{}</tr></thead><tbody>{}</tbody></table>"
    ).format(heads_html(("", "call", "answer", "then")), body)
