"""Executes lessons in a kernel and a folder of their own. The learner's files are never touched."""

from __future__ import annotations

import atexit
import os
import re
import sys
from base64 import b64encode
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Thread
from typing import Self

from jupyter_client.kernelspec import NoSuchKernel
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync

from kit.case_study.history import CLONE_VARIABLE, clone_in_use
from kit.common.absent_module import absent
from kit.common.child_process import DEVNULL, clean_environment, guarded
from kit.common.errors import UserError
from kit.common.json_fields import FormatError, check_bounds
from kit.common.packaged_data import CHECKOUT, lesson_folder
from kit.common.user_file import copy_tree, make_folders, read_bounded, write_atomic
from kit.lessons.new.files import CASE, HISTORY, NOTEBOOK

# nbformat's validator would build a grammar of IRIs for 1.5 s of processor; no notebook has one
with absent("rfc3987_syntax"):
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import (
        CellControlSignal,
        CellExecutionError,
        CellTimeoutError,
        DeadKernelError,
    )
    from nbformat import NotebookNode

__all__ = ["LessonKernel", "bring_files", "prepare", "read_lesson"]

MAX_BYTES = 10_000_000
_CELL_S = 900  # a cell may search the history of a whole clone
_START_S = 60
_LOOK_S = 0.1  # how long Ctrl-C may have to wait
_BEGIN = "from kit.handout.in_kernel import begin_lesson; begin_lesson(live={live})"


def prepare(home: Path) -> None:
    """Prepare *home* for lessons: copy the files that they read.

    Raises:
        UserError: It cannot be written.
    """
    data = lesson_folder().parent / "data"
    try:
        make_folders(home, "notebooks")
        if data.is_dir():
            copy_tree(data, home / "data")
    except OSError as error:
        why = f"{home.parent}: cannot be written: {error.strerror}"
        raise UserError(f"{why}; set TMPDIR to another folder") from None


def bring_files(path: Path, home: Path) -> None:
    """Copy what a lesson of `kit new` reads, which lies beside it; nothing for other lessons.

    Raises:
        UserError: It cannot be read or written.
    """
    for name in (CASE, HISTORY) if path.name == NOTEBOOK else ():
        text = read_bounded(path.parent / name, "file of a lesson", MAX_BYTES)
        write_atomic(home / "notebooks" / name, text.encode())


def read_lesson(path: Path) -> NotebookNode:
    """Return a lesson.

    Raises:
        UserError: It cannot be read, or is not a notebook.
    """
    text = read_bounded(path, "notebook", MAX_BYTES)
    try:
        check_bounds(text)
        found: NotebookNode = nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call]  # its own
    except FormatError as error:
        raise UserError(f"{path}: {error}; no notebook does") from None
    except (ValueError, nbformat.ValidationError, nbformat.reader.NotJSONError):
        raise UserError(f"{path}: is not a notebook; install unplug-kit again") from None
    _attach_pictures(found, path.parent)
    return found


_PICTURE = re.compile(r"!\[[^]]*\]\((?P<name>[\w-]+\.svg)\)")


def _attach_pictures(notebook: NotebookNode, folder: Path) -> None:
    """Put the pictures that lie beside a lesson into its cells: a page has no file beside it."""
    for cell in notebook.cells:
        for name in _PICTURE.findall(cell.source) if cell.cell_type == "markdown" else ():
            coded = b64encode(read_bounded(folder / name, "picture").encode()).decode()
            cell.setdefault("attachments", {})[name] = {"image/svg+xml": coded}


