"""The command ``kit``, and ``python -m kit``."""

from __future__ import annotations

import sys

__all__ = ["start"]


def start() -> int:
    """Run the command line and return its exit status; Ctrl-C is one line from the first moment.

    What the command line imports takes longer than many a command.
    """
    try:
        from kit.cli.main import main
    except KeyboardInterrupt:
        sys.stderr.write("kit: stopped\n")
        return 2
    return main()


if __name__ == "__main__":
    sys.exit(start())
