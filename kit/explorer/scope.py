"""How far the explorer searches: which devices there are, and how often each thing may happen.

Source: the scope that the lessons name: two cores, two requests, a reset, a migration.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from kit.actors.pseries_programs import GuestKind
from kit.common.english import counted
from kit.common.errors import UserError
from kit.machine.config import LMB_MIB
from kit.machine.requests import CpuCore, Device, Dimm, PciFunction, Phb
from kit.simulation.actions import FIRST_DIMM_ADDR

__all__ = ["DEFAULT", "LINUX", "Scope"]

LINUX = (GuestKind.LINUX_5_12, GuestKind.LINUX_5_13, GuestKind.LINUX_5_14)
"""The guest kinds that are judged by every property."""

MAX_CORES = 3  # beside the boot core: the machine has room for no more
MAX_LMBS = 3
MAX_FUNCTIONS = 2  # of one PCI card
MAX_TIMES = 9
_NAME = re.compile(r"c(\d)q(\d)r(\d)m(\d)(?:d(\d))?(p)?(?:n(\d))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which devices there are, and how often each thing may happen.

    ``cores`` are plugged besides the boot core, which nobody can unplug; ``dimm_lmbs`` is the size
    of a DIMM in LMBs, 0 for none; ``phb``: a second PCI host bridge.  ``pci``: functions of a
    network card.  ``requests``, ``resets`` and ``migrations`` are budgets for a whole run.  No
    migration of a bridge or a card was recorded, so beside one there is none.

    Raises:
        UserError: There is nothing to unplug, or more than the machine has room for.
    """

    cores: int = 2
    requests: int = 2
    resets: int = 1
    migrations: int = 1
    dimm_lmbs: int = 0
    phb: bool = False
    pci: int = 0

    def __post_init__(self) -> None:
        for option, value, most in (
            ("cores", self.cores, MAX_CORES),
            ("requests", self.requests, MAX_TIMES),
            ("resets", self.resets, MAX_TIMES),
            ("migrations", self.migrations, MAX_TIMES),
            ("dimm-lmbs", self.dimm_lmbs, MAX_LMBS),
            ("pci", self.pci, MAX_FUNCTIONS),
        ):
            if not 0 <= value <= most:
                raise UserError(f"--{option} {value}: the explorer takes 0 to {most}")
        if not self.devices:
            raise UserError("nothing to unplug: --cores 0 needs --dimm-lmbs, --phb or --pci")

    @property
    def devices(self) -> tuple[Device, ...]:
        """What can be unplugged."""
        dimm = Dimm(self.dimm_lmbs * LMB_MIB, FIRST_DIMM_ADDR, "dimm1")
        return (
            *(CpuCore(number, f"core{number}") for number in range(1, self.cores + 1)),
            *((dimm,) if self.dimm_lmbs else ()),
            *((Phb(1, "phb1"),) if self.phb else ()),
            *_CARDS[self.pci],
        )

    @property
    def migrates(self) -> bool:
        """Can a migration happen?"""
        return bool(self.migrations) and not (self.phb or self.pci)

    @property
    def name(self) -> str:
        """A short name for it, which `read` reads.

        >>> Scope().name, Scope(cores=0, dimm_lmbs=2, phb=True).name
        ('c2q2r1m1', 'c0q2r1m1d2p')
        """
        counts = f"c{self.cores}q{self.requests}r{self.resets}m{self.migrations}"
        lmbs, functions = self.dimm_lmbs, self.pci
        counts += (f"d{lmbs}" if lmbs else "") + "p" * self.phb
        return counts + (f"n{functions}" if functions else "")

    @property
    def words(self) -> str:
        """What it is, for the heading of a table.

        >>> Scope().words
        '2 cores, 2 requests, 1 reset, 1 migration'
        """
        things = [_count(self.cores, "core")] if self.cores else []
        things += [f"a DIMM of {_count(self.dimm_lmbs, 'LMB')}"] if self.dimm_lmbs else []
        things += ["a PHB"] if self.phb else []
        things += [f"a PCI card of {_count(self.pci, 'function')}"] if self.pci else []
        things.append(_count(self.requests, "request"))
        things.append(_count(self.resets, "reset"))
        things.append(_count(self.migrations if self.migrates else 0, "migration"))
        return ", ".join(things)

    @classmethod
    def read(cls, name: str) -> Scope:
        """Return the scope of a short name.

        Raises:
            UserError: It is not a scope's name.
        """
        match = _NAME.fullmatch(name)
        if match is None:
            raise UserError(f"{name!r} is not a scope; one looks like {DEFAULT.name}")
        cores, requests, resets, migrations, lmbs = (
            int(found or 0) for found in match.groups()[:5]
        )
        return cls(
            cores=cores,
            requests=requests,
            resets=resets,
            migrations=migrations,
            dimm_lmbs=lmbs,
            phb=match[6] is not None,
            pci=int(match[7] or 0),
        )


_CARDS: tuple[tuple[Device, ...], ...] = (
    (),
    (PciFunction("pci.0", "3.0", id="net3"),),
    (  # QEMU announces a card when function 0 comes, so that comes last
        PciFunction("pci.0", "3.1", id="net3f1"),
        PciFunction("pci.0", "3.0", multifunction=True, id="net3"),
    ),
)
"""The functions of a card with none, one and two, in the order in which they are plugged in."""


def _count(number: int, what: str) -> str:
    return counted(number, what) if number else f"no {what}s"


DEFAULT = Scope()
