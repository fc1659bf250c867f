"""A source that sends too much, or too slowly, is left in a line; nothing of it stays."""

from __future__ import annotations

import contextlib
import http.server
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import kit.case_study.fetch
import kit.git.repository.transport
from kit.case_study.fetch import LIMITS, Amount, FetchError, fetch
from kit.common.child_process import Child
from kit.git.repository.meter import Meter
from kit.git.repository.transport import Limits
from tests.case_study.test_fetch_sources import http_server
from tests.git.upstream import COMMITS, LESSON, Upstream, names_in

AMOUNTS = pytest.mark.parametrize("amount", list(Amount), ids=lambda each: each.value)
SOURCES = pytest.mark.parametrize("source", ["daemon", "smart_http", "folder"])


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Set lower limits than real ones."""

    def set_limits(**limits: float) -> None:
        changed = {amount: replace(most, **limits) for amount, most in LIMITS.items()}
        monkeypatch.setattr(kit.case_study.fetch, "LIMITS", changed)

    return set_limits


def refusal(target: Path, url: str, amount: Amount, wanted: tuple[str, ...] = ("d" * 40,)) -> str:
    with pytest.raises(FetchError) as refused:
        fetch(target, amount=amount, urls=[url], wanted=wanted, timeout_s=10)
    said = re.fullmatch(
        r"QEMU's commits could not be fetched \((.*)\); check .*", str(refused.value)
    )
    assert said is not None
    return said[1].removeprefix(f"{url}: ")


@SOURCES
@AMOUNTS
def test_more_than_the_limit_is_refused_and_nothing_stays(
    upstream: Upstream, small: Callable[..., None], amount: Amount, source: str, tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:  # fmt: skip
    """A folder is measured by the packs that it fills."""
    url = str(upstream.path) if source == "folder" else request.getfixturevalue(source)
    small(most_bytes=1000 if source == "folder" else 3000, most_refs_bytes=3000)

    assert refusal(tmp_path / "q", url, amount, upstream.wanted) == (
        f"it sends more than {1 if source == 'folder' else 3} kB"
    )
    assert names_in(tmp_path) == []


@SOURCES
@AMOUNTS
def test_what_keeps_to_the_limit_is_announced_and_comes(
    upstream: Upstream, amount: Amount, source: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = str(upstream.path) if source == "folder" else request.getfixturevalue(source)
    said: list[str] = []
    options = {"amount": amount, "urls": [url], "wanted": upstream.wanted, "announce": said.append}
    got = fetch(tmp_path / "q", **options)

    assert got.commits == (LESSON if amount is Amount.LESSON else COMMITS)
    fetch(tmp_path / "q", **options)  # and no network is used a second time
    assert said == [f"From each source come {LIMITS[amount]}."]


def test_limits_are_said_to_a_person() -> None:
    assert str(LIMITS[Amount.LESSON]) == (
        "at most 100 MB in 30 minutes, of which 20 MB list branches and tags"
    )
    assert str(Limits(most_bytes=3000, most_refs_bytes=2000, most_s=5)) == (
        "at most 3 kB in 5 s, of which 2 kB list branches and tags"
    )


# -- servers that never end --------------------------------------------------------------------

_CAN = b"side-band-64k ofs-delta shallow filter allow-reachable-sha1-in-want"
_FIRST = b"0" * 39 + b"1 HEAD\0" + _CAN + b"\n"
_CHATTER = b"\x02Counting objects: 1% (1/100)\r"


def packet(data: bytes) -> bytes:
    return b"%04x%s" % (len(data) + 4, data)


_REF = packet(b"0" * 39 + b"1 refs/heads/main\n")


@contextmanager
def by_git(answer: Callable[[Callable[[bytes], None]], None]) -> Iterator[str]:
    """Serve what *answer* sends to whoever asks by git://."""

    def serve(server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = server.accept()
                with client, contextlib.suppress(OSError):
                    client.recv(1000)
                    answer(client.sendall)

    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        threading.Thread(target=serve, args=(server,), daemon=True).start()
        yield f"git://127.0.0.1:{server.getsockname()[1]}/q"


@contextmanager
def by_http(answer: Callable[[Callable[[bytes], None]], None]) -> Iterator[str]:
    def send(asked: http.server.BaseHTTPRequestHandler) -> None:
        asked.send_response(200)
        kind = "result" if asked.command == "POST" else "advertisement"
        asked.send_header("Content-Type", f"application/x-git-upload-pack-{kind}")
        asked.end_headers()
        with contextlib.suppress(OSError):
            if asked.command == "GET":
                asked.wfile.write(packet(b"# service=git-upload-pack\n") + b"0000")
            answer(asked.wfile.write)

    with http_server(send) as url:
        yield url


def refs_without_end(send: Callable[[bytes], None]) -> None:
    send(packet(_FIRST))
    while True:
        send(_REF * 100)


def chatter_without_end(send: Callable[[bytes], None]) -> None:
    """After its refs it says what it is doing, for ever."""
    send(packet(_FIRST) + _REF + b"0000")
    send(packet(b"NAK\n"))
    while True:
        send(packet(_CHATTER) * 100)


def drip(send: Callable[[bytes], None]) -> None:
    """A byte, and another byte."""
    send(packet(_FIRST))
    while True:
        for each in _REF:
            send(bytes([each]))
            time.sleep(0.05)


@pytest.mark.parametrize("served_by", [by_git, by_http], ids=["git", "http"])
@AMOUNTS
def test_refs_without_end_are_counted(
    small: Callable[..., None], amount: Amount, tmp_path: Path,
    served_by: Callable[..., contextlib.AbstractContextManager[str]],
) -> None:  # fmt: skip
    """git would hold them all: it has no limit."""
    small(most_refs_bytes=1_000_000)
    with served_by(refs_without_end) as url:
        said = refusal(tmp_path / "q", url, amount)

    assert said == "its list of branches and tags is larger than 1 MB"
    assert names_in(tmp_path) == []


def test_chatter_without_end_is_counted(small: Callable[..., None], tmp_path: Path) -> None:
    """It is not a silence, and there is a line a time of what it does."""
    small(most_bytes=1_000_000)
    with by_git(chatter_without_end) as url:
        assert refusal(tmp_path / "q", url, Amount.FULL) == "it sends more than 1 MB"
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("served_by", [by_git, by_http], ids=["git", "http"])
@AMOUNTS
def test_a_drip_is_left_after_a_time(
    small: Callable[..., None], amount: Amount, tmp_path: Path,
    served_by: Callable[..., contextlib.AbstractContextManager[str]],
) -> None:  # fmt: skip
    small(most_s=1.5)
    with served_by(drip) as url:
        said = refusal(tmp_path / "q", url, amount)

    assert said == "it takes longer than 1.5 s"
    assert names_in(tmp_path) == []


# -- the door ----------------------------------------------------------------------------------


def through(meter: Meter, password: bytes) -> bytes:
    """Ask the door for a connection, as git does; return what it says."""
    door = re.search(r":(\d+)$", meter.settings()["http.proxy"])
    assert door is not None
    with socket.create_connection(("127.0.0.1", int(door[1])), 5) as client:
        client.sendall(b"\x05\x01\x02")
        said = client.recv(2)
        client.sendall(b"\x01\x03kit" + bytes([len(password)]) + password)
        return said + client.recv(100)


def test_the_door_opens_for_who_has_the_secret_only() -> None:
    """Others on a shared machine must not reach the network through it."""
    with Meter("https://example.org/q", 1000) as meter:
        secret = re.search("kit:([0-9a-f]{32})@", meter.settings()["http.proxy"])
        assert secret is not None

        assert through(meter, b"x" * 32) == b"\x05\x02\x01\x01"
        assert through(meter, secret[1].encode()) == b"\x05\x02\x01\x00"


def test_the_secret_is_on_no_command_line(
    upstream: Upstream, smart_http: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everybody on the machine may read those."""
    seen: list[str] = []
    started = kit.git.repository.transport.start

    def spy(command: list[str], **options: Any) -> Child:  # noqa: ANN401 - as start has them
        seen.extend(command)
        return started(command, **options)

    monkeypatch.setattr(kit.git.repository.transport, "start", spy)
    fetch(tmp_path / "q", urls=[smart_http], wanted=upstream.wanted)

    assert "fetch" in seen
    assert not [word for word in seen if "socks" in word]


@pytest.mark.parametrize(
    ("url", "variables", "expected"),
    [
        ("https://a.org/q", {"https_proxy": "http://me:pw@127.0.0.1:PORT"}, "http://me:pw@"),
        ("https://a.org/q", {"ALL_PROXY": "127.0.0.1:PORT"}, "http://"),
        ("http://a.org/q", {"http_proxy": "socks5://127.0.0.1:PORT"}, "socks5://"),
        ("http://a.org/q", {"HTTP_PROXY": "http://127.0.0.1:PORT"}, "socks5h://kit:"),
        ("http://a.org/q", {"http_proxy": "127.0.0.1:PORT", "no_proxy": "a.org"}, "socks5h://kit:"),
        ("http://w.a.org/q", {"http_proxy": "127.0.0.1:PORT", "NO_PROXY": "x, .a.org"}, "socks5h"),
        ("http://ba.org/q", {"http_proxy": "127.0.0.1:PORT", "NO_PROXY": "a.org"}, "http://"),
    ],
)
def test_a_persons_proxy_is_used_behind_it(
    url: str, variables: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value.replace("PORT", "3128"))

    with Meter(url, 1000) as meter:
        assert meter.settings()["http.proxy"].startswith(expected)
        assert meter.variables() == {"no_proxy": "", "NO_PROXY": ""}


def test_what_a_persons_proxy_sends_is_counted(
    small: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def answer(request: http.server.BaseHTTPRequestHandler) -> None:
        asked.append(request.path)
        request.send_response(200)
        request.send_header("Content-Type", "application/x-git-upload-pack-advertisement")
        request.end_headers()
        with contextlib.suppress(OSError):
            request.wfile.write(packet(b"# service=git-upload-pack\n") + b"0000")
            refs_without_end(request.wfile.write)

    small(most_refs_bytes=1_000_000)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with http_server(answer) as proxy:
        monkeypatch.setenv("http_proxy", proxy.removesuffix("/q.git"))
        said = refusal(tmp_path / "q", "http://qemu.invalid/q.git", Amount.HISTORY)

    assert said == "its list of branches and tags is larger than 1 MB"
    assert asked == ["http://qemu.invalid/q.git/info/refs?service=git-upload-pack"]
