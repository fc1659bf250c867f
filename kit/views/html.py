"""HTML of the bench: event logs, and who knows what.  Whatever comes from outside is escaped."""

from __future__ import annotations

from html import escape

from kit.machine.events import (
    Aborted,
    DeviceDeleted,
    DeviceUnplugGuestError,
    ErrorReport,
    MemUnplugError,
    QmpError,
    UnplugTimeout,
)
from kit.runs.bench import Run
from kit.runs.sentences import seconds, sentence
from kit.runs.story import who_knows_what
from kit.runs.trace import TraceEntry

__all__ = ["log_html", "state_html"]


def state_html(run: Run) -> str:
    """Who takes what to be the case now, as a list of descriptions."""
    qemu, guest, operator = (escape(words) for words in who_knows_what(run))
    limbo = ' <span class="kit-error">LIMBO</span>' if run.limbo else ""
    return (
        f"<dl><dt>QEMU</dt><dd>{qemu}{limbo}</dd><dt>guest</dt><dd>{guest}</dd>"
        f"<dt>operator was told</dt><dd>{operator}</dd></dl>"
    )


def log_html(caption: str, run: Run, first_difference: int | None) -> str:
    """The event log of a run as a table, the first difference marked by colour and by word."""
    rows = "".join(_row(entry, entry.seq == first_difference) for entry in run.trace)
    empty = '<tr><td colspan="2" class="kit-soft">Nothing has happened yet.</td></tr>'
    return (
        f'<table class="kit-log"><caption>{escape(caption)}</caption><tbody>'
        f"{rows or empty}</tbody></table>"
    )


def _row(entry: TraceEntry, first: bool) -> str:
    words = escape(sentence(entry))
    style = _style(entry)
    words = f'<span class="{style}">{words}</span>' if style else words
    mark = "<strong>First difference.</strong> " if first else ""
    row = ' class="kit-first"' if first else ""
    return f"<tr{row}><th scope='row'>{seconds(entry.at_ns)}</th><td>{mark}{words}</td></tr>"


def _style(entry: TraceEntry) -> str:
    match entry.message:
        case DeviceDeleted():
            return "kit-told"
        case QmpError() | DeviceUnplugGuestError() | MemUnplugError() | Aborted():
            return "kit-error"
        case UnplugTimeout() | ErrorReport():
            return "kit-silent"
    return ""
