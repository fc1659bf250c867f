"""The stories of the site: every built-in scenario as a page that plays, and a list of them."""

from __future__ import annotations

from pathlib import Path

from kit.common.user_file import make_folders, write_atomic
from kit.lessons.history_choice import HistoryChoice
from kit.lessons.stories import story_of
from kit.machine.catalogue import REVISIONS, find_revision
from kit.simulation.run import Pair, Run, play, play_pair
from kit.simulation.scenario import Scenario
from kit.storage.scenarios import scenarios
from kit.views.page.story import story_page

__all__ = ["FIRST", "make_stories", "shown_at"]

FIRST = "late-release"  # the story of the front page


def make_stories(target: Path) -> tuple[tuple[str, str], ...]:
    """Write a page for each scenario into *target*; return the file and the title of each."""
    make_folders(target)
    made, choice = [], HistoryChoice()
    for name, scenario in scenarios().items():
        page = story_page(story_of(shown_at(scenario), choice))
        write_atomic(target / f"{name}.html", page.encode())
        made.append((f"{name}.html", scenario.title))
    return tuple(made)


def shown_at(scenario: Scenario) -> Run | Pair:
    """Return a scenario as its page plays it: the first of its comparisons, or one run."""
    if scenario.compare:
        before, after = scenario.compare[0]
        return play_pair(scenario, find_revision(before), find_revision(after))
    usual, boards = find_revision("revert"), scenario.setup.boards
    fits = [one for one in REVISIONS if one.board in boards]
    return play(scenario, usual if usual in fits else fits[-1])
