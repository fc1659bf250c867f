"""kit import: the contract of its JSON, its forms, its options, and what goes wrong."""

from __future__ import annotations

import gzip
import io
import json
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from kit.cli.main import main
from kit.logs.rules import RULES
from kit.machine.catalogue import PSERIES

Captured = pytest.CaptureFixture[str]
ROOT = Path(__file__).parents[1]
LIBVIRT = str(ROOT / "logs" / "libvirtd.log")
CAPTURE = str(ROOT / "logs" / "capture.qmp")
LICENSE = str(ROOT.parent / "LICENSE")
PAGE = (ROOT.parent / "docs" / "import.md").read_text(encoding="utf-8")


def printed(capsys: Captured, *arguments: str) -> str:
    assert main(["import", *arguments]) == 0
    return capsys.readouterr().out


def test_a_log_that_names_its_qemu_comes_from_that(capsys: Captured) -> None:
    named = "Read from a log of QEMU 5.2.92; nothing in it is simulated"

    assert json.loads(printed(capsys, CAPTURE, "--json"))["provenance"]["qemu"] == named
    assert f"{named}." in " ".join(printed(capsys, CAPTURE).split())


def test_the_json_keeps_the_contract(capsys: Captured) -> None:
    shown = ("--machine", "pseries", "--kind", "vcpu1=core")
    data = json.loads(printed(capsys, LIBVIRT, *shown, "--json"))
    entries, revisions = data.pop("entries"), data.pop("revisions")

    assert data == {
        "version": 1,
        "source": LIBVIRT,
        "format": "libvirt debug log",
        "provenance": {
            "guest": None,
            "libvirt": None,
            "qemu": "Read from a log; nothing in it is simulated",
        },
        "began_ns": 1_617_271_200_000_000_000,
        "qemu": None,
        "machine": "pseries",
        "monitor": "guest1 (0x7f3c0c00e180)",
        "devices": {"vcpu1": f"is gone ({LIBVIRT}:15)"},
        "left_out": {},
        "other_monitors": {"0x7f3c0c0711f0": 1},
        "passed_over": 5,
        "not_utf8": 0,
        "unread_count": 1,
        "unread": [
            {
                "source": LIBVIRT,
                "line": 14,
                "text": data["unread"][0]["text"],
                "why": "is not JSON: Unterminated string",
            }
        ],
    }
    assert [entry["type"] for entry in entries] == [
        "device_del",
        "return",
        "device_del",
        "return",
        "DEVICE_DELETED",
    ]
    assert entries[4] == {
        "source": LIBVIRT,
        "line": 15,
        "at_ns": 21_300_000_000,
        "src": "qemu",
        "dst": "libvirt",
        "type": "DEVICE_DELETED",
        "path": "/machine/peripheral/vcpu1",
        "device": "vcpu1",
    }
    assert [r["revision"] for r in revisions] == [revision.label for revision in PSERIES]
    assert revisions[0] == {
        "revision": "51254ffb32~1",
        "fits": True,
        "source": None,
        "line": None,
        "why": None,
    }
    assert (revisions[8]["fits"], revisions[8]["line"]) == (False, 13)
    assert "while an earlier one is pending" in revisions[8]["why"]


def test_an_unknown_time_is_null(capsys: Captured) -> None:
    entries = json.loads(printed(capsys, CAPTURE, "--json"))["entries"]

    assert [entry["at_ns"] for entry in entries] == [*[None] * 6, 6_250_000_000]


def test_text_has_picture_what_was_left_out_what_fits_and_every_event(capsys: Captured) -> None:
    out = printed(capsys, CAPTURE, "--width", "200")
    picture, notes, conclusions, events = (
        out.split("\n\n", 1)[1].split("\n\n", 3)[:1] + (out.rstrip("\n").rsplit("\n\n", 3)[1:])
    )

    assert picture.startswith("time ")
    assert notes.split("\n") == [
        "0 s is 2021-04-01 10:00:00.250 UTC.",
        "Where time is ? the log gives none: it was between its neighbours.",
        "5 other messages left out: qmp_capabilities (2), query-status (2),"
        " NIC_RX_FILTER_CHANGED (1).",
    ]
    assert conclusions.split("\n")[:4] == [
        f"core1 is gone ({CAPTURE}:19).",
        "The log says that it is QEMU 5.2.92.",
        f"The machine is pseries (driver host-spapr-cpu-core, {CAPTURE}:6).",
        "It fits cpu-timeout..pre-revert, v6.0.0-rc0..v6.0.0-rc2, proposal.",
    ]
    assert len(events.split("\n")) == 7


def test_a_log_that_tells_nothing_says_so(capsys: Captured, tmp_path: Path) -> None:
    log = tmp_path / "a.qmp"
    log.write_text('{"execute": "query-status"}\n{"return": {}}\n')
    out = printed(capsys, str(log), "--width", "200")

    assert out.split("\n")[0] == f"{log}: nothing about unplugging in it"
    assert "Nothing in it is about unplugging, so no revision is judged." in out


@pytest.mark.parametrize("form", ["text", "mail", "md", "svg", "html", "json"])
def test_every_form_goes_to_a_file_as_to_stdout(
    form: str, capsys: Captured, tmp_path: Path
) -> None:
    out = printed(capsys, CAPTURE, "--format", form)
    printed(capsys, CAPTURE, "--format", form, "-o", str(tmp_path / "out"))

    assert (tmp_path / "out").read_text(encoding="utf-8") == out


