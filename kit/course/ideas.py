"""Wrong ideas as machines: each is a variant of the rules, or of what counts, that can be played.

Where the right machine and a variant answer differently there is a question.  The variant's answer
is an option of it, and the run of the right machine is the explanation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum

from kit.actors.messages import ApiError, Failure, Message
from kit.course.sandbox_tasks import Ending, ending_of
from kit.machine.catalogue import CATALOGUE
from kit.machine.clock import NS_PER_S
from kit.machine.events import UnplugTimeout
from kit.machine.pcie_revisions import PCIE, PciePatch
from kit.machine.requests import DeviceDel
from kit.machine.revision import Board, Patch, Revision
from kit.simulation.actions import connector_names
from kit.simulation.run import Intervention, Run, play
from kit.simulation.scenario import Scenario
from kit.simulation.token import token_of

__all__ = ["BELIEVES", "FIRST_LESSON", "IDEAS", "MEASURES", "Idea", "PracticeQuestion"]
__all__ += ["questions"]

MAX_CHOICES = 4
SPAPR = CATALOGUE[0].board
FIRST_LESSON = {PCIE: "13"}  # the lesson that explains a machine
PORT_TIMEOUT_NS = 5 * NS_PER_S  # after which a port accepts a second request
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

    ``revision`` and ``scenario`` change what is played into what a believer expects; ``does`` adds
    what a believer expects to happen in the run.  ``boards`` are its machines.
    """

    name: str
    believes: str
    lesson: str
    boards: tuple[Board, ...] = (SPAPR,)
    revision: Callable[[Revision], Revision] = lambda one: one
    scenario: Callable[[Scenario], Scenario] = lambda one: one
    does: Callable[[Run], tuple[Intervention, ...]] = lambda _: ()

    def play(self, run: Run) -> Run | None:
        """Return what a believer expects in place of *run*; None if that is the same."""
        if run.revision.board not in self.boards:
            return None
        scenario, revision = self.scenario(run.scenario), self.revision(run.revision)
        does = self.does(run)
        if (scenario, revision, does) == (run.scenario, run.revision, ()):
            return None
        return play(scenario, revision, does)


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


def _guest_refuses(at_ns: Callable[[Run], int | None]) -> Callable[[Run], tuple[Intervention, ...]]:
    """Return what happens if the guest refuses from a moment of the run on."""

    def does(run: Run) -> tuple[Intervention, ...]:
        device = run.device.id
        own = [n for n in connector_names((run.device,)) if n.partition(".")[0] == device]
        when = at_ns(run)
        return () if when is None else tuple(Intervention(when, f"guest pin {n}") for n in own)

    return does


def _first(run: Run, wanted: Callable[[Message], bool]) -> int | None:
    return next((entry.at_ns for entry in run.trace if wanted(entry.message)), None)


def _qemu_timed_out(run: Run) -> int | None:
    return _first(run, lambda one: isinstance(one, UnplugTimeout))


def _virsh_timed_out(run: Run) -> int | None:
    return _first(run, lambda one: isinstance(one, ApiError) and one.failure is Failure.TIMED_OUT)


def _port_expired(run: Run) -> int | None:
    """Return when the 5 s of the first request to a port end."""
    first = _first(run, lambda one: isinstance(one, DeviceDel))
    end = None if first is None else first + PORT_TIMEOUT_NS
    return end if end is not None and end <= run.scenario.end_ns else None


