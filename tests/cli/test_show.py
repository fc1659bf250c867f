"""kit show and kit history export: which commit, from where, and what is said without a diff."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from kit.case_study import history as history_in_use
from kit.cli.main import main
from kit.machine.catalogue import RELEASES, find_revision

Captured = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def shallow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone of depth 1 of the re-enactment: a commit whose parent is not there."""
    whole = history_in_use._reenactment()
    target = tmp_path_factory.mktemp("shallow") / "clone"
    command = ["git", "clone", "--quiet", "--bare", "--depth=1", f"file://{whole}", str(target)]
    subprocess.run(command, check=True)
    return target


def test_without_its_parent_a_commit_is_shown_with_a_note(shallow: Path, capsys: Captured) -> None:
    note = f"{shallow} is shallow and lacks the parent of HEAD"
    for form in ("text", "terminal"):
        assert main(["show", "HEAD", "--repo", str(shallow), "--format", form, "--width=400"]) == 0
        lines = capsys.readouterr().out.rstrip().splitlines()
        assert lines[0].startswith("commit ")
        assert lines[-2] == ""
        assert lines[-1].startswith(note)


def test_as_json_it_has_no_files_and_a_note(shallow: Path, capsys: Captured) -> None:
    status = main(["show", "HEAD", "--repo", str(shallow), "--json"])
    commit = json.loads(capsys.readouterr().out)

    assert (status, commit["files"], len(commit["hash"])) == (0, None, 40)
    assert "is shallow and lacks the parent of HEAD" in commit["note"]


@pytest.mark.parametrize("release", ["v6.0.0-rc0", "v6.0.0-rc3", "v6.0.0", "v6.1.0", "v6.2.0"])
def test_a_release_is_shown_from_the_reenactment_and_from_an_export_of_it(
    release: str, tmp_path: Path, capsys: Captured
) -> None:
    path = tmp_path / "lesson.json"
    main(["history", "export", "-o", str(path)])
    capsys.readouterr()
    shown = []
    for repo in ("re-enactment", str(path)):
        assert main(["show", release, "--repo", repo, "--json"]) == 0
        commit = json.loads(capsys.readouterr().out)
        shown.append({key: value for key, value in commit.items() if key != "source"})

    assert shown[0] == shown[1]


def test_an_error_names_what_was_typed(capsys: Captured) -> None:
    assert main(["show", "v6.0.0-rc1"]) == 2
    assert capsys.readouterr().err.startswith("kit: v6.0.0-rc1: the re-enactment has only ")


def test_an_export_says_what_it_lacks(tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "lesson.json"

    assert main(["history", "export", "-o", str(path)]) == 0
    left_out = capsys.readouterr().err.splitlines()[1]
    assert left_out.startswith(f"{path}: 9 left out, not in this history: fe1831eff8, ")
    assert left_out.endswith(", v6.0.0-rc1, v6.0.0-rc2, v6.0.0-rc4, v6.0.0-rc5")
    assert len(RELEASES) == 9


def test_home_is_known_to_repo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shallow: Path, capsys: Captured
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    shutil.copytree(shallow, tmp_path / "x")

    assert main(["show", "HEAD", "--repo", "~/x", "--format", "text"]) == 0
    assert str(tmp_path / "x") in capsys.readouterr().out.replace("\\\n", "")


@pytest.fixture
def damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fetched lesson that lacks the commits."""
    monkeypatch.delenv("KIT_QEMU")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = tmp_path / "unplug-kit" / "qemu-lesson.git"
    subprocess.run(["git", "init", "--quiet", "--bare", str(folder)], check=True)
    monkeypatch.setattr("kit.case_study.history.CHECKOUT", tmp_path / "nothing" / "beside")
    monkeypatch.setattr(
        "kit.case_study.history.data_path", lambda name: Path(__file__).parents[2] / "data" / name
    )
    return folder


def test_a_history_that_is_passed_over_is_named(damaged: Path, capsys: Captured) -> None:
    revert = find_revision("revert").commit
    said = f"passed over: {damaged}: the fetched lesson has no {revert}"

    assert main(["show", "revert"]) == 0
    error = capsys.readouterr().err
    assert error.startswith(f"kit: {said}; run `kit fetch` to repair it, or")
    assert error.count("\n") == 1
    assert main(["doctor", "--json"]) == 0
    checks = json.loads(capsys.readouterr().out)
    assert [c["missing"].split(";")[0] for c in checks if c["name"] == "passed over"] == [said]


def test_what_kit_fetch_history_brought_is_used_last(
    damaged: Path, shallow: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = damaged.with_name("qemu-history.git")
    shutil.copytree(shallow, there)
    head = subprocess.check_output(["git", "-C", str(there), "rev-parse", "HEAD"], text=True)
    revert = replace(find_revision("revert"), commit=head.strip())
    monkeypatch.setattr("kit.case_study.history.find_revision", lambda _: revert)

    assert history_in_use.history().source.place == str(there)


def test_a_cache_that_cannot_be_written_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null/x")

    assert main(["show", "revert"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "; set XDG_CACHE_HOME to another folder, or name a clone" in error


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "proposal",
            "proposal was never merged, so there is no commit; it was posted:"
            " https://lore.kernel.org/qemu-devel/20210312200740.815014-3-danielhb413@gmail.com/",
        ),
        ("q35", "q35 is another machine for contrast: no commit of the story"),
    ],
)
def test_what_has_no_commit_says_so(
    name: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", name]) == 2
    assert capsys.readouterr().err == f"kit: {message}\n"
    assert history_in_use.commit_page(find_revision(name)).note == f"{message}."