def test_a_mail_says_how_to_read_the_log_again(capsys: Captured) -> None:
    out = printed(
        capsys, CAPTURE, "--until", "6 s", "--format", "mail", "--in-reply-to", "<a@b.org>"
    )

    assert out.startswith("In-Reply-To: <a@b.org>\nReferences: <a@b.org>\n\n")
    assert " ".join(out.split()).endswith("Read with: kit import capture.qmp --until '6 s'")
    assert max(map(len, out.split("\n"))) <= 72


def test_stdin_is_read(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    content = Path(CAPTURE).read_bytes()
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content)))
    data = json.loads(printed(capsys, "-", "--json"))

    assert (data["source"], len(data["entries"])) == ("-", 7)


def test_a_packed_part_and_the_part_after_it_are_one_log(capsys: Captured, tmp_path: Path) -> None:
    lines = Path(LIBVIRT).read_bytes().splitlines(keepends=True)
    (tmp_path / "log.1.gz").write_bytes(gzip.compress(b"".join(lines[:5])))
    (tmp_path / "log").write_bytes(b"".join(lines[5:]))
    parts = [str(tmp_path / "log.1.gz"), str(tmp_path / "log")]
    entries = json.loads(printed(capsys, *parts, "--json"))["entries"]

    assert [(Path(e["source"]).name, e["line"]) for e in entries[:2]] == [
        ("log.1.gz", 4),
        ("log", 4),
    ]


def test_options_narrow_what_is_drawn(capsys: Captured) -> None:
    out = printed(capsys, LIBVIRT, "--device", "vcpu1", "--since", "11", "--until", "13s", "--json")

    assert [entry["line"] for entry in json.loads(out)["entries"]] == [11, 13]


def test_bytes_and_lines_that_are_no_text_are_counted(capsys: Captured, tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b'{"return": {}}\n\xff\x1b[2J\n' + b"x" * 3_000_000 + b'\n{"event": "STOP"}\n')
    data = json.loads(printed(capsys, str(log), "--json"))

    assert [entry["line"] for entry in data["entries"]] == [4]
    assert (data["not_utf8"], [u["line"] for u in data["unread"]]) == (1, [2, 3])
    assert data["unread"][0]["text"] == "�\\x1b[2J"


def test_too_many_messages_are_drawn_in_part(capsys: Captured, tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text('{"execute": "stop"}\n{"return": {}}\n' * 200)
    out = printed(capsys, str(log), "--width", "200")

    assert (
        "Drawn are the first 300 of 400 messages; narrow them with --device, --since and --until."
    ) in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["/nowhere"], "/nowhere: no such file"),
        ([str(ROOT)], f"{ROOT}: is a folder, no file; name the files in it"),
        ([LICENSE], f"{LICENSE}: begins “MIT License”: no message of QEMU's monitor in its first"),
        ([CAPTURE, "--machine", "x"], "'x': no machine that the kit knows; expected pseries, q35,"),
        (
            [CAPTURE, "--kind", "core1"],
            "--kind 'core1': expected ID=KIND with core, dimm, pci, phb",
        ),
        ([CAPTURE, "--device", "x"], f"{CAPTURE}: no device 'x'; it names: core1"),
        ([CAPTURE, "--since", "x"], "'x' is not a place in a log;"),
        ([LIBVIRT, "--monitor", "x"], f"{LIBVIRT}: no monitor 'x'; there are: guest1"),
        ([CAPTURE, "--in-reply-to", "a@b"], "--in-reply-to goes with --format mail"),
        ([CAPTURE, "--format", "png"], "--format png is not text: name a file, -o FILE"),
        ([], "Missing argument"),
    ],
)
def test_what_goes_wrong_is_one_line_and_status_2(
    arguments: list[str], message: str, capsys: Captured
) -> None:
    assert main(["import", *arguments]) == 2
    said = capsys.readouterr()

    assert (said.out, said.err.count("\n")) == ("", 1)
    assert said.err.startswith(f"kit: {message}")


# -- the page of reference -------------------------------------------------------------------------


def test_the_page_shows_what_its_example_prints(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    (picture,) = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    monkeypatch.chdir(ROOT / "logs")

    assert printed(capsys, "libvirtd.log").startswith(picture)


def test_the_page_names_every_rule_by_its_words() -> None:
    assert [rule.why for rule in RULES if rule.why not in " ".join(PAGE.split())] == []


@pytest.mark.parametrize("form", ["mail", "md", "svg", "html", "mermaid"])
def test_a_picture_that_travels_names_the_log_without_its_folder(
    form: str, capsys: Captured
) -> None:
    shown = printed(capsys, LIBVIRT, CAPTURE, "--machine", "pseries", "--format", form)

    assert str(ROOT) not in shown
    assert "libvirtd.log" in shown


def test_two_logs_of_one_name_are_told_apart(tmp_path: Path, capsys: Captured) -> None:
    other = tmp_path / "capture.qmp"
    other.write_text(Path(CAPTURE).read_text())
    shown = printed(capsys, CAPTURE, str(other), "--format", "mail")

    assert "capture.qmp (2)" in shown
