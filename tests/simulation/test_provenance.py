"""Where a run comes from: in each kind of run, and in every form that is written."""

from __future__ import annotations

import json
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest

from kit.cli.main import main
from kit.machine.catalogue import Q35, RECORDED, find_revision
from kit.simulation.provenance import command_of, provenance
from kit.simulation.run import Intervention, Pair, play
from kit.storage.scenarios import find_scenario

BUILDS = len(RECORDED)
LATE = play(find_scenario("libvirt-late"), find_revision("revert"))
WORDS = (
    f"Guest: Linux 5.12. libvirt 7.1.0. Simulated, by a model checked against {BUILDS} real builds"
    " of QEMU."
)


def test_the_number_of_builds_is_that_of_the_recordings() -> None:
    folder = Path(__file__).parents[2] / "data" / "reference" / "directed"

    assert len(list(folder.glob("*.jsonl"))) == BUILDS


def test_a_simulated_run_says_what_its_model_was_checked_against() -> None:
    assert provenance(LATE).words == WORDS


def test_a_run_on_a_real_qemu_says_which_and_nothing_of_a_model() -> None:
    real = replace(LATE, revision=find_revision("today"), notes=("QEMU 11.1.3",))

    assert provenance(real).qemu == "Recorded on a real QEMU 11.1.3"
    assert provenance(Pair(LATE, real)).qemu == (
        "Recorded on a real QEMU 11.1.3; revert is simulated, by a model checked against"
        f" {BUILDS} real builds of QEMU"
    )


def test_what_ran_on_a_real_qemu_runs_on_one_again() -> None:
    real = replace(LATE, revision=find_revision("today"), notes=("QEMU 11.1.3",))
    waited = play(LATE.scenario, LATE.revision, (Intervention(0, "device_del core1"),))

    assert command_of(real) == "kit run libvirt-late --backend qemu"
    assert command_of(Pair(LATE, real)) == (
        "kit compare libvirt-late --before revert --backend qemu"
    )
    forked = replace(waited, notes=("QEMU 11.1.3",))
    assert command_of(forked) == f"{command_of(waited)} --backend qemu"


def test_an_acpi_machine_was_checked_against_its_own_recording() -> None:
    run = play(find_scenario("guest-refuses"), Q35)

    assert provenance(run).qemu == ("Simulated, by a model checked against QEMU 7.2.22 on q35")


COMMANDS = [
    ["run", "libvirt-late", "--at", "revert"],
    ["compare", "libvirt-late", "--before", "pre-revert", "--after", "revert"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
@pytest.mark.parametrize("form", ["text", "mail", "md", "svg", "html"])
def test_every_form_says_where_it_comes_from(
    form: str, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, "--format", form]) == 0
    out = " ".join(unescape(capsys.readouterr().out).split())

    assert WORDS in out


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_json_says_it_in_parts(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command, "--format", "json"]) == 0

    assert json.loads(capsys.readouterr().out)["provenance"] == {
        "guest": "Guest: Linux 5.12",
        "libvirt": "libvirt 7.1.0",
        "qemu": f"Simulated, by a model checked against {BUILDS} real builds of QEMU",
    }


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
@pytest.mark.parametrize("form", ["svg", "html"])
def test_a_picture_that_travels_alone_has_title_legend_and_command(
    form: str, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, "--format", form]) == 0
    out = unescape(capsys.readouterr().out)

    assert f"libvirt-late: {find_scenario('libvirt-late').title}" in " ".join(out.split())
    assert "has the device: holds, uses or lists it" in out
    assert f"kit {' '.join(command)}" in " ".join(out.split())
    assert str(Path.home()) not in out
