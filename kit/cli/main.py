"""The command line: ``kit …``, the same as ``python -m kit …``.

Exit status: 0 fine, 1 the answer is "no", 2 wrong use or bad input.  Errors are one line on
stderr; data goes to stdout, progress to stderr; ``--json`` where a program may read.
"""

from __future__ import annotations

import errno
import sys
from collections.abc import Sequence

import typer

# Each brings its commands; their order is that of the help.
import kit.cli.lessons  # isort: skip
import kit.cli.handout  # isort: skip
import kit.cli.list  # isort: skip
import kit.cli.runs  # isort: skip
import kit.cli.import_log  # isort: skip
import kit.cli.explore  # isort: skip
import kit.cli.backend  # isort: skip
import kit.cli.history  # isort: skip
import kit.cli.reverts  # isort: skip
import kit.cli.classroom  # noqa: F401  # isort: skip
from kit.cli.common import FINE, INTERRUPTED, WRONG_USE, cli
from kit.cli.output import complain, drop_output, open_streams
from kit.common.errors import KitError

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status; errors are one line on stderr."""
    open_streams()
    try:
        result = cli(args=None if arguments is None else list(arguments), standalone_mode=False)
        sys.stdout.flush()
    except KitError as error:
        return _fail(str(error))
    except (typer.Abort, KeyboardInterrupt):
        return _fail("stopped")
    except (BrokenPipeError, SystemExit):  # typer and rich end the process of themselves
        # whoever read our output has seen enough
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


def _of_the_system(error: OSError) -> str:
    """Say what the system refused, and what helps."""
    if error.errno in (errno.EMFILE, errno.ENFILE):
        return "too many files are open at once; raise the shell's limit (ulimit -n 256)"
    if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", None)):
        return "the output cannot be written: the disk is full; make room there"
    what = error.filename or "the output cannot be written"
    return f"{what}: {error.strerror or error}"


def _fail(words: str) -> int:
    complain(words)
    return WRONG_USE
