"""Reading commits and diffs with GitPython, from repositories made here."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from kit.case_study.history import lesson_commits
from kit.git.repository.clone import CloneHistory
from kit.git.repository.history import HistoryError, Source, SourceKind
from kit.git.values.commit import (
    ChangeKind,
    Commit,
    DiffLine,
    FileDiff,
    Hunk,
    LineKind,
    Person,
    lore_link,
    message_id,
    quoted_list_links,
    reverts,
    series_of,
    siblings,
)
from kit.machine.catalogue import CATALOGUE, OF_THE_LESSON

IDENTITY = {
    "GIT_AUTHOR_NAME": "A. Author",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_AUTHOR_DATE": "2021-03-31T21:04:00-0300",
    "GIT_COMMITTER_NAME": "C. Committer",
    "GIT_COMMITTER_EMAIL": "c@example.org",
    "GIT_COMMITTER_DATE": "2021-04-12T12:00:00+1000",
    "GIT_CONFIG_GLOBAL": os.devnull,
}
MESSAGE = """second <b>

Body with a line of dashes:
---
and more.

Reviewed-by: R. Viewer <r@example.org>
Message-Id: <20210401000437.131140-2-a@example.org>
"""


def git(folder: Path, *arguments: str, text: str | None = None) -> str:
    done = subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env=os.environ | IDENTITY,
        input=text,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository of two commits, the second of which changes one line of a function."""
    repo = tmp_path / "a clone"
    repo.mkdir()
    git(repo, "init", "-q", "-b", "main")
    body = "".join(f"    step_{n}();\n" for n in range(9))
    (repo / "drc.c").write_text(f"void release(void)\n{{\n{body}}}\n")
    git(repo, "add", ".")
    git(repo, "commit", "-q", "-m", "first")
    (repo / "drc.c").write_text(f"void release(void)\n{{\n{body.replace('step_7', 'wait')}}}\n")
    git(repo, "commit", "-q", "-a", "--cleanup=verbatim", "-F", "-", text=MESSAGE)
    return repo


def second(clone: Path) -> Commit:
    return Commit(
        hash=git(clone, "rev-parse", "main"),
        subject="second <b>",
        body=MESSAGE.split("\n\n", 1)[1].strip("\n"),
        author=Person("A. Author", "a@example.org"),
        authored="2021-03-31T21:04:00-03:00",
        committer=Person("C. Committer", "c@example.org"),
        committed="2021-04-12T12:00:00+10:00",
        parents=(git(clone, "rev-parse", "main~1"),),
        trailers=(
            ("Reviewed-by", "R. Viewer <r@example.org>"),
            ("Message-Id", "<20210401000437.131140-2-a@example.org>"),
        ),
    )


CONTEXT, ADDED, REMOVED = LineKind.CONTEXT, LineKind.ADDED, LineKind.REMOVED
SECOND = (
    FileDiff(
        path="drc.c",
        old_path="drc.c",
        kind=ChangeKind.MODIFIED,
        hunks=(
            Hunk(
                "void release(void)",
                (
                    DiffLine(CONTEXT, "    step_4();", 7, 7),
                    DiffLine(CONTEXT, "    step_5();", 8, 8),
                    DiffLine(CONTEXT, "    step_6();", 9, 9),
                    DiffLine(REMOVED, "    step_7();", 10, None),
                    DiffLine(ADDED, "    wait();", None, 10),
                    DiffLine(CONTEXT, "    step_8();", 11, 11),
                    DiffLine(CONTEXT, "}", 12, 12),
                ),
            ),
        ),
    ),
)


def test_a_commit_is_read_whole_trailers_after_dashes_too(clone: Path) -> None:
    assert CloneHistory(clone).commit("main") == second(clone)


def test_a_diff_is_read_whole(clone: Path) -> None:
    assert CloneHistory(clone).diff("main") == SECOND


def test_an_abbreviated_hash_is_enough(clone: Path) -> None:
    assert CloneHistory(clone).commit(git(clone, "rev-parse", "HEAD")[:7]) == second(clone)


def test_a_history_says_where_it_comes_from(clone: Path) -> None:
    assert str(CloneHistory(clone).source) == f"clone ({clone})"
    assert CloneHistory(clone, SourceKind.FETCHED).source == Source(SourceKind.FETCHED, str(clone))


# -- clones of every kind ----------------------------------------------------------------------


def bare(clone: Path, tmp_path: Path, *options: str) -> Path:
    target = tmp_path / "bare.git"
    git(tmp_path, "clone", "-q", "--bare", *options, f"file://{clone}", str(target))
    return target


def test_a_bare_repository_is_read_even_without_its_config(clone: Path, tmp_path: Path) -> None:
    """GitPython takes such a repository for a work tree."""
    repo = bare(clone, tmp_path)
    (repo / "config").unlink()

    assert CloneHistory(repo).diff("main") == SECOND


