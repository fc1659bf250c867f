"""What real machines of both boards share: the process, its devices, and its end.

QEMU removes PHB and PCI devices late.  Instead of sleeping the kit sends a device_add that fails:
it waits for the late work of QEMU's other thread, and then DEVICE_DELETED comes.

Source: QEMU softmmu/qdev-monitor.c (drain_call_rcu in qmp_device_add).
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self, TypeVar, assert_never

from kit.machine.config import MIB
from kit.machine.events import Aborted, Done, QmpError, QmpReturn, Stepped
from kit.machine.requests import (
    Cont,
    Device,
    DeviceDel,
    Dimm,
    Nvdimm,
    QueryHotpluggableCpus,
    QueryMemoryDevices,
    Stop,
    SystemReset,
)
from kit.real_qemu.channel.failures import BackendError, QemuGone
from kit.real_qemu.channel.wire import QmpAnswer
from kit.real_qemu.launch import Binary, start
from kit.real_qemu.qmp import hotpluggable_cpus, memory_devices, reply_of
from kit.real_qemu.session import Session

__all__ = ["LABEL_BYTES", "RealMachine", "Usual"]

R = TypeVar("R")
Usual = DeviceDel | Stop | Cont | SystemReset | QueryHotpluggableCpus | QueryMemoryDevices
"""Requests that every machine carries out in the same way."""

LABEL_BYTES = 128 << 10  # of an nvdimm, beside its memory
_LATE_S = 10.0
_MIGRATION_S, _POLL_S = 30.0, 0.005
_NO_DEVICE = "no-such-device"
_ID = re.compile(r"[A-Za-z][A-Za-z0-9\-._]*")
_NAMED, _ANONYMOUS = "/machine/peripheral", "/machine/peripheral-anon"


class RealMachine:
    """A machine in a QEMU process; a context manager.

    ``aborted``: QEMU is gone, or does not answer any more.  ``ended`` says how, in words.  ``core``
    is the type of CPU that can be plugged, ``now_ns`` the guest's clock, by the last clock_step.

    Args:
        binary: What to start, and what it can do.
        more: More of its command line.
        answer_s: Seconds to wait for any answer.

    Raises:
        BackendError: It does not start.
    """

    def __init__(
        self, binary: Binary, more: tuple[str, ...] = (), *, answer_s: float = 20.0
    ) -> None:
        self.binary = binary
        self.answer_s = answer_s
        self.aborted: Aborted | None = None
        self.ended = ""
        self.backends: dict[str, str] = {}
        self.now_ns = 0
        self._made = 0
        self._places = [_NAMED]
        self.session = self.started(more)
        try:
            self.core = self._core_type()
            self._present = self._devices()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        self.session.close()

    def carry_out(self, reply: Callable[[], R], *, settles: bool = True) -> R | Aborted:
        """Return the reply to a request, or how QEMU ended; its events are those of the request.

        Args:
            reply: Sends the request.
            settles: Wait for QEMU's late work, too.

        Raises:
            BackendError: The binary cannot do that, or does not answer.
        """
        self.session.events.clear()
        if self.aborted is not None:
            return self.aborted
        try:
            found = reply()
            if settles:
                self.settle()
        except QemuGone as gone:
            return self.lost(gone)
        return found

    def usual(self, request: Usual) -> QmpReturn | QmpError | Done:
        """Carry out a request that every machine carries out in the same way."""
        match request:
            case DeviceDel(device_id):
                return reply_of(self.session.qmp("device_del", id=device_id))
            case Stop():
                return reply_of(self.session.qmp("stop"))
            case Cont():
                return reply_of(self.session.qmp("cont"))
            case SystemReset():
                self.reset()
                return Done()
            case QueryHotpluggableCpus():
                return QmpReturn(hotpluggable_cpus(self.ok("query-hotpluggable-cpus")))
            case QueryMemoryDevices():
                return QmpReturn(memory_devices(self.ok("query-memory-devices")))
        assert_never(request)

    def started(self, more: tuple[str, ...]) -> Session:
        """Start a process of this binary, with *more* on its command line."""
        return start(self.binary, more, answer_s=self.answer_s)

    def ok(self, command: str, **arguments: Any) -> Any:  # noqa: ANN401 - JSON
        """Send a QMP command that no build refuses, and return its answer."""
        answer = self.session.qmp(command, **arguments)
        if isinstance(answer, QmpAnswer):
            return answer.value
        raise self.error(f"refuses {command}: {answer.desc}")

    def lost(self, gone: QemuGone) -> Aborted:
        """Note that QEMU is gone, and return the answer to every request from now on."""
        self.aborted, self.ended = Aborted(gone.abort), gone.how
        return self.aborted

    def error(self, what: str) -> BackendError:
        """Return the error for what this binary does."""
        return BackendError(f"{self.binary.path}: {what}")

    def reset(self) -> None:
        """Reset the machine, and wait for the end of the reset."""
        self.ok("system_reset")
        if not self.session.wait_event(lambda event: event.name == "RESET"):
            raise self.error("does not reset in time")

    def clock_step(self, ns: int) -> Stepped:
        """Step the guest's clock; BackendError if this build cannot."""
        if not self.binary.steps_time:
            raise self.error("this build has no qtest accelerator: time cannot be stepped")
        self.now_ns = int(self.session.qtest("clock_step", str(ns))[0])
        return Stepped(self.now_ns)

    @contextmanager
    def destination(self, words: tuple[str, ...]) -> Iterator[Session]:
        """Yield another process, with *words* on its command line, that takes over in the end.

        An error ends it, and this machine stays in its old process.
        """
        there = self.started((*words, "-incoming", "defer"))
        try:
            yield there
        except BaseException:
            there.close()
            raise
        self.session.close()
        there.events.clear()
        self.session = there

    def send_to(self, there: Session) -> None:
        """Begin the migration to a process."""
        place = f"unix:{self.session.folder / 'migration'}"
        if isinstance(refused := reply_of(there.qmp("migrate-incoming", uri=place)), QmpError):
            raise self.error(f"refuses migrate-incoming: {refused.desc}")
        self.ok("migrate", uri=place)

    def wait_for(
        self, session: Session, query: str, good: tuple[str, ...], bad: tuple[str, ...]
    ) -> None:
        """Wait until a query says that a migration has come so far.

        Raises:
            BackendError: It says that the migration failed, or the time is over.
        """
        until = time.monotonic() + _MIGRATION_S
        while True:
            answer = session.qmp(query)
            value = answer.value if isinstance(answer, QmpAnswer) else {}
            status = value.get("status") if isinstance(value, dict) else None
            if status in good:
                return
            if status in bad or time.monotonic() > until:
                raise self.error(f"the migration fails: {query} says {status}")
            time.sleep(_POLL_S)

    def device_add(self, device: Device, arguments: dict[str, Any]) -> QmpReturn | QmpError:
        """Plug a device in; *arguments* lack only the memory of a module."""
        if device.id is None and _ANONYMOUS not in self._places:
            self._places.append(_ANONYMOUS)
        backend = None
        if isinstance(device, Dimm | Nvdimm):
            backend, refused = self._make_backend(device)
            if refused is not None:
                return refused
            arguments = {**arguments, "memdev": backend}
        reply = reply_of(self.session.qmp("device_add", **arguments))
        if isinstance(reply, QmpReturn):
            if backend is not None and device.id is not None:
                self.backends[device.id] = backend
            self.look()
        elif backend is not None:
            self.session.qmp("object-del", id=backend)
        return reply

    def _make_backend(self, device: Dimm | Nvdimm) -> tuple[str, QmpError | None]:
        """Create a module's memory under the module's name, by which a migration knows it."""
        taken = {str(found["name"]) for found in self.ok("qom-list", path="/objects")}
        name = f"mem-{device.id}"
        if name in taken or not _ID.fullmatch(name):
            self._made += 1
            name = f"mem--{self._made}"
        size = device.size_mib * MIB + (LABEL_BYTES if isinstance(device, Nvdimm) else 0)
        arguments = {"qom-type": "memory-backend-ram", "id": name, "size": size}
        refused = reply_of(self.session.qmp("object-add", **arguments))
        return name, refused if isinstance(refused, QmpError) else None

    def _core_type(self) -> str:
        slots = self.ok("query-hotpluggable-cpus")
        try:
            return str(slots[0]["type"])
        except (LookupError, TypeError):
            raise self.error("has no CPUs to plug") from None

    def _devices(self) -> frozenset[tuple[str, str]]:
        """Return place and name of every plugged device."""
        return frozenset(
            (place, str(found["name"]))
            for place in self._places
            for found in self.ok("qom-list", path=place)
            if str(found["type"]).startswith("child<")
        )

    def look(self) -> None:
        """Read which devices are plugged now."""
        self._present = self._devices()

    def settle(self) -> None:
        """Wait for the event of every removed device; free the memory of DIMMs."""
        before = self._present
        self.look()
        gone = sorted(before - self._present)
        if gone:
            self.session.qmp("device_add", driver=_NO_DEVICE)
        for place, name in gone:
            self.deleted(f"{place}/{name}")
            if backend := self.backends.pop(name, None):
                self.session.qmp("object-del", id=backend)

    def deleted(self, path: str) -> None:
        """Wait for the DEVICE_DELETED of the device at *path*."""
        if not self.wait_deleted(path, _LATE_S):
            raise self.error(f"{path} is gone without DEVICE_DELETED")

    def wait_deleted(self, path: str, timeout_s: float) -> bool:
        """Return whether the DEVICE_DELETED of the device at *path* comes in time."""
        return self.session.wait_event(
            lambda event: event.name == "DEVICE_DELETED" and event.data.get("path") == path,
            timeout_s,
        )
