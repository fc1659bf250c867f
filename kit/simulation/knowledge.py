"""What each participant knows about a device at a place of a run."""

from __future__ import annotations

from dataclasses import dataclass

from kit.simulation.run import Run
from kit.simulation.story import who_knows_what

__all__ = ["Knowledge", "knowledge"]


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What each participant believes about a device at a place of a run.

    ``rows`` are a participant and its words; ``wrong``: libvirt's list is not what the guest uses;
    ``held``: QEMU has the device.
    """

    device: str
    rows: tuple[tuple[str, str], ...]
    orphaned: bool
    wrong: bool
    agreed: bool
    held: bool

    @property
    def verdict(self) -> str:
        """The conclusion, in a few words."""
        found = []
        if self.orphaned:
            found.append("LIMBO: the guest has released it, QEMU holds it, no request is pending")
        if self.wrong:
            found.append("WRONG: libvirt's list differs from what the guest uses")
        if found:
            return "; ".join(found)
        if not self.agreed:
            return "they differ, for now"
        return f"they agree: it is {'there' if self.held else 'gone'}"

    @property
    def words(self) -> str:
        """All of it, in one line."""
        rows = "; ".join(f"{party}: {words}" for party, words in self.rows)
        return f"{self.device}: {rows}; {self.verdict}"


def knowledge(run: Run, seq: int) -> tuple[Knowledge, ...]:
    """Return what each participant knows after entry *seq* (-1: at the start), for each device."""
    found = []
    for device in run.devices:
        one, rows = run.belief(device, seq=seq), who_knows_what(run, device, seq=seq)
        wrong = one.libvirt is not None and one.libvirt != one.guest
        found.append(Knowledge(one.device, rows, one.orphaned, wrong, one.agreed, one.qemu))
    return tuple(found)
