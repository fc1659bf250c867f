"""The recorded revisions of PCI Express hot-plug, and what changed from one to the next.

They go from February 2020 to QEMU 11.1.3.  A revision is a net set of commits, as on pseries; none
of these was ever reverted.  Its label is "pcie-" and the name in the recordings, because one of
these builds, d522cb52e6, is a step of the pseries story as well.

Source: QEMU's commits of these hashes; all builds were recorded.  Two changes are younger than the
clone that was read and are known from 11.1.3: the hash of `PRESENCE_NOT_COMPARED` is shortened, and
the commit of `SECOND_DEVICE_REFUSED` is not known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from enum import Enum

from kit.machine.revision import Board, Revision

__all__ = ["ACPI_REVISIONS", "PCIE", "PCIE_ACPI", "PCIE_REVISIONS", "PCIE_TRIALS"]
__all__ += ["SERIES", "PciePatch", "recorded_name", "recorded_revision"]


class PciePatch(Enum):
    """One change; the value is QEMU's commit.  Definition order is commit order."""

    REPEATED_DEVICE_DEL_ERROR = "cce8944cc9efab47d4bf29cfffb3470371c3541b"
    HOTPLUG_PROPERTY = "530a0963184e57e71a5b538e9161f115df533e96"
    OCCUPIED_SPELLED_RIGHT = "3298bbce1b0e560b88103ddbbbb6548e4b9576cd"
    EMPTY_SLOT_HAS_NO_LINK = "df72184ec15829053b3bb5a0d5801773b6d9ec25"
    DUPLICATE_DEVICE_ID_TEXT = "4a1d937796de0fecd8b22d7dbebf87f38e8282fd"
    DEVICE_POWER_STATE = "23786d13441d36e0efcfee94ba8ff218746bed6c"
    SLOT_POWER_CONTROL = "d5daff7d312653b92f23c7a8e198090b32b8dae6"
    BLINK_CHECK = "81124b3c7a5dae34881cd8cd9631f125da81ef97"
    UNPLUG_FACTORED_OUT = "44242d4d3d082a28200fdbecaed5398122682e6e"
    FAST_UNPLUG = "0d33415a4eafe532f3beef8272811d927236a353"
    PENDING_EXPIRES = "18416c62e36a79823a9e28f6b2260aa13c25e1d9"
    ACPI_MARKS_PENDING = "9323f892b39d133eb69b301484bf7b2f3f49737d"
    OVERFLOW_CHECK = "bacf58ca18f06f0b464466bf8c19945f19791feb"
    CONFLICT_NAMES_ID = "ad003b9e6872c67836133066e1dd0f13458a9370"
    ACPI_SWITCHES_POWER_ON = "6b0969f1ec825984cd74619f0730be421b0c46fb"
    INDICATOR_OFF_ON_RESET = "1768e97b9186b8ea416cb81952773837bf1df87a"
    BUS_WITHOUT_HOTPLUG_TEXT = "f18e29fc90cf271bae0c671151d0f55bd7649d52"
    ACPI_PENDING_EXPIRES = "0f689cf5ada4d5df5ab95c7f7aa9fc221afa855d"
    PRESENCE_NOT_COMPARED = "625b370c45"
    SECOND_DEVICE_REFUSED = "second-device-refused"


PCIE = Board("pcie", "q35")
"""A q35 machine whose ports handle hot-plug themselves."""

PCIE_ACPI = Board("pcie-acpi", "q35")
"""The same machine as QEMU starts it since 6.1: ACPI handles the ports' hot-plug."""

P = PciePatch
_V42, _RC2, _V61 = (4, 2, 50), (5, 2, 92), (6, 1, 50)
_V62, _V72, _V80 = (6, 2, 50), (7, 2, 50), (8, 0, 50)

