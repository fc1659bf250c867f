"""Fetching from servers on this machine: git daemon, and git http-backend behind http.server."""

from __future__ import annotations

import fcntl
import http.server
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kit.errors import MisuseError
from kit.history.clone import CloneHistory
from kit.history.fetch import (
    LESSON_COMMITS,
    SOURCES,
    Amount,
    Fetched,
    FetchError,
    default_folder,
    fetch,
)
from kit.machine.revision import CATALOGUE, Patch

Program = Callable[..., str]
COMMITS, LESSON = 17, 16  # of the repository served: all, and those wanted with their parents
OFFLINE = {"GIT_ALLOW_PROTOCOL": "none-such"}
IDENTITY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in {
        "NAME": "A. Author",
        "EMAIL": "a@example.org",
        "DATE": "2021-04-12T12:00:00+1000",
    }.items()
} | {"GIT_CONFIG_GLOBAL": os.devnull}


def git(folder: Path, *arguments: str, **environment: str) -> str:
    done = subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env=os.environ | IDENTITY | environment,
        check=True,
        capture_output=True,
        text=True,
        timeout=20,
    )
    return done.stdout.strip()


# -- what is served ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Upstream:
    """A repository to be served; some of its commits are wanted, none of its firmware is."""

    path: Path
    wanted: tuple[str, ...]
    head: str

    @property
    def size(self) -> int:
        return size_of(self.path)


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Upstream:
    """Seventeen commits: code, 1.4 MB of firmware beside it, a rename, a submodule, a merge."""
    repo = tmp_path_factory.mktemp("served") / "qemu.git"
    work = tmp_path_factory.mktemp("work")
    git(work, "init", "-q", "-b", "master")
    dice = random.Random(4)
    lines = [f"    step_{n}();\n" for n in range(60)]
    wanted = []

    def commit(subject: str) -> str:
        (work / "hw").mkdir(exist_ok=True)
        drc = next(work.glob("hw/*.c"), work / "hw/drc.c")
        drc.write_text(f"void release(void)\n{{\n{''.join(lines)}}}\n")
        git(work, "add", "--all")
        git(work, "commit", "-q", "-m", subject)
        return git(work, "rev-parse", "HEAD")

    wanted.append(commit("first"))
    for number in range(12):
        if number == 0 or number % 2:
            (work / "firmware.bin").write_bytes(dice.randbytes(200_000))
            commit(f"firmware {number}")
        else:
            lines[number * 3] = f"    wait_{number}();\n"
            wanted.append(commit(f"code {number}"))
        git(work, "tag", "-a", "-m", "release", f"v1.{number}")
    git(work, "mv", "hw/drc.c", "hw/connector.c")
    wanted.append(commit("rename"))
    git(work, "branch", "side")
    entry = f"160000,{wanted[0]},roms/sub"
    git(work, "update-index", "--add", "--cacheinfo", entry)
    git(work, "commit", "-q", "-m", "a submodule")
    wanted.append(git(work, "rev-parse", "HEAD"))
    git(work, "checkout", "-q", "side")
    (work / "other.c").write_text("int x;\n")
    commit("side")
    git(work, "merge", "-q", "--no-edit", "master")
    wanted.append(git(work, "rev-parse", "HEAD"))
    git(work, "branch", "-q", "-f", "master", "side")
    git(work, "clone", "-q", "--bare", "--no-local", "--branch", "master", str(work), str(repo))
    git(repo, "config", "uploadpack.allowFilter", "true")
    git(repo, "config", "uploadpack.allowAnySHA1InWant", "true")
    return Upstream(repo, tuple(wanted), wanted[-1])


