"""A user's own machine as a process: a line of JSON in, a line of JSON out.

A Python file runs in a process as well, by `kit.storage.own_node`, so that a loop without end, an
exit, or gigabytes of memory are that process's and not the kit's.  The process ends with the kit.
"""

from __future__ import annotations

import json
import os
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from kit.common.child_process import PIPE, Child, python, start
from kit.common.errors import UserError
from kit.common.json_fields import FormatError, Json, short
from kit.common.plain_text import plain
from kit.explorer.own_machine import (
    MAX_LINE,
    VERSION,
    OwnMachine,
    OwnMachineError,
    OwnObject,
    canonical,
    read_line,
    read_object,
)

__all__ = ["ANSWER_S", "OwnProgram", "machine_of"]

ANSWER_S = 5.0
"""How long a machine may take for an answer; the first one includes its start."""

_MAX_SAID = 2_000  # bytes of what it writes to stderr, the last ones
_READ_BYTES = 65_536


class OwnProgram:
    """A program that answers; a context manager that ends it."""

    def __init__(self, path: Path, *, answer_s: float | None = None) -> None:
        """Start the program of *path*; `UserError` if that is not possible."""
        self.name = plain(str(path))
        self._answer_s = ANSWER_S if answer_s is None else answer_s
        try:
            self._child: Child = start(_command(path), stdin=PIPE)
        except OSError as error:
            why = error.strerror or error
            raise UserError(
                f"{self.name}: cannot be started: {why}; is its first line #! and an interpreter?"
            ) from None
        self._lines: queue.Queue[bytes] = queue.Queue(maxsize=2)
        self._said = b""
        assert self._child.stdout is not None
        assert self._child.stderr is not None
        _in_background(self._read_answers, self._child.stdout)
        self._listener = _in_background(self._read_complaints, self._child.stderr)

    def __enter__(self) -> OwnProgram:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._child.stdin is not None
        with suppress(OSError):
            self._child.stdin.close()
        self._child.end(0.2)  # readers in the background close the other pipes

    def describe(self) -> Json:
        """Return the description."""
        return self._answer({"do": "describe", "version": VERSION}, "describe")

    def step(self, action: str, state: str) -> Json:
        """Return the answer to an action in a state."""
        head = json.dumps({"do": "step", "action": action}, separators=(",", ":"))
        return self._answer(f'{head[:-1]},"state":{state}}}', f"{action!r}")

    def _answer(self, request: str | dict[str, Any], what: str) -> Json:
        """Send a line and read one.

        Raises:
            OwnMachineError: The program ends, or does not answer in time.
            FormatError: The answer is not a line of JSON.
        """
        line = request if isinstance(request, str) else canonical(request)
        self._check_silence(what)
        assert self._child.stdin is not None
        with suppress(OSError):  # a closed pipe is an end, which is noticed below
            self._child.stdin.write(f"{line}\n".encode())
            self._child.stdin.flush()
        try:
            got = self._lines.get(timeout=self._answer_s)
        except queue.Empty:
            self._child.end(0)
            raise OwnMachineError(
                f"{self.name}: {plain(what)}: no answer within {self._answer_s:g} s, so it was"
                " ended; write one line for each line, and flush the output"
            ) from None
        if not got:
            raise self._ended(what)
        if len(got) > MAX_LINE:
            raise FormatError(f"the answer has more than {MAX_LINE:,} bytes; make the state short")
        try:
            return read_line(got.decode())
        except UnicodeDecodeError as error:
            raise FormatError(f"the answer is not UTF-8 text: {error.reason}") from None

    def _check_silence(self, what: str) -> None:
        """Raise `OwnMachineError` if there is a line that nothing asked for."""
        with suppress(queue.Empty):
            line = self._lines.get_nowait()
            if not line:
                raise self._ended(what)
            raise OwnMachineError(
                f"{self.name}: wrote a second line before {plain(what)}:"
                f" {short(line[:100].decode('utf-8', 'replace'))}; write one line for each line"
            )

    def _ended(self, what: str) -> OwnMachineError:
        with suppress(TimeoutError):
            self._child.wait(0.5)
        running = self._child.poll() is None
        status = self._child.end()
        self._listener.join(1)
        how = f"by signal {-status}" if status < 0 else f"with status {status}"
        if running:
            how = "its output"
        lines = self._said.decode("utf-8", "replace").strip().splitlines()
        said = f"; it wrote: {plain(lines[-1])[:300]}" if lines else ""
        did = "closed" if running else "ended"
        return OwnMachineError(
            f"{self.name}: {did} {how} instead of an answer to {plain(what)}{said}"
        )

    def _read_answers(self, pipe: IO[bytes]) -> None:
        while line := pipe.readline(MAX_LINE + 2):
            self._lines.put(line)
        self._lines.put(b"")

    def _read_complaints(self, pipe: IO[bytes]) -> None:
        while data := os.read(pipe.fileno(), _READ_BYTES):
            self._said = (self._said + data)[-_MAX_SAID:]


def _in_background(read: Callable[[IO[bytes]], None], pipe: IO[bytes]) -> threading.Thread:
    def reads() -> None:
        with suppress(OSError, ValueError), pipe:
            read(pipe)

    thread = threading.Thread(target=reads, daemon=True)
    thread.start()
    return thread


def _command(path: Path) -> list[str]:
    """Return the command that runs a machine; `UserError` if it is none."""
    if path.is_dir() or not path.exists():
        what = "is a folder" if path.is_dir() else "there is no such file"
        raise UserError(f"{path}: {what}; --machine names a Python file or a program")
    if path.suffix == ".py":
        return python("-m", "kit.storage.own_node", str(path.absolute()))
    if not os.access(path, os.X_OK):
        raise UserError(f"{path}: cannot be executed; chmod +x {path.name}, or name it .py")
    return [str(path.absolute())]


class _InProcess:
    """An object in this process, as a speaker; what it returns is read as from a program."""

    def __init__(self, machine: OwnObject) -> None:
        self.name, self._machine = plain(type(machine).__name__), machine

    def describe(self) -> Json:
        return self._answer(self._machine.describe, "describe")

    def step(self, action: str, state: str) -> Json:
        return self._answer(lambda: self._machine.step(json.loads(state), action), repr(action))

    def _answer(self, ask: Callable[[], object], what: str) -> Json:
        try:
            found = ask()
        except Exception as error:
            words = f"{type(error).__name__}: {error}"
            raise OwnMachineError(f"{self.name}: {what} raised {plain(words)[:300]}") from error
        return read_object(found)


def machine_of(machine: OwnObject) -> OwnMachine:
    """Return a machine that is an object of this process; OwnMachineError breaks the protocol."""
    return OwnMachine(_InProcess(machine))
