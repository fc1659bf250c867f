"""A log's report in plain text, for a mail, as Markdown, as a page and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from kit.common.english import counted
from kit.common.package import drawn_by
from kit.logs.entries import LogEntry, OtherCommand, OtherEvent, TraceStep, UnplugLog
from kit.logs.fates import fates_of
from kit.logs.requests import requests_of
from kit.logs.selection import first_entries
from kit.logs.timestamps import FIRST_DATED_NS, write_time
from kit.logs.verdicts import Q35_KINDS, LogVerdict, verdicts
from kit.machine.catalogue import CATALOGUE, EVERY_RELEASE, Q35, TODAY
from kit.machine.clock import NS_PER_S
from kit.machine.errors import error_text_of
from kit.machine.events import QmpError
from kit.trace.entry import message_json
from kit.trace.sentences import seconds
from kit.views.diagram.from_log import layout_of_log, log_provenance, logged_sentence
from kit.views.diagram.layout import Layout
from kit.views.diagram.svg import lone_svg
from kit.views.diagram.text import picture_lines
from kit.views.escape import Html
from kit.views.markdown import plain_markdown
from kit.views.reports.blocks import blocks, event_line, markdown, paragraphs, reply_lines
from kit.views.reports.picture_page import StillPage

__all__ = ["LogReport", "report_of"]

MAX_DRAWN = 300
MAX_KINDS, MAX_UNREAD = 4, 5
MAX_DEVICES = 12


def report_of(log: UnplugLog, command: str = "") -> LogReport:
    """Return the report of a log. *command* reads the log again."""
    command = command or f"kit import {' '.join(log.sources)}"
    return LogReport(log, first_entries(log, MAX_DRAWN), verdicts(log), command)


@dataclass(frozen=True, slots=True)
class LogReport:
    """A log, the part that is drawn, the revisions that it fits, and the command that reads it."""

    log: UnplugLog
    drawn: UnplugLog
    verdicts: tuple[LogVerdict, ...]
    command: str

    @property
    def layout(self) -> Layout:
        """The layout of the picture."""
        return replace(layout_of_log(self.drawn), command=self.command)

    def text_lines(self, width: int, *, unicode: bool = False) -> Iterator[str]:
        """Yield the picture, what was left out, which revisions fit, and every event."""
        events = self.event_lines(width, unicode=unicode)
        yield from blocks(*self._parts(width, unicode), events)

    def _parts(self, width: int, unicode: bool) -> list[Iterable[str]]:
        notes, conclusions = _notes(self), _conclusions(self)
        return [
            self._picture(width, unicode),
            paragraphs(notes, width, unicode),
            paragraphs(conclusions, width, unicode),
        ]

    def _picture(self, width: int, unicode: bool) -> list[str]:
        if not self.drawn.entries:
            return [f"{self.log.source}: nothing about unplugging in it"[:width]]
        return picture_lines(self.layout, width, unicode=unicode)

    def event_lines(self, width: int, *, unicode: bool = False) -> Iterator[str]:
        """Yield each drawn event with its line and a sentence."""
        began_ns = self.log.began_ns
        for entry in self.drawn.entries:
            known = entry.at_ns is not None and began_ns is not None
            time = seconds(max((entry.at_ns or 0) - (began_ns or 0), 0)) if known else "?"
            words = f"{logged_sentence(entry)} ({self._place(entry)})"
            yield from event_line("|", time, (entry.src, entry.dst), words, width, unicode)

    def _place(self, entry: LogEntry) -> str:
        return f"line {entry.line}" if len(self.log.sources) == 1 else entry.place

    def mail_lines(
        self, width: int, *, unicode: bool = False, in_reply_to: str | None = None
    ) -> Iterator[str]:
        """Yield the body of a mail, with two header lines if it is a reply."""
        command = paragraphs([drawn_by(), f"Read with: {self.command}"], width, unicode)
        yield from reply_lines(in_reply_to)
        yield from blocks(*self._parts(width, unicode), command)

    def markdown_lines(self, width: int, *, unicode: bool = False) -> Iterator[str]:
        """Yield Markdown: the picture in a fenced block, the events folded."""
        title = f"{self.log.source}: {self.log.format.value}"
        items = map(plain_markdown, (*_notes(self), *_conclusions(self), self.command, drawn_by()))
        events = self.event_lines(width, unicode=unicode)
        yield from markdown(title, self._picture(width, unicode), items, events)

    def still(self) -> StillPage:
        """Return the page of the log."""
        return StillPage(
            title=f"{self.log.source}: {self.log.format.value}",
            drawn=lone_svg(self.layout, titled=False),
            meaning=(*_conclusions(self), *_notes(self)),
            events="\n".join(self.event_lines(110, unicode=True)),
            last=Html("<p>Read with: <code>{}</code></p>").format(self.command),
        )

    def json(self) -> dict[str, Any]:
        """Return everything that was read as JSON data."""
        log = self.log
        began_ns = log.began_ns
        return {
            "version": 1,
            "source": log.source,
            "format": log.format.value,
            "provenance": log_provenance(log).json(),
            "began_ns": began_ns,
            "qemu": None if log.version is None else ".".join(map(str, log.version)),
            "machine": None if log.machine is None else log.machine.label,
            "monitor": log.monitor,
            "devices": dict(fates_of(log)),
            "entries": [_entry_json(entry, began_ns) for entry in log.entries],
            "left_out": dict(log.left_out),
            "other_monitors": dict(log.others),
            "passed_over": log.passed_over,
            "not_utf8": log.not_utf8,
            "unread_count": log.unread_count,
            "unread": [
                {"source": u.source, "line": u.line, "text": u.text, "why": u.why}
                for u in log.unread
            ],
            "revisions": [_verdict_json(verdict) for verdict in self.verdicts],
        }


def _entry_json(entry: LogEntry, began_ns: int | None) -> dict[str, Any]:
    message = entry.message
    fields: dict[str, Any]
    if isinstance(message, OtherCommand | OtherEvent | TraceStep):
        fields = {"type": message.name, "device": message.device}
    else:
        fields = message_json(message)
    return {
        "source": entry.source,
        "line": entry.line,
        "at_ns": None if entry.at_ns is None or began_ns is None else entry.at_ns - began_ns,
        "src": entry.src.value,
        "dst": entry.dst.value,
        **fields,
    }


def _verdict_json(verdict: LogVerdict) -> dict[str, Any]:
    return {
        "revision": verdict.revision.label,
        "fits": verdict.fits if verdict.judged else None,
        "source": None if verdict.entry is None else verdict.entry.source,
        "line": None if verdict.entry is None else verdict.entry.line,
        "why": verdict.why,
    }


def _notes(report: LogReport) -> Iterator[str]:
    log = report.log
    began_ns = log.began_ns
    if began_ns is not None:
        yield f"0 s is {_began(began_ns)}."
    if any(entry.at_ns is None for entry in log.entries):
        yield "Where time is ? the log gives none: it was between its neighbours."
    if len(report.drawn.entries) < len(log.entries):
        yield (
            f"Drawn are the first {len(report.drawn.entries):,} of {len(log.entries):,} messages;"
            " narrow them with --device, --since and --until."
        )
    if log.cut is not None:
        yield f"{log.cut}: what follows about unplugging was too much, and is left out."
    if log.left_out:
        yield _left_out(log)
    for name, count in list(log.others.items())[:MAX_KINDS]:
        yield f"Another monitor: {name}, {counted(count, 'message')} (--monitor)."
    if len(log.others) > MAX_KINDS:
        yield f"And {counted(len(log.others) - MAX_KINDS, 'more monitor')}."
    if log.unread_count:
        yield f"{counted(log.unread_count, 'line')} could not be read:"
        for unread in log.unread[:MAX_UNREAD]:
            yield f"{unread.source}:{unread.line}: {unread.why}: {unread.text}"
        if log.unread_count > MAX_UNREAD:
            yield f"and {log.unread_count - MAX_UNREAD:,} more."
    if log.passed_over:
        yield f"Without a message: {counted(log.passed_over, 'other line')} of the log."
    if log.not_utf8:
        yield f"With bytes that are not UTF-8: {counted(log.not_utf8, 'line')}."
    if log.format.note and log.entries:
        yield log.format.note
    if log.clock_went_back is not None:
        yield f"{log.clock_went_back}: the log's time goes back; no conclusion rests on times."


def _began(at_ns: int) -> str:
    """Return when a log began; a log without years has only a day, or a time of day."""
    if at_ns >= FIRST_DATED_NS:
        return f"{write_time(at_ns)} UTC"
    text = write_time(at_ns)
    return f"{text[11:] if at_ns < 86_400 * NS_PER_S else text[5:]}; the log writes no year"


def _left_out(log: UnplugLog) -> str:
    total = sum(log.left_out.values())
    named = [f"{name} ({count:,})" for name, count in list(log.left_out.items())[:MAX_KINDS]]
    more = len(log.left_out) - len(named)
    kinds = f", {counted(more, 'more kind')}" if more else ""
    return f"{counted(total, 'other message')} left out: {', '.join(named)}{kinds}."


def _conclusions(report: LogReport) -> Iterator[str]:
    log = report.log
    for device, words in fates_of(log)[:MAX_DEVICES]:
        yield f"{device} {words}."
    yield from _causes(log)
    yield from _about_qemu(report)
    judged = [verdict for verdict in report.verdicts if verdict.judged]
    fitting = [verdict for verdict in judged if verdict.fits]
    others = [verdict for verdict in judged if not verdict.fits]
    if judged and not others:
        yield "It fits every revision: nothing in it tells them apart."
        yield _NEXT
    elif fitting:
        yield f"It fits {_named(fitting)}."
        yield "“Fits” means that nothing in the log contradicts the revision."
    elif len(judged) == len(report.verdicts):
        yield "It fits no revision that the kit knows."
    others.sort(key=_reason)
    for _, group in groupby(others, key=_reason):
        same = list(group)
        entry = same[0].entry
        where = "" if entry is None else f" at {entry.place}"
        yield f"It contradicts {_named(same)}{where}: {same[0].why}."
    if not log.entries:
        yield "Nothing in it is about unplugging, so no revision is judged."
        return
    for why in dict.fromkeys(verdict.why for verdict in report.verdicts if not verdict.judged):
        if why:
            yield f"{Q35.name if judged else 'The log'} is not judged: {why}."


_NEXT = (
    "To tell them apart, log QMP with its events and times (-chardev …,logfile=FILE, or libvirt's"
    " debug log), and repeat device_del within 15 s, and again later."
)


def _causes(log: UnplugLog) -> Iterator[str]:
    """Yield what is behind each error that people ask about, at its first place."""
    known = set()
    for entry in log.entries:
        if isinstance(entry.message, QmpError):
            row = error_text_of(entry.message.desc)
            if row is not None and row.cause and row.cause not in known:
                known.add(row.cause)
                yield f"The error at {entry.place}: {row.cause}."


def _about_qemu(report: LogReport) -> Iterator[str]:
    """Yield which QEMU and which machine the log shows, and which devices have no known kind."""
    log = report.log
    if log.version is not None:
        yield f"The log says that it is QEMU {'.'.join(map(str, log.version))}."
        if log.version[:2] > TODAY.version[:2]:
            yield (
                f"That is newer than the newest that the kit models, {TODAY.label}: to fit a"
                " revision means only to behave as it does."
            )
    if log.machine is not None and log.evidence:
        first = next(e for e in log.evidence if e.machine == log.machine or len(log.evidence) == 1)
        where = f" ({first.words}, {first.place})" if first.line is not None else ""
        yield f"The machine is {log.machine.label}{where}."
    if any(verdict.judged and verdict.revision is Q35 for verdict in report.verdicts):
        for request in requests_of(log):
            if request.kind not in Q35_KINDS:
                yield f"{request.device} is not judged: the kit's q35 has CPUs and DIMMs only."
    unknown = [r.device for r in requests_of(log) if r.kind is None]
    if unknown and any(verdict.judged for verdict in report.verdicts):
        named = ", ".join(dict.fromkeys(unknown[:3]))
        yield (
            f"No line shows what kind of device {named} is: what is said holds for every kind;"
            f" name it with --kind {unknown[0]}=core (or dimm, pci, phb)."
        )


def _reason(verdict: LogVerdict) -> tuple[str, int, str]:
    entry = verdict.entry
    return (
        ("", 0, verdict.why or "")
        if entry is None
        else (entry.source, entry.line, verdict.why or "")
    )


def _named(found: Sequence[LogVerdict]) -> str:
    """Return the names of revisions, consecutive ones as a range."""
    wanted = {verdict.revision for verdict in found}
    parts: list[str] = []
    for names in (CATALOGUE, EVERY_RELEASE):
        for there, group in groupby(names, key=wanted.__contains__):
            run = [revision.name for revision in group]
            if there:
                parts += [f"{run[0]}..{run[-1]}"] if len(run) > 2 else run
    parts += [v.revision.name for v in found if v.revision not in CATALOGUE + EVERY_RELEASE]
    return ", ".join(parts)
