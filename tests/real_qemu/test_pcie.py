"""Root ports of a real QEMU: told apart, compared with the embedded machine, played on."""

from __future__ import annotations

import json
from collections import defaultdict
from enum import Enum
from pathlib import Path

import pytest

from kit.common.errors import UserError
from kit.machine.pcie.messages import WriteRegister
from kit.machine.pcie.registers import Register
from kit.machine.pcie_revisions import (
    ACPI_REVISIONS,
    PCIE,
    PCIE_ACPI,
    PCIE_REVISIONS,
    PciePatch,
    recorded_name,
    recorded_revision,
)
from kit.machine.revision import Board, Revision
from kit.real_qemu.identify import Identity, embedded_answers, identify
from kit.real_qemu.launch import Binary, probe
from kit.real_qemu.machines import recorded_machine
from kit.real_qemu.play import play_real
from kit.real_qemu.replay import compare_live, needs_time, record
from kit.recordings.conformance import conform
from kit.recordings.format import RecordingScript, read_scripts, read_transcripts
from kit.simulation.run import play
from kit.storage.recordings import lines_of_file
from kit.storage.scenarios import find_scenario, scenarios

REFERENCE = Path(__file__).parents[2] / "data" / "reference" / "pcie"


@pytest.fixture(scope="session", params=[PCIE, PCIE_ACPI], ids=lambda board: str(board.value))
def identity(request: pytest.FixtureRequest, x86_64: Binary) -> Identity:
    """The binary with ports, by themselves and by ACPI."""
    return identify(probe(x86_64.path, request.param))


@pytest.fixture(scope="session")
def ports(x86_64: Binary) -> Identity:
    return identify(probe(x86_64.path, PCIE))


def scripts(suite: str, identity: Identity) -> list[RecordingScript]:
    """Return the scripts of the build that a binary answers like, as far as it can play them."""
    name = recorded_name(identity.nearest)
    path = next(REFERENCE.glob(f"{suite}/{name}.jsonl*"))
    found = read_scripts(lines_of_file(path), str(path))
    return [one for one in found if not needs_time(one, identity.binary)]


# -- which build it is -------------------------------------------------------------------------


def test_the_script_tells_the_builds_apart_that_differ_without_time() -> None:
    binary = Binary(path="/bin/ports", board=PCIE, version=(9, 9, 9))
    alike = defaultdict(list)
    for revision in (*PCIE_REVISIONS, *ACPI_REVISIONS):
        alike[revision.board, embedded_answers(revision, binary)].append(recorded_name(revision))
    classes = [names for (board, _), names in alike.items() if board == PCIE]

    assert classes == [
        ["cce8944cc9~1"],
        ["cce8944cc9"],
        ["d522cb52e6"],
        ["23786d1344"],
        ["d5daff7d31"],
        ["81124b3c7a", "44242d4d3d"],
        ["0d33415a4e", "18416c62e3", "bacf58ca18"],
        ["6b0969f1ec~1", "6b0969f1ec", "1768e97b91~1"],
        ["1768e97b91"],
        ["0f689cf5ad~1", "0f689cf5ad", "debian-11.1.3"],
    ]
    assert len(alike) == len(classes) + 5


def test_the_binary_answers_as_one_of_the_recorded_builds(identity: Identity) -> None:
    """The one before a change of its version, or after it."""
    assert identity.same
    assert identity.nearest in identity.same
    assert identity.words.startswith(f"{identity.binary.name}: answers as ")
    assert identity.revision.board == identity.binary.board


@pytest.mark.parametrize("revision", PCIE_REVISIONS, ids=lambda revision: revision.label)
def test_a_revision_has_the_name_of_its_recording(revision: Revision) -> None:
    assert recorded_revision(recorded_name(revision)) == revision


# -- compared and recorded -----------------------------------------------------------------------


