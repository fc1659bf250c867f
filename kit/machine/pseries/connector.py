"""The words for a dynamic reconfiguration connector (DRC), and its state as a value.

The transitions between states are in `kit.machine.pseries.drc`.

Source: QEMU include/hw/ppc/spapr_drc.h and include/hw/ppc/spapr.h; LoPAR 13.5.3 (indicators and
sensors), 7.2.8 (status words).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from kit.common.errors import UserError
from kit.machine.config import LMB_MIB, MIB
from kit.machine.requests import CpuCore, Device, Dimm, PciFunction, Phb

__all__ = [
    "PHYSICAL_STATES",
    "READY_STATES",
    "TYPES",
    "UNISOLATED_STATES",
    "WIRE",
    "Call",
    "CcResponse",
    "DrIndicator",
    "Drc",
    "DrcState",
    "DrcType",
    "EntitySense",
    "QemuCall",
    "RtasCall",
    "RtasStatus",
    "Status",
    "drc_index",
    "empty_drc",
    "index_of",
]


class DrcType(Enum):
    """What a connector connects; the value is the type's place in the connector's index."""

    CPU = 1
    PHB = 2
    PCI = 4
    LMB = 8
    PMEM = 9


class DrcState(Enum):
    """QEMU's combined state of a connector; values as in its migration stream."""

    __hash__ = object.__hash__  # members are single objects; Enum's own hash is slow in tables

    UNUSABLE = 1
    AVAILABLE = 2
    UNISOLATE = 3
    CONFIGURED = 4
    POWERON = 6
    PHYSICAL_UNISOLATE = 7
    PHYSICAL_CONFIGURED = 8


PHYSICAL_STATES = frozenset(
    {DrcState.POWERON, DrcState.PHYSICAL_UNISOLATE, DrcState.PHYSICAL_CONFIGURED}
)

READY_STATES = frozenset({DrcState.CONFIGURED, DrcState.PHYSICAL_CONFIGURED})
"""The guest has its device tree: it can use the device (QEMU: ``ready_state``)."""

UNISOLATED_STATES = READY_STATES | {DrcState.UNISOLATE, DrcState.PHYSICAL_UNISOLATE}
"""The guest has not isolated the connector: it holds on to the device."""


class DrIndicator(Enum):
    """The lamp of a physical connector (indicator 9002)."""

    INACTIVE = 0
    ACTIVE = 1
    IDENTIFY = 2
    ACTION = 3


class EntitySense(Enum):
    """The value of get-sensor-state 9003 (dr-entity-sense)."""

    EMPTY = 0
    PRESENT = 1
    UNUSABLE = 2


class RtasCall(Enum):
    """What a guest does to a connector."""

    __hash__ = object.__hash__

    ISOLATE = auto()
    UNISOLATE = auto()
    SET_USABLE = auto()
    SET_UNUSABLE = auto()
    SET_DR_INDICATOR = auto()
    ENTITY_SENSE = auto()
    CONFIGURE_CONNECTOR = auto()


class QemuCall(Enum):
    """What QEMU does to a connector."""

    __hash__ = object.__hash__

    UNPLUG_REQUEST = auto()
    UNPLUG_TIMEOUT = auto()
    ROLL_BACK = auto()
    RESET = auto()
    CAS = auto()
    MIGRATED = auto()


Call = RtasCall | QemuCall


class RtasStatus(Enum):
    """RTAS status words by name; three of them share -3 on the wire (`WIRE`)."""

    __hash__ = object.__hash__

    SUCCESS = auto()
    NO_ERRORS_FOUND = auto()
    HW_ERROR = auto()
    PARAM_ERROR = auto()
    NOT_SUPPORTED = auto()
    NO_SUCH_INDICATOR = auto()


class CcResponse(Enum):
    """Answers of ibm,configure-connector.  CONTINUE never leaves QEMU: it reads the cell again."""

    __hash__ = object.__hash__

    CONFIGURED = auto()
    NEXT_CHILD = auto()
    NEXT_PROPERTY = auto()
    PREV_PARENT = auto()
    NOT_CONFIGURABLE = auto()
    CONTINUE = auto()


Status = RtasStatus | CcResponse

WIRE: Mapping[Status, int] = {
    RtasStatus.SUCCESS: 0,
    RtasStatus.NO_ERRORS_FOUND: 1,
    RtasStatus.HW_ERROR: -1,
    RtasStatus.PARAM_ERROR: -3,
    RtasStatus.NOT_SUPPORTED: -3,
    RtasStatus.NO_SUCH_INDICATOR: -3,
    CcResponse.CONFIGURED: 0,
    CcResponse.NEXT_CHILD: 2,
    CcResponse.NEXT_PROPERTY: 3,
    CcResponse.PREV_PARENT: 4,
    CcResponse.NOT_CONFIGURABLE: -9003,
    CcResponse.CONTINUE: -2,
}
"""Status -> the word that the guest reads."""


@dataclass(frozen=True, slots=True)
class Drc:
    """One connector.

    ``device`` is the QOM path of the attached device, None if there is none.  ``fdt`` is the shape
    of the device tree fragment that configure-connector returns, one response a token, None until
    the guest first asks; ``position`` is the next token.
    """

    index: int
    state: DrcState
    device: str | None = None
    unplug_requested: bool = False
    fdt: tuple[CcResponse, ...] | None = None
    position: int = 0
    dr_indicator: DrIndicator = DrIndicator.INACTIVE

    @property
    def type(self) -> DrcType:
        """What this connector connects."""
        return TYPES[self.index >> 28]


TYPES: Mapping[int, DrcType] = {drc_type.value: drc_type for drc_type in DrcType}
"""The top four bits of an index -> what it connects."""


def drc_index(drc_type: DrcType, number: int) -> int:
    """Return the index of connector *number* of a type.

    >>> hex(drc_index(DrcType.CPU, 1))
    '0x10000001'
    """
    return drc_type.value << 28 | number & 0x0FFFFFFF


def empty_drc(index: int) -> Drc:
    """Return the connector *index* before anything was ever plugged in."""
    physical = TYPES.get(index >> 28) is DrcType.PCI
    return Drc(index, DrcState.POWERON if physical else DrcState.UNUSABLE)


def index_of(device: Device, lmb: int = 0) -> int:
    """Return the index of a device's connector; of a DIMM, that of its LMB number *lmb*."""
    match device:
        case CpuCore(core_id):
            return drc_index(DrcType.CPU, core_id)
        case Phb(index):
            return drc_index(DrcType.PHB, index)
        case PciFunction(devfn=int(devfn)):
            return drc_index(DrcType.PCI, devfn)
        case Dimm(addr=addr):
            return drc_index(DrcType.LMB, addr // (LMB_MIB * MIB) + lmb)
    raise UserError(f"{device} has no connector here")
