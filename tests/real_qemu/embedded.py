"""The embedded machine in the place of a real one, with answers altered as a test wants."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType

from kit.machine.config import Config
from kit.machine.events import Aborted, HotplugEvent, Outcome, UnplugTimeout
from kit.machine.pseries.step import boot, step
from kit.machine.requests import Request
from kit.machine.revision import Board, Revision
from kit.real_qemu.launch import Binary

__all__ = ["Embedded"]

Alter = Callable[[Request, Outcome], Outcome]


_UNSEEN = (HotplugEvent, UnplugTimeout)  # no QEMU tells anybody of these


class Embedded:
    """Answers as `kit.real_qemu.pseries.RealSpapr` does; ``asked`` is what it was asked."""

    def __init__(
        self,
        revision: Revision,
        alter: Alter = lambda _, outcome: outcome,
        *,
        steps_time: bool = False,
    ) -> None:
        self.binary = Binary(
            path="/bin/qemu", board=Board.PSERIES, version=(9, 9, 9), steps_time=steps_time
        )
        self.asked: list[Request] = []
        self.ended = ""
        self._machine = boot(revision, Config(cas_at_reset=steps_time))
        self._alter = alter

    def __enter__(self) -> Embedded:
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        pass

    def ask(self, request: Request) -> Outcome:
        self.asked.append(request)
        self._machine, outcome = step(self._machine, request)
        seen = tuple(one for one in outcome.emitted if not isinstance(one, _UNSEEN))
        altered = self._alter(request, Outcome(outcome.reply, seen))
        if isinstance(altered.reply, Aborted):
            self.ended = f"ended ({altered.reply.abort.function})"
        return altered
