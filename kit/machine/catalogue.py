"""The revisions of the kit: builds of the case study, releases, a proposal, and other machines.

The builds of the case study, the recent releases, q35 and PCIe were recorded on a real QEMU.

Source: the commits named here, in QEMU's repository; releases of 2021 by the content of their
trees, recent ones by their recordings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from kit.common.errors import UnknownRevisionError, did_you_mean
from kit.machine.pcie_revisions import PCIE_REVISIONS, PCIE_TRIALS
from kit.machine.revision import Board, Patch, Revision

__all__ = ["CATALOGUE", "EVERY_RELEASE", "MENDED", "MENDS", "MERGED", "OF_THE_LESSON", "PROPOSAL"]
__all__ += [
    "BUILDS",
    "PSERIES",
    "Q35",
    "RECENT",
    "RECORDED",
    "RELEASES",
    "REVISIONS",
    "TODAY",
    "TRIALS",
    "find_revision",
]

MERGED: tuple[Patch, ...] = tuple(
    patch for patch in Patch if re.fullmatch("[0-9a-f]{40}", patch.value)
)
"""The patches that are commits of QEMU."""

P = Patch
_REVERTED = frozenset({P.UNPLUG_TIMEOUT_TIMER, P.CPU_UNPLUG_TIMEOUT, P.TIMER_DEADLINE_MS})

_V52, _RC2, _V60, _V61 = (5, 2, 50), (5, 2, 92), (6, 0, 50), (6, 1, 50)

# label, alias, the patch that comes or else the commit, version
_STEPS: tuple[tuple[str, str | None, Patch | str, tuple[int, int, int]], ...] = (
    ("51254ffb32~1", "baseline", "936fda4d771fdc51d3640bdb0cc8ceec14165730", _V52),
    ("51254ffb32", "timer", P.UNPLUG_TIMEOUT_TIMER, _V52),
    ("d1c2e3ce3d", "cpu-timeout", P.CPU_UNPLUG_TIMEOUT, _V52),
    ("fe1831eff8", None, P.LMB_RECONFIGURE_ROLLS_BACK, _V52),
    ("7420033ec4", None, P.PHB_REPEATED_UNPLUG_ERROR, _V52),
    ("e35dfbd227", None, P.PCI_REPEATED_UNPLUG_ERROR, _V52),
    ("4515a5f786", "deadline-helper", P.TIMER_DEADLINE_MS, _V52),
    ("eb7f80fd26", None, P.MEM_UNPLUG_ERROR_EVENT, _V52),
    ("d522cb52e6~1", "pre-revert", "555249a59e9cdd6b58da103aba5cf3a2d45c899f", _RC2),
    ("d522cb52e6", "revert", "d522cb52e604c8448674d90dae09ad50223b5d3c", _RC2),
    ("2b18fc794f", "resend", P.CPU_UNPLUG_RESENDS_EVENT, _RC2),
    ("87758fed7a", "unisolate", P.UNISOLATE_ROLLS_BACK, _V60),
    ("4b08cd567b", "guest-error", P.UNPLUG_GUEST_ERROR_EVENT, _V61),
)
_SUMMARIES = {
    "51254ffb32~1": "before the series: an unplug request waits for the guest, a reset or CAS",
    "51254ffb32": "every connector gets a timer that nothing starts",
    "d1c2e3ce3d": "a CPU's unplug request is dropped after 15 s; a retry before that is an error",
    "fe1831eff8": "configure-connector on a pending LMB cancels the whole DIMM's unplug",
    "7420033ec4": "a repeated unplug of a PHB is an error",
    "e35dfbd227": "a repeated unplug of a PCI function is an error",
    "4515a5f786": (
        "the remaining time is computed by a helper, timer_deadline_ms(): the same numbers"
    ),
    "eb7f80fd26": "the event MEM_UNPLUG_ERROR reports a DIMM that the guest refuses to release",
    "d522cb52e6~1": (
        "the last QEMU with the timeout: after 15 s QEMU drops a CPU's unplug request"
    ),
    "d522cb52e6": "the timeout is gone: a CPU's unplug request waits for the guest again",
    "2b18fc794f": "every device_del of a CPU sends the guest another event, so it can be retried",
    "87758fed7a": "a guest can refuse: UNISOLATE on a pending connector cancels the request",
    "4b08cd567b": "QEMU reports the refusal: DEVICE_UNPLUG_GUEST_ERROR",
}


def _walk_the_steps() -> Iterator[Revision]:
    patches: frozenset[Patch] = frozenset()
    for label, alias, step, version in _STEPS:
        if isinstance(step, Patch):
            patches |= {step}
        elif alias == "revert":
            patches -= _REVERTED
        yield Revision(
            label=label,
            alias=alias,
            commit=step.value if isinstance(step, Patch) else step,
            version=version,
            summary=_SUMMARIES[label],
            patches=patches,
            like=label,
        )


CATALOGUE: tuple[Revision, ...] = tuple(_walk_the_steps())
"""The 13 builds of the case study, oldest first: the steps of the series tour."""


def _release(
    tag: str, commit: str, version: tuple[int, int, int], like: str, *more: Patch
) -> Revision:
    same = next(revision for revision in CATALOGUE if revision.label == like)
    return Revision(
        label=tag,
        commit=commit,
        version=version,
        summary=f"by the content of its tree: as {same.name}"
        + (", but for the text about a duplicate id" if more else ""),
        patches=same.patches | frozenset(more),
        like=same.label,
    )


RELEASES: tuple[Revision, ...] = (
    _release("v6.0.0-rc0", "9e2e9fe3df9f539f8b6941ceb96d25355fdae47e", (5, 2, 90), "d522cb52e6~1"),
    _release("v6.0.0-rc1", "6d40ce00c1166c317e298ad82ecf10e650c4f87d", (5, 2, 91), "d522cb52e6~1"),
    _release("v6.0.0-rc2", "d0d3dd401b70168a353450e031727affee828527", (5, 2, 92), "d522cb52e6~1"),
    _release("v6.0.0-rc3", "8fe9f1f891eff4e37f82622b7480ee748bf4af74", (5, 2, 93), "2b18fc794f"),
    _release("v6.0.0-rc4", "b1cffefa1b163bce9aebc3416f562c1d3886eeaa", (5, 2, 94), "2b18fc794f"),
    _release("v6.0.0-rc5", "0cef06d18762374c94eb4d511717a4735d668a24", (5, 2, 95), "2b18fc794f"),
    _release("v6.0.0", "609d7596524ab204ccd71ef42c9eee4c7c338ea4", (6, 0, 0), "2b18fc794f"),
    _release("v6.1.0", "f9baca549e44791be0dd98de15add3d8452a8af0", (6, 1, 0), "87758fed7a"),
    _release(
        "v6.2.0",
        "44f28df24767cf9dca1ddc9b23157737c4cbb645",
        (6, 2, 0),
        "4b08cd567b",
        P.DUPLICATE_DEVICE_ID_TEXT,
    ),
)
"""Releases and candidates, by what their trees hold; oldest first."""

OF_THE_LESSON: tuple[Patch, ...] = tuple(
    patch for patch in Patch if any(patch in one.patches for one in CATALOGUE + RELEASES)
)
"""The patches that the lesson's history has: those of 2021."""


