"""The commands of the kit that the site, the stick and a release call, and the hand-outs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tools.website.downloads import SiteError

__all__ = ["make_handouts", "run_kit"]

ROOT = Path(__file__).parent.parent.parent
TIMEOUT_S = 600


def run_kit(*arguments: str) -> str:
    """Return what a command of the kit prints, run from this repository.

    Raises:
        SiteError: It fails.
    """
    command = [sys.executable, "-m", "kit", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT_S)
    if done.returncode:
        why = done.stderr.strip().splitlines() or ["it does not say why"]
        raise SiteError(f"kit {arguments[0]} failed: {why[-1]}")
    return done.stdout


def make_handouts(target: Path) -> str:
    """Return the first page of the hand-outs, which are written into *target*.

    Raises:
        SiteError: The kit's command fails.
    """
    run_kit("handout", "--all", "--live", "-o", str(target))
    return "index.html"
