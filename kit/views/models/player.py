"""The player without a screen: a run or a pair, event by event, and the actions it offers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kit.actors.messages import Actor, RtasByHand
from kit.common.errors import UserError
from kit.machine.catalogue import find_revision
from kit.machine.clock import NS_PER_S
from kit.machine.requests import Device
from kit.machine.revision import Board, Revision
from kit.simulation.actions import ACTIONS, WAIT, line_of, menu
from kit.simulation.platform import PLATFORMS
from kit.simulation.run import Run
from kit.simulation.scenario import Scenario
from kit.simulation.timeline import Timeline, TimelineStop
from kit.trace.entry import TraceEntry
from kit.trace.sentences import seconds, sentence
from kit.views.models.timeline import TimelineModel, said_once

__all__ = ["ActionChoice", "PlayerModel", "actions_of", "said_at"]


@dataclass(frozen=True, slots=True)
class ActionChoice:
    """An action that the player offers: its text, the label of its button, its effect."""

    group: str
    word: str
    action: str
    says: str


_NO_EVENT = "has no such event."
_BY_HAND = "RTAS by hand"
_GROUPS = {
    Actor.QEMU: "QEMU's monitor",
    Actor.LIBVIRT: "virsh",
    Actor.GUEST: "in the guest",
    Actor.OPERATOR: "host",
}
_DECIDES = ("guest releases", "guest refuses")
_LIKELY = (
    *(
        "virsh setvcpus",
        "virsh detach",
        "device_del",
        "guest releases",
        "guest refuses",
        "guest hang",
    ),
    *("system_reset", "stop", "cont", "migrate"),
)


def actions_of(scenario: Scenario) -> tuple[ActionChoice, ...]:
    """Return the actions that make sense for a scenario's setup."""
    texts = menu(scenario.setup.devices)
    found = (_choice(text, scenario.setup.devices) for text in texts if text != WAIT)
    return tuple(choice for choice in found if _makes_sense(choice, scenario))


def _choice(text: str, devices: tuple[Device, ...]) -> ActionChoice:
    action = next(one for one in ACTIONS if text == one.words or text.startswith(f"{one.words} "))
    rest = text.removeprefix(action.words).strip()
    by_hand = isinstance(line_of(0, text, devices).message, RtasByHand)
    group = _BY_HAND if by_hand else _GROUPS[action.to]
    first = action.words.split()[0]
    word = text.removeprefix(f"{first} ") if first in ("virsh", "guest", "host") else text
    return ActionChoice(group, word, text, action.says.format(rest))


def _makes_sense(choice: ActionChoice, scenario: Scenario) -> bool:
    setup = scenario.setup
    if choice.group == "virsh":
        return setup.libvirt is not None
    if choice.group == _BY_HAND and not any(PLATFORMS[b].calls_on(0) for b in setup.boards):
        return False
    if choice.action.endswith("core0"):  # the boot core matters as the last CPU
        return choice.word.startswith(("offline", "online"))
    return choice.action not in _DECIDES or setup.conduct.asks


def said_at(runs: tuple[Run, ...], stop: TimelineStop) -> tuple[tuple[str, str], ...]:
    """Return one sentence on an event, each with its machine if only one has it: ("", …)."""
    return said_once(
        [
            (run.revision.name, sentence(run.trace[seq]) if moved else _NO_EVENT)
            for run, seq, moved in zip(runs, stop.seqs, stop.moved, strict=True)
        ]
    )


