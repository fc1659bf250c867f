"""A path of the explorer as a cockpit: choice by choice, alone or beside another revision."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kit.explorer.comparison import PathPlay
from kit.machine.clock import NS_PER_S
from kit.views.cockpit.view import (
    USUAL,
    Desk,
    Head,
    Position,
    Shares,
    Size,
    Tab,
    View,
    Words,
    drawing_of,
    picture_of,
    share_tab,
)
from kit.views.diagram.from_path import layout_of_path
from kit.views.diagram.svg import Drawing, lone_svg, picture_svg
from kit.views.escape import Html
from kit.views.models.path import PathModel
from kit.views.reports.path import path_event_lines, path_text_lines

__all__ = ["PathDesk"]

_EVENT_COLUMNS = 110


class PathDesk(Desk):
    """The player of a path. ``mail_of`` writes a mail about it."""

    def __init__(self, model: PathModel, mail_of: Callable[[PathPlay], str] | None = None) -> None:
        self.model, self._mail_of = model, mail_of

    @property
    def text(self) -> str:
        """The player as plain text."""
        return self.model.text

    @property
    def svg(self) -> Html:
        """The picture of the current place."""
        return picture_svg(layout_of_path(self.model.play, self.model.place))

    def view(self, size: Size = USUAL) -> View:
        """Return what is shown."""
        model = self.model
        layout = layout_of_path(model.play, model.place)
        drawing = drawing_of(layout, size)
        names = ("at",) if len(model.play.sides) == 1 else ("before", "after")
        return View(
            kind="path",
            story=model.play.path.token + "".join(model.heads),
            title=model.title,
            heads=tuple(
                Head(side=name, name=side.revision.name, about=side.revision.summary, moves=False)
                for name, side in zip(names, model.play.sides, strict=True)
            ),
            picture=picture_of(drawing),
            places=tuple(self._places(drawing)),
            index=model.place,
            here_x=drawing.now,
            here_at=_called(model.place),
            tabs=tuple(self._tabs()),
            words=Words(
                last="This is the end of the path.",
                none="No choice after this is answered differently.",
                same="Both answer alike.",
            ),
            unit="choices",
            counted=True,
        )

    def _places(self, drawing: Drawing) -> Iterator[Position]:
        probe, play = PathModel(self.model.play), self.model.play
        stops = layout_of_path(play).stops
        for number in range(play.count + 1):
            probe.place = number
            step = sum(stop.at_ns <= number * NS_PER_S for stop in stops) - 1
            x = drawing.steps[step] if step >= 0 else drawing.start
            said = [("", probe.action)]
            said += [(who, " ".join(sentences)) for who, sentences in probe.sentences]
            if number == play.count:
                said += [("", words) for words in probe.outcome]
            yield Position(
                step=step,
                at_ns=number * NS_PER_S,
                at=_called(number),
                x=drawing.end if number == play.count and play.count else x,
                said=tuple(said),
                differs=probe.parted,
                known=" ".join(
                    f"{name}, {one.device}: {one.verdict}."
                    for name, known in zip(probe.heads, probe.knowledge, strict=True)
                    for one in known
                ),
            )

    def _tabs(self) -> Iterator[Tab]:
        lines = path_event_lines(self.model.play, _EVENT_COLUMNS, unicode=True)
        yield Tab(name="Events", html=Html("<pre>{}</pre>").format("\n".join(lines)))
        yield share_tab(self.shares()[1], "the whole path", self.model.command)

    def shares(self) -> Shares:
        """Return the path as text, as a mail if there is somebody to write it, and as a picture."""
        play, mail_of = self.model.play, self._mail_of
        texts: dict[str, Callable[[], str]] = {
            "text": lambda: "\n".join(path_text_lines(play, 72)),
            "svg": lambda: lone_svg(layout_of_path(play)),
        }
        return "path", texts if mail_of is None else texts | {"mail": lambda: mail_of(play)}

    def go(self, index: int, at_ns: int) -> None:  # noqa: ARG002 - choices have no time
        """Go to a choice."""
        self.model.go(index)


def _called(number: int) -> str:
    return f"choice {number}" if number else "the start"
