"""The bench as a widget: two machines, one time axis, the same clicks on both.

The widgets only bind: every decision is in `BenchModel`, every picture a function of its state.
No control is ever disabled, so the keyboard's focus is never lost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from html import escape

import ipywidgets as widgets

from kit.errors import KitError
from kit.machine.revision import Revision, find_revision
from kit.runs.bench import Act, Run
from kit.runs.trace import TraceEntry
from kit.views.bench_model import BenchModel
from kit.views.diff_html import CommitPage, ResponsibleLines, commit_html, responsible_html
from kit.views.figure import scrolling, stylesheet
from kit.views.html import log_html, state_html
from kit.views.pair_svg import pair_svg

__all__ = ["BenchWidget", "guarded"]

_GROUPS: tuple[tuple[str, str, tuple[tuple[Act, str, str], ...]], ...] = (
    (
        "operator",
        "operator",
        ((Act.DEVICE_DEL, "device_del", "Ask QEMU to remove core 1 (QMP device_del)"),),
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


def guarded(action: Callable[[], None], say: Callable[[str], None]) -> Callable[[object], None]:
    """Wrap a callback: ipywidgets swallows what it raises, so it is said where it was clicked."""

    def clicked(_: object) -> None:
        try:
            action()
        except KitError as error:
            say(str(error))
        except Exception as error:  # noqa: BLE001 - shown to the person who clicked
            say(f"This click failed: {error or type(error).__name__}")

    return clicked


_Side = tuple[str, Revision, Run, int | None]


class BenchWidget(widgets.VBox):  # type: ignore[misc]  # ipywidgets ships no types
    """Two machines side by side; see `BenchModel` for what the buttons do.

    ``commit_of`` returns what is shown of a revision's commit; None leaves the diffs out;
    ``history_panel`` makes the part that changes the history, given what to call when it changed;
    ``lines_of`` finds the lines responsible for an entry, shown for the first difference.
    Without a front end for widgets the bench shows itself as a picture and as text.
    """

    def __init__(
        self,
        model: BenchModel,
        commit_of: Callable[[Revision], CommitPage] | None = None,
        history_panel: Callable[[Callable[[], None]], widgets.Widget] | None = None,
        lines_of: Callable[[TraceEntry, Revision], tuple[ResponsibleLines, ...]] | None = None,
    ) -> None:
        """Build the widgets and bind them to *model*."""
        self.model = model
        self._commit_of, self._history_panel = commit_of, history_panel
        self._lines_of, self._lines = lines_of, widgets.HTML()
        self._heads = {side: widgets.HTML() for side in ("before", "after")}
        self._states = {side: widgets.HTML() for side in ("before", "after")}
        self._logs = {side: widgets.HTML() for side in ("before", "after")}
        self._picture, self._verdict, self._diff = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self._diff_side, self.svg = "after", ""
        super().__init__(
            [
                widgets.HTML(f"<style>{stylesheet()}</style>"),
                _row([self._side(side) for side in ("before", "after")], "kit-sides"),
                _row([*map(self._group, _GROUPS), self._again()], "kit-row"),
                self._verdict,
                self._picture,
                _row([_side([self._logs[side]]) for side in ("before", "after")], "kit-sides"),
                self._lines,
                *self._diff_parts(),
            ]
        )
        self.add_class("kit")
        self.add_class("kit-bench")
        model.observe(self._show, ["before", "after", "acts", "hint"])
        self._show()
        self._show_diff()

    # -- parts ---------------------------------------------------------------------------------

    def _side(self, side: str) -> widgets.VBox:
        earlier = self._button("◀ earlier", f"{side}: one revision earlier")
        later = self._button("later ▶", f"{side}: one revision later")
        earlier.on_click(guarded(lambda: self.model.move(side, -1), self._say))
        later.on_click(guarded(lambda: self.model.move(side, +1), self._say))
        return _side([self._heads[side], _row([earlier, later], "kit-row"), self._states[side]])

    def _group(self, group: tuple[str, str, tuple[tuple[Act, str, str], ...]]) -> widgets.HBox:
        style, label, acts = group
        buttons = []
        for act, words, tooltip in acts:
            button = self._button(words, tooltip)
            button.on_click(guarded(partial(self.model.do, act), self._say))
            buttons.append(button)
        box = _row([widgets.HTML(f'<span class="kit-label">{label}</span>'), *buttons], "kit-group")
        box.add_class(f"kit-{style}")
        return box

    def _again(self) -> widgets.HBox:
        undo = self._button("undo", "Take the last click back")
        undo.on_click(guarded(self.model.undo, self._say))
        reset = self._button("reset", "Start again at 0 s")
        reset.on_click(guarded(self.model.reset, self._say))
        return _row(
            [widgets.HTML('<span class="kit-label">bench</span>'), undo, reset], "kit-group"
        )

    def _diff_parts(self) -> list[widgets.Widget]:
        if self._commit_of is None:
            return []
        buttons = [self._diff_button(side) for side in ("before", "after")]
        panel = [] if self._history_panel is None else [self._history_panel(self._show_diff)]
        return [_row(buttons, "kit-row"), *panel, self._diff]

    def _diff_button(self, side: str) -> widgets.Button:
        button = self._button(f"diff of {side}", f"Show the commit of the revision {side}")
        button.on_click(guarded(lambda: self._choose_diff(side), self._say))
        return button

    @staticmethod
    def _button(words: str, tooltip: str) -> widgets.Button:
        return widgets.Button(description=words, tooltip=tooltip)

    # -- showing -------------------------------------------------------------------------------

    def _show(self, change: Mapping[str, object] | None = None) -> None:
        pair = self.model.pair
        first = pair.first_difference
        sides = (
            ("before", pair.before_revision, pair.before, first[0]),
            ("after", pair.after_revision, pair.after, first[1]),
        )
        for side, revision, run, seq in sides:
            self._heads[side].value = _head(side, revision)
            self._states[side].value = state_html(run)
            self._logs[side].value = log_html(f"{side}: {revision.name}", run, seq)
        self.svg = pair_svg(pair)
        self._picture.value = scrolling(self.svg)
        self._lines.value = self._lines_html(sides)
        parted = " kit-parted" if first != (None, None) else ""
        self._say(self.model.hint or self.model.verdict, parted)
        if change is not None and change["name"] == self._diff_side:
            self._show_diff()

    def _lines_html(self, sides: tuple[_Side, ...]) -> str:
        """The lines that are responsible for the first difference, on either side."""
        if self._lines_of is None:
            return ""
        parts = [
            responsible_html(side, lines)
            for side, revision, run, seq in sides
            if seq is not None and (lines := self._lines_of(run.trace[seq], revision))
        ]
        return "".join(parts)

    def _say(self, words: str, style: str = "") -> None:
        first, *others = (escape(line) for line in words.split("\n"))
        self._verdict.value = (
            f'<div class="kit-verdict{style}" role="status" aria-live="polite">'
            f"{'<br>'.join((f'<strong>{first}</strong>', *others))}</div>"
        )

    def _choose_diff(self, side: str) -> None:
        self._diff_side = side
        self._show_diff()

    def _show_diff(self) -> None:
        if self._commit_of is not None:
            revision = find_revision(getattr(self.model, self._diff_side))
            self._diff.value = commit_html(self._commit_of(revision))

    # -- without widgets -----------------------------------------------------------------------

    def _repr_mimebundle_(self, **kwargs: object) -> object:
        bundle = super()._repr_mimebundle_(**kwargs)
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        if data is not None:
            data["text/plain"] = self.model.text
            data["image/svg+xml"] = self.svg
        return bundle

    def __repr__(self) -> str:
        """Return the bench as text."""
        return self.model.text


def _head(side: str, revision: Revision) -> str:
    label = "" if revision.alias is None else f" <code>{escape(revision.label)}</code>"
    return (
        f'<h4><span class="kit-soft">{side}:</span> {escape(revision.name)}{label}</h4>'
        f'<p class="kit-soft">{escape(revision.summary)}</p>'
    )


def _row(children: list[widgets.Widget], style: str) -> widgets.HBox:
    box = widgets.HBox(children)
    box.add_class(style)
    return box


def _side(children: list[widgets.Widget]) -> widgets.VBox:
    box = widgets.VBox(children)
    box.add_class("kit-side")
    return box
