"""What lesson 11 claims."""

from __future__ import annotations

from kit import mail_of, run_of
from kit.simulation.run import Pair
from kit.simulation.token import open_token
from kit.storage.scenarios import find_scenario
from kit.views.reports.mail import mail_lines
from tests.lessons.claims.claim import claim
from tests.lessons.claims.recordings import conforms, transcript


@claim(True, of=["unisolate", "guest-error"], but_not=["resend"])
def test_the_second_request_is_lost(at: str) -> bool:
    return run_of("two-requests", at).belief().limbo


def mail(before: str, after: str) -> list[str]:
    return mail_of("two-requests", before=before, after=after).splitlines()


@claim([False, True], of=[("resend", "unisolate")], but_not=[("unisolate", "resend")])
def test_the_last_line_of_the_mail_opens_as_the_pair(revisions: tuple[str, str]) -> list[bool]:
    pair = open_token(mail(*revisions)[-1], find_scenario)
    assert isinstance(pair, Pair)
    return [pair.before.belief().limbo, pair.after.belief().limbo]


@claim(True, of=[72], but_not=[80])
def test_a_mail_has_72_columns(width: int) -> bool:
    pair = open_token(mail("resend", "unisolate")[-1], find_scenario)
    lines = list(mail_lines(pair, (), width=width))
    if width == 72:
        lines += mail("resend", "unisolate")
    return all(len(line) <= 72 or " " not in line for line in lines)


@claim((), of=["4b08cd567b"], but_not=["2b18fc794f"])
def test_the_machine_answers_as_the_real_build(sha: str) -> object:
    return conforms("4b08cd567b", sha).mismatches


@claim((True, False), of=["4b08cd567b"], but_not=["2b18fc794f"])
def test_the_real_build_drops_the_request_at_the_refusal(sha: str) -> tuple[bool, bool]:
    story = transcript(sha, "late-guest-after-rejection")
    return "DEVICE_UNPLUG_GUEST_ERROR" in story, "DEVICE_DELETED" in story