class PlayerModel(TimelineModel):
    """A run or a pair, the current place in it, and what the learner did in it."""

    def __init__(
        self, timeline: Timeline, find_real: Callable[[Board], Revision] | None = None
    ) -> None:
        """Show *timeline*.

        *find_real* returns the name of a run on a real QEMU, or raises `UserError` that says how to
        get one. The player of *timeline* plays it.
        """
        super().__init__(timeline)
        self._find_real = find_real
        self._embedded: Revision | None = None  # the place of the last side before it became real
        self.actions = actions_of(self.scenario)

    @property
    def likely(self) -> tuple[ActionChoice, ...]:
        """The actions that a person is likely to want, one for each kind."""
        found: dict[str, ActionChoice] = {}
        for choice in self.actions:
            kind = next((one for one in _LIKELY if choice.action.startswith(one)), None)
            if kind is not None:
                found.setdefault(kind, choice)
        return tuple(found[kind] for kind in _LIKELY if kind in found)

    @property
    def has_switch(self) -> bool:
        """Can the learner switch to a real QEMU at all?"""
        return self._find_real is not None

    @property
    def is_real(self) -> bool:
        """Does the last side run on a real QEMU?"""
        return bool(self.timeline.runs[-1].notes)

    @property
    def switch_words(self) -> str:
        """The effect of the switch."""
        return "embedded machine" if self.is_real else "real QEMU"

    def switch(self) -> None:
        """Play the last side on a real QEMU, or on the embedded machine again.

        Raises:
            UserError: There is no real QEMU, or it cannot play this.
        """
        chosen = [run.revision for run in self.timeline.runs]
        if self.is_real:
            chosen[-1] = self._embedded or find_revision(chosen[-1].name)
        else:
            assert self._find_real is not None
            self._embedded, chosen[-1] = chosen[-1], self._find_real(chosen[-1].board)
        self.play_at(*chosen)
        self.hint = "; ".join(self.timeline.runs[-1].notes)

    @property
    def sentences(self) -> tuple[tuple[str, str], ...]:
        """One sentence on the current event; see `said_at`."""
        here = self.timeline
        if here.place < 0:
            return (("", "Nothing has happened yet."),)
        return said_at(here.runs, here.stops[here.place])

    @property
    def quiet(self) -> str:
        """Since when nothing has happened, if time has passed since the current event."""
        here = self.timeline
        last_ns = here.stops[here.place].at_ns if here.place >= 0 else 0
        if here.at_ns <= last_ns:
            return ""
        if here.place < 0:
            return f"It is {seconds(here.at_ns)}."
        return f"Nothing has happened since {seconds(last_ns)}. The last event was this one:"

    @property
    def entries(self) -> tuple[tuple[str, TraceEntry], ...]:
        """The current entry of each run that has one, with the side."""
        found = zip(self.sides, self.timeline.entries, strict=True)
        return tuple((side, entry) for (side, _), entry in found if entry is not None)

    @property
    def did(self) -> str:
        """What the learner did in the run beyond the scenario, in words."""
        return ", ".join(
            f"{one.action} at {seconds(one.at_ns)}"
            for one in self.timeline.interventions
            if one.action != WAIT
        )

    @property
    def text(self) -> str:
        """The player as plain text: the current place, and who believes what there."""
        here = self.timeline
        names = " and ".join(run.revision.name for run in here.runs)
        lines = [
            f"{self.scenario.title}; at {names}",
            f"event {here.place + 1} of {self.count}, {seconds(here.at_ns)}",
            *filter(None, [self.quiet]),
            *(f"{who}: {words}" if who else words for who, words in self.sentences),
        ]
        for run, known in zip(here.runs, self.knowledge, strict=True):
            lines += [f"{run.revision.name}, {one.words}" for one in known]
        return "\n".join((*lines, f"token: {self.token}"))

    def act(self, action: str) -> None:
        """Do an action here. The run continues differently from here on."""
        dropped = len(self.timeline.interventions)
        try:
            there = self.timeline.fork(action)
        except UserError as error:
            self.hint = str(error)
            return
        dropped += 1 - len(there.interventions)
        self.done(there)
        if dropped:
            self.hint = "What you had done later is dropped; undo brings it back."

    def pass_time(self, seconds_more: int) -> None:
        """Go on by some seconds. The run becomes longer if needed."""
        here = self.timeline
        until_ns = here.at_ns + seconds_more * NS_PER_S
        if until_ns <= here.end_ns:
            self.hint, self.timeline = "", here.seek(until_ns)
        else:
            self.done(here.last().wait(until_ns))

    def undo(self) -> None:
        """Undo the last action, here or, in a run opened from its token, before."""
        if self._past or not self.timeline.interventions:
            super().undo()
        else:
            self.hint = ""
            self.timeline = self.timeline.undo()