def _recent(tag: str, version: tuple[int, int, int], alias: str | None = None) -> Revision:
    last = CATALOGUE[-1]
    return Revision(
        label=tag,
        alias=alias,
        commit="",
        version=version,
        summary=f"as recorded: as {last.name}, without MEM_UNPLUG_ERROR; a core has one more"
        " property, and a duplicate id another text",
        patches=(last.patches - {P.MEM_UNPLUG_ERROR_EVENT})
        | {P.DUPLICATE_DEVICE_ID_TEXT, P.IBM_PI_FEATURES, P.MEM_UNPLUG_ERROR_REMOVED},
        like=last.label,
    )


RECENT: tuple[Revision, ...] = (
    _recent("v10.0.13", (10, 0, 13)),
    _recent("v11.1.3", (11, 1, 3), alias="today"),
)
"""Recent releases, as recorded; newer than the lesson's history, so without a commit."""

TODAY = RECENT[-1]
"""The newest QEMU that the kit models."""

EVERY_RELEASE: tuple[Revision, ...] = RELEASES + RECENT
"""Releases and candidates, those by content and those recorded, oldest first."""

RECORDED: tuple[Revision, ...] = CATALOGUE + RECENT
"""The pseries machines with recordings of a real QEMU, oldest first."""

PROPOSAL = Revision(
    label="proposal",
    commit="",
    version=(5, 2, 50),
    summary="never merged: after 15 s QEMU drops the request and sends DEVICE_NOT_DELETED",
    patches=next(r for r in CATALOGUE if r.label == "eb7f80fd26").patches
    | {P.PROPOSED_NOT_DELETED_EVENT},
)
"""The event of 12 March 2021 on the tree of that day, from patch 2 of 4 of its series."""

