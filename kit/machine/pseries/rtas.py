"""The guest's RTAS calls: decoding, argument checks, answers.

A guest may send any words; the answer is always a status.

Source: LoPAR 7.3; QEMU hw/ppc/spapr_drc.c (rtas_set_indicator, rtas_get_sensor_state,
rtas_ibm_configure_connector), hw/ppc/spapr_events.c (check_exception, event_scan).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from kit.machine.events import (
    ConnectorReturn,
    Emitted,
    ExceptionReturn,
    RawReturn,
    SensorReturn,
    StatusReturn,
)
from kit.machine.pseries.connector import (
    WIRE,
    CcResponse,
    Drc,
    DrcType,
    DrIndicator,
    RtasCall,
    RtasStatus,
)
from kit.machine.pseries.drc import Effect, apply, transitions
from kit.machine.pseries.machine import Machine, act, devices, phb_of_bus, put_drc
from kit.machine.requests import (
    CheckException,
    ConfigureConnector,
    EventScan,
    GetSensorState,
    PciFunction,
    RawRtas,
    SetIndicator,
)
from kit.machine.revision import Patch

__all__ = [
    "ALLOCATION_STATE",
    "DR_INDICATOR",
    "ENTITY_SENSE",
    "EPOW_EVENTS",
    "HOTPLUG_EVENTS",
    "ISOLATION_STATE",
    "RTAS_ANSWERS",
    "check_exception",
    "configure_connector",
    "event_scan",
    "get_sensor_state",
    "raw",
    "set_indicator",
]

ISOLATION_STATE = 9001
DR_INDICATOR = 9002
ALLOCATION_STATE = 9003
ENTITY_SENSE = 9003  # the same number as allocation-state, in another call
EPOW_EVENTS = 0x40000000
HOTPLUG_EVENTS = 0x10000000

_CALLS: Mapping[tuple[int, int], RtasCall] = {
    (ISOLATION_STATE, 0): RtasCall.ISOLATE,
    (ISOLATION_STATE, 1): RtasCall.UNISOLATE,
    (ALLOCATION_STATE, 0): RtasCall.SET_UNUSABLE,
    (ALLOCATION_STATE, 1): RtasCall.SET_USABLE,
    **{(DR_INDICATOR, lamp.value): RtasCall.SET_DR_INDICATOR for lamp in DrIndicator},
}
_INDICATORS = {indicator for indicator, _ in _CALLS}
_PARAM_ERROR = WIRE[RtasStatus.PARAM_ERROR]
_WORD = 0xFFFFFFFF


def set_indicator(
    machine: Machine, request: SetIndicator
) -> tuple[Machine, StatusReturn, tuple[Emitted, ...]]:
    """Carry out RTAS set-indicator."""
    indicator, state = request.indicator & _WORD, request.state & _WORD
    drc = machine.drc(request.index & _WORD)
    call = _CALLS.get((indicator, state))
    if indicator not in _INDICATORS:
        return machine, StatusReturn(WIRE[RtasStatus.NOT_SUPPORTED]), ()
    if drc is None:
        return machine, StatusReturn(WIRE[RtasStatus.NO_SUCH_INDICATOR]), ()
    if call is None:
        return machine, StatusReturn(_PARAM_ERROR), ()
    machine, row, emitted = act(machine, drc, call)
    if Effect.STORE_DR_INDICATOR in row.effects:
        machine = put_drc(machine, replace(drc, dr_indicator=DrIndicator(state)))
    assert row.status is not None
    return machine, StatusReturn(WIRE[row.status]), emitted


def get_sensor_state(
    machine: Machine, request: GetSensorState
) -> tuple[Machine, SensorReturn, tuple[Emitted, ...]]:
    """Carry out RTAS get-sensor-state."""
    if request.sensor & _WORD != ENTITY_SENSE:
        return machine, SensorReturn(WIRE[RtasStatus.NOT_SUPPORTED], 0), ()
    drc = machine.drc(request.index & _WORD)
    if drc is None:
        return machine, SensorReturn(_PARAM_ERROR, 0), ()
    machine, row, emitted = act(machine, drc, RtasCall.ENTITY_SENSE)
    assert row.status is not None
    assert row.sense is not None
    return machine, SensorReturn(WIRE[row.status], row.sense.value), emitted


def configure_connector(
    machine: Machine, request: ConfigureConnector
) -> tuple[Machine, ConnectorReturn, tuple[Emitted, ...]]:
    """Carry out ibm,configure-connector until it answers 0 or an error, or ``calls`` times."""
    index, calls = request.index & _WORD, 0
    drc = machine.drc(index)
    if drc is None:
        return machine, ConnectorReturn(_PARAM_ERROR, 1), ()
    machine, drc, emitted = _rolled_back(machine, drc)
    table, status = transitions(machine.revision), 0
    while request.calls is None or calls < request.calls:
        drc, row = apply(drc, RtasCall.CONFIGURE_CONNECTOR, table)
        assert row.status is not None
        calls, status = calls + 1, WIRE[row.status]
        if status <= 0:
            break
    if status >= 0:  # an answer of -9003 leaves no trace, not even a fragment
        machine = put_drc(machine, drc)
    return machine, ConnectorReturn(status, calls), emitted


def _rolled_back(machine: Machine, drc: Drc) -> tuple[Machine, Drc, tuple[Emitted, ...]]:
    """Roll a DIMM back if the connector's first row does; then give the connector its fragment."""
    emitted: tuple[Emitted, ...] = ()
    _, row = apply(drc, RtasCall.CONFIGURE_CONNECTOR, transitions(machine.revision))
    if row.status is CcResponse.CONTINUE:
        machine, _, emitted = act(machine, drc, RtasCall.CONFIGURE_CONNECTOR)
        drc = machine.drc(drc.index) or drc
    if drc.fdt is None and drc.device is not None:
        drc = replace(drc, fdt=_fragment(machine, drc))
    return machine, drc, emitted


