"""What a Linux kernel on pseries does to add or remove a device, call by call, as data.

A program is a tuple of steps, done one after the other; a step that fails continues with its
``otherwise`` and drops the rest.  So a kernel in the middle of its work is a value.

Source: Linux arch/powerpc/platforms/pseries/dlpar.c, hotplug-cpu.c, hotplug-memory.c (before and
after 29c9a2699e71 in 5.13 and feb0e079f43d in 5.14); powerpc-utils src/drmgr/drslot_chrp_pci.c.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, auto

from kit.machine.events import HotplugAction, HotplugEvent, HotplugType
from kit.machine.pseries.connector import TYPES, DrcType
from kit.machine.pseries.rtas import ALLOCATION_STATE, ENTITY_SENSE, ISOLATION_STATE
from kit.machine.requests import ConfigureConnector, GetSensorState, Request, SetIndicator

__all__ = [
    "Attach",
    "Back",
    "Call",
    "Detach",
    "GuestKind",
    "LetGo",
    "Need",
    "Op",
    "Pause",
    "Program",
    "Say",
    "Want",
    "is_for_user_space",
    "program_of",
]


class GuestKind(Enum):
    """Which guest: Linux before and after it could report a refusal, or one that does anything.

    The value is how a scenario writes it.
    """

    LINUX_5_12 = "linux-5.12"
    LINUX_5_13 = "linux-5.13"
    LINUX_5_14 = "linux-5.14"
    ARBITRARY = "arbitrary"

    @property
    def words(self) -> str:
        """Its name for people.

        >>> GuestKind.LINUX_5_12.words, GuestKind.ARBITRARY.words
        ('Linux 5.12', 'an arbitrary guest')
        """
        if self is GuestKind.ARBITRARY:
            return "an arbitrary guest"
        return str(self.value).replace("linux-", "Linux ")

    @property
    def unisolates_cpus(self) -> bool:
        """Does it UNISOLATE a CPU that it could not remove?  From 5.13 on."""
        return self in (GuestKind.LINUX_5_13, GuestKind.LINUX_5_14)

    @property
    def unisolates_lmbs(self) -> bool:
        """Does it UNISOLATE LMBs that it takes back?  From 5.14 on."""
        return self is GuestKind.LINUX_5_14


class Want(Enum):
    """What a call must answer for the program to go on."""

    PRESENT = auto()
    UNUSABLE = auto()
    SUCCESS = auto()
    ANYTHING = auto()


@dataclass(frozen=True, slots=True)
class Say:
    """Write a line to the kernel's log."""

    text: str


@dataclass(frozen=True, slots=True)
class Need:
    """Go on only if the kernel uses the device of ``index``, or, with ``used`` False, does not."""

    index: int
    used: bool
    otherwise: Program = ()


@dataclass(frozen=True, slots=True)
class LetGo:
    """Take a device out of use: the kernel's own work, which it may refuse.

    ``works`` is False where the work for the whole request was done before.
    """

    index: int
    otherwise: Program = ()
    works: bool = True


@dataclass(frozen=True, slots=True)
class Call:
    """Make an RTAS call.

    ``by_hand``: a person makes it, not the kernel; ``by_user``: drmgr makes it, in user space.
    """

    request: Request
    want: Want = Want.SUCCESS
    otherwise: Program = ()
    by_hand: bool = False
    by_user: bool = False


@dataclass(frozen=True, slots=True)
class Pause:
    """Work between ISOLATE and UNUSABLE, as long as the guest's conduct says."""


@dataclass(frozen=True, slots=True)
class Back:
    """Use a device again that was taken out of use."""

    index: int


@dataclass(frozen=True, slots=True)
class Attach:
    """Use a device from here on."""

    index: int


@dataclass(frozen=True, slots=True)
class Detach:
    """Drop a device and its node in the device tree."""

    index: int


Op = Say | Need | LetGo | Call | Pause | Back | Attach | Detach
Program = tuple[Op, ...]


def program_of(event: HotplugEvent, kind: GuestKind, used: tuple[int, ...]) -> Program:
    """Return what a guest of *kind*, which uses connectors *used*, does for an event.

    >>> from kit.machine.events import HotplugIdentifier, HotplugType
    >>> event = HotplugEvent(type=HotplugType.CPU, action=HotplugAction.REMOVE,
    ...     identifier=HotplugIdentifier.DRC_INDEX, index=0x10000001)
    >>> [type(op).__name__ for op in program_of(event, GuestKind.LINUX_5_12, (0x10000001,))]
    ['Need', 'LetGo', 'Call', 'Call', 'Pause', 'Call', 'Detach']
    """
    if event.index is None:
        return (Say("a count of LMBs without an index: left to user space"),)
    drc_type = TYPES[event.index >> 28]
    adds = event.action is HotplugAction.ADD
    if drc_type is DrcType.LMB:
        lmbs = tuple(range(event.index, event.index + (event.count or 1)))
        return _add_lmbs(lmbs, used) if adds else _remove_lmbs(lmbs, kind, used)
    if drc_type is DrcType.PCI:
        return _by_user(_add_pci(event.index) if adds else _remove_pci(event.index))
    program = _add(event.index) if adds else _remove(event.index, drc_type, kind)
    return _by_user(program) if drc_type is DrcType.PHB else program


