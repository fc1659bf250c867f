"""What is small on the disk and unfolds to anything: counted before, and told in a line.

Each repository has less than a megabyte.  The worst of them are measured by benchmarks/unfolded.py.
"""

from __future__ import annotations

import json
import multiprocessing
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kit.cli.main import main
from kit.git.repository.allowance import Allowance, allowance
from kit.git.repository.clone import CloneHistory
from kit.git.repository.history import HistoryError, TooMuchError
from kit.git.repository.objects import Objects
from kit.git.repository.reader import ObjectReader
from kit.git.repository.trees import MissingObjectError, Trees
from tests.effort import LONG, some_of
from tests.git.odd_objects import FILE, FOLDER, OddRepository, complaints
from tests.git.unfolding import COMMANDS, LARGE, MADE

MAX_MB = 500


def test_a_command_says_which_limit_a_nested_repository_passes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = OddRepository(tmp_path / "repo.git")
    made.reverted(*(made.nested(made.blob(each)) for each in (b"1\n", b"2\n")))
    repo = ("--repo", str(made.folder))
    said = {}
    for command in (
        ["show", "HEAD"],
        ["revert", "HEAD", "--json"],
        ["reverts", "--check", "--json"],
        ["changelog", "v1.0.0..HEAD", "--json"],
    ):
        main([*command, *repo])
        output, complaint = capsys.readouterr()
        assert complaints(complaint) == 0
        said[command[0]] = " ".join(output.split())
    files = "it changes more than 20,000 files"

    assert "the files of HEAD cannot be read: it changes more than 200,000 files" in said["show"]
    assert files in json.loads(said["revert"])["note"]
    assert files in json.loads(said["reverts"])["note"]
    assert files in said["changelog"]


QUARTER = """
from kit.git.repository import allowance, objects
allowance._CPU_S //= 4
allowance._WORK //= 4
objects._MAX_WORK //= 4
"""


@pytest.mark.parametrize("kind", [kind for kind in MADE if LONG or kind not in LARGE])
def test_no_small_repository_takes_much_memory(kind: str, tmp_path: Path) -> None:
    """An ordinary run allows a quarter of the time: most kinds use up all that they get.

    It gives every second kind to the one command, the others to the other.
    """
    repo = tmp_path / "repo.git"
    # apart: a process counts what it was started from held
    maker = multiprocessing.get_context("fork").Process(target=MADE[kind], args=(repo,))
    maker.start()
    maker.join(300)
    assert maker.exitcode == 0
    assert sum(path.stat().st_size for path in repo.glob("objects/*/*")) < 1_000_000
    program = "" if LONG else QUARTER
    program += (
        "import sys, resource\nfrom kit.cli.main import main\nmain(sys.argv[1:])\n"
        "print(*(resource.getrusage(who).ru_maxrss >> 10 for who in (0, -1)), file=sys.stderr)"
    )
    for command in some_of((COMMANDS[1], COMMANDS[-1]), 2, first=list(MADE).index(kind)):
        done = subprocess.run(
            [sys.executable, "-c", program, *command, "--repo", str(repo)],
            capture_output=True, text=True, timeout=300,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (60, 60)),
        )  # fmt: skip
        *complaint, figures = done.stderr.strip().split("\n")
        assert len(complaint) <= 1
        assert max(map(int, figures.split())) < MAX_MB, (command, figures)


# -- trees -------------------------------------------------------------------------------------


def trees_of(made: OddRepository) -> Trees:
    reader = ObjectReader(made.folder / "objects")
    return Trees(lambda name: reader.read(name, "tree").data)


def test_trees_are_compared_by_what_differs(tmp_path: Path) -> None:
    made = OddRepository(tmp_path / "repo.git")
    one, two = made.blob(b"1"), made.blob(b"2")
    same = made.nested(one)  # as large as anything, and not looked into
    before = made.tree([(FOLDER, b"same", same), (FILE, b"a", one), (FILE, b"gone", one)])
    below = made.tree([(0o100755, b"new", two)])
    after = made.tree([(FOLDER, b"same", same), (FILE, b"a", two), (FOLDER, b"gone", below)])
    found = trees_of(made).changed(before, after)

    assert {
        path: tuple(each and (each.mode, each.name.hex()) for each in sides)
        for path, sides in found.items()
    } == {
        b"a": ((FILE, one), (FILE, two)),
        b"gone": ((FILE, one), None),
        b"gone/new": (None, (0o100755, two)),
    }