@pytest.fixture(scope="module")
def daemon(upstream: Upstream, program: Program) -> Iterator[str]:
    """Return the URL of *upstream*, served by git daemon on loopback."""
    program("git")
    command = program(f"{git(upstream.path, '--exec-path')}/git-daemon")
    port = unused_port()
    options = ["--export-all", "--listen=127.0.0.1", f"--port={port}", "--reuseaddr"]
    process = subprocess.Popen(
        [command, *options, f"--base-path={upstream.path.parent}"], stderr=subprocess.DEVNULL
    )
    try:
        await_true(lambda: answers(port))
        yield f"git://127.0.0.1:{port}/{upstream.path.name}"
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="module")
def smart_http(upstream: Upstream, program: Program) -> Iterator[str]:
    """Return the URL of *upstream*, served by git http-backend behind http.server."""
    program("git")
    backend = program(f"{git(upstream.path, '--exec-path')}/git-http-backend")

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer(b"")

        def do_POST(self) -> None:
            self.answer(self.rfile.read(int(self.headers["Content-Length"])))

        def answer(self, body: bytes) -> None:
            path, _, query = self.path.partition("?")
            environment = {
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "GIT_HTTP_EXPORT_ALL": "1",
                "GIT_PROJECT_ROOT": str(upstream.path.parent),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                "HTTP_GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "REQUEST_METHOD": self.command,
            }
            done = subprocess.run(
                [backend], input=body, capture_output=True, env=os.environ | environment, timeout=20
            )
            head, _, content = done.stdout.partition(b"\r\n\r\n")
            fields = dict(line.split(": ", 1) for line in head.decode().splitlines())
            self.send_response(int(fields.pop("Status", "200").split()[0]))
            for name, value in fields.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/{upstream.path.name}"
        server.shutdown()


@pytest.fixture(params=["daemon", "smart_http"])
def served(request: pytest.FixtureRequest) -> str:
    """Return *upstream*'s URL, by each way of serving it."""
    return str(request.getfixturevalue(request.param))


@pytest.fixture
def silent() -> Iterator[str]:
    """Return the URL of a server that accepts and then says nothing."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        yield f"git://127.0.0.1:{server.getsockname()[1]}/silent.git"


@pytest.fixture
def refusing() -> str:
    """Return a URL on a port where nobody listens."""
    return f"http://127.0.0.1:{unused_port()}/qemu.git"


def unused_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        return int(server.getsockname()[1])


def answers(port: int) -> bool:
    with closing(socket.socket()) as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def await_true(question: Callable[[], bool], timeout_s: float = 10) -> None:
    end = time.monotonic() + timeout_s
    while not question():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


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


def test_the_lesson_is_the_recorded_builds_and_every_patch() -> None:
    assert set(LESSON_COMMITS) == {each.commit for each in CATALOGUE} | {p.value for p in Patch}
    assert [url.split("/")[2].split(".")[0] for url in SOURCES] == ["gitlab", "github"]


# -- interrupted, and two at once --------------------------------------------------------------


class Steps:
    """Remembers each step once, and does something at the first whose name begins so."""

    def __init__(self, at: str = "", act: Callable[[], object] = lambda: None) -> None:
        self.seen: list[str] = []
        self.at, self.act = at, act

    def __call__(self, step: str, done: int, total: int | None) -> None:
        assert total is None or done <= total
        if step not in self.seen:
            self.seen.append(step)
            if self.at and step.startswith(self.at):
                self.at = ""
                self.act()

    @property
    def phases(self) -> list[str]:
        return list(dict.fromkeys(step.split(":")[0] for step in self.seen))


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


CHILD = """
import os, signal, sys
from pathlib import Path
from kit.history.fetch import Amount, fetch

target, amount, at, *rest = sys.argv[1:]
urls, wanted = rest[:1], rest[1:]

def progress(step, done, total):
    if at and step.startswith(at):
        os.kill(os.getpid(), signal.SIGKILL)

