"""Programs that are started in place of a QEMU, and do as one is told."""

from __future__ import annotations

import os
import stat
import sys
import time
from pathlib import Path

__all__ = ["GREETING", "eventually_none", "fake", "residual"]

GREETING = (
    '{"QMP": {"version": {"qemu": {"major": 7, "minor": 2, "micro": 0}, "package": ""},'
    ' "capabilities": []}}'
)
_HEAD = f"""#!{sys.executable}
import json, os, signal, socket, sys, time
def connected():
    line = sys.argv
    qtest = line[line.index("-qtest") + 1].removeprefix("unix:")
    qmp = line[line.index("-chardev") + 1].rpartition("path=")[2]
    found = []
    for path in (qtest, qmp):
        one = socket.socket(socket.AF_UNIX)
        one.connect(path)
        found.append(one)
    return found
def greet():
    global qtest, qmp, commands
    qtest, qmp = connected()
    qmp.sendall({GREETING!r}.encode() + b"\\r\\n")
    commands = qmp.makefile("rb")
    answer(1)
def answer(number, value={{}}):
    commands.readline()
    qmp.sendall(json.dumps({{"return": value, "id": number}}).encode() + b"\\n")
"""


def fake(folder: Path, body: str) -> str:
    """Write a program: *body* may use connected(), greet(), answer(n), qmp, qtest, commands."""
    path = folder / "qemu-system-ppc64"
    path.write_text(_HEAD + body)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def residual(path: str) -> list[str]:
    """Return the command lines of living processes that name *path*, ours not among them."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:  # it ended meanwhile
            continue
        if int(entry.name) != os.getpid() and path in words:
            found.append(" ".join(words))
    return found


def eventually_none(path: str) -> bool:
    """Is no process of *path* left, when those that were killed have had time to go?"""
    until = time.monotonic() + 5
    while residual(path):
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True
