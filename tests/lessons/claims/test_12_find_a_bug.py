"""What lesson 12 claims."""

from __future__ import annotations

from kit.explorer.paths import open_path
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
