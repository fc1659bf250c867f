"""A path of the explorer on a binary, step by step, beside the embedded machine.

A path has no times.  A build that cannot step time stops where time must pass.  A build that can
has QEMU play the guest's CAS at each reset and nowhere else.  Under TCG the kit's firmware makes
the CAS where the path has it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from kit.common.english import counted
from kit.common.errors import MisuseError
from kit.common.json_fields import Json
from kit.explorer.export import Asked, request_json
from kit.machine.clock import NS_PER_MS
from kit.machine.config import Config
from kit.machine.pseries.machine import Machine
from kit.machine.pseries.step import boot, next_deadline, step
from kit.machine.requests import (
    ClientArchitectureSupport,
    ClockStep,
    DeviceDel,
    Request,
    SystemReset,
)
from kit.machine.revision import Revision
from kit.real_qemu.channel.failures import Tried, tried
from kit.real_qemu.launch import Binary
from kit.real_qemu.pseries import RealSpapr
from kit.recordings.answers import answer_json
from kit.simulation.actions import first_words

__all__ = ["LivePath", "LiveStep", "replay_path"]

_ONE_MS = ClockStep(NS_PER_MS)
NO_TIME = "time has to pass, and this build has no qtest accelerator"
NO_CAS = "the guest's CAS comes by itself, and this build has one at a reset alone"


@dataclass(frozen=True, slots=True)
class LiveStep:
    """One request, as recordings have it, and the answers of both machines."""

    choice: int
    action: str
    asked: Json
    embedded: Json
    real: Json

    @property
    def same(self) -> bool:
        """Do both answer the same?"""
        return bool(self.embedded == self.real)

    @property
    def crashed(self) -> bool:
        """Did the binary exit on its own where the embedded machine goes on?"""
        ended = self.real.get("aborted")
        return ended is not None and ended["assertion"] is None and not self.same


@dataclass(frozen=True, slots=True, kw_only=True)
class LivePath:
    """The result of a path: the steps up to the first difference.

    ``choices`` is how many the path has, ``binary`` what played it.  ``stopped`` says why it
    stopped where nothing differs, ``ended`` how the binary crashed or hung, in words, and
    ``earlier`` how it did so at each try before this one.
    """

    steps: tuple[LiveStep, ...]
    choices: int
    binary: str
    stopped: str = ""
    ended: str = ""
    earlier: tuple[str, ...] = ()

    @property
    def difference(self) -> LiveStep | None:
        """The step in which the two differ, if any."""
        return next((one for one in self.steps if not one.same), None)

    @property
    def words(self) -> str:
        """The result in a sentence."""
        again = Tried(None, self.earlier).words
        one, count = self.difference, counted(len(self.steps), "step")
        if one is None and not self.stopped:
            return f"the real one does the same: {counted(self.choices, 'choice')}, {count}{again}"
        if one is None:
            return f"the same in {count}; then {self.stopped}{again}"
        where = f"at choice {one.choice}, {one.action} ({one.asked['op']})"
        if one.crashed:
            return f"{where}, the real one {self.ended}{again}"
        embedded, real = json.dumps(one.embedded), json.dumps(one.real)
        return f"{where}, embedded answers {embedded}, the real one {real}{again}"

    def json(self) -> dict[str, Any]:
        """The result as JSON."""
        return {
            "same": self.difference is None,
            "choices": self.choices,
            "stopped": self.stopped or None,
            "again": bool(self.earlier),
            "earlier": list(self.earlier),
            "steps": [
                {
                    "choice": one.choice,
                    "action": first_words(one.action),
                    "asked": one.asked,
                    "same": one.same,
                    **({} if one.same else {"embedded": one.embedded, "real": one.real}),
                }
                for one in self.steps
            ],
        }


def replay_path(asked: Iterable[Asked], binary: Binary, revision: Revision) -> LivePath:
    """Send the requests of a path to a binary, and to the embedded machine at *revision*.

    `kit.real_qemu.channel.failures` says what is tried again.
    """
    wanted = list(asked)
    found = tried(lambda: _once(wanted, binary, revision))
    return replace(found.result, earlier=found.earlier)


def _once(wanted: list[Asked], binary: Binary, revision: Revision) -> tuple[LivePath, str]:
    """Return the result, and how the binary crashed or hung where the embedded machine does not."""
    machine = boot(revision, Config(cas_at_reset=binary.steps_time))
    steps: list[LiveStep] = []
    stopped = ""
    with RealSpapr(binary) as real:
        for number, one in enumerate(wanted):
            before = wanted[number - 1].request if number else None
            try:
                requests = list(_requests(one, machine, binary, before))
            except MisuseError as why:
                stopped = f"choice {one.choice} of {wanted[-1].choice}, {one.action}: {why}"
                break
            for request in requests:
                machine, outcome = step(machine, request)
                told = real.ask(request)
                steps.append(
                    LiveStep(
                        one.choice,
                        one.action,
                        request_json(request),
                        answer_json(outcome),
                        answer_json(told),
                    )
                )
            if steps and (not steps[-1].same or "aborted" in steps[-1].real):
                break
        crash = steps and steps[-1].crashed
        ended = real.ended if crash else ""
    path = LivePath(
        steps=tuple(steps),
        choices=wanted[-1].choice,
        binary=binary.name,
        stopped=stopped,
        ended=ended,
    )
    return path, ended


def _requests(
    one: Asked, machine: Machine, binary: Binary, before: Request | None
) -> Iterator[Request]:
    """Yield the requests of a step on this binary; `MisuseError` says why it has none."""
    request = one.request
    if request is None:
        deadline = next_deadline(machine)
        assert deadline is not None
        request = ClockStep(deadline - machine.now_ns)
    elif isinstance(request, ClientArchitectureSupport) and binary.steps_time:
        if not isinstance(before, SystemReset):
            raise MisuseError(NO_CAS)
        return
    elif isinstance(request, DeviceDel) and machine.timers:
        yield from _passing(_ONE_MS, binary)
    if isinstance(request, ClockStep):
        yield from _passing(request, binary)
    else:
        yield request


def _passing(request: ClockStep, binary: Binary) -> Iterator[Request]:
    if not binary.steps_time:
        raise MisuseError(NO_TIME)
    yield request