fetch(Path(target), amount=Amount(amount), urls=urls, wanted=wanted, progress=progress)
"""


def child(target: Path, amount: Amount, at: str, url: str, *wanted: str) -> subprocess.Popen[str]:
    """Fetch in another process, which is killed at the step whose name begins with *at*."""
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, str(target), amount.value, at, url, *wanted],
        cwd=Path(__file__).parents[2],
        stderr=subprocess.PIPE,
        text=True,
    )


def await_the_end_of_git(folder: Path) -> None:
    """Wait until the git of a killed process has let go of the lock too."""

    def is_free() -> bool:
        with next(folder.glob(".*.lock")).open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

    await_true(is_free)


def test_a_killed_lesson_goes_on_from_its_commits(
    upstream: Upstream, daemon: str, tmp_path: Path
) -> None:
    target = tmp_path / "lesson.git"
    process = child(target, Amount.LESSON, "files", daemon, *upstream.wanted)
    assert process.wait(20) == -signal.SIGKILL
    await_the_end_of_git(tmp_path)
    assert not target.exists()
    (tmp_path / ".lesson.git.lesson.part" / "shallow.lock").touch()  # as git itself leaves it

    steps = Steps()
    got = fetch(target, urls=[daemon], wanted=upstream.wanted, progress=steps)

    assert (got.commits, steps.phases[:1]) == (LESSON, ["check"])
    assert "commits" not in steps.phases
    assert names_in(tmp_path) == ["lesson.git"]


@pytest.mark.parametrize("amount", [Amount.HISTORY, Amount.FULL], ids=lambda each: each.value)
def test_a_killed_history_goes_on_from_its_last_stage(
    upstream: Upstream, smart_http: str, amount: Amount, tmp_path: Path
) -> None:
    target = tmp_path / "history.git"
    process = child(target, amount, "stage 4", smart_http, *upstream.wanted)
    assert process.wait(20) == -signal.SIGKILL
    await_the_end_of_git(tmp_path)

    steps = Steps()
    got = fetch(target, amount=amount, urls=[smart_http], wanted=upstream.wanted, progress=steps)

    assert got.commits == COMMITS
    assert not {"stage 1 of 7", "stage 2 of 7", "stage 3 of 7"} & set(steps.phases)
    assert names_in(tmp_path) == ["history.git"]


def test_a_damaged_beginning_is_begun_again(
    upstream: Upstream, daemon: str, tmp_path: Path
) -> None:
    target = tmp_path / "lesson.git"
    process = child(target, Amount.LESSON, "files", daemon, *upstream.wanted)
    assert process.wait(20) == -signal.SIGKILL
    await_the_end_of_git(tmp_path)
    for pack in tmp_path.glob(".*/objects/pack/*.pack"):
        pack.chmod(0o600)
        pack.write_bytes(pack.read_bytes()[:-100])

    assert fetch(target, urls=[daemon], wanted=upstream.wanted).commits == LESSON


def test_ctrl_c_leaves_nothing_and_does_not_wait(silent: str, tmp_path: Path) -> None:
    lock = tmp_path / ".lesson.git.lock"
    process = child(tmp_path / "lesson.git", Amount.LESSON, "", silent, "a" * 40)
    await_true(lambda: (tmp_path / ".lesson.git.lesson.part" / "config").exists())
    assert lock.exists()
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=10)

    assert "KeyboardInterrupt" in errors
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("at", ["commits: receiving", "files", "check"])
def test_what_the_caller_raises_ends_it_and_leaves_no_locks(
    upstream: Upstream, at: str, tmp_path: Path
) -> None:
    target = tmp_path / "lesson.git"
    options: dict[str, Any] = {"urls": [str(upstream.path)], "wanted": upstream.wanted}

    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(target, **options, progress=Steps(at, stop))
    left = [path.name for path in tmp_path.rglob("*")]

    assert not [name for name in left if name.endswith(".lock") or name.startswith("tmp_")]
    assert fetch(target, **options).commits == LESSON
    assert names_in(tmp_path) == ["lesson.git"]


@pytest.mark.parametrize("amount", Amount, ids=lambda each: each.value)
def test_nobody_sees_half_a_repository(upstream: Upstream, amount: Amount, tmp_path: Path) -> None:
    target = tmp_path / "some.git"
    target.mkdir()
    looks: list[bool] = []

    def look(step: str, done: int, total: int | None) -> None:  # noqa: ARG001 - a callback
        looks.append(any(target.iterdir()))

    options: dict[str, Any] = {"urls": [str(upstream.path)], "wanted": upstream.wanted}
    fetch(target, amount=amount, **options, progress=look)

    assert (set(looks), any(target.iterdir())) == ({False}, True)


def test_a_second_one_says_that_the_first_is_at_work(upstream: Upstream, tmp_path: Path) -> None:
    target = tmp_path / "lesson.git"
    options: dict[str, Any] = {"urls": [str(upstream.path)], "wanted": upstream.wanted}
    told: list[str] = []

    def second() -> None:
        with pytest.raises(FetchError) as busy:
            fetch(target, **options)
        told.append(str(busy.value))

    got = fetch(target, **options, progress=Steps("files", second))

    assert told == [
        f"{target} is being filled by another kit fetch (process {os.getpid()}); "
        "wait until it has ended"
    ]
    assert (got.commits, names_in(tmp_path)) == (LESSON, ["lesson.git"])


def test_the_lock_of_a_dead_process_is_no_obstacle(upstream: Upstream, tmp_path: Path) -> None:
    (tmp_path / ".lesson.git.lock").write_text("1\n")
    fetch(tmp_path / "lesson.git", urls=[str(upstream.path)], wanted=upstream.wanted)

    assert names_in(tmp_path) == ["lesson.git"]


# -- sources -----------------------------------------------------------------------------------


@pytest.mark.parametrize("amount", [Amount.LESSON, Amount.HISTORY], ids=lambda each: each.value)
def test_the_second_source_is_asked_when_the_first_refuses(
    upstream: Upstream, smart_http: str, refusing: str, amount: Amount, tmp_path: Path
) -> None:
    urls = [refusing, smart_http]

    assert fetch(tmp_path / "q", amount=amount, urls=urls, wanted=upstream.wanted).url == smart_http


def test_the_second_source_is_asked_when_the_first_is_silent(
    upstream: Upstream, daemon: str, silent: str, tmp_path: Path
) -> None:
    began = time.monotonic()
    got = fetch(tmp_path / "q", urls=[silent, daemon], wanted=upstream.wanted, timeout_s=2)

    assert got.url == daemon
    assert time.monotonic() - began < 10


def test_nothing_reachable_is_one_line(silent: str, refusing: str, tmp_path: Path) -> None:
    with pytest.raises(FetchError) as nothing:
        fetch(tmp_path / "q", urls=[refusing, silent], timeout_s=2)

    assert re.fullmatch(
        rf"QEMU's commits could not be fetched \({refusing}: Failed to connect to 127\.0\.0\.1 .*; "
        rf"{silent}: no answer for 2 s\); check the network, or name a mirror or the folder of a "
        "clone with --from",
        str(nothing.value),
    )
    assert names_in(tmp_path) == []


def test_a_server_that_does_not_filter_gives_more(
    upstream: Upstream, daemon: str, tmp_path: Path
) -> None:
    """git's default: then the files of two commits in depth come whole."""
    plain = upstream.path.with_name("plain.git")
    git(plain.parent, "clone", "-q", "--bare", str(upstream.path), str(plain))
    url = daemon.replace(upstream.path.name, plain.name)
    got = fetch(tmp_path / "q", urls=[url], wanted=upstream.wanted)

    assert (got.commits, got.received_bytes > 200_000) == (LESSON, True)


