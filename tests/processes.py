"""Which processes live: those that inherited a mark in their environment."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

__all__ = ["MARK", "await_that", "living", "none_lives", "spent_s"]

MARK = "KIT_TEST_MARK"


def living(mark: str) -> dict[int, str]:
    """Return the command lines of the processes that inherited *mark*, by number."""
    wanted = f"{MARK}={mark}\0".encode()
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if wanted in (entry / "environ").read_bytes() + b"\0":
                words = (entry / "cmdline").read_bytes().replace(b"\0", b" ")
                found[int(entry.name)] = words.decode(errors="replace").strip()
        except OSError:  # it ended meanwhile, or is a zombie
            continue
    return found


def spent_s(mark: str) -> float:
    """Return the seconds of processor that the marked processes have taken."""
    ticks = 0
    for pid in living(mark):
        with suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
            ticks += sum(map(int, fields[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def none_lives(mark: str, seconds: float = 20) -> dict[int, str]:
    """Wait until no marked process lives; return those that do in the end."""
    await_that(lambda: not living(mark), seconds, fail=False)
    return living(mark)


def await_that(is_so: Callable[[], bool], seconds: float = 60, *, fail: bool = True) -> None:
    """Look often until it is so."""
    until = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > until:
            assert not fail, "waited in vain"
            return
        time.sleep(0.05)  # to look through /proc takes a tenth of that
