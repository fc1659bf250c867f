"""One row for each type of message: its wire name, label, severity, audience and sentence.

A new message is its class, its sender, one row here, and a reaction.

Text from a device id or a log stays as it is: the view escapes it.
"""

from __future__ import annotations

from typing import Any

from kit.actors import messages
from kit.actors.messages import Actor
from kit.machine import events, requests
from kit.machine.events import HotplugAction
from kit.machine.pseries.connector import EntitySense
from kit.machine.q35 import messages as acpi
from kit.trace import phrases
from kit.trace.columns import MANAGEMENT, NOBODY, MessageKind, Severity, UnplugOutcome
from kit.trace.pcie_kinds import PCIE_ROWS
from kit.trace.phrases import connector_name

__all__ = [
    "KINDS",
    "is_minor",
    "kind_of",
    "label_of",
    "outcome_of",
    "recipient",
    "severity_of",
    "wire_name",
    "wire_names",
]


def kind_of(message: object) -> MessageKind[Any]:
    """Return the row of a message."""
    return KINDS[type(message)]


def wire_name(message: object) -> str:
    """Return the name of a message on its wire."""
    return kind_of(message).wire


def wire_names() -> frozenset[str]:
    """Return every name on the wire; some types of replies share one."""
    return frozenset(kind.wire for kind in KINDS.values())


def label_of(message: object) -> str:
    """Name a message in as few words as a picture has room for."""
    kind = kind_of(message)
    label = kind.label(message) if callable(kind.label) else kind.label
    return label or kind.wire


def severity_of(message: object) -> Severity:
    """Return how good or bad the news of a message is."""
    severity = kind_of(message).severity
    return severity if isinstance(severity, Severity) else severity(message)


def is_minor(message: object) -> bool:
    """Is it an answer without news, a mere look, or a line of a log?"""
    minor = kind_of(message).minor
    return minor if isinstance(minor, bool) else minor(message)


def outcome_of(message: object) -> UnplugOutcome | None:
    """Return what a message reports of an unplug; None if nothing, or if it has no row."""
    kind = KINDS.get(type(message))
    outcome = None if kind is None else kind.outcome
    return outcome(message) if callable(outcome) else outcome


def recipient(emitted: object) -> Actor | None:
    """Return who hears what QEMU sends unasked; None: `MANAGEMENT`."""
    audience = kind_of(emitted).heard_by
    assert audience, f"QEMU never sends {wire_name(emitted)} unasked"
    return None if audience == MANAGEMENT else audience[0]


def _status_row(of: type[Any]) -> MessageKind[Any]:
    return MessageKind(
        of=of,
        wire="status",
        label=lambda m: phrases.status_label(m.status),
        sentence=lambda m, _: phrases.answer(m.status),
        severity=lambda m: Severity.BAD if m.status < 0 else Severity.PLAIN,
        minor=lambda m: m.status >= 0,
    )


