"""Draw the cover of lesson 0, from the simulator: ``python -m tools.cover``.

It is a file beside the lesson: JupyterLab shows no SVG that is attached to a cell.
"""

from __future__ import annotations

import sys
from pathlib import Path

from kit.common.user_file import write_atomic
from kit.lessons.course import COVER_SCENARIO
from kit.storage.scenarios import find_scenario
from kit.views.cover.picture import cover_svg
from kit.views.cover.scene import cover_scene

LESSON = Path(__file__).parents[1] / "notebooks" / "00-start-here.ipynb"
COVER = LESSON.with_name("cover.svg")
DELAY_S = 16


def cover() -> str:
    """Return the picture as a file."""
    return f"{cover_svg(cover_scene(find_scenario(COVER_SCENARIO), DELAY_S))}\n"


def main() -> int:
    """Write the picture."""
    write_atomic(COVER, cover().encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
