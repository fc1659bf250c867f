"""What a message of QEMU says that is not so."""

from __future__ import annotations

import pytest

from kit.case_study.history import erratum
from kit.machine.catalogue import CATALOGUE, find_revision


@pytest.mark.parametrize(
    ("name", "words"),
    [("guest-error", "one version early"), ("revert", "true for seven months"), ("resend", "")],
)
def test_only_a_message_that_is_wrong_has_an_erratum(name: str, words: str) -> None:
    assert words in erratum(find_revision(name).commit)
    assert bool(words) is bool(erratum(find_revision(name).commit))


def test_an_erratum_is_about_a_commit_of_the_lesson() -> None:
    found = [revision.label for revision in CATALOGUE if erratum(revision.commit)]

    assert found == ["d522cb52e6", "4b08cd567b"]
