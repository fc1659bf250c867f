"""Each lesson, executed once in a run of the tests, whoever asks for it and in which process."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from kit.handout import lessons as handout
from kit.handout.execute import execute_lesson, prepare

Executed = Callable[[Path], NotebookNode]
NO_PROGRESS = "whoever reads this puts it aside"
"""A learner's progress that cannot be read: the kernels that execute lessons never look at it."""


def shared_folder(factory: pytest.TempPathFactory) -> Path:
    """Return a folder that all processes of one run of the tests have in common."""
    base = factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder = shared / "executed-lessons"
    folder.mkdir(exist_ok=True)
    return folder


@contextmanager
def alone(folder: Path, name: str) -> Iterator[None]:
    """Wait until no other process is at *name*."""
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def learner_of(folder: Path) -> Path:
    """Return the data folder of the learner in whose name lessons are executed."""
    share = folder / "share"
    with alone(folder, "share"):
        if not share.exists():
            (share / "unplug-kit").mkdir(parents=True)
            (share / "unplug-kit" / "progress.json").write_text(NO_PROGRESS)
    return share


def executed_in(folder: Path) -> Executed:
    """Return what executes a lesson with the kit's own means, or reads what another made."""

    def executed(path: Path) -> NotebookNode:
        kept = folder / path.name
        with alone(folder, path.stem):
            if not kept.exists():
                notebook = nbformat.read(path, as_version=4)
                home = folder / path.stem
                with pytest.MonkeyPatch.context() as patched:
                    patched.setenv("XDG_DATA_HOME", str(learner_of(folder)))
                    prepare(home)
                    execute_lesson(notebook, path.stem, home)
                part = kept.with_suffix(".part")
                nbformat.write(notebook, part)
                part.rename(kept)
        return nbformat.read(kept, as_version=4)

    return executed


@contextmanager
def not_again(executed: Executed, lessons: dict[str, Path]) -> Iterator[None]:
    """Let hand-outs be made of lessons that are executed already."""

    def as_executed(notebook: NotebookNode, name: str, _home: Path) -> None:
        notebook.cells[:] = executed(lessons[name]).cells

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(handout, "execute_lesson", as_executed)
        yield