_ROWS: tuple[MessageKind[Any], ...] = (
    # QMP commands.
    MessageKind(
        of=requests.DeviceAdd,
        wire="device_add",
        label=lambda m: f"device_add {m.device.id}" if m.device.id else "",
        sentence=lambda m, by: f"{by.who} plugs {m.device.id or 'a device'} in (device_add).",
    ),
    MessageKind(
        of=requests.DeviceDel,
        wire="device_del",
        label=lambda m: f"device_del {m.id}",
        sentence=lambda m, by: f"{by.who} asks QEMU to remove {m.id} (device_del).",
    ),
    MessageKind(
        of=requests.SystemReset,
        wire="system_reset",
        sentence=lambda _, by: f"{by.who} resets the machine (system_reset).",
    ),
    MessageKind(
        of=requests.Stop,
        wire="stop",
        sentence=lambda _, by: f"{by.who} stops the VM (stop). The guest's clock stops, too.",
    ),
    MessageKind(
        of=requests.Cont,
        wire="cont",
        sentence=lambda _, by: f"{by.who} continues the VM (cont).",
    ),
    MessageKind(
        of=requests.Migrate,
        wire="migrate",
        sentence=lambda _, by: f"{by.who} migrates the VM to another QEMU.",
    ),
    MessageKind(of=requests.QueryHotpluggableCpus, wire="query-hotpluggable-cpus"),
    MessageKind(of=requests.QueryMemoryDevices, wire="query-memory-devices"),
    MessageKind(of=requests.QueryVersion, wire="query-version"),
    MessageKind(of=acpi.QueryAcpiOspmStatus, wire="query-acpi-ospm-status"),
    MessageKind(of=requests.ClockStep, wire="clock_step"),
    # RTAS calls.
    MessageKind(
        of=requests.SetIndicator,
        wire="set-indicator",
        label=phrases.indicator_label,
        sentence=lambda m, _: phrases.indicator_sentence(m),
    ),
    MessageKind(
        of=requests.GetSensorState,
        wire="get-sensor-state",
        label="read sensor",
        sentence=lambda m, _: (
            f"The guest reads the sensor of {connector_name(m.index)} (get-sensor-state)."
        ),
        minor=True,
    ),
    MessageKind(
        of=requests.ConfigureConnector,
        wire="ibm,configure-connector",
        label="configure-connector",
        sentence=lambda m, _: (
            f"The guest configures {connector_name(m.index)} (ibm,configure-connector)."
        ),
    ),
    MessageKind(
        of=requests.CheckException,
        wire="check-exception",
        sentence="The guest fetches an event (check-exception).",
        minor=True,
    ),
    MessageKind(of=requests.EventScan, wire="event-scan", minor=True),
    MessageKind(of=requests.RawRtas, wire="rtas"),
    MessageKind(
        of=requests.ClientArchitectureSupport,
        wire="client-architecture-support",
        label="guest starts, CAS",
        sentence="The guest's kernel starts and reports its abilities (CAS).",
    ),
    # ACPI registers.
    MessageKind(
        of=acpi.ReadStatus,
        wire="slot-status",
        label="read status",
        sentence=lambda m, _: f"The guest reads the status register of {phrases.slot_name(m)}.",
    ),
    MessageKind(
        of=acpi.WriteControl,
        wire="slot-control",
        label=phrases.control_label,
        sentence=lambda m, _: phrases.control_sentence(m),
    ),
    MessageKind(
        of=acpi.ReportOst,
        wire="_OST",
        label=lambda m: f"_OST {m.status:#x}",
        sentence=lambda m, _: (
            f"The guest reports on {phrases.slot_name(m)} (_OST): {phrases.ost_status(m.status)}."
        ),
    ),
    # Replies.
    MessageKind(
        of=events.QmpReturn,
        wire="return",
        label="accepted",
        sentence="QEMU accepts the request.",
        minor=True,
    ),
    MessageKind(
        of=events.QmpError,
        wire="error",
        sentence=lambda m, _: f"QEMU refuses: “{m.desc}”.",
        severity=Severity.BAD,
    ),
    *map(_status_row, (events.StatusReturn, events.ConnectorReturn)),
    MessageKind(
        of=events.SensorReturn,
        wire="status",
        label=lambda m: (
            EntitySense(m.state).name if m.status == 0 else phrases.status_label(m.status)
        ),
        sentence=lambda m, _: (
            phrases.answer(m.status)
            if m.status
            else f"The connector is {EntitySense(m.state).name}."
        ),
        minor=True,
    ),
    MessageKind(
        of=events.ExceptionReturn,
        wire="status",
        label=lambda m: "no event" if m.event is None else f"{m.event.action.name} event",
        sentence=lambda m, _: phrases.exception_sentence(m),
        minor=True,
    ),
    MessageKind(of=events.RawReturn, wire="rets", minor=True),
    MessageKind(of=events.Stepped, wire="now"),
    MessageKind(
        of=events.Done,
        wire="done",
        sentence=lambda _, by: f"QEMU answers {by.whom}: done.",
        minor=True,
    ),
    MessageKind(
        of=events.Aborted,
        wire="aborted",
        label="QEMU aborts",
        sentence=lambda m, _: phrases.abort_sentence(m.abort),
        severity=Severity.BAD,
    ),
    MessageKind(
        of=acpi.SlotStatusReturn,
        wire="status",
        label=lambda m: f"status {m.bits:#x}",
        sentence=lambda m, _: f"It reads {m.bits:#x}: {phrases.status_bits(m.bits)}.",
    ),
    MessageKind(of=acpi.OspmStatusReturn, wire="return"),
    # What QEMU sends unasked.
    MessageKind(
        of=events.DeviceDeleted,
        wire="DEVICE_DELETED",
        sentence=lambda m, _: (
            f"QEMU has removed {m.device or 'the device'} and sends DEVICE_DELETED."
        ),
        severity=Severity.GOOD,
        outcome=UnplugOutcome.REMOVED,
        heard_by=MANAGEMENT,
    ),
    MessageKind(
        of=events.DeviceNotDeleted,
        wire="DEVICE_NOT_DELETED",
        sentence=lambda m, _: (
            f"QEMU reports that {m.device or 'the device'} was not deleted: DEVICE_NOT_DELETED."
        ),
        severity=Severity.BAD,
        outcome=UnplugOutcome.FAILED,
        heard_by=MANAGEMENT,
    ),
    MessageKind(
        of=events.DeviceUnplugGuestError,
        wire="DEVICE_UNPLUG_GUEST_ERROR",
        sentence=lambda m, _: (
            f"QEMU reports that the guest refused to release {m.device or 'the device'}:"
            " DEVICE_UNPLUG_GUEST_ERROR."
        ),
        severity=Severity.BAD,
        outcome=UnplugOutcome.FAILED,
        heard_by=MANAGEMENT,
    ),
    MessageKind(
        of=events.MemUnplugError,
        wire="MEM_UNPLUG_ERROR",
        sentence=lambda m, _: f"QEMU reports: “{m.msg}” (MEM_UNPLUG_ERROR).",
        severity=Severity.BAD,
        outcome=UnplugOutcome.FAILED,
        heard_by=MANAGEMENT,
    ),
    MessageKind(
        of=events.VmStop,
        wire="STOP",
        sentence="QEMU reports that the VM is stopped: STOP.",
        heard_by=MANAGEMENT,
    ),
    MessageKind(
        of=events.VmResume,
        wire="RESUME",
        sentence="QEMU reports that the VM runs again: RESUME.",
        heard_by=MANAGEMENT,
    ),
    MessageKind(
        of=acpi.AcpiDeviceOst,
        wire="ACPI_DEVICE_OST",
        sentence=lambda m, _: (
            f"QEMU forwards the guest's report: ACPI_DEVICE_OST, {phrases.ost_report(m.info)}."
        ),
        outcome=lambda m: UnplugOutcome.FAILED if m.info.refused else None,
        heard_by=MANAGEMENT,
    ),
    MessageKind(
        of=events.HotplugEvent,
        wire="hotplug-event",
        label=lambda m: f"{m.action.name} event",
        sentence=lambda m, _: phrases.hotplug_sentence(m),
        severity=Severity.WAIT,
        heard_by=(Actor.GUEST,),
    ),
    MessageKind(
        of=acpi.GpeRaised,
        wire="gpe",
        label="GPE",
        sentence=lambda m, _: (
            f"QEMU raises an interrupt, so that the guest reads its {m.slot_type.value} slots."
        ),
        heard_by=(Actor.GUEST,),
    ),
    MessageKind(
        of=events.ErrorReport,
        wire="error_report",
        label="QEMU's log",
        sentence=lambda m, _: f"QEMU writes to its own log only: “{m.text}”.",
        severity=Severity.WAIT,
        heard_by=NOBODY,
    ),
    MessageKind(
        of=events.UnplugTimeout,
        wire="unplug-timeout",
        label="drops request",
        sentence=lambda m, _: (
            "QEMU's timer fires. QEMU drops the request and sends "
            + ("no event." if m.silent else "an event.")
        ),
        severity=Severity.BAD,
        heard_by=NOBODY,
    ),
    # Virsh.
    MessageKind(
        of=messages.SetVcpus,
        wire="virsh-setvcpus",
        label=lambda m: f"setvcpus {m.count}",
        sentence=lambda m, _: phrases.setvcpus_sentence(m.count),
    ),
    MessageKind(
        of=messages.SetVcpusAsync,
        wire="virsh-setvcpus-async",
        label=lambda m: f"setvcpus {m.count} --async",
        sentence=lambda m, _: phrases.setvcpus_sentence(m.count, waits=False),
    ),
    MessageKind(
        of=messages.DetachDevice,
        wire="virsh-detach-device",
        label=lambda m: f"detach-device {m.alias}",
        sentence=lambda m, _: (
            f"The operator asks libvirt to remove {m.alias}, which an XML file describes, and waits"
            " (virsh detach-device)."
        ),
    ),
    MessageKind(
        of=messages.DetachDeviceAlias,
        wire="virsh-detach-device-alias",
        label=lambda m: f"detach-device-alias {m.alias}",
        sentence=lambda m, _: (
            f"The operator asks libvirt to remove {m.alias}, and does not wait"
            " (virsh detach-device-alias)."
        ),
    ),
    MessageKind(
        of=messages.DomainReset,
        wire="virsh-reset",
        sentence="The operator resets the machine through libvirt (virsh reset).",
    ),
    MessageKind(
        of=messages.DomainSuspend,
        wire="virsh-suspend",
        sentence="The operator stops the VM through libvirt (virsh suspend).",
    ),
    MessageKind(
        of=messages.DomainResume,
        wire="virsh-resume",
        sentence="The operator continues the VM through libvirt (virsh resume).",
    ),
    MessageKind(
        of=messages.MigrateDomain,
        wire="virsh-migrate",
        sentence="The operator migrates the VM through libvirt (virsh migrate).",
    ),
    MessageKind(
        of=messages.ApiSuccess,
        wire="virsh-success",
        label="success",
        sentence=lambda m, _: f"virsh succeeds: “{m.text}”." if m.text else "virsh succeeds.",
    ),
    MessageKind(
        of=messages.ApiError,
        wire="virsh-error",
        label=lambda m: "timed out" if m.failure is messages.Failure.TIMED_OUT else "error",
        sentence=lambda m, _: phrases.virsh_error_sentence(m),
        severity=Severity.BAD,
    ),
    MessageKind(
        of=messages.DeviceRemoved,
        wire="device-removed",
        sentence=lambda m, _: (
            f"libvirt removes {m.alias} from the domain's XML and sends device-removed."
        ),
        severity=Severity.GOOD,
        outcome=UnplugOutcome.REMOVED,
    ),
    MessageKind(
        of=messages.VcpuRemoved,
        wire="vcpu-removed",
        sentence=lambda m, _: f"libvirt reports that {m.alias} is removed (vcpu-removed).",
        severity=Severity.GOOD,
        outcome=UnplugOutcome.REMOVED,
    ),
    MessageKind(
        of=messages.DeviceRemovalFailed,
        wire="device-removal-failed",
        sentence=lambda m, _: (
            f"libvirt reports that the guest refused to release {m.alias} (device-removal-failed)."
        ),
        severity=Severity.BAD,
        outcome=UnplugOutcome.FAILED,
    ),
    # Inside the guest.
    MessageKind(
        of=messages.CpuOnline,
        wire="cpu-online",
        sentence=lambda m, _: (
            f"Somebody switches {connector_name(m.index)} {'on' if m.online else 'off'}"
            " inside the guest."
        ),
        inside_guest=True,
    ),
    MessageKind(
        of=messages.Pin,
        wire="pin",
        label=lambda m: "pin" if m.pinned else "unpin",
        sentence=lambda m, _: phrases.pin_sentence(m),
        inside_guest=True,
    ),
    MessageKind(
        of=messages.Dlpar,
        wire="dlpar",
        sentence=lambda m, _: (
            f"Somebody in the guest {'adds' if m.action is HotplugAction.ADD else 'removes'}"
            f" {connector_name(m.index)} by /sys/kernel/dlpar."
        ),
        inside_guest=True,
    ),
    MessageKind(
        of=messages.RtasByHand,
        wire="rtas-by-hand",
        label=lambda m: f"by hand: {label_of(m.call)}",
        sentence=lambda m, _: (
            f"Somebody in the guest makes an RTAS call by hand: {label_of(m.call)}."
        ),
        inside_guest=True,
    ),
    MessageKind(
        of=messages.Decide,
        wire="decide",
        label=lambda m: "guest releases" if m.give else "guest refuses",
        sentence=lambda m, _: (
            f"The guest {'can release the device now' if m.give else 'cannot release the device'}."
        ),
        inside_guest=True,
    ),
    MessageKind(
        of=messages.Hang,
        wire="hang",
        label=lambda m: "hang" if m.hung else "runs again",
        sentence=lambda m, _: (
            "The guest hangs: it reacts to nothing." if m.hung else "The guest runs again."
        ),
        severity=lambda m: Severity.BAD if m.hung else Severity.PLAIN,
        inside_guest=True,
    ),
    MessageKind(
        of=messages.GuestLog,
        wire="guest-log",
        label="kernel's log",
        sentence=lambda m, by: (
            f"On the guest's console: “{m.text}”."
            if by.src is Actor.CONSOLE
            else f"{by.who} writes to its log: “{m.text}”."
        ),
        minor=True,
    ),
    MessageKind(
        of=messages.DeviceTree,
        wire="device-tree",
        sentence=lambda m, _: (
            f"The kernel finds in its device tree: {', '.join(map(connector_name, m.indices))}."
        ),
        minor=True,
    ),
    # The host.
    MessageKind(
        of=messages.Overcommit,
        wire="overcommit",
        label=lambda m: f"load x {m.factor}",
        sentence=lambda m, _: phrases.load_sentence(m.factor),
    ),
    MessageKind(
        of=messages.MonitorClosed,
        wire="monitor-closed",
        label="monitor closed",
        sentence="QEMU's monitor is closed: QEMU is gone.",
        severity=Severity.BAD,
    ),
    *PCIE_ROWS,
)

KINDS: dict[type[Any], MessageKind[Any]] = {row.of: row for row in _ROWS}
"""The rows by type of message; a platform of one's own adds rows for its messages."""
