"""Tasks for the sandbox: what both machines must have come to, and the clicks that lead there."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from kit.common.errors import UserError
from kit.simulation.run import Pair, Run
from kit.simulation.sandbox import Act, action_of

__all__ = ["TASKS", "Ending", "SandboxTask", "ending_of", "tasks_named"]


class Ending(Enum):
    """What has become of the core."""

    RELEASED = "released"
    LIMBO = "in limbo"
    PENDING = "asked for, not released"
    KEPT = "kept by the guest"
    ABORTED = "gone with QEMU"


def ending_of(run: Run) -> Ending:
    """Return what has become of the first device of a run."""
    belief = run.belief()
    if run.ended.machine.aborted is not None:
        return Ending.ABORTED
    if not belief.qemu:
        return Ending.RELEASED
    if belief.orphaned:
        return Ending.LIMBO
    return Ending.PENDING if belief.pending else Ending.KEPT


def _was_in_limbo(run: Run) -> bool:
    return any(run.belief(seq=entry.seq).orphaned for entry in run.trace)


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxTask:
    """A task: what it asks, at which revisions, the clicks of one solution, and why it is solved.

    It is solved as soon as both machines have come to ``ends`` after the actions of the solution,
    in their order, whatever else was clicked and whether or not time has passed. ``limbo`` says
    whether the core of the machine before the change has been in limbo by then.
    """

    asks: str
    why: str
    acts: tuple[Act, ...]
    ends: tuple[Ending, Ending]
    limbo: bool = False
    before: str = "pre-revert"
    after: str = "revert"

    def solved(self, pair: Pair) -> bool:
        """Have both machines come to what is asked for?"""
        done = iter([one.action for one in pair.interventions])
        return (
            all(action_of(act) in done for act in self.acts if action_of(act))
            and (ending_of(pair.before), ending_of(pair.after)) == self.ends
            and _was_in_limbo(pair.before) == self.limbo
        )

    def next_act(self, done: tuple[Act, ...]) -> Act | None:
        """Return the next click of the solution; None after a click that is not part of it."""
        on_the_way = done == self.acts[: len(done)] and len(done) < len(self.acts)
        return self.acts[len(done)] if on_the_way else None


_DEL, _GIVES, _LATE = Act.DEVICE_DEL, Act.GUEST_RELEASES, Act.GUEST_RELEASES_LATE
TASKS: dict[str, tuple[SandboxTask, ...]] = {
    "before-and-after": (
        SandboxTask(
            asks="Request core 1 and let the guest release it late, at 16 s.",
            why="pre-revert dropped the request at 15 s, so it still holds the core: limbo.",
            acts=(_DEL, _LATE),
            ends=(Ending.LIMBO, Ending.RELEASED),
            limbo=True,
        ),
        SandboxTask(
            asks="Now let the guest release the core in time, before 15 s.",
            why="In time, both machines remove the core and send DEVICE_DELETED.",
            acts=(_DEL, Act.WAIT_5_S, _GIVES),
            ends=(Ending.RELEASED, Ending.RELEASED),
        ),
        SandboxTask(
            asks="Bring pre-revert into limbo, then out of it with one more click.",
            why="The second device_del finds that the guest has released the core. Nothing tells"
            " the operator to send it.",
            acts=(_DEL, _LATE, _DEL),
            ends=(Ending.RELEASED, Ending.RELEASED),
            limbo=True,
        ),
        SandboxTask(
            asks="Bring pre-revert into limbo, then reset. Who has the core?",
            why="In limbo QEMU still holds the core, so the reset gives it back to the guest.",
            acts=(_DEL, _LATE, Act.SYSTEM_RESET),
            ends=(Ending.KEPT, Ending.RELEASED),
            limbo=True,
        ),
        SandboxTask(
            asks="Let the guest refuse, retry, then let it release. Which guest hears the retry?",
            why="resend sends the guest another event. revert accepts the retry and sends none.",
            acts=(_DEL, Act.GUEST_REFUSES, _DEL, _GIVES),
            ends=(Ending.PENDING, Ending.RELEASED),
            before="revert",
            after="resend",
        ),
    ),
}


def tasks_named(name: str) -> tuple[SandboxTask, ...]:
    """Return the tasks called *name*; UserError if there are none."""
    if name not in TASKS:
        raise UserError(f"no tasks {name!r}; expected one of: {', '.join(TASKS)}")
    return TASKS[name]
