"""What a mend mends, and that it breaks nothing: each beside today's machine.

A mend is a patch of the table that nobody merged; docs/findings/mends.md says what each is about.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from kit.actors.pseries_programs import GuestKind
from kit.explorer.jobs import SearchJob
from kit.explorer.model import DrcModel, State
from kit.explorer.properties import judged
from kit.explorer.scope import Scope
from kit.explorer.search import Ended, Judgement, explore
from kit.machine.catalogue import MENDED, MENDS, TODAY, find_revision
from kit.machine.revision import Patch, Revision
from tests.effort import LONG, some_of
from tests.explorer.found import searched

LINUX, OLD, ANY = GuestKind.LINUX_5_14, GuestKind.LINUX_5_12, GuestKind.ARBITRARY
CORES = Scope(cores=1, requests=3, migrations=2)
DIMM_1 = Scope(cores=0, requests=3, migrations=2, dimm_lmbs=1)
DIMM_2 = Scope(cores=0, dimm_lmbs=2)
NO_MIGRATION = Scope(cores=0, dimm_lmbs=2, migrations=0)
PHB = Scope(cores=0, requests=3, migrations=0, phb=True)
CARD = Scope(cores=0, requests=3, migrations=0, pci=1)
SEARCHES = [
    *((kind, scope) for kind in (LINUX, OLD) for scope in (CORES, DIMM_1, DIMM_2, PHB, CARD)),
    (ANY, NO_MIGRATION),
    (ANY, PHB),
]
MENDS_OF = {
    "mend-limbo": {(LINUX, CORES): {"no-lost-release", "no-silent-disagreement"}},
    "mend-dimm-abort": {(ANY, NO_MIGRATION): {"no-abort"}},
    "mend-migrated-dimm": {(LINUX, DIMM_2): {"no-abort"}, (OLD, DIMM_2): {"no-abort"}},
    "mend-stuck-dimm": {
        **{(kind, DIMM_1): {"retry-possible", "no-surprise-removal"} for kind in (LINUX, OLD)},
        **{(kind, DIMM_2): {"retry-possible"} for kind in (LINUX, OLD)},
    },
    "mend-stuck-card": {(kind, CARD): {"retry-possible"} for kind in (LINUX, OLD)},
    "mend-told-twice": {},  # it shortens the list of strays; see below
    "mend-reset": {
        (kind, scope): {"no-surprise-removal"}
        for kind in (LINUX, OLD)
        for scope in (CORES, DIMM_1, DIMM_2, PHB)
    },
}
BROKEN = {("mend-stuck-card", scope): {"no-stray-event"} for scope in (CARD, PHB)}
"""A second event that the guest reads after it has released the device, as CPUs have it today."""

BESIDE = some_of([(mend.name, search) for mend in MENDS for search in SEARCHES], 7)
"""Where an ordinary run looks as well, besides the searches in which a mend mends something."""
# there the operator never comes to believe in a failure, so nothing tries the property any more
UNTRIED = {
    ("mend-stuck-dimm", DIMM_1): {"no-surprise-removal"},
    ("mend-reset", DIMM_1): {"no-surprise-removal"},
    ("mend-reset", PHB): {"no-surprise-removal"},
}


class AbortedError(Exception):
    """A guest has ended its VM, so nothing more needs to be searched."""


def ends_its_vm(revision: Revision) -> bool:
    """Can any guest end its VM?  The search goes on until that is found."""
    model = DrcModel(revision, ANY, DIMM_2)
    (no_abort,) = (prop.of(model) for prop in judged(ANY))

    def holds(state: State) -> bool:
        if not no_abort.holds(state):
            raise AbortedError
        return True

    assert no_abort.name == "no-abort"
    try:
        result = explore(model, [replace(no_abort, holds=holds)])
    except AbortedError:
        return True
    assert result.ended is Ended.COMPLETE
    return False


@cache
def judgements(revision: Revision, kind: GuestKind, scope: Scope) -> dict[str, Judgement]:
    found = searched(SearchJob(revision, kind, scope).searched)
    assert found.result.ended is Ended.COMPLETE
    return {prop.name: finding.judgement for prop, finding in found.findings}


def violated(revision: Revision, kind: GuestKind, scope: Scope) -> set[str]:
    found = judgements(revision, kind, scope)
    return {name for name, one in found.items() if one is Judgement.VIOLATED}


@pytest.mark.parametrize(
    ("mend", "search"),
    [
        pytest.param(mend, search, id=f"{mend.name}-{search[0].value}-{search[1].name}")
        for mend in MENDS
        for search in SEARCHES
        if LONG or search in MENDS_OF[mend.name] or (mend.name, search) in BESIDE
    ],
)
def test_a_mend_mends_what_it_says_and_breaks_nothing(
    mend: Revision, search: tuple[GuestKind, Scope]
) -> None:
    """An ordinary run looks where a mend mends something, and at a few other searches."""
    before, after = violated(TODAY, *search), violated(mend, *search)

    mended = MENDS_OF[mend.name].get(search, set())
    idle = UNTRIED.get((mend.name, search[1]), set()) & mended
    broken = BROKEN.get((mend.name, search[1]), set()) if search[0] is not ANY else set()
    assert after == before - mended | broken
    found = judgements(mend, *search)
    assert {name for name in mended if found[name] is Judgement.NOT_EXERCISED} == idle


@pytest.mark.parametrize("search", SEARCHES, ids=lambda one: f"{one[0].value}-{one[1].name}")
def test_together_they_mend_what_each_does(search: tuple[GuestKind, Scope]) -> None:
    apart = ("mend-reset", "mend-stuck-card")
    each = [found.get(search, set()) for name, found in MENDS_OF.items() if name not in apart]

    after = violated(MENDED, *search)

    assert after == violated(TODAY, *search) - set().union(*each)
    assert "no-abort" not in after


def test_without_all_of_them_a_guest_can_still_end_its_vm() -> None:
    """Two assertions: each mend alone leaves the other one."""
    assert [mend.name for mend in MENDS if not ends_its_vm(mend)] == []
    assert not ends_its_vm(MENDED)


def test_a_mend_is_today_and_one_patch() -> None:
    patches = [mend.patches - TODAY.patches for mend in MENDS]

    assert [TODAY.patches < mend.patches for mend in MENDS] == [True] * len(MENDS)
    assert patches == [{patch} for patch in Patch if patch.value.startswith("mend-")]
    assert [find_revision(mend.label) for mend in (*MENDS, MENDED)] == [*MENDS, MENDED]
