"""End a command that a library holds up: no signal and no thread of Python's gets through to it.

libgit2 holds the interpreter's lock while it works, and no signal interrupts it.  So a
thread here counts up in shared memory, which it can only while no library holds the lock, and a
process of its own looks at it.  If nothing moves for so long, it says so and kills this one.

Whoever runs commands allows it: a notebook's kernel must not be ended, its workers may.  On Windows
and in a browser there is none.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import sys
import tempfile
import threading
import time
from pathlib import Path

from kit.common.child_process import DEVNULL, is_worker, start

__all__ = ["LIMIT_S", "allow_the_end", "watch"]

LIMIT_S = 50
"""How many seconds a library may hold the interpreter's lock."""
_LINE = (
    "kit: a library does not answer for {} s, and the command is ended; a file of the clone may"
    " have become a pipe, or its disk does not answer: copy the clone, and try the copy"
)
_BEAT_S = 0.2
_lock = threading.Lock()
_allowed: set[int] = set()
_watched: set[int] = set()


def allow_the_end() -> None:
    """Let `watch` end this process: it runs one command, and nobody's notebook."""
    _allowed.add(os.getpid())


def watch(limit_s: int = LIMIT_S) -> None:
    """Watch this process from now on, once, if it may be ended.

    Args:
        limit_s: Seconds without a beat after which it is.
    """
    may_be_ended = os.getpid() in _allowed or is_worker()
    if sys.platform in ("win32", "emscripten") or not may_be_ended:
        return
    with _lock:
        if os.getpid() in _watched:
            return
        _watched.add(os.getpid())
    with tempfile.TemporaryFile() as shared:
        shared.truncate(8)
        memory = mmap.mmap(shared.fileno(), 8)
        # -S: it starts in a hundredth of a second
        command = [sys.executable, "-I", "-S", str(Path(__file__).with_name("watchdog_process.py"))]
        with contextlib.suppress(OSError):  # then nobody watches
            start(
                [*command, str(os.getpid()), str(limit_s), _LINE.format(limit_s)],
                stdin=shared,
                stdout=DEVNULL,
                stderr=2,
            )
    threading.Thread(target=_beat, args=(memory,), daemon=True).start()


def _beat(memory: mmap.mmap) -> None:
    count = 0
    while True:
        count += 1
        memory[:] = count.to_bytes(8, "little")
        time.sleep(_BEAT_S)
