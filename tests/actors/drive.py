"""A guest on a machine, with nobody else and no time: what it calls, what it writes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from kit.actors.kernel import Conduct, Guest
from kit.actors.messages import (
    CpuOnline,
    DeviceTree,
    Input,
    Interrupt,
    Restarted,
    Send,
    Work,
    WorkDone,
    WriteLog,
)
from kit.actors.pseries_guest import receive
from kit.actors.pseries_programs import GuestKind
from kit.machine.catalogue import find_revision
from kit.machine.config import Config
from kit.machine.events import HotplugEvent
from kit.machine.pseries.connector import DrcState
from kit.machine.pseries.step import Machine, boot, step
from kit.machine.requests import (
    CheckException,
    ClientArchitectureSupport,
    CpuCore,
    Device,
    DeviceAdd,
    DeviceDel,
    Request,
)
from kit.trace.kinds import label_of

CORE0, CORE1 = 0x10000000, 0x10000001


@dataclass
class Drive:
    """A guest, its machine, and what was said: calls and answers, log lines, work in ns."""

    machine: Machine
    guest: Guest
    said: list[str] = field(default_factory=list)

    def ask(self, request: Request) -> None:
        """The operator's side; what QEMU queues interrupts the guest."""
        self.machine, outcome = step(self.machine, request)
        for emitted in outcome.emitted:
            if isinstance(emitted, HotplugEvent):
                self.tell(emitted)
            else:
                self.said.append(type(emitted).__name__)

    def tell(self, told: Input) -> None:
        """Tell the guest something, and carry out all that it asks for."""
        self.guest, commands = receive(self.guest, told)
        for command in commands:
            match command:
                case WriteLog(text):
                    self.said.append(f"log: {text}")
                case Work(ns):
                    if ns:
                        self.said.append(f"works {ns} ns")
                    self.tell(WorkDone())
                case Send(message=message):
                    self._call(message)

    def _call(self, message: object) -> None:
        assert isinstance(message, Request)
        self.machine, outcome = step(self.machine, message)
        reply: Input = outcome.reply
        if isinstance(message, ClientArchitectureSupport):
            reply = DeviceTree(
                tuple(d.index for d in self.machine.drcs if d.state is DrcState.CONFIGURED)
            )
        elif isinstance(message, CheckException):
            self.said.append(label_of(outcome.reply))
        else:
            self.said.append(f"{label_of(message)}: {label_of(outcome.reply)}")
        self.said += [type(e).__name__ for e in outcome.emitted]
        self.tell(reply)
        if isinstance(message, CheckException) and self.machine.queue:
            self.tell(Interrupt())


def booted(
    kind: GuestKind = GuestKind.LINUX_5_12,
    *devices: Device,
    at: str = "revert",
    conduct: Conduct | None = None,
    pinned: tuple[int, ...] = (),
) -> Drive:
    """A guest that uses *devices*; what was said so far is forgotten."""
    drive = Drive(
        boot(find_revision(at), Config(cas_at_reset=False)), Guest(kind=GuestKind.LINUX_5_12)
    )
    drive.tell(Restarted())
    for device in devices or (CpuCore(1, "core1"),):
        drive.ask(DeviceAdd(device))
    drive.guest = replace(drive.guest, kind=kind, conduct=conduct or Conduct(), pinned=pinned)
    drive.said.clear()
    return drive


def only_core1_online(drive: Drive) -> Drive:
    """Switch core 0 off, so that core 1 is the last that runs."""
    drive.tell(CpuOnline(CORE0, False))
    return drive


def unplug(drive: Drive, name: str = "core1") -> list[str]:
    """Ask for a device, and return what was said."""
    drive.ask(DeviceDel(name))
    return drive.said
