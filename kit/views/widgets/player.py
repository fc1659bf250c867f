"""The player as a widget: a run or a pair of runs, event by event, and the actions it offers.

Widgets only bind: every decision is in `PlayerModel`, and every picture is a function of its state.
No control is ever disabled, so keyboard focus is never lost.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import groupby

import ipywidgets as widgets

from kit.actors.messages import PARTICIPANTS, Actor
from kit.git.values.page import ResponsibleLines
from kit.machine.revision import Revision
from kit.simulation.run import Pair, Run
from kit.trace.entry import TraceEntry
from kit.views.diagram.legend import folded_legend
from kit.views.diagram.svg import picture_svg
from kit.views.diagram.text import picture_lines
from kit.views.escape import Html
from kit.views.html.base import revision_head
from kit.views.html.diff import lines_html
from kit.views.html.figure import scrolling, style_html
from kit.views.html.print_form import PrintForm
from kit.views.html.run import beliefs_html, events_html
from kit.views.models.player import NO_EVENT, ActionChoice, PlayerModel
from kit.views.print.runs import print_player
from kit.views.widgets.base import HtmlView, Shown, button, guarded, label, row, side
from kit.views.widgets.share_bar import ShareBar
from kit.views.widgets.travel_bar import TravelBar

__all__ = ["PlayerWidget"]

_NAMES = {
    Actor.OPERATOR: "operator",
    Actor.LIBVIRT: "libvirt",
    Actor.QEMU: "QEMU",
    Actor.GUEST: "guest",
}
_WAITS_S = (1, 5, 15)
_NO_LINES = "No line of the commits in this lesson is responsible for this event alone."


class PlayerWidget(Shown):
    """The player; see `PlayerModel` for its content and its buttons.

    ``lines_of`` finds the lines responsible for an entry of a run at a revision. ``history_panel``
    returns the panel that changes the history, given a callback for changes. ``mail_of`` writes a
    mail about what is played.
    """

    def __init__(
        self,
        model: PlayerModel,
        lines_of: Callable[[TraceEntry, Revision], tuple[ResponsibleLines, ...]] | None = None,
        history_panel: Callable[[Callable[[], None]], widgets.Widget] | None = None,
        mail_of: Callable[[Run | Pair], str] | None = None,
    ) -> None:
        """Build the widgets and bind them to *model*."""
        self.model, self._lines_of = model, lines_of
        self._heads = {name: HtmlView() for name, _ in model.sides}
        self._status, self._beliefs, self._picture = (HtmlView() for _ in range(3))
        self._lines, self._events, self._token = (HtmlView() for _ in range(3))
        self._menu = widgets.VBox(self._menu_rows())
        self._panel = widgets.VBox([] if history_panel is None else [history_panel(self._show)])
        self._show_lines = self._button("", "The lines of QEMU that cause this event", self._turn)
        self._switch = self._button(
            "", "Play the last side on a real QEMU, or on the embedded machine", self._turn_real
        )
        self._show_menu = self._button("", "Do something at this moment", self._open)
        super().__init__(
            [
                HtmlView(style_html()),
                HtmlView(_title(model)),
                row([self._side(name) for name, _ in model.sides], "kit-sides"),
                *self._comparisons(),
                TravelBar(model, self._say),
                row([label("next event of"), *map(self._next_of, self._actors())], "kit-row"),
                self._status,
                self._picture,
                HtmlView(folded_legend()),
                self._beliefs,
                row(self._tools(), "kit-row", "kit-tools"),
                self._menu,
                self._lines,
                self._panel,
                self._events,
                self._token,
                self._share(mail_of),
            ]
        )
        self.add_class("kit")
        self.add_class("kit-player")
        model.observe(lambda _: self._show(), ["timeline"])
        model.observe(lambda _: self._show_said(), ["hint"])
        model.observe(lambda _: self._show_parts(), ["lines_shown", "menu_shown"])
        self._show()

    # -- parts ---------------------------------------------------------------------------------

    def _button(self, words: str, tooltip: str, action: Callable[[], object]) -> widgets.Button:
        return button(words, tooltip, guarded(action, self._say))

    def _side(self, name: str) -> widgets.VBox:
        move = self.model.move
        earlier = self._button("◀ earlier", f"{name}: one revision earlier", lambda: move(name, -1))
        later = self._button("later ▶", f"{name}: one revision later", lambda: move(name, +1))
        return side([self._heads[name], row([earlier, later], "kit-row")])

    def _comparisons(self) -> list[widgets.Widget]:
        """Return buttons for the scenario's comparisons, if there are several."""
        pairs = self.model.scenario.compare
        if len(self.model.sides) < 2 or len(pairs) < 2:
            return []
        buttons = [
            self._button(
                f"{before} → {after}",
                f"Compare {before} with {after}",
                partial(self.model.choose, before, after),
            )
            for before, after in pairs
        ]
        return [row([label("worth comparing"), *buttons], "kit-row")]

    def _actors(self) -> list[Actor]:
        """Return who takes part."""
        has_libvirt = self.model.scenario.setup.libvirt is not None
        return [actor for actor in PARTICIPANTS if has_libvirt or actor is not Actor.LIBVIRT]

    def _next_of(self, actor: Actor) -> widgets.Button:
        return self._button(
            _NAMES[actor],
            f"The next event that {_NAMES[actor]} says or hears",
            partial(self.model.next_of, actor),
        )

    def _tools(self) -> list[widgets.Button]:
        shown = [] if self._lines_of is None else [self._show_lines]
        switch = [self._switch] if self.model.has_switch else []
        return [
            *shown,
            self._show_menu,
            *switch,
            self._button("undo", "Take back what was done last", self.model.undo),
            self._button("begin again", "Take back all that was done", self.model.reset),
        ]

    def _share(self, mail_of: Callable[[Run | Pair], str] | None) -> ShareBar:
        model = self.model
        writers: dict[str, Callable[[], str]] = {
            "text": lambda: "\n".join([*picture_lines(model.timeline.played), "", model.token]),
            "svg": lambda: self.svg,
        }
        if mail_of is not None:
            writers["mail"] = lambda: mail_of(model.timeline.played)
        return ShareBar(writers, lambda: f"{model.scenario.name}.svg")

    def _menu_rows(self) -> list[widgets.Widget]:
        rows = [
            row([label(group), *map(self._action, choices)], "kit-row", "kit-menu-row")
            for group, choices in groupby(self.model.actions, lambda choice: choice.group)
        ]
        waits = [
            self._button(f"+{n} s", f"Let {n} s pass", partial(self.model.pass_time, n))
            for n in _WAITS_S
        ]
        return [*rows, row([label("time"), *waits], "kit-row", "kit-menu-row")]

    def _action(self, choice: ActionChoice) -> widgets.Button:
        return self._button(choice.word, choice.says, partial(self.model.act, choice.action))

    def _turn_real(self) -> None:
        self.model.switch()

    def _turn(self) -> None:
        self.model.lines_shown = not self.model.lines_shown

    def _open(self) -> None:
        self.model.menu_shown = not self.model.menu_shown

    # -- showing -------------------------------------------------------------------------------

    def _show(self) -> None:
        model = self.model
        heads = [run.revision.name for _, run in model.sides]
        for name, run in model.sides:
            self._heads[name].value = revision_head(name, run.revision)
        self._show_said()
        self.svg = picture_svg(model.timeline)
        self._picture.value = scrolling(self.svg)
        self._beliefs.value = beliefs_html(heads, model.knowledge)
        self._events.value = events_html(model.timeline, heads)
        self._token.value = _token_html(model)
        self._show_parts()

    def _show_said(self) -> None:
        self._say(self.model.hint)

    def _say(self, hint: str) -> None:
        self._status.value = _event_html(self.model, hint)

    def _show_parts(self) -> None:
        """Show or hide the responsible lines and the actions."""
        lines, menu = self.model.lines_shown, self.model.menu_shown
        self._switch.description = self.model.switch_words
        self._show_lines.description = "hide the hunk" if lines else "show me the hunk"
        self._show_menu.description = "do nothing here" if menu else "do something here"
        # "" and not None, which JupyterLite loses on its way to the browser
        self._menu.layout.display = "" if menu else "none"
        self._panel.layout.display = "" if lines else "none"
        self._lines.value = self._lines_html() if lines else Html()

    def _lines_html(self) -> Html:
        assert self._lines_of is not None
        runs = dict(self.model.sides)
        parts = []
        for name, entry in self.model.entries:
            revision = runs[name].revision
            found = self._lines_of(entry, revision)
            if found:
                parts.append(
                    Html("<p><strong>{}</strong></p>{}").format(revision.name, lines_html(found))
                )
        return Html('<div class="kit-hunks">{}</div>').format(
            Html().join(parts) or Html("<p>{}</p>").format(_NO_LINES)
        )

    def _repr_print_(self) -> PrintForm:
        return print_player(self.model)

    @property
    def text(self) -> str:
        """The player as plain text."""
        return self.model.text


