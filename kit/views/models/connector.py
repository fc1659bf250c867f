"""One CPU connector that the learner drives as its guest: what each call did, and by which row.

It uses the machine alone: the learner is the guest.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from traitlets import HasTraits, Int, Tuple, Unicode

from kit.machine.catalogue import find_revision
from kit.machine.config import Config
from kit.machine.events import (
    Aborted,
    ConnectorReturn,
    Emitted,
    ErrorReport,
    HotplugEvent,
    Outcome,
    QmpError,
    QmpReturn,
    Reply,
    SensorReturn,
    StatusReturn,
    UnplugTimeout,
)
from kit.machine.pseries.connector import (
    WIRE,
    Call,
    Drc,
    DrcType,
    EntitySense,
    QemuCall,
    RtasCall,
    drc_index,
    empty_drc,
)
from kit.machine.pseries.rtas import ALLOCATION_STATE, ENTITY_SENSE, ISOLATION_STATE
from kit.machine.pseries.step import boot, step
from kit.machine.pseries.tables import TableRow, check_connectors, lines
from kit.machine.requests import (
    ClockStep,
    ConfigureConnector,
    CpuCore,
    DeviceAdd,
    DeviceDel,
    GetSensorState,
    Request,
    SetIndicator,
    SystemReset,
)
from kit.machine.revision import Revision
from kit.trace.kinds import outcome_of, wire_name
from kit.views.models.timeline import CHOICES

__all__ = ["ConnectorModel", "Press", "Step", "drive"]

CORE = CpuCore(1, "core1")
INDEX = drc_index(DrcType.CPU, 1)
NS_OF_15_S = 15_000_000_000
MAX_PRESSES = 500


class Press(Enum):
    """What one click does. The value is the button's label."""

    USABLE = "USABLE"
    UNISOLATE = "UNISOLATE"
    CONFIGURE = "configure-connector"
    ISOLATE = "ISOLATE"
    UNUSABLE = "UNUSABLE"
    SENSOR = "read the sensor"
    DEVICE_ADD = "device_add"
    DEVICE_DEL = "device_del"
    WAIT_15_S = "+15 s"
    SYSTEM_RESET = "system_reset"


