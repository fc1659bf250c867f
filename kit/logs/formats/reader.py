"""Read the log of a real QEMU: its commands, replies and events about unplugging.

Each line is read once.  Messages about unplugging become entries, all others are only counted.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial

from kit.actors.messages import Actor
from kit.common.errors import UserError
from kit.common.json_fields import Json
from kit.logs import qmp
from kit.logs.entries import (
    GREETING,
    MAX_UNREAD,
    Evidence,
    LogEntry,
    LogFormat,
    Logged,
    OtherEvent,
    UnplugLog,
    Unread,
    device_of,
    plain,
)
from kit.logs.formats.base import (
    DomainNamed,
    Item,
    LoggedMessage,
    LoggedObject,
    LogLine,
    MachineNamed,
    SkippedLine,
)
from kit.logs.formats.registry import recognise_format
from kit.logs.merging import merge_logs
from kit.machine.boards import MachineName, machine_named, machine_of_target
from kit.machine.clock import NS_PER_S
from kit.machine.device_kinds import DeviceKind
from kit.machine.events import QmpError

__all__ = ["read_log", "read_logs"]

MAX_ENTRIES = 20_000  # about unplugging: one machine never has more
MAX_OPEN = 10_000  # commands that wait for a reply
MAX_NAMES, MAX_MONITORS = 1000, 1000
_BACKWARDS_NS = NS_PER_S  # threads may log less than this out of order


@dataclass(slots=True)
class _OpenCommand:
    """A command that waits for its reply; ``number`` is its entry, None if it has none."""

    name: str
    number: int | None


@dataclass(slots=True)
class _Monitor:
    """The messages of one monitor so far."""

    format: LogFormat
    entries: list[LogEntry] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    open: OrderedDict[str | int, _OpenCommand] = field(default_factory=OrderedDict)
    open_in_order: deque[_OpenCommand] = field(default_factory=lambda: deque(maxlen=MAX_OPEN))
    backends: dict[str, int] = field(default_factory=dict)
    kinds: dict[str, DeviceKind] = field(default_factory=dict)
    by_libvirt: bool = False
    version: tuple[int, int, int] | None = None
    parts: dict[str, str] = field(default_factory=dict)
    evidence: list[Evidence] = field(default_factory=list)
    last_ns: int | None = None
    waiting: int = 0  # entries from here on have no upper bound in time yet
    went_back: str | None = None
    cut: str | None = None
    messages: int = 0
    typed: str | None = None

    def take(self, raw: LoggedObject | LoggedMessage) -> None:
        """Read one object of QMP, or another message."""
        self.messages += 1
        self._note_time(raw)
        if isinstance(raw, LoggedMessage):
            self._add(raw, raw.dst is Actor.QEMU, raw.message, sides=(raw.src, raw.dst))
            return
        data = raw.data
        typed, self.typed = self.typed, None
        if "QMP" in data:
            greeting = data["QMP"]
            self._note_version(greeting.get("version") if isinstance(greeting, dict) else None)
            if self.entries:
                self._add(raw, False, OtherEvent(GREETING))
            self.open.clear()
            self.open_in_order.clear()
        elif isinstance(name := data.get("execute", data.get("exec-oob")), str):
            if "typed" in data:
                self.typed = name
            elif typed == name:
                return  # qmp-shell -v prints what it sends
            self._command(raw, name, data.get("arguments", {}))
            if "return" in data or "error" in data:  # qmp-shell -l writes both as one object
                self._reply(raw)
        elif isinstance(event := data.get("event"), str):
            self._event(raw, event, data.get("data", {}))
        elif "return" in data or "error" in data:
            self._reply(raw)
        else:
            self._leave_out("neither command, reply nor event")

    def _command(self, raw: LoggedObject, name: str, arguments: Json) -> None:
        identity = raw.data.get("id")
        self.by_libvirt |= isinstance(identity, str) and identity.startswith("libvirt-")
        if identity is not None and qmp.is_dull(name):
            self._leave_out(name)
            self._wait(identity, _OpenCommand(name, None))
            return
        backend = qmp.backend_size(arguments) if name == "object-add" else None
        if backend is not None and len(self.backends) < MAX_NAMES:
            self.backends[backend[0]] = backend[1]
        message = qmp.command_of(name, arguments, self.backends)
        number = None
        if qmp.is_drawn(message) and name not in _COUNTED:
            number = self._add(raw, True, message)
        else:
            self._leave_out(name)
        self._note_answer(raw, name, arguments, number)
        self._wait(identity, _OpenCommand(name, number))

    def _wait(self, identity: Json, command: _OpenCommand) -> None:
        if identity is None:
            self.open_in_order.append(command)
            return
        self.open[_key(identity)] = command
        if len(self.open) > MAX_OPEN:
            self.open.popitem(last=False)

    def _reply(self, raw: LoggedObject) -> None:
        message = qmp.reply_of(raw.data)
        assert message is not None
        identity = raw.data.get("id")
        if identity is not None:
            asked = self.open.pop(_key(identity), None)
        else:  # replies come in the order of the commands
            asked = self.open_in_order.popleft() if self.open_in_order else None
        if asked is None:
            if isinstance(message, QmpError) and qmp.is_about_pending(message.desc):
                self._note_message(raw, message, self._add(raw, False, message), None)
            else:
                self._leave_out("a reply without its command")
            return
        value = raw.data.get("return")
        if asked.name == "query-version":
            self._note_version(value)
        elif asked.name not in _PLUGGING:
            self._note_answer(raw, asked.name, value, None)
        if asked.number is None:
            self._leave_out(asked.name)
            return
        number = self._add(raw, False, message, asked.number)
        if asked.name in _PLUGGING:
            self._note_message(raw, message, number, device_of(self.entries[asked.number].message))

    def _event(self, raw: LoggedObject, name: str, data: Json) -> None:
        message = qmp.event_of(name, data)
        if not qmp.is_drawn(message) or name in _COUNTED:
            self._leave_out(name)
            if (part := qmp.part_of(message)) is not None and len(self.parts) < MAX_NAMES:
                self.parts[part] = f"{raw.source}:{raw.line}"
            return
        self._note_message(raw, message, self._add(raw, False, message), None)

    def _add(
        self,
        raw: LoggedObject | LoggedMessage,
        is_command: bool,
        message: Logged,
        answers: int | None = None,
        sides: tuple[Actor, Actor] | None = None,
    ) -> int | None:
        if len(self.entries) >= MAX_ENTRIES:
            self.cut = self.cut or f"{raw.source}:{raw.line}"
            return None
        manager = self.format.asker
        src, dst = sides or ((manager, Actor.QEMU) if is_command else (Actor.QEMU, manager))
        self.entries.append(
            LogEntry(
                source=raw.source,
                line=raw.line,
                at_ns=raw.at_ns,
                after_ns=self.last_ns if raw.at_ns is None else raw.at_ns,
                before_ns=raw.at_ns,
                src=src,
                dst=dst,
                message=message,
                answers=answers,
            )
        )
        return len(self.entries) - 1

    def _note_time(self, raw: LoggedObject | LoggedMessage) -> None:
        """Bound the entries without a time by this one."""
        if raw.at_ns is None:
            return
        if self.last_ns is not None and raw.at_ns < self.last_ns - _BACKWARDS_NS:
            self.went_back = self.went_back or f"{raw.source}:{raw.line}"
        for number in range(self.waiting, len(self.entries)):
            entry = self.entries[number]
            if entry.at_ns is None and self.format.shows_every_event:
                self.entries[number] = replace(entry, before_ns=raw.at_ns)
        self.waiting = len(self.entries)
        self.last_ns = raw.at_ns

    def _leave_out(self, name: str) -> None:
        name = _shortened(name)
        if name not in self.left_out and len(self.left_out) >= MAX_NAMES:
            name = "others"
        self.left_out[name] += 1

    def _note_version(self, value: Json) -> None:
        self.version = qmp.version_of(value) or self.version

    def _note_answer(self, raw: LoggedObject, name: str, data: Json, number: int | None) -> None:
        """Note what a command's arguments, or a query's answer, show of machine and devices."""
        for device, kind in qmp.kinds_in(name, data).items():
            if len(self.kinds) < MAX_NAMES:
                self.kinds[device] = kind
        self._note_machine(qmp.machine_in(name, data), raw, number)

    def _note_message(
        self, raw: LoggedObject, message: Logged, number: int | None, about: str | None
    ) -> None:
        """Note what an event or an error shows of the machine and of its device."""
        device, kind = device_of(message) or about, qmp.kind_shown_by(message)
        if device is not None and kind is not None and len(self.kinds) < MAX_NAMES:
            self.kinds.setdefault(device, kind)
        self._note_machine(qmp.machine_shown_by(message), raw, number)

    def _note_machine(
        self, found: tuple[MachineName, str] | None, raw: LoggedObject, number: int | None
    ) -> None:
        if found is not None:
            _note_evidence(self.evidence, *found, raw.source, raw.line, number)


def _note_evidence(
    known: list[Evidence],
    machine: MachineName,
    words: str,
    source: str,
    line: int,
    number: int | None = None,
) -> None:
    """Note what shows the machine, the first of each machine."""
    if all(machine != one.machine for one in known):
        known.append(Evidence(machine, plain(words, 120), source, line, number))


_PLUGGING = ("device_add", "device_del")
_COUNTED = ("query-version",)


@lru_cache(maxsize=1000)  # a log repeats a few names
def _shortened(name: str) -> str:
    return plain(name, 60)


def _key(identity: Json) -> str | int:
    """Return the key under which a command waits for its reply: of a bounded length."""
    if type(identity) is int or (type(identity) is str and len(identity) <= 200):
        return identity
    return plain(repr(identity), 200)


def read_log(
    sources: Iterable[tuple[str, Iterable[str]]],
    *,
    monitor: str | None = None,
    machine: str | None = None,
    kinds: Mapping[str, DeviceKind] | None = None,
    page: str = "docs/import.md",
) -> UnplugLog:
    """Return a log, from one file or from several in their order.

    Args:
        sources: The name of each file, and its lines.
        monitor: In a log of several QEMUs, the name of a domain or the address of its monitor
            (``0x…``).  None: the first monitor with a message about unplugging.
        machine: The machine, as ``-machine`` names it.  None: what the log shows.
        kinds: The kinds of devices, by id, where the log does not show them.
        page: Where the formats are described.

    Raises:
        UserError: The format is unknown, or the log has no message, or none of *monitor*.
    """
    names: list[str] = []
    counted = _LineCounts()
    given = None if machine is None else _given_machine(machine)
    form, lines = recognise_format(counted.numbered(sources, names), names, page)
    found = form.name
    monitors, domains = _by_monitor(form.read(counted.seen(lines)), found, counted)
    chosen = _choose_monitor(monitors, domains, monitor, ", ".join(names))
    log = _log(tuple(names), found, monitors, domains, chosen, counted)
    return replace(
        log,
        evidence=(given,) if given is not None else log.evidence,
        kinds={**log.kinds, **(kinds or {})},
    )


def _by_monitor(
    items: Iterable[Item], found: LogFormat, counted: _LineCounts
) -> tuple[OrderedDict[str, _Monitor], dict[str, str]]:
    """Hand each message to its monitor; return the monitors and the domain of each address."""
    monitors: OrderedDict[str, _Monitor] = OrderedDict()
    domains: dict[str, str] = {}
    for item in items:
        match item:  # the most frequent first
            case LoggedObject() | LoggedMessage():
                one = _one_of(monitors, item.monitor, found)
                if one is not None:
                    one.take(item)
            case SkippedLine():
                counted.passed_over += 1
            case Unread():
                counted.unread_count += 1
                if len(counted.unread) < MAX_UNREAD:
                    counted.unread.append(item)
            case MachineNamed(source, line, name):
                if (machine_found := machine_named(name)) is not None:
                    _note_evidence(counted.named, machine_found, f"machine {name}", source, line)
            case DomainNamed(address, domain):
                if len(domains) < MAX_MONITORS:
                    domains[address] = domain
    return monitors, domains


def _one_of(monitors: OrderedDict[str, _Monitor], name: str, form: LogFormat) -> _Monitor | None:
    """Return the monitor of that name, made if it is new; None if there are too many."""
    known = monitors.get(name)
    if known is None and len(monitors) < MAX_MONITORS:
        known = monitors[name] = _Monitor(form)
    return known


def read_logs(
    names: Sequence[str],
    open_log: Callable[[str], Iterable[str]],
    *,
    monitor: str | None = None,
    machine: str | None = None,
    kinds: Mapping[str, DeviceKind] | None = None,
    page: str = "docs/import.md",
) -> UnplugLog:
    """Read the logs of one incident: one, the parts of one, or several beside each other.

    Files of one format whose times follow one another are parts of one log.  Those of several
    formats, and those whose times overlap, are put on one axis.

    Args:
        names: The files.
        open_log: Returns the lines of a file.
        monitor: As for `read_log`; of several logs, in those that have it.
        machine: As for `read_log`.
        kinds: As for `read_log`.
        page: As for `read_log`.

    Raises:
        UserError: As `read_log`; or a log without times cannot stand beside another.
    """
    read = partial(read_log, machine=machine, kinds=kinds, page=page)
    if len(names) == 1 or len(set(_formats(names, open_log, page))) == 1:
        log = read([(name, open_log(name)) for name in names], monitor=monitor)
        if log.clock_went_back is None or log.clock_went_back.startswith(f"{log.sources[0]}:"):
            return log
    if "-" in names:
        raise UserError("-: stdin cannot be read beside another log; save it to a file first")
    return merge_logs([_read_beside(read, name, open_log, monitor) for name in names])


def _formats(
    names: Sequence[str], open_log: Callable[[str], Iterable[str]], page: str
) -> Iterator[LogFormat | None]:
    """Yield the format of each file; a later part of a log may not show its own."""
    found: LogFormat | None = None
    for name in names:
        lines = _LineCounts().numbered([(name, open_log(name))], [])
        try:
            found = recognise_format(lines, [name], page)[0].name
        except UserError:
            if found is None:
                raise
        yield found


def _read_beside(
    read: Callable[..., UnplugLog],
    name: str,
    open_log: Callable[[str], Iterable[str]],
    monitor: str | None,
) -> UnplugLog:
    try:
        return read([(name, open_log(name))], monitor=monitor)
    except UserError:
        if monitor is None:
            raise
        return read([(name, open_log(name))], monitor=None)  # a trace has no monitors


def _given_machine(name: str) -> Evidence:
    found = machine_named(name) or (machine_of_target(name) if name in _ARCHITECTURES else None)
    if found is None:
        known = "pseries, q35, pc, microvm, virt, s390-ccw-virtio, powernv"
        raise UserError(f"{plain(name, 60)!r}: no machine that the kit knows; expected {known}")
    return Evidence(found, f"--machine {name}", "")


_ARCHITECTURES = ("x86_64", "aarch64", "ppc64", "s390x", "riscv64", "loongarch64")


@dataclass(slots=True)
class _LineCounts:
    """The counts over all lines."""

    passed_over: int = 0
    not_utf8: int = 0
    unread_count: int = 0
    unread: list[Unread] = field(default_factory=list)
    named: list[Evidence] = field(default_factory=list)

    def seen(self, lines: Iterator[LogLine]) -> Iterator[LogLine]:
        """Yield all lines; note those that name the machine outside a message of QMP."""
        for line in lines:
            text = line.text
            if (
                "qemu-system-" in text
                or "machine=" in text
                or "-machine " in text
                or "-M " in text
                or "spapr_drc_" in text
            ) and len(self.named) < MAX_UNREAD:
                found = qmp.machine_named_in(text)
                if found is not None:
                    _note_evidence(self.named, *found, line.source, line.line)
            yield line

    def numbered(
        self, sources: Iterable[tuple[str, Iterable[str]]], names: list[str]
    ) -> Iterator[LogLine]:
        """Yield all lines with their places; add each file to *names* when it begins."""
        for name, lines in sources:
            source = plain(name)
            names.append(source)
            for number, text in enumerate(lines, 1):
                self.not_utf8 += "\ufffd" in text
                yield LogLine(source, number, text.rstrip("\r\n"))


def _evidence(own: list[Evidence], named: list[Evidence]) -> tuple[Evidence, ...]:
    """Return what shows the machine; lines of several domains name several machines, and none."""
    both: MachineName | None = None
    for number, evidence in enumerate(named):
        both = evidence.machine if not number else both and both.and_also(evidence.machine)
    return tuple(own if named and both is None else [*own, *named])


def _choose_monitor(
    monitors: OrderedDict[str, _Monitor], domains: dict[str, str], wanted: str | None, where: str
) -> str:
    if not monitors:
        raise UserError(f"{where}: holds no message of QMP that can be read")
    if wanted is not None:
        for address in monitors:
            if wanted in (address, domains.get(address)):
                return address
        known = ", ".join(_monitor_name(address, domains) for address in list(monitors)[:10])
        raise UserError(f"{where}: no monitor {wanted!r}; there are: {known}")
    return next((name for name, one in monitors.items() if one.entries), next(iter(monitors)))


def _monitor_name(address: str, domains: dict[str, str]) -> str:
    domain = domains.get(address)
    return address if domain is None else f"{domain} ({address})"


def _log(
    names: tuple[str, ...],
    found: LogFormat,
    monitors: OrderedDict[str, _Monitor],
    domains: dict[str, str],
    chosen: str,
    counted: _LineCounts,
) -> UnplugLog:
    one = monitors[chosen]
    asker = Actor.LIBVIRT if one.by_libvirt else found.asker
    entries = one.entries
    if asker is not found.asker:
        entries = [
            replace(
                entry,
                src=asker if entry.src is Actor.OPERATOR else entry.src,
                dst=asker if entry.dst is Actor.OPERATOR else entry.dst,
            )
            for entry in entries
        ]
    return UnplugLog(
        sources=names,
        format=found,
        asker=asker,
        entries=tuple(entries),
        monitor=_monitor_name(chosen, domains) if chosen else None,
        others={_monitor_name(a, domains): m.messages for a, m in monitors.items() if a != chosen},
        left_out=dict(one.left_out.most_common()),
        unread=tuple(counted.unread),
        unread_count=counted.unread_count,
        passed_over=counted.passed_over,
        not_utf8=counted.not_utf8,
        kinds=dict(one.kinds),
        version=one.version,
        parts=dict(one.parts),
        evidence=_evidence(one.evidence, counted.named),
        clock_went_back=one.went_back,
        cut=one.cut,
    )