def test_what_needs_no_clock_is_answered_as_the_embedded_machine_does(ports: Identity) -> None:
    wanted = scripts("directed", ports)
    found = compare_live(wanted, ports, "directed")

    assert len(wanted) >= 42
    assert [one.name for one in found.report.mismatches] == []
    assert found.report.transcripts == len(wanted)


def test_acpi_is_answered_as_well(x86_64: Binary) -> None:
    identity = identify(probe(x86_64.path, PCIE_ACPI))
    wanted = scripts("acpi", identity)
    found = compare_live(wanted, identity, "acpi")

    assert wanted
    assert found.report.mismatches == ()


def test_a_recording_of_it_conforms(ports: Identity) -> None:
    """What is written is read again as a transcript, and the embedded machine answers the same."""
    script = next(one for one in scripts("directed", ports) if one.name == "registers-at-boot")
    line = json.dumps(record(script, ports).transcript)
    (transcript,) = read_transcripts([line], "recorded")

    assert transcript.revision.board == PCIE
    assert conform([transcript], "recorded").mismatches == ()


def test_a_destination_that_refuses_a_byte_is_an_answer(ports: Identity) -> None:
    """The guest waits for a function; the destination has it, and presence differs."""
    wanted = [one for one in scripts("directed", ports) if "migrate" in one.name]
    failing = [one for one in wanted if one.name == "migrate-function-one-waiting"]
    transcript = record(failing[0], ports).transcript
    (found,) = [one for one in transcript["steps"] if one["op"] == "migrate"]
    compares = PciePatch.PRESENCE_NOT_COMPARED not in patches(ports)

    assert len(wanted) >= 3
    assert ("failed" in found) == compares
    assert (found is transcript["steps"][-1]) == compares
    (read,) = read_transcripts([json.dumps(transcript)], "recorded")
    assert conform([read], "recorded").mismatches == ()


def patches(identity: Identity) -> frozenset[Enum]:
    """Return what the youngest build that answers as the binary has."""
    return identity.same[-1].patches


def test_a_port_that_is_not_there_is_one_line(ports: Identity) -> None:
    with (
        recorded_machine(ports.binary) as real,
        pytest.raises(UserError, match="has no port rp9"),
    ):
        real.ask(WriteRegister("rp9", Register.SLTCTL, 0))  # type: ignore[arg-type]  # of ports


# -- played --------------------------------------------------------------------------------------

PLAYED = [name for name, one in scenarios().items() if PCIE in one.setup.boards]


@pytest.mark.parametrize("name", PLAYED)
def test_a_scenario_plays_as_on_the_embedded_machine(name: str, ports: Identity) -> None:
    """Up to where the clock would matter, if it stands still."""
    scenario = find_scenario(name)
    run = play_real(scenario, ports)
    expected = play(scenario, ports.nearest).trace
    assert [entry.message for entry in run.trace] == [
        entry.message for entry in expected[: len(run.trace)]
    ]
    assert not any("the embedded machine of" in note for note in run.notes), run.notes


def test_a_run_ends_before_the_clock_would_show(ports: Identity) -> None:
    if ports.binary.steps_time:
        expected = ()
    else:
        expected = (
            "time cannot be stepped on this build (no accelerator qtest): a request has expired,"
            " which the device_del after 5 s would show: the run ends there",
        )
    run = play_real(find_scenario("pcie-retry"), ports)

    assert run.notes[1:] == expected


# -- scripts name their machine ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "board"),
    [
        ({}, Board.PSERIES),
        ({"machine": "pcie"}, PCIE),
        ({"machine": "pcie-acpi"}, PCIE_ACPI),
        ({"revision": "1768e97b91"}, PCIE),
        ({"revision": "d522cb52e6"}, Board.PSERIES),
    ],
    ids=str,
)
def test_a_script_is_for_the_machine_that_it_names(more: dict[str, str], board: Board) -> None:
    """Or for that of its revision: one name is a revision of two machines."""
    (script,) = read_scripts([json.dumps({"name": "x", "steps": [], **more})], "here")

    assert script.board == board
