"""Wrong ideas as machines: each is a variant of the rules, or of what counts, that can be played.

Where the right machine and a variant answer differently there is a question.  The variant's answer
is an option of it, and the run of the right machine is the explanation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum

from kit.course.sandbox_tasks import Ending, ending_of
from kit.machine.revision import Patch, Revision
from kit.simulation.run import Run, play
from kit.simulation.scenario import Scenario
from kit.simulation.token import token_of

__all__ = ["IDEAS", "MEASURES", "Idea", "PracticeQuestion", "questions"]

MAX_CHOICES = 4
_WORDS = {
    Ending.RELEASED: "QEMU has removed it",
    Ending.LIMBO: "it is in limbo: released by the guest, held by QEMU, no request pending",
    Ending.PENDING: "QEMU holds it, and the request is pending",
    Ending.KEPT: "the guest uses it, and no request is pending",
    Ending.ABORTED: "QEMU has aborted",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Idea:
    """A wrong idea: what somebody believes, the lesson that corrects it, and its machine.

    ``revision`` and ``scenario`` turn what is so into what is believed.
    """

    name: str
    believes: str
    lesson: str
    revision: Callable[[Revision], Revision] = lambda one: one
    scenario: Callable[[Scenario], Scenario] = lambda one: one


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticeQuestion:
    """A question with its choices; ``ideas`` has the wrong idea behind each wrong choice."""

    name: str
    lesson: str
    scenario: str
    at: str
    asks: str
    choices: tuple[str, ...]
    right: str
    ideas: Mapping[str, str]
    token: str


def _with(*patches: Enum) -> Callable[[Revision], Revision]:
    return lambda one: replace(one, patches=one.patches | set(patches))


def _without(*patches: Enum) -> Callable[[Revision], Revision]:
    return lambda one: replace(one, patches=one.patches - set(patches))


def _ignoring(*words: str) -> Callable[[Scenario], Scenario]:
    """Return a scenario without the lines of a script that begin so: they change nothing."""

    def changed(one: Scenario) -> Scenario:
        kept = [
            (line, text)
            for line, text in zip(one.script, one.texts, strict=True)
            if not text.partition(":")[2].strip().startswith(words)
        ]
        return replace(
            one, script=tuple(line for line, _ in kept), texts=tuple(text for _, text in kept)
        )

    return changed


_TIMEOUT = (Patch.UNPLUG_TIMEOUT_TIMER, Patch.CPU_UNPLUG_TIMEOUT)
IDEAS = (
    Idea(
        name="still-waits",
        believes="QEMU never drops a request: a timeout ends only the waiting of the operator.",
        lesson="01",
        revision=_without(*_TIMEOUT),
    ),
    Idea(
        name="released-is-removed",
        believes="When the guest has released the CPU, QEMU removes it in any case.",
        lesson="02",
        revision=_with(Patch.MEND_LIMBO),
    ),
    Idea(
        name="reset-forgets",
        believes="A reset forgets the request and changes nothing else.",
        lesson="03",
        scenario=_ignoring("system_reset"),
    ),
    Idea(
        name="timer-is-the-timeout",
        believes="The commit that adds the timer already brings the timeout.",
        lesson="04",
        revision=lambda one: (
            _with(*_TIMEOUT)(one) if Patch.UNPLUG_TIMEOUT_TIMER in one.patches else one
        ),
    ),
    Idea(
        name="wall-clock",
        believes="QEMU counts its 15 s by the wall clock, also while the VM is stopped or moves.",
        lesson="05",
        scenario=_ignoring("stop", "cont", "migrate"),
    ),
    Idea(
        name="long-enough",
        believes="15 s are ample: how busy the host is does not matter.",
        lesson="07",
        scenario=_ignoring("host load"),
    ),
    Idea(
        name="timeout-is-reported",
        believes="QEMU reports its timeout, so libvirt learns of it.",
        lesson="07",
        revision=_with(Patch.PROPOSED_NOT_DELETED_EVENT),
    ),
    Idea(
        name="never-reverted",
        believes="The timeout is still in: a release that contains the commit has it.",
        lesson="08",
        revision=_with(*_TIMEOUT),
    ),
    Idea(
        name="retry-is-heard",
        believes="Every device_del reaches the guest, also while a request is pending.",
        lesson="08",
        revision=_with(Patch.CPU_UNPLUG_RESENDS_EVENT),
    ),
    Idea(
        name="retry-is-lost",
        believes="A second device_del never reaches the guest while a request is pending.",
        lesson="08",
        revision=_without(Patch.CPU_UNPLUG_RESENDS_EVENT),
    ),
    Idea(
        name="refusal-is-understood",
        believes="QEMU has always understood a refusal, and the request ends with it.",
        lesson="09",
        revision=_with(Patch.UNISOLATE_ROLLS_BACK),
    ),
    Idea(
        name="refusal-is-ignored",
        believes="QEMU never understands a refusal, and goes on waiting.",
        lesson="09",
        revision=_without(Patch.UNISOLATE_ROLLS_BACK, Patch.UNPLUG_GUEST_ERROR_EVENT),
    ),
    Idea(
        name="refusal-is-reported",
        believes="If QEMU understands a refusal, it tells libvirt, at every revision.",
        lesson="09",
        revision=lambda one: (
            _with(Patch.UNPLUG_GUEST_ERROR_EVENT)(one)
            if Patch.UNISOLATE_ROLLS_BACK in one.patches
            else one
        ),
    ),
)
"""The wrong ideas, in the order of the lessons that correct them."""


def _seconds(times: tuple[float, ...]) -> str:
    return f"at {times[0]:g} s" if times else "never"


_REPORTS = (
    "DEVICE_DELETED",
    "DEVICE_NOT_DELETED",
    "DEVICE_UNPLUG_GUEST_ERROR",
    "MEM_UNPLUG_ERROR",
)
MEASURES: Mapping[str, tuple[str, Callable[[Run], str]]] = {
    "end": ("What has become of {device} at the end?", lambda run: _WORDS[ending_of(run)]),
    "removed": (
        "When does QEMU send DEVICE_DELETED first?",
        lambda run: _seconds(run.times("DEVICE_DELETED")),
    ),
    "events": (
        "How many events does QEMU send to the guest?",
        lambda run: str(len(run.times("hotplug-event"))),
    ),
    "reports": (
        "How many events about {device} does QEMU send to its management?",
        lambda run: str(sum(len(run.times(event)) for event in _REPORTS)),
    ),
    "dropped": (
        "When does QEMU's timer drop a request?",
        lambda run: _seconds(run.times("unplug-timeout")),
    ),
    "virsh": (
        "When does virsh report a timeout or an error first?",
        lambda run: _seconds(run.times("virsh-error")),
    ),
}
"""What is asked about a run, and how the answer is read off it."""


def questions(
    scenarios: Iterable[Scenario], revisions: Iterable[Revision]
) -> Iterator[PracticeQuestion]:
    """Yield each question on which the right machine and a wrong idea disagree.

    Of questions that differ in the revision alone, only the first is taken.
    """
    seen: set[tuple[object, ...]] = set()
    for one in _all(scenarios, tuple(revisions)):
        same = (one.scenario, one.asks, one.right, *one.ideas.items())
        if same not in seen:
            seen.add(same)
            yield one


def _all(scenarios: Iterable[Scenario], at: tuple[Revision, ...]) -> Iterator[PracticeQuestion]:
    for scenario in scenarios:
        for revision in at:
            if revision.board in scenario.setup.boards and scenario.setup.devices:
                yield from _of(scenario, revision)


def _of(scenario: Scenario, revision: Revision) -> Iterator[PracticeQuestion]:
    run = play(scenario, revision)
    believed = {}
    for idea in IDEAS:
        other = (idea.scenario(scenario), idea.revision(revision))
        if other != (scenario, revision):
            believed[idea] = play(*other)
    for name, (asks, measure) in MEASURES.items():
        if name == "virsh" and scenario.setup.libvirt is None:
            continue
        right = measure(run)
        wrong: dict[str, Idea] = {}
        for idea, seen in believed.items():
            if measure(seen) != right:
                wrong.setdefault(measure(seen), idea)
        if wrong:
            kept = list(wrong)[: MAX_CHOICES - 1]
            yield PracticeQuestion(
                name=f"{scenario.name}.{revision.name}.{name}",
                lesson=max(wrong[one].lesson for one in kept),
                scenario=scenario.name,
                at=revision.name,
                asks=asks.format(device=run.device.id),
                choices=tuple(sorted((right, *kept))),
                right=right,
                ideas={one: wrong[one].name for one in kept},
                token=token_of(run),
            )
