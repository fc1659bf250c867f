"""``--machine`` with a platform of somebody's own: scenarios, tokens, properties, pictures."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from kit.cli.main import main
from kit.machine import catalogue
from kit.simulation import platform

ROOT = Path(__file__).parents[2]
Captured = pytest.CaptureFixture[str]
LEASE = (ROOT / "tests" / "simulation" / "lease.py").read_text(encoding="utf-8")
FORMS = ("text", "mail", "md", "svg", "html", "page", "mermaid", "qmp", "json")
SMALL = ("--cores", "1", "--resets", "0", "--migrations", "0")


@pytest.fixture
def lease(tmp_path: Path) -> Iterator[str]:
    """Return the file of a platform; what it registers is gone after the test."""
    known, own = dict(platform.PLATFORMS), dict(catalogue._OWN)
    yield str(shutil.copy(ROOT / "tests" / "simulation" / "lease.py", tmp_path))
    for registry, before in ((platform.PLATFORMS, known), (catalogue._OWN, own)):
        registry.clear()
        registry.update(before)  # type: ignore[arg-type]  # each its own
    platform._OPTIONS.clear()


def said(capsys: Captured, *arguments: str, status: int = 0) -> str:
    assert main([*arguments]) == status
    found = capsys.readouterr()
    return found.out or found.err


def test_a_scenario_of_the_kits_runs_on_it(lease: str, capsys: Captured) -> None:
    shown = said(capsys, "run", "late-release", "--machine", lease, "--at", "lease")

    assert "+ 5 s  drops request      :              x" in shown
    assert "LIMBO" in shown
    assert "Simulated, by a machine that nobody" in shown


@pytest.mark.parametrize("form", FORMS)
def test_every_form_can_be_written(lease: str, capsys: Captured, form: str) -> None:
    pair = ("--before", "patient", "--after", "lease", "--format", form)

    assert "guest" in said(capsys, "compare", "late-release", "--machine", lease, *pair)


def test_the_first_revision_is_the_usual_one(lease: str, capsys: Captured) -> None:
    assert "\nat lease\n" in said(capsys, "run", "late-release", "--machine", lease)


def test_the_explorer_names_a_command_that_opens_its_counterexample(
    lease: str, capsys: Captured
) -> None:
    shown = said(capsys, "explore", "--machine", lease, "--at", "lease", *SMALL)
    token = re.findall(r"kit open (1\.path\S+)", shown)[0]

    assert "--machine" in shown
    assert "Violated: no-lost-release." in said(capsys, "open", token, "--machine", lease)


def test_revisions_stand_side_by_side(lease: str, capsys: Captured) -> None:
    shown = said(capsys, "explore", "--machine", lease, *SMALL)

    assert re.search(r"^ no-lost-release +violated +holds", shown, re.M)


def test_a_token_of_a_run_opens(lease: str, capsys: Captured) -> None:
    run = said(capsys, "run", "late-release", "--machine", lease, "--at", "lease")
    token = re.findall(r"^token: (\S+)", run, re.M)[0]

    assert said(capsys, "open", token, "--machine", lease) == run


def test_a_picture_says_how_to_draw_it_again(lease: str, capsys: Captured) -> None:
    at = ("--machine", lease, "--at", "lease", "--format", "svg")

    shown = said(capsys, "run", "late-release", *at)
    words = " ".join(re.findall(r"<text[^>]*>([^<]*)</text>", shown))

    assert f"kit run late-release --at lease --machine {lease}" in words


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("", "", "has no revision 'leese'; there are lease, patient; did you mean lease?"),
        ('board = Board("lease")', 'board = Board("pseries")', "board 'pseries': the kit has one"),
        ('board = Board("lease")', 'board = "lease"', "its board is 'lease'; write board = Board"),
        ('_revision("lease"', '_revision("revert"', "revision 'revert': the kit has one of that"),
        ("board=Lease.board", 'board=Board("x")', "has no Revision with board="),
        ("LEASE_S = 5", "LEASE_S = 5 / 0", "line 59: ZeroDivisionError: division by zero"),
        ("LEASE = Lease()", "", ""),
    ],
)  # fmt: skip
def test_what_is_wrong_in_its_file_is_one_line(
    lease: str, capsys: Captured, old: str, new: str, words: str
) -> None:
    Path(lease).write_text(LEASE.replace(old, new) if old else LEASE)
    at = ("--at", "leese" if not old else "lease")
    status = main(["run", "late-release", "--machine", lease, *at])
    shown = capsys.readouterr()
    if not words:  # a class alone is enough
        assert status == 0
        return

    assert status == 2
    assert words in shown.err
    assert shown.err.count("\n") == 1


def test_a_device_is_plugged_in_a_transcript_of_an_unknown_machine(
    lease: str, capsys: Captured, tmp_path: Path
) -> None:
    """The name of a core's driver follows from the machine, where the kit knows it."""
    story = tmp_path / "story.toml"
    story.write_text(
        'title = "t"\nwhy = "w"\nlook = "l"\nend = "1 s"\n'
        'script = ["0 s: device_add core2"]\n[cast]\ndevices = ["core1"]\n'
    )
    shown = said(capsys, "run", str(story), "--machine", lease, "--format", "qmp")

    assert '"driver": "host-spapr-cpu-core"' in shown
    assert "-machine lease" in shown


def test_what_it_raises_in_a_run_is_one_line(lease: str, capsys: Captured) -> None:
    """The line is that of the file."""
    broken = LEASE.replace("        device = next(", "        1 / 0\n        device = next(", 1)
    Path(lease).write_text(broken)
    line = broken.splitlines().index("        1 / 0") + 1
    shown = said(capsys, "run", "late-release", "--machine", lease, status=2)

    assert shown == f"kit: {lease}: line {line}: ZeroDivisionError: division by zero\n"


def test_a_device_that_it_does_not_plug_is_one_line(lease: str, capsys: Captured) -> None:
    plugs = "    def connectors(self, machine: LeaseMachine"
    only = "    def plugs(self, device: Device) -> bool:\n        return False\n\n"
    Path(lease).write_text(LEASE.replace(plugs, only + plugs))
    shown = said(capsys, "run", "late-release", "--machine", lease, status=2)

    assert shown == f"kit: {lease}: late-release is about core1, which it lacks\n"
