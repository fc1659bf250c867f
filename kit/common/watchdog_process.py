"""The process that looks whether its parent still counts; `kit.common.watchdog` starts this file.

It is run by itself, without the kit: it imports the standard library alone.
"""

from __future__ import annotations

import mmap
import os
import signal
import sys
import time
from pathlib import Path

__all__ = ["look_after"]

_LOOK_S = 0.5


def look_after(parent: int, limit_s: float, line: str) -> None:
    """Kill *parent* with a line on stderr if its count stands still for so long."""
    memory = mmap.mmap(0, 8, access=mmap.ACCESS_READ)
    last, still_s = memory[:], 0.0
    while os.getppid() == parent:  # else it has ended
        time.sleep(_LOOK_S)
        now = memory[:]
        if now != last or _is_stopped(parent):
            last, still_s = now, 0.0
            continue
        still_s += _LOOK_S  # and not a clock, which goes on while the machine sleeps
        if still_s >= limit_s and os.getppid() == parent:
            os.write(2, f"{line}\n".encode())
            os.kill(parent, signal.SIGKILL)
            return


def _is_stopped(process: int) -> bool:
    """Has a person stopped it, by Ctrl-Z or in a debugger?"""
    try:
        said = Path(f"/proc/{process}/stat").read_text()
    except OSError:  # no Linux
        return False
    return said.rpartition(")")[2].split()[0] in "Tt"


if __name__ == "__main__":
    look_after(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3])
