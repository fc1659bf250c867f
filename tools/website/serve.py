"""The site on loopback, below a path of its own, as GitHub Pages has it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

__all__ = ["served"]


class _Below(SimpleHTTPRequestHandler):
    """Serves a folder below a prefix, and nothing beside it."""

    folder: str
    prefix: str

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments, directory=self.folder)  # type: ignore[arg-type]  # as it wants

    def translate_path(self, path: str) -> str:
        if not path.startswith(self.prefix):
            return str(Path(self.folder) / "not-there")
        return super().translate_path(path.removeprefix(self.prefix))

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def served(folder: Path, prefix: str = "/somebody/the-kit") -> Iterator[str]:
    """Serve *folder* while the block runs; yield the address, without a slash at its end."""
    handler = type("_Served", (_Below,), {"folder": str(folder), "prefix": prefix})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{prefix}"
    finally:
        server.shutdown()
        server.server_close()
