"""Judges which revisions a log fits, and where it contradicts the others."""

from __future__ import annotations

from dataclasses import dataclass

from kit.logs.entries import LogEntry, UnplugLog
from kit.logs.requests import requests_of
from kit.logs.rules import RULES, LogFinding
from kit.machine.catalogue import PSERIES, Q35
from kit.machine.revision import Board, Revision

__all__ = ["LogVerdict", "verdicts"]


@dataclass(frozen=True, slots=True)
class LogVerdict:
    """How a log fits a revision: the first entry that contradicts it, and why; None if it fits."""

    revision: Revision
    entry: LogEntry | None = None
    why: str | None = None

    @property
    def fits(self) -> bool:
        """Does nothing in the log contradict the revision?"""
        return self.why is None


def verdicts(log: UnplugLog) -> tuple[LogVerdict, ...]:
    """Judge the builds, the releases and the proposal; q35 if the log shows an x86."""
    requests = requests_of(log)
    findings = [finding for rule in RULES for finding in rule.find(log, requests)]
    findings.sort(key=lambda finding: -1 if finding.number is None else finding.number)
    x86 = (Q35,) if log.board == Board.Q35 else ()
    return tuple(_verdict(log, revision, findings) for revision in (*PSERIES, *x86))


def _verdict(log: UnplugLog, revision: Revision, findings: list[LogFinding]) -> LogVerdict:
    for finding in findings:
        why = finding.against(revision)
        if why is not None:
            entry = None if finding.number is None else log.entries[finding.number]
            return LogVerdict(revision, entry, why)
    return LogVerdict(revision)
