"""The player's switch between the embedded machine and a real QEMU."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from kit.common.errors import UserError
from kit.machine.catalogue import find_revision
from kit.machine.revision import Board, Revision
from kit.simulation.run import Intervention, Run, play, play_pair
from kit.simulation.scenario import Scenario
from kit.simulation.timeline import Timeline
from kit.storage.scenarios import find_scenario
from kit.views.models.player import PlayerModel
from kit.views.widgets.player import PlayerWidget
from tests.views.widgets.widgets import button, click

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
    model.seek(16.0)
    model.switch()

    assert model.timeline.at_ns == 16_000_000_000


def test_what_a_person_does_is_done_on_the_real_one() -> None:
    model = model_of("guest-error")
    model.switch()
    model.seek(5.0)
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


@pytest.fixture
def player() -> Iterator[PlayerWidget]:
    def none(_: Board) -> Revision:
        raise UserError("qemu: no such program; get one")

    played = play(LATE, find_revision("revert"))
    widget = PlayerWidget(PlayerModel(Timeline(played=played, player=anywhere), none))
    yield widget
    widget.close_all()


def test_without_a_binary_the_click_says_how_to_get_one(player: PlayerWidget) -> None:
    click(player, "real QEMU")

    assert "qemu: no such program; get one" in player._status.value
    assert revisions(player.model) == ["d522cb52e6"]


def test_the_button_says_where_it_leads() -> None:
    widget = PlayerWidget(model_of("revert"))
    click(widget, "real QEMU")

    assert "<code>QEMU 7.2.22</code>" in widget._heads["at"].value
    assert button(widget, "embedded machine")
    widget.close_all()


def test_there_is_no_switch_where_nothing_could_be_switched() -> None:
    widget = PlayerWidget(PlayerModel(Timeline(played=play(LATE, find_revision("revert")))))

    with pytest.raises(StopIteration):
        button(widget, "real QEMU")
    widget.close_all()
