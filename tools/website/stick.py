"""Everything for a room without network, in one folder: site, hand-outs, class, a page to begin at.

``python -m tools.website.stick DIR``.  The page and the hand-outs open from the folder itself; the
site wants a server, because a browser loads no Python from a file, and start.py is one.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from kit.common.errors import UserError
from kit.common.user_file import copy_tree, write_atomic
from tools.website.__main__ import CACHE
from tools.website.build import build
from tools.website.downloads import SiteError
from tools.website.front import site_page
from tools.website.handouts import run_kit

__all__ = ["START", "make_stick"]

START = '''\
"""Serves the lessons on this machine alone, and opens them in the browser: python3 start.py"""

import functools
import http.server
import pathlib
import webbrowser

SITE = str(pathlib.Path(__file__).resolve().parent / "site")
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=SITE)
with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
    address = f"http://127.0.0.1:{server.server_port}/index.html"
    print(f"The lessons are at {address}; stop with Ctrl-C.", flush=True)
    webbrowser.open(address)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
'''
_MARK = "start.py"


def make_stick(target: Path, cache: Path, work: Path) -> None:
    """Fill *target*.

    Raises:
        SiteError: The folder holds something else, or a part cannot be made.
    """
    if target.exists() and not (target / _MARK).is_file() and any(target.iterdir()):
        raise SiteError(f"{target}: holds something that is not a stick; name another folder")
    build(target / "site", cache, work)
    # what a teacher added to either folder stays
    copy_tree(target / "site" / "handouts", target / "handouts")
    run_kit("classroom", str(target / "classroom"))
    write_atomic(target / _MARK, START.encode())
    write_atomic(target / "index.html", site_page("stick.html.jinja").encode())


def main() -> int:
    """Make the stick; an error is one line."""
    parser = argparse.ArgumentParser(prog="make stick", description="All of it in one folder.")
    parser.add_argument("target", type=Path)
    parser.add_argument("--cache", type=Path, default=CACHE)
    chosen = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory(prefix="unplug-kit-stick-") as work:
            make_stick(chosen.target.absolute(), chosen.cache.absolute(), Path(work))
    except (SiteError, UserError, OSError) as error:
        print(f"stick: {error}", file=sys.stderr)
        return 2
    print(f"{chosen.target}: begin at index.html; python3 start.py serves the lessons")
    return 0


if __name__ == "__main__":
    sys.exit(main())
