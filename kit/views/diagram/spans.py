"""Brackets: QEMU's 15 s, libvirt's wait, and times in which the guest cannot act.

QEMU's timer runs on the guest's clock, which stops while the VM is paused. The destination of a
migration starts the timer anew. libvirt waits by the wall clock.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from enum import Enum, auto

from kit.actors.messages import Actor, Overcommit
from kit.machine.clock import NS_PER_S, Timer
from kit.machine.requests import Migrate
from kit.simulation.run import Run
from kit.views.diagram.lane_states import State

__all__ = ["Bracket", "Timed", "brackets_of"]


class Timed(Enum):
    """What a bracket stands for."""

    QEMU_TIMEOUT = auto()
    LIBVIRT_WAIT = auto()
    STOPPED = auto()
    HUNG = auto()
    BOOTS = auto()
    LOAD = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bracket:
    """A span of wall-clock time beside a lane.

    It begins after step ``first`` (-1: the start) and ends at step ``last``; None: at no step.
    ``end_ns`` is when it ended or, while ``open``, will end; None if that is unknown. ``over``: it
    ended because its time was up. ``short`` stands where there is no room for the ``words``.
    """

    lane: Actor
    timed: Timed
    words: str
    short: str
    device: str
    first: int
    last: int | None
    start_ns: int
    end_ns: int | None
    open: bool
    over: bool


_Key = tuple[Timed, Hashable]


def brackets_of(
    run: Run, states: tuple[State, ...], step_of: Mapping[int, int]
) -> tuple[Bracket, ...]:
    """Return all brackets of a run, earliest first. ``step_of`` maps entries to steps."""
    running: dict[_Key, int] = {}
    found: list[Bracket] = []
    for number, state in enumerate(states):
        present = _present(run, states, number)
        for key in [key for key in running if key not in present]:
            found.append(_bracket(run, states, key, running.pop(key), number, step_of))
        for key in present:
            running.setdefault(key, number)
        if state.aborted:
            running.clear()
    for key, began in running.items():
        found.append(_bracket(run, states, key, began, None, step_of))
    return tuple(sorted(found, key=lambda bracket: (bracket.start_ns, bracket.timed.value)))


def _present(run: Run, states: tuple[State, ...], number: int) -> list[_Key]:
    """Return the spans that run after entry *number* - 1."""
    state = states[number]
    world = state.world
    if state.aborted:
        return []
    machine = world.machine
    messages = [entry.message for entry in run.trace[:number]]
    # a migration starts timers anew: an equal deadline is another timer
    moved = sum(isinstance(message, Migrate) for message in messages)
    timers = world.platform.timers(machine)
    keys: list[_Key] = [(Timed.QEMU_TIMEOUT, (timer, moved)) for timer in timers]
    job = None if world.libvirt is None else world.libvirt.job
    if job is not None and job.answered and job.device is not None:
        keys.append((Timed.LIBVIRT_WAIT, job))
    if not machine.running:
        keys.append((Timed.STOPPED, None))
    if world.guest.hung:
        keys.append((Timed.HUNG, None))
    if not world.guest.up:
        keys.append((Timed.BOOTS, None))
    load = [1, *(message.factor for message in messages if isinstance(message, Overcommit))][-1]
    return [*keys, (Timed.LOAD, load)] if load > 1 else keys


def _bracket(
    run: Run,
    states: tuple[State, ...],
    key: _Key,
    began: int,
    ended: int | None,
    step_of: Mapping[int, int],
) -> Bracket:
    timed, what = key
    words, short = _words(key, states[began])
    start_ns = states[began].at_ns
    last_state = states[-1] if ended is None else states[ended - 1]
    due_ns = _due(key, start_ns, last_state)
    end_ns = due_ns
    if ended is not None:
        at_ns = states[ended].at_ns
        end_ns = at_ns if due_ns is None else min(at_ns, due_ns)
    late = ended is None and due_ns is not None and due_ns <= run.now_ns
    at_step = ended is not None and end_ns == states[ended].at_ns
    return Bracket(
        lane=_LANES[timed],
        timed=timed,
        words=words,
        short=short,
        device=_device(run, what),
        first=step_of[began - 1],
        last=step_of[ended - 1] if ended is not None and at_step else None,
        start_ns=start_ns,
        end_ns=end_ns,
        open=ended is None and not late,
        over=end_ns is not None and end_ns == due_ns and (ended is not None or late),
    )


def _due(key: _Key, start_ns: int, state: State) -> int | None:
    """Return when its time is up by the wall clock in *state*; None if that is unknown."""
    timed, what = key
    machine = state.world.machine
    if isinstance(what, tuple):
        timer: Timer = what[0]
        return state.at_ns + timer.expire_ns - machine.now_ns if machine.running else None
    if timed is Timed.LIBVIRT_WAIT and state.world.libvirt is not None:
        return start_ns + state.world.libvirt.wait_s * NS_PER_S
    return None


def _words(key: _Key, state: State) -> tuple[str, str]:
    """Return what a bracket stands for, and the same in a word."""
    timed, what = key
    if timed is Timed.LIBVIRT_WAIT and state.world.libvirt is not None:
        lasts = f"{state.world.libvirt.wait_s} s"
        return f"libvirt waits {lasts}", lasts
    if timed is Timed.LOAD:
        return f"host busy: works {what} times slower", "busy"
    if timed is Timed.QEMU_TIMEOUT:
        platform = state.world.platform
        lasts = f"{platform.timeout_s} s"
        return f"{platform.timer_words}: {lasts}", lasts
    return _WORDS[timed]


def _device(run: Run, what: object) -> str:
    if isinstance(what, tuple):
        named = (str(d.id) for d in run.devices if what[0].index in run.began.connectors(d))
        return next(named, "")
    return str(getattr(getattr(what, "device", None), "id", ""))


_LANES = dict.fromkeys(Timed, Actor.GUEST) | {
    Timed.QEMU_TIMEOUT: Actor.QEMU,
    Timed.LIBVIRT_WAIT: Actor.LIBVIRT,
}
_WORDS = {
    Timed.STOPPED: ("VM stopped: its clock stands still", "stopped"),
    Timed.HUNG: ("hangs", "hangs"),
    Timed.BOOTS: ("boots", "boots"),
}
