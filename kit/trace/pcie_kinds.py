"""The rows of the table of message types for a machine with PCI Express ports.

Source: PCI Express Base Specification 6.7 and 7.5.3.
"""

from __future__ import annotations

from typing import Any

from kit.actors.messages import Actor
from kit.machine.pcie import messages as pcie
from kit.machine.pcie import registers as regs
from kit.machine.pcie.registers import Indicator, Register
from kit.trace.columns import MessageKind, Severity

__all__ = ["PCIE_ROWS"]

_LIGHTS = {
    Indicator.ON: "switches the power indicator on",
    Indicator.BLINK: "makes the power indicator blink",
    Indicator.OFF: "switches the power indicator off",
}
_EVENTS = ((regs.ABP, "button pressed"), (regs.PDC, "presence changed"), (regs.CC, "command done"))


def _control_label(message: pcie.ModifyRegister) -> str:
    return ", ".join(short for short, _ in _acts(message)) or "modify"


def _control_sentence(message: pcie.ModifyRegister) -> str:
    acts = " and ".join(long for _, long in _acts(message)) or "modifies Slot Control"
    return f"The guest {acts} at {message.port}."


def _acts(message: pcie.ModifyRegister) -> list[tuple[str, str]]:
    """Return each effect of a change of Slot Control, as a label and as a phrase."""
    if message.register is not Register.SLTCTL:
        return []
    acts = []
    if message.set & regs.HPIE:
        acts.append(("listen", "asks for interrupts"))
    if message.set & regs.PCC:
        acts.append(("power off", "switches the power off"))
    elif message.clear & regs.PCC:
        acts.append(("power on", "switches the power on"))
    if message.set & regs.PIC:
        light = regs.indicator(message.set)
        acts.append((f"light {light.name.lower()}", _LIGHTS[light]))
    return acts


def _status_label(message: pcie.WriteRegister) -> str:
    if message.register is not Register.SLTSTA:
        return f"write {message.register.name}"
    return "clear events"


def _status_sentence(message: pcie.WriteRegister) -> str:
    if message.register is not Register.SLTSTA:
        return f"The guest writes {message.value:#x} to {message.register.name} of {message.port}."
    events = " and ".join(words for bit, words in _EVENTS if message.value & bit)
    return f"The guest clears the events of {message.port}: {events or 'none'}."


def _config_sentence(message: pcie.DeviceConfig) -> str:
    act = "reads" if message.value is None else "writes"
    return f"The guest {act} the configuration space of the device on bus {message.bus}."


def _acpi_sentence(message: pcie.AcpiAccess) -> str:
    name = message.register.name.lower()
    if message.value is None:
        return f"The guest reads ACPI's register {name}."
    return f"The guest writes {message.value:#x} to ACPI's register {name}."


PCIE_ROWS: tuple[MessageKind[Any], ...] = (
    MessageKind(
        of=pcie.ReadRegister,
        wire="slot-read",
        label=lambda m: f"read {m.register.name}",
        sentence=lambda m, _: f"The guest reads {m.register.name} of {m.port}.",
        minor=True,
    ),
    MessageKind(
        of=pcie.WriteRegister,
        wire="slot-write",
        label=_status_label,
        sentence=lambda m, _: _status_sentence(m),
        minor=lambda m: m.register is Register.SLTSTA,
    ),
    MessageKind(
        of=pcie.ModifyRegister,
        wire="slot-command",
        label=_control_label,
        sentence=lambda m, _: _control_sentence(m),
    ),
    MessageKind(
        of=pcie.SetBus,
        wire="bus-number",
        label="number bus",
        sentence=lambda m, _: f"The guest gives the bus behind {m.port} the number {m.bus}.",
        minor=True,
    ),
    MessageKind(of=pcie.Look, wire="look", minor=True),
    MessageKind(
        of=pcie.DeviceConfig,
        wire="configuration-space",
        label="look for device",
        sentence=lambda m, _: _config_sentence(m),
        minor=True,
    ),
    MessageKind(of=pcie.QueryDevices, wire="query-devices", minor=True),
    MessageKind(
        of=pcie.AcpiAccess,
        wire="acpi-register",
        label=lambda m: f"ACPI {m.register.name.lower()}",
        sentence=lambda m, _: _acpi_sentence(m),
    ),
    MessageKind(
        of=pcie.MigratePorts,
        wire="migrate-ports",
        sentence=lambda _, by: f"{by.who} migrates the VM to another QEMU.",
    ),
    MessageKind(
        of=pcie.RegisterValue,
        wire="value",
        label=lambda m: f"value {m.value:#x}",
        sentence=lambda m, _: f"The register holds {m.value:#x}.",
        minor=True,
    ),
    MessageKind(of=pcie.Looked, wire="looked", minor=True),
    MessageKind(of=pcie.DeviceIds, wire="return", minor=True),
    MessageKind(
        of=pcie.MigrationFailed,
        wire="migration-failed",
        label="migration fails",
        sentence=lambda m, _: (
            f"The destination refuses byte {m.offset:#x} of a port: it has {m.destination:#x},"
            f" and the source sends {m.source:#x}.  The migration fails."
        ),
        severity=Severity.BAD,
    ),
    MessageKind(
        of=pcie.HotplugInterrupt,
        wire="hotplug-interrupt",
        label="interrupt",
        sentence=lambda m, _: f"Port {m.port} interrupts the guest.",
        severity=Severity.WAIT,
        heard_by=(Actor.GUEST,),
    ),
    MessageKind(
        of=pcie.SciRaised,
        wire="sci",
        label="SCI",
        sentence="QEMU raises ACPI's interrupt, so that the guest reads its registers.",
        severity=Severity.WAIT,
        heard_by=(Actor.GUEST,),
    ),
)
