"""The machines of QEMU as logs name them: exactly, or only their family.

Source: QEMU's list of machine types (``-machine help``) and targets (qapi/machine.json,
SysEmuTarget).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = [
    "ACPI",
    "PSERIES",
    "X86",
    "MachineName",
    "machine_named",
    "machine_of_cpu",
    "machine_of_target",
]


@dataclass(frozen=True, slots=True)
class MachineName:
    """A machine or a family: its label, and the machines that it can be."""

    label: str
    machines: frozenset[str]

    def and_also(self, other: MachineName) -> MachineName | None:
        """Return the machines that are both; None if there are none."""
        both = self.machines & other.machines
        if not both:
            return None
        if both == self.machines:
            return self
        return other if both == other.machines else MachineName(" or ".join(sorted(both)), both)


def _family(label: str, *machines: str) -> MachineName:
    return MachineName(label, frozenset(machines or (label,)))


PSERIES = _family("pseries")
X86 = _family("x86", "q35", "pc", "microvm")
_ARM = _family("arm", "arm virt", "sbsa-ref")
_S390 = _family("s390x", "s390-ccw-virtio")
_RISCV = _family("riscv", "riscv virt")
_LOONGARCH = _family("loongarch", "loongarch virt")
ACPI = MachineName(
    "one with ACPI or PCIe hotplug, not pseries",
    frozenset().union(*(m.machines for m in (X86, _ARM, _S390, _RISCV, _LOONGARCH))),
)
"""A machine whose PCI devices are unplugged by ACPI, PCIe or the s390 way."""

_TARGETS: Mapping[str, MachineName] = {
    "ppc64": PSERIES, "ppc64le": PSERIES, "x86_64": X86, "i386": X86, "aarch64": _ARM, "arm": _ARM,
    "s390x": _S390, "riscv64": _RISCV, "riscv32": _RISCV, "loongarch64": _LOONGARCH,
}  # fmt: skip
_MACHINES = (
    (re.compile(r"pseries\b.*"), PSERIES),
    (re.compile(r"(pc-)?q35\b.*|pcie"), _family("q35")),  # pcie: the kit's q35 with ports
    (re.compile(r"pc(-i440fx\b.*|-\d.*)?|isapc"), _family("pc")),
    (re.compile(r"microvm"), _family("microvm")),
    (re.compile(r"virt\b.*"), _family("virt", "arm virt", "riscv virt", "loongarch virt")),
    (re.compile(r"sbsa-ref"), _family("sbsa-ref")),
    (re.compile(r"s390-ccw-virtio\b.*|s390-virtio"), _family("s390-ccw-virtio")),
    (re.compile(r"powernv\d*"), _family("powernv")),
)


def machine_named(name: str) -> MachineName | None:
    """Return the machine that ``-machine`` or libvirt's XML names; None for an unknown name.

    >>> machine_named("pseries-rhel8.6.0").label, machine_named("pc-q35-7.2").label
    ('pseries', 'q35')
    """
    word = name.removesuffix("-machine")
    return next((found for pattern, found in _MACHINES if pattern.fullmatch(word)), None)


def machine_of_target(arch: str) -> MachineName | None:
    """Return the machines of a target, as in ``qemu-system-ppc64`` and query-target."""
    found = _TARGETS.get(arch)
    if found is None and re.fullmatch(r"[a-z][a-z0-9_]{1,15}", arch):
        found = _family(arch)
    return found


def machine_of_cpu(driver: str) -> MachineName | None:
    """Return the machines that have a type of CPU; None if the type does not say."""
    match = re.search(r"-(spapr-cpu-core|(x86_64|i386|arm|s390x|riscv\d*|loongarch)-cpu)$", driver)
    if match is None:
        return PSERIES if driver.startswith("spapr-") else None
    if match[1] == "spapr-cpu-core":
        return PSERIES
    arch = {"riscv": "riscv64", "loongarch": "loongarch64"}.get(match[2], match[2])
    return machine_of_target(arch)
