"""Feeds a target with inputs, and keeps what it should not have done."""

from __future__ import annotations

import hashlib
import random
import re
import signal
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from kit.common.errors import MAX_LENGTH, UserError
from tests.fuzz.grammar import restructured
from tests.fuzz.mutate import mutated, words_of
from tests.fuzz.targets import SLOW_S, Target, seeds

__all__ = ["FOUND", "Result", "fuzz", "made", "outcome"]

FOUND = Path(__file__).parent / "found"
MAX_KEPT = 2000


class TooSlowError(BaseException):
    """An input took longer than any may; nothing that is fuzzed catches it."""


@dataclass
class Result:
    """How many inputs there were, and what was found: an input and why it should not have."""

    inputs: int = 0
    findings: list[tuple[bytes, str]] = field(default_factory=list)


def fuzz(
    name: str, target: Target, seed: int, *, until: float | None = None, count: int | None = None
) -> Result:
    """Feed a target until a time of the monotonic clock, or with so many inputs."""
    dice = random.Random(f"{name} {seed}")
    pool = list(seeds(target))
    words = words_of(pool)
    seen = {outcome(target, data) for data in pool}
    known: set[str] = set()
    result = Result()
    while (count is None or result.inputs < count) and (until is None or time.monotonic() < until):
        data = made(dice, target, pool, words)
        said = outcome(target, data)
        result.inputs += 1
        if said.startswith("finding: "):
            place = str(re.findall(r'File "(.*), in', said)[-2:]) or said.partition("\n")[0]
            if place not in known:
                known.add(place)
                result.findings.append((data, said))
                _keep(name, data, said)
        elif said not in seen and len(pool) < MAX_KEPT:
            seen.add(said)  # it came further, or elsewhere, than all before it
            pool.append(data)
    return result


def made(
    dice: random.Random, target: Target, pool: Sequence[bytes], words: Sequence[bytes]
) -> bytes:
    """Return a new input: half of them by the target's grammar, where it has one."""
    if target.grammar is not None and dice.random() < 0.5:
        found = restructured(dice, target.grammar, pool)
        if found is not None:
            return found
    return mutated(dice, pool, words)


def outcome(target: Target, data: bytes) -> str:
    """Return what became of an input: fine, refused and how, or what it should not have done."""
    try:
        with _bounded():
            target.read(data)
    except UserError as error:
        line = str(error)
        if "\n" in line or len(line) > MAX_LENGTH:
            return f"finding: a message that is not a line\n{line[:200]!r}\n"
        return re.sub(r"['\"`].*['\"`]|\d+", "…", line)[:80]
    except TooSlowError:
        return f"finding: takes longer than {SLOW_S:g} s\n{traceback.format_exc()[-600:]}"
    except Exception:  # noqa: BLE001 - whatever it is, it is a finding
        return f"finding: raises\n{traceback.format_exc()[-3000:]}"
    return "fine"


@contextmanager
def _bounded() -> Iterator[None]:
    def too_slow(*_: object) -> None:
        raise TooSlowError

    # by the processor's time, for others may be busy; and by the clock, for it may wait
    timers = (
        (signal.SIGPROF, signal.ITIMER_PROF, SLOW_S),
        (signal.SIGALRM, signal.ITIMER_REAL, SLOW_S * 60),
    )
    before = [signal.signal(number, too_slow) for number, _, _ in timers]
    for _, timer, seconds in timers:
        signal.setitimer(timer, seconds)
    try:
        yield
    finally:
        for (number, timer, _), handler in zip(timers, before, strict=True):
            signal.setitimer(timer, 0)
            signal.signal(number, handler)


def _keep(name: str, data: bytes, said: str) -> None:
    FOUND.mkdir(exist_ok=True)
    stem = f"{name.replace(' ', '-')}-{hashlib.sha256(data).hexdigest()[:12]}"
    (FOUND / stem).write_bytes(data)
    (FOUND / f"{stem}.txt").write_text(said, encoding="utf-8", errors="backslashreplace")
