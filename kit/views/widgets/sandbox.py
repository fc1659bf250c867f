"""The sandbox as a widget: two machines, one time axis, each click on both, now or in the past.

Widgets only bind: every decision is in `SandboxModel`, and every picture is a function of its
state. No control is ever disabled, so keyboard focus is never lost.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import ipywidgets as widgets

from kit.git.values.page import CommitPage, ResponsibleLines
from kit.machine.catalogue import find_revision
from kit.machine.revision import Revision
from kit.simulation.sandbox import Act
from kit.trace.entry import TraceEntry
from kit.views.diagram.legend import folded_legend
from kit.views.diagram.svg import picture_svg
from kit.views.escape import Html
from kit.views.html.base import revision_head, status
from kit.views.html.diff import commit_html, responsible_html
from kit.views.html.figure import scrolling, style_html
from kit.views.html.print_form import PrintForm
from kit.views.html.run import log_html, state_html
from kit.views.models.sandbox import SandboxModel
from kit.views.print.runs import print_sandbox
from kit.views.print.sandbox_stories import SandboxStory
from kit.views.widgets.base import HtmlView, Shown, button, guarded, label, row, side
from kit.views.widgets.travel_bar import TravelBar

__all__ = ["SandboxWidget"]

_GROUPS: tuple[tuple[str, str, tuple[tuple[Act, str, str], ...]], ...] = (
    (
        "operator",
        "operator",
        (
            (Act.DEVICE_DEL, "device_del", "Ask QEMU to remove core 1 (QMP device_del)"),
            (Act.SYSTEM_RESET, "system_reset", "Reset the machine; the guest boots again"),
        ),
    ),
    (
        "guest",
        "guest",
        (
            (Act.GUEST_RELEASES, "release", "Read QEMU's event and give the core back"),
            (Act.GUEST_REFUSES, "refuse", "Read QEMU's event and say no: UNISOLATE"),
            (
                Act.GUEST_RELEASES_LATE,
                "release late",
                "Let 16 s pass after device_del, then give the core back",
            ),
        ),
    ),
    (
        "time",
        "time",
        (
            (Act.WAIT_1_S, "+1 s", "Let one second pass"),
            (Act.WAIT_5_S, "+5 s", "Let five seconds pass"),
            (Act.WAIT_TO_15_S, "to 15 s", "Let time pass until 15 s after device_del"),
        ),
    ),
)


_SIDES = ("before", "after")


class SandboxWidget(Shown):
    """Two machines side by side; see `SandboxModel` for the buttons.

    ``commit_of`` returns a revision's commit; without it there are no diffs. ``history_panel``
    returns the panel that changes the history, given a callback for changes. ``lines_of`` finds the
    lines responsible for an entry, and is used for the first difference. ``stories`` are printed;
    by default those that suit the revisions. Without widgets the sandbox shows itself as a picture
    and as text.
    """

    def __init__(
        self,
        model: SandboxModel,
        commit_of: Callable[[Revision], CommitPage] | None = None,
        history_panel: Callable[[Callable[[], None]], widgets.Widget] | None = None,
        lines_of: Callable[[TraceEntry, Revision], tuple[ResponsibleLines, ...]] | None = None,
        stories: tuple[SandboxStory, ...] | None = None,
    ) -> None:
        """Build the widgets and bind them to *model*."""
        self.model, self._stories = model, stories
        self._commit_of, self._history_panel = commit_of, history_panel
        self._lines_of, self._lines = lines_of, HtmlView()
        self._heads = {name: HtmlView() for name in _SIDES}
        self._states = {name: HtmlView() for name in _SIDES}
        self._logs = {name: HtmlView() for name in _SIDES}
        self._picture, self._verdict, self._diff = HtmlView(), HtmlView(), HtmlView()
        self._token, self._diff_side = HtmlView(), "after"
        self._diff_of: Revision | None = None
        super().__init__(
            [
                HtmlView(style_html()),
                row([self._side(name) for name in _SIDES], "kit-sides"),
                row([*map(self._group, _GROUPS), self._again()], "kit-row"),
                TravelBar(model, self._say),
                self._verdict,
                self._picture,
                HtmlView(folded_legend()),
                row([side([self._logs[name]]) for name in _SIDES], "kit-sides"),
                self._lines,
                self._token,
                *self._diff_parts(),
            ]
        )
        self.add_class("kit")
        self.add_class("kit-sandbox")
        model.observe(lambda _: self._show(), ["timeline"])
        model.observe(lambda _: self._show_verdict(), ["hint"])
        self._show()

    # -- parts ---------------------------------------------------------------------------------

    def _button(self, words: str, tooltip: str, action: Callable[[], object]) -> widgets.Button:
        return button(words, tooltip, guarded(action, self._say))

    def _side(self, name: str) -> widgets.VBox:
        move = self.model.move
        earlier = self._button("◀ earlier", f"{name}: one revision earlier", lambda: move(name, -1))
        later = self._button("later ▶", f"{name}: one revision later", lambda: move(name, +1))
        return side([self._heads[name], row([earlier, later], "kit-row"), self._states[name]])

    def _group(self, group: tuple[str, str, tuple[tuple[Act, str, str], ...]]) -> widgets.HBox:
        style, words, acts = group
        buttons = [
            self._button(word, tooltip, partial(self.model.do, act)) for act, word, tooltip in acts
        ]
        return row([label(words), *buttons], "kit-group", f"kit-{style}")

    def _again(self) -> widgets.HBox:
        undo = self._button("undo", "Take the last click back", self.model.undo)
        reset = self._button("begin again", "Start again at 0 s", self.model.reset)
        return row([label("clicks"), undo, reset], "kit-group")

    def _diff_parts(self) -> list[widgets.Widget]:
        if self._commit_of is None:
            return []
        buttons = [
            self._button(
                f"diff of {name}",
                f"Show the commit of the revision {name}",
                partial(self._choose_diff, name),
            )
            for name in _SIDES
        ]
        panel = [] if self._history_panel is None else [self._history_panel(self._read_again)]
        return [row(buttons, "kit-row"), *panel, self._diff]

    # -- showing -------------------------------------------------------------------------------

    def _show(self) -> None:
        model, here = self.model, self.model.timeline
        differs = model.pair.first_difference
        for (name, run), seq, first in zip(model.sides, here.seqs, differs, strict=True):
            self._heads[name].value = revision_head(name, run.revision)
            self._states[name].value = state_html(run, seq)
            marked = () if model.at_the_end else (seq,)
            self._logs[name].value = log_html(f"{name}: {run.revision.name}", run, first, marked)
        self.svg = picture_svg(here)
        self._picture.value = scrolling(self.svg)
        self._lines.value = self._lines_html()
        self._token.value = Html(
            '<p class="kit-soft">The same in a terminal: <code>kit open {}</code></p>'
        ).format(model.token)
        self._show_verdict()
        self._show_diff()

    def _show_verdict(self) -> None:
        model = self.model
        parted = " kit-parted" if model.pair.first_difference != (None, None) else ""
        words = model.hint or model.verdict
        self._say(f"{words}\n{model.where}" if model.where else words, parted)

    def _lines_html(self) -> Html:
        """Return the lines that are responsible for the first difference, on either side."""
        if self._lines_of is None:
            return Html()
        found: list[Html] = []
        differs = self.model.pair.first_difference
        for (name, run), seq in zip(self.model.sides, differs, strict=True):
            lines = () if seq is None else self._lines_of(run.trace[seq], run.revision)
            heading = f"{name}: the lines responsible for the first difference"
            found += [responsible_html(heading, lines)] * bool(lines)
        return Html().join(found)

    def _say(self, words: str, style: str = "") -> None:
        self._verdict.value = status(words, style)

    def _choose_diff(self, name: str) -> None:
        self._diff_side = name
        self._show_diff()

    def _read_again(self) -> None:
        self._diff_of = None
        self._lines.value = self._lines_html()
        self._show_diff()

    def _show_diff(self) -> None:
        """Show the commit of the chosen side, unless it is visible already."""
        revision = find_revision(getattr(self.model, self._diff_side))
        if self._commit_of is not None and revision != self._diff_of:
            self._diff.value = commit_html(self._commit_of(revision))
            self._diff_of = revision

    def _repr_print_(self) -> PrintForm:
        return print_sandbox(self.model, self._stories)

    @property
    def text(self) -> str:
        """The sandbox as plain text."""
        return self.model.text
