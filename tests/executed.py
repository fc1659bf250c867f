"""Each lesson, executed once in a run of the tests, whoever asks for it and in which process."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import nbformat
import pytest
from nbformat import NotebookNode

from kit.handout.execute import LessonKernel


class Executed(Protocol):
    """Returns a lesson with what its cells show; *live*: with what plays, too."""

    def __call__(self, path: Path, *, live: bool = False) -> NotebookNode: ...


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


def executed_by(kernel: LessonKernel, folder: Path) -> Executed:
    """Return what executes a lesson, or reads from *folder* what another process made."""
    execute = kernel.execute  # which `not_again` replaces

    def executed(path: Path, *, live: bool = False) -> NotebookNode:
        kept = folder / f"{path.stem}{'.live' if live else ''}.ipynb"
        with alone(folder, kept.stem):
            if not kept.exists():
                notebook = nbformat.read(path, as_version=4)
                with pytest.MonkeyPatch.context() as patched:
                    patched.setenv("XDG_DATA_HOME", str(learner_of(folder)))
                    execute(notebook, path.stem, live=live)
                part = kept.with_suffix(".part")
                nbformat.write(notebook, part)
                part.rename(kept)
        return nbformat.read(kept, as_version=4)

    return executed


@contextmanager
def not_again(executed: Executed, lessons: dict[str, Path]) -> Iterator[None]:
    """Let hand-outs be made of lessons that are executed already."""

    def as_executed(
        _: LessonKernel, notebook: NotebookNode, name: str, *, live: bool = False
    ) -> None:
        notebook.cells[:] = executed(lessons[name], live=live).cells

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(LessonKernel, "execute", as_executed)
        yield


def without_outputs(patched: pytest.MonkeyPatch) -> None:
    """Let hand-outs be made of lessons as they are: enough where files are the question."""
    patched.setattr(LessonKernel, "execute", lambda *_, **__: None)


@contextmanager
def executed_in(kernel: LessonKernel) -> Iterator[None]:
    """Let hand-outs be made in a kernel that is there, with the files that lie beside a lesson."""
    execute = kernel.execute

    def there(own: LessonKernel, notebook: NotebookNode, name: str, *, live: bool = False) -> None:
        shutil.copytree(own.home / "notebooks", kernel.home / "notebooks", dirs_exist_ok=True)
        execute(notebook, name, live=live)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(LessonKernel, "execute", there)
        yield
