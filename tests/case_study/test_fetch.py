"""What a fetch brings and where it puts it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kit.case_study.fetch import (
    LESSON_COMMITS,
    SOURCES,
    Amount,
    Fetched,
    FetchError,
    default_folder,
    fetch,
)
from kit.common.errors import MisuseError
from kit.git.repository.clone import CloneHistory
from kit.machine.catalogue import CATALOGUE, OF_THE_LESSON
from kit.machine.pcie_revisions import SERIES
from tests.conftest import Program
from tests.git.upstream import (
    COMMITS,
    LESSON,
    OFFLINE,
    Steps,
    Upstream,
    contents,
    git,
    names_in,
    size_of,
)

# -- how much ----------------------------------------------------------------------------------


def test_a_lesson_is_small_and_each_diff_reads_offline(
    upstream: Upstream, served: str, tmp_path: Path
) -> None:
    target = tmp_path / "a cache" / "lesson.git"
    got = fetch(target, urls=[served], wanted=upstream.wanted)

    assert got == Fetched(
        path=target,
        amount=Amount.LESSON,
        url=served,
        commits=LESSON,
        received_bytes=got.received_bytes,
        was_there=False,
    )
    assert got.received_bytes < size_of(target) < 60_000 < 1_300_000 < upstream.size
    for commit in upstream.wanted:
        show = ("show", "--format=raw", "--patch", "--full-index", "-M", commit)
        assert git(target, *show, **OFFLINE) == git(upstream.path, *show)
    assert names_in(target.parent) == ["lesson.git"]


def test_gitpython_reads_a_lesson_offline(
    upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "lesson.git"
    fetch(target, urls=[str(upstream.path)], wanted=upstream.wanted)
    monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "none-such")

    there, here = CloneHistory(upstream.path), CloneHistory(target)
    assert [(here.commit(name), here.diff(name)) for name in upstream.wanted] == [
        (there.commit(name), there.diff(name)) for name in upstream.wanted
    ]


@pytest.mark.parametrize("amount", [Amount.LESSON, Amount.HISTORY], ids=lambda each: each.value)
def test_what_is_absent_is_not_looked_for_on_the_network(
    upstream: Upstream, amount: Amount, tmp_path: Path
) -> None:
    """A partial clone asks its server for what it lacks, in the middle of a git show."""
    target = tmp_path / "some.git"
    fetch(target, amount=amount, urls=[str(upstream.path)], wanted=upstream.wanted)
    firmware = git(upstream.path, "rev-parse", "master:firmware.bin")

    with pytest.raises(subprocess.CalledProcessError) as refused:
        git(target, "cat-file", "blob", firmware)
    assert "transport 'file' not allowed" in refused.value.stderr


def test_a_history_has_every_message_and_no_files(
    upstream: Upstream, served: str, tmp_path: Path
) -> None:
    target = tmp_path / "history.git"
    got = fetch(target, amount=Amount.HISTORY, urls=[served], wanted=upstream.wanted)

    assert (got.amount, got.commits, got.was_there) == (Amount.HISTORY, COMMITS, False)
    assert got.received_bytes < 10_000
    for log in (("log", "--format=%H %an %s"), ("show-ref",), ("symbolic-ref", "HEAD")):
        assert git(target, *log, **OFFLINE) == git(upstream.path, *log)
    kinds = git(target, "cat-file", "--batch-all-objects", "--batch-check=%(objecttype)")
    assert set(kinds.split()) == {"commit", "tag"}


def test_full_is_a_bare_clone(upstream: Upstream, daemon: str, tmp_path: Path) -> None:
    target = tmp_path / "full.git"
    got = fetch(target, amount=Amount.FULL, urls=[daemon], wanted=upstream.wanted)

    assert (got.amount, got.commits) == (Amount.FULL, COMMITS)
    assert got.received_bytes > 1_300_000
    for question in (("show-ref", "--head"), ("rev-list", "--objects", "--all")):
        assert git(target, *question, **OFFLINE) == git(upstream.path, *question)


def test_what_is_there_is_not_fetched_again(upstream: Upstream, tmp_path: Path) -> None:
    """The server may be gone, and nothing is written, not even a lock."""
    target = tmp_path / "lesson.git"
    first = fetch(target, urls=[str(upstream.path)], wanted=upstream.wanted)
    steps = Steps()
    before = contents(tmp_path)
    again = fetch(target, urls=["https://127.0.0.1:1/"], wanted=upstream.wanted, progress=steps)

    assert (again.was_there, again.received_bytes, again.url) == (True, 0, str(upstream.path))
    assert again.commits == first.commits
    assert (steps.seen, contents(tmp_path)) == ([], before)


def test_full_has_what_a_lesson_needs(upstream: Upstream, tmp_path: Path) -> None:
    urls = [str(upstream.path)]
    fetch(tmp_path / "q", amount=Amount.FULL, urls=urls, wanted=upstream.wanted)

    assert fetch(tmp_path / "q", urls=urls, wanted=upstream.wanted).amount is Amount.FULL


def test_a_lesson_that_grew_is_fetched_anew(upstream: Upstream, tmp_path: Path) -> None:
    target = tmp_path / "lesson.git"
    fetch(target, urls=[str(upstream.path)], wanted=upstream.wanted[:2])
    got = fetch(target, urls=[str(upstream.path)], wanted=upstream.wanted)

    assert (got.was_there, got.commits, names_in(tmp_path)) == (False, LESSON, ["lesson.git"])


def test_a_damaged_lesson_is_fetched_anew(upstream: Upstream, tmp_path: Path) -> None:
    target = tmp_path / "lesson.git"
    fetch(target, urls=[str(upstream.path)], wanted=upstream.wanted)
    for pack in target.glob("objects/pack/*.pack"):
        pack.unlink()

    assert not fetch(target, urls=[str(upstream.path)], wanted=upstream.wanted).was_there


def test_the_default_folders_are_apart_and_in_the_users_cache(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if sys.platform == "linux":
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        assert default_folder(Amount.LESSON) == tmp_path / "unplug-kit" / "qemu-lesson.git"
    assert len({default_folder(amount) for amount in Amount}) == 3


def test_the_lesson_is_the_recorded_builds_every_patch_and_the_pcie_series() -> None:
    assert set(LESSON_COMMITS) == {each.commit for each in CATALOGUE} | {
        p.value for p in OF_THE_LESSON
    } | set(SERIES)
    assert [url.split("/")[2].split(".")[0] for url in SOURCES] == ["gitlab", "github"]


# -- folders, disks, programs ------------------------------------------------------------------


def test_a_folder_of_somebody_else_is_left_alone(upstream: Upstream, tmp_path: Path) -> None:
    target = tmp_path / "mine"
    git(tmp_path, "init", "-q", str(target))
    before = contents(tmp_path)
    with pytest.raises(FetchError, match=r"exists, and kit fetch did not make it; name another"):
        fetch(target, urls=[str(upstream.path)], wanted=upstream.wanted)

    assert contents(tmp_path) == before


def test_a_folder_with_less_is_left_alone(upstream: Upstream, tmp_path: Path) -> None:
    target = tmp_path / "q"
    options: dict[str, Any] = {"urls": [str(upstream.path)], "wanted": upstream.wanted}
    fetch(target, **options)
    before = contents(tmp_path)
    with pytest.raises(FetchError, match=r"q holds QEMU's lesson, which is not what is wanted"):
        fetch(target, amount=Amount.HISTORY, **options)

    assert contents(tmp_path) == before


def test_a_file_in_the_way_is_one_line(upstream: Upstream, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FetchError, match=r"^\S+file/q: cannot be written: .*name another folder$"):
        fetch(tmp_path / "file" / "q", urls=[str(upstream.path)], wanted=upstream.wanted)


def test_a_full_disk_is_one_line_and_no_reason_to_ask_another_source(
    upstream: Upstream, program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Played by a git whose fetch fails as the real one does then."""
    wrapper = tmp_path / "bin" / "git"
    wrapper.parent.mkdir()
    wrapper.write_text(
        f"""#!/bin/sh
        case " $* " in *" fetch "*)
            echo x >> {tmp_path}/asked
            echo 'fatal: write error: No space left on device' >&2
            echo 'fatal: fetch-pack: invalid index-pack output' >&2
            exit 128
        esac
        exec {program("git")} "$@"
        """
    )
    wrapper.chmod(0o755)
    monkeypatch.setenv("PATH", str(wrapper.parent), prepend=os.pathsep)
    (tmp_path / "cache").mkdir()
    with pytest.raises(FetchError, match=r"cache: the disk is full; make room there, or name"):
        fetch(tmp_path / "cache" / "q", urls=[str(upstream.path)] * 2, wanted=upstream.wanted)

    assert (tmp_path / "asked").read_text() == "x\n"
    assert names_in(tmp_path / "cache") == []


