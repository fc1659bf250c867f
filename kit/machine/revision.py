"""What a revision is: a build of QEMU, by the behaviour changes that it has.

A revision is a *net* set of patches.  A revert removes patches, so ``git tag --contains`` cannot
say what a release does: v6.0.0 contains the commits of the CPU unplug timeout, but not the
timeout.  Test ``patch in revision.patches``, never a version number.

The revisions themselves are in `kit.machine.catalogue`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import ClassVar

__all__ = ["Board", "Patch", "Revision"]


@dataclass(frozen=True, slots=True)
class Board:
    """The kind of machine that a build of QEMU plays; the value is ``-machine``'s.

    It is not an enumeration, so that a platform of one's own can have its own board.  ``qemu`` is
    QEMU's name of the machine, where the value is the kit's own word.
    """

    PSERIES: ClassVar[Board]
    Q35: ClassVar[Board]

    value: str
    qemu: str = field(default="", compare=False)

    @property
    def machine(self) -> str:
        """Its name after ``-machine``."""
        return self.qemu or self.value


Board.PSERIES, Board.Q35 = Board("pseries"), Board("q35")


@dataclass(frozen=True, slots=True)
class MachineRule:
    """A line of what a revision does: where, under which condition, what, and since when."""

    where: str
    condition: str
    then: str
    since: Enum | None


class Patch(Enum):
    """One behaviour change; the value is QEMU's commit.  Definition order is commit order.

    ``IBM_PI_FEATURES`` adds a property to a core's device tree node, so that its
    configure-connector takes one call more.  ``MEM_UNPLUG_ERROR_REMOVED`` takes
    ``MEM_UNPLUG_ERROR_EVENT`` out of a revision.  ``PROPOSED_NOT_DELETED_EVENT`` was posted and
    never merged: its value is the Message-Id.  Those after it are tries on the kit's own machine
    that nobody posted: mends (docs/findings/mends.md), a timeout of 60 s, and the wrong idea that
    QEMU removes a CPU at ISOLATE.
    """

    UNPLUG_TIMEOUT_TIMER = "51254ffb320183a4636635840c23ee0e3a1efffa"
    CPU_UNPLUG_TIMEOUT = "d1c2e3ce3d5a5424651967bce1cf1f4caa0c6d91"
    LMB_RECONFIGURE_ROLLS_BACK = "fe1831eff8a41e96044fe98a6b0e232daa22ef83"
    PHB_REPEATED_UNPLUG_ERROR = "7420033ec460e7b9906bf05fbe1a0d3830536657"
    PCI_REPEATED_UNPLUG_ERROR = "e35dfbd22780aafbcd4b6da5130a00fc085fd5de"
    TIMER_DEADLINE_MS = "4515a5f786024fabf0bef4cf3d28adf5647e6e82"
    MEM_UNPLUG_ERROR_EVENT = "eb7f80fd26d73e7e1af105431da58971b1dba517"
    CPU_UNPLUG_RESENDS_EVENT = "2b18fc794f312a91482998bae5ea6c8724200e06"
    UNISOLATE_ROLLS_BACK = "87758fed7a7a7c00c1bd0c965ae8b94e04ea9359"
    UNPLUG_GUEST_ERROR_EVENT = "4b08cd567b54e26a0608463311418197dda83e37"
    DUPLICATE_DEVICE_ID_TEXT = "4a1d937796de0fecd8b22d7dbebf87f38e8282fd"
    IBM_PI_FEATURES = "95912ce1ebe4303d17118219691573ae6227b0e2"
    MEM_UNPLUG_ERROR_REMOVED = "0f910b8724ab7e29a7a605509edb710787ff13ea"
    PROPOSED_NOT_DELETED_EVENT = "20210312200740.815014-3-danielhb413@gmail.com"
    MEND_LIMBO = "mend-limbo"
    MEND_DIMM_ABORT = "mend-dimm-abort"
    MEND_MIGRATED_DIMM = "mend-migrated-dimm"
    MEND_STUCK_DIMM = "mend-stuck-dimm"
    MEND_STUCK_CARD = "mend-stuck-card"
    MEND_TOLD_TWICE = "mend-told-twice"
    MEND_RESET = "mend-reset"
    LONGER_TIMEOUT = "timeout-60-s"
    REMOVED_AT_ISOLATE = "removed-at-isolate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """A build of QEMU: the patches whose behaviour it has, `Patch` or another board's.

    ``label`` is what recordings and people call it (a hash of ten digits, with ``~1`` for the
    parent, or a tag); ``alias`` its name in the lesson, if any; ``commit`` the full hash, empty
    where no commit is meant; ``version`` what query-version answers (major, minor, micro);
    ``like`` the label of the case study's build whose claims hold for it too, which is its own for
    such a build, and empty where there is none.
    """

    label: str
    commit: str
    version: tuple[int, int, int]
    summary: str
    patches: frozenset[Enum]
    alias: str | None = None
    board: Board = Board.PSERIES
    like: str = ""

    @property
    def name(self) -> str:
        """The lesson's name where there is one, else the label."""
        return self.alias or self.label

    @property
    def build(self) -> str:
        """The hash or the tag in its label, without the name of a machine before it."""
        machine, _, build = self.label.rpartition("-")
        return build if machine.isalpha() else self.label

    def __hash__(self) -> int:
        return hash(self.label)
