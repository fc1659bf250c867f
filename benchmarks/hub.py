"""What a JupyterHub needs for the lessons: ``make bench-hub``, with KIT_QEMU for the shared clone.

One pupil is a JupyterLab server and a kernel for each lesson that is open.  Memory is what a
process has for itself (anonymous) and what it maps of files, which all pupils of a machine
share; it is read from /proc, so this runs on Linux.  CPU is what the processes took, whatever
else the machine did meanwhile.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tests.lab import lab_server  # noqa: E402 - it lies beside this folder

READERS = 50
CELL_S = 120
SYSTEM_MB = 1000  # the operating system, and the hub itself
DRAG = """\
import time as _time
import ipywidgets as _w
_sliders = [s for s in _w.Widget.widgets.values() if isinstance(s, _w.IntSlider) and s.max > 1]
_sliders += [s for s in _w.Widget.widgets.values() if isinstance(s, _w.SelectionSlider)]
_steps, _cpu = 0, _time.process_time()
for _slider in _sliders[:1]:
    _places = range(_slider.min, _slider.max + 1) if isinstance(_slider, _w.IntSlider) else range(
        len(_slider.options))
    for _ in range(3):
        for _place in _places:
            if isinstance(_slider, _w.IntSlider):
                _slider.value = _place
            else:
                _slider.index = _place
            _steps += 1
