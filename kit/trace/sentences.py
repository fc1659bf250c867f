"""One sentence for each entry of a trace, for people; and the short name for a lane or a line.

Text that comes from a device id or a log is passed on as it is: whoever shows it escapes it.
"""

from __future__ import annotations

from kit.actors.messages import (
    Actor,
    ApiError,
    ApiSuccess,
    CpuOnline,
    Decide,
    DetachDevice,
    DeviceRemovalFailed,
    DeviceRemoved,
    DeviceTree,
    Dlpar,
    DomainReset,
    DomainResume,
    DomainSuspend,
    GuestLog,
    Hang,
    Message,
    MigrateDomain,
    MonitorClosed,
    Overcommit,
    Pin,
    RtasByHand,
    SetVcpus,
)
from kit.machine.clock import NS_PER_S
from kit.machine.events import (
    Aborted,
    ConnectorReturn,
    DeviceDeleted,
    DeviceNotDeleted,
    DeviceUnplugGuestError,
    Done,
    ErrorReport,
    ExceptionReturn,
    HotplugAction,
    HotplugEvent,
    MemUnplugError,
    QmpError,
    QmpReturn,
    SensorReturn,
    StatusReturn,
    UnplugTimeout,
    VmResume,
    VmStop,
)
from kit.machine.pseries.connector import TYPES, DrcType, EntitySense
from kit.machine.pseries.rtas import ALLOCATION_STATE, DR_INDICATOR, ISOLATION_STATE
from kit.machine.requests import (
    CheckException,
    ClientArchitectureSupport,
    ConfigureConnector,
    Cont,
    DeviceAdd,
    DeviceDel,
    GetSensorState,
    Migrate,
    SetIndicator,
    Stop,
    SystemReset,
)
from kit.trace.entry import WIRE_NAMES, TraceEntry
from kit.trace.q35_sentences import acpi_sentence, acpi_short

__all__ = ["NAMES", "connector_name", "seconds", "sentence", "short"]

NAMES = {
    Actor.OPERATOR: "The operator",
    Actor.LIBVIRT: "libvirt",
    Actor.QEMU: "QEMU",
    Actor.GUEST: "The guest",
    Actor.CONSOLE: "The console",
}
"""How a sentence calls a party that it begins with."""

_INDICATOR_VALUES = {
    (ISOLATION_STATE, 0): "ISOLATE",
    (ISOLATION_STATE, 1): "UNISOLATE",
    (ALLOCATION_STATE, 0): "UNUSABLE",
    (ALLOCATION_STATE, 1): "USABLE",
}


def seconds(at_ns: int) -> str:
    """Write a time in seconds, as short as it is exact.

    >>> seconds(15_000_000_000), seconds(14_999_000_000), seconds(14_999_999_999)
    ('15 s', '14.999 s', '14.999999999 s')
    """
    whole, rest = divmod(at_ns, NS_PER_S)
    return f"{whole}.{rest:09d}".rstrip("0").rstrip(".") + " s"


def connector_name(index: int) -> str:
    """Name what a connector connects.

    >>> connector_name(0x10000001), connector_name(0x40000018), connector_name(0x80000005)
    ('core 1', 'the adapter in slot 3.0', 'LMB 5')
    """
    number = index & 0x0FFFFFFF
    match TYPES.get(index >> 28):
        case DrcType.CPU:
            return f"core {number}"
        case DrcType.PHB:
            return f"PHB {number}"
        case DrcType.LMB:
            return f"LMB {number}"
        case DrcType.PCI:
            return f"the adapter in slot {number >> 3 & 0x1F:x}.{number & 7}"
        case DrcType.PMEM:
            return f"nvdimm {number}"
        case None:
            return f"connector {index:#x}"


def short(message: Message) -> str:
    """Name a message in a word or two, as its protocol does."""
    match message:
        case DeviceDel(name):
            return f"device_del {name}"
        case DeviceAdd(device):
            return f"device_add {device.id}"
        case SetVcpus(count):
            return f"setvcpus {count}"
        case DetachDevice(alias):
            return f"detach-device {alias}"
        case SetIndicator(indicator, _, state):
            lamp = (
                f"indicator {indicator} = {state}" if indicator != DR_INDICATOR else f"lamp {state}"
            )
            return _INDICATOR_VALUES.get((indicator, state), lamp)
        case GetSensorState():
            return "sensor?"
        case StatusReturn(status) | ConnectorReturn(status):
            return str(status)
        case SensorReturn(0, state):
            return EntitySense(state).name
        case SensorReturn(status):
            return str(status)
        case ExceptionReturn(_, event):
            return "no event" if event is None else f"{event.action.name} event"
        case HotplugEvent(action=action):
            return f"{action.name} event"
        case Overcommit(factor):
            return f"load x {factor}"
        case RtasByHand(call):
            return f"by hand: {short(call)}"
    return _SHORT.get(type(message)) or acpi_short(message) or WIRE_NAMES[type(message)]


