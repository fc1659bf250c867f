"""The sandbox as a cockpit: two machines on which every click acts alike, and its tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from kit.course.sandbox_tasks import SandboxTask
from kit.git.values.page import CommitPage, ResponsibleLines
from kit.machine.catalogue import find_revision
from kit.machine.revision import Revision
from kit.simulation.run import Pair, Run
from kit.simulation.sandbox import Act
from kit.trace.entry import TraceEntry
from kit.trace.sentences import seconds
from kit.views.cockpit.of_timeline import go_to, heads_of, here_of, places_of, texts_of
from kit.views.cockpit.player import CommitSource, NoCommits
from kit.views.cockpit.view import (
    USUAL,
    Button,
    ButtonGroup,
    Code,
    Desk,
    Position,
    Shares,
    Size,
    Tab,
    Task,
    View,
    Words,
    clicks_group,
    drawing_of,
    no_text,
    picture_of,
    share_tab,
)
from kit.views.diagram.legend import whole_legend
from kit.views.diagram.svg import picture_svg
from kit.views.escape import Html
from kit.views.html.diff import commit_html, joined_html
from kit.views.html.run import events_html
from kit.views.models.sandbox import SandboxModel

__all__ = ["SandboxDesk"]

_GROUPS: tuple[tuple[str, str, tuple[tuple[Act, str], ...]], ...] = (
    (
        "Operator",
        "operator",
        (
            (Act.DEVICE_DEL, "Ask QEMU to remove core 1 (QMP device_del)"),
            (Act.SYSTEM_RESET, "Reset both machines; the guests boot again"),
        ),
    ),
    (
        "Guest",
        "guest",
        (
            (Act.GUEST_RELEASES, "Read QEMU's event and release the core"),
            (Act.GUEST_REFUSES, "Read QEMU's event and refuse: UNISOLATE"),
            (Act.GUEST_RELEASES_LATE, "Wait until 16 s after device_del, then release the core"),
        ),
    ),
    (
        "Time",
        "time",
        (
            (Act.WAIT_1_S, "Wait one second"),
            (Act.WAIT_5_S, "Wait five seconds"),
            (Act.WAIT_TO_15_S, "Wait until 15 s after device_del"),
        ),
    ),
)
_SIDES = ("before", "after")


class SandboxDesk(Desk):
    """The sandbox; see `SandboxModel` for what it can do.

    ``commit_of`` returns a revision's commit; without it there is no code. ``lines_of`` finds the
    lines responsible for an entry, and is used for the first difference. ``tasks`` are solved one
    after the other.
    """

    def __init__(
        self,
        model: SandboxModel,
        commit_of: Callable[[Revision], CommitPage] | None = None,
        history: CommitSource | None = None,
        lines_of: Callable[[TraceEntry, Revision], tuple[ResponsibleLines, ...]] | None = None,
        mail_of: Callable[[Run | Pair], str] | None = None,
        tasks: tuple[SandboxTask, ...] = (),
    ) -> None:
        self.model, self._commit_of, self._lines_of = model, commit_of, lines_of
        self._history, self._note, self._mail_of = history or NoCommits(), "", mail_of
        self._tasks, self._task, self._hinted = tasks, 0, False
        self._diff_side = "after"

    @property
    def text(self) -> str:
        """The sandbox as plain text."""
        return self.model.text

    @property
    def svg(self) -> Html:
        """The picture of the current place."""
        return picture_svg(self.model.timeline)

    def view(self, size: Size = USUAL) -> View:
        """Return what is shown."""
        model, here = self.model, self.model.timeline
        drawing = drawing_of(here, size, kept=True)
        places = self._with_verdict(places_of(here, drawing))
        return View(
            kind="sandbox",
            story=model.token,
            title=model.scenario.title,
            look="" if self._tasks else "Each click acts on both machines.",
            heads=heads_of(model),
            actions=tuple(self._groups()),
            picture=picture_of(drawing),
            places=places,
            index=here_of(here, places),
            here_x=drawing.now,
            here_at=seconds(here.at_ns),
            note=model.hint,
            tabs=tuple(self._tabs()),
            words=Words(
                last=f"This is the end, {seconds(here.end_ns)}.",
                past="A click here drops what was clicked later; Undo brings it back.",
            ),
            task=self._task_view(),
        )

    def _with_verdict(self, places: tuple[Position, ...]) -> tuple[Position, ...]:
        """Say at the end what has become of both machines."""
        said = tuple(("", line) for line in self.model.verdict.split("\n"))
        if not self.model.acts:
            said = (("", "Nothing has happened yet. Press device_del."),)
        return (*places[:-1], replace(places[-1], said=said))

    def _groups(self) -> Iterator[ButtonGroup]:
        for name, style, acts in _GROUPS:
            buttons = tuple(
                Button(do="act", value=act.name, words=act.value, tip=tip, kind=self._kind(act))
                for act, tip in acts
            )
            yield ButtonGroup(name=name, style=style, buttons=buttons)
        yield clicks_group("Start again at 0 s")

    def _kind(self, act: Act) -> str:
        first = act is Act.DEVICE_DEL and not self.model.acts
        return "kit-primary" if first else ""

    def _tabs(self) -> Iterator[Tab]:
        model = self.model
        names = [run.revision.name for run in model.timeline.runs]
        yield Tab(name="Events", html=events_html(model.timeline, names))
        if self._commit_of is not None or self._lines_of is not None:
            yield Tab(name="Code", kind="code")
        yield share_tab(self.shares()[1], "the whole run", f"kit open {model.token}")
        yield Tab(name="Legend", html=whole_legend())

    def code(self) -> Code:
        """Return the lines responsible for the first difference, and a side's commit."""
        parts = [self._lines_html()]
        if self._commit_of is not None:
            revision = find_revision(getattr(self.model, self._diff_side))
            parts.append(commit_html(self._commit_of(revision)))
        return Code(
            html=Html().join(parts),
            source=self._history.source(),
            note=self._note,
            placeholder=self._history.placeholder,
            buttons=() if self._commit_of is None else tuple(map(self._diff_button, _SIDES)),
        )

    def _diff_button(self, name: str) -> Button:
        return Button(
            do="diff",
            value=name,
            words=f"Commit of {getattr(self.model, name)}",
            tip=f"Show the commit of the revision {name}",
            pressed=name == self._diff_side,
        )

    def _lines_html(self) -> Html:
        """Return the lines that are responsible for the first difference, on either side."""
        if self._lines_of is None:
            return Html()
        found: list[Html] = []
        differs = self.model.pair.first_difference
        for (name, run), seq in zip(self.model.sides, differs, strict=True):
            lines = () if seq is None else self._lines_of(run.trace[seq], run.revision)
            if lines:
                head = Html("<strong>{}: the lines responsible for the first difference</strong>")
                step = self.model.timeline.first_difference().place
                found.append(joined_html(step, head.format(name), lines))
        return Html().join(found)

    def shares(self) -> Shares:
        """Return the whole run as text, as a mail if there is somebody to write it, and as SVG."""
        model = self.model
        return "sandbox", texts_of(model.pair, model.token, self._mail_of)

    def _task_view(self) -> Task | None:
        if not self._tasks:
            return None
        task, model = self._tasks[self._task], self.model
        done = task.solved(model.pair)
        following = task.next_act(model.acts)
        hint = "again " if following is None else f"act {following.name}"
        return Task(
            number=self._task + 1,
            count=len(self._tasks),
            asks=task.asks,
            done=task.why if done else "",
            hint=hint if self._hinted and not done else "",
        )

    def _begin(self, number: int) -> None:
        """Begin a task at the start, at its revisions."""
        self._task, self._hinted = number % len(self._tasks), False
        task = self._tasks[self._task]
        self.model.reset()
        self.model.choose(task.before, task.after)
        self.model.hint = ""

    def go(self, index: int, at_ns: int) -> None:
        """Go to a place, and to a time after it."""
        go_to(self.model, index, at_ns)

    def do(self, name: str, value: str) -> None:
        """Do what a button asks for."""
        model = self.model
        model.hint = self._note = ""
        match name:
            case "act" if value in Act.__members__:
                self._hinted = False
                model.do(Act[value])
            case "undo":
                model.undo()
            case "again":
                model.reset()
            case "earlier" | "later":
                model.move(value, 1 if name == "later" else -1)
            case "diff" if value in _SIDES:
                self._diff_side = value
            case "hint" if self._tasks:
                self._hinted = True
            case "task" if self._tasks:
                self._begin(self._task + 1)
            case "use":
                self._history.use(value.strip())
            case "fetch":
                self._note = self._history.fetch()
            case _:
                raise no_text(name)
