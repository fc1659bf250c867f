"""What to start and how: which binary, what it can do, its command line.

A build is tried, because QEMU does not list the qtest accelerator, and a distribution may leave it
out.

Source: QEMU qemu-options.hx; the command lines are those of the recordings.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from kit.machine.pcie_revisions import PCIE, PCIE_ACPI
from kit.machine.revision import Board
from kit.real_qemu import firmware
from kit.real_qemu.channel.failures import BackendError
from kit.real_qemu.channel.wire import QmpAnswer
from kit.real_qemu.session import Session

__all__ = ["ENVIRONMENT", "PROGRAMS", "SANDBOX", "Binary", "find_binary", "probe", "start"]

ENVIRONMENT = "KIT_QEMU_SYSTEM"
_X86 = "qemu-system-x86_64"
PROGRAMS = {
    Board.PSERIES: "qemu-system-ppc64",
    Board.Q35: _X86,
    PCIE: _X86,
    PCIE_ACPI: _X86,
}
GET_IT = (
    "get one (Debian: apt install {package}, Fedora: dnf install {program}-core,"
    " macOS: brew install qemu, conda-forge: qemu)"
)
_PACKAGES = {"qemu-system-ppc64": "qemu-system-ppc", _X86: "qemu-system-x86"}
_STEPPED = (Board.PSERIES, PCIE, PCIE_ACPI)  # machines whose recordings step the guest's clock
SANDBOX = ("-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny")


@dataclass(frozen=True, slots=True, kw_only=True)
class Binary:
    """A QEMU, and what it can do.

    ``steps_time``: it has the accelerator qtest, so that the guest's clock can be stepped.
    ``accelerators`` are the names of all that were built in.
    """

    path: str
    board: Board
    version: tuple[int, int, int]
    package: str = ""
    steps_time: bool = False
    sandbox: bool = False
    accelerators: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Program and version, for people."""
        version = ".".join(map(str, self.version))
        package = f" ({self.package})" if self.package else ""
        return f"{Path(self.path).name} {version}{package}"

    @property
    def can_step(self) -> bool:
        """Is it of a machine whose recordings step the guest's clock?"""
        return self.board in _STEPPED

    @property
    def cannot(self) -> tuple[str, ...]:
        """What this build cannot do, a line each."""
        found = []
        if not self.steps_time and self.can_step:
            found.append("this build has no qtest accelerator: time cannot be stepped")
        if not self.sandbox:
            found.append("this build has no sandbox: it runs with the user's rights")
        return tuple(found)


def find_binary(chosen: str | None = None, board: Board = Board.PSERIES) -> str:
    """Return the absolute path of the QEMU to use, or raise BackendError with how to get one.

    Args:
        chosen: A path or a program's name; else the environment's KIT_QEMU_SYSTEM (pseries only),
            else the usual program on PATH.
        board: The machine it is for.
    """
    if sys.platform == "emscripten":
        raise BackendError("a page in a browser cannot start a QEMU; the kit on your machine can")
    environment = os.environ.get(ENVIRONMENT) if board == Board.PSERIES else None
    wanted = os.path.expanduser(chosen or environment or PROGRAMS[board])  # noqa: PTH111 - a name too
    found = shutil.which(wanted)
    if found is not None:
        return str(Path(found).absolute())
    if Path(wanted).exists():
        raise BackendError(f"{wanted}: is not a program that can be started")
    whence = f" ({ENVIRONMENT})" if not chosen and environment else ""
    how = GET_IT.format(package=_PACKAGES[PROGRAMS[board]], program=PROGRAMS[board])
    raise BackendError(f"{wanted}{whence}: no such program; {how}")


def probe(path: str, board: Board = Board.PSERIES) -> Binary:
    """Start a binary and find out what it can do; the result is kept until the file changes."""
    try:
        changed = Path(path).stat().st_mtime_ns
    except OSError as error:
        raise BackendError(f"{path}: cannot be read: {error.strerror}") from None
    return _probe(path, board, changed)


@lru_cache(maxsize=32)
def _probe(path: str, board: Board, _changed: int) -> Binary:
    wanted = Binary(
        path=path, board=board, version=(0, 0, 0), steps_time=board in _STEPPED, sandbox=True
    )
    while True:
        try:
            with start(wanted) as session:
                greeting = session.greeting
                return replace(
                    wanted,
                    version=greeting.version,
                    package=greeting.package,
                    accelerators=_accelerators(session),
                )
        except BackendError as error:
            less = _with_less(wanted, str(error))
            if less is None:
                raise
            wanted = less


def _accelerators(session: Session) -> tuple[str, ...]:
    """Return the types of accelerators, of which ``-accel help`` lists only some."""
    answer = session.qmp("qom-list-types", implements="accel", abstract=False)
    value = answer.value if isinstance(answer, QmpAnswer) else None
    if not isinstance(value, list):
        return ()
    names = [one.get("name") for one in value if isinstance(one, dict)]
    named = (name for name in names if isinstance(name, str) and name.endswith("-accel"))
    return tuple(sorted(name.removesuffix("-accel") for name in named))


def _with_less(wanted: Binary, why: str) -> Binary | None:
    """Return what to try next, if a build lacks an option."""
    if wanted.sandbox and ("sandbox" in why or "seccomp" in why):
        return replace(wanted, sandbox=False)
    if wanted.steps_time and "qtest" in why and "accelerator" in why:
        return replace(wanted, steps_time=False)
    return None


_FIRMWARE = "firmware.bin"
_PORTS = ("-machine", "q35", "-global", "e1000e.romfile=")
_COMMAND_LINES = {
    Board.PSERIES: (
        *("-machine", "pseries", "-smp", "1,maxcpus=4,threads=1"),
        *("-m", "256,slots=4,maxmem=2G", "-global", "e1000.romfile="),
    ),
    Board.Q35: ("-machine", "q35"),
    PCIE: _PORTS,
    PCIE_ACPI: _PORTS,
}


def start(binary: Binary, more: Iterable[str] = (), *, answer_s: float = 20.0) -> Session:
    """Start the binary's machine, stopped, with *more* on its command line."""
    sandbox = SANDBOX if binary.sandbox else ()
    accel = ("-accel", "qtest") if binary.steps_time else ("-accel", "tcg,tb-size=16", "-S")
    files = {}
    if binary.board == Board.PSERIES and not binary.steps_time:
        files[_FIRMWARE] = firmware.image()
        accel = (*accel, "-bios", _FIRMWARE)
    words = (*_COMMAND_LINES[binary.board], *accel, *sandbox, *more)
    return Session(binary.path, words, files=files, answer_s=answer_s)