# Properties in the nodes of QEMU's fragments: as recorded; PMEM's measured on 7.2.22.
_PROPERTIES = {DrcType.CPU: 30, DrcType.PHB: 25, DrcType.PCI: 14, DrcType.LMB: 3, DrcType.PMEM: 11}


def _fragment(machine: Machine, drc: Drc) -> tuple[CcResponse, ...]:
    """Return the shape of a connector's device tree fragment."""
    children = 0
    if drc.type is DrcType.PHB:  # its node holds those of the functions on its bus
        slots = [d for d in devices(machine, PciFunction) if _is_on(machine, d, drc)]
        children = len(slots)
    function = (CcResponse.NEXT_CHILD, *_properties(DrcType.PCI), CcResponse.PREV_PARENT)
    more = drc.type is DrcType.CPU and machine.has(Patch.IBM_PI_FEATURES)
    return (
        CcResponse.NEXT_CHILD,
        *_properties(drc.type),
        *(CcResponse.NEXT_PROPERTY,) * more,
        *function * children,
        CcResponse.CONFIGURED,
    )


def _properties(drc_type: DrcType) -> tuple[CcResponse, ...]:
    return (CcResponse.NEXT_PROPERTY,) * _PROPERTIES[drc_type]


def _is_on(machine: Machine, function: PciFunction, phb: Drc) -> bool:
    return phb_of_bus(machine, function.bus) == phb.index & 0x0FFFFFFF


def check_exception(
    machine: Machine, request: CheckException
) -> tuple[Machine, ExceptionReturn, tuple[Emitted, ...]]:
    """Carry out RTAS check-exception: return the oldest event of the classes in the mask."""
    source = HOTPLUG_EVENTS if machine.hp_evt else EPOW_EVENTS
    if not machine.queue or not request.mask & source:
        return machine, ExceptionReturn(WIRE[RtasStatus.NO_ERRORS_FOUND]), ()
    event, *rest = machine.queue
    machine = replace(machine, queue=tuple(rest))
    return machine, ExceptionReturn(WIRE[RtasStatus.SUCCESS], event), ()


def event_scan(
    machine: Machine, _request: EventScan
) -> tuple[Machine, StatusReturn, tuple[Emitted, ...]]:
    """Carry out RTAS event-scan: it raises the interrupt again and returns no event."""
    return machine, StatusReturn(WIRE[RtasStatus.NO_ERRORS_FOUND]), ()


def raw(machine: Machine, request: RawRtas) -> tuple[Machine, RawReturn, tuple[Emitted, ...]]:
    """Carry out any RTAS call by name, with any number of words.

    The work area of configure-connector is not modelled: a raw call finds connector 0 there, which
    does not exist.
    """
    call = _RAW.get(request.name)
    words: tuple[int, ...] = (_PARAM_ERROR,)
    emitted: tuple[Emitted, ...] = ()
    if call and len(request.args) in call.arguments and request.nret == call.words:
        machine, reply, emitted = call.carry_out(machine, call.request(request.args))
        words = (reply.status, getattr(reply, "state", 0))
    padded = (*words, *(0 for _ in range(request.nret)))[: request.nret]
    return machine, RawReturn(padded), emitted


@dataclass(frozen=True, slots=True)
class _RawCall:
    """A call by name: how many words it takes and answers, its request, and who handles it."""

    arguments: tuple[int, ...]
    words: int
    request: Callable[[tuple[int, ...]], Any]
    carry_out: Callable[[Machine, Any], tuple[Machine, Any, tuple[Emitted, ...]]]


_RAW: Mapping[str, _RawCall] = {
    "set-indicator": _RawCall((3,), 1, lambda args: SetIndicator(*args), set_indicator),
    "get-sensor-state": _RawCall((2,), 2, lambda args: GetSensorState(*args), get_sensor_state),
    "ibm,configure-connector": _RawCall(
        (2,), 1, lambda _: ConfigureConnector(0, 1), configure_connector
    ),
    "check-exception": _RawCall((6, 7), 1, lambda args: CheckException(args[2]), check_exception),
    "event-scan": _RawCall((4,), 1, lambda args: EventScan(args[0]), event_scan),
}

RTAS_ANSWERS: Mapping[str, int] = {name: call.words for name, call in _RAW.items()}
"""The RTAS calls that the machine has, and how many words each answers."""
