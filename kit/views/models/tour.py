"""The series tour without a screen: the steps of the series, and what each of them changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from traitlets import Bool, HasTraits, Int, Unicode

from kit.common.errors import UnknownRevisionError
from kit.machine.catalogue import CATALOGUE, find_revision
from kit.machine.pcie.tables import NO_CHANGE
from kit.machine.pcie_revisions import PCIE_REVISIONS, SERIES
from kit.machine.pseries.tables import TableRow, difference
from kit.machine.revision import MachineRule, Revision
from kit.simulation.platform import platform_of
from kit.simulation.run import play
from kit.simulation.scenario import Scenario

__all__ = ["MAIN_STEPS", "PORT_STEPS", "SILENT_STEPS", "STEPS", "TourModel"]

STEPS: tuple[Revision, ...] = CATALOGUE
"""The steps of the tour, oldest first."""

PORT_STEPS: tuple[Revision, ...] = (
    PCIE_REVISIONS[0],
    *(one for one in PCIE_REVISIONS if one.commit in SERIES),
)
"""The steps of the tour of PCI Express ports, oldest first."""

_THREE = ("timer", "cpu-timeout", "deadline-helper", "revert")
_SIX = ("pcie-before", "pcie-power", "pcie-blink", "pcie-44242d4d3d", "pcie-fast", "pcie-expiry")
MAIN_STEPS = (*_THREE, *_SIX)
"""The three commits and their revert, and the series of six; the others are neighbours."""

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
        self.steps = PORT_STEPS if revision in PORT_STEPS else STEPS
        if revision not in self.steps:
            raise UnknownRevisionError(
                f"{step!r} is not a step of the tour; `kit list revisions` names the steps"
            )
        super().__init__(place=self.steps.index(revision))
        self._scenarios = scenarios

    @property
    def step(self) -> Revision:
        """The chosen step."""
        return self.steps[self.place]

    @property
    def has_table(self) -> bool:
        """Is it of the machine whose connectors have a table of states, and which has a sandbox?"""
        return not platform_of(self.step).rules(self.step)

    @property
    def previous(self) -> Revision:
        """The step before it; for the first step, itself."""
        return self.steps[max(self.place - 1, 0)]

    def go(self, place: int) -> None:
        """Choose the step at *place*, if there is one."""
        if 0 <= place < len(self.steps):
            self.hint = ""
            self.place = place
        else:
            self.hint = f"This is the {'first' if place < 0 else 'last'} step."

    def table_changes(self) -> tuple[tuple[TableRow, ...], tuple[TableRow, ...]]:
        """Return the rows of the state table that the step added, and those it removed."""
        return difference(self.step, self.previous)

    @property
    def is_silent(self) -> bool:
        """Do real builds of this step and of the one before answer all recordings alike?"""
        if self.has_table:
            return self.step.alias in SILENT_STEPS
        return self.step.commit in {patch.value for patch in NO_CHANGE}

    def rule_changes(self) -> tuple[tuple[MachineRule, ...], tuple[MachineRule, ...]]:
        """Return the rules that the step's own commit added, and those it removed."""
        own = {patch for patch in self.step.patches if patch.value == self.step.commit}
        without = replace(self.step, patches=self.step.patches - own)
        ours, theirs = (platform_of(one).rules(one) for one in (self.step, without))
        came = tuple(one for one in ours if one not in theirs)
        return came, tuple(one for one in theirs if one not in ours)

    def scenario_changes(self) -> tuple[Scenario, ...]:
        """Return the built-in scenarios that run differently than at the step before."""
        return tuple(
            scenario
            for scenario in self._scenarios().values()
            if self.step.board in scenario.setup.boards
            and play(scenario, self.step).trace != play(scenario, self.previous).trace
        )
