"""Rows of the state table in words, for terminal and notebook."""

from __future__ import annotations

from kit.machine.pseries.connector import PHYSICAL_STATES, WIRE, DrcState, QemuCall
from kit.machine.pseries.drc import Effect
from kit.machine.pseries.tables import TableRow

__all__ = ["ROWS_NOTE", "line_words", "state_words"]

ROWS_NOTE = (
    "The guest's calls are in capitals, QEMU's own in small letters. PCI before a state names a"
    " connector for PCI. * marks a row taken from the code: no recording of a real QEMU shows it."
    " Never recorded: the guest's boot (CAS), its polling for events (event-scan), persistent"
    " memory (PMEM)."
)
"""What stands below rows."""
_EFFECTS = {
    Effect.MARK_UNPLUG_REQUESTED: "request pending",
    Effect.CLEAR_UNPLUG_REQUESTED: "request no longer pending",
    Effect.FORGET_REQUEST: "drop the request",
    Effect.RELEASE_DEVICE: "remove the device",
}
"""An effect that is missing here is called by its name."""


def state_words(state: DrcState) -> str:
    """Return the name of a state. Physical connectors' states begin with PCI."""
    kind = "PCI " if state in PHYSICAL_STATES else ""
    return f"{kind}{state.name.removeprefix('PHYSICAL_')}"


def line_words(line: TableRow) -> tuple[str, str, str]:
    """Return call, condition and outcome. The guest's calls are capitals, QEMU's small letters."""
    call = line.call.name.replace("_", " ")
    if isinstance(line.call, QemuCall) and line.call is not QemuCall.CAS:
        call = call.lower()
    mark = "" if line.recorded else " *"
    return f"{call}{mark}", line.guard.removesuffix("?"), _outcome(line)


def _outcome(line: TableRow) -> str:
    """Return answer, new state and effects in a few words, and the commit that added the row."""
    row = line.row
    if row.abort is not None:
        return f"QEMU aborts: {row.abort.assertion}"
    words = []
    if row.status is not None:
        words.append(f"{WIRE[row.status]} {row.status.name.lower().replace('_', ' ')}")
    if row.sense is not None:
        words.append(f"sensor {row.sense.value} {row.sense.name.lower()}")
    if row.then is not line.state:
        words.append(f"to {state_words(row.then)}")
    words += [_EFFECTS.get(one, one.name.lower().replace("_", " ")) for one in row.effects]
    since = "" if line.patch is None else f" [{line.patch.value[:10]}]"
    return f"{', '.join(words) or 'nothing'}{since}"
