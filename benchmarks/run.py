"""Measure the kit: ``make bench``.

Every figure is also given as a ratio to a peer measured in the same run, so that two machines, or
two days, can be compared: plain work of the standard library that the kit cannot be faster than.
"""

from __future__ import annotations

import copy
import gzip
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

import explorer
import long_log
from browser import measure
from real import speed
from reverts import cheapest, reverts_table, small_table
from rich.console import Console
from rich.table import Table

from kit.machine.catalogue import find_revision
from kit.machine.pseries.step import boot, step
from kit.machine.requests import Request
from kit.machine.revision import Revision
from kit.recordings.conformance import ConformanceReport, conform
from kit.recordings.format import read_transcripts
from kit.simulation.run import begin, play
from kit.simulation.sandbox import Act, sandbox_pair
from kit.views.diagram.svg import picture_svg

REFERENCE = Path(__file__).parent.parent / "data" / "reference"
EXAMPLES = Path(__file__).parent.parent / "examples"


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the result: what, how much, the aim if there is one, the ratio to a peer."""

    what: str
    value: str
    aim: str
    peer: str


def best(action: Callable[[], object], times: int = 5) -> float:
    """Return the shortest of some runs, in seconds: the one least disturbed."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        action()
        taken.append(time.perf_counter() - start)
    return min(taken)


# -- steps per second --------------------------------------------------------------------------


def steps_per_second(scripts: list[tuple[Revision, list[Request]]]) -> float:
    """How many requests of the recorded walks the machine carries out in a second on one core.

    A repeated configure-connector counts as one step, though it is up to 32 calls.
    """

    def run() -> None:
        for revision, requests in scripts:
            machine = boot(revision)
            for request in requests:
                machine, _ = step(machine, request)

    return sum(len(requests) for _, requests in scripts) / best(run, 3)


def scripts_of(texts: list[tuple[str, str]]) -> list[tuple[Revision, list[Request]]]:
    """The requests of all transcripts, without what was answered."""
    return [
        (transcript.revision, [step.request for step in transcript.steps])
        for name, text in texts
        for transcript in read_transcripts(text.splitlines(), name)
    ]


def deep_copies_per_second() -> float:
    """The peer of a step: a deep copy of the same machine kept as dicts, as a checkpoint would."""
    state = {
        "now_ns": 0,
        "queue": [],
        "drcs": {i: {"state": 4, "device": "/d", "unplug_requested": False} for i in range(3)},
        "devices": [{"id": "core1", "core_id": 1}, {"id": None, "core_id": 0}],
    }
    rounds = 2000

    def run() -> None:
        for _ in range(rounds):
            copy.deepcopy(state)

    return rounds / best(run)


# -- replay ------------------------------------------------------------------------------------


def recordings() -> list[tuple[str, str]]:
    """Every recording of a pseries machine as (name, text)."""
    files = sorted([*REFERENCE.glob("directed/*"), *REFERENCE.glob("walks/*")])
    return [
        (path.name, gzip.decompress(path.read_bytes()).decode())
        if path.suffix == ".gz"
        else (path.name, path.read_text())
        for path in files
    ]


def replay_all(texts: list[tuple[str, str]]) -> ConformanceReport:
    """Replay all recordings."""
    total = ConformanceReport()
    for name, text in texts:
        total += conform(read_transcripts(text.splitlines(), name), name)
    return total


def parse_all(texts: list[tuple[str, str]]) -> None:
    """The peer of a replay: json.loads of the same lines, and nothing else."""
    for _, text in texts:
        for line in text.splitlines():
            json.loads(line)


# -- the bench ---------------------------------------------------------------------------------

LATE = (Act.DEVICE_DEL, Act.GUEST_RELEASES_LATE)


def click() -> str:
    """What one click of the bench computes: both runs from the start, and the picture."""
    play.cache_clear()
    begin.cache_clear()
    return picture_svg(sandbox_pair(find_revision("pre-revert"), find_revision("revert"), *LATE))


# -- the player in a browser -------------------------------------------------------------------


def in_a_browser() -> list[Figure]:
    """A step of the player, a click in the sandbox, and the cover, on screen."""
    step = "one step of the player's slider, on screen"
    click = "a click in the sandbox, to the first change on screen"
    cover, aim = "the cover while it plays", "100 ms at the 95th percentile"
    frames = "50 frames a second"
    found = measure()
    if found is None:
        none = ("not measured", "needs chromium, and `make test` once")
        return [
            Figure(w, none[0], a, none[1]) for w, a in ((step, aim), (click, aim), (cover, frames))
        ]
    ratio = median(found.steps) / median(found.peer)
    beside = f"{ratio:.1f} x a slider that shows its number"
    return [
        Figure(step, _spread(found.steps), aim, beside),
        Figure(click, _spread(found.clicks), aim, "the kernel answers in between"),
        Figure(cover, f"{found.frames:.0f} frames a second", frames, "by requestAnimationFrame"),
    ]


def _spread(times: list[float]) -> str:
    return f"{median(times):.0f} ms, {quantiles(times, n=20)[18]:.0f} at the 95th percentile"


