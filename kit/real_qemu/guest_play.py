"""A scenario on a real QEMU with a real guest kernel, in real time.

The operator's lines go to QEMU's monitor and to a shell at the guest's console; libvirt is the
kit's, and waits in real time.  Nobody drives the guest: the kit only observes it.
"""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import replace

from kit.actors import libvirt as libvirts
from kit.actors import operator as operators
from kit.actors.libvirt import WAIT_PSERIES_S, Libvirt
from kit.actors.messages import (
    Actor,
    CpuOnline,
    Dlpar,
    GuestLog,
    Input,
    Message,
    WaitOver,
)
from kit.actors.operator import Operator, TypedLine
from kit.common.errors import MisuseError
from kit.machine.clock import NS_PER_MS, NS_PER_S
from kit.machine.events import Aborted, Emitted, HotplugAction, QmpError
from kit.machine.pseries.connector import TYPES, DrcType
from kit.machine.requests import DeviceAdd, Request, SystemReset
from kit.machine.revision import Board
from kit.real_qemu.channel.failures import BackendError, QemuGone
from kit.real_qemu.console import ConsoleLine
from kit.real_qemu.guest import GuestMachine, GuestObservation
from kit.real_qemu.guest_image import GuestImage
from kit.real_qemu.launch import Binary
from kit.simulation.actions import line_of
from kit.simulation.driver import Driver
from kit.simulation.guest_run import (
    GuestMoment,
    GuestRun,
    cannot,
    check_scenario,
    setup_notes,
)
from kit.simulation.platform import AnyEmitted, AnyReply
from kit.simulation.run import Intervention
from kit.simulation.scenario import Scenario
from kit.trace.entry import TraceEntry

__all__ = ["BOOT_S", "play_guest"]

BOOT_S = 180.0
MAX_ENTRIES = 5000
_VERSION = re.compile(r"Linux version (\S{1,100})")
_CORE = 0x0FFFFFFF


def play_guest(
    scenario: Scenario,
    binary: Binary,
    image: GuestImage,
    interventions: tuple[Intervention, ...] = (),
    *,
    boot_s: float = BOOT_S,
    answer_s: float = 20.0,
) -> GuestRun:
    """Boot a kernel on *binary* and play *scenario* with it, in real time.

    If QEMU ends in the middle, the run is what was observed until then.

    Raises:
        UserError: The scenario is too long, or for another machine.
        BackendError: The binary does not start, or no shell answers at the console.
    """
    check_scenario(scenario, Board.PSERIES)
    with GuestMachine(binary, image, answer_s=answer_s) as machine:
        story = _Story(scenario, machine, boot_s)
        story.begin()
        story.play(interventions)
        return story.result()


