"""Which repository the commands about reverts read, and what of it: as git users expect."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from subprocess import PIPE, CalledProcessError

import pytest

from kit.cli.main import main
from kit.git.repository.here import pathspec_from, repository_above
from tests.git.workshop import Workshop, numbered, workshop

Captured = pytest.CaptureFixture[str]
HEAVY = ("matplotlib", "pandas", "pygit2", "kit.machine.catalogue", "concurrent.futures.process")


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    """Return a repository with reverts in two folders, and one on a branch."""
    made = workshop(tmp_path / "r")
    made.tag("v1")
    made.revert(made.commit("tap: one", {"tap/one": "1\n"}))
    made.tag("v2")
    made.revert(made.commit("pump: two", {"pump/two": "2\n"}))
    made.git("checkout", "--quiet", "-b", "side", "v1")
    made.revert(made.commit("side: three", {"f": numbered(l5="five")}))
    made.git("checkout", "--quiet", "main")
    for folder in ("tap", "pump"):
        (made.folder / folder).mkdir(exist_ok=True)
    return made


def subjects(capsys: Captured, *arguments: str) -> list[str]:
    assert main(["reverts", "--json", *arguments]) == 0
    return [json.loads(line)["subject"] for line in capsys.readouterr().out.splitlines()]


ONE, TWO, THREE = ('Revert "tap: one"', 'Revert "pump: two"', 'Revert "side: three"')


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ((), [TWO, ONE]),
        (("v2",), [ONE]),
        (("v2..",), [TWO]),
        (("v1..v2",), [ONE]),
        (("main", "^v2"), [TWO]),
        (("side",), [THREE]),
        (("main", "side"), [THREE, TWO, ONE]),
        (("--all",), [THREE, TWO, ONE]),
        (("-n", "1"), [TWO]),
        (("--", "tap"), [ONE]),
        (("--", "pump", "tap"), [TWO, ONE]),
        (("tap",), [ONE]),
        (("v2..", "--", "tap"), []),
        (("--", ":!tap"), [TWO]),
        (("--path", "pump"), [TWO]),
    ],
)
def test_ranges_and_paths_are_those_of_git(
    shop: Workshop, capsys: Captured, arguments: tuple[str, ...], found: list[str]
) -> None:
    assert sorted(subjects(capsys, "--repo", str(shop.folder), *arguments)) == sorted(found)


def test_of_a_range_what_is_older_is_found_too(shop: Workshop, capsys: Captured) -> None:
    target = shop.git("rev-parse", "v2~1")
    shop.commit('Revert "tap: one"')
    shop.commit(f"again\n\nThis reverts commit {target}.")
    main(["reverts", "--json", "--repo", str(shop.folder), "HEAD~2.."])
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    assert [[each["sha"] for each in row["targets"]] for row in rows] == [[target], [target]]


@pytest.mark.parametrize("folder", [".", "tap", "pump"])
def test_the_repository_is_the_one_that_the_current_folder_lies_in(
    shop: Workshop, capsys: Captured, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    monkeypatch.chdir(shop.folder / folder)
    main(["reverts"])

    first, *rows = capsys.readouterr().out.splitlines()
    assert first == f"read from clone ({shop.folder}), HEAD"
    assert [row.split(" ", 2)[2] for row in rows[:2]] == [TWO, ONE]


def test_paths_count_from_the_current_folder(
    shop: Workshop, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shop.folder / "tap")

    assert subjects(capsys, "--", ".") == [ONE]
    assert subjects(capsys, "--", "../pump") == [TWO]
    assert subjects(capsys, "--", ":/pump") == [TWO]


@pytest.mark.parametrize("kind", ["worktree", "bare"])
def test_worktrees_and_bare_repositories_count_as_well(
    shop: Workshop, tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    other = tmp_path / "other"
    if kind == "worktree":
        shop.git("worktree", "add", "--quiet", "--detach", str(other), "v2")
    else:
        shop.git("clone", "--quiet", "--bare", ".", str(other))
    monkeypatch.chdir(other)

    assert subjects(capsys) == ([ONE] if kind == "worktree" else [TWO, ONE])


def test_a_repository_that_is_named_counts_before_the_current_folders(
    shop: Workshop, tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = workshop(tmp_path / "other")
    monkeypatch.chdir(shop.folder)

    assert subjects(capsys, "--repo", str(other.folder)) == []
    assert repository_above(tmp_path) is None


@pytest.mark.parametrize(
    "command", ["reverts --json", "revert HEAD --json", "changelog v1.. --json"]
)
def test_what_is_read_is_said_beside_the_data(
    shop: Workshop, capsys: Captured, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.chdir(shop.folder)
    main(command.split())

    said = capsys.readouterr()
    assert said.err.splitlines()[0].startswith(f"read from clone ({shop.folder})")
    assert said.out.startswith("{")


@pytest.mark.parametrize("command", ["reverts", "changelog HEAD~1..", "revert HEAD"])
def test_a_shallow_clone_is_called_so(
    shop: Workshop, tmp_path: Path, capsys: Captured, command: str
) -> None:
    target = tmp_path / "shallow"
    shop.git("clone", "--quiet", "--depth=3", f"file://{shop.folder}", str(target))
    main([*command.split(), "--repo", str(target)])

    first = capsys.readouterr().out.splitlines()[0]
    assert first.endswith("; it is shallow: `git fetch --unshallow` brings the older commits")


def test_a_path_that_nothing_changes_is_said(shop: Workshop, capsys: Captured) -> None:
    assert main(["reverts", "--repo", str(shop.folder), "--", "nowhere"]) == 0

    said = capsys.readouterr()
    assert (
        said.err == "kit: no commit here changes 'nowhere'; paths count from the current folder\n"
    )
    assert said.out.splitlines()[1:] == ["no reverts"]


@pytest.mark.parametrize("word", ["nowhere", "nowhere..main", "a..b..c", "..", "--output=x", ""])
def test_what_is_no_range_and_no_path_is_a_line(
    shop: Workshop, capsys: Captured, word: str
) -> None:
    assert main(["reverts", "--repo", str(shop.folder), word]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("kit: ")
    assert not (shop.folder / "x").exists()


def test_a_title_leads_to_its_commit_in_the_row(shop: Workshop, capsys: Captured) -> None:
    target = shop.commit("tap: turn it", {"tap/x": "x\n"})
    shop.commit('Revert "tap: turn it"', {"tap/x": None})
    main(["reverts", "--repo", str(shop.folder), "-n", "1"])

    row = capsys.readouterr().out.splitlines()[1]
    assert row.endswith(f' Revert "tap: turn it"  [{target[:10]}, by title]')


def test_a_repository_with_sha_256_is_read_and_what_cannot_be_checked_is_a_line(
    tmp_path: Path, capsys: Captured
) -> None:
    made = Workshop(tmp_path)
    made.git("init", "--quiet", "--object-format=sha256", "--initial-branch=main", "--template=")
    made.commit("start", {"f": "1\n"})
    target = made.commit("tap: x", {"f": "2\n"})
    made.revert(target)
    main(["reverts", "--repo", str(tmp_path), "--json"])
    row = json.loads(capsys.readouterr().out)

    assert [each["sha"] for each in row["targets"]] == [target]
    for command in ("reverts --check", "revert HEAD", "changelog main"):
        assert main([*command.split(), "--repo", str(tmp_path)]) == 2
        assert capsys.readouterr().err.splitlines()[-1] == (
            "kit: this needs merges by libgit2, which cannot read a repository with SHA-256;"
            " `kit reverts` without --check lists its reverts"
        )


def test_a_store_of_refs_that_git_does_not_know_is_a_line(tmp_path: Path, capsys: Captured) -> None:
    made = workshop(tmp_path / "r")
    made.git("config", "core.repositoryFormatVersion", "1")
    made.git("config", "extensions.refStorage", "a-later-one")

    for command in ("reverts", "reverts --json", "revert HEAD", "changelog HEAD"):
        assert main([*command.split(), "--repo", str(made.folder)]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        (line,) = err.splitlines()
        assert f"{made.folder}: git cannot read it: " in line


KNOWS_REFTABLE = (
    "--ref-format" in subprocess.run(["git", "init", "-h"], stdout=PIPE, text=True).stdout
)


@pytest.mark.xfail(
    not KNOWS_REFTABLE, reason="this git is older than 2.45", raises=CalledProcessError
)
def test_reftable_is_read(tmp_path: Path, capsys: Captured) -> None:
    made = workshop(tmp_path / "r")
    made.git("init", "--quiet", "--ref-format=reftable", "-b", "main", str(tmp_path / "new"))
    made.folder = tmp_path / "new"
    made.commit("feat: begin", {"f": "1\n"})
    made.tag("v1.0.0")
    sha = made.revert(made.commit("feat: more", {"g": "2\n"}))

    assert main(["reverts", "--all", "--repo", str(made.folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["sha"] == sha
    assert main(["revert", "main", "--repo", str(made.folder)]) == 0
    assert main(["changelog", "--since-tag", "--repo", str(made.folder)]) == 0
    assert "v1.0.0..HEAD: 0 commits of 2" in capsys.readouterr().out


def test_listing_loads_nothing_that_it_does_not_need(shop: Workshop) -> None:
    program = (
        "import sys; from kit.cli.main import main; main(sys.argv[1:]);"
        "sys.stderr.write(' '.join(sorted(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "reverts", "--repo", str(shop.folder)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert [name for name in HEAVY if name in done.stderr.split()] == []


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (".", "a/b"),
        ("..", "a"),
        ("../c/", "a/c/"),
        (":(exclude)x", ":(exclude)a/b/x"),
        (":^x", ":^a/b/x"),
        (":(top)x", ":(top)x"),
        ("*.c", "a/b/*.c"),
    ],
)
def test_a_pathspec_counts_from_where_it_is_typed(typed: str, meant: str) -> None:
    assert pathspec_from("a/b", typed) == meant
