"""Everything for a room without network, in one folder: site, hand-outs, class, a page to begin at.

``python -m tools.website.stick DIR``.  The page and the hand-outs open from the folder itself; the
site wants a server, because a browser loads no Python from a file, and start.py is one.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from html import escape
from pathlib import Path

from kit.common.errors import UserError
from kit.common.user_file import copy_tree, write_atomic
from kit.views.diagram.svg import picture_svg
from tools.website.__main__ import CACHE
from tools.website.build import build
from tools.website.downloads import SiteError
from tools.website.front import STYLE, lesson_pair, narrow_picture
from tools.website.handouts import has_command, run_kit

__all__ = ["START", "begin_page", "make_stick"]

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


def make_stick(target: Path, cache: Path, work: Path) -> list[str]:
    """Fill *target*; return what could not be put there, a line each.

    Raises:
        SiteError: The folder holds something else, or a part cannot be made.
    """
    if target.exists() and not (target / _MARK).is_file() and any(target.iterdir()):
        raise SiteError(f"{target}: holds something that is no stick; name another folder")
    build(target / "site", cache, work)
    handouts, classroom = target / "handouts", target / "classroom"
    # what a teacher added to either folder stays
    copy_tree(target / "site" / "handouts", handouts)
    lacking = []
    if has_command("classroom"):
        done = run_kit("classroom", str(classroom))
        if done.returncode:
            said = done.stderr.strip().splitlines() or ["no word why"]
            raise SiteError(f"kit classroom failed: {said[-1]}")
    else:
        lacking.append("no classroom folder: this kit has no command kit classroom")
    write_atomic(target / _MARK, START.encode())
    write_atomic(target / "index.html", begin_page(classroom.is_dir()).encode())
    return lacking


def begin_page(has_classroom: bool) -> str:
    """Return the page at which the folder is begun; it asks for nothing that is not beside it."""
    rows = [
        ("handouts/index.html", "Hand-outs", "open from here"),
        ("site/install/", "The kit to install", "pip install its wheel, then kit lab"),
    ]
    if has_classroom:
        rows.append(("classroom/", "The class", "for whoever teaches"))
    items = "".join(
        f'<li><a href="{escape(link)}">{escape(name)}</a><p>{escape(how)}</p></li>'
        for link, name, how in rows
    )
    pair = lesson_pair()
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>The unplug kit</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="icon" href="data:,"><style>{STYLE}</style></head><body><main>'
        "<h1>Why QEMU stopped giving up on a CPU</h1>"
        f'<div class="wide">{picture_svg(pair)}</div>'
        f'<div class="narrow">{narrow_picture(pair)}</div>'
        "<ul><li><b>The lessons in a browser</b><p>They want a server. In this folder: "
        "<code>python3 start.py</code> (Windows: <code>py start.py</code>); or, without it, "
        f"<code>python3 -m http.server -d site 8000</code>.</p></li>{items}</ul>"
        "</main></body></html>\n"
    )


def main() -> int:
    """Make the stick; what is wrong is one line."""
    parser = argparse.ArgumentParser(prog="make stick", description="All of it in one folder.")
    parser.add_argument("target", type=Path)
    parser.add_argument("--cache", type=Path, default=CACHE)
    chosen = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory(prefix="unplug-kit-stick-") as work:
            lacking = make_stick(chosen.target.absolute(), chosen.cache.absolute(), Path(work))
    except (SiteError, UserError, OSError) as error:
        print(f"stick: {error}", file=sys.stderr)
        return 2
    for line in lacking:
        print(f"stick: {line}", file=sys.stderr)
    print(f"{chosen.target}: begin at index.html; python3 start.py serves the lessons")
    return 0


if __name__ == "__main__":
    sys.exit(main())
