"""Pictures of runs from the command line: which forms there are, and where they go."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from kit.cli.main import main
from kit.machine.catalogue import find_revision
from kit.simulation.run import play, play_pair
from kit.storage.scenarios import find_scenario
from kit.views.diagram.svg import lone_svg
from kit.views.diagram.text import picture_lines
from kit.views.reports import picture_page
from kit.views.reports.picture_page import picture_png

Captured = pytest.CaptureFixture[str]
LATE = find_scenario("late-release")
PAIR = play_pair(LATE, find_revision("pre-revert"), find_revision("revert"))
COMPARE = ["compare", "late-release", "--before", "pre-revert", "--after", "revert"]


def test_compare_prints_picture_meaning_token_and_events(capsys: Captured) -> None:
    assert main(COMPARE) == 0

    lines = capsys.readouterr().out.splitlines()
    picture = picture_lines(PAIR)
    token = next(
        n for n, line in enumerate(lines) if line.startswith("token: 1.pair.late-release.")
    )
    meaning = " ".join(lines[len(picture) + 1 : token])
    assert lines[: len(picture) + 1] == [*picture, ""]
    assert meaning.startswith("At 15 s, QEMU at pre-revert dropped the request")
    assert meaning.endswith("revert: QEMU removed the core and sent DEVICE_DELETED.")
    marks = [line[:6] for line in lines[token + 2 :] if line[2:3].isdigit()]
    assert marks == [*["= 0 s "] * 5, "- 15 s", *["= 16 s"] * 5, "+ 16 s", "= 16 s"]


def test_a_run_says_what_has_become_of_the_device(capsys: Captured) -> None:
    main(["run", "late-release", "--at", "pre-revert", "--width", "100"])

    lines = capsys.readouterr().out.splitlines()
    token = next(n for n, line in enumerate(lines) if line.startswith("token: "))
    assert lines[token - 4 : token] == [
        "QEMU: holds core1; dropped the request at 15 s, no longer waits",
        "guest: has released core1",
        'operator received: "accepted" at 0 s',
        "Limbo: the guest has released it, QEMU still holds it, and no event reports it.",
    ]


def test_width_and_unicode_are_asked_for(capsys: Captured) -> None:
    main([*COMPARE, "--width", "100", "--unicode"])

    lines = capsys.readouterr().out.splitlines()
    assert lines[: len(picture_lines(PAIR, 100))] == picture_lines(PAIR, 100, unicode=True)


@pytest.mark.parametrize("form", ["text", "svg", "html", "json"])
def test_a_form_goes_to_a_file_as_it_does_to_stdout(
    form: str, tmp_path: Path, capsys: Captured
) -> None:
    main([*COMPARE, "--format", form])
    printed = capsys.readouterr().out
    main([*COMPARE, "--format", form, "-o", str(tmp_path / "out")])

    assert (tmp_path / "out").read_text(encoding="utf-8") == printed


def test_svg_is_the_picture(capsys: Captured) -> None:
    main([*COMPARE, "--format", "svg"])

    assert capsys.readouterr().out == lone_svg(PAIR) + "\n"


def test_the_page_needs_nothing_else(capsys: Captured) -> None:
    main([*COMPARE, "--format", "html"])

    page = capsys.readouterr().out
    assert page.startswith("<!DOCTYPE html>")
    assert lone_svg(PAIR, titled=False) in page
    assert [word for word in ("<script", "<link", "src=", "url(", "@import") if word in page] == []


def test_png_is_no_text(capsys: Captured) -> None:
    assert main([*COMPARE, "--format", "png"]) == 2
    assert capsys.readouterr().err == "kit: --format png is not text: name a file, -o FILE\n"


def test_png_without_its_library_is_one_line(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)

    assert main([*COMPARE, "--format", "png", "-o", str(tmp_path / "a.png")]) == 2
    assert capsys.readouterr().err == (
        "kit: --format png: resvg-py is not installed; pip install resvg-py, or use --format svg\n"
    )


def test_png_gets_colours_and_no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """resvg draws nothing where it finds var()."""

    class Renderer:
        @staticmethod
        def svg_to_bytes(svg_string: str, width: int) -> list[int]:
            assert width == picture_page.PNG_WIDTH
            return [*svg_string.encode()]

    monkeypatch.setitem(sys.modules, "resvg_py", Renderer)
    drawn = picture_png(play(LATE, find_revision("revert"))).decode()

    assert "var(" not in drawn
    assert "fill:#2f6db3" in drawn


def test_png_is_drawn_where_the_library_is_there() -> None:
    pytest.importorskip("resvg_py")

    assert picture_png(PAIR).startswith(b"\x89PNG\r\n")
