"""The hand-outs, by the kit's own command where it has it, and else the picture of lesson 01."""

from __future__ import annotations

import subprocess
import sys
from html import escape
from pathlib import Path

from kit.common.user_file import make_folders, write_atomic
from kit.views.reports.picture_page import picture_page
from tools.website.downloads import SiteError
from tools.website.front import lesson_pair

__all__ = ["has_command", "make_handouts", "run_kit"]

ROOT = Path(__file__).parent.parent.parent
TIMEOUT_S = 600


def run_kit(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the kit from this repository."""
    return subprocess.run(
        [sys.executable, "-m", "kit", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
    )


def has_command(name: str) -> bool:
    """Does the kit have this command?"""
    return run_kit(name, "--help").returncode == 0


def make_handouts(target: Path) -> str:
    """Write the hand-outs into *target*; return the file that one begins with.

    Raises:
        SiteError: The kit's command fails.
    """
    make_folders(target)
    if has_command("handout"):
        done = run_kit("handout", "--all", "-o", str(target))
        if done.returncode:
            said = done.stderr.strip().splitlines() or ["no word why"]
            raise SiteError(f"kit handout failed: {said[-1]}")
    else:
        write_atomic(target / "late-release.html", picture_page(lesson_pair()).encode())
    found = sorted(path.relative_to(target).as_posix() for path in target.rglob("*.*"))
    if "index.html" not in found:
        write_atomic(target / "index.html", _index(found).encode())
    return "index.html"


def _index(names: list[str]) -> str:
    rows = "".join(f'<li><a href="{escape(name)}">{escape(name)}</a></li>' for name in names)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>Hand-outs</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<style>:root { color-scheme: light dark; } body { font: 16px/1.6 system-ui, sans-serif;"
        " max-width: 700px; margin: 16px auto; padding: 0 12px; }</style></head>"
        f'<body><main><h1>Hand-outs</h1><ul>{rows}</ul><p><a href="../index.html">back</a></p>'
        "</main></body></html>\n"
    )
