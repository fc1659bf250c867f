"""The ops, replies and events of recordings of PCI Express ports, by themselves or by ACPI.

No guest ran: the recorder wrote the registers itself.  A transcript whose name begins with "acpi-"
comes from q35 as it starts by default; all others have ACPI's hot-plug switched off.

Under the qtest accelerator the clock of a destination starts at 0; at the two revisions of February
2020 it went on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import Enum

from kit.common.json_fields import FormatError, Json, flag, number, numbers, short, text
from kit.machine.catalogue import PSERIES
from kit.machine.pcie import messages as pcie
from kit.machine.pcie.function import DRIVERS, PcieFunction
from kit.machine.pcie.machine import RECORDED
from kit.machine.pcie.messages import AcpiRegister, PcieRequest
from kit.machine.pcie.registers import Register
from kit.machine.pcie.step import boot, step
from kit.machine.pcie_revisions import PCIE, PCIE_ACPI, PciePatch, recorded_revision
from kit.machine.requests import ClockStep, DeviceAdd, DeviceDel, SystemReset
from kit.machine.revision import Board, Revision
from kit.recordings.schema import (
    AnyOutcome,
    Ask,
    BoardFormat,
    FieldReader,
    Op,
    asking,
    check_qmp,
    record,
)

__all__ = ["ACPI_FORMAT", "PCIE_FORMAT"]


def _fresh(revision: Revision, _cas_at_reset: bool) -> Ask:
    ask = asking(boot(revision, replace(RECORDED, acpi=revision.board == PCIE_ACPI)), step)
    if PciePatch.HOTPLUG_PROPERTY not in revision.patches:
        return ask

    def ask_with_a_new_clock(request: PcieRequest) -> AnyOutcome:
        if isinstance(request, pcie.MigratePorts):
            request = replace(request, clock_ns=0)
        return ask(request)

    return ask_with_a_new_clock


def _bit(data: Json, key: str) -> None:
    if number(data, key) not in (0, 1):
        raise FormatError(f"{key} is {short(data[key])}; expected 0 or 1")


def _functions_or_null(data: Json, key: str) -> None:
    if data[key] is not None:
        numbers(data, key)


def _texts(data: Json, key: str) -> None:
    if not isinstance(data[key], list) or not all(isinstance(one, str) for one in data[key]):
        raise FormatError(f"{key} is {short(data[key])}; expected a list of texts")


def _named(known: type[Enum]) -> FieldReader:
    """Return what reads a member of *known* by its name, in letters of any case."""

    def read(data: Json, key: str) -> Enum:
        name = text(data, key)
        member = next((one for one in known if one.name.lower() == name.lower()), None)
        if member is None:
            names = ", ".join(one.name for one in known)
            raise FormatError(f"{key} is {short(name)}; expected one of: {names}")
        return member

    return read


def _kind(data: Json, key: str) -> str:
    kind = text(data, key)
    if kind not in DRIVERS:
        raise FormatError(f"{key} is {short(kind)}; expected one of: {', '.join(DRIVERS)}")
    return kind


_FUNCTION = {"kind": _kind, "id": text, "bus": text}


def _functions(data: Json, key: str) -> tuple[PcieFunction, ...]:
    if not isinstance(data[key], list):
        raise FormatError(f"{key} is not a list")
    for one in data[key]:
        record("a device of migrate", _FUNCTION, {"addr": text})(one)
    return tuple(PcieFunction(**one) for one in data[key])


def _plug(kind: str, name: str, bus: str, addr: str = "", multifunction: bool = False) -> DeviceAdd:
    return DeviceAdd(PcieFunction(bus, addr, multifunction, name, kind))


_DONE = record("reply", {})
_VALUE = record("reply", {"value": number})
_PORT = {"port": text}
_REG = {**_PORT, "reg": _named(Register)}
_ACPI_REG = {"reg": _named(AcpiRegister)}
_CONFIG = {"bus": number, "function": number, "offset": number, "bytes": number}
_LOOKED = {"sltctl": number, "sltsta": number, "link": _bit, "intx": _bit}

_SHARED: Mapping[str, Op] = {
    "device_add": Op(_plug, check_qmp, _FUNCTION, {"addr": text, "multifunction": flag}),
    "device_del": Op(DeviceDel, check_qmp, {"id": text}),
    "clock_step": Op(ClockStep, record("reply", {"now_ns": number}), {"ns": number}),
    "system_reset": Op(SystemReset, _DONE),
    "migrate": Op(pcie.MigratePorts, _DONE, optional={"devices": _functions}, may_fail=True),
}
_OWN: Mapping[str, Op] = {
    "read": Op(pcie.ReadRegister, _VALUE, _REG),
    "write": Op(
        lambda port, reg, value, at=0, bytes=None: pcie.WriteRegister(port, reg, value, at, bytes),
        _DONE,
        {**_REG, "value": number},
        {"at": number, "bytes": number},
    ),
    "modify": Op(pcie.ModifyRegister, _VALUE, {**_REG, "set": number, "clear": number}),
    "set_bus": Op(pcie.SetBus, _DONE, {**_PORT, "bus": number}),
    "look": Op(pcie.Look, record("reply", {**_LOOKED, "visible": _functions_or_null}), _PORT),
    "dev_read": Op(pcie.DeviceConfig, _VALUE, _CONFIG),
    "dev_write": Op(pcie.DeviceConfig, _DONE, {**_CONFIG, "value": number}),
    "devices": Op(pcie.QueryDevices, record("reply", {"ids": _texts})),
    "acpi_read": Op(pcie.AcpiAccess, _VALUE, _ACPI_REG),
    "acpi_write": Op(pcie.AcpiAccess, _DONE, {**_ACPI_REG, "value": number}),
}
_EVENT = record("event DEVICE_DELETED", {"event": text, "device": text})
_FAILED = record("failed", {"offset": number, "source": number, "destination": number})


def _claims(board: Board) -> Callable[[Json], Revision | None]:
    """Return what finds the revision of a transcript of *board*.

    One of its revisions has the name of a pseries build; there an op that only ports have decides.
    """

    def claims(data: Json) -> Revision | None:
        name, revision = data.get("name"), data.get("revision")
        if not isinstance(name, str) or not isinstance(revision, str):
            return None
        acpi = name.startswith("acpi-")
        if acpi != (board == PCIE_ACPI):
            return None
        shared = any(revision == one.label for one in PSERIES)
        if shared and not _has_own_op(data.get("steps")):
            return None
        return recorded_revision(revision, acpi=acpi)

    return claims


def _has_own_op(steps: Json) -> bool:
    if not isinstance(steps, list):
        return False
    asked = (step.get("op") for step in steps if isinstance(step, dict))
    return any(isinstance(op, str) and op in _OWN for op in asked)


def _format(board: Board, label: str) -> BoardFormat:
    return BoardFormat(
        ops={**_SHARED, **_OWN},
        events={"DEVICE_DELETED": _EVENT},
        fresh=_fresh,
        label=label,
        may_abort=False,
        check_failed=_FAILED,
        claims=_claims(board),
    )


PCIE_FORMAT = _format(PCIE, " of ports")
ACPI_FORMAT = _format(PCIE_ACPI, " of ports by ACPI")
