"""A person's actions in a run, as text: ``device_del core1``, ``guest offline core0``.

The words are those of the monitor, of virsh and of a shell in the guest.  A device is named by its
id, which names its kind: ``core1`` is core 1, ``dimm1`` a DIMM, ``phb1`` PHB 1, ``net3`` an e1000
in slot 3 of the first PHB; ``dimm1.0`` is the first LMB of dimm1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from kit.actors.messages import (
    Actor,
    CpuOnline,
    Decide,
    DetachDevice,
    DetachDeviceAlias,
    Dlpar,
    DomainReset,
    DomainResume,
    DomainSuspend,
    Hang,
    Message,
    MigrateDomain,
    Overcommit,
    Pin,
    RtasByHand,
    SetVcpus,
    SetVcpusAsync,
)
from kit.actors.operator import TypedLine
from kit.common.errors import UserError
from kit.machine.config import LMB_MIB
from kit.machine.events import HotplugAction
from kit.machine.pseries.connector import index_of
from kit.machine.pseries.rtas import ALLOCATION_STATE, ENTITY_SENSE, ISOLATION_STATE, RTAS_ANSWERS
from kit.machine.requests import (
    ConfigureConnector,
    Cont,
    CpuCore,
    Device,
    DeviceAdd,
    DeviceDel,
    Dimm,
    GetSensorState,
    Migrate,
    PciFunction,
    Phb,
    RawRtas,
    SetIndicator,
    Stop,
    SystemReset,
)

__all__ = ["ACTIONS", "ActionError", "connector_names", "current_words", "first_words", "line_of"]
__all__ += ["menu", "read_device"]

FIRST_DIMM_ADDR = 0x40000000  # where the pluggable memory of the kit's machine begins
WAIT = "wait"
MAX_WORDS = 16  # of an RTAS call


class ActionError(UserError):
    """The text is not an action; the message names what is."""


_DEVICE = re.compile(r"(core|dimm|phb|net)(0|[1-9][0-9]?)(?: ([1-9][0-9]{0,4}) MiB)?")
_NUMBER = re.compile(r"[1-9][0-9]{0,2}|1000")


def read_device(text: str, dimm_addr: int = FIRST_DIMM_ADDR) -> Device:
    """Return a device: ``core1``, ``dimm1 512 MiB`` (256 MiB by default), ``phb1``, ``net3``.

    A DIMM gets the guest address *dimm_addr*.

    Raises:
        ActionError: The text is not a device.

    >>> read_device("core1")
    CpuCore(core_id=1, id='core1')
    """
    match = _DEVICE.fullmatch(text.strip())
    if match is None or (match[3] and match[1] != "dimm"):
        raise ActionError(
            f"{text!r} is not a device; expected core1, dimm1, dimm1 512 MiB, phb1 or net3"
        )
    kind, number, name = match[1], int(match[2]), match[1] + match[2]
    if kind == "core":
        return CpuCore(number, name)
    if kind == "phb":
        return Phb(number, name)
    if kind == "net":
        return PciFunction("pci.0", f"{number:x}.0", id=name)
    return Dimm(int(match[3] or LMB_MIB), dimm_addr, name)


def _known(name: str, devices: tuple[Device, ...]) -> Device:
    for device in devices:
        if device.id == name:
            return device
    found = read_device(name)
    if isinstance(found, Dimm):  # its address is the cast's to give
        raise ActionError(f"{name!r} is not in the cast's devices")
    return found


def _index(name: str, devices: tuple[Device, ...]) -> int:
    base, dot, lmb = name.partition(".")
    device = _known(base, devices)
    if isinstance(device, Dimm):
        names = _names(device)
        if name not in names:
            raise ActionError(f"{name!r} is not an LMB of {base}; expected: {', '.join(names)}")
        return index_of(device, int(lmb))
    if dot:
        raise ActionError(f"{name!r} is not a connector; expected core1, dimm1.0, phb1 or net3")
    return index_of(device)


Devices = tuple[Device, ...]


@dataclass(frozen=True, slots=True)
class Action:
    """One kind of action.

    ``words`` begin it; ``takes`` says what follows: "", "device", "connector", "number" or "call";
    ``to`` is who receives it; ``says`` is a sentence for a person, with {} for what follows.
    ``first`` are the words that it had before, if others: they are read as well.
    """

    words: str
    takes: str
    to: Actor
    says: str
    message: Callable[[str, Devices], Message]
    first: str = ""


def _on(make: Callable[[int], Message]) -> Callable[[str, Devices], Message]:
    return lambda name, devices: make(_index(name, devices))


def _sense(index: int) -> RtasByHand:
    return RtasByHand(GetSensorState(ENTITY_SENSE, index))


def _configure(index: int) -> RtasByHand:
    return RtasByHand(ConfigureConnector(index))


def _set(indicator: int, state: int) -> Callable[[str, Devices], Message]:
    return _on(lambda index: RtasByHand(SetIndicator(indicator, index, state)))


def _any_call(words: str) -> RtasByHand:
    """Return any RTAS call with any words: ``set-indicator 9002 0x40000018 1``."""
    name, *args = words.split()
    if name not in RTAS_ANSWERS or len(args) > MAX_WORDS:
        known = ", ".join(sorted(RTAS_ANSWERS))
        raise ActionError(f"{words!r} is not an RTAS call; expected one of {known}, and its words")
    try:
        numbers = tuple(int(arg, 0) for arg in args)
    except ValueError:
        raise ActionError(f"{words!r}: the words of an RTAS call are numbers") from None
    if any(abs(number) >= 1 << 64 for number in numbers):
        raise ActionError(f"{words!r}: the words of an RTAS call have 64 bits at most")
    return RtasByHand(RawRtas(name, numbers, RTAS_ANSWERS[name]))


H, L, Q, G = Actor.OPERATOR, Actor.LIBVIRT, Actor.QEMU, Actor.GUEST
D, C, N = "device", "connector", "number"
ADD, REMOVE = HotplugAction.ADD, HotplugAction.REMOVE
ACTIONS: tuple[Action, ...] = (
    Action("device_del", D, Q, "ask QEMU to remove {}", lambda n, _: DeviceDel(n)),
    Action("device_add", D, Q, "plug {} in", lambda n, d: DeviceAdd(_known(n, d))),
    Action("system_reset", "", Q, "reset the machine", lambda *_: SystemReset()),
    Action("stop", "", Q, "stop the VM and the guest's clock", lambda *_: Stop()),
    Action("cont", "", Q, "continue the VM", lambda *_: Cont()),
    Action("migrate", "", Q, "migrate to another QEMU", lambda *_: Migrate(None)),
    Action(
        "virsh setvcpus",
        N,
        L,
        "ask libvirt for this number of CPUs in the guest: {}",
        lambda n, _: SetVcpus(int(n)),
    ),
    Action(
        "virsh detach-device",
        D,
        L,
        "ask libvirt to remove {}, which an XML file describes, and wait",
        lambda n, _: DetachDevice(n),
    ),
    Action("virsh reset", "", L, "reset through libvirt", lambda *_: DomainReset()),
    Action("virsh suspend", "", L, "stop the VM through libvirt", lambda *_: DomainSuspend()),
    Action("virsh resume", "", L, "continue the VM through libvirt", lambda *_: DomainResume()),
    Action("virsh migrate", "", L, "migrate through libvirt", lambda *_: MigrateDomain()),
    Action(
        "guest releases",
        "",
        G,
        "the guest releases the device",
        lambda *_: Decide(True),
        first="guest gives",
    ),
    Action(
        "guest refuses",
        "",
        G,
        "the guest refuses to release the device",
        lambda *_: Decide(False),
        first="guest keeps",
    ),
    Action("guest hang", "", G, "the guest hangs", lambda *_: Hang(True)),
    Action("guest unhang", "", G, "the guest runs again", lambda *_: Hang(False)),
    Action("guest offline", C, G, "switch {} off in the guest", _on(lambda i: CpuOnline(i, False))),
    Action("guest online", C, G, "switch {} on in the guest", _on(lambda i: CpuOnline(i, True))),
    Action("guest pin", C, G, "make the guest unable to release {}", _on(lambda i: Pin(i, True))),
    Action(
        "guest unpin", C, G, "make the guest able to release {} again", _on(lambda i: Pin(i, False))
    ),
    Action("guest add", C, G, "add {} from inside the guest", _on(partial(Dlpar, ADD))),
    Action("guest remove", C, G, "remove {} from inside the guest", _on(partial(Dlpar, REMOVE))),
    Action("guest isolate", C, G, "make the call ISOLATE", _set(ISOLATION_STATE, 0)),
    Action("guest unisolate", C, G, "make the call UNISOLATE", _set(ISOLATION_STATE, 1)),
    Action("guest unusable", C, G, "make the call UNUSABLE", _set(ALLOCATION_STATE, 0)),
    Action("guest usable", C, G, "make the call USABLE", _set(ALLOCATION_STATE, 1)),
    Action("guest sense", C, G, "read the connector's sensor", _on(_sense)),
    Action("guest configure", C, G, "make the calls configure-connector", _on(_configure)),
    Action("guest rtas", "call", G, "make the RTAS call {}", lambda words, _: _any_call(words)),
    Action(
        "host load",
        N,
        H,
        "the host makes the guest's own work {} times slower",
        lambda n, _: Overcommit(int(n)),
    ),
    Action(
        "virsh detach-device-alias",
        D,
        L,
        "ask libvirt to remove {}, and do not wait",
        lambda n, _: DetachDeviceAlias(n),
    ),
    Action(
        "virsh setvcpus --async",
        N,
        L,
        "ask libvirt for this number of CPUs in the guest, and do not wait: {}",
        lambda n, _: SetVcpusAsync(int(n)),
    ),
)
"""All there are, in an order that tokens rely on: new ones go to the end."""

# "virsh setvcpus --async 1" is not "virsh setvcpus" of "--async 1"
_SPECIFIC_FIRST = sorted(ACTIONS, key=lambda action: -len(action.words))

_CURRENT = {action.first: action.words for action in ACTIONS if action.first}
_FIRST = {words: first for first, words in _CURRENT.items()}


def current_words(text: str) -> str:
    """Return an action, or a line of a script, with one space between words, in today's words.

    >>> current_words("5 s: guest  gives")
    '5 s: guest releases'
    """
    return _renamed(" ".join(text.split()), _CURRENT)


def first_words(text: str) -> str:
    """Return an action, or a line of a script, in its first words, which tokens and JSON keep.

    >>> first_words("5 s: guest releases")
    '5 s: guest gives'
    """
    return _renamed(text, _FIRST)


def _renamed(text: str, names: Mapping[str, str]) -> str:
    for old, new in names.items():
        text = re.sub(rf"\b{re.escape(old)}\b", new, text)
    return text


def line_of(at_ns: int, text: str, devices: Devices) -> TypedLine:
    """Return the line of an action's text, typed at *at_ns*; ``wait`` only lets time pass.

    Raises:
        ActionError: It is not an action on these devices; the message names what is.
    """
    text = current_words(text)
    if text == WAIT:
        return TypedLine(at_ns)
    for action in _SPECIFIC_FIRST:
        if text == action.words or text.startswith(action.words + " "):
            rest = text.removeprefix(action.words).strip()
            _check(action, rest)
            return TypedLine(at_ns, action.to, action.message(rest, devices))
    known = ", ".join(action.words for action in ACTIONS)
    raise ActionError(f"{text!r} is not an action; expected one of: {known}, {WAIT}")


def _check(action: Action, rest: str) -> None:
    if bool(rest) != bool(action.takes):
        needs = f"a {action.takes} after it" if action.takes else "nothing after it"
        raise ActionError(f"{action.words!r} takes {needs}")
    if action.takes == "number" and not _NUMBER.fullmatch(rest):
        raise ActionError(f"{action.words!r} takes a number from 1 to 1000, not {rest!r}")
    if action.takes == "device":
        read_device(rest)


def menu(devices: Devices) -> tuple[str, ...]:
    """Return the texts of all actions on *devices*, in an order that tokens rely on."""
    connectors = connector_names(devices)
    texts = [WAIT]
    for action in ACTIONS:
        match action.takes:
            case "":
                texts.append(action.words)
            case "device":
                # a vCPU is not detached as a device
                cores = not action.words.startswith("virsh detach-device")
                taken = (d.id for d in devices if d.id and (cores or not isinstance(d, CpuCore)))
                texts += (f"{action.words} {name}" for name in taken)
            case "call":  # with any words: a person writes them
                continue
            case "connector":
                texts += (f"{action.words} {name}" for name in connectors)
            case _:
                numbers = (1, 2, 4, 8, 16) if action.to is Actor.OPERATOR else (1, 2, 3, 4)
                texts += (f"{action.words} {number}" for number in numbers)
    return tuple(texts)


def connector_names(devices: Devices) -> tuple[str, ...]:
    """Return the names of all connectors of *devices*, that of boot core 0 first."""
    return ("core0", *(name for device in devices for name in _names(device)))


def _names(device: Device) -> tuple[str, ...]:
    if isinstance(device, Dimm):
        return tuple(f"{device.id}.{lmb}" for lmb in range(device.size_mib // LMB_MIB))
    return (str(device.id),)
