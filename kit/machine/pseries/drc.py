"""The dynamic reconfiguration connector (DRC): its states, and the tables that decide them.

Everything that decides a transition of a connector is in this file (its lamp and the shape of its
fragment decide none).  The changes of a patch are rows *in front of* BASE, so that the tables
before and after it can be printed, tested and compared.

A connector is where a device is plugged in.  The guest moves it with RTAS calls; QEMU requests the
device back (an unplug *request*), and removes it when the guest has made the connector UNUSABLE
(logical: CPU, PHB, LMB, PMEM) or isolated it (physical: PCI).  The request is only the flag
``unplug_requested``: the call that releases the connector removes the device if it is set.

Source: LoPAR 13.5.3; QEMU hw/ppc/spapr_drc.c at the commits that `Patch` names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import cache

from kit.common.errors import MisuseError, TableGapError
from kit.machine.events import Abort
from kit.machine.pseries.connector import (
    PHYSICAL_STATES,
    Call,
    CcResponse,
    Drc,
    DrcState,
    DrcType,
    EntitySense,
    QemuCall,
    RtasCall,
    RtasStatus,
    Status,
)
from kit.machine.revision import Patch, Revision

__all__ = ["BASE", "OVERLAYS", "Effect", "Row", "Table", "apply", "attach", "released"]
__all__ += ["transitions"]


class Effect(Enum):
    """What QEMU does beside entering the new state, in the order in which a row lists it."""

    __hash__ = object.__hash__

    MARK_UNPLUG_REQUESTED = auto()
    CLEAR_UNPLUG_REQUESTED = auto()
    START_UNPLUG_TIMER = auto()
    FORGET_REQUEST = auto()
    RELEASE_DEVICE = auto()
    ROLL_BACK_DIMM = auto()
    REPORT_REFUSAL = auto()
    SEND_GUEST_ERROR = auto()
    SEND_NOT_DELETED = auto()
    STORE_DR_INDICATOR = auto()
    REWIND = auto()
    ADVANCE = auto()


@dataclass(frozen=True, slots=True)
class Row:
    """One outcome of a cell; rows are tried in order, the last has no guard.

    A row with ``abort`` is a failed assertion, which ends QEMU.
    """

    then: DrcState
    status: Status | None = None
    effects: tuple[Effect, ...] = ()
    when: Callable[[Drc], bool] | None = None
    sense: EntitySense | None = None
    abort: Abort | None = None


Table = Mapping[tuple[DrcState, Call], tuple[Row, ...]]


def empty(drc: Drc) -> bool:
    """no device?"""
    return drc.device is None


def attached(drc: Drc) -> bool:
    """device attached?"""
    return drc.device is not None


def pending(drc: Drc) -> bool:
    """unplug requested?"""
    return drc.unplug_requested


def lmb_not_pending(drc: Drc) -> bool:
    """LMB, no unplug requested?"""
    return not drc.unplug_requested and drc.type is DrcType.LMB


def core_or_phb_not_pending(drc: Drc) -> bool:
    """CPU or PHB, no unplug requested?"""
    return not drc.unplug_requested and drc.type in (DrcType.CPU, DrcType.PHB)


def pending_lmb(drc: Drc) -> bool:
    """LMB, unplug requested?"""
    return drc.unplug_requested and drc.type is DrcType.LMB


def attached_cpu(drc: Drc) -> bool:
    """CPU attached?"""
    return drc.device is not None and drc.type is DrcType.CPU


def pending_cpu(drc: Drc) -> bool:
    """CPU, unplug requested?"""
    return drc.unplug_requested and drc.type is DrcType.CPU


def node_begins(drc: Drc) -> bool:
    """a node begins?"""
    return drc.fdt is not None and drc.fdt[drc.position] is CcResponse.NEXT_CHILD


def child_ends(drc: Drc) -> bool:
    """a child node ends?"""
    return drc.fdt is not None and drc.fdt[drc.position] is CcResponse.PREV_PARENT


def fragment_ends(drc: Drc) -> bool:
    """the fragment ends?"""
    return drc.fdt is not None and drc.fdt[drc.position] is CcResponse.CONFIGURED


S, C, Q, R, A, E = DrcState, RtasCall, QemuCall, RtasStatus, CcResponse, Effect
_DRC_C = "hw/ppc/spapr_drc.c"
_NO_DEVICE_SENSED = Abort(_DRC_C, "logical_entity_sense", "drc->dev")
_NO_DEVICE_UNISOLATED = Abort(_DRC_C, "drc_unisolate_logical", "drc->dev")
_NO_DEVICE_REQUESTED = Abort(_DRC_C, "spapr_drc_unplug_request", "drc->dev")


def _sense_logical(state: DrcState) -> tuple[Row, ...]:
    return (
        Row(state, abort=_NO_DEVICE_SENSED, when=empty),
        Row(state, R.SUCCESS, sense=EntitySense.PRESENT),
    )


def _sense_physical(state: DrcState) -> tuple[Row, ...]:
    return (
        Row(state, R.SUCCESS, sense=EntitySense.PRESENT, when=attached),
        Row(state, R.SUCCESS, sense=EntitySense.EMPTY),
    )


def _hand_out_fragment(state: DrcState, ready: DrcState) -> tuple[Row, ...]:
    return (
        Row(state, A.NEXT_CHILD, (E.ADVANCE,), when=node_begins),
        Row(state, A.PREV_PARENT, (E.ADVANCE,), when=child_ends),
        Row(ready, A.CONFIGURED, (E.REWIND,), when=fragment_ends),
        Row(state, A.NEXT_PROPERTY, (E.ADVANCE,)),
    )


_GUEST_CALLS: Table = {
    # logical connectors: CPU, PHB, LMB, PMEM
    (S.UNUSABLE, C.ISOLATE): (Row(S.UNUSABLE, R.SUCCESS),),
    (S.UNUSABLE, C.UNISOLATE): (Row(S.UNUSABLE, R.NO_SUCH_INDICATOR),),
    (S.UNUSABLE, C.SET_USABLE): (
        Row(S.UNUSABLE, R.NO_SUCH_INDICATOR, when=empty),
        Row(S.UNUSABLE, R.NO_SUCH_INDICATOR, when=pending),
        Row(S.AVAILABLE, R.SUCCESS),
    ),
    (S.UNUSABLE, C.SET_UNUSABLE): (Row(S.UNUSABLE, R.SUCCESS),),
    (S.UNUSABLE, C.ENTITY_SENSE): (Row(S.UNUSABLE, R.SUCCESS, sense=EntitySense.UNUSABLE),),
    (S.UNUSABLE, C.CONFIGURE_CONNECTOR): (Row(S.UNUSABLE, A.NOT_CONFIGURABLE),),
    (S.AVAILABLE, C.ISOLATE): (Row(S.AVAILABLE, R.SUCCESS),),
    (S.AVAILABLE, C.UNISOLATE): (
        Row(S.AVAILABLE, abort=_NO_DEVICE_UNISOLATED, when=empty),
        Row(S.UNISOLATE, R.SUCCESS, (E.REWIND,)),
    ),
    (S.AVAILABLE, C.SET_USABLE): (Row(S.AVAILABLE, R.SUCCESS),),
    (S.AVAILABLE, C.SET_UNUSABLE): (
        Row(S.UNUSABLE, R.SUCCESS, (E.RELEASE_DEVICE,), when=pending),
        Row(S.UNUSABLE, R.SUCCESS),
    ),
    (S.AVAILABLE, C.ENTITY_SENSE): _sense_logical(S.AVAILABLE),
    (S.AVAILABLE, C.CONFIGURE_CONNECTOR): (Row(S.AVAILABLE, A.NOT_CONFIGURABLE),),
    (S.UNISOLATE, C.ISOLATE): (Row(S.UNISOLATE, R.PARAM_ERROR),),
    (S.UNISOLATE, C.UNISOLATE): (Row(S.UNISOLATE, R.SUCCESS),),
    (S.UNISOLATE, C.SET_USABLE): (Row(S.UNISOLATE, R.SUCCESS),),
    (S.UNISOLATE, C.SET_UNUSABLE): (Row(S.UNISOLATE, R.NO_SUCH_INDICATOR),),
    (S.UNISOLATE, C.ENTITY_SENSE): _sense_logical(S.UNISOLATE),
    (S.UNISOLATE, C.CONFIGURE_CONNECTOR): _hand_out_fragment(S.UNISOLATE, S.CONFIGURED),
    (S.CONFIGURED, C.ISOLATE): (
        # drmgr may try LMBs of other DIMMs: only those of a pending one may be isolated
        Row(S.CONFIGURED, R.HW_ERROR, when=lmb_not_pending),
        Row(S.AVAILABLE, R.SUCCESS),
    ),
    (S.CONFIGURED, C.UNISOLATE): (Row(S.CONFIGURED, R.SUCCESS),),
    (S.CONFIGURED, C.SET_USABLE): (Row(S.CONFIGURED, R.SUCCESS),),
    (S.CONFIGURED, C.SET_UNUSABLE): (Row(S.CONFIGURED, R.NO_SUCH_INDICATOR),),
    (S.CONFIGURED, C.ENTITY_SENSE): _sense_logical(S.CONFIGURED),
    (S.CONFIGURED, C.CONFIGURE_CONNECTOR): _hand_out_fragment(S.CONFIGURED, S.CONFIGURED),
    # physical connectors: PCI
    (S.POWERON, C.ISOLATE): (Row(S.POWERON, R.SUCCESS),),
    (S.POWERON, C.UNISOLATE): (
        Row(S.POWERON, R.NO_SUCH_INDICATOR, when=empty),
        Row(S.PHYSICAL_UNISOLATE, R.SUCCESS, (E.REWIND,)),
    ),
    (S.POWERON, C.ENTITY_SENSE): _sense_physical(S.POWERON),
    (S.POWERON, C.CONFIGURE_CONNECTOR): (Row(S.POWERON, A.NOT_CONFIGURABLE),),
    (S.PHYSICAL_UNISOLATE, C.ISOLATE): (Row(S.PHYSICAL_UNISOLATE, R.PARAM_ERROR),),
    (S.PHYSICAL_UNISOLATE, C.UNISOLATE): (Row(S.PHYSICAL_UNISOLATE, R.SUCCESS),),
    (S.PHYSICAL_UNISOLATE, C.ENTITY_SENSE): _sense_physical(S.PHYSICAL_UNISOLATE),
    (S.PHYSICAL_UNISOLATE, C.CONFIGURE_CONNECTOR): _hand_out_fragment(
        S.PHYSICAL_UNISOLATE, S.PHYSICAL_CONFIGURED
    ),
    (S.PHYSICAL_CONFIGURED, C.ISOLATE): (
        Row(S.POWERON, R.SUCCESS, (E.RELEASE_DEVICE,), when=pending),
        Row(S.POWERON, R.SUCCESS),
    ),
    (S.PHYSICAL_CONFIGURED, C.UNISOLATE): (Row(S.PHYSICAL_CONFIGURED, R.SUCCESS),),
    (S.PHYSICAL_CONFIGURED, C.ENTITY_SENSE): _sense_physical(S.PHYSICAL_CONFIGURED),
    (S.PHYSICAL_CONFIGURED, C.CONFIGURE_CONNECTOR): _hand_out_fragment(
        S.PHYSICAL_CONFIGURED, S.PHYSICAL_CONFIGURED
    ),
}

_LOGICAL = tuple(state for state in S if state not in PHYSICAL_STATES)
_PHYSICAL = tuple(state for state in S if state in PHYSICAL_STATES)


def _of_the_other_kind() -> Table:
    """Calls that exist for one kind of connector only: lamps are physical, allocation logical."""
    lamp, usable, unusable = C.SET_DR_INDICATOR, C.SET_USABLE, C.SET_UNUSABLE
    return {
        **{(s, lamp): (Row(s, R.NO_SUCH_INDICATOR),) for s in _LOGICAL},
        **{(s, lamp): (Row(s, R.SUCCESS, (E.STORE_DR_INDICATOR,)),) for s in _PHYSICAL},
        **{(s, usable): (Row(s, R.NO_SUCH_INDICATOR),) for s in _PHYSICAL},
        **{(s, unusable): (Row(s, R.NO_SUCH_INDICATOR),) for s in _PHYSICAL},
    }


def _request(state: DrcState, *effects: Effect) -> Row:
    # in the empty state there is nothing to wait for: QEMU releases on the spot
    if state in (S.UNUSABLE, S.POWERON):
        effects = (*effects, E.RELEASE_DEVICE)
    return Row(state, effects=(E.MARK_UNPLUG_REQUESTED, *effects))


def _reset(state: DrcState) -> tuple[Row, ...]:
    physical = state in PHYSICAL_STATES
    vacant = S.POWERON if physical else S.UNUSABLE
    ready = S.PHYSICAL_CONFIGURED if physical else S.CONFIGURED
    return (
        Row(vacant, effects=(E.RELEASE_DEVICE,), when=pending),
        Row(ready, effects=(E.REWIND,), when=attached),
        Row(vacant),
    )


_QEMU_CALLS: Table = {
    **{
        (s, Q.UNPLUG_REQUEST): (Row(s, abort=_NO_DEVICE_REQUESTED, when=empty), _request(s))
        for s in S
    },
    **{(s, Q.ROLL_BACK): (Row(s, effects=(E.CLEAR_UNPLUG_REQUESTED,)),) for s in _LOGICAL},
    **{(s, Q.RESET): _reset(s) for s in S},
    **{(s, Q.CAS): _reset(s) for s in S},
    **{(s, Q.MIGRATED): (Row(s),) for s in S},
}

BASE: Table = {**_GUEST_CALLS, **_of_the_other_kind(), **_QEMU_CALLS}
"""(state, call) -> rows, before any patch."""


def _refusal(*effects: Effect) -> Table:
    """Return the rows for UNISOLATE of a pending connector: the guest refuses the unplug."""
    return {
        (s, C.UNISOLATE): (
            Row(s, R.SUCCESS, (E.ROLL_BACK_DIMM, *effects), when=pending_lmb),
            Row(s, R.SUCCESS, (E.CLEAR_UNPLUG_REQUESTED, *effects), when=pending),
        )
        for s in (S.UNISOLATE, S.CONFIGURED)
    }


OVERLAYS: Mapping[Patch, Table] = {
    Patch.UNPLUG_TIMEOUT_TIMER: {
        (s, Q.UNPLUG_TIMEOUT): (Row(s, effects=(E.FORGET_REQUEST,), when=pending), Row(s))
        for s in S
    },
    Patch.PROPOSED_NOT_DELETED_EVENT: {
        (s, Q.UNPLUG_TIMEOUT): (
            Row(s, effects=(E.FORGET_REQUEST, E.SEND_NOT_DELETED), when=pending),
        )
        for s in S
    },
    Patch.CPU_UNPLUG_TIMEOUT: {
        **{
            (s, Q.UNPLUG_REQUEST): (replace(_request(s, E.START_UNPLUG_TIMER), when=attached_cpu),)
            for s in _LOGICAL
        },
        **{
            (s, Q.MIGRATED): (Row(s, effects=(E.START_UNPLUG_TIMER,), when=pending_cpu),)
            for s in _LOGICAL
        },
    },
    Patch.LMB_RECONFIGURE_ROLLS_BACK: {
        (s, C.CONFIGURE_CONNECTOR): (Row(s, A.CONTINUE, (E.ROLL_BACK_DIMM,), when=pending_lmb),)
        for s in (S.UNISOLATE, S.CONFIGURED)
    },
    Patch.UNISOLATE_ROLLS_BACK: _refusal(E.REPORT_REFUSAL),
    Patch.UNPLUG_GUEST_ERROR_EVENT: _refusal(E.REPORT_REFUSAL, E.SEND_GUEST_ERROR),
    Patch.MEND_LIMBO: {
        (S.CONFIGURED, C.ISOLATE): (Row(S.CONFIGURED, R.HW_ERROR, when=core_or_phb_not_pending),),
    },
    Patch.MEND_DIMM_ABORT: {(s, Q.UNPLUG_REQUEST): (Row(s, when=empty),) for s in _LOGICAL},
    Patch.MEND_TOLD_TWICE: {
        (s, C.UNISOLATE): (
            Row(s, R.SUCCESS, (E.ROLL_BACK_DIMM, E.REPORT_REFUSAL), when=pending_lmb),
        )
        for s in (S.UNISOLATE, S.CONFIGURED)
    },
    Patch.MEND_RESET: {
        (s, q): (
            Row(
                S.PHYSICAL_CONFIGURED if s in PHYSICAL_STATES else S.CONFIGURED,
                effects=(E.CLEAR_UNPLUG_REQUESTED, E.REWIND),
                when=pending,
            ),
        )
        for s in S
        for q in (Q.RESET, Q.CAS)
    },
    Patch.REMOVED_AT_ISOLATE: {
        (S.CONFIGURED, C.ISOLATE): (
            Row(S.AVAILABLE, R.SUCCESS, (E.RELEASE_DEVICE,), when=pending_cpu),
        ),
    },
}
"""Rows that a patch puts in front of earlier ones; a patch not named here moves no connector."""


@cache
def transitions(revision: Revision) -> Table:
    """Return BASE with the rows of *revision*'s patches in front, a later patch before an earlier.

    >>> from kit.machine.catalogue import find_revision
    >>> cell = (DrcState.CONFIGURED, QemuCall.UNPLUG_TIMEOUT)
    >>> [cell in transitions(find_revision(name)) for name in ("baseline", "timer", "revert")]
    [False, True, False]
    """
    table = dict(BASE)
    for patch in Patch:  # definition order: the result must not depend on set order
        if patch in revision.patches:
            for cell, rows in OVERLAYS.get(patch, {}).items():
                table[cell] = rows + table.get(cell, ())
    return table


def apply(drc: Drc, call: Call, table: Table) -> tuple[Drc, Row]:
    """Apply one call to a connector; return the connector after it, and the row that decided it.

    The result includes the effects that concern the connector alone; the caller carries out the
    others, in order, and `Row.abort`.

    Args:
        drc: The connector before the call.
        call: What the guest, or QEMU, does to it.
        table: (state, call) -> rows, first match wins; see `transitions`.

    Raises:
        TableGapError: No row matches.  A bug in the table, not in the guest.

    Source: LoPAR 13.5.3.4; QEMU v6.0.0 hw/ppc/spapr_drc.c.

    >>> drc = Drc(0x10000001, DrcState.CONFIGURED, device="/core1", unplug_requested=True)
    >>> apply(drc, RtasCall.SET_UNUSABLE, BASE)[1].status.name
    'NO_SUCH_INDICATOR'
    """
    for row in table.get((drc.state, call), ()):
        if row.when is None or row.when(drc):
            return _moved(drc, row), row
    raise TableGapError(f"no row for {call.name} in {drc.state.name} of DRC {drc.index:#x}")


def attach(drc: Drc, device: str) -> Drc:
    """Plug *device* (a QOM path) into an empty connector; its state waits for the guest."""
    if drc.device is not None:
        raise MisuseError(f"DRC {drc.index:#x} holds {drc.device}, cannot take {device}")
    return replace(drc, device=device)


def _moved(drc: Drc, row: Row) -> Drc:
    if not row.effects and row.then is drc.state:
        return drc
    requested, position = drc.unplug_requested, drc.position
    for effect in row.effects:
        if effect is E.MARK_UNPLUG_REQUESTED:
            requested = True
        elif effect is E.CLEAR_UNPLUG_REQUESTED or effect is E.FORGET_REQUEST:
            requested = False
        elif effect is E.REWIND:
            position = 0
        elif effect is E.ADVANCE:
            position += 1
    if (row.then, requested, position) == (drc.state, drc.unplug_requested, drc.position):
        return drc
    return Drc(drc.index, row.then, drc.device, requested, drc.fdt, position, drc.dr_indicator)


def released(drc: Drc) -> Drc:
    """Return *drc* without its device, request and fragment; its state stays."""
    return Drc(drc.index, drc.state, dr_indicator=drc.dr_indicator)
