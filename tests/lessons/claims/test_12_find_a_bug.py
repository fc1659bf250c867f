"""What lesson 12 claims."""

from __future__ import annotations

from kit.explorer.jobs import SearchJob, explore_one
from kit.explorer.paths import open_path, path_sentence
from kit.explorer.scope import LINUX, Scope
from kit.machine.catalogue import find_revision
from tests.lessons.claims.claim import claim
from tests.lessons.claims.recordings import transcript

ABORTS = "1.path.c0q2r0m1d2.linux-5_12.guest-error.nz4Sacaafa"
DISAGREES = "1.path.c0q2r0m1d2.linux-5_12.resend.Rzp3caaaaaaaaaeaa"


def violated(token: str) -> list[str]:
    return [one.name for one in open_path(token).breaks]


@claim(["no-abort"], of=[ABORTS], but_not=[DISAGREES])
def test_the_first_path_ends_in_an_abort(token: str) -> list[str]:
    return violated(token)


@claim(True, of=[DISAGREES], but_not=[ABORTS])
def test_after_the_second_path_somebody_is_wrong_and_nothing_says_so(token: str) -> bool:
    return "no-silent-disagreement" in violated(token)


@claim(True, of=[DISAGREES], but_not=[ABORTS])
def test_what_the_picture_calls_limbo_is_a_lost_release(token: str) -> bool:
    return "no-lost-release" in violated(token)


@claim(True, of=["dimm-migrate-pending-then-reconfigure"], but_not=["dimm-reconfigured-by-guest"])
def test_the_real_build_aborts_after_a_migration_only(story: str) -> bool:
    return "aborted" in transcript("4b08cd567b", story)


def aborts(revision: str, scope: str) -> set[bool]:
    """Is `no-abort` violated?  An answer for each Linux."""
    jobs = (SearchJob(find_revision(revision), kind, Scope.read(scope)) for kind in LINUX)
    return {not explore_one(job).result.findings["no-abort"].holds for job in jobs}


@claim(
    {True},
    of=["revert", "resend", "unisolate", "guest-error", "today"],
    but_not=["baseline", "mend-migrated-dimm", "mended"],
)
def test_in_this_scope_qemu_can_abort_and_the_mend_ends_that(at: str) -> set[bool]:
    return aborts(at, "c0q2r0m1d2")


@claim({True}, of=["c0q1r0m1d2"], but_not=["c0q0r0m1d2", "c0q1r0m0d2", "c0q1r0m1d1", "c0q2r0m0d2"])
def test_the_smallest_scope_with_an_abort(scope: str) -> set[bool]:
    return aborts("guest-error", scope)


@claim((True, False), of=["dimm1.0"], but_not=["dimm1.1"])
def test_what_aborts_is_a_block_out_of_use_and_not_released(lmb: str) -> tuple[bool, bool]:
    """The guest configures the first LMB again; it has made no other call about it."""
    index = f"LMB {4 + int(lmb[-1])}"
    words = [path_sentence(e) for step in open_path(ABORTS).steps for e in step.entries]
    calls = [one for one in words if one.startswith("The guest") and index in one]
    return any("configures" in one for one in calls), any("isolates" in one for one in calls)
