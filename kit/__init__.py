"""The unplug kit: an embedded sPAPR machine, the history of its unplug timeout, and lessons.

Lessons and users import the public names from here: ``from kit import sandbox, player, tour``.
`kit.app` defines them, and is loaded when the first of them is used: ``import kit`` is cheap.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kit.app import *

__all__ = [
    "QemuSide",
    "Repository",
    "check",
    "compare_runs",
    "conform_file",
    "connector",
    "connector_changes",
    "connector_lab",
    "connector_rows",
    "cover",
    "exercise",
    "history",
    "installation",
    "knowledge",
    "mail_of",
    "net_change",
    "own_machine",
    "path",
    "player",
    "points",
    "practise",
    "progress",
    "properties",
    "qemu_figures",
    "retry_table",
    "revert",
    "revert_dates",
    "revert_lesson",
    "revert_plots",
    "reverts",
    "reverts_frame",
    "revision_map",
    "run_of",
    "sandbox",
    "shipped",
    "tour",
]

if not TYPE_CHECKING:  # a type checker sees the import above, and reports every other name

    def __getattr__(name: str) -> object:
        """Return a public name of `kit.app`."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module("kit.app"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