# recorded name, alias, commit, version, summary, the patches that come
_STEPS: tuple[
    tuple[str, str | None, str, tuple[int, int, int], str, tuple[PciePatch, ...]], ...
] = (
    (
        "cce8944cc9~1", "pcie-baseline", "037fb5eb3941c80a2b7c36a843e47207ddb004d4", _V42,
        "a second device_del presses the button again, and a second press cancels", (),
    ),
    (
        "cce8944cc9", "pcie-forbid", P.REPEATED_DEVICE_DEL_ERROR.value, _V42,
        "a second device_del is refused, for ever", (P.REPEATED_DEVICE_DEL_ERROR,),
    ),
    (
        "d522cb52e6", None, "d522cb52e604c8448674d90dae09ad50223b5d3c", _RC2,
        "the day of the pseries revert: hotplug=off exists, an empty slot has no link",
        (P.HOTPLUG_PROPERTY, P.OCCUPIED_SPELLED_RIGHT, P.EMPTY_SLOT_HAS_NO_LINK),
    ),
    (
        "23786d1344", "pcie-before", P.DEVICE_POWER_STATE.value, _V61,
        "series 1/6: a device has a power state, and nothing uses it yet",
        (P.DUPLICATE_DEVICE_ID_TEXT, P.DEVICE_POWER_STATE),
    ),
    (
        "d5daff7d31", "pcie-power", P.SLOT_POWER_CONTROL.value, _V61,
        "series 2/6: a device answers once the guest has switched its slot on",
        (P.SLOT_POWER_CONTROL,),
    ),
    (
        "81124b3c7a", "pcie-blink", P.BLINK_CHECK.value, _V61,
        "series 3/6: device_del is refused while the power indicator blinks", (P.BLINK_CHECK,),
    ),
    (
        "44242d4d3d", None, P.UNPLUG_FACTORED_OUT.value, _V61,
        "series 4/6: a function is factored out; every recording is the same",
        (P.UNPLUG_FACTORED_OUT,),
    ),
    (
        "0d33415a4e", "pcie-fast", P.FAST_UNPLUG.value, _V61,
        "series 5/6: device_del empties a dark slot at once", (P.FAST_UNPLUG,),
    ),
    (
        "18416c62e3", "pcie-expiry", P.PENDING_EXPIRES.value, _V61,
        "series 6/6: after 5 s a repeated device_del is accepted again", (P.PENDING_EXPIRES,),
    ),
    (
        "bacf58ca18", None, P.OVERFLOW_CHECK.value, _V61,
        "ACPI's device_del marks the device, too, and for ever; an assertion is mended",
        (P.ACPI_MARKS_PENDING, P.OVERFLOW_CHECK),
    ),
    (
        "6b0969f1ec~1", None, "c41481af9a5d0d463607cc45b45c510875570817", _V62,
        "the text about an address in use names the other device's id", (P.CONFLICT_NAMES_ID,),
    ),
    (
        "6b0969f1ec", "pcie-acpi-power", P.ACPI_SWITCHES_POWER_ON.value, _V62,
        "ACPI's device_add switches the slot on", (P.ACPI_SWITCHES_POWER_ON,),
    ),
    (
        "1768e97b91~1", None, "5aaed9caf150390bd702a7da86a287a579b20d73", _V72,
        "a clean-up before the next one; every recording is the same", (),
    ),
    (
        "1768e97b91", "pcie-indicator", P.INDICATOR_OFF_ON_RESET.value, _V72,
        "after a reset the power indicator is off, of a slot in use as well",
        (P.INDICATOR_OFF_ON_RESET,),
    ),
    (
        "0f689cf5ad~1", None, "91208dd297f2686b778210ffda49acbfe36bd3b6", _V80,
        "hotplug=off is refused by the bus, with another text", (P.BUS_WITHOUT_HOTPLUG_TEXT,),
    ),
    (
        "0f689cf5ad", "pcie-acpi-expiry", P.ACPI_PENDING_EXPIRES.value, _V80,
        "ACPI's device_del may be repeated, except in the clock's first millisecond",
        (P.ACPI_PENDING_EXPIRES,),
    ),
    (
        "debian-11.1.3", "pcie-today", "", (11, 1, 3),
        "as recorded: a migration does not compare presence, a second device is refused",
        (P.PRESENCE_NOT_COMPARED, P.SECOND_DEVICE_REFUSED),
    ),
)  # fmt: skip


def _walk_the_steps() -> Iterator[Revision]:
    patches: frozenset[PciePatch] = frozenset()
    for name, alias, commit, version, summary, come in _STEPS:
        patches |= frozenset(come)
        yield Revision(
            label=f"pcie-{name.removeprefix('debian-')}",
            alias=alias,
            commit=commit,
            version=version,
            summary=summary,
            patches=patches,
            board=PCIE,
        )


PCIE_REVISIONS: tuple[Revision, ...] = tuple(_walk_the_steps())
"""The 17 recorded builds, oldest first."""


SERIES: tuple[str, ...] = (
    P.REPEATED_DEVICE_DEL_ERROR.value,
    P.DEVICE_POWER_STATE.value,
    P.SLOT_POWER_CONTROL.value,
    P.BLINK_CHECK.value,
    P.UNPLUG_FACTORED_OUT.value,
    P.FAST_UNPLUG.value,
    P.PENDING_EXPIRES.value,
    P.INDICATOR_OFF_ON_RESET.value,
    P.ACPI_PENDING_EXPIRES.value,
)
"""The commits that the lesson on this machine reads: the first mend, the series, two later."""


def _trial(name: str, without: PciePatch, summary: str) -> Revision:
    today = PCIE_REVISIONS[-1]
    return replace(
        today,
        label=name,
        alias=None,
        summary=f"never built: {summary}",
        patches=today.patches - {without},
    )


PCIE_TRIALS: tuple[Revision, ...] = (
    _trial("pcie-no-blink", P.BLINK_CHECK, "today's expiry without the blink check"),
    _trial("pcie-no-expiry", P.PENDING_EXPIRES, "today's blink check without the expiry"),
)
"""Today's machine with one commit of the series taken out; no QEMU is like them."""


def _by_acpi(revision: Revision) -> Revision:
    name = revision.label.removeprefix("pcie-")
    return replace(
        revision,
        label=f"acpi-{name}",
        alias="acpi-today" if name == "11.1.3" else None,
        board=PCIE_ACPI,
        summary=f"the ports of {revision.name}, with hot-plug by ACPI",
    )


ACPI_REVISIONS: tuple[Revision, ...] = tuple(
    _by_acpi(one) for one in PCIE_REVISIONS if P.DEVICE_POWER_STATE in one.patches
)
"""The builds that were recorded with ACPI's hot-plug of PCI devices as well, oldest first."""


def recorded_name(revision: Revision) -> str:
    """Return what recordings of ports call a revision.

    >>> recorded_name(PCIE_REVISIONS[0])
    'cce8944cc9~1'
    """
    name = revision.label.partition("-")[2]
    return name if revision.commit else f"debian-{name}"


def recorded_revision(name: str, *, acpi: bool = False) -> Revision | None:
    """Return the revision that recordings of ports call *name*; None if there is none.

    >>> recorded_revision("18416c62e3").name
    'pcie-expiry'
    """
    label = f"{'acpi' if acpi else 'pcie'}-{name.removeprefix('debian-')}"
    return next((r for r in (*PCIE_REVISIONS, *ACPI_REVISIONS) if r.label == label), None)
