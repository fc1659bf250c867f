"""What a learner predicts before a run is played, and how it was: computed from the run.

A question never names what comes. One of its choices is right, and the truth says which at the end
of the run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kit.actors.messages import Actor, ApiSuccess
from kit.common.errors import UserError
from kit.course.sandbox_tasks import Ending, ending_of
from kit.machine.events import DeviceNotDeleted, ErrorReport
from kit.machine.requests import DeviceDel
from kit.simulation.run import Pair, Run
from kit.simulation.story import in_words
from kit.trace.columns import UnplugOutcome
from kit.trace.kinds import outcome_of
from kit.trace.sentences import seconds

__all__ = [
    "FIRST_GONE",
    "FIRST_TO_KNOW",
    "Prediction",
    "Truth",
    "prediction_named",
    "prediction_of",
]


@dataclass(frozen=True, slots=True)
class Truth:
    """The choice that is right, and how it was, in lines; the first one says what is right."""

    right: str
    says: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prediction:
    """A question, the possible answers, and how the truth is read off a run or a pair."""

    asks: str
    choices: tuple[str, ...]
    truth: Callable[[Run | Pair], Truth]


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
        tuple(words for words, _ in _ENDS.values()),
        _how_it_ends,
    )


FIRST_TO_KNOW, FIRST_GONE = "first-to-know", "first-gone"


def prediction_named(name: str, played: Run | Pair) -> Prediction:
    """Return the question called *name*, for "" the one that suits, or raise UserError."""
    if not name:
        return prediction_of(played)
    if name == FIRST_TO_KNOW:
        return Prediction(
            "Predict: which party is the first to know what the guest decides?",
            (*_PARTIES.values(), "None of them"),
            _first_to_know,
        )
    if name == FIRST_GONE and isinstance(played, Pair):
        return Prediction(
            f"Predict: on which machine is {_device(played.before)} gone first?",
            (*(f"On {run.revision.name}" for run in played.runs), "At the same time", "On neither"),
            _first_gone,
        )
    raise UserError(
        f"no question {name!r}; expected {FIRST_TO_KNOW}, {FIRST_GONE} of a pair, or none"
    )


def _device(run: Run) -> str:
    return str(run.device.id)


def _how(run: Run) -> str:
    return f"{run.revision.name}: {in_words(run)}"


def _where_gone(played: Run | Pair) -> Truth:
    gone = [run.revision.name for run in played.runs if ending_of(run) is Ending.RELEASED]
    where = {0: "neither", 2: "both"}.get(len(gone), gone[0] if gone else "")
    return Truth(f"On {where}", (f"It is gone on {where}.", *map(_how, played.runs)))


def _first_gone(played: Run | Pair) -> Truth:
    found = [
        (at_ns, run.revision.name) for run in played.runs if (at_ns := _gone_at(run)) is not None
    ]
    if not found:
        return Truth("On neither", ("It is gone on neither.",))
    at_ns, name = min(found)
    when = [f"on {name} at {seconds(at_ns)}" for at_ns, name in found]
    if len(found) == 2 and found[0][0] == found[1][0]:
        return Truth(
            "At the same time",
            (f"It is gone on both at {seconds(at_ns)}.", *map(_how, played.runs)),
        )
    return Truth(f"On {name}", (f"It is gone {' and '.join(when)}.", *map(_how, played.runs)))


def _gone_at(run: Run) -> int | None:
    """Return when QEMU removed the first device; None if it still has it."""
    if ending_of(run) is not Ending.RELEASED:
        return None
    held = [entry for seq, entry in enumerate(run.trace) if run.belief(run.device, seq=seq).qemu]
    last = held[-1].seq if held else -1
    return run.trace[last + 1].at_ns


_ENDS = {
    Ending.RELEASED: ("QEMU removes it", "QEMU removed it."),
    Ending.KEPT: ("The guest keeps it", "The guest kept it."),
    Ending.PENDING: ("QEMU still waits", "QEMU still waits."),
    Ending.LIMBO: ("In limbo", "It is in limbo."),
    Ending.ABORTED: ("QEMU aborts", "QEMU aborted."),
}


def _how_it_ends(played: Run | Pair) -> Truth:
    run = played.runs[0]
    right, says = _ENDS[ending_of(run)]
    return Truth(right, (says, _how(run)))


_PARTIES = {
    Actor.OPERATOR: "The operator",
    Actor.LIBVIRT: "libvirt",
    Actor.QEMU: "QEMU",
    Actor.GUEST: "The guest",
}


def _first_to_know(played: Run | Pair) -> Truth:
    run = played.runs[-1]
    known = _known(run)
    if not known:
        return Truth("None of them", ("It was none of them.",))
    (first, at_ns), *others = known.items()
    name = {party: words.replace("The ", "the ") for party, words in _PARTIES.items()}
    later = "; ".join(f"{name[party]} at {seconds(when)}" for party, when in others)
    told = f" Then: {later}." if later else " No other party learned it."
    return Truth(_PARTIES[first], (f"It was {name[first]}, at {seconds(at_ns)}.{told}",))


def _known(run: Run) -> dict[Actor, int]:
    """Return when each party got to know what the guest decides, the first one first.

    The guest knows when it reads the request, for it decides. A call in which it only reads tells
    QEMU nothing: QEMU knows when it reports the guest's answer, and the others when a report of
    the same answer reaches them.
    """
    found: dict[Actor, int] = {}
    requested, answer = False, None
    for entry in run.trace:
        requested = requested or isinstance(entry.message, DeviceDel)
        if requested and entry.src is Actor.GUEST:
            found.setdefault(Actor.GUEST, entry.at_ns)
        reported = _reported(entry.message) if Actor.GUEST in found else None
        answer = answer or reported
        if reported is not None and reported is answer:
            for party in (entry.src, entry.dst):
                if party in _PARTIES:
                    found.setdefault(party, entry.at_ns)
    return found


def _reported(message: object) -> UnplugOutcome | None:
    """Return the guest's answer that a message reports; a timer's report is none."""
    match message:
        case DeviceNotDeleted():
            return None
        case ErrorReport():
            return UnplugOutcome.FAILED
        case ApiSuccess() if message.removed:
            return UnplugOutcome.REMOVED
        case _:
            return outcome_of(message)
