"""How many steps a real QEMU takes in a second, beside the embedded machine, in one run."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from kit.machine.requests import Request
from kit.real_qemu.api import identity_of
from kit.real_qemu.channel.failures import BackendError
from kit.real_qemu.pseries import RealSpapr
from kit.real_qemu.replay import embedded, needs_time
from kit.recordings.format import read_scripts

__all__ = ["Speed", "speed"]

# Cores only: after one is removed, 7.2 under TCG may end when the memory map changes.
FEW = ("cooperative-unplug", "guest-rejects-by-unisolate", "resend-queues-events", "bad-indicators")
ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Speed:
    """Steps per second of both, and ms that a start and stop of the real one takes."""

    name: str
    real: float
    embedded: float
    start_ms: float


def speed(recording: Path) -> Speed | str:
    """Measure; a text where there is no binary: how to get one."""
    try:
        identity = identity_of()
    except BackendError as error:
        return str(error)
    scripts = [
        [request for _, request in one.steps if isinstance(request, Request)]
        for one in read_scripts(recording.read_text().splitlines(), recording.name)
        if one.name in FEW and not needs_time(one, identity.binary)
    ]
    steps = ROUNDS * sum(map(len, scripts))
    real_s = embedded_s = start_s = 0.0
    for requests in scripts * ROUNDS:
        began = time.perf_counter()
        with RealSpapr(identity.binary) as machine:
            started = time.perf_counter()
            for request in requests:
                machine.ask(request)
            done = time.perf_counter()
        real_s += done - started
        start_s += started - began + time.perf_counter() - done
        ask = embedded(identity)
        began = time.perf_counter()
        for request in requests:
            ask(request)
        embedded_s += time.perf_counter() - began
    starts = ROUNDS * len(scripts)
    return Speed(identity.binary.name, steps / real_s, steps / embedded_s, 1000 * start_s / starts)
