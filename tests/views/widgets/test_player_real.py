"""The player's switch between the embedded machine and a real QEMU."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kit.common.errors import UserError
from kit.machine.catalogue import find_revision
from kit.machine.clock import NS_PER_S
from kit.machine.revision import Board, Revision
from kit.simulation.run import Intervention, Run, play, play_pair
from kit.simulation.scenario import Scenario
from kit.simulation.timeline import Timeline
from kit.storage.scenarios import find_scenario
from kit.views.cockpit.player import PlayerDesk
from kit.views.models.player import PlayerModel

LATE = find_scenario("late-release")
REAL = replace(find_revision("v6.2.0"), label="QEMU 7.2.22", alias="v6.2.0", commit="")
NOTE = "qemu 7.2.22: answers as v6.2.0"


def anywhere(
    scenario: Scenario, revision: Revision, interventions: tuple[Intervention, ...] = ()
) -> Run:
    """Play as an application does, with a note where the machine is real."""
    run = play(scenario, revision, interventions)
    return replace(run, notes=(NOTE,)) if revision == REAL else run


def find_real(board: Board) -> Revision:
    assert board == Board.PSERIES
    return REAL


def model_of(*names: str) -> PlayerModel:
    revisions = [find_revision(name) for name in names]
    played = play_pair(LATE, *revisions) if len(revisions) == 2 else play(LATE, *revisions)
    return PlayerModel(Timeline(played=played, player=anywhere), find_real)


def revisions(model: PlayerModel) -> list[str]:
    return [run.revision.label for run in model.timeline.runs]


def test_the_switch_goes_there_and_back() -> None:
    model = model_of("pre-revert", "revert")
    found = [(model.switch_words, revisions(model), model.hint)]
    for _ in range(2):
        model.switch()
        found.append((model.switch_words, revisions(model), model.hint))

    assert found == [
        ("real QEMU", ["d522cb52e6~1", "d522cb52e6"], ""),
        ("embedded machine", ["d522cb52e6~1", "QEMU 7.2.22"], NOTE),
        ("real QEMU", ["d522cb52e6~1", "d522cb52e6"], ""),
    ]


def test_one_stands_at_the_same_time_after_it() -> None:
    model = model_of("guest-error")
    model.timeline = model.timeline.seek(16 * NS_PER_S)
    model.switch()

    assert model.timeline.at_ns == 16_000_000_000


def test_what_a_person_does_is_done_on_the_real_one() -> None:
    model = model_of("guest-error")
    model.switch()
    model.timeline = model.timeline.seek(5 * NS_PER_S)
    model.act("system_reset")

    assert model.timeline.played == anywhere(
        LATE, REAL, (Intervention(5_000_000_000, "system_reset"),)
    )
    model.undo()
    assert model.timeline.played == anywhere(LATE, REAL)


def test_from_a_real_one_the_next_revision_is_an_embedded_one() -> None:
    model = model_of("guest-error")
    model.switch()
    model.move("at", -1)

    assert (revisions(model), model.is_real) == (["v6.1.0"], False)


def none(_: Board) -> Revision:
    raise UserError("qemu: no such program; get one")


def test_without_a_binary_the_click_says_how_to_get_one() -> None:
    played = play(LATE, find_revision("revert"))
    desk = PlayerDesk(PlayerModel(Timeline(played=played, player=anywhere), none))
    with pytest.raises(UserError, match="qemu: no such program; get one"):
        desk.do("real", "")

    assert revisions(desk.model) == ["d522cb52e6"]


def test_the_tab_says_what_is_played_and_where_its_button_leads() -> None:
    desk = PlayerDesk(model_of("revert"))
    desk.do("real", "")
    tab = desk.view().tabs[-1]

    assert (tab.name, NOTE in tab.html) == ("Real QEMU", True)
    assert tab.buttons[0].words == "Play it on the embedded machine"


def test_there_is_no_tab_where_nothing_could_be_switched() -> None:
    desk = PlayerDesk(PlayerModel(Timeline(played=play(LATE, find_revision("revert")))))

    assert "Real QEMU" not in [tab.name for tab in desk.view().tabs]
