"""The ops, replies and events of recordings of PCI Express ports, by themselves or by ACPI.

No guest ran: the recorder wrote the registers itself.  A transcript whose name begins with "acpi-"
comes from q35 as it starts by default; all others have ACPI's hot-plug switched off.

Under the qtest accelerator the clock of a destination starts at 0; at the two revisions of February
2020 it went on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from kit.common.json_fields import FormatError, Json, number, numbers, short, text
from kit.machine.catalogue import PSERIES
from kit.machine.pcie import messages as pcie
from kit.machine.pcie.function import DRIVERS, PcieFunction
from kit.machine.pcie.machine import RECORDED
from kit.machine.pcie.messages import AcpiRegister, PcieOutcome, PcieRequest
from kit.machine.pcie.registers import Register
from kit.machine.pcie.step import boot, step
from kit.machine.pcie_revisions import PCIE, PCIE_ACPI, PciePatch, recorded_revision
from kit.machine.requests import ClockStep, DeviceAdd, DeviceDel, SystemReset
from kit.machine.revision import Board, Revision
from kit.recordings.schema import Ask, BoardFormat, Op, check_qmp, record

__all__ = ["ACPI_FORMAT", "PCIE_FORMAT"]


def _fresh(revision: Revision, _cas_at_reset: bool) -> Ask:
    config = replace(RECORDED, acpi=revision.board == PCIE_ACPI)
    machine = boot(revision, config)
    clock_goes_on = PciePatch.HOTPLUG_PROPERTY not in revision.patches

    def ask(request: PcieRequest) -> PcieOutcome:
        nonlocal machine
        if isinstance(request, pcie.MigratePorts) and not clock_goes_on:
            request = replace(request, clock_ns=0)
        machine, outcome = step(machine, request)
        return outcome

    return ask


# -- fields --------------------------------------------------------------------------------------


def _flag(data: Json, key: str) -> bool:
    if not isinstance(data[key], bool):
        raise FormatError(f"{key} is {short(data[key])}; expected true or false")
    return bool(data[key])


def _bit(data: Json, key: str) -> None:
    if number(data, key) not in (0, 1):
        raise FormatError(f"{key} is {short(data[key])}; expected 0 or 1")


def _functions_or_null(data: Json, key: str) -> None:
    if data[key] is not None:
        numbers(data, key)


def _texts(data: Json, key: str) -> None:
    if not isinstance(data[key], list) or not all(isinstance(one, str) for one in data[key]):
        raise FormatError(f"{key} is {short(data[key])}; expected a list of texts")


def _named(data: Json, key: str, known: Any) -> Any:  # noqa: ANN401 - a member of *known*
    name = text(data, key)
    member = next((one for one in known if one.name.lower() == name.lower()), None)
    if member is None:
        names = ", ".join(one.name for one in known)
        raise FormatError(f"{key} is {short(name)}; expected one of: {names}")
    return member


def _register(data: Json) -> Register:
    found: Register = _named(data, "reg", Register)
    return found


def _acpi_register(data: Json) -> AcpiRegister:
    found: AcpiRegister = _named(data, "reg", AcpiRegister)
    return found


def _function(data: Json) -> PcieFunction:
    kind = text(data, "kind")
    if kind not in DRIVERS:
        raise FormatError(f"kind is {short(kind)}; expected one of: {', '.join(DRIVERS)}")
    return PcieFunction(
        bus=text(data, "bus"),
        addr=text(data, "addr") if "addr" in data else "",
        multifunction="multifunction" in data and _flag(data, "multifunction"),
        id=text(data, "id"),
        kind=kind,
    )


_check_function = record(
    "a device of migrate", {"kind": text, "id": text, "bus": text}, {"addr": text}
)


def _migrate(data: Json) -> pcie.MigratePorts:
    if "devices" not in data:
        return pcie.MigratePorts()
    if not isinstance(data["devices"], list):
        raise FormatError("devices is not a list")
    for one in data["devices"]:
        _check_function(one)
    return pcie.MigratePorts(tuple(map(_function, data["devices"])))


def _write(data: Json) -> pcie.WriteRegister:
    return pcie.WriteRegister(
        port=text(data, "port"),
        register=_register(data),
        value=number(data, "value"),
        at=number(data, "at") if "at" in data else 0,
        size=number(data, "bytes") if "bytes" in data else None,
    )


def _config(data: Json, value: int | None = None) -> pcie.DeviceConfig:
    return pcie.DeviceConfig(
        bus=number(data, "bus"),
        function=number(data, "function"),
        offset=number(data, "offset"),
        size=number(data, "bytes"),
        value=value,
    )


# -- ops -----------------------------------------------------------------------------------------

_DONE = record("reply", {})
_VALUE = record("reply", {"value": number})
_PORT = frozenset({"port"})
_REG = frozenset({"port", "reg"})
_CONFIG = frozenset({"bus", "function", "offset", "bytes"})

_SHARED: Mapping[str, Op] = {
    "device_add": Op(
        lambda d: DeviceAdd(_function(d)),
        check_qmp,
        frozenset({"kind", "id", "bus"}),
        frozenset({"addr", "multifunction"}),
    ),
    "device_del": Op(lambda d: DeviceDel(text(d, "id")), check_qmp, frozenset({"id"})),
    "clock_step": Op(
        lambda d: ClockStep(number(d, "ns")),
        record("reply", {"now_ns": number}),
        frozenset({"ns"}),
    ),
    "system_reset": Op(lambda _: SystemReset(), _DONE),
    "migrate": Op(_migrate, _DONE, optional=frozenset({"devices"}), may_fail=True),
}
_OWN: Mapping[str, Op] = {
    "read": Op(lambda d: pcie.ReadRegister(text(d, "port"), _register(d)), _VALUE, _REG),
    "write": Op(_write, _DONE, _REG | {"value"}, frozenset({"at", "bytes"})),
    "modify": Op(
        lambda d: pcie.ModifyRegister(
            text(d, "port"), _register(d), number(d, "set"), number(d, "clear")
        ),
        _VALUE,
        _REG | {"set", "clear"},
    ),
    "set_bus": Op(lambda d: pcie.SetBus(text(d, "port"), number(d, "bus")), _DONE, _PORT | {"bus"}),
    "look": Op(
        lambda d: pcie.Look(text(d, "port")),
        record(
            "reply",
            {
                "sltctl": number,
                "sltsta": number,
                "link": _bit,
                "intx": _bit,
                "visible": _functions_or_null,
            },
        ),
        _PORT,
    ),
    "dev_read": Op(_config, _VALUE, _CONFIG),
    "dev_write": Op(lambda d: _config(d, number(d, "value")), _DONE, _CONFIG | {"value"}),
    "devices": Op(lambda _: pcie.QueryDevices(), record("reply", {"ids": _texts})),
    "acpi_read": Op(lambda d: pcie.AcpiAccess(_acpi_register(d)), _VALUE, frozenset({"reg"})),
    "acpi_write": Op(
        lambda d: pcie.AcpiAccess(_acpi_register(d), number(d, "value")),
        _DONE,
        frozenset({"reg", "value"}),
    ),
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
