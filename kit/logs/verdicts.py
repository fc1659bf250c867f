"""Which revisions a log fits, and where it contradicts the others."""

from __future__ import annotations

from dataclasses import dataclass

from kit.logs.entries import LogEntry, UnplugLog
from kit.logs.requests import requests_of
from kit.logs.rules import RULES, LogFinding
from kit.machine.catalogue import CATALOGUE, PROPOSAL, Q35, RELEASES
from kit.machine.revision import Board, Revision

__all__ = ["LogVerdict", "verdicts"]


@dataclass(frozen=True, slots=True)
class LogVerdict:
    """Does a log fit a revision?  If not: the first entry that contradicts it, and why."""

    revision: Revision
    entry: LogEntry | None = None
    why: str | None = None

    @property
    def fits(self) -> bool:
        """Is there nothing in the log that a QEMU of this revision would not have said?"""
        return self.why is None


def verdicts(log: UnplugLog) -> tuple[LogVerdict, ...]:
    """Judge every revision that the log may be of: the recorded builds, releases, the proposal.

    q35 is judged where the log shows an x86 machine.
    """
    requests = requests_of(log)
    findings = [finding for rule in RULES for finding in rule.find(log, requests)]
    findings.sort(key=lambda finding: -1 if finding.number is None else finding.number)
    x86 = (Q35,) if log.board == Board.Q35 else ()
    return tuple(
        _verdict(log, revision, findings) for revision in (*CATALOGUE, *RELEASES, PROPOSAL, *x86)
    )


def _verdict(log: UnplugLog, revision: Revision, findings: list[LogFinding]) -> LogVerdict:
    for finding in findings:
        why = finding.against(revision)
        if why is not None:
            entry = None if finding.number is None else log.entries[finding.number]
            return LogVerdict(revision, entry, why)
    return LogVerdict(revision)
