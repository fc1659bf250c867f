"""Compute QEMU's answers to a second device_del, some time after the first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kit.actors.messages import Actor
from kit.machine.clock import NS_PER_MS, NS_PER_S
from kit.machine.events import QmpError
from kit.machine.pseries.rtas import ALLOCATION_STATE, ISOLATION_STATE
from kit.machine.pseries.step import boot, step
from kit.machine.requests import (
    CheckException,
    ClockStep,
    ConfigureConnector,
    CpuCore,
    DeviceAdd,
    DeviceDel,
    SetIndicator,
)
from kit.machine.revision import Revision
from kit.trace.kinds import recipient

__all__ = ["Retry", "retries"]

CORE1 = 0x10000001
NS_PER_DAY = 86_400 * NS_PER_S


@dataclass(frozen=True, slots=True)
class Retry:
    """QEMU's error for a second device_del ``after_ms`` after the first; None: accepted.

    ``sends``: it makes QEMU send the guest an event.
    """

    after_ms: int
    error: str | None
    sends: bool

    @property
    def seconds_named(self) -> int | None:
        """The remaining seconds that the error names; None if it names none."""
        words = (self.error or "").split()
        return int(words[words.index("seconds") - 1]) if "seconds" in words else None


def retries(
    revision: Revision, after_ms: Iterable[int], *, uptime_days: int = 0
) -> tuple[Retry, ...]:
    """Return QEMU's answers to a second device_del for core 1, while the guest does nothing.

    *after_ms* are milliseconds of the guest's clock between the two requests, *uptime_days* is how
    long the guest has been running before the first.

    >>> from kit.machine.catalogue import find_revision
    >>> [r.seconds_named for r in retries(find_revision("cpu-timeout"), (0, 1, 3000, 15000))]
    [15, 14, 12, None]
    """
    machine = boot(revision)
    for request in (
        ClockStep(uptime_days * NS_PER_DAY),
        DeviceAdd(CpuCore(1, "core1")),
        CheckException(0xFFFFFFFF),
        SetIndicator(ALLOCATION_STATE, CORE1, 1),
        SetIndicator(ISOLATION_STATE, CORE1, 1),
        ConfigureConnector(CORE1),
        DeviceDel("core1"),
    ):
        machine, _ = step(machine, request)
    answers = []
    for wait in after_ms:
        later, _ = step(machine, ClockStep(wait * NS_PER_MS))
        _, outcome = step(later, DeviceDel("core1"))
        error = outcome.reply.desc if isinstance(outcome.reply, QmpError) else None
        sends = any(recipient(one) is Actor.GUEST for one in outcome.emitted)
        answers.append(Retry(wait, error, sends))
    return tuple(answers)
