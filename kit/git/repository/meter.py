"""A local proxy between git and a server, which counts what the server sends and stops at a limit.

git itself takes whatever a server sends: endless branches fill the memory, a pack the disk.  The
proxy does not read what it passes on, which mostly is encrypted.  It uses the proxy of the user or
the machine, if there is one, and serves only the git that knows its secret.

Source: RFC 1928 and 1929 (SOCKS 5); git 2.39, http.c (http.proxy and the variables),
gitprotocol-pack(5) (git://); curl(1), "PROXY".
"""

from __future__ import annotations

import contextlib
import hmac
import os
import re
import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from urllib.parse import urlsplit

__all__ = ["Meter"]

_PIECE = 1 << 16
_CONNECT_S = 30.0
_PORTS = {"http": 80, "https": 443, "git": 9418}
_USER = b"kit"
_Join = Callable[[socket.socket], socket.socket]


class Meter:
    """Counts what servers send; a context manager, open while git may use it.

    ``received`` is the number of bytes, ``failure`` why a server could not be reached, ``is_over``
    whether more than ``cap`` came, after which nothing passes.

    Args:
        url: An http, https or git URL; traffic to any other is not counted.
        cap: How many bytes may come.
        configured_proxy: The proxy that git's own settings name for it.
    """

    def __init__(self, url: str, cap: int, configured_proxy: str = "") -> None:
        self.cap, self.received, self.failure, self.is_over = cap, 0, "", False
        self._url = url
        self._proxy = _proxy_for(url, configured_proxy)
        self._secret = secrets.token_hex(16).encode()
        self._server: socket.socket | None = None
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()

    def __enter__(self) -> Meter:
        """Start to listen."""
        if self._is_counted:
            self._server = socket.create_server(("127.0.0.1", 0))
            threading.Thread(target=self._serve, args=(self._server,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _e: BaseException | None, _t: TracebackType | None
    ) -> None:
        """Close the proxy and its connections."""
        if self._server is not None:
            _close(self._server)
        self._close_all()

    @property
    def _is_counted(self) -> bool:
        # a proxy reached over TLS has to be known by its own name
        return urlsplit(self._url).scheme in _PORTS and not self._proxy.startswith("https:")

    def settings(self) -> dict[str, str]:
        """Return the settings that make git use this proxy."""
        if self._server is None:
            return {}
        here = f"127.0.0.1:{self._server.getsockname()[1]}"
        if self._url.startswith("git:"):
            start = "/".join(self._url.split("/", 3)[:3])
            return {f"url.git://{here}.insteadOf": start}
        if self._proxy:
            parts = urlsplit(self._proxy)
            user, at, _ = parts.netloc.rpartition("@")
            return {"http.proxy": f"{parts.scheme}://{user}{at}{here}"}
        return {"http.proxy": f"socks5h://{_USER.decode()}:{self._secret.decode()}@{here}"}

    def variables(self) -> dict[str, str]:
        """Return the variables without which git might bypass it."""
        return {} if self._server is None else {"no_proxy": "", "NO_PROXY": ""}

    def _serve(self, server: socket.socket) -> None:
        join: _Join = self._by_socks
        if self._url.startswith("git:"):
            join = self._by_git
        elif self._proxy:
            join = self._by_proxy
        with contextlib.suppress(OSError):  # it is closed
            while True:
                client = server.accept()[0]
                threading.Thread(target=self._hand_on, args=(client, join), daemon=True).start()

    def _hand_on(self, client: socket.socket, join: _Join) -> None:
        with (
            self._kept(client),
            contextlib.suppress(OSError, ValueError),
            self._kept(join(client)) as server,
        ):
            threading.Thread(target=_pump, args=(client, server), daemon=True).start()
            while self._may_pass(data := server.recv(_PIECE)):
                client.sendall(data)

    @contextmanager
    def _kept(self, each: socket.socket) -> Iterator[socket.socket]:
        self._open.add(each)
        try:
            yield each
        finally:
            _close(each)
            self._open.discard(each)

    def _may_pass(self, data: bytes) -> bool:
        with self._lock:
            self.received += len(data)
            self.is_over = self.is_over or self.received > self.cap
        if self.is_over:
            self._close_all()
        return bool(data) and not self.is_over

    def _close_all(self) -> None:
        for each in list(self._open):
            _close(each)

    def _connect(self, host: str, port: int) -> socket.socket:
        try:
            server = socket.create_connection((host, port), _CONNECT_S)
        except OSError as error:
            why = error.strerror or str(error)
            self.failure = f"Failed to connect to {host} port {port}: {why}"
            raise
        server.settimeout(None)  # who is silent is git's to leave
        return server

    def _by_git(self, client: socket.socket) -> socket.socket:
        """Connect to the one server, and name it in the request instead of this proxy."""
        parts = urlsplit(self._url)
        size = int(_exactly(client, 4), 16)
        asked = _exactly(client, max(size - 4, 0))
        name = parts.netloc.rpartition("@")[2].encode()
        asked = re.sub(rb"(?<=\0host=)[^\0]*", lambda _: name, asked, count=1)
        server = self._connect(parts.hostname or "", parts.port or _PORTS["git"])
        server.sendall(b"%04x%s" % (len(asked) + 4, asked))
        return server

    def _by_proxy(self, _client: socket.socket) -> socket.socket:
        parts = urlsplit(self._proxy)
        return self._connect(parts.hostname or "", parts.port or 1080)  # curl's own default

    def _by_socks(self, client: socket.socket) -> socket.socket:
        version, count = _exactly(client, 2)
        if version != 5 or 2 not in _exactly(client, count):
            raise ValueError("not git")
        client.sendall(b"\x05\x02")  # a name and a password
        _, size = _exactly(client, 2)
        _exactly(client, size)
        given = _exactly(client, _exactly(client, 1)[0])
        if not hmac.compare_digest(given, self._secret):
            client.sendall(b"\x01\x01")
            raise ValueError("not ours")
        client.sendall(b"\x01\x00")
        host = _socks_host(client)
        port = int.from_bytes(_exactly(client, 2))
        try:
            server = self._connect(host, port)
        except OSError:
            client.sendall(b"\x05\x04\x00\x01" + bytes(6))
            raise
        client.sendall(b"\x05\x00\x00\x01" + bytes(6))
        return server


def _socks_host(client: socket.socket) -> str:
    _, command, _, kind = _exactly(client, 4)
    if command != 1:  # to connect
        raise ValueError("not git")
    if kind == 3:
        return _exactly(client, _exactly(client, 1)[0]).decode("ascii")
    family, size = (socket.AF_INET, 4) if kind == 1 else (socket.AF_INET6, 16)
    return socket.inet_ntop(family, _exactly(client, size))


def _exactly(client: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = client.recv(count - len(data))
        if not more:
            raise ValueError("too little")
        data += more
    return data


def _pump(one: socket.socket, other: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := one.recv(_PIECE):
            other.sendall(data)
        other.shutdown(socket.SHUT_WR)


def _close(each: socket.socket) -> None:
    with contextlib.suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)  # closing alone does not wake who reads it
    each.close()


def _proxy_for(url: str, configured: str) -> str:
    """Return the proxy that git would use for a URL, as a URL; empty if none."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        return ""
    names = ["http_proxy"] if parts.scheme == "http" else ["HTTPS_PROXY", "https_proxy"]
    said = [os.environ.get(name, "") for name in (*names, "ALL_PROXY", "all_proxy")]
    found = next(filter(None, (configured, *said)), "")
    if not found or _goes_past(parts.hostname or ""):
        return ""
    return found if "://" in found else f"http://{found}"


def _goes_past(host: str) -> bool:
    """Does the user reach this host without a proxy?"""
    unless = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    names = [name.strip().strip(".").lower() for name in unless.split(",")]
    return "*" in names or any(name and f".{host}".endswith(f".{name}") for name in names)
