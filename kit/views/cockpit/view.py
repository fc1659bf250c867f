"""What a cockpit shows, as data: the browser needs nothing else to move through a run.

One view serves a widget and a page: a picture with its places, what is said at each of them, the
buttons, and the tabs. `kit/views/html/cockpit.js` shows it. Buttons name what they ask for; the
kernel's part is a `Desk`.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from kit.common.errors import UserError
from kit.common.plain_text import printable
from kit.machine.revision import Revision
from kit.simulation.timeline import Timeline
from kit.views.diagram.layout import Layout
from kit.views.diagram.svg import Drawing, draw
from kit.views.escape import Html

__all__ = ["USUAL", "Button", "ButtonGroup", "Code", "Desk", "Head", "Position", "Question", "Size"]
__all__ += ["Tab", "Task", "View", "Words", "drawing_of", "head_of", "no_text", "picture_of"]
__all__ += ["Shares", "clicks_group", "share_tab", "shown"]

_EMPTY = Html()


@dataclass(frozen=True, slots=True)
class Size:
    """How wide a picture is, and how high it may be, in its own units."""

    width: int = 1000
    highest: int = 470


USUAL = Size()


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A button: what it asks for, its words, and what it does in a sentence."""

    do: str
    words: str
    tip: str
    value: str = ""
    kind: str = ""
    pressed: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ButtonGroup:
    """Buttons of one party. ``style`` is "operator", "guest", "time" or "quiet"."""

    name: str
    style: str
    buttons: tuple[Button, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A side and its revision. ``moves``: another one can be chosen."""

    side: str
    name: str
    about: str
    moves: bool = True


def head_of(side: str, revision: Revision) -> Head:
    """Return a side whose revision can be changed, with what that is."""
    return Head(side=side, name=revision.name, about=f"{revision.build}: {revision.summary}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A place of a run: after ``step`` (-1: the start), at ``x`` of the picture.

    ``said`` are sentences, each with its machine if only one of them has it. ``known`` says for
    screen readers what the chips of the picture show. ``cut``: the gap before it is cut short.
    """

    step: int
    at_ns: int
    at: str
    x: float
    said: tuple[tuple[str, str], ...]
    differs: bool = False
    known: str = ""
    cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """A tab below the picture. ``kind`` is "code", "share" or empty.

    ``follows``: its content depends on the current place.
    """

    name: str
    kind: str = ""
    html: Html = _EMPTY
    buttons: tuple[Button, ...] = ()
    follows: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What to predict before a run is played, the possible answers, and how it was.

    ``right`` is the choice that is right; the first line of ``truth`` says it in a sentence.
    """

    asks: str
    choices: tuple[str, ...]
    right: str
    truth: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A task: its number, what it asks, why it is solved if it is, and the button to press next."""

    number: int
    count: int
    asks: str
    done: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What is said where a move leads nowhere, and, before the end, what a click would drop."""

    first: str = "This is the start: nothing has happened yet."
    last: str = ""
    none: str = "No difference comes after this."
    same: str = "Both runs are the same."
    past: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """The content of the tab Code: lines, where they were read, and how to read them elsewhere."""

    html: Html = _EMPTY
    source: str = ""
    note: str = ""
    placeholder: str = ""
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A cockpit as data.

    ``story`` changes with the run. ``fog``: what was not played yet is hidden, and the title
    is ``veil`` until then. ``here_x`` and ``here_at`` are the current place, which may be some time
    after the place ``index``.
    """

    kind: str
    story: str
    title: str
    look: str = ""
    heads: tuple[Head, ...] = ()
    pairs: tuple[Button, ...] = ()
    actions: tuple[ButtonGroup, ...] = ()
    beside: tuple[Button, ...] = ()
    menu: tuple[ButtonGroup, ...] = ()
    picture: dict[str, Any]
    places: tuple[Position, ...]
    index: int
    here_x: float
    here_at: str
    note: str = ""
    tabs: tuple[Tab, ...] = ()
    words: Words = Words()
    fog: bool = False
    veil: str = ""
    question: Question | None = None
    task: Task | None = None
    unit: str = ""
    counted: bool = False

    def json(self) -> dict[str, Any]:
        """Return the view as JSON data."""
        data: dict[str, Any] = shown(asdict(self))
        data["positions"] = data.pop("places")
        data["here"] = {
            "index": data.pop("index"),
            "x": data.pop("here_x"),
            "at": data.pop("here_at"),
        }
        return data


def no_text(what: str) -> UserError:
    """Return the error for a text or an action that does not exist."""
    return UserError(f"there is no {what!r} here"[:80])


Shares = tuple[str, Mapping[str, Callable[[], str]]]
"""A file's name, and what makes its texts: some of "text", "mail" and "svg"."""


class Desk(Protocol):
    """The kernel's part of a cockpit: what is shown, and what is done when a button asks for it.

    By default no button changes anything, and no line is responsible.
    """

    @property
    def text(self) -> str:
        """The content as plain text."""
        ...

    @property
    def svg(self) -> Html:
        """The picture as it is where nothing moves."""
        ...

    def view(self, size: Size) -> View:
        """Return what is shown, with a picture of that size."""
        ...

    def go(self, index: int, at_ns: int) -> None:
        """Go to a place of the view, and to a time that is not before it."""
        ...

    def do(self, name: str, value: str) -> None:  # noqa: ARG002 - for the desks
        """Do what a button asks for.

        Raises:
            KitError: It cannot be done; the text says why.
        """
        raise no_text(name)

    def code(self) -> Code:
        """Return what the tab Code shows at the current place; a desk may have no such tab."""
        return Code()

    def shares(self) -> Shares:
        """Return what a reader may take along."""
        ...

    def share(self, what: str) -> tuple[str, str]:
        """Return the name of a file and one of the texts.

        Raises:
            KitError: There is no such text.
        """
        name, texts = self.shares()
        if what not in texts:
            raise no_text(what)
        return f"{name}.svg", texts[what]()


def shown(data: Any) -> Any:  # noqa: ANN401 - JSON data
    """Return JSON data with every text as it may be shown: no unseen characters. HTML is as it is.

    The browser sets texts as texts, so nothing needs to be escaped.
    """
    if isinstance(data, dict):
        return {name: shown(value) for name, value in data.items()}
    if isinstance(data, list | tuple):
        return [shown(value) for value in data]
    if isinstance(data, str) and not isinstance(data, Html):
        return "\n".join(map(printable, data.split("\n")))
    return data


def drawing_of(drawn: Timeline | Layout, size: Size, *, kept: bool = False) -> Drawing:
    """Draw a picture that moves, not higher than a cockpit has room for.

    ``kept``: its lanes stay where they are whatever is done.
    """
    return draw(drawn, moves=True, width=size.width, highest=size.highest, kept=kept)


def clicks_group(begin: str) -> ButtonGroup:
    """Return the buttons that take clicks back; *begin* says what starting again does."""
    undo = Button(do="undo", words="Undo", tip="Take the last click back")
    again = Button(do="again", words="Start again", tip=begin)
    return ButtonGroup(name="Clicks", style="quiet", buttons=(undo, again))


_SHARES = {"text": "Copy as text", "mail": "Copy for mail", "svg": "Save SVG"}


def share_tab(kinds: Container[str], what: str, command: str = "") -> Tab:
    """Return the tab that takes a picture along.

    *kinds* are of "text", "mail" and "svg"; *what* names all that is taken, and *command* shows the
    same in a terminal.
    """
    again = Html('<p class="kit-soft">The same in a terminal: <code>{}</code></p>').format(command)
    return Tab(
        name="Share",
        kind="share",
        html=again if command else _EMPTY,
        buttons=tuple(
            Button(do="share", value=kind, words=words, tip=f"{words}: {what}")
            for kind, words in _SHARES.items()
            if kind in kinds
        ),
    )


def picture_of(drawing: Drawing) -> dict[str, Any]:
    """Return a drawing that moves as part of a view."""
    return {
        "svg": drawing.svg,
        "moves": True,
        "width": drawing.width,
        "right": drawing.right,
        "now": drawing.now,
    }
