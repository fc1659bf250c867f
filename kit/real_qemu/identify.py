"""Which revision a binary is: by its answers, never by its version.

A short script distinguishes the catalogue's builds, as far as they differ without time; builds with
the same answers are one machine.  Its last step removes a core, because a stopped TCG machine of
7.2 may not survive the steps after that.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from kit.machine import requests
from kit.machine.catalogue import CATALOGUE, EVERY_RELEASE, Q35
from kit.machine.pcie import messages as pcie
from kit.machine.pcie.function import PcieFunction
from kit.machine.pcie.registers import ATTENTION_OFF, HPIE, PCC, Indicator, Register
from kit.machine.pcie_revisions import ACPI_REVISIONS, PCIE, PCIE_REVISIONS
from kit.machine.pseries.rtas import ALLOCATION_STATE, ISOLATION_STATE
from kit.machine.revision import Board, Revision
from kit.real_qemu.channel.failures import tried
from kit.real_qemu.identify_q35 import likeness
from kit.real_qemu.launch import Binary
from kit.real_qemu.machines import recorded_machine
from kit.recordings.answers import answer_text
from kit.recordings.format import FORMATS
from kit.recordings.schema import AnyRequest, Ask

__all__ = ["SCRIPT", "Identity", "answers_of", "embedded_answers", "identify", "script_of"]

_CORE, _PHB, _SLOT3, _LMB = 0x10000001, 0x20000001, 0x40000018, 0x80000004
_ANY_EVENT = 0xFFFFFFFF


def _logical(index: int) -> tuple[requests.Request, ...]:
    """The guest takes a device of a logical connector into use."""
    return (
        requests.SetIndicator(ALLOCATION_STATE, index, 1),
        requests.SetIndicator(ISOLATION_STATE, index, 1),
        requests.ConfigureConnector(index),
    )


SCRIPT: tuple[requests.Request, ...] = (
    requests.DeviceAdd(requests.Phb(1, "p1")),
    requests.DeviceAdd(requests.Phb(2, "p1")),  # a duplicate id: its text changed
    *_logical(_PHB),
    requests.DeviceDel("p1"),
    requests.DeviceDel("p1"),  # an error from 7420033ec4 on
    requests.DeviceAdd(requests.PciFunction("pci.0", "3.0", id="n3")),
    requests.SetIndicator(ISOLATION_STATE, _SLOT3, 1),
    requests.ConfigureConnector(_SLOT3),
    requests.DeviceDel("n3"),
    requests.DeviceDel("n3"),  # an error from e35dfbd227 on
    requests.DeviceAdd(requests.Dimm(256, 0x40000000, "d1")),
    *_logical(_LMB),
    requests.DeviceDel("d1"),
    # cancels from fe1831eff8 on, with an event from eb7f80fd26 on
    requests.ConfigureConnector(_LMB),
    requests.DeviceDel("d1"),
    *(requests.CheckException(_ANY_EVENT),) * 7,
    requests.DeviceAdd(requests.CpuCore(1, "core1")),
    *_logical(_CORE),
    requests.DeviceDel("core1"),
    requests.DeviceDel("core1"),  # an error with the timeout, another event from 2b18fc794f on
    *(requests.CheckException(_ANY_EVENT),) * 4,
    # a refusal from 87758fed7a on, told from 4b08cd567b
    requests.SetIndicator(ISOLATION_STATE, _CORE, 1),
    requests.SetIndicator(ISOLATION_STATE, _CORE, 0),
    requests.SetIndicator(ALLOCATION_STATE, _CORE, 0),
)


# What expires is left out, as a stopped machine has no clock: builds that differ only in that are
# one machine here.
_ON = ATTENTION_OFF | HPIE | Indicator.ON.bits
_BLINK = ATTENTION_OFF | HPIE | Indicator.BLINK.bits
_DARK = ATTENTION_OFF | HPIE | Indicator.OFF.bits | PCC


def _add(bus: str, name: str, kind: str = "rng", addr: str = "") -> requests.DeviceAdd:
    return requests.DeviceAdd(replace(PcieFunction(bus, kind=kind, addr=addr), id=name))


def _control(port: str, value: int) -> pcie.WriteRegister:
    return pcie.WriteRegister(port, Register.SLTCTL, value)


PORT_SCRIPT: tuple[pcie.PcieRequest, ...] = (
    pcie.Look("rp0"),  # an empty slot has no link from df72184ec1 on
    _add("rp0", "n0"),
    _add("rp0", "n0", addr="0.1"),  # a duplicate id: its text changed
    _add("rp0", "n1", addr="0.0"),  # the address is in use: its text changed
    _add("rp0", "n2", addr="1.0"),  # a second device: refused today
    pcie.SetBus("rp0", 1),
    pcie.Look("rp0"),  # it answers before the slot is on, until d5daff7d31
    _control("rp0", _ON),
    pcie.Look("rp0"),
    requests.DeviceDel("n0"),
    requests.DeviceDel("n0"),  # presses again before cce8944cc9
    _control("rp0", _BLINK),
    requests.DeviceDel("n0"),
    _control("rp0", _DARK),
    pcie.Look("rp0"),
    pcie.QueryDevices(),
    _control("rp1", _BLINK),
    requests.DeviceDel("c1"),  # the power indicator blinks: refused from 81124b3c7a on
    requests.SystemReset(),
    pcie.Look("rp1"),  # its indicator is off after a reset from 1768e97b91 on
    requests.DeviceDel("c3"),  # hotplug=off: its text changed
    _add("rp0", "n3"),
    requests.DeviceDel("n3"),  # a dark slot: empty at once from 0d33415a4e on
    pcie.QueryDevices(),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Which builds of the catalogue a binary answers like.

    ``same`` give the same answers in every step.  If there are none, ``nearest`` is the build that
    differs in the fewest steps, and ``difference`` the first of those; for q35, whose
    recordings are alike, it says how alike they are.
    """

    binary: Binary
    same: tuple[Revision, ...]
    nearest: Revision
    difference: str = ""

    @property
    def words(self) -> str:
        """The binary, and which builds it answers like, for a person."""
        if self.binary.board == Board.Q35:
            return f"{self.binary.name}: plays q35, and {self.difference}"
        if not self.same:
            return f"{self.binary.name}: like no build of the catalogue; {self.difference}"
        return f"{self.binary.name}: answers as {', '.join(one.name for one in self.same)}"

    @property
    def revision(self) -> Revision:
        """The revision of a run on it: the binary's version beside the revision's name."""
        version = ".".join(map(str, self.binary.version))
        like = "which answers as" if self.same else "whose nearest is"
        return replace(
            self.nearest,
            label=f"QEMU {version}",
            alias=self.nearest.name,
            commit="",
            version=self.binary.version,
            summary=f"a real QEMU, {self.binary.name}, {like} {self.nearest.name}",
        )


