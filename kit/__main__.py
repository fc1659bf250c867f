"""The command ``kit``, and ``python -m kit``.

Decides what is so before any other module is read: which folders modules come from, what child
processes inherit, which signals clean up, and whether the system lets the kit work at all.
"""

from __future__ import annotations

import gc
import os
import sys

__all__ = ["start"]

_FILES = 64  # open at once; with workers a command needs some 20
_OBJECTS = 50_000  # that are made before Python looks for rings among them; 700 by default


def start() -> int:
    """Run the command line and return its exit status; Ctrl-C is one line from the first moment.

    What the command line imports takes longer than many a command.
    """
    if why := _obstacle():
        sys.stderr.write(f"kit: {why}\n")
        return 2
    gc.set_threshold(_OBJECTS)  # a command makes few rings, and looking for them takes a tenth
    try:
        from kit.common.child_process import clean_own_environment, stop_on_signals

        clean_own_environment()
        _forget_no_size()
        stop_on_signals()
        from kit.cli.main import main
    except KeyboardInterrupt:
        sys.stderr.write("kit: stopped\n")
        return 2
    return main()


def _obstacle() -> str:
    """Return why no command can work here; "" where nothing is in the way."""
    try:
        os.getcwd()  # noqa: PTH109 - pathlib is not read yet
    except FileNotFoundError:
        return "the current folder was deleted; change to another one (cd ~) and try again"
    except OSError as error:
        return f"the current folder cannot be entered: {error.strerror}; change to another one"
    try:
        import resource
    except ImportError:  # Windows
        return ""
    least, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if least != resource.RLIM_INFINITY and least < _FILES:
        if most != resource.RLIM_INFINITY and most < _FILES:
            return (
                f"this shell allows {most} open files at once, and the kit needs {_FILES};"
                " open another shell, or raise its limit (ulimit -n 256)"
            )
        resource.setrlimit(resource.RLIMIT_NOFILE, (_FILES, most))
    return ""


def _forget_no_size() -> None:
    """A terminal of no columns is one whose size is not known; rich would print nothing."""
    for name in ("COLUMNS", "LINES"):
        if not os.environ.get(name, "1").strip("0"):
            del os.environ[name]


def _leave_the_current_folder() -> None:
    """Take the folder off the import path that ``python -m`` put first on it."""
    # os is read already; pathlib would come from the current folder
    own = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120
    try:
        here = os.getcwd()  # noqa: PTH109
    except OSError:  # deleted: Python put nothing there
        return
    if not sys.flags.safe_path and sys.path[0] in ("", here):
        del sys.path[0]
    if own not in sys.path:  # a checkout that is not installed
        sys.path.append(own)


if __name__ == "__main__":
    _leave_the_current_folder()
    sys.exit(start())
