"""What this installation puts into a classroom folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from kit.case_study.history import exported_history, history
from kit.classroom import contents as classroom_in_use
from kit.classroom.contents import make_classroom
from kit.classroom.folder import Contents, FolderSize
from kit.git.repository.history import SourceKind

ROOT = Path(__file__).parents[2]


@pytest.fixture
def contents(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Contents]:
    """Return what tells which contents the folder would get; nothing is made."""

    def found() -> Contents:
        taken: list[Contents] = []

        def take(_folder: Path, _targets: object, what: Contents, _tell: object) -> FolderSize:
            taken.append(what)
            return FolderSize(1, 2, "3" * 64)

        monkeypatch.setattr(classroom_in_use, "make_folder", take)
        make_classroom(Path("room"), (), lambda _: None, lambda *_: None)
        return taken[0]

    return found


def test_the_lessons_go_in_and_what_they_link_to_but_no_solutions(
    tmp_path: Path, contents: Callable[[], Contents]
) -> None:
    contents().lessons(tmp_path)
    notebooks = {
        path.relative_to(ROOT).as_posix() for path in (ROOT / "notebooks").rglob("*.ipynb")
    }
    found = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")}
    notebooks.add("notebooks/cover.svg")
    recording = "data/reference/directed/4b08cd567b.jsonl"

    docs = {
        "docs/glossary.md",
        "docs/principles.md",
        "docs/revert-conformance.md",
        "docs/reverts.md",
    }
    assert found == notebooks | docs | {recording}


def test_of_the_re_enactment_goes_what_is_read_without_git(
    tmp_path: Path, contents: Callable[[], Contents]
) -> None:
    what = contents()
    what.history(tmp_path)

    assert what.history_words == SourceKind.REENACTMENT.value
    assert [path.name for path in tmp_path.iterdir()] == ["commits.json"]
    assert (tmp_path / "commits.json").read_text(encoding="utf-8") == exported_history()[0]


def test_a_file_that_is_in_use_goes_as_it_is_read(
    tmp_path: Path, contents: Callable[[], Contents], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "lesson.json"
    file.write_text(exported_history()[0], encoding="utf-8")
    monkeypatch.setenv("KIT_QEMU", str(file))
    (tmp_path / "history").mkdir()
    contents().history(tmp_path / "history")
    found = {path.name: path.read_text() for path in (tmp_path / "history").iterdir()}

    assert list(found) == ["commits.json"]
    assert set(json.loads(found["commits.json"])["diffs"]) == set(
        json.loads(file.read_text())["diffs"]
    )


@pytest.mark.clone
def test_of_a_clone_goes_a_repository_of_the_lessons_commits(
    tmp_path: Path,
    contents: Callable[[], Contents],
    monkeypatch: pytest.MonkeyPatch,
    qemu_clone: Path,
) -> None:
    monkeypatch.setenv("KIT_QEMU", str(qemu_clone))
    contents().history(tmp_path)
    copied = history(tmp_path / "qemu.git")

    assert copied.diff("d1c2e3ce3d") == history().diff("d1c2e3ce3d")
    assert sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()) < 3e6


@pytest.mark.clone
def test_of_what_was_fetched_goes_a_copy(
    tmp_path: Path,
    contents: Callable[[], Contents],
    monkeypatch: pytest.MonkeyPatch,
    fetched_lesson: Path,
) -> None:
    monkeypatch.setenv("KIT_QEMU", str(fetched_lesson))
    contents().history(tmp_path)

    assert history(tmp_path / "qemu.git").diff("d522cb52e6") == history().diff("d522cb52e6")