Q35 = Revision(
    label="q35",
    commit="",
    version=(7, 2, 22),
    summary="for contrast, an ACPI machine: its guest can refuse, and QEMU reports it",
    patches=frozenset(),
    board=Board.Q35,
)
"""Debian's QEMU 7.2.22 as it was recorded with -machine q35."""

_MEND_SUMMARIES = {
    P.MEND_LIMBO: "without a request a CPU or a PHB cannot be isolated, as an LMB cannot",
    P.MEND_DIMM_ABORT: "device_del of a DIMM passes over LMBs that the guest released before",
    P.MEND_MIGRATED_DIMM: "a refusal after a migration recovers the list of pending DIMMs",
    P.MEND_STUCK_DIMM: "device_del of a pending DIMM sends the guest another event",
    P.MEND_STUCK_CARD: "device_del of a pending PCI card or bridge sends the guest another event",
    P.MEND_TOLD_TWICE: "a refused DIMM is reported once",
    P.MEND_RESET: "a reset drops a pending request instead of completing it",
}


def _mended(name: str, summary: str, *mends: Patch) -> Revision:
    return Revision(
        label=name,
        commit="",
        version=TODAY.version,
        summary=f"never merged, the kit's own change: {summary}",
        patches=TODAY.patches | frozenset(mends),
    )


MENDS: tuple[Revision, ...] = tuple(
    _mended(mend.value, summary, mend) for mend, summary in _MEND_SUMMARIES.items()
)
"""Today's machine with one finding mended in each; no QEMU is like them."""

MENDED = _mended(
    "mended",
    "all mends but two: that of the reset and that of PCI cards each break something else",
    *(mend for mend in _MEND_SUMMARIES if mend not in (P.MEND_RESET, P.MEND_STUCK_CARD)),
)
"""Today's machine with all mends that break nothing."""


def _trial(patch: Patch, like: str, summary: str) -> Revision:
    same = next(revision for revision in CATALOGUE if revision.alias == like)
    return Revision(
        label=patch.value,
        commit="",
        version=same.version,
        summary=f"never built: {like} {summary}",
        patches=same.patches | {patch},
    )


TRIALS: tuple[Revision, ...] = (
    _trial(P.LONGER_TIMEOUT, "pre-revert", "with a timeout of 60 s"),
    _trial(P.REMOVED_AT_ISOLATE, "revert", "that removes a CPU at ISOLATE, a wrong idea"),
    *PCIE_TRIALS,
)
"""Machines that nobody built, each with one rule changed, to see what the rule does."""

