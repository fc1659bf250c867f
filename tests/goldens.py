"""The pictures of all built-in scenarios at the named revisions of their machine, to review.

``make goldens`` writes them anew into tests/goldens; a test compares.  Revisions with the same
picture stand together.
"""

from __future__ import annotations

from pathlib import Path

from kit.machine.catalogue import CATALOGUE
from kit.machine.pcie_revisions import PCIE_REVISIONS
from kit.simulation.run import play
from kit.simulation.scenario import Scenario
from kit.storage.scenarios import scenarios
from kit.views.diagram.text import picture_lines

FOLDER = Path(__file__).parent / "goldens"
NAMED = tuple(revision for revision in CATALOGUE if revision.alias is not None)

NAMED_PCIE = tuple(revision for revision in PCIE_REVISIONS if revision.alias is not None)


def golden(scenario: Scenario) -> str:
    """Return the pictures of one scenario, each with the revisions that have it."""
    found: dict[str, list[str]] = {}
    for revision in (*NAMED, *NAMED_PCIE):
        if revision.board not in scenario.setup.boards:
            continue
        lines = picture_lines(play(scenario, revision))
        own = f"at {revision.name} ({revision.build})"
        picture = "\n".join(line for line in lines if line != own)
        found.setdefault(picture, []).append(revision.name)
    sections = (f"at {', '.join(names)}\n\n{picture}\n" for picture, names in found.items())
    return "\n\n".join(sections)


def main() -> None:
    """Write all of them, and take away those of scenarios that are gone."""
    FOLDER.mkdir(exist_ok=True)
    for path in FOLDER.glob("*.txt"):
        if path.stem not in scenarios():
            path.unlink()
    for name, scenario in scenarios().items():
        (FOLDER / f"{name}.txt").write_text(golden(scenario), encoding="utf-8")


if __name__ == "__main__":
    main()