def test_a_worktree_is_read(clone: Path, tmp_path: Path) -> None:
    git(clone, "worktree", "add", "-q", "--detach", str(tmp_path / "tree"), "main")

    assert CloneHistory(tmp_path / "tree").diff("HEAD") == SECOND


def test_borrowed_objects_are_read(clone: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--shared", str(clone), "shared")

    assert CloneHistory(tmp_path / "shared").diff("HEAD") == SECOND


@pytest.fixture
def anothers(clone: Path) -> Path:
    if os.geteuid() != 0:
        pytest.skip("chown needs root")
    for path in [clone, *clone.rglob("*")]:
        os.chown(path, 12345, 12345)
    return clone


def test_a_clone_of_another_owner_is_read_only_if_trusted(
    anothers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """git-config(1), safe.directory: only what this person has set counts, and no repository."""
    trusting = tmp_path / "gitconfig"
    trusting.touch()
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(trusting))
    git(tmp_path, "config", f"--file={anothers}/.git/config", "safe.directory", "*")

    with pytest.raises(HistoryError) as refused:
        CloneHistory(anothers).commit("main")
    git(tmp_path, "config", f"--file={trusting}", "--add", "safe.directory", str(anothers))

    assert str(refused.value) == (
        f"{anothers} belongs to another user, and git reads it only if you trust them:"
        f" git config --global --add safe.directory '{anothers}'"
    )
    assert CloneHistory(anothers).commit("main").subject == "second <b>"
    assert CloneHistory(anothers).diff("main") == SECOND


def test_a_shallow_clone_gives_what_it_has_and_says_what_it_lacks(
    clone: Path, tmp_path: Path
) -> None:
    repo = bare(clone, tmp_path, "--depth=1")
    history = CloneHistory(repo)
    lacking = git(clone, "rev-parse", "main~1")

    assert history.commit("main").subject == "second <b>"
    with pytest.raises(HistoryError) as commit:
        history.commit(lacking)
    with pytest.raises(HistoryError) as diff:
        history.diff("main")
    assert str(commit.value) == (
        f"{repo} is shallow and lacks {lacking}: run `git -C {repo} fetch --unshallow`"
    )
    assert f"{repo} is shallow and lacks the parent of main:" in str(diff.value)


def test_a_partial_clone_says_what_it_lacks_and_fetches_nothing(
    clone: Path, tmp_path: Path
) -> None:
    git(clone, "config", "uploadpack.allowFilter", "true")
    repo = bare(clone, tmp_path, "--filter=blob:none")
    shutil.move(clone, tmp_path / "gone")

    with pytest.raises(HistoryError, match="is a partial clone and lacks files of main"):
        CloneHistory(repo).diff("main")


# -- what git can hold -------------------------------------------------------------------------


def test_the_first_commit_adds_everything(clone: Path) -> None:
    (file,) = CloneHistory(clone).diff("HEAD~1")

    assert (file.kind, file.count(ADDED), file.count(REMOVED)) == (ChangeKind.ADDED, 12, 0)


def test_a_merge_has_no_diff_of_its_own(clone: Path) -> None:
    git(clone, "checkout", "-q", "-b", "side", "HEAD~1")
    (clone / "other.c").write_text("int x;\n")
    git(clone, "add", ".")
    git(clone, "commit", "-q", "-m", "side")
    git(clone, "merge", "-q", "--no-edit", "main")
    history = CloneHistory(clone)

    assert (history.commit("HEAD").is_merge, history.diff("HEAD")) == (True, ())


def test_a_rename_is_one_file(clone: Path) -> None:
    git(clone, "mv", "drc.c", "spapr drc.c")
    git(clone, "commit", "-q", "-m", "rename")
    (file,) = CloneHistory(clone).diff("HEAD")

    assert (file.old_path, file.path, file.kind, file.hunks) == (
        "drc.c",
        "spapr drc.c",
        ChangeKind.RENAMED,
        (),
    )


def test_a_deleted_and_a_binary_file(clone: Path) -> None:
    git(clone, "rm", "-q", "drc.c")
    (clone / "rom.bin").write_bytes(bytes(range(256)) * 4)
    git(clone, "add", ".")
    git(clone, "commit", "-q", "-m", "swap")
    files = {file.path: file for file in CloneHistory(clone).diff("HEAD")}

    assert (files["drc.c"].kind, files["drc.c"].count(REMOVED)) == (ChangeKind.DELETED, 12)
    assert (files["rom.bin"].binary, files["rom.bin"].kind) == (True, ChangeKind.ADDED)


def test_a_message_in_another_encoding_is_read(clone: Path) -> None:
    """GitPython ignores the encoding header."""
    (clone / "message").write_bytes("Grüße\n".encode("latin-1"))
    git(
        clone, "-c", "i18n.commitEncoding=latin-1", "commit", "-q", "--allow-empty", "-F", "message"
    )

    assert CloneHistory(clone).commit("HEAD").subject == "Grüße"


def test_trailers_are_those_that_git_sees(clone: Path) -> None:
    """Whatever a message holds and whatever the clone's settings say; git's separator is NUL."""
    message = "x\x01y\n\nb\x01c\n\nEmpty:\nX: a\x1eEvil-Key\x1fv: 1\nFolded: two\n  lines\n"
    git(clone, "commit", "-q", "--allow-empty", "--cleanup=verbatim", "-F", "-", text=message)
    git(clone, "config", "trailer.separators", "%")
    commit = CloneHistory(clone).commit("HEAD")

    assert (commit.subject, commit.trailers) == (
        "x\x01y",
        (("Empty", ""), ("X", "a\x1eEvil-Key\x1fv: 1"), ("Folded", "two lines")),
    )
    assert CloneHistory(clone).log()[0] == commit


def test_a_line_that_is_not_utf_8_is_shown_with_a_mark(clone: Path) -> None:
    (clone / "latin.c").write_bytes(b"/* caf\xe9 */\n")
    git(clone, "add", ".")
    git(clone, "commit", "-q", "-m", "latin")
    (file,) = CloneHistory(clone).diff("HEAD")

    assert file.hunks[0].lines[0].text == "/* caf\N{REPLACEMENT CHARACTER} */"


def test_tags_name_their_commits(clone: Path) -> None:
    git(clone, "tag", "v1")
    git(clone, "tag", "-a", "-m", "annotated", "v2", "HEAD~1")
    first, last = git(clone, "rev-parse", "HEAD~1"), git(clone, "rev-parse", "HEAD")

    assert CloneHistory(clone).tags() == (("v1", last), ("v2", first))


def test_the_log_is_every_commit_newest_first(clone: Path) -> None:
    assert [commit.subject for commit in CloneHistory(clone).log()] == ["second <b>", "first"]


# -- refusals ----------------------------------------------------------------------------------


@pytest.mark.parametrize("revision", ["nope", "--all", "a" * 40, "HEAD:drc.c"])
def test_an_unknown_commit_is_one_line(clone: Path, revision: str) -> None:
    with pytest.raises(HistoryError) as error:
        CloneHistory(clone).commit(revision)

    assert str(error.value) == (
        f"{clone} has no commit {revision}; run `git -C {clone} fetch` to get new commits"
    )


@pytest.mark.parametrize("name", ["", "missing"])
def test_what_is_no_repository_is_one_line(tmp_path: Path, name: str) -> None:
    with pytest.raises(HistoryError, match="is not a git repository; name the folder of a clone"):
        CloneHistory(tmp_path / name).commit("HEAD")


# -- the real clone ----------------------------------------------------------------------------


@pytest.fixture
def qemu(qemu_clone: Path) -> CloneHistory:
    return CloneHistory(qemu_clone)


@pytest.mark.clone
def test_the_revert_in_the_real_clone(qemu: CloneHistory) -> None:
    """d522cb52e6 removes 82 lines of 5 files and adds none."""
    revert = "d522cb52e604c8448674d90dae09ad50223b5d3c"
    files = qemu.diff(revert)
    commit = qemu.commit(revert)

    assert {file.path: file.count(REMOVED) for file in files} == {
        "hw/ppc/spapr.c": 4,
        "hw/ppc/spapr_drc.c": 52,
        "include/hw/ppc/spapr_drc.h": 5,
        "include/qemu/timer.h": 8,
        "util/qemu-timer.c": 13,
    }
    assert sum(file.count(ADDED) for file in files) == 0
    assert [name[:10] for name in reverts(commit)] == ["4515a5f786", "d1c2e3ce3d", "51254ffb32"]
    assert lore_link(commit) == (
        "https://lore.kernel.org/qemu-devel/20210401000437.131140-2-danielhb413@gmail.com/"
    )
    assert quoted_list_links(commit) == (
        "https://lists.gnu.org/archive/html/qemu-devel/2021-03/msg04682.html",
    )


@pytest.mark.clone
def test_every_commit_of_the_catalogue_is_in_the_real_clone(qemu: CloneHistory) -> None:
    for name in [
        *(revision.commit for revision in CATALOGUE),
        *(patch.value for patch in OF_THE_LESSON),
    ]:
        assert qemu.commit(name).hash == name


@pytest.mark.clone
def test_a_series_in_the_real_clone(qemu: CloneHistory) -> None:
    """d1c2e3ce3d was posted as one of five patches, which were committed together."""
    timeout = qemu.commit("d1c2e3ce3d5a5424651967bce1cf1f4caa0c6d91")
    found = siblings(timeout, lesson_commits(qemu))

    assert [series_of(message_id(each) or "") for each in found] == [
        ("20210222194531.62717-danielhb413@gmail.com", number) for number in (2, 3, 4, 5, 6)
    ]
