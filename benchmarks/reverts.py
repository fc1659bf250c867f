"""Measure what the kit does with all reverts of a clone of QEMU: ``make bench KIT_QEMU=…``.

The peer is what nobody can be quicker than who reads every message: ``git log`` streamed through
Python.  All is measured on a clone beside the named one, with its objects and a commit-graph.

And what it costs beside git alone in small histories, which are made here: there the start counts.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.table import Table

__all__ = ["cheapest", "comfortable", "measured", "reverts_table", "small_table"]

PEER = """
import subprocess, sys
log = subprocess.Popen(["git", "--git-dir", sys.argv[1], "log", "--format=%H%x00%B%x00",
                        sys.argv[2]], stdout=subprocess.PIPE)
size = sum(map(len, log.stdout))
log.wait()
"""
READ = """
import sys
from pathlib import Path
from kit.git.repository.clone import CloneHistory
from kit.git.reverts.scan import Wanted, read_reverts
wanted = Wanted(revisions=(sys.argv[2],))
found = sum(1 for _ in read_reverts(CloneHistory(Path(sys.argv[1])), wanted))
"""
# what each of the programs says of itself at its end
SAY = """
import resource
own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
git = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(own // 1024, git // 1024)
"""
SMALL = (300, 10_000)
_MOST_S = 0.3
_EVERY = 150  # commits, of which one is a revert: as in Vite and golang/tools
_FILES = 50
COMMAND = "import sys; from kit.cli.main import main; main(sys.argv[1:])"


@contextmanager
def comfortable(clone: Path) -> Iterator[Path]:
    """Give a bare repository that borrows a clone's objects and has a commit-graph."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "qemu.git"
        subprocess.run(["git", "init", "--quiet", "--bare", "--template=", made], check=True)
        objects = _git(clone, "rev-parse", "--path-format=absolute", "--git-path", "objects")
        (made / "objects" / "info").mkdir(exist_ok=True)
        (made / "objects" / "info" / "alternates").write_text(f"{objects}\n")
        references = _git(clone, "for-each-ref", "--format=create %(refname) %(objectname)")
        subprocess.run(
            ["git", "--git-dir", made, "update-ref", "--stdin"],
            input=f"{references}\n", text=True, check=True,
        )  # fmt: skip
        _git(made, "update-ref", "--no-deref", "HEAD", _git(clone, "rev-parse", "HEAD"))
        _git(made, "commit-graph", "write", "--reachable", "--no-progress")
        yield made


def _git(clone: Path, *arguments: str) -> str:
    folder = clone / ".git" if (clone / ".git").exists() else clone
    command = ["git", "--git-dir", str(folder), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def measured(program: str, *arguments: str, times: int = 3) -> tuple[float, int, int]:
    """Return the shortest wall time in seconds of a program of its own, and MB of it and of git."""
    taken, said = [], "0 0"
    for _ in range(times):
        start = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", program, *arguments],
            check=True, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": "."},
        )  # fmt: skip
        taken.append(time.perf_counter() - start)
        said = done.stdout.splitlines()[-1]
    own, git = said.split()
    return min(taken), int(own), int(git)


def reverts_table(clone: Path) -> Table:
    """Measure, and return the figures as a table."""
    table = Table(title="all reverts of a clone of QEMU")
    for column in ("what", "measured", "aim", "peer in the same run"):
        table.add_column(column)
    with comfortable(clone) as place:
        names = _git(place, "rev-list", "--topo-order", "--reverse", "HEAD").split()
        for count in (10_000, 50_000, len(names)):
            start = names[min(count, len(names)) - 1]
            peer = measured(PEER + SAY, str(place), start)
            read = measured(READ + SAY, str(place), start)
            table.add_row(
                f"reading, {_git(place, 'rev-list', '--count', start)} commits",
                f"{read[0]:.2f} s; {read[1]} MB, and git {read[2]} MB",
                "1.5 x; + 50 MB",
                f"{read[0] / peer[0]:.2f} x {peer[0]:.2f} s; {peer[1]} MB, and git {peer[2]} MB",
            )
        table.add_row(*_content_row(place))
        commands = {
            "1.5 x": ["reverts", "--json"],
            "20 s": ["reverts", "--check", "--json"],
            "": ["revert", "d522cb52e6", "--json"],
            "5 s": ["changelog", "v5.2.0..v6.0.0", "--format", "json"],
            "5 s, too": ["changelog", "v5.2.0..v6.0.0", "--format", "json", "--no-check"],
        }
        for aim, command in commands.items():
            peer = measured(PEER + SAY, str(place), "HEAD")
            took, own, _ = measured(COMMAND + SAY, *command, "--repo", str(place))
            words = f"kit {' '.join(command)}"
            table.add_row(
                words, f"{took:.2f} s; {own} MB", aim, f"{took / peer[0]:.2f} x {peer[0]:.2f} s"
            )
    return table


def _content_row(place: Path) -> tuple[str, str, str, str]:
    """Return what --content costs more, beside what git's own log costs more with changes."""
    log = [
        "git",
        "-c",
        "core.commitGraph=false",
        "--git-dir",
        str(place),
        "log",
        "--format=%H%x00%B%x00",
    ]
    kit = [sys.executable, "-m", "kit", "reverts", "--json", "--repo", str(place)]
    plain, raw = (cheapest([*log, *more], 3)[1] for more in ([], ["--raw", "--no-renames"]))
    said, content = (cheapest([*kit, *more], 3)[1] for more in ([], ["--content"]))
    more = f"+ {content - said:.2f} s of CPU, {(content - said) / (raw - plain):.2f} x"
    return "kit reverts --content", more, "+ 3 s", f"git log --raw: + {raw - plain:.2f} s of CPU"


# -- small histories ---------------------------------------------------------------------------


def small_table() -> Table:
    """Measure `kit reverts` beside `git log` on histories made here; return a table."""
    table = Table(title="all reverts of a small history: more than git log takes")
    for column in ("commits", "CPU", "wall", "aim", "git log in the same run"):
        table.add_column(column)
    for count in SMALL:
        with tempfile.TemporaryDirectory() as folder:
            make_history(Path(folder), count)
            git = ["git", "--git-dir", folder, "log", "--format=%H%x00%B%x00"]
            kit = [sys.executable, "-m", "kit", "reverts", "--repo", folder]
            theirs, own = cheapest(git), cheapest(kit)
        table.add_row(
            f"{count:,}",
            f"+ {own[1] - theirs[1]:.2f} s",
            f"+ {own[0] - theirs[0]:.2f} s",
            f"+ {_MOST_S} s",
            f"{theirs[1]:.2f} s CPU, {theirs[0]:.2f} s",
        )
    return table


def make_history(folder: Path, count: int) -> None:
    """Make a bare repository in which every 150th commit reverts the one before by its title."""
    subprocess.run(["git", "init", "--quiet", "--bare", "-b", "main", folder], check=True)
    command = ["git", "--git-dir", str(folder), "fast-import", "--quiet"]
    stream = "".join(_imported(number) for number in range(1, count + 1))
    subprocess.run(command, input=stream, text=True, check=True)


def _imported(number: int) -> str:
    is_revert = number % _EVERY == 0
    change = number - 1 if is_revert else number
    title = f"part{change % _FILES}: change {change}"
    message = f"{title}\n\n{'A sentence on why that was needed, and what it touches. ' * 4}\n"
    if is_revert:
        message = f'Revert "{title}"\n\nIt leaks: number {number}.\n'
    content = f"line {change - _FILES if is_revert else change}\n"
    return (
        f"commit refs/heads/main\nmark :{number}\n"
        f"committer A <a@example.org> {1_500_000_000 + number * 3600} +0000\n"
        f"data {len(message)}\n{message}{f'from :{number - 1}' if number > 1 else ''}\n"
        f"M 100644 inline src/part{change % _FILES}.c\ndata {len(content)}\n{content}\n"
    )


def cheapest(command: list[str], times: int = 7) -> tuple[float, float]:
    """Return the shortest wall time and CPU time of a program, in seconds."""
    found = []
    for _ in range(times):
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        found.append((time.perf_counter() - start, cpu))
    return min(wall for wall, _ in found), min(cpu for _, cpu in found)
