"""RTAS over qtest: the guest's calls, made by the driver, with buffers in the guest's memory.

Source: QEMU softmmu/qtest.c (the command "rtas"), hw/ppc/spapr_rtas.c (qtest_rtas_call); LoPAR 7.3
(the calls), 10.2 and 10.3.2 (event logs).
"""

from __future__ import annotations

from collections.abc import Iterable

from kit.machine import events, requests
from kit.real_qemu.channel.failures import BackendError
from kit.real_qemu.session import Session

__all__ = ["RtasRequest", "hotplug_event", "rtas"]

RtasRequest = (
    requests.SetIndicator
    | requests.GetSensorState
    | requests.ConfigureConnector
    | requests.CheckException
    | requests.EventScan
    | requests.RawRtas
)
RtasReply = (
    events.StatusReturn
    | events.SensorReturn
    | events.ConnectorReturn
    | events.ExceptionReturn
    | events.RawReturn
)

# Guest addresses, in its first memory and away from firmware and device tree.
_ARGS, _RETS, _WORK, _LOG = 0x100000, 0x110000, 0x120000, 0x130000
_LOG_BYTES = 2048
_EPOW_VECTOR = 0x500
_MAX_CALLS = 10_000  # a fragment of a device tree has far fewer parts
_WORD = 0xFFFFFFFF


def rtas(session: Session, request: RtasRequest) -> RtasReply:
    """Make a guest's call; a guest's mistake gets a status, a build's one raises BackendError."""
    match request:
        case requests.SetIndicator(indicator, index, state):
            return events.StatusReturn(
                *_call(session, "set-indicator", (indicator, index, state), 1)
            )
        case requests.GetSensorState(sensor, index):
            return events.SensorReturn(*_call(session, "get-sensor-state", (sensor, index), 2))
        case requests.ConfigureConnector(index, calls):
            return _configure(session, index, calls)
        case requests.CheckException(mask):
            return _check_exception(session, mask)
        case requests.EventScan(mask):
            args = (mask, 0, _LOG, _LOG_BYTES)
            return events.StatusReturn(*_call(session, "event-scan", args, 1))
        case requests.RawRtas(name, args, nret):
            return events.RawReturn(_call(session, name, args, nret))


def _call(
    session: Session, name: str, args: Iterable[int], nret: int, *before: tuple[str | int, ...]
) -> tuple[int, ...]:
    """Make a call, after the commands that prepare the guest's memory for it, all at once."""
    data = b"".join((word & _WORD).to_bytes(4, "big") for word in args)
    room = 4 * nret
    commands = [*before, ("write", _ARGS, max(len(data), 1), f"0x{data.hex() or '00'}")]
    commands.append(("memset", _RETS, max(room, 4), 0))
    # only the addresses are read as hexadecimal: the counts have their own base
    commands.append(("rtas", name, str(len(data) // 4), _ARGS, str(nret), _RETS))
    commands.append(("read", _RETS, max(room, 4)))
    *_, answer, read = session.qtests(commands)
    if answer != ("0",):
        raise BackendError(f"{session.binary}: RTAS {name} answers {' '.join(answer)}")
    found = _bytes(session, read, max(room, 4))
    return tuple(int.from_bytes(found[at : at + 4], "big", signed=True) for at in range(0, room, 4))


def _bytes(session: Session, words: tuple[str, ...], size: int) -> bytes:
    try:
        data = bytes.fromhex(words[0].removeprefix("0x"))
    except (ValueError, IndexError):
        data = b""
    if len(data) != size:
        raise BackendError(f"{session.binary}: reads no memory over qtest")
    return data


def _configure(session: Session, index: int, calls: int | None) -> events.ConnectorReturn:
    most = _MAX_CALLS if calls is None else calls
    area = (index & _WORD).to_bytes(4, "big") + bytes(4)
    prepare = ("write", _WORK, len(area), f"0x{area.hex()}")
    for made in range(1, most + 1):
        (status,) = _call(session, "ibm,configure-connector", (_WORK, 0), 1, prepare)
        if status <= 0 or made == calls:
            return events.ConnectorReturn(status, made)
    raise BackendError(f"{session.binary}: configure-connector does not end")


def _check_exception(session: Session, mask: int) -> events.ExceptionReturn:
    args = (_EPOW_VECTOR, 0, mask, 0, _LOG, _LOG_BYTES)
    (status,) = _call(session, "check-exception", args, 1, ("memset", _LOG, _LOG_BYTES, 0))
    if status:
        return events.ExceptionReturn(status)
    log = session.qtest("read", _LOG, _LOG_BYTES)
    event = hotplug_event(_bytes(session, log, _LOG_BYTES))
    if event is None:
        raise BackendError(f"{session.binary}: an event that is not a hotplug event")
    return events.ExceptionReturn(status, event)


def hotplug_event(log: bytes) -> events.HotplugEvent | None:
    """Return the hotplug section of an RTAS event log; None if there is no valid one.

    The log: 8 bytes of header, a version 6 log with 16 bytes of its own, then sections of two
    letters, their length and their content.
    """
    end = 8 + int.from_bytes(log[4:8], "big")
    at = 8 + 16
    while at + 4 <= min(end, len(log)):
        size = int.from_bytes(log[at + 2 : at + 4], "big")
        if log[at : at + 2] == b"HP" and size >= 20:
            return _section(log[at + 8 : at + size])
        if size < 4:
            break
        at += size
    return None


def _section(body: bytes) -> events.HotplugEvent | None:
    try:
        kind, action = events.HotplugType(body[0]), events.HotplugAction(body[1])
        identifier = events.HotplugIdentifier(body[2])
    except (ValueError, IndexError):
        return None
    first, second = int.from_bytes(body[4:8], "big"), int.from_bytes(body[8:12], "big")
    index, count = {
        events.HotplugIdentifier.DRC_INDEX: (first, None),
        events.HotplugIdentifier.DRC_COUNT: (None, first),
        events.HotplugIdentifier.DRC_COUNT_INDEXED: (second, first),
    }.get(identifier, (None, None))
    return events.HotplugEvent(
        type=kind, action=action, identifier=identifier, index=index, count=count
    )
