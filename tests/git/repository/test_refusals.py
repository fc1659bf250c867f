"""What is said of a commit that cannot be read: what git complains of, and what helps here."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest

import kit.git.repository.clone
from kit.git.repository.clone import CloneHistory
from kit.git.repository.history import HistoryError, SourceKind
from tests.git.upstream import git
from tests.git.workshop import sibling


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A repository of two commits and a tag that names a file."""
    folder = tmp_path / "repo"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / "a.c").write_text("int a;\n")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    git(folder, "commit", "-q", "--allow-empty", "-m", "second")
    git(folder, "tag", "file", "HEAD:a.c")
    return folder


def refusal(repo: Path, revision: str, kind: SourceKind = SourceKind.CLONE) -> str:
    with pytest.raises(HistoryError) as error:
        CloneHistory(repo, kind).commit(revision)
    return str(error.value)


@pytest.mark.parametrize("revision", ["", " ", "HE\0AD", "\x1b[31m", "\udc80"])
def test_what_cannot_be_a_name_is_not_looked_up(repo: Path, revision: str) -> None:
    expected = f"{revision!r} is not the name of a commit; give a hash, a tag or a branch"

    assert refusal(repo, revision) == expected


def test_a_tag_of_a_file_is_said_to_be_one(repo: Path) -> None:
    expected = (
        f"{repo}: git cannot read file: file^{{commit}}: expected commit type,"
        " but the object dereferences to blob type"
    )

    assert refusal(repo, "file") == expected


def test_a_damaged_commit_is_said_to_be_damaged(repo: Path) -> None:
    name = git(repo, "rev-parse", "HEAD")
    path = repo / ".git" / "objects" / name[:2] / name[2:]
    path.chmod(0o644)
    path.write_bytes(b"junk")

    said = refusal(repo, "HEAD")

    words = f"loose object {name} (stored in {path}) is corrupt"
    assert said == f"{repo}: git cannot read HEAD: {words[:200]}"


def test_damaged_settings_are_said_to_be_damaged(repo: Path) -> None:
    config = repo / ".git" / "config"
    config.write_text(f"{config.read_text()}[junk")

    assert refusal(repo, "HEAD").startswith(f"{repo}: git cannot read it: bad config line ")


def test_too_few_digits_are_said_to_be_too_few(repo: Path) -> None:
    made: dict[str, str] = {}
    for number in count():  # until two commits share four digits
        name = sibling(repo, str(number))
        if made.setdefault(name[:4], name) != name:
            break

    said = refusal(repo, name[:4])

    assert said == f"{name[:4]} is ambiguous in {repo}; give more digits of the commit's hash"


@pytest.mark.parametrize("revision", ["nosuch", "v9.9.9"])
def test_a_typo_is_not_blamed_on_a_shallow_clone(repo: Path, tmp_path: Path, revision: str) -> None:
    git(tmp_path, "clone", "-q", "--bare", "--depth=1", f"file://{repo}", "shallow")

    assert refusal(tmp_path / "shallow", revision) == (
        f"{tmp_path / 'shallow'} has no commit {revision}; run `git -C"
        f" {tmp_path / 'shallow'} fetch` to get new commits"
    )


def test_a_fetched_lesson_is_told_how_to_get_more(repo: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--bare", "--depth=1", f"file://{repo}", "shallow")
    lacking = git(repo, "rev-parse", "HEAD~1")
    advice = "run `kit fetch` to repair it, or `kit fetch --full` for all of QEMU"

    with pytest.raises(HistoryError) as diff:
        CloneHistory(tmp_path / "shallow", SourceKind.FETCHED).diff("main")

    for revision in ("nosuch", lacking):
        assert refusal(tmp_path / "shallow", revision, SourceKind.FETCHED) == (
            f"the fetched lesson has no {revision}; {advice}"
        )
    assert str(diff.value) == f"the fetched lesson lacks the parent of main; {advice}"


# -- what would let git wait for ever ----------------------------------------------------------


def test_a_git_that_says_nothing_is_ended(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kit.git.repository.clone, "SILENT_S", 1)
    history = CloneHistory(repo)

    with (
        pytest.raises(HistoryError) as error,
        history.stream("-c", "alias.wait=!exec sleep 60", "wait", of="main") as printed,
    ):
        printed.read()

    assert str(error.value) == f"{repo}: git cannot read main: it did not answer within 1 s"


def test_a_git_that_complains_without_end_does_not_wait_for_a_listener(repo: Path) -> None:
    """A pipe holds 64 KiB: git would wait for whoever reads its complaints."""
    command = "alias.complain=!yes 'warning: so' | head -c 1000000 >&2; echo done"
    with CloneHistory(repo).stream("-c", command, "complain") as printed:
        assert printed.read() == b"done\n"


def test_a_name_longer_than_a_program_takes_is_one_line(repo: Path) -> None:
    assert refusal(repo, "x" * 200_000).endswith("Argument list too long")


def test_a_folder_inside_a_clone_is_no_clone(repo: Path) -> None:
    (repo / "inner").mkdir()

    assert refusal(repo / "inner", "HEAD") == (
        f"{repo / 'inner'} is not a git repository; name the folder of a clone"
    )


def test_an_extension_that_git_does_not_know_is_named(repo: Path) -> None:
    git(repo, "config", "core.repositoryFormatVersion", "1")
    git(repo, "config", "extensions.colour", "blue")

    with pytest.raises(HistoryError) as refused:
        CloneHistory(repo).commit("HEAD")
    assert str(refused.value) == (
        f"{repo}: git cannot read it: unknown repository extension found: colour."
        " This git is too old for it: install a newer one"
    )
