"""Run `kit` in a fork of this process, which has imported it: half a second less than a new one.

What a fork cannot show needs a process of its own: how Python starts and ends, and what is
imported from where.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryFile
from time import monotonic, sleep
from typing import NoReturn

from kit.cli.main import load_commands

__all__ = ["ForkedKit"]


class ForkedKit:
    """A command that runs; it leads a session, its output goes nowhere, its errors are kept."""

    def __init__(
        self, arguments: Sequence[str], cwd: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        """Start it; *environment* is added to that of this process."""
        load_commands([])
        self.status: int | None = None
        self._errors = TemporaryFile()  # noqa: SIM115 - closed in errors()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                _run(arguments, cwd, environment or {}, self._errors.fileno())
            finally:
                os._exit(70)

    def wait(self, timeout_s: float) -> int | None:
        """Return the exit status, negative for a signal; None if it still runs after so long."""
        until = monotonic() + timeout_s
        while self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
            elif monotonic() >= until:
                return None
            else:
                sleep(0.002)
        return self.status

    def kill(self) -> None:
        """Kill it, if it still runs."""
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            self.wait(60)

    def errors(self) -> str:
        """Return what it wrote to stderr; call it at the end."""
        with self._errors as file:
            file.seek(0)
            return file.read().decode()


def _run(
    arguments: Sequence[str], cwd: Path, environment: Mapping[str, str], errors: int
) -> NoReturn:
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for here, there in ((nothing, 0), (nothing, 1), (errors, 2)):
        os.dup2(here, there)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 - a handle; it ends with the process
    sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115
    os.chdir(cwd)
    os.environ.update(environment)
    sys.argv = ["kit", *arguments]
    from kit.__main__ import start

    status = 1
    try:
        status = start()
    except BaseException:  # noqa: BLE001 - as Python ends
        sys.excepthook(*sys.exc_info())
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
