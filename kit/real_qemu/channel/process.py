"""What a QEMU process may take of the machine, and the status with which it ended."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["LOOK_S", "limited", "shell_status"]

LOOK_S = 0.02  # how often a wait looks whether the process is still there
_MEMORY_KIB = 8 << 20  # of address space: QEMU reserves far more than it uses
_FILE_BLOCKS = 16 << 11  # of 512 bytes: 16 MiB in any one file
_CPU_S = 3600

# "$0" is QEMU.  What a system cannot limit it does not.
_SHELL = f"""
ulimit -c 0; ulimit -v {_MEMORY_KIB} 2>/dev/null; ulimit -f {_FILE_BLOCKS} 2>/dev/null
ulimit -t {_CPU_S} 2>/dev/null
exec "$0" "$@"
"""


def limited(command: Sequence[str]) -> list[str]:
    """Return the command that sets the limits and then becomes *command*."""
    return ["/bin/sh", "-c", _SHELL, *command]


def shell_status(status: int) -> int:
    """Return an exit status as a shell has it: 128 and the signal's number."""
    return status if status >= 0 else 128 - status
