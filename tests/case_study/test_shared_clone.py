"""One clone read by a class at a time: all get the same, and nothing is left in it."""

from __future__ import annotations

import contextlib
import multiprocessing
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from kit.case_study.reenactment import build
from kit.cli.main import main
from tests.effort import LONG
from tests.reenactment import HASHES, SOURCE

READERS = 16 if LONG else 6  # make bench-hub does it with 50


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository of our own."""
    folder = tmp_path_factory.mktemp("shared") / "clone"
    build(SOURCE, folder)
    return folder


def read(clone: Path, command: list[str], output: Path, start: Barrier | None = None) -> None:
    """Run a command of the kit, all readers in the same moment."""
    if start is not None:
        start.wait(timeout=60)
    with output.open("w") as file, contextlib.redirect_stdout(file):
        status = main([*command, "--repo", str(clone), "--json"])
        file.write(f"\n{status}")


@pytest.mark.parametrize("command", ["show", "revert"])
def test_many_readers_get_the_same_and_leave_nothing(
    clone: Path, tmp_path: Path, command: str
) -> None:
    words = [command, HASHES["revert"]]
    before = {path: path.stat().st_mtime_ns for path in clone.rglob("*")}
    read(clone, words, tmp_path / "alone")
    processes = multiprocessing.get_context("fork")  # each would take a second to import the kit
    start = processes.Barrier(READERS)
    readers = [
        processes.Process(target=read, args=(clone, words, tmp_path / str(number), start))
        for number in range(READERS)
    ]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(timeout=60)
    said = {(tmp_path / str(number)).read_text() for number in range(READERS)}

    assert said == {(tmp_path / "alone").read_text()}
    assert said.pop().endswith("\n0")
    assert {path: path.stat().st_mtime_ns for path in clone.rglob("*")} == before
