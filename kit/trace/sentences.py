"""One sentence for each entry of a trace, for people.

Text that comes from a device id or a log stays as it is: the view escapes it.
"""

from __future__ import annotations

from kit.machine.clock import NS_PER_S
from kit.trace.columns import Sides
from kit.trace.entry import TraceEntry
from kit.trace.kinds import kind_of

__all__ = ["seconds", "sentence"]


def seconds(at_ns: int) -> str:
    """Return a time in seconds, as short as it is exact.

    >>> seconds(15_000_000_000), seconds(14_999_000_000), seconds(14_999_999_999)
    ('15 s', '14.999 s', '14.999999999 s')
    """
    whole, rest = divmod(at_ns, NS_PER_S)
    return f"{whole}.{rest:09d}".rstrip("0").rstrip(".") + " s"


def sentence(entry: TraceEntry) -> str:
    """Return an entry as one sentence."""
    kind, by = kind_of(entry.message), Sides(entry.src, entry.dst)
    text = kind.sentence(entry.message, by) if callable(kind.sentence) else kind.sentence
    return text or f"{by.who}: {kind.wire}."