_TIMEOUT = (Patch.UNPLUG_TIMEOUT_TIMER, Patch.CPU_UNPLUG_TIMEOUT)
_PORTS = (PciePatch.REPEATED_DEVICE_DEL_ERROR, PciePatch.BLINK_CHECK, PciePatch.PENDING_EXPIRES)
IDEAS = (
    Idea(
        name="still-waits",
        believes="QEMU never drops a request: a timeout ends only the waiting of the operator.",
        lesson="01",
        revision=lambda one: (
            one if Patch.LONGER_TIMEOUT in one.patches else _without(*_TIMEOUT)(one)
        ),
    ),
    Idea(
        name="late-calls-fail",
        believes="Without a pending request the guest's calls fail, so it keeps the CPU.",
        lesson="02",
        revision=_with(Patch.MEND_LIMBO),
    ),
    Idea(
        name="removed-at-isolate",
        believes="QEMU removes a CPU, and sends DEVICE_DELETED, when the guest calls ISOLATE.",
        lesson="02",
        revision=_with(Patch.REMOVED_AT_ISOLATE),
    ),
    Idea(
        name="reset-forgets",
        believes="A reset forgets a pending request, and the device stays.",
        lesson="03",
        revision=_with(Patch.MEND_RESET),
    ),
    Idea(
        name="reset-does-nothing",
        believes="A reset changes neither the request nor who has the device.",
        lesson="03",
        boards=(SPAPR, PCIE),
        scenario=_ignoring("system_reset"),
    ),
    Idea(
        name="timeout-means-failed",
        believes="A timeout of virsh means that the unplug has failed, so the guest keeps the CPU.",
        lesson="03",
        does=_guest_refuses(_virsh_timed_out),
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
        boards=(SPAPR, PCIE),
        scenario=_ignoring("stop", "cont", "migrate"),
    ),
    Idea(
        name="guest-is-told",
        believes="QEMU tells the guest when it drops a request, so the guest keeps the CPU.",
        lesson="05",
        does=_guest_refuses(_qemu_timed_out),
    ),
    Idea(
        name="longer-would-do",
        believes="A timeout of 60 s is long enough: no guest needs more.",
        lesson="07",
        revision=lambda one: (
            _without(*_TIMEOUT)(one) if Patch.LONGER_TIMEOUT in one.patches else one
        ),
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
    Idea(
        name="every-request-is-a-press",
        believes="Every device_del presses the slot's button, so a second one cancels.",
        lesson="13",
        boards=(PCIE,),
        revision=_without(*_PORTS),
    ),
    Idea(
        name="no-retry-ever",
        believes="A port refuses a second device_del as long as the device is there.",
        lesson="13",
        boards=(PCIE,),
        revision=_without(PciePatch.PENDING_EXPIRES),
    ),
    Idea(
        name="five-seconds-suffice",
        believes="After 5 s a port accepts a second device_del, whatever the guest does.",
        lesson="13",
        boards=(PCIE,),
        revision=_without(PciePatch.BLINK_CHECK),
    ),
    Idea(
        name="port-drops-the-request",
        believes="After 5 s a port drops the request, so the guest keeps the device.",
        lesson="13",
        boards=(PCIE,),
        does=_guest_refuses(_port_expired),
    ),
)
"""The wrong ideas, in the order of the lessons that correct them."""
BELIEVES = {idea.name: idea.believes for idea in IDEAS}


def _seconds(times: tuple[float, ...]) -> str:
    return f"at {times[0]:g} s" if times else "never"


_REPORTS = (
    *("DEVICE_DELETED", "DEVICE_NOT_DELETED"),
    *("DEVICE_UNPLUG_GUEST_ERROR", "MEM_UNPLUG_ERROR"),
)
MEASURES: Mapping[str, tuple[str, Callable[[Run], str]]] = {
    "end": ("Where is {device} at the end?", lambda run: _WORDS[ending_of(run)]),
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
    "refused": (
        "How many commands does QEMU refuse with an error?",
        lambda run: str(len(run.times("error"))),
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
    credited: Counter[str] = Counter()
    for one in _all(scenarios, tuple(revisions)):
        same = (one.run.scenario.name, one.measure, one.right, *one.wrong.items())
        if same not in seen:
            seen.add(same)
            yield _question(one, credited)


@dataclass(frozen=True, slots=True)
class _Parting:
    """A run on which ideas disagree: what is asked, the right answer, and who expects another."""

    run: Run
    measure: str
    right: str
    wrong: Mapping[str, tuple[Idea, ...]]


def _question(one: _Parting, credited: Counter[str]) -> PracticeQuestion:
    """Return the question; of ideas that expect the same, the one least credited stands for all."""
    behind = {}
    for choice, ideas in list(one.wrong.items())[: MAX_CHOICES - 1]:
        behind[choice] = min(ideas, key=lambda idea: credited[idea.name])
        credited[behind[choice].name] += 1
    scenario, at = one.run.scenario.name, one.run.revision.name
    return PracticeQuestion(
        name=f"{scenario}.{at}.{one.measure}",
        lesson=max(
            FIRST_LESSON.get(one.run.revision.board, ""), *(i.lesson for i in behind.values())
        ),
        scenario=scenario,
        at=at,
        asks=MEASURES[one.measure][0].format(device=one.run.device.id),
        choices=tuple(sorted((one.right, *behind))),
        right=one.right,
        ideas={choice: idea.name for choice, idea in behind.items()},
        token=token_of(one.run),
    )


def _all(scenarios: Iterable[Scenario], at: tuple[Revision, ...]) -> Iterator[_Parting]:
    for scenario in scenarios:
        for revision in at:
            if revision.board in scenario.setup.boards and scenario.setup.devices:
                yield from _of(play(scenario, revision))


def _of(run: Run) -> Iterator[_Parting]:
    believed = {idea: other for idea in IDEAS if (other := idea.play(run)) is not None}
    for name, (_, measure) in MEASURES.items():
        if name == "virsh" and run.scenario.setup.libvirt is None:
            continue
        right = measure(run)
        wrong: dict[str, tuple[Idea, ...]] = {}
        for idea, expected in believed.items():
            answer = measure(expected)
            if answer != right:
                wrong[answer] = (*wrong.get(answer, ()), idea)
        if wrong:
            yield _Parting(run, name, right, wrong)