def test_a_commit_that_a_server_lacks_is_named(
    upstream: Upstream, served: str, tmp_path: Path
) -> None:
    with pytest.raises(FetchError, match=f"{served}: it does not have {'d' * 40}\\)"):
        fetch(tmp_path / "q", urls=[served], wanted=[*upstream.wanted, "d" * 40])
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("amount", [Amount.HISTORY, Amount.FULL], ids=lambda each: each.value)
def test_another_projects_history_is_not_kept(
    upstream: Upstream, amount: Amount, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "-q")
    git(other, "commit", "-q", "--allow-empty", "-m", "not QEMU")
    options: dict[str, Any] = {"amount": amount, "wanted": upstream.wanted}

    with pytest.raises(FetchError, match=f"does not have {upstream.wanted[0]}"):
        fetch(tmp_path / "q", urls=[str(other)], **options)
    assert names_in(tmp_path) == ["other"]
    assert (
        fetch(tmp_path / "q", urls=[str(other), str(upstream.path)], **options).commits == COMMITS
    )


HOSTILE = [
    "",
    "-x",
    "--upload-pack=touch TRACE",
    "ext::sh -c touch% TRACE",
    "fd::7",
    "https::ext::sh -c touch% TRACE",
    "ssh://-oProxyCommand=touch%20TRACE/x",
    "-oProxyCommand=touch TRACE:x",
    "git@example.org:qemu.git",
    "git://-oProxyCommand=x/y",
    "http://127.0.0.1:1/\nfatal: x",
    "http://127.0.0.1:1/ --upload-pack=x",
    "no such folder",
]


