"""The catalogue: net patch sets, names, releases by content."""

from __future__ import annotations

from pathlib import Path

import pytest

from kit.common.errors import UnknownRevisionError
from kit.machine.catalogue import (
    CATALOGUE,
    MERGED,
    OF_THE_LESSON,
    PROPOSAL,
    RECENT,
    RECORDED,
    RELEASES,
    REVISIONS,
    TODAY,
    find_revision,
)
from kit.machine.pcie_revisions import PCIE_REVISIONS
from kit.machine.revision import Patch

REFERENCE = Path(__file__).parents[2] / "data" / "reference"
TIMEOUT = {Patch.UNPLUG_TIMEOUT_TIMER, Patch.CPU_UNPLUG_TIMEOUT, Patch.TIMER_DEADLINE_MS}


def test_the_catalogue_names_the_case_studys_builds_oldest_first() -> None:
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
        ("today", "v11.1.3"),
        ("v11.1.3", "v11.1.3"),
        ("v10.0.13", "v10.0.13"),
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

    assert proposed == {Patch.PROPOSED_NOT_DELETED_EVENT}
    assert not proposed & set(MERGED)
    assert find_revision("eb7f80fd26").patches < PROPOSAL.patches


def test_today_is_guest_error_but_for_three_things() -> None:
    """Each recent release, against the last build of the case study."""
    last = CATALOGUE[-1].patches
    changes = {
        revision.label: (last - revision.patches, revision.patches - last) for revision in RECENT
    }

    gone = {Patch.MEM_UNPLUG_ERROR_EVENT}
    came = {
        Patch.DUPLICATE_DEVICE_ID_TEXT,
        Patch.IBM_PI_FEATURES,
        Patch.MEM_UNPLUG_ERROR_REMOVED,
    }
    assert changes == {"v10.0.13": (gone, came), "v11.1.3": (gone, came)}
    assert TODAY is find_revision("today")


def test_the_lessons_history_lacks_the_patches_since() -> None:
    since = [patch for patch in MERGED if patch not in OF_THE_LESSON]

    assert since == [Patch.IBM_PI_FEATURES, Patch.MEM_UNPLUG_ERROR_REMOVED]


def test_a_revision_is_like_a_build_of_the_case_study() -> None:
    """Its own label, for such a build; nothing for what was never merged and for another board."""
    assert {one.label: one.like for one in REVISIONS if one.like != one.label} == {
        **{one.label: "" for one in PCIE_REVISIONS},
        "v6.0.0-rc0": "d522cb52e6~1",
        "v6.0.0-rc1": "d522cb52e6~1",
        "v6.0.0-rc2": "d522cb52e6~1",
        "v6.0.0-rc3": "2b18fc794f",
        "v6.0.0-rc4": "2b18fc794f",
        "v6.0.0-rc5": "2b18fc794f",
        "v6.0.0": "2b18fc794f",
        "v6.1.0": "87758fed7a",
        "v6.2.0": "4b08cd567b",
        "v10.0.13": "4b08cd567b",
        "v11.1.3": "4b08cd567b",
        "proposal": "",
        "q35": "",
    }


@pytest.mark.parametrize("suite", ["directed", "walks"])
def test_every_recorded_revision_has_a_recording(suite: str) -> None:
    files = [path.name for path in (REFERENCE / suite).iterdir()]
    suffix = {"directed": ".jsonl", "walks": ".jsonl.gz"}[suite]

    assert sorted(files) == sorted(f"{revision.label}{suffix}" for revision in RECORDED)
