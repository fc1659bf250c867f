"""Which history is in use, and the re-enactment answering to QEMU's own hashes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from kit.case_study.find import find_history, open_named
from kit.case_study.history import exported_history, history
from kit.git.repository.exported import FileHistory
from kit.git.repository.history import HistoryError, SourceKind
from kit.git.values.commit import net_lines, reverts
from kit.machine.catalogue import CATALOGUE, find_revision
from kit.machine.revision import Revision

KNOWN = "main"


def repository(folder: Path) -> Path:
    folder.mkdir()
    git = ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run([*git, "init", "-q", "-b", "main"], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", folder.name], check=True)
    return folder


def unreachable() -> Path:
    raise AssertionError("the re-enactment is not needed")


def found(named: Path | None, fetched: list[Path], beside: list[Path]) -> tuple[str, SourceKind]:
    read = find_history(named, fetched, beside, unreachable, KNOWN)
    return read.commit(KNOWN).subject, read.source.kind


def test_the_first_that_is_there_is_used(tmp_path: Path) -> None:
    named, fetched, beside = (repository(tmp_path / name) for name in ("one", "two", "three"))
    absent = tmp_path / "absent"

    assert [
        found(named, [fetched], [beside]),
        found(None, [absent, fetched], [beside]),
        found(None, [absent], [absent, beside]),
    ] == [
        ("one", SourceKind.CLONE),
        ("two", SourceKind.FETCHED),
        ("three", SourceKind.CLONE),
    ]


def test_a_folder_beside_the_kit_that_is_no_clone_of_qemu_is_passed_over(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    other = repository(tmp_path / "other")
    told: list[tuple[Path, str]] = []
    read = find_history(
        None,
        [tmp_path / "absent", empty],
        [other],
        lambda: other,
        "v-not-there",
        passed_over=lambda place, why: told.append((place, why)),
    )

    assert read.source.kind is SourceKind.REENACTMENT
    assert told == [
        (empty, f"{empty} is not a git repository; name the folder of a clone"),
        (
            other,
            f"{other} has no commit v-not-there; run `git -C {other} fetch` to get new commits",
        ),
    ]


def test_a_place_too_long_for_a_name_is_one_line() -> None:
    with pytest.raises(HistoryError, match="x: cannot be read: File name too long; name"):
        open_named(Path("x" * 300))


def test_a_folder_that_may_not_be_read_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def shut(_: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "is_file", shut)  # and not chmod: root may read everything

    with pytest.raises(HistoryError, match="cannot be read: Permission denied; name the folder"):
        open_named(tmp_path)


def test_what_is_named_is_used_or_refused_never_passed_over(tmp_path: Path) -> None:
    beside = repository(tmp_path / "beside")

    with pytest.raises(HistoryError, match="absent does not exist; name the folder of a clone"):
        find_history(tmp_path / "absent", [], [beside], unreachable, KNOWN)


def test_the_reenactment_can_be_asked_for_although_there_is_a_clone(tmp_path: Path) -> None:
    fetched, ours = repository(tmp_path / "fetched"), repository(tmp_path / "ours")
    read = find_history(Path("re-enactment"), [fetched], [fetched], lambda: ours, KNOWN)

    assert read.source.kind is SourceKind.REENACTMENT


def test_a_file_is_a_history_too(tmp_path: Path) -> None:
    path = tmp_path / "lesson.json"
    path.write_text(exported_history()[0], encoding="utf-8")
    revert = find_revision("revert").commit

    assert open_named(path).commit(revert) == history().commit(revert)
    assert open_named(path).diff(revert) == history().diff(revert)


# -- the re-enactment --------------------------------------------------------------------------

NAMED = [revision for revision in CATALOGUE if revision.alias is not None]


@pytest.mark.parametrize("revision", NAMED, ids=lambda revision: revision.name)
def test_the_reenactment_answers_to_qemus_hashes(revision: Revision) -> None:
    commit = history().commit(revision.commit)

    assert commit.trailer("Re-enacts") == revision.commit
    assert commit.author.name == "The unplug kit"


def test_what_it_does_not_play_is_one_line() -> None:
    with pytest.raises(
        HistoryError, match="has only the commits of the CPU's story, not fe1831eff8"
    ):
        history().commit("fe1831eff8")


def test_its_own_hashes_and_tags_work_too() -> None:
    played = history()
    own = played.commit(find_revision("resend").commit).hash

    assert played.commit(own[:8]) == played.commit("v6.0.0")


def test_its_revert_names_and_undoes_the_three_line_by_line() -> None:
    played = history()
    three = [find_revision(name).commit for name in ("deadline-helper", "cpu-timeout", "timer")]
    revert = find_revision("revert").commit

    assert reverts(played.commit(revert)) == tuple(played.commit(name).hash for name in three)
    assert net_lines(*map(played.diff, [*three, revert])) == {}


def test_an_export_of_it_says_that_it_is_not_qemus_code() -> None:
    exported = FileHistory(exported_history()[0], "lesson.json")

    assert "re-enactment, not QEMU's code" in str(exported.source)


def test_what_led_to_a_commit_of_the_reenactment() -> None:
    names = ("cpu-timeout", "timer", "baseline")
    played = history()

    assert played.recent(find_revision("cpu-timeout").commit, 5) == tuple(
        played.commit(find_revision(name).commit) for name in names
    )
    assert len(played.recent(find_revision("cpu-timeout").commit, 2)) == 2