_REQUESTS: dict[Press, tuple[Request, Call | None]] = {
    Press.USABLE: (SetIndicator(ALLOCATION_STATE, INDEX, 1), RtasCall.SET_USABLE),
    Press.UNISOLATE: (SetIndicator(ISOLATION_STATE, INDEX, 1), RtasCall.UNISOLATE),
    Press.CONFIGURE: (ConfigureConnector(INDEX), RtasCall.CONFIGURE_CONNECTOR),
    Press.ISOLATE: (SetIndicator(ISOLATION_STATE, INDEX, 0), RtasCall.ISOLATE),
    Press.UNUSABLE: (SetIndicator(ALLOCATION_STATE, INDEX, 0), RtasCall.SET_UNUSABLE),
    Press.SENSOR: (GetSensorState(ENTITY_SENSE, INDEX), RtasCall.ENTITY_SENSE),
    Press.DEVICE_ADD: (DeviceAdd(CORE), None),
    Press.DEVICE_DEL: (DeviceDel("core1"), QemuCall.UNPLUG_REQUEST),
    Press.WAIT_15_S: (ClockStep(NS_OF_15_S), QemuCall.UNPLUG_TIMEOUT),
    Press.SYSTEM_RESET: (SystemReset(), QemuCall.RESET),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The result of one press.

    ``answer`` is the reply in words, ``cell`` the rows that were tried in order, ``decided`` the
    row that matched. Both are empty if QEMU did not use the table. ``sent`` is what QEMU sent to
    others.
    """

    press: Press
    before: Drc
    after: Drc
    answer: str
    cell: tuple[TableRow, ...] = ()
    decided: TableRow | None = None
    sent: tuple[str, ...] = ()

    @property
    def why(self) -> str:
        """Why QEMU answered like this, in words."""
        state = self.before.state.name
        if self.decided is None:
            return _WITHOUT_A_ROW.get(self.press, "QEMU did not look at the connector's table.")
        guard = self.decided.guard.removesuffix("?")
        if guard:
            return f"The connector was {state}, and {_SO[guard][0]}."
        others = [_SO[line.guard.removesuffix("?")][1] for line in self.cell if line.guard]
        because = f", and {', and '.join(others)}" if others else ""
        return f"The connector was {state}{because}."


_SO = {
    "no device": ("there is no device in it", "a device is in it"),
    "device attached": ("a device is in it", "there is no device in it"),
    "unplug requested": ("QEMU has requested the unplug", "QEMU has not requested the unplug"),
    "LMB, no unplug requested": (
        "it is an LMB that QEMU has not requested",
        "it is not a memory block (LMB) without a request",
    ),
    "LMB, unplug requested": (
        "it is an LMB that QEMU has requested",
        "it is not a memory block (LMB) with a request",
    ),
    "CPU attached": ("a CPU is in it", "there is no CPU in it"),
    "CPU, unplug requested": (
        "QEMU has requested the unplug of the CPU",
        "QEMU has not requested the unplug of a CPU",
    ),
    "a node begins": ("a node begins", "no node begins"),
    "a child node ends": ("a child node ends", "no child node ends"),
    "the fragment ends": ("the description ends", "the description goes on"),
}
"""Each guard of the table in words: if it holds, and if it does not."""

_WITHOUT_A_ROW = {
    Press.DEVICE_ADD: "Plugging puts a device into the connector; its state waits for the guest.",
    Press.DEVICE_DEL: "QEMU answered before it looked at the connector's table.",
    Press.WAIT_15_S: "No timer of the connector was running.",
}


@lru_cache(maxsize=64)
def drive(revision: Revision, presses: tuple[Press, ...]) -> tuple[Step, ...]:
    """Return the result of each press at *revision*, starting with an empty connector."""
    machine = boot(revision, Config())
    found: list[Step] = []
    for press in presses:
        before = machine.drc(INDEX)
        machine, outcome = step(machine, _REQUESTS[press][0])
        after = machine.drc(INDEX)
        assert before is not None
        assert after is not None
        found.append(_step(revision, press, before, after, outcome))
    return tuple(found)


def _step(revision: Revision, press: Press, before: Drc, after: Drc, outcome: Outcome) -> Step:
    reply = outcome.reply
    cell, decided = _deciding(revision, press, before, outcome)
    gone = isinstance(reply, Aborted) and (decided is None or decided.row.abort is None)
    return Step(
        press=press,
        before=before,
        after=after,
        answer="QEMU is gone" if gone else _answer(reply, decided),
        cell=() if gone else cell,
        decided=None if gone else decided,
        sent=tuple(filter(None, map(_name_message, outcome.emitted))),
    )


def _deciding(
    revision: Revision, press: Press, before: Drc, outcome: Outcome
) -> tuple[tuple[TableRow, ...], TableRow | None]:
    """Return the rows that QEMU tried, and the row that matched."""
    call, reply = _REQUESTS[press][1], outcome.reply
    fired = any(isinstance(message, UnplugTimeout) for message in outcome.emitted)
    asked_again = press is Press.DEVICE_DEL and before.unplug_requested
    refused = press is Press.DEVICE_DEL and isinstance(reply, QmpError)
    if call is None or refused or asked_again or (press is Press.WAIT_15_S and not fired):
        return (), None
    cell = tuple(
        line for line in lines(revision) if line.state is before.state and line.call is call
    )
    if isinstance(reply, ConnectorReturn):  # the answer to the last of several calls
        rows = (line for line in cell if line.row.status and WIRE[line.row.status] == reply.status)
    else:
        rows = (line for line in cell if line.row.when is None or line.row.when(before))
    return cell, next(rows, None)


def _answer(reply: Reply, decided: TableRow | None) -> str:
    name = ""
    if decided is not None and decided.row.status is not None:
        name = f", {decided.row.status.name.lower().replace('_', ' ')}"
    match reply:
        case SensorReturn(0, state):
            return f"0, success: {EntitySense(state).name}"
        case ConnectorReturn(0, calls):
            return f"0, configured, after {calls} calls"
        case StatusReturn(status) | SensorReturn(status) | ConnectorReturn(status):
            return f"{status}{name}"
        case QmpReturn():
            return "accepted"
        case QmpError(_, desc):
            return f"refused: “{desc}”"
        case Aborted(abort):
            return f"none: QEMU aborts, {abort.function}: {abort.assertion}"
    return "done"


def _name_message(message: Emitted) -> str:
    match message:
        case HotplugEvent(action=action):
            return f"the guest an event: {action.name.lower()} core 1"
        case ErrorReport(text):
            return f"a line to its log: “{text}”"
        case UnplugTimeout():
            return "no event and drops the request"
    return "" if outcome_of(message) is None else f"the operator {wire_name(message)}"


class ConnectorModel(HasTraits):
    """The connector of core 1 at a revision, and the presses so far.

    ``place`` is the number of presses before the current place; a press there drops the later ones.
    ``hint`` explains why a click did nothing, and is empty otherwise.
    """

    at = Unicode()
    presses = Tuple()
    place = Int(0)
    hint = Unicode()

    def __init__(self, at: str = "revert") -> None:
        """Start with an empty connector.

        Raises:
            UnknownRevisionError: There is no such revision.
            UserError: The revision's machine has no connectors.
        """
        revision = find_revision(at)
        check_connectors(revision)
        super().__init__(at=revision.label)

    @property
    def revision(self) -> Revision:
        """The revision of QEMU."""
        return find_revision(self.at)

    @property
    def steps(self) -> tuple[Step, ...]:
        """What each press did, oldest first."""
        return drive(self.revision, tuple(self.presses))

    @property
    def last(self) -> Step | None:
        """What the press before the current place did."""
        return self.steps[self.place - 1] if self.place else None

    @property
    def drc(self) -> Drc:
        """The connector at the current place."""
        return empty_drc(INDEX) if self.last is None else self.last.after

    @property
    def text(self) -> str:
        """The connector and its last answer, as plain text."""
        drc = self.drc
        marks = [drc.state.name, "core1 in it" if drc.device else "empty"]
        marks += ["unplug request pending"] * drc.unplug_requested
        words = f"core 1's connector at {self.revision.name}: {', '.join(marks)}"
        if self.last is None:
            return words
        return f"{words}\n{self.last.press.value}: {self.last.answer}. {self.last.why}"

    def press(self, press: Press) -> None:
        """Carry out one more press."""
        if len(self.presses) >= MAX_PRESSES:
            self.hint = f"That was {MAX_PRESSES} clicks; press Start again."
            return
        self.hint = ""
        self.presses = (*self.presses[: self.place], press)
        self.place = len(self.presses)

    def go(self, place: int) -> None:
        """Go to the state after *place* presses."""
        self.hint = ""
        self.place = min(max(place, 0), len(self.presses))

    def undo(self) -> None:
        """Undo the last click."""
        self.hint = "" if self.presses else "There is nothing to undo."
        self.place = max(len(self.presses) - 1, 0)
        self.presses = self.presses[:-1]

    def reset(self) -> None:
        """Start again with an empty connector."""
        self.hint = "" if self.presses else "The connector is as it was at the start."
        self.place, self.presses = 0, ()

    def move(self, steps: int) -> None:
        """Choose another revision and repeat the presses there. It is later if *steps* > 0."""
        place = CHOICES.index(self.revision) + steps if self.revision in CHOICES else 0
        if 0 <= place < len(CHOICES):
            self.hint = ""
            self.at = CHOICES[place].label
        else:
            end = "first" if steps < 0 else "last"
            self.hint = f"{self.revision.name} is the {end} revision there is."
