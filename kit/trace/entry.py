"""A trace: who sent whom which message in one run, and when.

Messages carry no time; entries do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kit.actors.messages import Actor, Message, RtasByHand
from kit.common.value_json import value_json
from kit.trace.kinds import kind_of, wire_name

__all__ = ["Trace", "TraceEntry", "entry_json", "first_difference", "from_lane", "message_json"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceEntry:
    """Who sent whom which message, and when; ``src`` is ``dst`` where only the sender has it.

    ``at_ns`` is the wall clock since the run began.  ``guest_ns`` is the guest's clock: it stands
    still while the VM is stopped, and goes on at the destination of a migration.
    """

    seq: int
    at_ns: int
    guest_ns: int
    src: Actor
    dst: Actor
    message: Message


Trace = tuple[TraceEntry, ...]


def first_difference(before: Trace, after: Trace) -> tuple[int | None, int | None]:
    """Return the seq of the first entry that differs, in each trace.

    It is None for a trace that ends before it differs; equal traces give (None, None).
    """
    for ours, theirs in zip(before, after, strict=False):
        if ours != theirs:
            return ours.seq, theirs.seq
    common = min(len(before), len(after))
    return (
        before[common].seq if len(before) > common else None,
        after[common].seq if len(after) > common else None,
    )


def from_lane(entry: TraceEntry) -> Actor:
    """Return the lane where a picture starts an entry: the guest's own for an act inside it."""
    return entry.dst if kind_of(entry.message).inside_guest else entry.src


def entry_json(entry: TraceEntry) -> dict[str, Any]:
    """Return an entry as JSON: its own fields, and the message's type and fields."""
    return {
        "seq": entry.seq,
        "at_ns": entry.at_ns,
        "guest_ns": entry.guest_ns,
        "src": entry.src.value,
        "dst": entry.dst.value,
        **message_json(entry.message),
    }


def message_json(message: Message) -> dict[str, Any]:
    """Return a message as JSON: its type and its own fields."""
    own: dict[str, Any] = value_json(message)
    if "type" in own:  # a hotplug event has a type of its own: the kind of resource
        own["resource"] = own.pop("type")
    if isinstance(message, RtasByHand):
        own["call"] = {"type": wire_name(message.call)} | own["call"]
    return {"type": wire_name(message), **own}
