"""``make fuzz``: every reader, for FUZZ_SECONDS in all (an hour by default).

Prints for each target how many inputs it got and what was found; findings are kept as files in
``tests/fuzz/found``.  Ends with 1 if there is one.
"""

from __future__ import annotations

import os
import sys
import time

from tests.fuzz.run import FOUND, fuzz
from tests.fuzz.targets import TARGETS


def main() -> int:
    """Share the time among the targets, in rounds, so that an early end has seen all of them."""
    seconds = float(os.environ.get("FUZZ_SECONDS", "3600"))
    seed = int(os.environ.get("FUZZ_SEED", str(time.time_ns())))
    counts = dict.fromkeys(TARGETS, 0)
    findings = dict.fromkeys(TARGETS, 0)
    rounds = max(1, round(seconds / 300))
    for number in range(rounds):
        for name, target in TARGETS.items():
            until = time.monotonic() + seconds / rounds / len(TARGETS)
            result = fuzz(name, target, seed + number, until=until)
            counts[name] += result.inputs
            findings[name] += len(result.findings)
    for name in TARGETS:
        print(f"{name}: {counts[name]:,} inputs, {findings[name]} findings")  # noqa: T201
    total = sum(findings.values())
    print(f"total: {sum(counts.values()):,} inputs, {total} findings in {seconds:g} s")  # noqa: T201
    if total:
        print(f"findings: {FOUND}")  # noqa: T201
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main())
