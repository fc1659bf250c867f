"""Tasks for the connector: the state to reach, and clicks that reach it."""

from __future__ import annotations

from dataclasses import dataclass

from kit.common.errors import UserError
from kit.machine.pseries.connector import Drc
from kit.machine.revision import Revision
from kit.views.models.connector import ConnectorModel, Press, drive

__all__ = ["CONNECTOR_TASKS", "ConnectorTask", "connector_tasks_named"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorTask:
    """A task: what it asks, the clicks before it and of one solution, and why it is solved.

    It is solved when the connector is where the solution leads, however it got there.
    """

    asks: str
    why: str
    presses: tuple[Press, ...]
    given: tuple[Press, ...] = ()

    def solved(self, model: ConnectorModel) -> bool:
        """Is the connector where the solution leads?"""
        asked = Press.DEVICE_DEL in model.presses[: model.place]
        return asked >= (Press.DEVICE_DEL in self.presses) and _seen(model.drc) == _seen(
            self.end(model.revision)
        )

    def end(self, revision: Revision) -> Drc:
        """Return the connector after the solution."""
        return drive(revision, (*self.given, *self.presses))[-1].after

    def next_press(self, done: tuple[Press, ...]) -> Press | None:
        """Return the next click of the solution; None after a click that is not part of it."""
        whole = (*self.given, *self.presses)
        return whole[len(done)] if done == whole[: len(done)] and len(done) < len(whole) else None


def _seen(drc: Drc) -> tuple[object, ...]:
    return drc.state, drc.device is None, drc.unplug_requested


_UP = (Press.DEVICE_ADD, Press.USABLE, Press.UNISOLATE, Press.CONFIGURE)
_DOWN = (Press.ISOLATE, Press.UNUSABLE)
CONNECTOR_TASKS: dict[str, tuple[ConnectorTask, ...]] = {
    "up-and-down": (
        ConnectorTask(
            asks="Plug a core in and bring its connector to CONFIGURED.",
            why="The guest claimed the connector, switched it on, and read what is in it.",
            presses=_UP,
        ),
        ConnectorTask(
            asks="QEMU requests the core. Release it, so that QEMU removes it.",
            why="UNUSABLE finds the request, so QEMU removed the core.",
            given=_UP,
            presses=(Press.DEVICE_DEL, *_DOWN),
        ),
        ConnectorTask(
            asks="Release the core although QEMU did not request it. Does QEMU remove it?",
            why="UNUSABLE found no request, so the core is still in the connector.",
            given=_UP,
            presses=_DOWN,
        ),
    ),
}


def connector_tasks_named(name: str) -> tuple[ConnectorTask, ...]:
    """Return the tasks called *name*.

    Raises:
        UserError: There are none of that name.
    """
    if name not in CONNECTOR_TASKS:
        raise UserError(f"no tasks {name!r}; expected one of: {', '.join(CONNECTOR_TASKS)}")
    return CONNECTOR_TASKS[name]
