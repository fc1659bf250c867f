"""The catalogue: net patch sets, names, releases by content."""

from __future__ import annotations

import pytest

from kit.common.errors import UnknownRevisionError
from kit.machine.catalogue import CATALOGUE, MERGED, PROPOSAL, RELEASES, find_revision
from kit.machine.revision import Patch

TIMEOUT = {Patch.UNPLUG_TIMEOUT_TIMER, Patch.CPU_UNPLUG_TIMEOUT, Patch.TIMER_DEADLINE_MS}


def test_the_catalogue_names_the_recorded_builds_oldest_first() -> None:
    assert [revision.label for revision in CATALOGUE] == [
        "51254ffb32~1",
        "51254ffb32",
        "d1c2e3ce3d",
        "fe1831eff8",
        "7420033ec4",
        "e35dfbd227",
        "4515a5f786",
        "eb7f80fd26",
        "d522cb52e6~1",
        "d522cb52e6",
        "2b18fc794f",
        "87758fed7a",
        "4b08cd567b",
    ]


def test_the_revert_removes_exactly_its_three_commits() -> None:
    before, after = find_revision("pre-revert").patches, find_revision("revert").patches

    assert (before - after, after - before) == (TIMEOUT, frozenset())


def test_the_release_has_the_commits_but_not_the_timeout() -> None:
    """git tag --contains lists v6.0.0 for all three: a revert removes no ancestors."""
    has_it = [r.label for r in RELEASES if Patch.CPU_UNPLUG_TIMEOUT in r.patches]

    assert has_it == ["v6.0.0-rc0", "v6.0.0-rc1", "v6.0.0-rc2"]


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("baseline", "51254ffb32~1"),
        ("51254ffb32~1", "51254ffb32~1"),
        ("51254ffb320183a4636635840c23ee0e3a1efffa^", "51254ffb32~1"),
        ("5125", "51254ffb32"),
        ("d522cb52e6", "d522cb52e6"),
        ("D522CB52E604C8448674D90DAE09AD50223B5D3C", "d522cb52e6"),
        ("d522~1", "d522cb52e6~1"),
        ("2b18fc794f~1", "d522cb52e6"),
        ("d1c2e3ce3d^", "51254ffb32"),
        ("555249a5", "d522cb52e6~1"),
        (" revert ", "d522cb52e6"),
        ("v6.0.0", "v6.0.0"),
        ("proposal", "proposal"),
        ("q35", "q35"),
    ],
)
def test_a_revision_answers_to_alias_tag_and_unique_prefix(name: str, label: str) -> None:
    assert find_revision(name).label == label


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("v5.2.0", "no revision 'v5.2.0' on the embedded machine; `kit list revisions`"),
        ("", "no revision ''"),
        ("87758fed7a~1", "no revision '87758fed7a~1'"),
        ("d522cb52e6~2", "no revision 'd522cb52e6~2'"),
    ],
)
def test_an_unknown_revision_says_where_to_look(name: str, message: str) -> None:
    with pytest.raises(UnknownRevisionError, match=message):
        find_revision(name)


def test_a_prefix_of_two_revisions_names_both() -> None:
    with pytest.raises(
        UnknownRevisionError, match=r"ambiguous: d1c2e3ce3d, d522cb52e6, v6\.0\.0-rc2; "
    ):
        find_revision("d")


def test_the_proposal_is_the_tree_of_its_day_and_one_patch_that_was_never_merged() -> None:
    """Posted on 12 March 2021; eb7f80fd26 is the last of the lesson's commits before it."""
    proposed = set(PROPOSAL.patches - find_revision("eb7f80fd26").patches)

    assert proposed == set(Patch) - set(MERGED)
    assert find_revision("eb7f80fd26").patches < PROPOSAL.patches
