"""The player as a cockpit: a run or a pair, its prediction, and what a person may do in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from kit.course.predictions import Prediction
from kit.git.values.page import ResponsibleLines
from kit.machine.revision import Revision
from kit.simulation.run import Pair, Run
from kit.simulation.timeline import Timeline
from kit.trace.entry import TraceEntry
from kit.trace.sentences import seconds, sentence
from kit.views.cockpit.of_timeline import go_to, heads_of, here_of, places_of, texts_of
from kit.views.cockpit.view import (
    USUAL,
    Button,
    ButtonGroup,
    Code,
    Desk,
    Question,
    Shares,
    Size,
    Tab,
    View,
    Words,
    drawing_of,
    no_text,
    picture_of,
    share_tab,
)
from kit.views.diagram.legend import whole_legend
from kit.views.diagram.svg import picture_svg
from kit.views.escape import Html
from kit.views.html.base import said_html
from kit.views.html.diff import joined_html
from kit.views.html.run import events_html
from kit.views.models.player import ActionChoice, PlayerModel

__all__ = ["CommitSource", "NoCommits", "PlayerDesk"]

NO_LINES = "No line of the commits in this lesson is responsible for this event alone."
MAX_LIKELY = 8  # acts that are offered at once
_WAITS_S = (1, 5, 15)
_VEILS = ("One machine plays a script", "Two machines play one script")
_LINES = Callable[[TraceEntry, Revision], tuple[ResponsibleLines, ...]]


class CommitSource(Protocol):
    """Where commits are read from; by default there is nothing to name and nothing to choose.

    ``placeholder`` says what to type; "" if nothing can be.
    """

    placeholder: str

    def source(self) -> str:
        """Return the name of the history."""
        return ""

    def use(self, place: str) -> None:
        """Read from a folder or a file, or from the default if *place* is empty.

        Raises:
            UserError: It cannot be read.
        """
        raise no_text(place)

    def fetch(self) -> str:
        """Fetch QEMU's commits of the lesson; return a report.

        Raises:
            UserError: They cannot be fetched.
        """
        raise no_text("history")


class NoCommits(CommitSource):
    """The history of a cockpit that has none."""

    placeholder = ""


class PlayerDesk(Desk):
    """The player; see `PlayerModel` for what it can do.

    ``lines_of`` finds the lines responsible for an entry. ``mail_of`` writes a mail about what is
    played. ``prediction`` is asked before the run is played; ``reveal``
    shows the whole run at once.
    """

    def __init__(
        self,
        model: PlayerModel,
        lines_of: _LINES | None = None,
        history: CommitSource | None = None,
        mail_of: Callable[[Run | Pair], str] | None = None,
        prediction: Prediction | None = None,
        *,
        reveal: bool = False,
    ) -> None:
        self.model, self._lines_of, self._mail_of = model, lines_of, mail_of
        self._history, self._note = history or NoCommits(), ""
        self._prediction, self._reveal = prediction, reveal

    @property
    def _fog(self) -> bool:
        """Is the future hidden? Not once a person has changed it."""
        return not self._reveal and not self.model.timeline.interventions

    def revealed(self) -> PlayerDesk:
        """Return the same run or pair from the start, with nothing hidden."""
        model = PlayerModel(Timeline(played=self.model.timeline.played))
        return PlayerDesk(model, self._lines_of, self._history, self._mail_of, reveal=True)

    @property
    def text(self) -> str:
        """The player as plain text; before it is played, without its title and its token."""
        model = self.model
        if not self._fog or model.at_the_end:
            return model.text
        names = " and ".join(run.revision.name for run in model.timeline.runs)
        asked = "" if self._prediction is None else f"\n{self._prediction.asks}"
        return f"{_VEILS[len(model.sides) - 1]}, at {names}.{asked}"

    @property
    def svg(self) -> Html:
        """The picture of the current place."""
        return picture_svg(self.model.timeline, future=not self._fog)

    def view(self, size: Size = USUAL) -> View:
        """Return what is shown."""
        model, here = self.model, self.model.timeline
        drawing = drawing_of(here, size)
        places = places_of(here, drawing)
        words = seconds(here.at_ns)
        fog = self._fog
        return View(
            kind="player",
            story=model.token,
            title=model.scenario.title,
            look="" if fog and self._prediction else model.scenario.look.strip(),
            heads=heads_of(model),
            pairs=tuple(self._pairs()),
            beside=(
                Button(do="undo", words="Undo", tip="Undo the last action"),
                Button(do="again", words="Start again", tip="Undo all actions"),
            ),
            menu=tuple(menu_of(model)),
            picture=picture_of(drawing),
            places=places,
            index=here_of(here, places),
            here_x=drawing.now,
            here_at=words,
            note=model.hint,
            tabs=tuple(self._tabs()),
            words=Words(last=f"This is the end, {seconds(here.end_ns)}."),
            fog=fog,
            veil=_VEILS[len(model.sides) - 1],
            question=self._question(),
        )

    def _question(self) -> Question | None:
        asked = self._prediction
        if asked is None or not self._fog:
            return None
        truth = asked.truth(self.model.timeline.played)
        return Question(asks=asked.asks, choices=asked.choices, right=truth.right, truth=truth.says)

    def _pairs(self) -> Iterator[Button]:
        """Yield the scenario's comparisons, if there are several."""
        pairs = self.model.scenario.compare
        if len(self.model.sides) < 2 or len(pairs) < 2:
            return
        for before, after in pairs:
            yield Button(
                do="compare",
                value=f"{before} {after}",
                words=f"{before} → {after}",
                tip=f"Compare {before} with {after}",
            )

    def _tabs(self) -> Iterator[Tab]:
        model = self.model
        names = [run.revision.name for run in model.timeline.runs]
        did = Html("<p>You did: {}.</p>").format(model.did) if model.did else Html()
        about = Html('<p class="kit-after">{}</p>').format(model.scenario.why.strip())
        events = events_html(model.timeline, names)
        yield Tab(name="Events", html=did + events + about)
        if self._lines_of is not None:
            yield Tab(name="Code", kind="code", follows=True)
        yield share_tab(self.shares()[1], "the whole run", f"kit open {model.token}")
        yield Tab(name="Legend", html=whole_legend())
        if model.has_switch:
            yield Tab(
                name="Real QEMU",
                html=real_html(model),
                buttons=(
                    Button(
                        do="real",
                        words=f"Play it on the {model.switch_words}",
                        tip="Play the last machine on a real QEMU, or on the embedded machine",
                    ),
                ),
            )

    def code(self) -> Code:
        """Return the lines responsible for the current event."""
        if self._lines_of is None:
            return Code()
        return Code(
            html=self._lines_html(),
            source=self._history.source(),
            note=self._note,
            placeholder=self._history.placeholder,
        )

    def _lines_html(self) -> Html:
        assert self._lines_of is not None
        here, runs = self.model.timeline, dict(self.model.sides)
        parts = []
        for name, entry in self.model.entries:
            revision = runs[name].revision
            found = self._lines_of(entry, revision)
            if found:
                head = f"{here.place + 1}. {sentence(entry)}"
                words = Html(
                    '<strong class="kit-step-of">{}</strong> <span class="kit-soft">{}</span>'
                ).format(head, revision.name)
                parts.append(joined_html(here.place, words, found))
        return Html().join(parts) or Html("<p>{}</p>").format(NO_LINES)

    def shares(self) -> Shares:
        """Return the whole run as text, as a mail if there is somebody to write it, and as SVG."""
        model = self.model
        return model.scenario.name, texts_of(model.timeline.played, model.token, self._mail_of)

    def go(self, index: int, at_ns: int) -> None:
        """Go to a place, and to a time after it."""
        go_to(self.model, index, at_ns)

    def do(self, name: str, value: str) -> None:
        """Do what a button asks for."""
        model = self.model
        model.hint = self._note = ""
        match name:
            case "act":
                model.act(value)
            case "wait":
                model.pass_time(int(value))
            case "undo":
                model.undo()
            case "again":
                model.reset()
            case "earlier" | "later":
                model.move(value, 1 if name == "later" else -1)
            case "compare":
                model.choose(*value.split())
            case "real":
                model.switch()
            case "use":
                self._history.use(value.strip())
            case "fetch":
                self._note = self._history.fetch()
            case _:
                raise no_text(name)


