"""Which commits revert others?  The kit and PyDriller on the same clone, side by side.

    python benchmarks/against_pydriller.py CLONE PYTHON

PYTHON is one that has PyDriller (``pip install pydriller`` in a venv of its own).  PyDriller gives
commits and leaves the question to its user; the peer asks it as its users do, with one pattern.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

_END = """
import json, resource, time
own, git = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
cpu = own.ru_utime + own.ru_stime + git.ru_utime + git.ru_stime
took = time.perf_counter() - start
print(json.dumps({"found": found, "s": took, "cpu": cpu, "mb": own.ru_maxrss / 1024}))
"""
PEER = """
import re, sys, time
start = time.perf_counter()
from pydriller import Repository
named = re.compile("[Tt]his reverts commit ([0-9a-f]{7,40})")
found = {}
for commit in Repository(sys.argv[1]).traverse_commits():
    if match := named.search(commit.msg):
        found[commit.hash] = match[1]
"""
KIT = """
import sys, time
start = time.perf_counter()
from kit import Repository
found = {row.sha: row.form.value for row in Repository(sys.argv[1]).reverts()}
"""


def asked(python: str, program: str, clone: Path) -> dict[str, object]:
    """Return what a program found, and what it took."""
    command = [python, "-c", program + _END, str(clone)]
    return dict(json.loads(subprocess.run(command, check=True, capture_output=True).stdout))


def main() -> None:
    """Print both, and what only one of them found."""
    clone, python = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "clone"  # PyDriller reads no bare clone
        git = ["git", "clone", "--quiet", "--shared", "--no-checkout", clone, str(place)]
        subprocess.run(git, check=True)
        peer, kit = asked(python, PEER, place), asked(sys.executable, KIT, place)
    theirs, ours = dict(peer["found"]), dict(kit["found"])  # type: ignore[call-overload] - JSON
    for name, result in (("PyDriller", peer), ("kit", kit)):
        print(
            f"{name:10} {len(dict(result['found'])):6,} reverts  {result['s']:.1f} s"  # type: ignore[call-overload] - JSON
            f"  {result['cpu']:.1f} s CPU  {result['mb']:.0f} MB"
        )
    print(f"both {len(theirs.keys() & ours.keys()):,}")
    print(f"PyDriller alone {sorted(theirs.keys() - ours.keys())}")
    forms = [ours[sha] for sha in ours.keys() - theirs.keys()]
    print(f"kit alone { ({form: forms.count(form) for form in sorted(set(forms))}) }")


if __name__ == "__main__":
    main()
