"""The re-enactment and its programs, built once; servers on this machine to fetch from."""

from __future__ import annotations

import http.server
import os
import random
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from kit.case_study.reenactment import build
from tests.conftest import Program
from tests.git.upstream import Upstream, answers, await_true, git, unused_port
from tests.reenactment import HASHES, SOURCE


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory, program: Program) -> Path:
    program("git")
    target = tmp_path_factory.mktemp("re-enactment") / "qemu"
    build(SOURCE, target)
    return target


@pytest.fixture
def copy(repository: Path, tmp_path: Path) -> Path:
    """A clone in which a test may commit."""
    git(tmp_path, "clone", "--quiet", str(repository), "copy")
    return tmp_path / "copy"


@pytest.fixture(scope="session")
def machines(
    repository: Path, tmp_path_factory: pytest.TempPathFactory, program: Program
) -> Mapping[str, Path]:
    """The programs of the nine commits, built by their own Makefile."""
    make, compiler = program("make"), program("cc", "gcc", "clang")
    folder = tmp_path_factory.mktemp("machines")
    for name, commit in HASHES.items():
        git(folder, "clone", "--quiet", "--no-checkout", str(repository), name)
        git(folder / name, "checkout", "--quiet", commit)
        built = subprocess.run(
            [make, f"CC={compiler}"],
            cwd=folder / name,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert (built.returncode, built.stderr) == (0, "")
        assert "-std=c99 -Wall -Wextra -Werror -pedantic" in built.stdout
    return {name: folder / name / "pseries" for name in HASHES}


# -- servers: git daemon, and git http-backend behind http.server ------------------------------


@pytest.fixture(scope="session")
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


@pytest.fixture(scope="session")
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


@pytest.fixture(scope="session")
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