def menu_of(model: PlayerModel) -> Iterator[ButtonGroup]:
    """Yield the likely acts and a wait, the shorter waits, then all other acts by party."""
    shown = model.likely[: MAX_LIKELY - 1]
    first = (*map(_act, shown), _wait(_WAITS_S[-1]))
    yield ButtonGroup(name="likely", style="quiet", buttons=first)
    yield ButtonGroup(name="time", style="quiet", buttons=tuple(map(_wait, _WAITS_S[:-1])))
    rest = [choice for choice in model.actions if choice not in shown]
    for group in dict.fromkeys(choice.group for choice in rest):
        buttons = tuple(_act(choice) for choice in rest if choice.group == group)
        yield ButtonGroup(name=group, style="quiet", buttons=buttons)


def _wait(seconds_more: int) -> Button:
    n = seconds_more
    return Button(do="wait", value=str(n), words=f"Wait {n} s", tip=f"Let {n} s pass")


def _act(choice: ActionChoice) -> Button:
    return Button(do="act", value=choice.action, words=choice.word, tip=choice.says)


def real_html(model: PlayerModel) -> Html:
    """Say what the real QEMU said of itself, or else what one is for."""
    notes = model.timeline.runs[-1].notes
    return said_html(
        notes
        or (
            "The machine in the picture is a simulator. A real qemu-system-ppc64 that is installed"
            " here can play the last machine's part.",
        )
    )
