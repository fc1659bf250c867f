"""Where a run comes from: which guest, which libvirt, and whether QEMU was real or simulated.

Every run, picture, mail and file of the kit says it in these words.  The number of real builds that
the simulator was checked against is that of the recorded revisions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kit.actors.pseries_programs import GuestKind
from kit.machine.revision import Revision
from kit.simulation.platform import PLATFORMS, option_of
from kit.simulation.run import Pair, Run
from kit.simulation.token import token_of

__all__ = ["Provenance", "command_of", "observed", "provenance", "searched", "simulated"]


@dataclass(frozen=True, slots=True)
class Provenance:
    """The guest and libvirt of a run, and what its QEMU is, each for a person."""

    guest: str
    libvirt: str
    qemu: str

    @property
    def words(self) -> str:
        """All of it in a line or two."""
        return ". ".join(part for part in (self.guest, self.libvirt, self.qemu) if part) + "."

    def json(self) -> dict[str, str | None]:
        """Return it as JSON data."""
        return {"guest": self.guest or None, "libvirt": self.libvirt or None, "qemu": self.qemu}


def provenance(played: Run | Pair) -> Provenance:
    """Return where a run or a pair comes from."""
    runs = played.runs
    setup = runs[0].scenario.setup
    version = setup.libvirt
    libvirt = "No libvirt" if version is None else f"libvirt {'.'.join(map(str, version))}"
    real = [f"QEMU {_version(run.revision)}" for run in runs if run.notes]
    embedded = [run.revision for run in runs if not run.notes]
    named = "Recorded on a real " + ", ".join(dict.fromkeys(real)) if real else ""
    if not embedded:
        qemu = named
    elif real:
        name = embedded[0].name
        qemu = f"{named}; {name} is simulated, by a model checked against {_checked(embedded)}"
    else:
        qemu = _simulated(embedded)
    return Provenance(_guest(setup.guest), libvirt, qemu)


def command_of(played: Run | Pair) -> str:
    """Return the command that replays it; what ran on a real QEMU runs on one again."""
    runs = played.runs
    name, real = runs[0].scenario.name, any(run.notes for run in runs)
    own = option_of(*(run.revision for run in runs))
    if runs[0].interventions:  # only the token holds the actions
        return f"kit open {token_of(played)}" + " --backend qemu" * real + own
    if isinstance(played, Run):
        at = "--backend qemu" if real else f"--at {played.revision.name}"
        return f"kit run {name} {at}{own}"
    after = "--backend qemu" if real else f"--after {played.after.revision.name}"
    return f"kit compare {name} --before {played.before.revision.name} {after}{own}"


def simulated(guest: GuestKind, libvirt: str, revisions: Sequence[Revision]) -> Provenance:
    """Return where something comes from that only the embedded machine plays."""
    return Provenance(_guest(guest), libvirt, _simulated(revisions))


def searched(revisions: Sequence[Revision]) -> Provenance:
    """Return where a table of the explorer comes from: each cell names its guest."""
    return Provenance("", "", _simulated(revisions))


def observed(qemu: str, guest: str = "", libvirt: str = "") -> Provenance:
    """Return where something comes from that was seen and not simulated."""
    return Provenance(guest and f"Guest: {guest}", libvirt, qemu)


def _guest(kind: GuestKind) -> str:
    return f"Guest: {kind.words}"


def _simulated(revisions: Sequence[Revision]) -> str:
    checked = _checked(revisions)
    if not checked:
        return "Simulated, by a machine that nobody compared with a real QEMU"
    return f"Simulated, by a model checked against {checked}"


def _checked(revisions: Sequence[Revision]) -> str:
    """Say which real builds the models of some revisions were checked against."""
    boards = {revision.board for revision in revisions}
    checked = (platform.checked for board, platform in PLATFORMS.items() if board in boards)
    return " and ".join(filter(None, checked))


def _version(revision: Revision) -> str:
    return ".".join(map(str, revision.version))