class _Story(Driver):
    """The run so far, and the lines still to be typed."""

    def __init__(self, scenario: Scenario, machine: GuestMachine, boot_s: float) -> None:
        self._scenario, self._machine, self._boot_s = scenario, machine, boot_s
        self._moments: list[GuestMoment] = []
        self._notes = [*setup_notes(scenario.setup)]
        self._start_clock()
        self._booting = True
        self._over = False
        self._kernel = "no kernel yet"
        self._operator = Operator()
        self._devices = {str(device.id): device for device in scenario.setup.devices}
        version = scenario.setup.libvirt
        self._libvirt: Libvirt | None = None
        if version is not None:
            devices = scenario.setup.devices
            self._libvirt = Libvirt(version=version, wait_s=WAIT_PSERIES_S, devices=devices)
        self._waits_until_ns: int | None = None
        self._seen_at_s: float | None = None  # of the next entry; None: now
        self._after_answer: list[list[GuestObservation]] = []

    def _start_clock(self) -> None:
        # observations have the time of day, which may be set; waiting uses the other clock
        self._began_s, self._zero_s = time.time(), time.monotonic()

    def begin(self) -> None:
        """Plug the setup's devices, boot, and take CPUs offline that begin so."""
        setup, machine = self._scenario.setup, self._machine
        for device in setup.devices:
            reply, _ = machine.ask(DeviceAdd(device))
            if isinstance(reply, QmpError):
                raise machine.error(f"{device.id} cannot be plugged: {reply.desc}")
        machine.reset()  # what was plugged is there when the firmware starts
        machine.ok("cont")
        if not setup.in_firmware:
            self._wait_for_shell()
            for name in setup.offline:
                message = line_of(0, f"guest offline {name}", setup.devices).message
                assert isinstance(message, CpuOnline)
                self._switch(message)
        machine.look_for(0)
        machine.take()
        self._moments.clear()
        self._start_clock()

    def _wait_for_shell(self) -> None:
        self._machine.wait_for_shell(self._boot_s)
        self._collect()
        self._booting = False

    def play(self, interventions: tuple[Intervention, ...]) -> None:
        """Type each line at its time, and observe until the end."""
        devices = self._scenario.setup.devices
        lines = [(line.at_ns, line) for line in self._scenario.script]
        lines += [(one.at_ns, line_of(one.at_ns, one.action, devices)) for one in interventions]
        script = deque(line for _, line in sorted(lines, key=lambda one: one[0]))
        end_ns = max([self._scenario.end_ns, *(line.at_ns for line in script)])
        check_scenario(replace(self._scenario, end_ns=end_ns), Board.PSERIES)
        try:
            while script or self._now_ns() < end_ns:
                due_ns = script[0].at_ns if script else end_ns
                if self._now_ns() >= due_ns:
                    self._typed(script.popleft())
                    continue
                self._machine.look_for(self._patience_s(due_ns))
                self._collect()
                self._wait_over()
        except QemuGone as gone:
            self._gone(gone)

    def _now_ns(self) -> int:
        return int((time.monotonic() - self._zero_s) * NS_PER_S)

    def _patience_s(self, due_ns: int) -> float:
        waits_ns = due_ns if self._waits_until_ns is None else self._waits_until_ns
        return max(min(due_ns, waits_ns) - self._now_ns(), 0) / NS_PER_S

    def _wait_over(self) -> None:
        if self._waits_until_ns is not None and self._now_ns() >= self._waits_until_ns:
            self._waits_until_ns = None
            self.post(Actor.LIBVIRT, WaitOver())

    def _gone(self, gone: QemuGone) -> None:
        self._over = True
        self._collect()
        self.abort(Aborted(gone.abort))
        self._notes.append(f"the binary {str(gone).removeprefix(self._machine.binary.path)[2:]}")

    def _typed(self, line: TypedLine) -> None:
        message = line.message
        why = None if message is None else cannot(message)
        if why is not None:
            at = f"{line.at_ns / NS_PER_S:g} s"
            self._notes.append(f"{at}: {type(message).__name__} is passed over: {why}")
            return
        self._operator, commands = operators.type_line(self._operator, line)
        self.carry_out(Actor.OPERATOR, commands)

    @property
    def manager(self) -> Actor:
        return Actor.OPERATOR if self._libvirt is None else Actor.LIBVIRT

    @property
    def is_gone(self) -> bool:
        return self._over

    def send(self, src: Actor, to: Actor, message: Message) -> None:
        if to is Actor.GUEST:
            self._to_the_guest(src, message)
        else:
            super().send(src, to, message)

    def post(self, to: Actor, received: Input) -> None:
        if to is Actor.OPERATOR:
            self._operator = operators.receive(self._operator, received)
        elif to is Actor.LIBVIRT and self._libvirt is not None:
            self._libvirt, commands = libvirts.receive(self._libvirt, received)
            if not self._over:
                self.carry_out(Actor.LIBVIRT, commands)
        if self._moments:  # the recipient has reacted: the entry shows what it now knows
            self._moments[-1] = self._moment(self._moments[-1].entry)

    def ask(self, message: Message) -> tuple[AnyReply, tuple[AnyEmitted, ...]]:
        """Ask QEMU; put observations before its answer into the trace, and those after it later."""
        assert isinstance(message, Request)
        reply, at_s = self._machine.ask(message)
        if isinstance(message, SystemReset):
            self._booting = True
        seen = self._machine.take()
        self._seen(one for one in seen if one.at_s < at_s)
        self._after_answer.append([one for one in seen if one.at_s >= at_s])
        self._seen_at_s = at_s
        return reply, ()

    def after_answer(self, _message: Message) -> None:
        self._seen(self._after_answer.pop())

    def work(self, ns: int) -> None:
        raise MisuseError(f"a real guest does its own work, and not {ns} ns of it")

    def wait(self, ns: int | None) -> None:
        self._waits_until_ns = None if ns is None else self._now_ns() + ns

    def _collect(self) -> None:
        """Put all observations into the trace."""
        self._seen(self._machine.take())

    def _seen(self, observations: Iterable[GuestObservation]) -> None:
        for one in observations:
            self._seen_at_s = one.at_s
            self._see(one.what)
        self._seen_at_s = None

    def _see(self, what: ConsoleLine | Emitted | Request) -> None:
        """Put one observation into the trace, except console lines while the guest boots."""
        if isinstance(what, ConsoleLine):
            if what.kernel and (version := _VERSION.match(what.text)):
                self._kernel = f"Linux {version[1]}"
            if not self._booting:
                self.note(Actor.CONSOLE, Actor.CONSOLE, GuestLog(what.text))
        elif isinstance(what, Request):
            self.note(Actor.GUEST, Actor.QEMU, what)
        else:
            self.emit((what,))

    def _to_the_guest(self, actor: Actor, message: Message) -> None:
        try:
            if self._booting:
                self._wait_for_shell()
            self.note(actor, Actor.CONSOLE, message)
            self._type(message)
        except QemuGone:
            raise
        except BackendError as error:  # a guest that hangs is an observation
            self._notes.append(str(error))
        self._collect()

    def _type(self, message: Message) -> None:
        match message:
            case CpuOnline():
                self._switch(message)
            case Dlpar(action, index):
                kind = "cpu" if TYPES[index >> 28] is DrcType.CPU else "memory"
                verb = "add" if action is HotplugAction.ADD else "remove"
                self._machine.run(f"echo '{kind} {verb} index {index:#x}' > /sys/kernel/dlpar")

    def _switch(self, order: CpuOnline) -> None:
        core = order.index & _CORE
        found = self._machine.cpus().get(core)
        if found is None:
            self._notes.append(f"Linux has no CPU of core {core}: it was not switched")
            return
        path = f"/sys/devices/system/cpu/cpu{found[0]}/online"
        self._machine.run(f"echo {int(order.online)} > {path}")

    def note(self, src: Actor, dst: Actor, message: Message) -> None:
        at_s, self._seen_at_s = self._seen_at_s, None
        if len(self._moments) >= MAX_ENTRIES:
            raise self._machine.error(f"says more than {MAX_ENTRIES} things")
        if isinstance(message, DeviceAdd) and message.device.id is not None:
            self._devices.setdefault(message.device.id, message.device)
        now_ns = self._now_ns()
        at_ns = now_ns if at_s is None else int((at_s - self._began_s) * NS_PER_S)
        at_ns = min(at_ns, now_ns) // NS_PER_MS * NS_PER_MS
        last_ns = self._moments[-1].entry.at_ns if self._moments else 0
        at_ns = max(at_ns, last_ns)
        entry = TraceEntry(
            seq=len(self._moments), at_ns=at_ns, guest_ns=at_ns, src=src, dst=dst, message=message
        )
        self._moments.append(self._moment(entry))

    def _moment(self, entry: TraceEntry) -> GuestMoment:
        names, libvirt = tuple(self._devices), self._libvirt
        return GuestMoment(
            entry=entry,
            listed=None if libvirt is None else tuple(n for n in names if libvirt.has(n)),
            thinks=tuple((name, self._operator.thinks(name)) for name in names),
        )

    def result(self) -> GuestRun:
        """Return the run; ask the guest, where it answers, which CPUs it has at the end."""
        cpus: tuple[tuple[int, bool], ...] | None = None
        if not (self._over or self._booting):
            try:
                found = self._machine.cpus()
                cpus = tuple(sorted((core, online) for core, (_, online) in found.items()))
            except BackendError as error:
                self._notes.append(f"at the end: {error}")
        last_ns = self._moments[-1].entry.at_ns if self._moments else 0
        return GuestRun(
            scenario=self._scenario,
            binary=self._machine.binary.name,
            kernel=self._kernel,
            devices=tuple(self._devices.values()),
            moments=tuple(self._moments),
            end_ns=max(self._scenario.end_ns, last_ns),
            traced=self._machine.traced,
            cpus=cpus,
            notes=tuple(self._notes),
        )