@pytest.mark.parametrize("url", HOSTILE)
def test_a_url_is_no_way_to_run_something(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FetchError, match=r"is nothing to fetch from; give an https, ") as refused:
        fetch(Path("q"), urls=[url])

    assert str(refused.value).isprintable()
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("name", ["ext::sh -c touch% TRACE", "a b", "host:x"])
def test_a_folder_is_a_folder_whatever_its_name(
    upstream: Upstream, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    git(tmp_path, "clone", "-q", "--bare", str(upstream.path), f"./{name}")
    got = fetch(Path("q"), urls=[name], wanted=upstream.wanted)

    assert (got.commits, names_in(tmp_path)) == (LESSON, sorted([name, "q"]))


def test_the_users_git_settings_take_no_part(
    upstream: Upstream, daemon: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = daemon.rsplit("/", 1)[0]
    config = f'[url "ext::sh -c touch% {tmp_path}/TRACE "]\n\tinsteadOf = {base}\n'
    (tmp_path / ".gitconfig").write_text(f"{config}[protocol]\n\tallow = always\n")
    for variable, value in {
        "HOME": str(tmp_path),
        "GIT_CONFIG_GLOBAL": str(tmp_path / ".gitconfig"),
        "GIT_DIR": str(tmp_path / "elsewhere"),
        "GIT_OBJECT_DIRECTORY": str(tmp_path / "objects"),
        "GIT_ALLOW_PROTOCOL": "ext",
        "GIT_PROXY_COMMAND": f"touch {tmp_path}/TRACE",
    }.items():
        monkeypatch.setenv(variable, value)
    fetch(tmp_path / "q", urls=[daemon], wanted=upstream.wanted)

    assert names_in(tmp_path) == [".gitconfig", "q"]


def test_what_a_server_says_is_harmless_on_a_terminal(tmp_path: Path) -> None:
    """It answers `ERR`, which git shows as it is."""

    def answer(server: socket.socket) -> None:
        client, _ = server.accept()
        with client:
            client.recv(1000)
            message = b"ERR \x1b]0;owned\x07\x1b[2Jgo away " + b"x" * 500
            client.sendall(b"%04x%s" % (len(message) + 4, message))

    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        threading.Thread(target=answer, args=(server,), daemon=True).start()
        with pytest.raises(FetchError, match=r"remote error: .*owned.*go away x") as refused:
            fetch(tmp_path / "q", urls=[f"git://127.0.0.1:{server.getsockname()[1]}/q"])
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 500


def test_a_password_is_neither_shown_nor_kept(
    upstream: Upstream, smart_http: str, refusing: str, tmp_path: Path
) -> None:
    def with_password(url: str) -> str:
        return url.replace("//", "//me:secret@")

    with pytest.raises(FetchError) as failed:
        fetch(tmp_path / "q", urls=[with_password(refusing)])
    got = fetch(tmp_path / "q", urls=[with_password(smart_http)], wanted=upstream.wanted)

    assert (got.url, "secret" in str(failed.value)) == (smart_http, False)
    assert "secret" not in (tmp_path / "q" / "config").read_text()


# -- folders, disks, programs ------------------------------------------------------------------


def test_a_folder_of_somebody_else_is_left_alone(upstream: Upstream, tmp_path: Path) -> None:
    target = tmp_path / "mine"
    git(tmp_path, "init", "-q", str(target))
    before = contents(tmp_path)
    with pytest.raises(FetchError, match=r"exists and kit fetch has not made it; name another"):
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
    with pytest.raises(FetchError, match=r"^\S+file/q: cannot be filled: .*name another folder$"):
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
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """d522cb52e6 removes 82 lines of 5 files and adds none."""
    got = fetch(tmp_path / "lesson.git", urls=[os.environ["KIT_QEMU"]])
    monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "none-such")
    stat = git(got.path, "show", "--format=", "--shortstat", "d522cb52e6")

    assert got.received_bytes < size_of(got.path) < 1_000_000
    assert stat == "5 files changed, 82 deletions(-)"
    for commit in LESSON_COMMITS:
        show = ("show", "--format=raw", "--patch", "--full-index", "-M", commit)
        assert git(got.path, *show) == git(Path(os.environ["KIT_QEMU"]), *show)
        assert CloneHistory(got.path).commit(commit).hash == commit
        CloneHistory(got.path).diff(commit)
