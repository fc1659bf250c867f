"""Runs a command in a network namespace of its own, where there is only the loopback.

``unshare --net`` makes the namespace, with its loopback down; this raises it and runs the rest.
"""

from __future__ import annotations

import fcntl
import os
import socket
import struct
import sys

_SET_FLAGS = 0x8914  # SIOCSIFFLAGS, netdevice(7)
_UP = 0x1 | 0x40  # IFF_UP, IFF_RUNNING


def main() -> None:
    """Raise the loopback and become the command."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sh14x", b"lo", _UP))
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        del os.environ[name]
    os.execvp(sys.argv[1], sys.argv[1:])


if __name__ == "__main__":
    main()
