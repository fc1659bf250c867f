"""Sessions of QEMU's human monitor (HMP): plain, Proxmox's, or through virsh.

HMP prints no events, and nothing when a command succeeds: then the next prompt is the answer.

Source: QEMU docs/system/monitor.rst, hmp-commands.hx, monitor/hmp.c (hmp_handle_error); Proxmox
qm(1), monitor; virsh(1), qemu-monitor-command --hmp.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from kit.common.json_fields import Json
from kit.logs.entries import LogFormat, plain
from kit.logs.formats.base import Format, Item, LoggedObject, LogLine, SkippedLine, check_length
from kit.machine.errors import ErrorMeaning, error_text_of

__all__ = ["FORMAT", "HMP"]

HMP = LogFormat(
    "HMP session",
    note=(
        "HMP prints no events, so DEVICE_DELETED is not in it. To log them, start QEMU with"
        " -chardev socket,id=qmp,path=qmp.sock,server=on,wait=off,logfile=qmp.log"
        " -mon chardev=qmp,mode=control."
    ),
)
_PROMPT = re.compile(r"\s*(?:(?:\(qemu\)|qm>)[ \t]*)+")
_VIRSH = re.compile(
    r".*\bvirsh (?:-\S+ \S+ )*qemu-monitor-command (?:--domain )?"
    r"(?:\S+ --hmp (?:--cmd )?(?P<command>.+)|--hmp (?:--domain )?\S+ (?P<command2>.+))"
)
_VERSION = re.compile(r"QEMU (\d{1,4})\.(\d{1,4})\.(\d{1,4}) monitor - type")
_NAMES = ("device_add", "device_del", "system_reset", "stop", "cont", "migrate")
_SHORT = {"c": "cont"}


def _sniff(lines: Sequence[str]) -> int:
    if any(_PROMPT.match(line[:200]) or _VERSION.match(line) for line in lines):
        return 6
    return 5 if any(_VIRSH.match(line[:400]) for line in lines) else 0


def _read(lines: Iterator[LogLine]) -> Iterator[Item]:
    waiting: LoggedObject | None = None
    typed = ""
    for line in lines:
        if too_long := check_length(line):
            yield too_long
            continue
        command = _command_in(line.text)
        if command is not None:
            if waiting is not None:  # the prompt is back, and there was no error
                yield line.holds({"return": {}})
            waiting, typed = _read_command(line, command), command
            yield waiting or SkippedLine()
        elif version := _VERSION.match(line.text):
            yield line.greets(version)
        elif waiting is not None and (error := _error_in(line.text)) is not None:
            waiting = None
            yield line.holds({"error": error})
        elif line.text.strip() and line.text.strip() != typed:
            yield SkippedLine()


def _command_in(text: str) -> str | None:
    """Return what is typed at a prompt; None without a prompt."""
    if match := _PROMPT.match(text):
        return text[match.end() :].strip()
    if match := _VIRSH.match(text[:2000]):
        return (match["command"] or match["command2"]).strip().strip("'\"")
    return None


def _read_command(line: LogLine, text: str) -> LoggedObject | None:
    """Return a command as an object of QMP; None for one that is not about unplugging."""
    name, _, rest = text.partition(" ")
    name, rest = _SHORT.get(name, name), rest.strip()
    if name not in _NAMES:
        return None
    arguments: dict[str, Json] = {}
    if name == "device_del":
        arguments = {"id": rest}
    elif name == "device_add":
        first, _, more = rest.partition(",")
        arguments = _pairs(rest) if "=" in first else {"driver": first, **_pairs(more)}
    return line.holds({"execute": name, "arguments": arguments})


def _pairs(text: str) -> dict[str, Json]:
    """Return the properties of a device, ``key=value`` with commas between."""
    pairs = (part.partition("=") for part in text.split(","))
    return {key.strip(): value.strip() for key, _, value in pairs if key.strip()}


def _error_in(text: str) -> dict[str, Json] | None:
    """Return the error that a line prints; None if it prints something else."""
    match = re.match(r"\s*(?:Error|error): (?P<desc>.+)", text)
    desc = match["desc"] if match else text
    row = error_text_of(desc)
    if match is None and row is None:
        return None
    gone = row is not None and row.meaning is ErrorMeaning.GONE
    return {"class": "DeviceNotFound" if gone else "GenericError", "desc": plain(desc.strip())}


FORMAT = Format(HMP, _sniff, _read)