_SHORT: dict[type, str] = {
    QmpReturn: "OK",
    QmpError: "error",
    UnplugTimeout: "request forgotten",
    ErrorReport: "line in QEMU's log",
    Aborted: "QEMU aborts",
    GuestLog: "line in the guest's log",
    ApiSuccess: "success",
    ApiError: "error",
    ClientArchitectureSupport: "guest starts, CAS",
    ConfigureConnector: "configure-connector",
    MonitorClosed: "monitor closed",
}


def sentence(entry: TraceEntry) -> str:
    """Say in one sentence what an entry tells."""
    message, who = entry.message, NAMES[entry.src]
    return (
        _from_people(message, who, NAMES[entry.dst].lower().replace("qemu", "QEMU"))
        or _from_qemu(message)
        or _rtas_call(message)
        or _rtas_answer(message)
        or acpi_sentence(message)
        or f"{who}: {WIRE_NAMES[type(message)]}."
    )


def _from_people(message: Message, who: str, whom: str) -> str:
    """What an operator and libvirt say, and the host."""
    match message:
        case DeviceDel(name):
            return f"{who} asks QEMU to remove {name} (device_del)."
        case DeviceAdd(device):
            return f"{who} plugs {device.id or 'a device'} in (device_add)."
        case SystemReset():
            return f"{who} resets the machine (system_reset)."
        case Stop():
            return f"{who} stops the VM (stop): the guest's clock stands still."
        case Cont():
            return f"{who} lets the VM go on (cont)."
        case Migrate():
            return f"{who} migrates the VM to another QEMU."
        case SetVcpus(count):
            cpus = "1 CPU" if count == 1 else f"{count} CPUs"
            return f"The operator tells libvirt: the guest is to have {cpus} (virsh setvcpus)."
        case DetachDevice(alias):
            return f"The operator tells libvirt to take {alias} away (virsh detach-device)."
        case DomainReset():
            return "The operator tells libvirt to reset the machine (virsh reset)."
        case DomainSuspend():
            return "The operator tells libvirt to stop the VM (virsh suspend)."
        case DomainResume():
            return "The operator tells libvirt to let the VM go on (virsh resume)."
        case MigrateDomain():
            return "The operator tells libvirt to migrate the VM (virsh migrate)."
        case ApiSuccess(text):
            return f"virsh succeeds: “{text}”." if text else "virsh succeeds."
        case ApiError(text):
            return f"virsh fails: “{text}”."
        case DeviceRemoved(alias):
            return f"libvirt takes {alias} out of the domain's XML, and says so (device-removed)."
        case DeviceRemovalFailed(alias):
            return f"libvirt says that the guest keeps {alias} (device-removal-failed)."
        case Overcommit(1):
            return "The host is idle again: the guest's own work goes at its usual pace."
        case Overcommit(factor):
            return (
                f"The host gets busy: the guest's own work takes {factor} times as long;"
                " the clocks run on."
            )
        case GuestLog(text) if who == NAMES[Actor.CONSOLE]:
            return f"On the guest's console: “{text}”."
        case GuestLog(text):
            return f"{who} writes to its log: “{text}”."
    return _to_the_guest(message) or (f"QEMU answers {whom}: done." if _is_done(message) else "")


def _is_done(message: Message) -> bool:
    return isinstance(message, Done)


def _begun(words: str) -> str:
    return words[:1].upper() + words[1:]


def _to_the_guest(message: Message) -> str:
    """What somebody does inside the guest."""
    match message:
        case CpuOnline(index, online):
            how = "on" if online else "off"
            return f"Somebody switches {connector_name(index)} {how} inside the guest."
        case Pin(index, True):
            return f"{_begun(connector_name(index))} is put to a use that it cannot be taken from."
        case Pin(index):
            return f"{_begun(connector_name(index))} can be taken out of use again."
        case Dlpar(action, index):
            verb = "adds" if action is HotplugAction.ADD else "removes"
            return f"Somebody in the guest {verb} {connector_name(index)} by /sys/kernel/dlpar."
        case RtasByHand(call):
            return f"Somebody in the guest makes an RTAS call by hand: {short(call)}."
        case Decide(True):
            return "The guest can give up now what it is asked for."
        case Decide():
            return "The guest cannot give up what it is asked for."
        case Hang(True):
            return "The guest hangs: it takes notice of nothing."
        case Hang():
            return "The guest goes on."
    return ""