print("DRAGGED", _steps, _time.process_time() - _cpu)
"""


# -- memory ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Memory:
    """Megabytes of some processes: their own, and of files, which others share."""

    own: float = 0.0
    files: float = 0.0


def memory(top: psutil.Process) -> Memory:
    """Return the memory of a process and all below it."""
    own = whole = 0
    for each in [top, *top.children(recursive=True)]:
        try:
            text = Path(f"/proc/{each.pid}/smaps_rollup").read_text()
        except OSError:  # it has just ended
            continue
        found = {line.split()[0]: int(line.split()[1]) for line in text.splitlines()[1:]}
        own, whole = own + found["Anonymous:"], whole + found["Rss:"]
    return Memory(own / 1024, (whole - own) / 1024)


def cpu_s(process: psutil.Process) -> float:
    """Return the CPU time of a process, and of what it started and waited for."""
    return float(sum(process.cpu_times()[:4]))


class Peak(threading.Thread):
    """Watches the memory of a process and all below it."""

    def __init__(self, process: psutil.Process) -> None:
        super().__init__(daemon=True)
        self._process, self._ended, self.mb = process, threading.Event(), 0.0

    def run(self) -> None:
        while not self._ended.wait(0.05):
            self.mb = max(self.mb, memory(self._process).own)

    def end(self) -> float:
        self._ended.set()
        self.join()
        return self.mb


# -- a pupil -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Kernel:
    """A kernel that runs, and how to talk to it."""

    process: psutil.Process
    client: BlockingKernelClient

    def run(self, source: str) -> str:
        """Run code and return what it prints."""
        said: list[str] = []

        def hear(message: dict[str, object]) -> None:
            content = message["content"]
            assert isinstance(content, dict)
            said.append(str(content.get("text", "")) + str(content.get("ename", "")))

        reply = self.client.execute_interactive(source, timeout=CELL_S, output_hook=hear)
        if reply["content"]["status"] != "ok":
            raise RuntimeError("".join(said))
        return "".join(said)


@contextmanager
def kernel(home: Path) -> Iterator[Kernel]:
    """Start a kernel in the lessons' folder."""
    manager = KernelManager(kernel_name="python3")
    work = {"HOME": str(home), "XDG_DATA_HOME": str(home / "share"), "KIT_QEMU": "re-enactment"}
    home.mkdir(parents=True, exist_ok=True)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    manager.start_kernel(cwd=str(ROOT / "notebooks"), env=os.environ | work, **quiet)
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        yield Kernel(psutil.Process(manager.provisioner.process.pid), client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def cells(path: Path) -> list[str]:
    """Return the code of a lesson."""
    found = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in found if cell["cell_type"] == "code"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """What one open lesson takes; ``step_ms`` is None where it has no slider."""

    name: str
    cpu_s: float
    after: Memory
    peak_mb: float
    step_ms: float | None
    dragged: Memory


def lesson(path: Path, home: Path) -> Lesson:
    """Run all cells of a lesson, then drag its first slider to and fro."""
    with kernel(home) as one:
        peak, began = Peak(one.process), cpu_s(one.process)
        peak.start()
        for source in cells(path):
            one.run(source)
        taken_s, highest, after = cpu_s(one.process) - began, peak.end(), memory(one.process)
        steps, drag_s = one.run(DRAG).rpartition("DRAGGED ")[2].split()[:2]
        return Lesson(
            name=path.stem,
            cpu_s=taken_s,
            after=after,
            peak_mb=max(highest, after.own),
            step_ms=1000 * float(drag_s) / int(steps) if int(steps) else None,
            dragged=memory(one.process),
        )


@dataclass(frozen=True, slots=True)
class Started:
    """What starting took, and takes with nothing done."""

    wall_s: float
    cpu_s: float
    memory: Memory

    def __str__(self) -> str:
        return (
            f"{self.cpu_s:.1f} s of CPU ({self.wall_s:.1f} s on this machine now), "
            f"{self.memory.own:.0f} MB of its own, {self.memory.files:.0f} MB of files"
        )


def idle_kernel(home: Path) -> Started:
    """Start a kernel, until it answers."""
    began = time.perf_counter()
    with kernel(home) as one:
        return Started(time.perf_counter() - began, cpu_s(one.process), memory(one.process))


def lab(home: Path) -> Started:
    """Start JupyterLab, until it answers."""
    began = time.perf_counter()
    with lab_server(home):
        taken = time.perf_counter() - began
        (server,) = (
            each
            for each in psutil.Process().children()
            if each.status() != psutil.STATUS_ZOMBIE and "jupyterlab" in " ".join(each.cmdline())
        )
        return Started(taken, cpu_s(server), memory(server))


# -- one clone, many readers -------------------------------------------------------------------


def children_s() -> float:
    """Return the CPU time of all processes that this one has waited for."""
    times = os.times()
    return times.children_user + times.children_system


def read_once(clone: Path, *command: str) -> bytes:
    """Run a command of the kit on a clone; return what it says."""
    return subprocess.run(
        [sys.executable, "-m", "kit", *command, "--repo", str(clone)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=600,
    ).stdout


def state_of(clone: Path) -> dict[str, int]:
    """Return what lies in a clone, with when it was changed: a lock would be seen."""
    return {str(path): path.stat().st_mtime_ns for path in clone.rglob("*")}


def shared(clone: Path) -> Table:
    """Read one clone alone, then by many processes at a time."""
    table = Table(title=f"{READERS} processes on one clone of QEMU, {os.cpu_count()} cores")
    for column in ("command", "CPU alone", f"CPU of each of {READERS}", "wall", "answers", "clone"):
        table.add_column(column)
    for command in (("show", "revert", "--json"), ("revert", "revert", "--json")):
        read_once(clone, *command)  # the first one fills the system's cache
        began = children_s()
        answer = read_once(clone, *command)
        alone = children_s() - began
        before, began, start = state_of(clone), children_s(), time.perf_counter()
        with ThreadPoolExecutor(READERS) as pool:
            found = list(pool.map(lambda words: read_once(clone, *words), [command] * READERS))
        wall, each = time.perf_counter() - start, (children_s() - began) / READERS
        same = sum(said == answer for said in found)
        table.add_row(
            f"kit {' '.join(command[:2])}",
            f"{alone:.2f} s",
            f"{each:.2f} s, {each / alone:.2f} x alone",
            f"{wall:.0f} s for all",
            f"{same} of {READERS} the same",
            "as before" if state_of(clone) == before else "CHANGED",
        )
    return table


# -- the figures -------------------------------------------------------------------------------


def main() -> None:
    """Print the figures."""
    console = Console()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        server = lab(home / "server")
        console.print(
            f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores\n"
            f"JupyterLab to its first answer: {server}\n"
            f"a kernel to its first answer: {idle_kernel(home / 'kernel')}"
        )
        lessons = [
            lesson(path, home / path.stem) for path in sorted(ROOT.glob("notebooks/*.ipynb"))
        ]
        console.print(lessons_table(lessons, server.memory))
    clone = os.environ.get("KIT_QEMU", "").strip()
    if clone:
        console.print(shared(Path(clone).expanduser()))


def lessons_table(lessons: list[Lesson], server: Memory) -> Table:
    """Return a line for each lesson, and how many pupils fit with a server each."""
    table = Table(title="one pupil's kernel, by lesson; MB of its own")
    for column in ("lesson", "CPU", "MB", "at most", "a step", "dragged", "on 4 GB", "on 16 GB"):
        table.add_column(column, no_wrap=True)
    for each in lessons:
        pupil, once = server.own + each.dragged.own, server.files + each.dragged.files
        table.add_row(
            each.name[:16],
            f"{each.cpu_s:.1f} s",
            f"{each.after.own:.0f}",
            f"{each.peak_mb:.0f}",
            "" if each.step_ms is None else f"{each.step_ms:.0f} ms",
            f"{each.dragged.own:.0f}",
            *(f"{(gb * 1024 - SYSTEM_MB - once) / pupil:.0f}" for gb in (4, 16)),
        )
    return table


if __name__ == "__main__":
    main()
