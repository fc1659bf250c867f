"""Playing at a revision, wherever it is: on the embedded machine or on the binary it names."""

from __future__ import annotations

from kit.app import player
from kit.machine.catalogue import find_revision
from kit.machine.revision import Board
from kit.real_qemu.api import AnyPlayer
from kit.simulation.run import Intervention, play
from kit.storage.scenarios import find_scenario
from tests.conftest import Program

REFUSED = find_scenario("dimm-refused")  # no core goes: a stopped 7.2 may not survive that
RESET = (Intervention(5_000_000_000, "system_reset"),)


def test_a_catalogues_revision_is_played_on_the_embedded_machine() -> None:
    revert = find_revision("revert")

    assert AnyPlayer().play(REFUSED, revert, RESET) is play(REFUSED, revert, RESET)


def test_a_binarys_revision_is_played_on_it(program: Program) -> None:
    program("qemu-system-ppc64")
    anywhere = AnyPlayer()
    revision = anywhere.find(Board.PSERIES)

    run = anywhere.play(REFUSED, revision, RESET)

    assert run.revision == revision
    assert run.notes
    assert run.trace == play(REFUSED, find_revision(revision.name), RESET).trace


def test_the_lessons_player_has_the_switch(program: Program) -> None:
    program("qemu-system-ppc64")
    widget = player("dimm-refused", at="guest-error")
    widget.model.switch()

    assert widget.model.is_real
    widget.model.act("system_reset")
    assert widget.model.is_real
    widget.close_all()
