"""Measure the worst repositories below a megabyte that are known.

``.venv/bin/python -m benchmarks.unfolded`` makes each, runs each command on it in a process of
its own, and prints the time of processor and the memory that it takes, git's included.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.git.unfolding import COMMANDS, MADE

MAKE = """
import sys
from pathlib import Path
from tests.git.unfolding import MADE
MADE[sys.argv[1]](Path(sys.argv[2]))
"""
MEASURE = """
import resource, sys
from kit.cli.main import main
main(sys.argv[1:])
found = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
print(sum(each.ru_utime + each.ru_stime for each in found),
      max(each.ru_maxrss for each in found) >> 10, file=sys.stderr)
"""


def measure(chosen: list[str]) -> None:
    """Print a row for each repository and command, and the worst."""
    rows = []
    for name in chosen or MADE:
        with tempfile.TemporaryDirectory() as folder:
            repo = str(Path(folder) / "repo.git")
            # apart: a process counts what it was started from held
            subprocess.run([sys.executable, "-c", MAKE, name, repo], check=True)
            for command in COMMANDS:
                done = subprocess.run(
                    [sys.executable, "-c", MEASURE, *command, "--repo", repo],
                    capture_output=True, text=True, check=True,
                )  # fmt: skip
                seconds, megabytes = map(float, done.stderr.split("\n")[-2].split())
                rows.append((seconds, megabytes, f"{name}: kit {' '.join(command)}"))
                print(f"{seconds:6.1f} s {megabytes:6.0f} MB  {rows[-1][2]}", flush=True)
    for which, unit in ((0, "s"), (1, "MB")):
        worst = max(rows, key=lambda row: row[which])
        print(f"worst: {worst[which]:.1f} {unit}, {worst[2]}")


if __name__ == "__main__":
    measure(sys.argv[1:])
