"""Sources that refuse, are silent, lack something or mean harm."""

from __future__ import annotations

import contextlib
import http.server
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from kit.case_study.fetch import (
    Amount,
    FetchError,
    fetch,
)
from tests.git.upstream import (
    COMMITS,
    LESSON,
    Upstream,
    git,
    names_in,
)

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
    assert time.monotonic() - began < 40  # by default a source may be silent for 60


def test_nothing_reachable_is_one_line(silent: str, refusing: str, tmp_path: Path) -> None:
    with pytest.raises(FetchError) as nothing:
        fetch(tmp_path / "q", urls=[refusing, silent], timeout_s=2)

    assert re.fullmatch(
        rf"QEMU's commits could not be fetched \({refusing}: Failed to connect to 127\.0\.0\.1 .*; "
        rf"{silent}: it did not answer for 2 s\); check the network, "
        "or name a mirror or the folder of a clone with --from",
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
    with pytest.raises(FetchError, match=r"; give an https, ") as refused:
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

    kept = [name for name in names_in(tmp_path) if name != ".cache"]  # the kit's own, for locks
    assert kept == [".gitconfig", "q"]


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


def test_a_home_that_nobody_has_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="cannot fetch from '~nosuchuser/x': Could not"):
        fetch(tmp_path / "q.git", urls=["~nosuchuser/x"])
    with pytest.raises(FetchError, match=r"^~nosuchuser/x: cannot be written: Could not determine"):
        fetch(Path("~nosuchuser/x"))


def test_a_source_too_long_for_a_name_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=": File name too long; give an"):
        fetch(tmp_path / "q.git", urls=["x" * 300])


# -- servers that speak http -------------------------------------------------------------------


@contextmanager
def http_server(answer: Callable[[http.server.BaseHTTPRequestHandler], None]) -> Iterator[str]:
    """Serve whatever *answer* writes."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def do_POST(self) -> None:
            answer(self)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/q.git"
        server.shutdown()


def redirecting(place: str) -> Callable[[http.server.BaseHTTPRequestHandler], None]:
    def answer(asked: http.server.BaseHTTPRequestHandler) -> None:
        asked.send_response(302)
        asked.send_header("Location", place.replace("SELF", f"http://{asked.headers['Host']}"))
        asked.end_headers()

    return answer


def garbage(asked: http.server.BaseHTTPRequestHandler) -> None:
    asked.send_response(200)
    asked.send_header("Content-Type", "application/x-git-upload-pack-advertisement")
    asked.end_headers()
    asked.wfile.write(b"001e# service=git-upload-pack\n0000" + bytes(range(256)) * 50)


def page(asked: http.server.BaseHTTPRequestHandler) -> None:
    asked.send_response(200)
    asked.send_header("Content-Type", "text/html")
    asked.end_headers()
    asked.wfile.write(b"<html><script>alert(1)</script>\x1b[31m" * 1000)


def without_end(asked: http.server.BaseHTTPRequestHandler) -> None:
    asked.send_response(200)
    asked.send_header("Content-Type", "application/x-git-upload-pack-advertisement")
    asked.end_headers()
    with contextlib.suppress(OSError):
        while True:
            asked.wfile.write(b"003f" + b"0" * 40 + b" refs/heads/main-and-more\n")


def asking(asked: http.server.BaseHTTPRequestHandler) -> None:
    asked.send_response(401)
    asked.send_header("WWW-Authenticate", 'Basic realm="x"')
    asked.end_headers()


SERVERS: dict[str, Callable[[http.server.BaseHTTPRequestHandler], None]] = {
    "a file": redirecting("file:///etc/passwd"),
    "ssh": redirecting("ssh://127.0.0.1/q"),
    "ext": redirecting("ext::touch TRACE"),
    "itself": redirecting("SELF/q.git/info/refs?service=git-upload-pack"),
    "garbage": garbage,
    "a page": page,
    "refs without end": without_end,
    "a password": asking,
}


@pytest.mark.parametrize("name", SERVERS)
def test_a_server_that_means_harm_is_refused_in_a_line(
    upstream: Upstream, name: str, tmp_path: Path
) -> None:
    """And what was there before is there, and the next source is asked."""
    target = tmp_path / "q"
    with http_server(SERVERS[name]) as url:
        with pytest.raises(FetchError) as refused:
            fetch(target, urls=[url], wanted=upstream.wanted, timeout_s=5)
        assert names_in(tmp_path) == []
        got = fetch(target, urls=[url, str(upstream.path)], wanted=upstream.wanted, timeout_s=5)

    said = str(refused.value)
    assert (got.url, said.isprintable(), len(said) < 700) == (str(upstream.path), True, True)


def test_a_server_that_stops_in_the_middle_is_gone_on_from(
    upstream: Upstream, daemon: str, tmp_path: Path
) -> None:
    """It hands on what another server says, and hangs up after so many bytes."""
    port = int(daemon.split(":")[2].split("/")[0])
    for most in (100, 2000, 10_000):
        with cut_off(port, most) as url, contextlib.suppress(FetchError):
            name = upstream.path.name
            fetch(tmp_path / "q", urls=[url + name], wanted=upstream.wanted, timeout_s=5)
        left = [path.name for path in tmp_path.rglob("*")]
        assert not [n for n in left if n.endswith(".lock") or n.startswith("tmp_")]

    assert fetch(tmp_path / "q", urls=[daemon], wanted=upstream.wanted).commits == LESSON
    assert names_in(tmp_path) == ["q"]


@contextmanager
def cut_off(port: int, most: int) -> Iterator[str]:
    def hand_on(client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", port)) as behind:
            threading.Thread(target=pump, args=(client, behind), daemon=True).start()
            sent = 0
            while sent < most and (data := behind.recv(min(4096, most - sent))):
                client.sendall(data)
                sent += len(data)
            client.shutdown(socket.SHUT_RDWR)  # closing alone waits for the other thread

    def pump(one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(4096):
                other.sendall(data)

    def serve(server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                hand_on(server.accept()[0])

    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        threading.Thread(target=serve, args=(server,), daemon=True).start()
        yield f"git://127.0.0.1:{server.getsockname()[1]}/"