@lru_cache(maxsize=32)
def identify(binary: Binary) -> Identity:
    """Run the script on a binary and find the builds with the same answers."""
    if binary.board == Board.Q35:
        alike = likeness(binary)
        like = () if alike.difference else (Q35,)
        return Identity(binary=binary, same=like, nearest=Q35, difference=alike.words)
    found = tried(lambda: _asked(binary)).result
    candidates = _candidates(binary.board)
    theirs = {revision: embedded_answers(revision, binary) for revision in candidates}
    same = tuple(revision for revision in candidates if theirs[revision] == found)
    named = [revision for revision in same if revision.version == binary.version]
    nearest = min(named or same or candidates, key=lambda r: len(_different(found, theirs[r])))
    if same:
        return Identity(binary=binary, same=same, nearest=nearest)
    number = _different(found, theirs[nearest])[0]
    difference = (
        f"nearest is {nearest.name}, which at step {number + 1}"
        f" ({type(script_of(binary.board)[number]).__name__}) answers {theirs[nearest][number]},"
        f" and this one {found[number]}"
    )
    return Identity(binary=binary, same=(), nearest=nearest, difference=difference)


def _asked(binary: Binary) -> tuple[tuple[str, ...], str]:
    """Return the binary's answers, and how it crashed or hung."""
    with recorded_machine(binary) as real:
        found = answers_of(real.ask, script_of(binary.board))
        return found, real.ended


def _different(found: tuple[str, ...], theirs: tuple[str, ...]) -> list[int]:
    """Return the steps with different answers, counted from 0."""
    pairs = zip(found, theirs, strict=True)
    return [number for number, (one, other) in enumerate(pairs) if one != other]


def script_of(board: Board) -> tuple[AnyRequest, ...]:
    """Return the script that tells the builds of a board apart."""
    return SCRIPT if board == Board.PSERIES else PORT_SCRIPT


def _candidates(board: Board) -> tuple[Revision, ...]:
    if board == Board.PSERIES:
        return CATALOGUE + EVERY_RELEASE
    return PCIE_REVISIONS if board == PCIE else ACPI_REVISIONS


def answers_of(ask: Ask, script: tuple[AnyRequest, ...] = SCRIPT) -> tuple[str, ...]:
    """Run a script and return the answers, each the same whatever the order of events."""
    return tuple(answer_text(ask(request)) for request in script)


def embedded_answers(revision: Revision, binary: Binary) -> tuple[str, ...]:
    """Return the embedded machine's answers, if it is started as the binary is."""
    ask = FORMATS[revision.board].fresh(revision, binary.steps_time)
    return answers_of(ask, script_of(revision.board))
