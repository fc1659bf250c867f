"""Any binary beside the embedded machine: recordings, scenarios, and the explorer's paths.

KIT_TEST_QEMU names it; `make test-qemu QEMU=PATH` sets that.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import pytest

from kit.actors.pseries_programs import GuestKind
from kit.common.json_fields import Json
from kit.explorer.export import asked_of
from kit.explorer.jobs import SearchJob, explore_one
from kit.explorer.model import DrcModel
from kit.explorer.scope import LINUX, Scope
from kit.machine.catalogue import TODAY
from kit.machine.events import Aborted
from kit.machine.revision import Board
from kit.real_qemu.api import compare_file, identity_of
from kit.real_qemu.identify import Identity
from kit.real_qemu.play import play_real
from kit.real_qemu.replay_path import replay_path
from kit.simulation.run import play
from kit.simulation.scenario import Scenario
from kit.storage.scenarios import scenarios

pytestmark = pytest.mark.qemu
REFERENCE = Path(__file__).parents[2] / "data" / "reference"
QEMU = os.environ.get("KIT_TEST_QEMU", "")
ON_PSERIES = [one for one in scenarios().values() if Board.PSERIES in one.setup.boards]
SCOPES = [
    Scope(),
    Scope(cores=0, dimm_lmbs=2),
    Scope(cores=0, phb=True, migrations=0),
    Scope(cores=0, phb=True, pci=2, migrations=0),
]


def _is_crash(answer: Json) -> bool:
    """Did the binary end on its own, without an assertion?"""
    return "aborted" in answer and answer["aborted"]["assertion"] is None


@cache
def identity() -> Identity:
    return identity_of(QEMU)


def test_it_answers_as_a_revision_that_the_kit_knows() -> None:
    assert identity().same, identity().words


@pytest.mark.parametrize("suite", ["directed", "walks"])
def test_what_the_recordings_ask_it_answers_as_the_embedded_machine(suite: str) -> None:
    """Those of the newest QEMU: the scripts of all recordings are the same."""
    (path,) = (REFERENCE / suite).glob(f"{TODAY.label}.jsonl*")

    report, notes = compare_file(path, QEMU)

    assert report.transcripts or not identity().binary.steps_time, notes  # all walks step time
    crashes = [one for one in report.mismatches if _is_crash(one.got)]
    assert [one for one in report.mismatches if one not in crashes] == []
    if crashes:
        names = ", ".join(one.transcript for one in crashes)
        pytest.xfail(f"{identity().binary.name} crashes in {names}")


@pytest.mark.parametrize("scenario", ON_PSERIES, ids=lambda one: one.name)
def test_a_scenario_goes_on_it_as_on_the_embedded_machine(scenario: Scenario) -> None:
    found = identity()
    run, expected = play_real(scenario, found), play(scenario, found.nearest)

    trace = run.trace
    ended = run.ended.machine.aborted
    crash = expected.ended.machine.aborted is None and ended is not None
    if crash:  # until then it does the same
        trace = trace[: next(one.seq for one in trace if isinstance(one.message, Aborted))]

    assert trace == expected.trace[: len(trace)], run.notes
    if crash:
        pytest.xfail(f"{found.binary.name} crashes: {run.notes}")
    assert len(trace) == len(expected.trace) or "timer of QEMU" in " ".join(run.notes)


@pytest.mark.parametrize("scope", SCOPES, ids=lambda one: one.name)
@pytest.mark.parametrize("kind", [*LINUX, GuestKind.ARBITRARY], ids=lambda one: one.value)
def test_a_counterexample_is_one_on_it(kind: GuestKind, scope: Scope) -> None:
    found = identity()
    model = DrcModel(found.nearest, kind, scope)
    explored = explore_one(SearchJob(found.nearest, kind, scope, max_states=50_000))
    paths = [finding.path for _, finding in explored.findings if not finding.holds]

    for path in filter(None, paths):
        live = replay_path(asked_of(model, path), found.binary, found.nearest)

        assert live.difference is None, live.words
