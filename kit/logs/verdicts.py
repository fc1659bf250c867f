"""Judge which revisions a log fits, and where it contradicts the others.

A revision is judged only where the log shows a machine that is modelled.  Without that, or where
the log contradicts itself, nothing is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kit.logs.entries import LogEntry, UnplugLog
from kit.logs.expected_answers import JUDGED_KINDS, modelled_kinds
from kit.logs.requests import UnplugRequest, requests_of
from kit.logs.rules import RULES, LogFinding
from kit.machine import boards
from kit.machine.boards import X86
from kit.machine.catalogue import PSERIES, Q35
from kit.machine.device_kinds import DeviceKind
from kit.machine.revision import Revision

__all__ = ["Q35_KINDS", "LogVerdict", "verdicts"]

Q35_KINDS = modelled_kinds(Q35)


@dataclass(frozen=True, slots=True)
class LogVerdict:
    """How a log fits a revision: the first entry that contradicts it, and why; None if it fits.

    A revision that is not ``judged`` neither fits nor not; ``why`` says why not.
    """

    revision: Revision
    entry: LogEntry | None = None
    why: str | None = None
    judged: bool = True

    @property
    def fits(self) -> bool:
        """Does nothing in the log contradict the revision?"""
        return self.judged and self.why is None


def verdicts(log: UnplugLog) -> tuple[LogVerdict, ...]:
    """Return a verdict on each build, release and the proposal; on q35 if the log shows an x86."""
    requests = requests_of(log)
    why_not = _why_not(log, requests)
    if why_not is not None:
        return tuple(LogVerdict(revision, None, why_not, judged=False) for revision in PSERIES)
    findings = [finding for rule in RULES for finding in rule.find(log, requests)]
    findings.sort(key=lambda finding: -1 if finding.number is None else finding.number)
    found = tuple(_verdict(log, revision, findings) for revision in PSERIES)
    if log.machine == boards.PSERIES:
        return found
    unmodelled = _not_modelled(requests, Q35_KINDS)
    if unmodelled is not None:
        why = f"{unmodelled}, and the kit's model of q35 has CPUs and DIMMs only"
        return (*found, LogVerdict(Q35, None, why, judged=False))
    return (*found, _verdict(log, Q35, findings))


def _why_not(log: UnplugLog, requests: tuple[UnplugRequest, ...]) -> str | None:
    """Return why no revision can be judged; None if one can."""
    if log.contradiction is not None:
        one, other = log.contradiction
        return (
            f"the log contradicts itself: {one.words} at {one.place} shows {one.machine.label},"
            f" {other.words} at {other.place} shows {other.machine.label}"
        )
    machine = log.machine
    if machine is None:
        return (
            "no line shows the machine; look for -machine, query-target or the domain's XML,"
            " and name it with --machine"
        )
    if machine != boards.PSERIES and not (
        machine.machines <= X86.machines and Q35.board.value in machine.machines
    ):
        return f"the kit does not model the machine: {machine.label}"
    if machine == boards.PSERIES:
        others = _not_modelled(requests, (*JUDGED_KINDS, None))
        return None if others is None else f"{others}, which the kit does not model"
    return None


def _not_modelled(
    requests: tuple[UnplugRequest, ...], kinds: Sequence[DeviceKind | None]
) -> str | None:
    """Return what a request is about, if none of them is about one of *kinds*; else None."""
    if not requests or any(request.kind in kinds for request in requests):
        return None
    first = requests[0]
    kind = "device of an unknown kind" if first.kind is None else first.kind.value
    return f"{first.device} is {'an' if kind[0] == 'o' else 'a'} {kind}"


def _verdict(log: UnplugLog, revision: Revision, findings: list[LogFinding]) -> LogVerdict:
    for finding in findings:
        why = finding.against(revision)
        if why is not None:
            entry = None if finding.number is None else log.entries[finding.number]
            return LogVerdict(revision, entry, why)
    return LogVerdict(revision)