def is_for_user_space(event: HotplugEvent) -> bool:
    """Does the kernel leave an event to drmgr, which does not use the kernel's queue?"""
    return event.type in (HotplugType.PCI, HotplugType.PHB)


def _by_user(program: Program) -> Program:
    """Mark the calls as drmgr's; its own work takes no time here."""
    marked: list[Op] = []
    for op in program:
        match op:
            case Call(otherwise=otherwise):
                op = replace(op, by_user=True, otherwise=_by_user(otherwise))
            case LetGo(otherwise=otherwise) | Need(otherwise=otherwise):
                op = replace(op, otherwise=_by_user(otherwise))
        marked.append(replace(op, works=False) if isinstance(op, LetGo) else op)
    return tuple(op for op in marked if not isinstance(op, Pause))


def _add(index: int) -> Program:
    exists = (Say(f"CPU with drc index {index:x} already exists"),)
    return (Need(index, False, exists), *_acquire(index), *_configure(index), Attach(index))


def _remove(index: int, drc_type: DrcType, kind: GuestKind) -> Program:
    cpu = drc_type is DrcType.CPU
    hint = unisolate(index) if cpu and kind.unisolates_cpus else ()
    name = "CPU" if cpu else drc_type.name
    gone = (Say(f"Cannot find {name} (drc index {index:x}) to remove"), *hint)
    kept = (Say(f"Failed to release drc ({index:x}) for {name}, rc: -1"), Back(index), *hint)
    return (Need(index, True, gone), LetGo(index, hint), *_release(index, kept), Detach(index))


def _acquire(index: int) -> Program:
    failed = (Say(f"Failed to acquire DRC, rc: -1, drc index: {index:x}"),)
    return (
        Call(sensor(index), Want.UNUSABLE, failed),
        Call(usable(index, 1), Want.SUCCESS, failed),
        Call(isolation(index, 1), Want.SUCCESS, (_anyway(usable(index, 0)), *failed)),
    )


def _configure(index: int) -> Program:
    failed = Say(f"Failed to configure drc {index:x}")
    return (Call(ConfigureConnector(index), Want.SUCCESS, (*_release(index, ()), failed)),)


def _release(index: int, failed: Program) -> Program:
    return (
        Call(sensor(index), Want.PRESENT, failed),
        Call(isolation(index, 0), Want.SUCCESS, failed),
        Pause(),
        Call(usable(index, 0), Want.SUCCESS, (_anyway(isolation(index, 1)), *failed)),
    )


def unisolate(index: int) -> Program:
    """Return the calls that refuse an unplug, for a PRESENT connector: dlpar_unisolate_drc()."""
    return (Call(sensor(index), Want.PRESENT), _anyway(isolation(index, 1)))


def _add_lmbs(lmbs: tuple[int, ...], used: tuple[int, ...]) -> Program:
    missing = [lmb for lmb in lmbs if lmb not in used]
    return tuple(op for lmb in missing for op in (*_acquire(lmb), *_configure(lmb), Attach(lmb)))


def _remove_lmbs(lmbs: tuple[int, ...], kind: GuestKind, used: tuple[int, ...]) -> Program:
    """First take all out of use; if one cannot be, use the others again."""
    mine = [lmb for lmb in lmbs if lmb in used]
    if not mine:
        return (Say(f"no memory at drc index {lmbs[0]:x} to remove"),)
    program: list[Op] = []
    for number, lmb in enumerate(mine):
        back: list[Op] = [Say("Memory indexed-count-remove failed, adding any removed LMBs")]
        for taken in mine[:number]:
            back += unisolate(taken) if kind.unisolates_lmbs else ()
            # adding an LMB back reads its associativity anew; that is what QEMU notices
            back += (_anyway(ConfigureConnector(taken)), Back(taken))
        program.append(LetGo(lmb, tuple(back), works=number == 0))
    # if a connector cannot be released, the kernel goes on with the next: the memory is gone
    releases: Program = tuple(Detach(lmb) for lmb in mine)
    for lmb in reversed(mine):
        releases = (*_release(lmb, releases), *releases)
    return (*program, *releases)


def _add_pci(index: int) -> Program:
    return (
        Need(index, False, (Say(f"slot of drc index {index:x} is in use"),)),
        _anyway(isolation(index, 0)),
        Call(isolation(index, 1), Want.SUCCESS, (Say(f"no adapter at drc index {index:x}"),)),
        Call(ConfigureConnector(index), Want.SUCCESS, (_anyway(isolation(index, 0)),)),
        Attach(index),
    )


def _remove_pci(index: int) -> Program:
    gone = (Say(f"Cannot find adapter (drc index {index:x}) to remove"),)
    return (
        Need(index, True, gone),
        LetGo(index),
        Call(isolation(index, 0), Want.SUCCESS, (Say(f"could not isolate {index:x}"),)),
        Detach(index),
    )


def sensor(index: int) -> GetSensorState:
    """Return the call that reads a connector's sensor."""
    return GetSensorState(ENTITY_SENSE, index)


def isolation(index: int, state: int) -> SetIndicator:
    """Return the call ISOLATE (0) or UNISOLATE (1)."""
    return SetIndicator(ISOLATION_STATE, index, state)


def usable(index: int, state: int) -> SetIndicator:
    """Return the call UNUSABLE (0) or USABLE (1)."""
    return SetIndicator(ALLOCATION_STATE, index, state)


def _anyway(request: Request) -> Call:
    return Call(request, Want.ANYTHING)
