"""What stands beside a QEMU process: limits on what it may take, and its end when the kit ends."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time

__all__ = ["LOOK_S", "SHELL", "waited"]

LOOK_S = 0.02  # how often a wait looks whether the process is still there
_MEMORY_KIB = 8 << 20  # of address space: QEMU reserves far more than it uses
_FILE_BLOCKS = 16 << 11  # of 512 bytes: 16 MiB in any one file
_CPU_S = 3600

# "$0" is QEMU; the pipe on fd 3 stays open as long as the kit lives.  What a system cannot limit
# it does not.  Both children are waited for, since nobody else may bury them.
SHELL = f"""
ulimit -c 0; ulimit -v {_MEMORY_KIB} 2>/dev/null; ulimit -f {_FILE_BLOCKS} 2>/dev/null
ulimit -t {_CPU_S} 2>/dev/null
exec 3<&0 </dev/null
"$0" "$@" 3<&- & qemu=$!
exec >/dev/null 2>&1
{{ read -r _ <&3; kill -9 $qemu; }} & watch=$!
exec 3<&-
wait $qemu; status=$?
kill -9 $watch; wait $watch
exit $status
"""


def waited(process: subprocess.Popen[bytes], timeout_s: float) -> bool:
    """Wait for the end of *process*, but leave it unburied: its group's number stays its own."""
    if not hasattr(os, "waitid"):  # macOS, before Python 3.13
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout_s)
        return process.returncode is not None
    until = time.monotonic() + timeout_s
    while process.returncode is None:
        flags = os.WEXITED | os.WNOWAIT | os.WNOHANG
        if os.waitid(os.P_PID, process.pid, flags) is not None:
            return True
        if time.monotonic() > until:
            return False
        time.sleep(LOOK_S / 10)
    return True
