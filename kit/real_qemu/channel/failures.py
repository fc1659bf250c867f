"""What goes wrong with a binary, in one line each; how QEMU's end is read; what is tried again.

A crash or a hang may be chance, and is tried again.  Two cases are known.  Stopped under TCG, QEMU
7.2 crashes at random once a core was removed.  With the accelerator qtest, QEMU 11.1 sometimes
hangs in the removal of a core, because the thread that stands in for the CPU does not end.  A
failed assertion is an answer.

Source: GLib's g_assert, glibc's assert and QEMU's util/error.c, for the texts of an abort.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from kit.common.errors import UserError
from kit.machine.events import Abort, Aborted, Reply
from kit.machine.q35.messages import AcpiReply

__all__ = ["MAX_TRIES", "BackendError", "QemuGone", "Tried", "abort_of", "crashed", "is_warning"]
__all__ += ["last_words", "tried"]

_WARNING = re.compile(r"\b(?:warning|info): ")
MAX_TRIES = 3
T = TypeVar("T")
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
    """QEMU crashed, aborted or hangs in the middle of a run.

    ``how`` says it in words, with the signal and the last line on stderr.  ``abort`` names the
    assertion; a crash or a hang has none.
    """

    def __init__(self, binary: str, how: str, abort: Abort) -> None:
        super().__init__(f"{binary}: {how}")
        self.how = how
        self.abort = abort


def abort_of(said: str, status: int | None) -> Abort:
    """Return how a process ended; without a failed assertion, the signal stands for the function.

    Args:
        said: What it wrote to stderr.
        status: Its exit status as a shell has it; None: it runs and does not answer any more.
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


def is_warning(line: str) -> bool:
    """Is a line of QEMU's log a warning or a remark, and not an error?

    >>> is_warning("qemu-system-ppc64: -mon chardev=mon: warning: '-mon' is deprecated")
    True
    """
    return _WARNING.search(line[:_MAX_LINE]) is not None


def last_words(said: str) -> str:
    """Return the last line that a process wrote, cut if it is long; "" if it wrote nothing.

    Warnings do not count: they say nothing about an end.

    >>> last_words("qemu: bad day\\nqemu: -mon: warning: '-mon' is deprecated\\n")
    'qemu: bad day'
    """
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    complaints = [line for line in lines if not is_warning(line)]
    last = complaints[-1] if complaints else ""
    return last if len(last) <= _MAX_LENGTH else f"{last[:_MAX_LENGTH]}…"


@dataclass(frozen=True, slots=True)
class Tried(Generic[T]):
    """The result of the last try, and how the tries before it ended, in words."""

    result: T
    earlier: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """A remark in brackets about the earlier tries; "" if there were none."""
        return (
            f" (tried again: the binary {'; then it '.join(self.earlier)})" if self.earlier else ""
        )


def crashed(reply: Reply | AcpiReply) -> bool:
    """Did QEMU crash or hang, without an assertion that failed?"""
    return isinstance(reply, Aborted) and reply.abort.assertion is None


def tried(attempt: Callable[[], tuple[T, str]]) -> Tried[T]:
    """Return the result of *attempt*, which is tried again while QEMU crashes or hangs.

    Args:
        attempt: Returns its result, and how QEMU crashed or hung, in words; "" if it did not.
    """
    earlier: list[str] = []
    while True:
        result, how = attempt()
        if not how or len(earlier) == MAX_TRIES - 1:
            return Tried(result, tuple(earlier))
        earlier.append(how)
