"""kit draw, and the Mermaid that the other commands write."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from kit.cli.main import main
from kit.views.sequence.mermaid import read_sequence

Captured = pytest.CaptureFixture[str]
DIAGRAM = "sequenceDiagram\nA->>B: x\n"
TEXT = """\
|                         A               B
| x                       |-------------->|
|                         |               |
"""
LOG = Path(__file__).parents[1] / "logs" / "capture.qmp"


@pytest.fixture
def diagram(tmp_path: Path) -> str:
    path = tmp_path / "one.mmd"
    path.write_text(DIAGRAM)
    return str(path)


@pytest.fixture
def page(tmp_path: Path) -> str:
    path = tmp_path / "page.md"
    path.write_text(f"```mermaid\n{DIAGRAM}```\ntext\n```mermaid\n{DIAGRAM}B->>A: y\n```\n")
    return str(path)


def run(capsys: Captured, *arguments: str) -> str:
    assert main(["draw", *arguments]) == 0
    return capsys.readouterr().out


def test_a_file_is_drawn_as_text(capsys: Captured, diagram: str) -> None:
    assert run(capsys, diagram, "--width", "60") == TEXT


def test_stdin_is_drawn(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    stdin = SimpleNamespace(buffer=io.BytesIO(DIAGRAM.encode()))
    monkeypatch.setattr(sys, "stdin", stdin)

    assert run(capsys, "-", "--width", "60") == TEXT


def test_all_diagrams_of_a_page_are_drawn(capsys: Captured, page: str) -> None:
    first, second = run(capsys, page, "--width", "60").split("\n\n")

    assert (f"{first}\n", second.splitlines()[2]) == (
        TEXT,
        "| y                       |<--------------|",
    )


def test_one_diagram_of_a_page(capsys: Captured, page: str) -> None:
    assert run(capsys, page, "--number", "1", "--width", "60") == TEXT


def test_markdown_has_a_fence_longer_than_what_is_in_it(capsys: Captured, tmp_path: Path) -> None:
    path = tmp_path / "one.mmd"
    path.write_text("sequenceDiagram\ntitle: ````\nA->>B: x")

    lines = run(capsys, str(path), "--format", "md").splitlines()
    assert (lines[0], lines[1], lines[-1]) == ("`````text", "````", "`````")


def test_svg_and_png_go_to_a_file(capsys: Captured, diagram: str, tmp_path: Path) -> None:
    for form, begin in (("svg", b"<svg "), ("png", b"\x89PNG")):
        out = tmp_path / f"out.{form}"
        run(capsys, diagram, "--format", form, "-o", str(out))
        assert out.read_bytes().startswith(begin)


def test_the_page_shows_what_is_drawn(capsys: Captured) -> None:
    page = Path(__file__).parents[2] / "docs" / "draw.md"

    drawn = run(capsys, str(page), "--width", "60")
    assert f"```\n{drawn}```" in page.read_text(encoding="utf-8")


WRONG = {
    "no such diagram": (["--number", "3"], "kit: --number 3: PAGE has 2 sequence diagrams\n"),
    "two into one picture": (
        ["--format", "svg"],
        "kit: PAGE has 2 sequence diagrams; name one: --number N\n",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_use(capsys: Captured, page: str, case: str) -> None:
    arguments, line = WRONG[case]

    assert main(["draw", page, *arguments]) == 2
    assert capsys.readouterr().err == line.replace("PAGE", page)


MERMAID = {
    "run": (["run", "late-release", "--at", "pre-revert"], ["operator", "QEMU", "guest"]),
    "pair": (
        ["compare", "late-release", "--before", "pre-revert", "--after", "revert"],
        ["operator", "QEMU", "guest"] * 2,
    ),
    "path": (
        ["open", "1.path.c2q2r1m1.linux-5_12.pre-revert.XVACcaaaaaaaa"],
        ["operator", "libvirt", "QEMU", "guest"],
    ),
    "log": (["import", str(LOG), "--machine", "pseries"], ["operator", "QEMU", "guest"]),
}


@pytest.mark.parametrize("case", MERMAID)
def test_runs_and_logs_are_written_as_mermaid(capsys: Captured, case: str) -> None:
    arguments, labels = MERMAID[case]

    assert main([*arguments, "--format", "mermaid"]) == 0
    diagram = read_sequence(capsys.readouterr().out)
    assert [one.label for one in diagram.participants] == labels
    assert len(diagram.items) > 5


def test_a_log_is_no_transcript_of_a_run(capsys: Captured) -> None:
    assert main(["import", str(LOG), "--machine", "pseries", "--format", "qmp"]) == 2
    assert capsys.readouterr().err == (
        "kit: --format qmp works with run, compare and open of the kit's machines;"
        " a log is a transcript already\n"
    )
