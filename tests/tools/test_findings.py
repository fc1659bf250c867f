"""The findings in docs/findings: as the kit writes them, and shown by a real QEMU."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kit.real_qemu.api import identity_of
from kit.real_qemu.identify import Identity
from tests.conftest import Program
from tools.findings.__main__ import FOLDER, WIDTH, Finding, findings

ALL = findings()
TODAY = [one for one in ALL if one.words["at"] == "today"]
MAILED = [one for one in ALL if one.words["subject"]]


@pytest.fixture(scope="session")
def installed(program: Program) -> Identity:
    return identity_of(program("qemu-system-ppc64"))


@pytest.mark.parametrize("finding", ALL, ids=lambda one: one.name)
def test_what_is_there_is_what_make_findings_writes(finding: Finding) -> None:
    written = {".md": finding.page(), ".py": finding.script()}
    if finding.words["subject"]:
        written[".txt"] = finding.mail()

    there = {kind: (FOLDER / f"{finding.name}{kind}").read_text("utf-8") for kind in written}
    assert there == written


def test_no_page_is_left_over_and_the_list_names_all() -> None:
    pages = {path.stem for path in FOLDER.glob("*.md")} - {
        "README",
        "mends",
        "pcie-ports",
    }  # the last is written by hand
    listed = (FOLDER / "README.md").read_text("utf-8")

    assert pages == {one.name for one in ALL}
    assert [one.name for one in ALL if f"]({one.name}.md)" not in listed] == []
    assert {path.stem for path in FOLDER.glob("*.txt")} == {one.name for one in MAILED}


@pytest.mark.parametrize("finding", MAILED, ids=lambda one: one.name)
def test_a_mail_is_plain_text_of_mail_width_before_its_script(finding: Finding) -> None:
    words, _, script = finding.mail().partition("#!/usr/bin/env python3")

    too_long = [line for line in words.splitlines() if len(line) > WIDTH]
    assert [line for line in too_long if not line.startswith("Subject: ")] == []
    assert words.isascii()
    assert f"#!/usr/bin/env python3{script}".rstrip() == finding.script().rstrip()


@pytest.mark.parametrize("finding", TODAY, ids=lambda one: one.name)
def test_the_installed_qemu_does_it_too(
    finding: Finding, installed: Identity, tmp_path: Path
) -> None:
    """Expected are the answers of the revision that it answers like."""
    script = tmp_path / f"{finding.name}.py"
    script.write_text(finding.script(installed.nearest.name), "utf-8")

    ran = subprocess.run(
        [sys.executable, str(script), installed.binary.path],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stdout[-600:] + ran.stderr[-600:]


def test_history_is_over() -> None:
    """The negative seconds: their revision is none that is installed."""
    (finding,) = [one for one in ALL if one not in TODAY]

    assert finding.words["at"] == "pre-revert"
    assert "-444516 seconds" in finding.script()
    assert finding.script() != finding.script("today")
    assert "-444516" not in finding.script("today")
