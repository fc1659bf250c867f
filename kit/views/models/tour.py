"""The series tour without a screen: the steps of the series, and what each of them changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from traitlets import Bool, HasTraits, Int, Unicode

from kit.common.errors import UnknownRevisionError
from kit.machine.catalogue import CATALOGUE, find_revision
from kit.machine.pseries.tables import TableRow, difference
from kit.machine.revision import Revision
from kit.simulation.run import play
from kit.simulation.scenario import Scenario

__all__ = ["MAIN_STEPS", "SILENT_STEPS", "STEPS", "TourModel"]

STEPS: tuple[Revision, ...] = CATALOGUE
"""The steps of the tour, oldest first."""

MAIN_STEPS = ("timer", "cpu-timeout", "deadline-helper", "revert")
"""The three commits and their revert; the others are neighbours and companions."""

SILENT_STEPS = ("timer", "deadline-helper", "pre-revert")
"""Steps at which a real build answers all recorded scripts as the one before (data/reference)."""


class TourModel(HasTraits):
    """The chosen step, the form of its diff, and what it changed.

    ``hint`` explains why a click did nothing, and is empty otherwise. ``scenarios`` returns the
    scenarios that are played to see what a step changed.
    """

    place = Int()
    side_by_side = Bool(False)
    hint = Unicode()

    def __init__(
        self, step: str = "timer", scenarios: Callable[[], Mapping[str, Scenario]] = dict
    ) -> None:
        """Start at *step*.

        Raises:
            UnknownRevisionError: It is not a step of the tour.
        """
        revision = find_revision(step)
        if revision not in STEPS:
            raise UnknownRevisionError(
                f"{step!r} is not a step of the tour; `kit list revisions` names the steps"
            )
        super().__init__(place=STEPS.index(revision))
        self._scenarios = scenarios

    @property
    def step(self) -> Revision:
        """The chosen step."""
        return STEPS[self.place]

    @property
    def previous(self) -> Revision:
        """The step before it; for the first step, itself."""
        return STEPS[max(self.place - 1, 0)]

    def go(self, place: int) -> None:
        """Choose the step at *place*, if there is one."""
        if 0 <= place < len(STEPS):
            self.hint = ""
            self.place = place
        else:
            self.hint = f"This is the {'first' if place < 0 else 'last'} step."

    def table_changes(self) -> tuple[tuple[TableRow, ...], tuple[TableRow, ...]]:
        """Return the rows of the state table that the step added, and those it removed."""
        return difference(self.step, self.previous)

    def scenario_changes(self) -> tuple[Scenario, ...]:
        """Return the built-in scenarios that run differently than at the step before."""
        return tuple(
            scenario
            for scenario in self._scenarios().values()
            if self.step.board in scenario.setup.boards
            and play(scenario, self.step).trace != play(scenario, self.previous).trace
        )
