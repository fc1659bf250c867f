"""The command line: ``kit …``, the same as ``python -m kit …``.

Exit status: 0 fine, 1 the answer is "no", 2 wrong use or bad input.  Errors are one line on stderr;
data goes to stdout, progress to stderr; ``--json`` where a program may read.
"""

from __future__ import annotations

import errno
import sys
from collections.abc import Sequence
from importlib import import_module

import typer
from typer.models import CommandInfo

from kit.cli.common import FINE, INTERRUPTED, WRONG_USE, cli
from kit.cli.output import complain, drop_output, open_streams
from kit.common.errors import KitError

__all__ = ["load_commands", "main"]

_MODULES = {
    "lab": "lessons",
    "doctor": "lessons",
    "progress": "lessons",
    "practise": "practise",
    "ideas": "practise",
    "handout": "handout",
    "grade": "grade",
    "list": "list",
    "conform": "runs",
    "run": "runs",
    "compare": "runs",
    "open": "runs",
    "reproduce": "reproduce",
    "import": "import_log",
    "draw": "draw",
    "explore": "explore",
    "record": "runs",
    "show": "history",
    "fetch": "history",
    "history": "history",
    "revert": "reverts",
    "reverts": "reverts",
    "changelog": "changelog",
    "missing-reverts": "reverts",
    "survey": "survey",
    "classroom": "classroom",
    "new": "lessons",
}
"""Command -> the module beside this one that defines it, in the order of the help."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status; errors are one line on stderr."""
    open_streams()
    given = sys.argv[1:] if arguments is None else list(arguments)
    try:
        load_commands(given)
        result = cli(args=given, standalone_mode=False)
        sys.stdout.flush()
    except KitError as error:
        return _fail(str(error))
    except (typer.Abort, KeyboardInterrupt):
        return _fail("stopped")
    except (BrokenPipeError, SystemExit):  # typer and rich end the process on their own
        # the reader of the output has closed it
        drop_output()
        return FINE
    except OSError as error:
        drop_output()
        return _fail(_of_the_system(error))
    except Exception as error:
        usage = getattr(error, "format_message", None)  # wrong use, as typer reports it
        if usage is None:
            raise
        words = str(usage())
        return _fail(f"{words.rstrip('.')}; see: kit --help") if words else FINE
    if result == INTERRUPTED:
        return _fail("stopped")
    return result if isinstance(result, int) else FINE


def load_commands(arguments: Sequence[str]) -> None:
    """Import the module of the command; every module for the help, or without a command."""
    module = _MODULES.get(next(iter(arguments), ""))
    for name in dict.fromkeys(_MODULES.values() if module is None else (module,)):
        import_module(f"kit.cli.{name}")
    if module is None:  # each module adds its commands at the end
        order = list(_MODULES)
        cli.registered_commands.sort(key=lambda one: order.index(_name_of(one)))


def _name_of(command: CommandInfo) -> str:
    return command.name or str(getattr(command.callback, "__name__", ""))


def _of_the_system(error: OSError) -> str:
    """Return what the system refused, and what helps."""
    if error.errno in (errno.EMFILE, errno.ENFILE):
        return "too many files are open at once; raise the shell's limit (ulimit -n 256)"
    if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", None)):
        return "the output cannot be written: the disk is full; make room there"
    what = error.filename or "the output cannot be written"
    return f"{what}: {error.strerror or error}"


def _fail(words: str) -> int:
    complain(words)
    return WRONG_USE
