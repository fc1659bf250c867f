"""``python -m tools.website -o DIR [--cache DIR]``, or ``--lock``."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from kit.common.errors import UserError
from kit.common.user_file import write_atomic
from tools.website.build import build
from tools.website.downloads import LOCK, SiteError, read_lock, relock

CACHE = Path(".cache/site")


def main() -> int:
    """Build the site, or make its lock anew; an error is one line."""
    parser = argparse.ArgumentParser(prog="make site", description="The lessons as a web site.")
    parser.add_argument("-o", dest="out", type=Path, default=Path("dist/site"))
    parser.add_argument("--cache", type=Path, default=CACHE, help="where downloads are kept")
    parser.add_argument("--lock", action="store_true", help="write lock.json anew, by its versions")
    chosen = parser.parse_args()
    try:
        if chosen.lock:
            write_atomic(LOCK, relock(read_lock(LOCK.read_text())).encode())
            return 0
        with tempfile.TemporaryDirectory(prefix="unplug-kit-site-") as work:
            built = build(chosen.out.absolute(), chosen.cache.absolute(), Path(work))
    except (SiteError, UserError) as error:
        print(f"site: {error}", file=sys.stderr)
        return 2
    print(f"{chosen.out}: {built.size / 1e6:.1f} MB, {built.files} files; commits: {built.history}")
    print(f"Look at it: python3 -m http.server -d {chosen.out} 8000")
    return 0


if __name__ == "__main__":
    sys.exit(main())
