"""One sentence for each entry of a trace, for people; and the short name for a lane or a line.

Text that comes from a device id or a log is passed on as it is: whoever shows it escapes it.
"""

from __future__ import annotations

from kit.machine.clock import NS_PER_S
from kit.machine.connector import EntitySense
from kit.machine.events import (
    Aborted,
    ConnectorReturn,
    DeviceDeleted,
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
)
from kit.machine.requests import (
    CheckException,
    ConfigureConnector,
    DeviceAdd,
    DeviceDel,
    GetSensorState,
    SetIndicator,
    SystemReset,
)
from kit.machine.rtas import ALLOCATION_STATE, DR_INDICATOR, ISOLATION_STATE
from kit.runs.trace import WIRE_NAMES, GuestLog, Message, TraceEntry

__all__ = ["seconds", "sentence", "short"]

_INDICATOR_VALUES = {
    (ISOLATION_STATE, 0): "ISOLATE",
    (ISOLATION_STATE, 1): "UNISOLATE",
    (ALLOCATION_STATE, 0): "UNUSABLE",
    (ALLOCATION_STATE, 1): "USABLE",
}


def seconds(at_ns: int) -> str:
    """Write a time in seconds, as short as it is exact to the millisecond.

    >>> seconds(15_000_000_000), seconds(14_999_000_000), seconds(14_999_999_999)
    ('15 s', '14.999 s', '14.999999999 s')
    """
    whole, rest = divmod(at_ns, NS_PER_S)
    return f"{whole}.{rest:09d}".rstrip("0").rstrip(".") + " s"


def short(message: Message) -> str:
    """Name a message in a word or two, as its protocol does."""
    match message:
        case DeviceDel(name):
            return f"device_del {name}"
        case DeviceAdd(device):
            return f"device_add {device.id}"
        case SetIndicator(indicator, _, state):
            lamp = (
                f"indicator {indicator} = {state}" if indicator != DR_INDICATOR else f"lamp {state}"
            )
            return _INDICATOR_VALUES.get((indicator, state), lamp)
        case GetSensorState():
            return "sensor?"
        case QmpReturn():
            return "OK"
        case QmpError():
            return "error"
        case StatusReturn(status):
            return str(status)
        case SensorReturn(0, state):
            return EntitySense(state).name
        case SensorReturn(status):
            return str(status)
        case HotplugEvent(action=action):
            return f"{action.name} event"
        case UnplugTimeout():
            return "request forgotten"
        case DeviceDeleted():
            return "DEVICE_DELETED"
        case ErrorReport():
            return "line in QEMU's log"
        case Aborted():
            return "QEMU aborts"
        case GuestLog():
            return "line in the guest's log"
    return WIRE_NAMES[type(message)]


def sentence(entry: TraceEntry) -> str:
    """Say in one sentence what an entry tells."""
    match entry.message:
        case DeviceDel(name):
            return f"The operator asks QEMU to remove {name} (device_del)."
        case SystemReset():
            return "The operator resets the machine (system_reset)."
        case QmpReturn():
            return "QEMU accepts the request."
        case QmpError(_, desc):
            return f"QEMU refuses: “{desc}”."
        case Done():
            return "The machine starts anew."
        case HotplugEvent(action=HotplugAction.REMOVE):
            return "QEMU queues an event: the guest is asked to give the core back."
        case HotplugEvent():
            return "QEMU queues an event: the guest is told of something new."
        case CheckException():
            return "The guest looks for an event (check-exception)."
        case ExceptionReturn(0, HotplugEvent(action=action)):
            return f"It is told: {action.name.lower()} the core."
        case ExceptionReturn():
            return "There is none: nobody asks the guest for anything."
        case GetSensorState():
            return "The guest reads the connector's sensor (get-sensor-state)."
        case SensorReturn(0, state):
            return f"The connector is {EntitySense(state).name}."
        case DeviceDeleted(device=device):
            return f"QEMU has released {device or 'the device'} and says so: DEVICE_DELETED."
        case DeviceUnplugGuestError(device=device):
            return (
                f"QEMU tells the management layer that the guest keeps {device or 'the device'}:"
                " DEVICE_UNPLUG_GUEST_ERROR."
            )
        case MemUnplugError(msg=msg):
            return f"QEMU tells the management layer: “{msg}” (MEM_UNPLUG_ERROR)."
        case ErrorReport(text):
            return f"QEMU writes to its own log, and to nobody else: “{text}”."
        case UnplugTimeout():
            return "QEMU's 15 s are over: it forgets the request and tells nobody."
        case Aborted(abort):
            if abort.assertion is None:
                return f"QEMU crashes in {abort.function}: segmentation fault."
            return f"QEMU aborts in {abort.function}: assertion “{abort.assertion}” fails."
        case GuestLog(text):
            return f"The guest writes to its log: “{text}”."
    return _rtas_sentence(entry.message)


def _rtas_sentence(message: Message) -> str:
    match message:
        case SetIndicator() as call if short(call) == "ISOLATE":
            return "The guest isolates the connector (set-indicator 9001 to 0)."
        case SetIndicator() as call if short(call) == "UNUSABLE":
            return "The guest makes it unusable (set-indicator 9003 to 0): it has let the core go."
        case SetIndicator() as call if short(call) == "UNISOLATE":
            return "The guest unisolates the connector: from Linux 5.13 on that means “I cannot”."
        case SetIndicator() as call:
            return f"The guest sets {short(call)}."
        case ConfigureConnector(index):
            return f"The guest configures connector {index:#x}."
        case StatusReturn(0) | ConnectorReturn(0):
            return "QEMU answers 0, success."
        case StatusReturn(status) | ConnectorReturn(status) | SensorReturn(status):
            return f"QEMU answers {status}."
    return f"{WIRE_NAMES[type(message)]}."