def _title(model: PlayerModel) -> Html:
    story = model.scenario
    return Html(
        '<h3 class="kit-step">{}</h3><p class="kit-soft">Look at this: {}</p>'
        "<details><summary>what it is about, and what comes of it</summary><p>{}"
        "</p></details>"
    ).format(story.title, story.look, story.why)


def _event_html(model: PlayerModel, hint: str) -> Html:
    """Return the sentence on the current event and a hint. A screen reader reads out a change."""
    parts = [Html('<span class="kit-soft">{}</span>').format(model.quiet)] if model.quiet else []
    for who, words in model.sentences:
        name = Html('<span class="kit-who">{}</span> ').format(who) if who else Html()
        shown = words if words == NO_EVENT else Html("<strong>{}</strong>").format(words)
        parts.append(name + shown)
    here = model.timeline
    differs = here.place >= 0 and here.stops[here.place].differs
    note = Html('<br><span class="kit-silent">{}</span>').format(hint) if hint else ""
    return Html(
        '<div class="kit-verdict kit-said{}" role="status" aria-live="polite">{}{}</div>'
    ).format(" kit-parted" if differs else "", Html("<br>").join(parts), note)


def _token_html(model: PlayerModel) -> Html:
    did = Html("<p>You did: {}.</p>").format(model.did) if model.did else ""
    return Html(
        '{}<p class="kit-soft">The same in a terminal: <code>kit open {}</code></p>'
    ).format(did, model.token)
