"""The player of a path without a screen: choice by choice, alone or beside another revision."""

from __future__ import annotations

from traitlets import HasTraits, Instance, Int

from kit.explorer.comparison import PathPlay, PathSide
from kit.explorer.paths import path_sentence
from kit.simulation.beliefs import Belief
from kit.simulation.knowledge import Knowledge
from kit.views.diagram.from_path import outcome_of, path_command, title_of
from kit.views.models.timeline import said_once

__all__ = ["PathModel"]

_NOTHING_SAID = "Nobody sends anything. Messages that were sent earlier arrive."


class PathModel(HasTraits):
    """A path and the current place in it: the number of choices made, 0 at the start."""

    play = Instance(PathPlay)
    place = Int(0)

    def __init__(self, play: PathPlay) -> None:
        """Start at the end of *play*, where the outcome is visible."""
        super().__init__(play=play, place=play.count)

    @property
    def count(self) -> int:
        """The number of choices."""
        return self.play.count

    @property
    def heads(self) -> tuple[str, ...]:
        """The names of the revisions."""
        return tuple(side.revision.name for side in self.play.sides)

    @property
    def title(self) -> str:
        """The name of the path."""
        return title_of(self.play)

    @property
    def command(self) -> str:
        """The command that replays the path."""
        return path_command(self.play)

    @property
    def action(self) -> str:
        """The current choice in words."""
        if not self.place:
            return "The start: every device is plugged and used, and no request is pending."
        return f"Choice {self.place}: {self.play.path.actions[self.place - 1]}."

    @property
    def sentences(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The sentences of the current choice, each with its side if only one has it: ("", …)."""
        if not self.place:
            return ()
        return said_once(
            [(side.revision.name, self._sentences_of(side)) for side in self.play.sides]
        )

    def _sentences_of(self, side: PathSide) -> tuple[str, ...]:
        if self.place > len(side.choices):
            return (side.stopped,)
        choice = side.choices[self.place - 1]
        if choice.missing:
            return (f"Nothing happens: {choice.missing}.",)
        return tuple(map(path_sentence, choice.entries)) or (_NOTHING_SAID,)

    @property
    def parted(self) -> bool:
        """Is the current choice answered differently?"""
        return len(self.sentences) > 1

    @property
    def knowledge(self) -> tuple[tuple[Knowledge, ...], ...]:
        """Who believes what now, for each side and device."""
        return tuple(_knowledge(side, self.place) for side in self.play.sides)

    @property
    def outcome(self) -> tuple[str, ...]:
        """The end of the path, in sentences."""
        return tuple(outcome_of(self.play))

    @property
    def text(self) -> str:
        """The player as plain text."""
        lines = [f"{self.title}; at {' and '.join(self.heads)}"]
        lines += [f"{self.place} of {self.count} choices. {self.action}"]
        for who, sentences in self.sentences:
            lines += [f"{who}: {words}" if who else words for words in sentences]
        for name, known in zip(self.heads, self.knowledge, strict=True):
            lines += [f"{name}, {one.words}" for one in known]
        return "\n".join((*lines, *self.outcome, self.play.path.token))

    def go(self, place: int) -> None:
        """Go to a place: 0 is the start."""
        self.place = min(max(place, 0), self.count)


def _knowledge(side: PathSide, place: int) -> tuple[Knowledge, ...]:
    place = min(place, len(side.choices))
    standing = side.standings[place]
    began = side.standings[0].beliefs
    moved = [name for name in began if len({one.beliefs[name] for one in side.standings}) > 1]
    found = []
    for name in moved or list(began):
        one = standing.beliefs[name]
        rows = _rows(one) if not standing.aborted else (("QEMU", "gone: it has aborted"),)
        found.append(
            Knowledge(
                device=name,
                rows=rows,
                orphaned=one.orphaned,
                wrong=standing.settled and one.libvirt != one.guest and not one.pending,
                agreed=one.agreed and not standing.aborted,
                held=one.qemu,
            )
        )
    return tuple(found)


def _rows(one: Belief) -> tuple[tuple[str, str], ...]:
    name = one.device
    qemu = "has removed it"
    if one.qemu:
        qemu = "waits for the guest" if one.pending else f"holds {name}; no request is pending"
    lists = "lists" if one.libvirt else "does not list"
    return (
        ("QEMU", qemu),
        ("guest", f"uses {name}" if one.guest else f"does not use {name}"),
        ("libvirt", f"{lists} {name}"),
        ("operator", _THOUGHTS[one.operator]),
    )


_THOUGHTS = {
    "plugged": "believes that it is plugged",
    "asked for": "sent a request, has no result yet",
    "gone": "believes that it is gone",
    "kept": "believes that it failed",
    "unknown": "virsh timed out: does not know",
}
