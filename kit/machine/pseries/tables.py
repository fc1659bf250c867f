"""The state tables as one can print and compare them, and which rows a recording vouches for.

Source: the tables of `kit.machine.pseries.drc`; NEVER_RECORDED is measured: a test replays all
recordings and compares.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kit.common.errors import UserError
from kit.machine.catalogue import MERGED
from kit.machine.pseries.connector import UNISOLATED_STATES, Call, DrcState, QemuCall, RtasCall
from kit.machine.pseries.drc import BASE, OVERLAYS, Row
from kit.machine.revision import Board, Patch, Revision

__all__ = ["NEVER_RECORDED", "TableRow", "check_connectors", "difference", "lines"]


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row of the full table: its cell, and the patch that put it there (None: BASE)."""

    state: DrcState
    call: Call
    row: Row
    patch: Patch | None

    @property
    def guard(self) -> str:
        """The row's condition as a question; empty for the last row of a cell."""
        return (self.row.when.__doc__ or "") if self.row.when else ""

    @property
    def recorded(self) -> bool:
        """Does a recording of a real QEMU show this row?  A patch never merged has none."""
        if self.patch is not None and self.patch not in MERGED:
            return False
        return (self.patch, self.state, self.call, self.guard) not in NEVER_RECORDED


def lines(revision: Revision) -> tuple[TableRow, ...]:
    """Return the full (state, call) table of *revision*: by state, then call, rows as tried.

    Raises:
        UserError: As `check_connectors`.
    """
    check_connectors(revision)
    return tuple(
        TableRow(state, call, row, patch)
        for state in DrcState
        for call in (*RtasCall, *QemuCall)
        for patch, row in _rows(revision, state, call)
    )


def check_connectors(revision: Revision) -> None:
    """Raise `UserError` unless the machine of *revision* has connectors."""
    if revision.board != Board.PSERIES:
        raise UserError(f"{revision.name} has no connectors, which pseries machines alone have")


def difference(
    revision: Revision, other: Revision
) -> tuple[tuple[TableRow, ...], tuple[TableRow, ...]]:
    """Return the lines that only *revision* has, and those that only *other* has."""
    ours, theirs = lines(revision), lines(other)
    return (
        tuple(line for line in ours if line not in theirs),
        tuple(line for line in theirs if line not in ours),
    )


def _rows(revision: Revision, state: DrcState, call: Call) -> Iterator[tuple[Patch | None, Row]]:
    for patch in reversed(Patch):  # a later patch's rows stand in front
        if patch in revision.patches:
            for row in OVERLAYS.get(patch, {}).get((state, call), ()):
                yield patch, row
    for row in BASE.get((state, call), ()):
        yield None, row


def _all_but(*states: DrcState) -> tuple[DrcState, ...]:
    return tuple(state for state in DrcState if state not in states)


S, C, Q, P = DrcState, RtasCall, QemuCall, Patch
_NEVER: Mapping[tuple[Patch | None, Call, str], tuple[DrcState, ...]] = {
    (None, C.UNISOLATE, "no device?"): (S.AVAILABLE,),
    (None, C.SET_USABLE, "unplug requested?"): (S.UNUSABLE,),
    (None, C.SET_UNUSABLE, ""): (S.PHYSICAL_CONFIGURED,),
    (None, C.SET_DR_INDICATOR, ""): (S.AVAILABLE, S.UNISOLATE),
    (None, C.ENTITY_SENSE, ""): (S.PHYSICAL_UNISOLATE, S.PHYSICAL_CONFIGURED),
    (None, C.ENTITY_SENSE, "no device?"): (S.AVAILABLE, S.UNISOLATE, S.CONFIGURED),
    (None, C.CONFIGURE_CONNECTOR, "a child node ends?"): tuple(UNISOLATED_STATES),
    (None, Q.UNPLUG_REQUEST, "no device?"): _all_but(S.UNUSABLE),
    (None, Q.RESET, ""): _all_but(S.UNUSABLE, S.POWERON),
    (None, Q.RESET, "unplug requested?"): (S.UNUSABLE, S.POWERON, S.PHYSICAL_UNISOLATE),
    (None, Q.CAS, ""): tuple(S),
    (None, Q.CAS, "device attached?"): tuple(S),
    (None, Q.CAS, "unplug requested?"): tuple(S),
    (None, Q.MIGRATED, ""): (S.POWERON, S.PHYSICAL_UNISOLATE, S.PHYSICAL_CONFIGURED),
    (P.UNPLUG_TIMEOUT_TIMER, Q.UNPLUG_TIMEOUT, ""): tuple(S),
    (P.UNPLUG_TIMEOUT_TIMER, Q.UNPLUG_TIMEOUT, "unplug requested?"): _all_but(
        S.AVAILABLE, S.CONFIGURED
    ),
    (P.CPU_UNPLUG_TIMEOUT, Q.MIGRATED, "CPU, unplug requested?"): (S.UNUSABLE, S.UNISOLATE),
    (P.UNISOLATE_ROLLS_BACK, C.UNISOLATE, "LMB, unplug requested?"): (S.UNISOLATE,),
    (P.UNPLUG_GUEST_ERROR_EVENT, C.UNISOLATE, "LMB, unplug requested?"): (S.UNISOLATE,),
}
NEVER_RECORDED: frozenset[tuple[Patch | None, DrcState, Call, str]] = frozenset(
    (patch, state, call, guard)
    for (patch, call, guard), states in _NEVER.items()
    for state in states
)
"""(patch, state, call, guard) of rows that no recording shows: taken from the code."""