# -- the explorer ------------------------------------------------------------------------------


def explorer_figures() -> list[Figure]:
    """Every order of events: the whole table in two processes, and what one state costs."""
    whole, peer = explorer.whole_table(), explorer.peer()
    rate = whole.states / whole.seconds
    return [
        Figure(
            "the default scope at all named revisions, two processes",
            f"{whole.seconds:.1f} s, {whole.megabytes:.0f} MB",
            "30 s, 500 MB",
            f"{rate / peer:.2f} x the states /s of a search of a grid of numbers",
        ),
        Figure(
            "one search of it, the longest of 30",
            f"{whole.worst_cell_seconds:.2f} s",
            "3 s",
            f"{whole.states:,} states in all",
        ),
        Figure(
            "what a search keeps",
            f"{explorer.bytes_per_state():.0f} bytes a state",
            "",
            "",
        ),
    ]


# -- a real QEMU -------------------------------------------------------------------------------


def on_a_real_qemu() -> Figure:
    """Steps of the same scripts on a real QEMU and on the embedded machine."""
    what = "steps of four recorded scripts on a real QEMU"
    found = speed(REFERENCE / "directed" / "4b08cd567b.jsonl")
    if isinstance(found, str):
        return Figure(what, "not measured", "", found)
    return Figure(
        what,
        f"{found.real:,.0f} /s, and {found.start_ms:.0f} ms a start",
        "",
        f"1/{found.embedded / found.real:.0f} of the embedded machine ({found.name})",
    )


def of_a_long_log() -> Figure:
    """A whole `kit import` of a libvirt log of 120 MB."""
    found = long_log.measured()
    return Figure(
        "kit import of a libvirt log of 120 MB",
        f"{found.seconds:.1f} s, {found.cpu:.1f} s of CPU, {found.megabytes:.0f} MB",
        "6 s, 100 MB",
        f"{found.cpu / found.peer_cpu:.0f} x the CPU of a loop over its lines ({found.peer:.2f} s)",
    )


def of_own_machines() -> list[Figure]:
    """A whole `kit explore` of each example of a machine of one's own, which has a bug."""
    peer = best(lambda: subprocess.run([sys.executable, "-c", ""], check=True), 3)
    return [_explored(path, peer) for path in (EXAMPLES / "lease.py", EXAMPLES / "two-phase")]


def _explored(path: Path, peer: float) -> Figure:
    command = [sys.executable, "-m", "kit", "explore", "--machine", str(path)]
    taken = best(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL), 3)
    beside = f"{taken / peer:.0f} x the start of a Python"
    return Figure(f"the bug of examples/{path.name} is found", f"{taken:.2f} s", "2 s", beside)


def of_starts() -> list[Figure]:
    """What a small command takes: the start of Python, and what it imports."""
    peer = cheapest([sys.executable, "-c", ""])[1]
    return [_started(peer, *words) for words in (("list", "revisions"), ("reverts", "--help"))]


def _started(peer: float, *words: str) -> Figure:
    cpu = cheapest([sys.executable, "-m", "kit", *words])[1]
    beside = f"{cpu / peer:.0f} x the start of a Python"
    return Figure(f"kit {' '.join(words)}", f"{cpu:.2f} s of CPU", "0.2 s", beside)


def figures() -> list[Figure]:
    """Measure everything."""
    copies = deep_copies_per_second()
    texts = recordings()
    steps = steps_per_second(scripts_of(texts))
    report = replay_all(texts)
    replay, parse = best(lambda: replay_all(texts), 3), best(lambda: parse_all(texts), 3)
    drawn = best(click, 20)
    return [
        Figure(
            "steps of the recorded scripts, one core",
            f"{steps:,.0f} /s",
            "100,000 /s",
            f"{steps / copies:.2f} x copy.deepcopy of a small machine",
        ),
        Figure(
            f"replay of all {report.transcripts} recordings",
            f"{replay:.2f} s",
            "3 s",
            f"{replay / parse:.1f} x json.loads of the same lines",
        ),
        Figure(
            "one click of the bench, computed",
            f"{drawn * 1000:.1f} ms",
            "",
            f"{drawn * copies:.0f} x copy.deepcopy of a small machine",
        ),
        on_a_real_qemu(),
        *in_a_browser(),
        of_a_long_log(),
        *of_own_machines(),
        *of_starts(),
        *explorer_figures(),
    ]


def main() -> None:
    """Print the figures."""
    table = Table(title=f"Python {platform.python_version()}, {platform.machine()}")
    for column in ("what", "measured", "aim", "peer in the same run"):
        table.add_column(column)
    for figure in figures():
        table.add_row(figure.what, figure.value, figure.aim, figure.peer)
    Console().print(table)
    Console().print(explorer.growth())
    Console().print(small_table())
    clone = os.environ.get("KIT_QEMU", "").strip()
    if clone:
        Console().print(reverts_table(Path(clone).expanduser()))


if __name__ == "__main__":
    main()