def test_without_git_it_says_how_to_get_it(
    upstream: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FetchError, match=r"git is not installed.* \(Debian: apt install git\)"):
        fetch(tmp_path / "q", urls=[str(upstream.path)], wanted=upstream.wanted)
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("wanted", ["d522cb52e6", "--all", "D" * 40])
def test_only_full_hashes_are_asked_for(wanted: str, tmp_path: Path) -> None:
    with pytest.raises(MisuseError, match="full hashes"):
        fetch(tmp_path / "q", wanted=[wanted])


# -- the real ones -----------------------------------------------------------------------------


@pytest.mark.clone
def test_the_real_lesson_is_under_a_megabyte(
    tmp_path: Path, qemu_clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """d522cb52e6 removes 82 lines of 5 files and adds none."""
    got = fetch(tmp_path / "lesson.git", urls=[str(qemu_clone)])
    monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "none-such")
    stat = git(got.path, "show", "--format=", "--shortstat", "d522cb52e6")

    assert got.received_bytes < size_of(got.path) < 1_000_000
    assert stat == "5 files changed, 82 deletions(-)"
    for commit in LESSON_COMMITS:
        show = ("show", "--format=raw", "--patch", "--full-index", "-M", commit)
        assert git(got.path, *show) == git(qemu_clone, *show)
        assert CloneHistory(got.path).commit(commit).hash == commit
        CloneHistory(got.path).diff(commit)
