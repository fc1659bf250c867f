"""The formats of logs that the kit reads; a new one is a file, and a line here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from kit.common.errors import UserError
from kit.logs.formats import (
    hmp,
    kit_run,
    libvirt,
    logfmt,
    prose,
    qmp,
    qmp_shell,
    suites,
    trace,
    trace_acpi,
    virsh,
)
from kit.logs.formats.base import Format, LogLine
from kit.logs.formats.refusal import refusal_of
from kit.logs.formats.wrapping import Wrapping

__all__ = ["FORMATS", "recognise_format"]

FORMATS: tuple[Format, ...] = (
    kit_run.FORMAT,
    libvirt.FORMAT,
    trace.FORMAT,
    trace_acpi.FORMAT,
    *suites.FORMATS,
    logfmt.FORMAT,
    *virsh.FORMATS,
    qmp_shell.FORMAT,
    hmp.FORMAT,
    prose.FORMAT,
    qmp.FORMAT,
)
"""Where two have the same score, the first is taken."""

_FIRST, _MAX_SEARCHED = 2_000, 20_000  # lines in which a log must show its format
_MAX_SAMPLE = 20_000_000  # characters of them


def recognise_format(
    lines: Iterable[LogLine], names: Sequence[str], page: str
) -> tuple[Format, Iterator[LogLine]]:
    """Return the format of a log, and all of its lines, without quoting and the like.

    *names* are those of its files, filled while *lines* are read; *page* describes the formats.

    Raises:
        UserError: It has no known format.
    """
    remaining = iter(lines)
    seen: list[LogLine] = []
    for most in (_FIRST, _MAX_SEARCHED):
        seen += _sample(remaining, most - len(seen))
        wrapping = Wrapping([line.text for line in seen])
        unwrapped = [line.text for line in wrapping.unwrap(iter(seen))]
        scores = [(found.sniff(unwrapped), found) for found in FORMATS]
        best = max(score for score, _ in scores)
        if best > 0:
            found = next(found for score, found in scores if score == best)
            return found, wrapping.unwrap(chain(seen, remaining))
    raise UserError(refusal_of(", ".join(names) or "no log", seen, unwrapped, page))


def _sample(lines: Iterator[LogLine], most: int) -> list[LogLine]:
    found: list[LogLine] = []
    size = 0
    for line in islice(lines, most):
        found.append(line)
        size += len(line.text)
        if size > _MAX_SAMPLE:
            break
    return found
