"""A QEMU process with its two sockets: started, asked, and ended whatever happens.

Blocking sockets and a time limit on every wait; no asyncio, because a notebook already runs a
loop.  The sockets are in a folder that only the user can enter.  A shell sets the limits and
becomes QEMU; `kit.common.child_process` ends it with the kit, even if the kit was killed.

Source: QEMU qemu-options.hx (-qtest, -qmp, -nodefaults).
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import shutil
import socket
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Generic, TypeVar

from kit.common.child_process import STDOUT, Child, start
from kit.common.user_file import create_file, write_atomic
from kit.machine.events import Abort
from kit.real_qemu.channel.failures import BackendError, QemuGone, abort_of, last_words
from kit.real_qemu.channel.wire import (
    QmpAnswer,
    QmpCodec,
    QmpEvent,
    QmpFailure,
    QmpGreeting,
    QmpMessage,
    QtestCodec,
    QtestFail,
    QtestIrq,
    QtestMessage,
    QtestOk,
    WireError,
)

__all__ = ["Session"]

START_S = 20.0
ANSWER_S = 20.0
LOOK_S = 0.02  # how often a wait looks whether the process is still there
_END_S = 5.0
_MAX_EVENTS = 10_000  # between two looks at them
_SAID_BYTES = 64 << 10
_STAMP = re.compile(r"^\d{4}-[0-9T:.-]{20,30}Z ")  # -msg timestamp=on
_MEMORY_KIB = 8 << 20  # of address space: QEMU reserves far more than it uses
_FILE_BLOCKS = 16 << 11  # of 512 bytes: 16 MiB in any one file
_CPU_S = 3600
# "$0" is QEMU.  It starts without a limit that the system does not know.
_LIMITED = f"""
ulimit -c 0; ulimit -v {_MEMORY_KIB} 2>/dev/null; ulimit -f {_FILE_BLOCKS} 2>/dev/null
ulimit -t {_CPU_S} 2>/dev/null
exec "$0" "$@"
"""
M = TypeVar("M", QmpMessage, QtestMessage)


class Session:
    """One QEMU process; a context manager that leaves nothing of it behind.

    ``events`` are QMP events that nobody has taken, ``greeting`` is QEMU's greeting.  The methods
    raise QemuGone if the process is gone, and BackendError if it does not answer in time, refuses,
    or does not speak its protocol.

    Args:
        binary: The program, by an absolute path.
        arguments: Its command line, without what every session has.
        files: The files in the folder in which it runs, by name.
        console: It runs a guest, whose console is a socket; then there is no qtest.
        start_s: Seconds to wait until it has started.
        answer_s: Seconds to wait for any answer.
    """

    def __init__(
        self,
        binary: str,
        arguments: Iterable[str],
        *,
        files: Mapping[str, bytes] | None = None,
        console: bool = False,
        start_s: float = START_S,
        answer_s: float = ANSWER_S,
    ) -> None:
        if not hasattr(socket, "AF_UNIX"):
            raise BackendError(f"{binary}: a real QEMU needs unix sockets: Linux or macOS")
        self.binary = binary
        self.events: list[QmpEvent] = []
        self.folder = Path(tempfile.mkdtemp(prefix="unplug-kit-"))  # mode 0700
        self.console: socket.socket | None = None
        self._answer_s = answer_s
        self._number = 0
        self._read_bytes = 0
        self._sockets: list[socket.socket] = []
        self._process: Child | None = None
        try:
            for name, data in (files or {}).items():
                write_atomic(self.folder / name, data)
            self._start([*arguments], time.monotonic() + start_s, console=console)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start(self, arguments: list[str], until: float, *, console: bool) -> None:
        other, qmp = self._listen("console" if console else "qtest"), self._listen("qmp")
        tty = ("-chardev", f"socket,id=tty,path={self.folder / 'console'}")
        qtest = ("-qtest", f"unix:{self.folder / 'qtest'}", "-qtest-log", "/dev/null")
        command = [
            *("/bin/sh", "-c", _LIMITED),
            *(self.binary, *arguments, "-nodefaults", "-no-user-config", "-display", "none"),
            *((*tty, "-device", "spapr-vty,chardev=tty") if console else qtest),
            *("-chardev", f"socket,id=mon,path={self.folder / 'qmp'}"),
            *("-qmp", "chardev:mon"),
        ]
        with create_file(self.folder / "said") as said:
            self._process = start(
                command,
                cwd=self.folder,
                environment={**os.environ, "LC_ALL": "C"},
                stdout=said,
                stderr=STDOUT,
            )
        second = self._accept(other, until)
        self.console = second if console else None
        self._qtest: _Channel[QtestMessage] = _Channel(second, QtestCodec().feed)
        self._qmp: _Channel[QmpMessage] = _Channel(self._accept(qmp, until), QmpCodec().feed)
        greeting = self._next(self._qmp, until, "its greeting")
        if not isinstance(greeting, QmpGreeting):
            raise self._error("does not greet as QMP does; is it a QEMU?")
        self.greeting = greeting
        answer = self.qmp("qmp_capabilities")
        if not isinstance(answer, QmpAnswer):
            raise self._error(f"refuses QMP: {answer.desc}")

    def _listen(self, name: str) -> socket.socket:
        one = socket.socket(socket.AF_UNIX)
        self._sockets.append(one)
        try:
            one.bind(str(self.folder / name))
        except OSError as error:  # a path of more than some 100 bytes
            raise BackendError(
                f"{self.folder}: no socket can be made there: {error}; set TMPDIR to a short path"
            ) from error
        one.listen(1)
        one.settimeout(LOOK_S)
        return one

    def _accept(self, listening: socket.socket, until: float) -> socket.socket:
        while True:
            with contextlib.suppress(TimeoutError):
                connected, _ = listening.accept()
                self._sockets.append(connected)
                return connected
            if self._process is not None and self._process.poll() is not None:
                raise self._error(f"does not start: {self._why()}")
            if time.monotonic() > until:
                raise self._error("starts and does not connect to its sockets; is it a QEMU?")

    def close(self) -> None:
        """End the process, and remove the sockets and the folder; calling it twice is harmless."""
        for one in self._sockets:
            one.close()
        self._sockets.clear()
        process, self._process = self._process, None
        if process is not None:
            process.end(0)
        shutil.rmtree(self.folder, ignore_errors=True)

    def qmp(self, command: str, **arguments: Any) -> QmpAnswer | QmpFailure:  # noqa: ANN401 - JSON
        """Send a command over QMP; ``_`` in a name stands for ``-``."""
        self._number += 1
        named = {name.replace("_", "-"): value for name, value in arguments.items()}
        self._write(self._qmp.socket, QmpCodec.command(command, named, self._number))
        until = time.monotonic() + self._answer_s
        while True:
            message = self._next(self._qmp, until, command)
            if isinstance(message, QmpEvent):
                self._take(message)
            elif isinstance(message, QmpGreeting) or message.id not in (None, self._number):
                raise self._error(f"answers what was not asked, after {command}")
            else:
                return message

    def qtest(self, *words: str | int) -> tuple[str, ...]:
        """Send one command over qtest; see `qtests`."""
        return self.qtests([words])[0]

    def qtests(self, commands: Sequence[tuple[str | int, ...]]) -> list[tuple[str, ...]]:
        """Send commands over qtest, all at once; return the words after each OK."""
        data = b"".join(QtestCodec.command(*words) for words in commands)
        self._write(self._qtest.socket, data)
        until = time.monotonic() + self._answer_s
        found: list[tuple[str, ...]] = []
        while len(found) < len(commands):
            asked = str(commands[len(found)][0])
            match self._next(self._qtest, until, asked):
                case QtestOk(words):
                    found.append(words)
                case QtestFail(text):
                    raise self._error(f"refuses the qtest command {asked}: {text}")
                case QtestIrq():
                    continue
        return found

    def wait_event(
        self, wanted: Callable[[QmpEvent], bool], timeout_s: float | None = None
    ) -> bool:
        """Wait for an event that is *wanted*; return whether it came in time.

        The event stays in ``events``.  The time *timeout_s* is in seconds; None waits as long as
        for an answer.
        """
        until = time.monotonic() + (self._answer_s if timeout_s is None else timeout_s)
        seen = 0
        while not any(map(wanted, self.events[seen:])):
            seen = len(self.events)
            try:
                message = self._next(self._qmp, until, "")
            except TimeoutError:
                return False
            if not isinstance(message, QmpEvent):
                raise self._error("answers what was not asked")
            self._take(message)
        return True

    def look(self, timeout_s: float) -> bytes:
        """Wait until something comes, keep events, and return the console's output."""
        assert self.console is not None
        sockets = [self._qmp.socket, self.console]
        ready, _, _ = select.select(sockets, [], [], max(timeout_s, 0))
        if self._qmp.socket in ready:
            self._receive(self._qmp, time.monotonic() + LOOK_S)
        for message in self._qmp.waiting:
            if not isinstance(message, QmpEvent):
                raise self._error("answers what was not asked")
            self._take(message)
        self._qmp.waiting.clear()
        if self.console not in ready:
            return b""
        try:
            data = self.console.recv(1 << 16)
        except OSError:
            raise self._gone() from None
        if not data:
            raise self._gone()
        return data

    def type(self, data: bytes) -> None:
        """Type at the guest's console."""
        assert self.console is not None
        self._write(self.console, data)

    def _take(self, event: QmpEvent) -> None:
        if len(self.events) >= _MAX_EVENTS:
            raise self._error(f"sends more than {_MAX_EVENTS} events at once")
        self.events.append(event)

    def _write(self, connected: socket.socket, data: bytes) -> None:
        connected.settimeout(self._answer_s)
        try:
            connected.sendall(data)
        except TimeoutError:
            raise self._error(f"does not take a command within {self._answer_s:g} s") from None
        except OSError:
            raise self._gone() from None

    def _next(self, channel: _Channel[M], until: float, what: str) -> M:
        """Return the next message, the answer to *what*; TimeoutError only if that is empty."""
        while not channel.waiting:
            try:
                self._receive(channel, until)
            except TimeoutError:
                if not what:
                    raise
                raise self._hangs(what) from None
        return channel.waiting.pop(0)

    def _receive(self, channel: _Channel[M], until: float) -> None:
        channel.socket.settimeout(max(until - time.monotonic(), 0.001))
        try:
            data = channel.socket.recv(1 << 16)
            if not data:
                raise self._gone()
            channel.waiting += channel.feed(data)
        except TimeoutError:
            raise
        except WireError as error:
            raise self._error(f"says {error}") from None
        except OSError:
            raise self._gone() from None

    def output(self) -> str:
        """Return the end of what the process wrote to stdout and stderr."""
        with (self.folder / "said").open("rb") as file:
            file.seek(max(file.seek(0, os.SEEK_END) - _SAID_BYTES, 0))
            return file.read().decode("utf-8", "replace")

    def new_lines(self) -> tuple[str, ...]:
        """Return the whole lines that it has written since the last call."""
        with (self.folder / "said").open("rb") as file:
            file.seek(self._read_bytes)
            lines, _, _ = file.read(_SAID_BYTES).rpartition(b"\n")
        if lines:
            self._read_bytes += len(lines) + 1
        return tuple(lines.decode("utf-8", "replace").splitlines())

    def _gone(self) -> QemuGone:
        status = None
        with contextlib.suppress(TimeoutError):
            status = self._status()
        said = self.output()  # what it says last, it may say after it closed the socket
        abort = abort_of(said, status)
        how = f"{abort.function}: {abort.assertion}" if abort.assertion else abort.function
        return QemuGone(self.binary, f"ended ({how}){_after_colon(last_words(said))}", abort)

    def _hangs(self, what: str) -> QemuGone:
        how = f"does not answer ({what}) in time{_after_colon(last_words(self.output()))}"
        return QemuGone(self.binary, how, Abort("", f"no answer to {what}", None))

    def _status(self) -> int | None:
        """Wait for the end; return the exit status as a shell has it, None if there is no process.

        Raises:
            TimeoutError: It still runs.
        """
        if self._process is None:
            return None
        status = self._process.wait(_END_S)
        return status if status >= 0 else 128 - status

    def _why(self) -> str:
        """Return why it did not start: its last complaint, else its last line, else its exit."""
        said, name = self.output(), f"{Path(self.binary).name}: "
        lines = [_STAMP.sub("", line) for line in said.splitlines()]
        complaints = [line for line in lines if line.startswith(name)]
        words = last_words("\n".join(complaints) or said).removeprefix(name)
        return words or f"it ends at once, {abort_of('', self._status()).function}"

    def _error(self, what: str) -> BackendError:
        return BackendError(f"{self.binary}: {what}")


def _after_colon(words: str) -> str:
    return f": {words}" if words else ""


class _Channel(Generic[M]):
    """A connected socket, its codec, and the messages that nobody took yet."""

    def __init__(self, connected: socket.socket, feed: Callable[[bytes], Iterable[M]]) -> None:
        self.socket = connected
        self.feed: Callable[[bytes], Iterable[M]] = feed
        self.waiting: list[M] = []
