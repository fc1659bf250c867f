"""What goes wrong with a binary, in one line each; and how QEMU's own end is read.

Source: GLib's g_assert, glibc's assert and QEMU's util/error.c, for the texts of an abort.
"""

from __future__ import annotations

import re
import signal

from kit.common.errors import UserError
from kit.machine.events import Abort

__all__ = ["BackendError", "QemuGone", "abort_of", "last_words"]

_MAX_LENGTH = 300
_MAX_LINE = 1000  # a flood is not searched
_UP = r"(?:\.\./)*(?:src/)?"
_ABORTS = (
    re.compile(
        rf"ERROR:{_UP}(?P<file>[^:\n]+):\d+:(?P<function>\w+):"
        r" assertion failed: \((?P<assertion>.*)\)"
    ),
    re.compile(
        rf"{_UP}(?P<file>[\w/.-]+):\d+: (?P<function>\w+): Assertion [`'](?P<assertion>.*)' failed"
    ),
)


class BackendError(UserError):
    """A binary cannot do what was asked, or is not a QEMU: one line, with what to do."""


class QemuGone(BackendError):  # noqa: N818 - what happened, and an observation more than an error
    """QEMU is gone in the middle of a run: `abort` is how."""

    def __init__(self, words: str, abort: Abort) -> None:
        super().__init__(words)
        self.abort = abort


def abort_of(said: str, status: int | None) -> Abort:
    """Return how a process ended.

    Args:
        said: What it wrote to stderr.
        status: Its exit status as a shell has it; None: it is there and does not answer any more.

    Returns:
        The assertion that failed; without one, the signal stands for the function.
    """
    for line in reversed(said.splitlines()):
        for pattern in _ABORTS:
            last = pattern.search(line[:_MAX_LINE])
            if last is not None:
                return Abort(last["file"], last["function"], last["assertion"])
    return Abort("", _ending(status), None)


def _ending(status: int | None) -> str:
    if status is None:
        return "closed its monitor"
    if status <= 128:
        return f"exit {status}"
    try:
        return signal.Signals(status - 128).name
    except ValueError:
        return f"exit {status}"


def last_words(said: str) -> str:
    """Return the last line that a process wrote, cut if it is long; "" if it wrote nothing."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    last = lines[-1] if lines else ""
    return last if len(last) <= _MAX_LENGTH else f"{last[:_MAX_LENGTH]}…"