def _from_qemu(message: Message) -> str:
    match message:
        case QmpReturn():
            return "QEMU accepts the request."
        case QmpError(_, desc):
            return f"QEMU refuses: “{desc}”."
        case HotplugEvent(action=action, index=index, count=count):
            verb = "give back" if action is HotplugAction.REMOVE else "take"
            return f"QEMU queues an event: the guest is asked to {verb} {_what(index, count)}."
        case DeviceDeleted(device=device):
            return f"QEMU has released {device or 'the device'} and says so: DEVICE_DELETED."
        case DeviceNotDeleted(device=device):
            return f"QEMU says that {device or 'the device'} is not deleted: DEVICE_NOT_DELETED."
        case DeviceUnplugGuestError(device=device):
            return (
                f"QEMU tells the management layer that the guest keeps {device or 'the device'}:"
                " DEVICE_UNPLUG_GUEST_ERROR."
            )
        case MemUnplugError(msg=msg):
            return f"QEMU tells the management layer: “{msg}” (MEM_UNPLUG_ERROR)."
        case VmStop():
            return "QEMU says that the VM stands still: STOP."
        case VmResume():
            return "QEMU says that the VM goes on: RESUME."
        case ErrorReport(text):
            return f"QEMU writes to its own log, and to nobody else: “{text}”."
        case UnplugTimeout(silent=True):
            return "QEMU's 15 s are over: it forgets the request and tells nobody."
        case UnplugTimeout():
            return "QEMU's 15 s are over: it forgets the request, and says so."
        case Aborted(abort) if abort.assertion is None and not abort.file:
            return f"QEMU's process ends: {abort.function}."  # of a real one no more is known
        case Aborted(abort) if abort.assertion is None:
            return f"QEMU crashes in {abort.function}: segmentation fault."
        case Aborted(abort):
            return f"QEMU aborts in {abort.function}: assertion “{abort.assertion}” fails."
        case MonitorClosed():
            return "QEMU's monitor is closed: QEMU is gone."
        case DeviceTree(indices):
            named = ", ".join(connector_name(index) for index in indices)
            return f"The kernel finds in its device tree: {named}."
    return ""


def _what(index: int | None, count: int | None) -> str:
    if index is None:
        return f"{count} LMBs"
    if count is not None and count > 1:
        return f"{count} LMBs from {connector_name(index)} on"
    return connector_name(index)


def _rtas_call(message: Message) -> str:
    match message:
        case CheckException():
            return "The guest looks for an event (check-exception)."
        case GetSensorState(_, index):
            return f"The guest reads the sensor of {connector_name(index)} (get-sensor-state)."
        case ConfigureConnector(index):
            return f"The guest configures {connector_name(index)} (ibm,configure-connector)."
        case ClientArchitectureSupport():
            return "The guest's kernel starts, and says what it can do (CAS)."
        case SetIndicator(_, index) as call:
            return _indicator(short(call), connector_name(index))
    return ""


def _indicator(value: str, name: str) -> str:
    match value:
        case "ISOLATE":
            return f"The guest isolates {name} (set-indicator 9001 to 0)."
        case "UNUSABLE":
            return f"The guest makes {name} unusable (set-indicator 9003 to 0): it has let it go."
        case "UNISOLATE":
            return f"The guest unisolates {name} (set-indicator 9001 to 1)."
        case "USABLE":
            return f"The guest claims {name}: usable (set-indicator 9003 to 1)."
    return f"The guest sets {value} of {name}."


def _rtas_answer(message: Message) -> str:
    match message:
        case ExceptionReturn(0, HotplugEvent(action=action, index=index, count=count)):
            return f"It is told: {action.name.lower()} {_what(index, count)}."
        case ExceptionReturn():
            return "There is none: nobody asks the guest for anything."
        case SensorReturn(0, state):
            return f"The connector is {EntitySense(state).name}."
        case StatusReturn(0) | ConnectorReturn(0):
            return "QEMU answers 0, success."
        case StatusReturn(status) | ConnectorReturn(status) | SensorReturn(status):
            return f"QEMU answers {status}."
    return ""
