"""Draw the cover of lesson 0 into its first cell, from the simulator: ``python -m tools.cover``."""

from __future__ import annotations

import base64
import sys
from pathlib import Path

import nbformat

from kit.lessons.course import COVER_SCENARIO
from kit.storage.scenarios import find_scenario
from kit.views.cover.picture import cover_svg
from kit.views.cover.scene import cover_scene

LESSON = Path(__file__).parents[1] / "notebooks" / "00-start-here.ipynb"
DELAY_S = 16


def attachment() -> str:
    """Return the picture as a notebook's cell holds it."""
    svg = cover_svg(cover_scene(find_scenario(COVER_SCENARIO), DELAY_S))
    return base64.b64encode(str(svg).encode()).decode()


def main() -> int:
    """Write the picture into the lesson."""
    notebook = nbformat.read(LESSON, as_version=4)
    notebook.cells[0]["attachments"] = {"cover.svg": {"image/svg+xml": attachment()}}
    nbformat.write(notebook, LESSON)
    return 0


if __name__ == "__main__":
    sys.exit(main())
