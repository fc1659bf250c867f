"""A workshop commits as git does, whether git does it or libgit2."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.git.workshop import Workshop, workshop

CHANGES: list[tuple[str, dict[str, str | bytes | None] | None]] = [
    ("new files\n\n\n  and a body ", {"g": "1\n", "a/b": b"\0", "a/c": ""}),
    ("one of them less: \u00e4", {"a/b": None, "g": "2\n"}),
    ("nothing", {}),
    ("nothing named", None),
    ("a file becomes a folder", {"g": None, "g/h": "3\n"}),
]


def made_by_git(shop: Workshop) -> Workshop:
    """Let git commit: another setting is one that it may heed."""
    shop.git("config", "user.name", "Somebody Else")
    return shop


def test_the_commits_are_those_of_git(tmp_path: Path) -> None:
    here, there = workshop(tmp_path / "here"), made_by_git(workshop(tmp_path / "there"))
    for message, files in CHANGES:
        assert here.commit(message, files) == there.commit(message, files) == here.head
        assert here.git("status", "--porcelain") == ""

    assert here.git("fsck", "--strict") == ""


@pytest.mark.parametrize("name", [".gitattributes", ".gitignore"])
def test_what_git_heeds_is_left_to_git(tmp_path: Path, name: str) -> None:
    here, there = workshop(tmp_path / "here"), made_by_git(workshop(tmp_path / "there"))
    for shop in (here, there):
        shop.commit("rules", {name: "*.x text eol=crlf\n" if "attr" in name else "*.x\n"})

    files: dict[str, str | bytes | None] = {"one.x": "1\r\n", "two": "2\n"}
    assert here.commit("files", files) == there.commit("files", files)


def test_what_was_changed_by_hand_is_committed(tmp_path: Path) -> None:
    shop = workshop(tmp_path / "r")
    (shop.folder / "f").write_text("other\n")
    shop.commit("by hand")

    assert shop.git("show", "HEAD:f") == "other"
