"""The error for a file of no known format: what the file looks like, and what to log instead.

Source: libvirt docs/kbase/debuglogs.rst; QEMU docs/interop/qmp-spec.rst, qemu-options.hx (-chardev,
logfile); virsh(1).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from kit.logs.entries import plain
from kit.logs.formats.base import LogLine

__all__ = ["refusal_of"]

_QMP = (
    "-chardev socket,id=qmp,path=qmp.sock,server=on,wait=off,logfile=qmp.log"
    " -mon chardev=qmp,mode=control"
)
_LIBVIRT = (
    'log_filters="1:qemu.qemu_monitor" and'
    ' log_outputs="1:file:/var/log/libvirt/libvirtd.log" in virtqemud.conf or libvirtd.conf'
)


_OTHER = f"start QEMU with {_QMP}, or set {_LIBVIRT}"
_LOOKS = (
    (
        re.compile(r"nova[-.]|\bcinder|neutron"),
        "a log of OpenStack, which holds no messages of QEMU's monitor",
        f"on the compute host, set {_LIBVIRT}",
    ),
    (
        re.compile(r"starting up libvirt version|qemu-system-\w+: |^\s*-msg timestamp"),
        "QEMU's own log of a domain, which holds no messages of its monitor",
        f"set {_LIBVIRT}",
    ),
    (
        re.compile(r"^\s*\[ *\d+\.\d{3,6}\] |kernel: "),
        "a kernel's log, which holds no messages of QEMU's monitor",
        _OTHER,
    ),
    (
        re.compile(r"\b(libvirtd|virtqemud)\[\d+\]: |: \d+: (error|warning|info|debug) : "),
        "a log of libvirt without the messages of QEMU's monitor",
        f"set {_LIBVIRT}",
    ),
    (
        re.compile(r"^\s*<(\?xml|domain|device|disk|interface)\b"),
        "XML",
        "give the log of the monitor: " + _QMP,
    ),
    (re.compile(r"^Traceback \(most recent call last\)"), "a traceback of Python", _OTHER),
)
"""A sign of a file without messages of a monitor, what that is, and what to log instead."""


def refusal_of(names: str, seen: Sequence[LogLine], lines: Sequence[str], page: str) -> str:
    """Return one line: what the file looks like, what to log instead, and where that is written."""
    forms = f"{page} describes the forms"
    if not any(line.strip() for line in lines):
        return f"{names}: is empty; {_OTHER}; {forms}"
    first = next(line for line in lines if line.strip())
    begins = f"begins “{plain(first.strip(), 60)}”"
    if sum("\ufffd" in line or "\x00" in line for line in lines) * 2 > len(lines):
        return f"{names}: is not text ({begins}); unpack it first; {forms}"
    for sign, what, instead in _LOOKS:
        if any(sign.search(line[:1000]) for line in lines[:400]):
            return f"{names}: {begins}: {what}; {instead}; {forms}"
    searched = f"no message of QEMU's monitor in its first {len(seen):,} lines"
    return f"{names}: {begins}: {searched}; {_OTHER}; {forms}"