@pytest.mark.parametrize(
    "names",
    [[b"b", b"a"], [b"a", b"a"], [b"a/b"], [b""]],
    ids=["out of order", "twice", "a path", "no name"],
)
def test_a_tree_that_git_would_not_write_is_damaged(names: list[bytes], tmp_path: Path) -> None:
    """git pairs the entries of two trees by their order: unsorted ones all seem to differ."""
    made = OddRepository(tmp_path / "repo.git")
    blob = bytes.fromhex(made.blob(b"1"))
    tree = made.write("tree", b"".join(b"100644 %s\0%s" % (name, blob) for name in names))

    with pytest.raises(MissingObjectError, match=f"the tree {tree} is damaged"):
        trees_of(made).changed(None, tree)


@pytest.mark.parametrize("leaf", ["files", "nothing"])
def test_entries_count_each_time_they_are_met(leaf: str, tmp_path: Path) -> None:
    made = OddRepository(tmp_path / "repo.git")
    one = made.tree([]) if leaf == "nothing" else made.blob(b"1")
    tree = made.tree([(FOLDER if leaf == "nothing" else FILE, b"x", one)])
    for _ in range(12):
        tree = made.tree([(FOLDER, b"d%02d" % number, tree) for number in range(60)])
    trees = trees_of(made)

    with pytest.raises(MissingObjectError, match="changes more than 20,000 files"):
        trees.changed(None, tree)
    with pytest.raises(MissingObjectError, match="the kit does not merge a tree"):
        trees.check_held(tree)


def test_a_deep_path_is_too_long(tmp_path: Path) -> None:
    made = OddRepository(tmp_path / "repo.git")
    tree = made.tree([(FILE, b"x", made.blob(b"1"))])
    for _ in range(50):
        tree = made.tree([(FOLDER, b"d" * 100, tree)])

    with pytest.raises(MissingObjectError, match="paths that it changes are too long"):
        trees_of(made).changed(None, tree)


# -- git ---------------------------------------------------------------------------------------


def test_a_larger_repository_may_take_more(tmp_path: Path) -> None:
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "pack-1.pack").write_bytes(b"x" * 40_000_000)
    with (tmp_path / "hole").open("wb") as hole:
        hole.truncate(1 << 40)

    assert allowance(tmp_path) == Allowance(
        memory_bytes=(384 << 20) + 40_000_000,
        cpu_s=4 + 9,
        questions=100 + 2000,
        work=1_000_000_000 + 4_000_000_000,
    )


@pytest.mark.skipif(sys.platform != "linux", reason="the system ends no git that takes too much")
def test_git_is_ended_when_it_takes_too_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = OddRepository(tmp_path / "repo.git")
    tree = made.tree([])
    big = made.commit(tree, (), b"x" * (150 << 20))
    made.head(big, big)
    small = Allowance(memory_bytes=100 << 20, cpu_s=1, questions=1, work=1)
    for module in ("clone", "reader"):
        monkeypatch.setattr(f"kit.git.repository.{module}.allowance", lambda _folder: small)

    with pytest.raises(TooMuchError, match="takes more than 100 MiB of memory"):
        CloneHistory(made.folder).commit("HEAD")
    with pytest.raises(MissingObjectError, match="larger than 32 MiB, so the kit does not read it"):
        Objects(made.folder / "objects").commit(big)


def test_who_comes_after_whom_is_asked_so_often(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = OddRepository(tmp_path / "repo.git")
    first = made.commit(made.tree([]))
    last = made.commit(made.tree([]), [first])
    small = Allowance(memory_bytes=400 << 20, cpu_s=10, questions=2, work=1)
    monkeypatch.setattr("kit.git.repository.reader.allowance", lambda _folder: small)
    objects = Objects(made.folder / "objects")

    assert (objects.descends(last, first), objects.descends(first, last)) == (True, False)
    with pytest.raises(HistoryError, match="the kit looks for at most 2 commits here"):
        objects.descends(last, last)


@pytest.mark.skipif(sys.platform != "linux", reason="the system ends no git that takes too much")
def test_a_git_that_took_too_long_rests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = OddRepository(tmp_path / "repo.git")
    other, long = made.blob(b"1\n"), made.chain(10_000, 15 << 20)
    reader = ObjectReader(made.folder / "objects")

    with pytest.raises(MissingObjectError, match=f"needs more than 2 s to read {long} and others"):
        reader.read(long)
    with pytest.raises(MissingObjectError, match="took too long; try again in a minute"):
        reader.read(other)
    later_s = time.monotonic() + 61
    monkeypatch.setattr(time, "monotonic", lambda: later_s)
    assert reader.read(other).data == b"1\n"


def test_a_chain_that_is_not_long_is_read(tmp_path: Path) -> None:
    made = OddRepository(tmp_path / "repo.git")

    assert ObjectReader(made.folder / "objects").read(made.chain(50, 1000)).data == bytes(1000)
