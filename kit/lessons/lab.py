"""JupyterLab as `kit lab` starts it: with the kit's extension, and with nothing over the page."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from kit.common.child_process import python
from kit.common.packaged_data import Lessons

__all__ = ["LAB", "lab_command", "lab_environment"]

LAB = Path(__file__).parent / "jupyterlab"
"""The settings that users get, and the extension, which is its own source."""


def lab_command(where: Lessons, port: int, *more: str, root: Path | None = None) -> list[str]:
    """Return the command that opens the first lesson.

    Args:
        where: The lessons.
        port: The port of the server.
        more: JupyterLab's own options.
        root: What JupyterLab may open: by default the folder above that of the lessons.
    """
    root = (root or where.folder.parent).absolute()
    return [
        *python("-m", "jupyterlab"),
        f"--ServerApp.root_dir={root}",
        f"--LabApp.default_url=/lab/tree/{where.first.absolute().relative_to(root).as_posix()}",
        f"--LabApp.extra_labextensions_path={LAB / 'labextensions'}",
        f"--port={port}",
        # nothing leaves the machine: no look for updates, no news
        "--LabApp.check_for_updates_class=jupyterlab.handlers.announcements.NeverCheckForUpdate",
        "--LabApp.news_url=None",
        *more,
        *(["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
    ]


def lab_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment in which JupyterLab reads the kit's settings after the user's own."""
    others = environment.get("JUPYTER_CONFIG_PATH", "")
    paths = [*filter(None, others.split(os.pathsep)), str(LAB)]
    return {**environment, "JUPYTER_CONFIG_PATH": os.pathsep.join(paths)}
