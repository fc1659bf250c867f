"""All recordings of PCI Express ports, replayed; and that each commit is needed for that."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from kit.common.errors import RecordingError
from kit.machine.pcie.tables import NO_CHANGE
from kit.machine.pcie_revisions import ACPI_REVISIONS, PCIE_REVISIONS, PciePatch
from kit.recordings.conformance import conform
from kit.recordings.format import Transcript, read_transcripts

REFERENCE = Path(__file__).parents[2] / "data" / "reference" / "pcie"
TRANSCRIPTS = {"directed": 90, "walks": 60, "acpi": 14}
FILES = sorted(REFERENCE.glob("*/*.jsonl.gz"))


@cache
def transcripts(path: Path) -> tuple[Transcript, ...]:
    return tuple(read_transcripts(gzip.decompress(path.read_bytes()).decode().splitlines(), "file"))


def recordings_of(name: str) -> Iterator[Transcript]:
    for suite in TRANSCRIPTS:
        path = REFERENCE / suite / f"{name}.jsonl.gz"
        if path.exists():
            yield from transcripts(path)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_the_machine_answers_as_the_recorded_build(path: Path) -> None:
    report = conform(transcripts(path), path.name)

    assert [str(mismatch) for mismatch in report.mismatches] == []
    assert report.transcripts == TRANSCRIPTS[path.parent.name]


def test_all_recordings_are_there() -> None:
    found = {suite: len([*REFERENCE.glob(f"{suite}/*")]) for suite in TRANSCRIPTS}

    assert found == {
        "directed": len(PCIE_REVISIONS),
        "walks": len(PCIE_REVISIONS),
        "acpi": len(ACPI_REVISIONS),
    }


@pytest.mark.parametrize("patch", PciePatch, ids=lambda patch: patch.name)
def test_a_build_without_one_of_its_commits_answers_otherwise(patch: PciePatch) -> None:
    """Take a commit out of the first build that has it: only refactorings go unnoticed."""
    first = next(revision for revision in PCIE_REVISIONS if patch in revision.patches)
    name = first.label.removeprefix("pcie-").replace("11.1.3", "debian-11.1.3")
    without = [
        replace(one, revision=replace(one.revision, patches=first.patches - {patch}))
        for one in recordings_of(name)
    ]

    assert bool(conform(without, "file").mismatches) == (patch not in NO_CHANGE)


# -- the format ----------------------------------------------------------------------------------


def transcript(name: str, revision: str, *steps: dict[str, object]) -> Transcript:
    line = json.dumps({"name": name, "revision": revision, "steps": list(steps)})
    (found,) = read_transcripts([line], "file")
    return found


DEVICES = {"op": "devices", "reply": {"ids": ["c1", "c3"]}}
DELETE = {"op": "device_del", "id": "c1", "reply": {"return": {}}}


@pytest.mark.parametrize(
    ("name", "steps", "label"),
    [
        ("errors", (DEVICES,), "pcie-d522cb52e6"),
        ("errors", (DELETE,), "d522cb52e6"),
    ],
)
def test_a_build_of_both_stories_is_of_ports_if_an_op_says_so(
    name: str, steps: tuple[dict[str, object], ...], label: str
) -> None:
    assert transcript(name, "d522cb52e6", *steps).revision.label == label


def test_a_name_that_begins_with_acpi_is_of_ports_by_acpi() -> None:
    assert transcript("acpi-x", "18416c62e3", DELETE).revision.label == "acpi-18416c62e3"
    assert transcript("x", "18416c62e3", DELETE).revision.label == "pcie-18416c62e3"


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ({"op": "read", "port": "rp0", "reg": "SLTX", "reply": {"value": 0}}, "FLAGS, LNKCAP"),
        ({"op": "pull", "port": "rp0", "reply": {}}, "unknown op 'pull'; known of ports"),
        ({"op": "devices", "reply": {"ids": [1]}}, "expected a list of texts"),
        (
            {
                "op": "look",
                "port": "rp0",
                "reply": {"sltctl": 0, "sltsta": 0, "link": 2, "intx": 0, "visible": None},
            },
            "link is 2; expected 0 or 1",
        ),
        (
            {"op": "device_add", "kind": "gpu", "id": "n0", "bus": "rp0", "reply": {"return": {}}},
            "expected one of: rng, nic",
        ),
        ({**DELETE, "failed": {}}, "failed"),
        ({**DELETE, "events": [{"event": "STOP"}]}, "unknown event 'STOP'"),
    ],
)
def test_what_the_format_does_not_know_is_an_error(step: dict[str, object], words: str) -> None:
    with pytest.raises(RecordingError, match=words):
        transcript("x", "18416c62e3", step)


def test_a_recording_ends_with_a_migration_that_did_not_arrive() -> None:
    failed = {"op": "migrate", "failed": {"offset": 110, "source": 144, "destination": 0}}

    with pytest.raises(RecordingError, match="failed to migrate in the step before"):
        transcript("x", "18416c62e3", failed, DEVICES)


def test_a_port_that_is_not_there_is_an_error() -> None:
    step = {"op": "read", "port": "rp9", "reg": "FLAGS", "reply": {"value": 0}}

    with pytest.raises(RecordingError, match="no port 'rp9'; the ports are rp0, rp1, rp2, rp3"):
        conform([transcript("x", "18416c62e3", step)], "file")