class LessonKernel:
    """Executes lessons below a folder in one kernel, one after the other, until the block ends.

    Each lesson begins with an empty namespace.  What the kit has imported, read and computed for
    one lesson is there for the next: all hand-outs take half the time of a kernel for each.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self._manager = AsyncKernelManager(kernel_name="python3")
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        # in the main thread nbclient would take Ctrl-C for itself
        self._thread = Thread(target=self._work, daemon=True)
        self._idle = Event()

    def __enter__(self) -> Self:
        self._idle.set()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._jobs.put(None)
        if self._idle.is_set():  # else Ctrl-C has left a cell that goes on
            self._thread.join()

    def execute(self, notebook: NotebookNode, name: str, *, live: bool = False) -> None:
        """Execute the cells of lesson *name*, and store their outputs in it.

        *live*: the outputs hold what plays, too, and how a page checks exercises.

        Raises:
            UserError: A cell fails, there is no kernel, or it dies; the text says which.
        """
        client = NotebookClient(
            notebook,
            self._manager,
            timeout=_CELL_S,
            startup_timeout=_START_S,
            store_widget_state=False,
        )
        failed: list[Exception] = []

        def execute() -> None:
            try:
                self._execute(client, live)
            except _FAILURES as error:
                failed.append(error)
            finally:
                self._idle.set()

        self._idle.clear()
        self._jobs.put(execute)
        try:
            while not self._idle.wait(_LOOK_S):
                pass
        finally:  # nbclient registers this, and it would fail at exit if no kernel started
            atexit.unregister(client._cleanup_kernel)
        if failed:
            raise _as_user_error(failed[0], name) from None

    def _work(self) -> None:
        """Do one job after the other: the kernel's sockets belong to this thread."""
        with ExitStack() as self._ended:
            while (job := self._jobs.get()) is not None:
                job()
            if self._manager.has_kernel:
                run_sync(self._manager.shutdown_kernel)(now=True)

    def _execute(self, client: NotebookClient, live: bool) -> None:
        if not self._manager.has_kernel:
            self._start()

        async def begin(**_: object) -> None:
            assert client.kc is not None
            asked = client.kc.execute(_BEGIN.format(live=live), silent=True)
            reply = await client.async_wait_for_reply(asked)
            if reply is not None and reply["content"]["status"] == "error":
                raise CellExecutionError("", reply["content"]["ename"], reply["content"]["evalue"])

        client.on_notebook_start = begin
        try:
            client.execute()
        finally:
            if client.kc is not None:
                client.kc.stop_channels()

    def _start(self) -> None:
        run_sync(self._manager.start_kernel)(
            extra_arguments=["--HistoryManager.hist_file=:memory:"],
            cwd=str(self.home / "notebooks"),
            env=_environment(self.home),
            stdout=DEVNULL,
            stderr=DEVNULL,
        )
        # jupyter_client starts it in its own session
        group = int(getattr(self._manager.provisioner, "pid", 0))
        self._ended.enter_context(guarded(group))


_FAILURES = (
    NoSuchKernel,
    CellControlSignal,
    DeadKernelError,
    RuntimeError,
    AssertionError,
    OSError,
)


def _as_user_error(error: Exception, name: str) -> UserError:
    match error:
        case NoSuchKernel():
            return _no_kernel("it is not installed")
        case CellExecutionError():
            return UserError(f"{name}: a cell fails: {error.ename}: {error.evalue}")
        case CellTimeoutError():
            return UserError(f"{name}: a cell takes longer than {_CELL_S // 60} minutes")
        case DeadKernelError():
            return UserError(f"{name}: its kernel ended: {error}")
        case RuntimeError():
            return _no_kernel(f"it does not start ({error})")
    return UserError(f"{name}: cannot be run: {error or type(error).__name__}")


def _no_kernel(why: str) -> UserError:
    return UserError(
        f"no Jupyter kernel for Python: {why}; try: {sys.executable} -m pip install ipykernel"
    )


def _environment(home: Path) -> Mapping[str, str]:
    """Return a kernel's environment, without the learner's progress, settings and history."""
    found = os.environ | {
        "XDG_DATA_HOME": str(home / "share"),
        "IPYTHONDIR": str(home / "ipython"),
        "PYTHONHASHSEED": "0",
    }
    clone = clone_in_use()
    if clone is not None and clone.exists():  # the kernel has another working directory
        found[CLONE_VARIABLE] = str(clone.absolute())
    if (CHECKOUT / "notebooks").is_dir():  # the kit need not be installed
        beside = os.environ.get("PYTHONPATH")
        found["PYTHONPATH"] = os.pathsep.join([str(CHECKOUT), *([beside] if beside else [])])
    return clean_environment(found)
