"""What lesson 0 claims."""

from __future__ import annotations

from kit.machine.catalogue import CATALOGUE, find_revision
from kit.simulation.sandbox import Act
from kit.views.models.sandbox import SandboxModel
from tests.clicks import sandbox_run
from tests.lessons.claims.claim import claim

IN_TIME = (Act.DEVICE_DEL, Act.WAIT_5_S, Act.GUEST_RELEASES)
LATE = (Act.DEVICE_DEL, Act.GUEST_RELEASES_LATE)


@claim(1, of=[IN_TIME], but_not=[LATE])
def test_in_time_all_revisions_do_the_same(acts: tuple[Act, ...]) -> int:
    return len({sandbox_run(revision, *acts).trace for revision in CATALOGUE})


@claim(True, of=["pre-revert"], but_not=["revert"])
def test_a_late_release_ends_in_limbo(at: str) -> bool:
    return sandbox_run(find_revision(at), *LATE).belief().limbo


@claim((), of=[1], but_not=[0])
def test_undo_takes_the_last_click_back(undos: int) -> object:
    model = SandboxModel()
    model.do(Act.DEVICE_DEL)
    for _ in range(undos):
        model.undo()
    return model.timeline.interventions
