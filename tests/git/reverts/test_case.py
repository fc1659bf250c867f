"""All that a lesson on a revert needs, read from a history."""

from __future__ import annotations

from pathlib import Path

import pytest

from kit.common.errors import UserError
from kit.git.repository.clone import CloneHistory
from kit.git.reverts.case import project_of, read_case
from kit.git.values.verdict import RevertVerdict
from tests.git.shapes import SHAPES, shape
from tests.git.workshop import Workshop, workshop

VERDICTS = {
    "candidate": RevertVerdict.EXACT,
    "most": RevertVerdict.DIFFERENT,
    "merge": RevertVerdict.EXACT,
    "shipped": RevertVerdict.EXACT,
    "partial": RevertVerdict.PARTIAL,
    "several": RevertVerdict.EXACT,
    "root": RevertVerdict.EXACT,
    "binary": RevertVerdict.EXACT,
}


@pytest.mark.parametrize("name", SHAPES)
def test_each_shape_has_its_verdict_and_its_targets(name: str, tmp_path: Path) -> None:
    shop, sha = shape(name, tmp_path / "r")
    case = read_case(shop.clone, sha)
    titles = [shop.git("log", "-1", "--format=%s", one.sha) for one in case.targets]

    assert case.finding.verdict is VERDICTS[name]
    assert [one.subject for one in case.targets] == titles
    assert len(titles) == (3 if name == "several" else 1)


def test_versions_are_told_by_their_content(tmp_path: Path) -> None:
    shop, sha = shape("candidate", tmp_path / "r")
    found = [
        (one.tag, one.comes_after, one.has_code) for one in read_case(shop.clone, sha).versions
    ]

    assert found == [("v1.1-rc1", True, True), ("v1.1", True, False), ("v1.2", True, True)]


def test_other_commits_on_the_same_files_are_told_by_when_they_came(tmp_path: Path) -> None:
    shop, sha = shape("candidate", tmp_path / "r")
    case = read_case(shop.clone, sha)

    assert [one.subject for one in case.before] == ["f: tidy up more", "f: tidy up", "start"]
    assert [one.subject for one in case.between] == []
    assert [(one.subject, one.how) for one in case.after] == [("f: be quick", "re-land")]
    assert [one.subject for one in case.unrelated] == ["f: oil it well", "f: oil it"]


def test_what_stands_between_a_change_and_its_revert_is_found(tmp_path: Path) -> None:
    shop, sha = shape("most", tmp_path / "r")

    assert [one.subject for one in read_case(shop.clone, sha).between] == ["f: stands in between"]


def test_a_commit_that_takes_nothing_back_is_refused(tmp_path: Path) -> None:
    shop = workshop(tmp_path / "r")
    shop.commit("g: make it", {"g": "x\n"})
    short = shop.head[:10]

    with pytest.raises(UserError) as caught:
        read_case(shop.clone, "HEAD")

    assert str(caught.value) == (
        f"{shop.folder}: {short} is not a revert: neither its message nor its files take a commit"
        " back; `kit reverts` lists those that do"
    )


def test_a_target_that_is_not_here_is_named(tmp_path: Path) -> None:
    shop = workshop(tmp_path / "r")
    sha = shop.commit(f"back\n\nThis reverts commit {'ab' * 20}.", {"f": "x\n"})

    with pytest.raises(UserError) as caught:
        read_case(shop.clone, sha)

    assert str(caught.value) == (
        f"{shop.folder}: {sha[:10]} reverts {'ab' * 20}, which this repository does not have;"
        " fetch its whole history, or name another revert"
    )


@pytest.mark.parametrize(
    ("remote", "folder", "name"),
    [
        ("https://user:secret@forge.example/us/water.git", "r", "water"),
        ("git@forge.example:us/water", "r", "water"),
        ("ssh://forge.example/us/water/", "r", "water"),
        ("", "pump", "pump"),
        ("", "pump/repo", "pump"),
        ("", "pump.git", "pump"),
    ],
)
def test_a_project_is_called_as_its_remote_or_its_folder(
    remote: str, folder: str, name: str, tmp_path: Path
) -> None:
    shop = Workshop(tmp_path / folder)
    shop.folder.mkdir(parents=True)
    shop.git("init", "--quiet", "--template=")
    if remote:
        shop.git("config", "remote.origin.url", remote)

    assert project_of(CloneHistory(shop.folder)) == name
