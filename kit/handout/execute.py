"""Executes a lesson in a kernel and a folder of its own. The learner's files are never touched."""

from __future__ import annotations

import atexit
import os
import re
import sys
from base64 import b64encode
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from threading import Thread

from jupyter_client.kernelspec import NoSuchKernel

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

__all__ = ["bring_files", "execute_lesson", "prepare", "read_lesson"]

MAX_BYTES = 10_000_000
_CELL_S = 900  # a cell may search the history of a whole clone
_START_S = 60
_LOOK_S = 0.1  # how long Ctrl-C may have to wait
_EXTENSION = "kit.handout.kernel_extension"


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


def execute_lesson(notebook: NotebookNode, name: str, home: Path) -> None:
    """Execute the cells of lesson *name* below *home*, and store their outputs in it.

    Raises:
        UserError: A cell fails, there is no kernel, or it dies; the text says which.
    """
    client = NotebookClient(
        notebook,
        timeout=_CELL_S,
        startup_timeout=_START_S,
        kernel_name="python3",
        store_widget_state=False,
        extra_arguments=[f"--ext={_EXTENSION}"],
        resources={"metadata": {"path": str(home / "notebooks")}},
    )
    failed: list[Exception] = []
    ended = ExitStack()
    client.on_notebook_start = lambda **_: ended.enter_context(guarded(_group_of(client)))
    quiet = {"stdout": DEVNULL, "stderr": DEVNULL}
    environment = _environment(home)

    def execute() -> None:
        try:
            with ended:
                client.execute(env=environment, **quiet)
        except _FAILURES as error:
            failed.append(error)

    # in the main thread nbclient would take Ctrl-C for itself; a kernel ends when this process does
    thread = Thread(target=execute, daemon=True)
    thread.start()
    try:
        while thread.is_alive():
            thread.join(_LOOK_S)
    finally:  # nbclient registers this, and it would fail at exit if no kernel started
        atexit.unregister(client._cleanup_kernel)
    if failed:
        raise _as_user_error(failed[0], name) from None


def _group_of(client: NotebookClient) -> int:
    """Return the process group of a kernel, which jupyter_client starts in its own session."""
    return int(getattr(getattr(client.km, "provisioner", None), "pid", 0))


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
    return _no_kernel(f"it ends while it runs {name} ({error})")


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
