"""A user's own machine in a notebook: searched, played, and compared with itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kit.common.english import counted
from kit.common.errors import UserError
from kit.explorer.own_machine import OwnMachine, OwnObject
from kit.explorer.own_model import MAX_STATES, OwnExplored, OwnPath, explore_each, play_own
from kit.explorer.search import Ended, Judgement
from kit.lessons.stories import observed_desk
from kit.storage.own_platform import is_platform
from kit.storage.own_program import OwnProgram, machine_of
from kit.views.diagram.from_own import OwnPlay
from kit.views.html.figure import Note, Rows
from kit.views.reports.own import OwnReport, own_rows

if TYPE_CHECKING:
    from kit.views.widgets.desks import OwnWidget

__all__ = ["OwnBench"]


@dataclass(frozen=True, slots=True)
class OwnBench:
    """A machine of your own, which is an object, or the file of one.

    A file is started for each call, and ended after it.
    """

    machine: str | Path | OwnObject

    @contextmanager
    def _opened(self) -> Iterator[OwnMachine]:
        if isinstance(self.machine, str | Path):
            path = Path(self.machine)
            if is_platform(path):
                raise UserError(
                    f"{path}: is a platform; kit run SCENARIO --machine {path} plays it"
                )
            with OwnProgram(path) as program:
                yield OwnMachine(program)
        else:
            yield machine_of(self.machine)

    def explore(self, at: str | None = None, *, max_states: int = MAX_STATES) -> Rows:
        """Return which properties hold, from one start or from each, and counterexamples.

        Args:
            at: The start; by default every one.
            max_states: How many states a search keeps at most.

        Raises:
            UserError: The machine breaks the protocol, or there is no such start.
        """
        found = self._found(at, max_states)
        heads = ("property", "must hold", *(one.start.name for one in found))
        paths = [
            f"{finding.prop.name} from {one.start.name}: {_actions(finding.actions)}"
            for one in found
            for finding in one.findings
            if finding.is_violated and finding.actions
        ]
        caption = f"Shortest counterexamples: {'; '.join(paths)}." if paths else ""
        return Rows(heads, tuple(own_rows(found)), caption)

    def counterexample(self, name: str, at: str | None = None) -> OwnWidget:
        """Return the player of a shortest path that violates a property.

        Raises:
            UserError: There is no such property or start, or the search found no such path.
        """
        (found,) = self._found(self._first(at), MAX_STATES)
        known = {finding.prop.name: finding for finding in found.findings}
        if name not in known:
            raise UserError(f"no property {name!r}; there are {', '.join(known) or 'none'}")
        if not (known[name].is_violated and known[name].actions):
            raise UserError(f"{name}: no path from {found.start.name} violates it")
        return self.play(_actions(known[name].actions), found.start.name)

    def verdict(self, at: str | None = None) -> Note | OwnWidget:
        """Return that every property holds, or the player of the shortest counterexample.

        Where the machine has two starts, the counterexample is beside the other one.

        Raises:
            UserError: The machine breaks the protocol, or its states have no end.
        """
        with self._opened() as machine:
            begin = machine.start(at).name
            others = [one.name for one in machine.description.starts if one.name != begin]
            title = machine.description.title
        (found,) = self._found(begin, MAX_STATES)
        wrong = [one for one in found.findings if one.is_violated]
        if not wrong and found.result.complete:
            return Note(_right(title, found))
        paths = [one.actions for one in wrong if one.actions]
        if not paths:
            names = ", ".join(one.prop.name for one in wrong)
            raise UserError(
                f"{names} never holds" if wrong else f"more than {MAX_STATES:,} states; bound them"
            )
        path = _actions(min(paths, key=len))
        if len(others) == 1:
            return self.compare(path, others[0], begin)
        return self.play(path, begin)

    def play(self, actions: str, at: str | None = None) -> OwnWidget:
        """Return the player of a scenario, or of actions with commas between.

        Raises:
            UserError: There is no such scenario, action or start, or an action cannot happen.
        """
        with self._opened() as machine:
            path = play_own(machine, actions, at)
            machine.check_repeats()
        return _shown(path)

    def compare(self, actions: str, before: str, after: str) -> OwnWidget:
        """Return the player of the same actions from two starts, on one axis.

        Raises:
            UserError: There is no such scenario, action or start.
        """
        with self._opened() as machine:
            paths = [play_own(machine, actions, one, strict=False) for one in (before, after)]
        return _shown(*paths)

    def _first(self, at: str | None) -> str:
        with self._opened() as machine:
            return machine.start(at).name

    def _found(self, at: str | None, max_states: int) -> list[OwnExplored]:
        with self._opened() as machine:
            found = explore_each(machine, at, max_states=max_states)
            if found[-1].result.ended is Ended.INTERRUPTED:
                raise KeyboardInterrupt  # an answer may be on its way, so nothing else is asked
            return found


def _actions(actions: tuple[object, ...]) -> str:
    return ", ".join(str(getattr(action, "name", action)) for action in actions)


def _right(title: str, found: OwnExplored) -> str:
    """Say that no property is violated; one that no step judged does not count as right."""
    untried = [
        one.prop.name for one in found.findings if one.found.judgement is Judgement.NOT_EXERCISED
    ]
    if untried:
        return f"Nothing is violated, but no step judges {', '.join(untried)}."
    states = counted(found.result.states, "state")
    return f"Right: {title}. Every property holds, in all {states} and every order."


def _shown(*paths: OwnPath) -> OwnWidget:
    from kit.views.widgets.desks import OwnWidget  # here: a command line needs no widgets

    report = OwnReport(OwnPlay(paths, ""))
    return OwnWidget(observed_desk(report), report)