PSERIES: tuple[Revision, ...] = (*CATALOGUE, *EVERY_RELEASE, PROPOSAL)
"""Every pseries machine that somebody built or posted: the builds, the releases, the proposal."""

BUILDS: tuple[Revision, ...] = (*RECORDED, *PCIE_REVISIONS)
"""The recorded builds of which a range can be named, each machine's oldest first."""

REVISIONS: tuple[Revision, ...] = (*PSERIES, Q35, *PCIE_REVISIONS)
"""All revisions but the mends and trials, in the order in which lists name them."""

# Parents within the catalogue; where a label has ~1 itself, see the label.
_PARENTS = {
    "d1c2e3ce3d": "51254ffb32",
    "fe1831eff8": "d1c2e3ce3d",
    "e35dfbd227": "7420033ec4",
    "4515a5f786": "e35dfbd227",
    "2b18fc794f": "d522cb52e6",
    "pcie-d5daff7d31": "pcie-23786d1344",
    "pcie-81124b3c7a": "pcie-d5daff7d31",
    "pcie-44242d4d3d": "pcie-81124b3c7a",
    "pcie-0d33415a4e": "pcie-44242d4d3d",
    "pcie-18416c62e3": "pcie-0d33415a4e",
}
_HASH = re.compile(r"([0-9a-f]{1,40})(~1|~|\^)?", re.IGNORECASE)


def find_revision(name: str) -> Revision:
    """Return the revision that *name* means.

    Args:
        name: An alias (``pre-revert``, ``today``), a tag (``v6.0.0``), or a unique prefix of a
            hash, with ``~1`` or ``^`` for the parents that the catalogue knows.

    Raises:
        UnknownRevisionError: It fits no revision, or more than one.

    >>> find_revision("d522").name, find_revision("d522cb52e6~1").name
    ('revert', 'pre-revert')
    """
    wanted = name.strip()
    for revision in (*_every(), *_OWN.values()):
        if wanted in (revision.alias, revision.label):
            return revision
    found = _by_hash(wanted)
    if len(found) == 1:
        return found[0]
    if found:
        labels = ", ".join(revision.label for revision in found)
        raise UnknownRevisionError(f"revision {name!r} is ambiguous: {labels}; give more digits")
    raise UnknownRevisionError(
        f"no revision {name!r} on the embedded machine; `kit list revisions` names all there are"
        f"{did_you_mean(wanted, _names())}"
    )


def add_revisions(revisions: Iterable[Revision]) -> None:
    """Let `find_revision` find revisions of somebody's own platform, too.

    Raises:
        UnknownRevisionError: The catalogue has another of that name.
    """
    taken = {name for one in _every() for name in (one.alias, one.label) if name}
    for revision in revisions:
        if taken & {revision.alias, revision.label}:
            raise UnknownRevisionError(
                f"revision {revision.name!r}: the kit has one of that name; choose another"
            )
        _OWN[revision.label] = revision


_OWN: dict[str, Revision] = {}


def _every() -> tuple[Revision, ...]:
    return (*REVISIONS, *MENDS, MENDED, *TRIALS)


def _names() -> Iterator[str]:
    """Yield what a person may call a revision."""
    for revision in (*_every(), *_OWN.values()):
        yield from filter(None, (revision.alias, revision.label))


def _by_hash(wanted: str) -> list[Revision]:
    match = _HASH.fullmatch(wanted)
    if match is None:
        return []
    digits, parent = match[1].lower(), bool(match[2])
    found = [r for r in CATALOGUE + RELEASES if r.commit.startswith(digits)]
    found = found or [r for r in PCIE_REVISIONS if r.commit.startswith(digits)]
    if not parent:
        return found
    children = [revision.label for revision in found]
    parents = {f"{child}~1" for child in children} | {_PARENTS.get(child, "") for child in children}
    return [r for r in CATALOGUE + PCIE_REVISIONS if r.label in parents]
