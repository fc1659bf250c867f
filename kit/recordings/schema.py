"""How a board's recordings are described: which ops there are, and what answers to them hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from kit.common.json_fields import FormatError, Json, check_keys, short, text
from kit.machine.all_boards.messages import AnyOutcome, AnyRequest
from kit.machine.revision import Revision

__all__ = [
    "AnyOutcome",
    "AnyRequest",
    "Ask",
    "BoardFormat",
    "Op",
    "asking",
    "check_qmp",
    "list_of",
    "nested",
    "record",
]

M = TypeVar("M")
Check = Callable[[Json], None]
FieldReader = Callable[[Json, str], object]
"""Returns the field of an object with that key, or raises `FormatError`."""
Ask = Callable[[Any], AnyOutcome]
"""Sends a request of its board to a machine."""


@dataclass(frozen=True, slots=True)
class Op:
    """How one op is written: what makes its request, its reply, and its fields.

    ``make`` gets the needed fields in their order, and the optional ones by their keys.
    ``may_fail``: it may end the recording, with ``failed`` in place of a reply.
    """

    make: Callable[..., AnyRequest]
    check_reply: Check
    needed: Mapping[str, FieldReader] = field(default_factory=dict)
    optional: Mapping[str, FieldReader] = field(default_factory=dict)
    may_fail: bool = False

    def request(self, data: Json) -> AnyRequest:
        """Return the request of a step, whose keys were checked."""
        needed = (read(data, key) for key, read in self.needed.items())
        given = {key: read(data, key) for key, read in self.optional.items() if key in data}
        return self.make(*needed, **given)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardFormat:
    """The recordings of one board.

    An op with several forms is a mapping by its key ``device``.  ``fresh`` starts the embedded
    machine as the recorded one was started, at a revision, with or without a CAS at each reset.
    ``label`` is the end of the words "known", ``may_abort`` whether a step may end in an assertion,
    ``check_failed`` checks what stands in place of a reply where an op failed and the recording
    ends.  ``claims`` returns the revision of a transcript that is of this board, for a board whose
    names of revisions others have as well.
    """

    ops: Mapping[str, Op | Mapping[str, Op]]
    events: Mapping[str, Check]
    fresh: Callable[[Revision, bool], Ask]
    label: str = ""
    may_abort: bool = True
    check_failed: Check | None = None
    claims: Callable[[Json], Revision | None] = lambda _: None

    def op_of(self, data: Json) -> Op:
        """Return how the op of a step is written, or raise `FormatError`."""
        name = data.get("op")
        if not isinstance(name, str) or name not in self.ops:
            raise self._unknown("op", name, self.ops)
        found = self.ops[name]
        if isinstance(found, Op):
            return found
        device = data.get("device")
        if not isinstance(device, str) or device not in found:
            raise self._unknown("device", device, found)
        return found[device]

    def check_event(self, event: Json) -> None:
        """Raise `FormatError` unless *event* is one of this board's."""
        name = event.get("event") if isinstance(event, dict) else None
        if not isinstance(name, str) or name not in self.events:
            raise self._unknown("event", name, self.events)
        self.events[name](event)

    def _unknown(self, what: str, name: object, known: Mapping[str, object]) -> FormatError:
        return FormatError(f"unknown {what} {short(name)}; known{self.label}: {', '.join(known)}")


def asking(machine: M, step: Callable[[M, Any], tuple[M, AnyOutcome]]) -> Ask:
    """Return what sends requests to a machine, each to the one that the last request left."""

    def ask(request: AnyRequest) -> AnyOutcome:
        nonlocal machine
        machine, outcome = step(machine, request)
        return outcome

    return ask


def record(
    what: str, needed: Mapping[str, FieldReader], optional: Mapping[str, FieldReader] | None = None
) -> Check:
    """Return a check that a value is an object with these fields, each of its type."""
    fields = {**needed, **(optional or {})}

    def check(data: Json) -> None:
        check_keys(data, what, set(needed), fields)
        for key in data:
            fields[key](data, key)

    return check


def nested(check: Check) -> FieldReader:
    """Return a check of a field that holds an object."""
    return lambda data, key: check(data[key])


def list_of(what: str, check: Check) -> FieldReader:
    """Return a check of a field that holds a list, called *what* in messages."""

    def check_list(data: Json, key: str) -> None:
        if not isinstance(data[key], list):
            raise FormatError(f"{what} is not a list")
        for item in data[key]:
            check(item)

    return check_list


_check_error = record("reply.error", {"class": text, "desc": text})


def check_qmp(reply: Json) -> None:
    """Raise `FormatError` unless *reply* is the empty return or an error of QMP."""
    if isinstance(reply, dict) and "error" in reply:
        record("reply", {"error": nested(_check_error)})(reply)
    else:
        record("reply", {"return": nested(record("reply.return", {}))})(reply)
