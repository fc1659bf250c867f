"""What a learner predicts before a run is played, and how it was: computed from the run.

A question never names what comes. The truth is a sentence that is said at the end of the run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kit.actors.messages import Actor
from kit.common.errors import UserError
from kit.machine.events import HotplugEvent
from kit.simulation.run import Pair, Run
from kit.simulation.story import in_words
from kit.trace.kinds import outcome_of
from kit.trace.sentences import seconds

__all__ = ["FIRST_TO_KNOW", "Prediction", "prediction_named", "prediction_of"]


@dataclass(frozen=True, slots=True)
class Prediction:
    """A question, the possible answers, and how the truth is read off a run or a pair."""

    asks: str
    choices: tuple[str, ...]
    truth: Callable[[Run | Pair], str]


def prediction_of(played: Run | Pair) -> Prediction:
    """Return the question that suits what is played: where the device is gone, or how it ends."""
    if isinstance(played, Pair):
        before, after = played.before.revision.name, played.after.revision.name
        return Prediction(
            f"Predict: on which machine is {_device(played.before)} gone at the end?",
            (f"On {before}", f"On {after}", "On both", "On neither"),
            _where_gone,
        )
    return Prediction(
        f"Predict: how does it end for {_device(played)}?",
        ("QEMU releases it", "The guest keeps it", "QEMU still waits", "In limbo"),
        lambda seen: _how(seen.runs[0]),
    )


FIRST_TO_KNOW = "first-to-know"


def prediction_named(name: str, played: Run | Pair) -> Prediction:
    """Return the question called *name*; "" is the one that suits what is played.

    Raises:
        UserError: There is no such question.
    """
    if not name:
        return prediction_of(played)
    if name == FIRST_TO_KNOW:
        return Prediction(
            "Predict: which party is the first to know how it ends?",
            ("The operator", "libvirt", "QEMU", "The guest"),
            _first_to_know,
        )
    raise UserError(f"no question {name!r}; expected {FIRST_TO_KNOW}, or none")


def _device(run: Run) -> str:
    return str(run.device.id)


def _how(run: Run) -> str:
    return f"{run.revision.name}: {in_words(run)}"


def _where_gone(played: Run | Pair) -> str:
    gone = [run.revision.name for run in played.runs if _gone(run)]
    where = {0: "on neither", 2: "on both"}.get(len(gone), f"on {gone[0] if gone else ''}")
    ends = "\n".join(map(_how, played.runs))
    return f"It is gone {where}.\n{ends}"


def _gone(run: Run) -> bool:
    return run.ended.machine.aborted is None and not run.belief().qemu


def _first_to_know(played: Run | Pair) -> str:
    run = played.runs[-1]
    known = _known(run)
    if not known:
        return "No party learned it."
    at_ns = min(known.values())
    first = next(party for party, when in known.items() if when == at_ns)
    name = {Actor.GUEST: "the guest", Actor.OPERATOR: "the operator", Actor.QEMU: "QEMU"}
    later = "; ".join(
        f"{name.get(party, party.value)} at {seconds(when)}"
        for party, when in known.items()
        if party is not first
    )
    told = f" Later: {later}." if later else " No other party learned it."
    return f"It was {name.get(first, first.value)}, at {seconds(at_ns)}.{told}"


def _known(run: Run) -> dict[Actor, int]:
    """Return when each party got to know how the request ends; a party that never did is absent.

    The guest knows when it reads the request, for it decides. QEMU knows at the guest's first call
    after that; the others when they are told an outcome.
    """
    found: dict[Actor, int] = {}
    asked = False
    for entry in run.trace:
        if isinstance(entry.message, HotplugEvent):
            asked = True
            found.setdefault(Actor.GUEST, entry.at_ns)
        if asked and entry.src is Actor.GUEST and entry.dst is Actor.QEMU:
            found.setdefault(Actor.QEMU, entry.at_ns)
        if outcome_of(entry.message) is not None and entry.dst in (Actor.LIBVIRT, Actor.OPERATOR):
            found.setdefault(entry.dst, entry.at_ns)
    return found
