"""``python -m tests.fuzz.worst``: which input below a megabyte costs a reader most.

Each input runs in a process of its own, whose processor time and peak of memory are those that the
system counts.  What costs most is changed again.  WORST_SECONDS in all (ten minutes by default);
WORST_SEED; targets may be named.  The worst of each target is kept in ``tests/fuzz/found``.  Ends
with 1 if one takes more than 10 s or 500 MB.
"""

from __future__ import annotations

import os
import random
import resource
import sys
import time
from dataclasses import dataclass, field

from kit.common.errors import UserError
from tests.fuzz.grammar import grown
from tests.fuzz.mutate import words_of
from tests.fuzz.run import FOUND, made
from tests.fuzz.targets import TARGETS, Target, seeds

__all__ = ["Cost", "Worst", "cost", "search"]

SIZE = 1_000_000
MAX_S, MAX_MB = 10.0, 500.0
_KEPT = 4
_LIMIT_S, _LIMIT_BYTES = 60, 4 << 30


@dataclass(frozen=True, order=True)
class Cost:
    """What an input took: seconds of the processor, and megabytes at the most."""

    seconds: float
    megabytes: float
    said: str = ""

    @property
    def too_much(self) -> bool:
        """Is it more than any input below a megabyte may take?"""
        return self.seconds > MAX_S or self.megabytes > MAX_MB


@dataclass
class Worst:
    """The inputs that took the most time, and the most memory; how many were tried."""

    inputs: int = 0
    slow: list[tuple[Cost, bytes]] = field(default_factory=list)
    large: list[tuple[Cost, bytes]] = field(default_factory=list)

    def note(self, found: Cost, data: bytes) -> None:
        """Keep an input if few are worse."""
        self.inputs += 1
        self.slow.append((found, data))
        self.large.append((found, data))
        self.slow.sort(key=lambda one: -one[0].seconds)
        self.large.sort(key=lambda one: -one[0].megabytes)
        del self.slow[_KEPT:], self.large[_KEPT:]


def cost(target: Target, data: bytes) -> Cost:
    """Return what an input takes, as it was read in a process that is thrown away."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        said = "ended by the system"
        try:
            resource.setrlimit(resource.RLIMIT_CPU, (_LIMIT_S, _LIMIT_S))
            resource.setrlimit(resource.RLIMIT_AS, (_LIMIT_BYTES, _LIMIT_BYTES))
            target.read(data)
            said = "read"
        except UserError as error:
            said = str(error)
        except BaseException as error:  # noqa: BLE001 - it is told what became of it
            said = f"raises {error!r}"
        finally:
            os.write(theirs, said[-200:].encode("utf-8", "replace"))
            os._exit(0)
    os.close(theirs)
    with open(ours, "rb") as pipe:  # noqa: PTH123 - it has been opened
        told = pipe.read().decode("utf-8", "replace")
    _, _, used = os.wait4(child, 0)
    return Cost(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, told or "ended by the system")


def search(name: str, target: Target, seed: int, until: float, count: int | None = None) -> Worst:
    """Look for the worst input of a target, until a time of the monotonic clock."""
    dice = random.Random(f"{name} {seed}")
    pool = list(seeds(target))
    words = words_of(pool)
    worst = Worst()
    while time.monotonic() < until and (count is None or worst.inputs < count):
        kept = [data for _, data in (*worst.slow, *worst.large)]
        near = kept if kept and dice.random() < 0.3 else pool
        data = None
        if target.grammar is not None and dice.random() < 0.8:
            data = grown(dice, target.grammar, near, dice.choice((SIZE, SIZE, SIZE // 10)))
        if data is None:
            data = made(dice, target, near, words)
        data = data[:SIZE]
        worst.note(cost(target, data), data)
    return worst


def main(names: list[str]) -> int:
    """Share the time among the targets; print the worst of each."""
    seconds = float(os.environ.get("WORST_SECONDS", "600"))
    seed = int(os.environ.get("WORST_SEED", str(time.time_ns())))
    chosen = {name: TARGETS[name] for name in names or TARGETS}
    beyond = 0
    FOUND.mkdir(exist_ok=True)
    for name, target in chosen.items():
        until = time.monotonic() + seconds / len(chosen)
        found = search(name, target, seed, until)
        for what, (taken, data) in (("slow", found.slow[0]), ("large", found.large[0])):
            beyond += taken.too_much
            (FOUND / f"worst-{name.replace(' ', '-')}-{what}").write_bytes(data)
            print(  # noqa: T201
                f"{name}, most {'time' if what == 'slow' else 'memory'} of {found.inputs:,}:"
                f" {taken.seconds:.2f} s, {taken.megabytes:.0f} MB,"
                f" {len(data):,} bytes: {taken.said[:70]!r}"
            )
    return 1 if beyond else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
