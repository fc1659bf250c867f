"""The command line: exit status, one line on stderr for an error, data on stdout."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kit.cli.main import main

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "data" / "reference"


Captured = pytest.CaptureFixture[str]


def recording(path: Path, status: int = 2) -> Path:
    step = {
        "op": "get_sensor_state",
        "sensor": 9003,
        "index": 0x10000001,
        "reply": {"status": 0, "state": status},
    }
    path.write_text(
        json.dumps({"name": "one\x1b[31m", "revision": "revert", "steps": [step]}) + "\n"
    )
    return path


# -- conform -----------------------------------------------------------------------------------


def test_conform_prints_a_line_a_file_and_a_total(capsys: Captured) -> None:
    path = REFERENCE / "directed" / "d522cb52e6.jsonl"

    assert main(["conform", str(path), str(path)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        *[f"{path}: 71 transcripts, 1,197 steps, 0 mismatches"] * 2,
        "total: 142 transcripts, 2,394 steps, 0 mismatches",
    ]


def test_conform_of_a_mismatch_says_no_and_shows_it_with_control_characters_visible(
    tmp_path: Path, capsys: Captured
) -> None:
    path = recording(tmp_path / "wrong.jsonl", status=1)

    assert main(["conform", str(path)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"{path}: 1 transcript, 1 step, 1 mismatch",
        "  one\\x1b[31m, step 1 (get_sensor_state):"
        ' expected {"status": 0, "state": 1}, got {"status": 0, "state": 2}',
        "total: 1 transcript, 1 step, 1 mismatch",
    ]


def test_conform_as_json(tmp_path: Path, capsys: Captured) -> None:
    path = recording(tmp_path / "wrong.jsonl", status=1)
    status = main(["conform", "--json", str(path)])
    report = {
        "transcripts": 1,
        "steps": 1,
        "mismatches": [
            {
                "transcript": "one\x1b[31m",
                "step": 1,
                "op": "get_sensor_state",
                "expected": {"status": 0, "state": 1},
                "got": {"status": 0, "state": 2},
            }
        ],
    }

    assert (status, json.loads(capsys.readouterr().out)) == (
        1,
        {"files": {str(path): report}, "total": report},
    )


def broken(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", b"{\n", "a.jsonl:1: not a JSON object a line"),
        ("a.jsonl", b"\xff\xfe\n", "a.jsonl: is not UTF-8 text"),
        ("a.jsonl.gz", b"not gzip", "a.jsonl.gz: cannot be read: Not a gzipped file"),
        (
            "a.jsonl.gz",
            gzip.compress(b"{}\n" * 99, mtime=0)[:-9],
            "a.jsonl.gz:1: a transcript: key 'name'",
        ),
        (
            "a.jsonl.gz",
            gzip.compress(b"\n" * 999, mtime=0)[:-9],
            "a.jsonl.gz: cannot be read: Compressed",
        ),
        ("", b"", ": is a folder, no file; name the files in it"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line(
    tmp_path: Path, capsys: Captured, name: str, content: bytes, message: str
) -> None:
    path = broken(tmp_path / name, content) if name else tmp_path

    assert main(["conform", str(path)]) == 2
    error = capsys.readouterr().err

    assert message in error
    assert (error.startswith("kit: "), error.count("\n")) == (True, 1)


# -- wrong use ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["runn"], "No such command 'runn'"),
        (["conform"], "Missing argument 'FILE...'"),
        (["conform", "/does/not/exist"], "/does/not/exist: no such file"),
        (
            ["list", "cats"],
            "'cats' is not one of 'revisions', 'scenarios', 'states', 'properties', 'exercises'",
        ),
        (["list", "states", "--at", "v5.2.0"], "no revision 'v5.2.0'"),
        (["list", "states", "--diff", "d"], "revision 'd' is ambiguous: d1c2e3ce3d"),
        (["run", "nope"], "no scenario 'nope'; there are: "),
        (["--nope"], "No such option: --nope"),
    ],
)
def test_wrong_use_is_one_line_and_status_2(
    arguments: list[str], message: str, capsys: Captured
) -> None:
    status = main(arguments)
    out, error = capsys.readouterr()

    assert (status, out, error.count("\n")) == (2, "", 1)
    assert error.startswith("kit: ")
    assert message in error


@pytest.mark.parametrize(
    "arguments", [["list", "revisions", "--at", "revert"], ["list", "scenarios", "--diff", "timer"]]
)
def test_options_that_do_not_belong_are_refused(arguments: list[str], capsys: Captured) -> None:
    assert main(arguments) == 2
    assert "--at and --diff go with states" in capsys.readouterr().err


def kit(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kit", *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is not there")
@pytest.mark.parametrize("arguments", ["list", "run late-release", "conform --help"])
def test_a_full_disk_is_one_line(arguments: str) -> None:
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m kit {arguments} > /dev/full"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (
        2,
        "kit: the output cannot be written: the disk is full; make room there\n",
    )


def test_any_text_is_printed_in_any_locale() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "kit", "run", "late-release", "--at", "pre-revert", "--unicode"],
        cwd=ROOT,
        env=os.environ | {"PYTHONIOENCODING": "latin-1"},
        capture_output=True,
        encoding="latin-1",
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert "\\u201caccepted\\u201d at 0 s" in done.stdout


def test_a_damaged_archive_is_one_line(tmp_path: Path, capsys: Captured) -> None:
    data = bytearray(gzip.compress(b'{"name": "t"}\n' * 500, mtime=0))
    data[12:16] = b"\xff\xff\xff\xff"
    path = broken(tmp_path / "a.jsonl.gz", bytes(data))

    assert main(["conform", str(path)]) == 2
    assert capsys.readouterr().err.startswith(f"kit: {path}: cannot be read: ")


# -- list, run, doctor -------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["revisions", "scenarios", "states"])
def test_list_as_json_and_as_text(what: str, capsys: Captured) -> None:
    as_json = main(["list", what, "--json"])
    data = json.loads(capsys.readouterr().out)
    as_text = main(["list", what])
    text = capsys.readouterr().out

    assert (as_json, as_text, len(data) > 5, len(text.splitlines()) > len(data)) == (
        0,
        0,
        True,
        True,
    )


def test_doctor_names_what_it_found(capsys: Captured) -> None:
    status = main(["doctor", "--json"])
    found = {check["name"]: check for check in json.loads(capsys.readouterr().out)}

    assert status == 0
    assert found["python"]["found"] == sys.version.split()[0]
    assert found["lessons"]["found"].startswith(str(ROOT / "notebooks"))
    assert found["history"] == {
        "name": "history",
        "found": "re-enactment, not QEMU's code (built from data/reenactment)",
        "missing": "",
    }


def test_doctor_says_what_is_wrong_with_the_clone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setenv("KIT_QEMU", str(tmp_path / "gone"))
    assert main(["doctor"]) == 0  # the clone is not needed

    assert "does not exist; name the folder of a clone" in " ".join(capsys.readouterr().out.split())


def test_doctor_says_no_when_something_needed_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setattr("kit.lessons.doctor._PACKAGES", ("unplug-kit", "no-such-package"))

    assert main(["doctor", "--json"]) == 1
    assert '"name": "no-such-package",\n    "found": "",' in capsys.readouterr().out


def test_a_home_that_nobody_has_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setenv("KIT_QEMU", "~nosuchuser/qemu")

    assert main(["show", "revert"]) == 2
    assert "~nosuchuser/qemu" in capsys.readouterr().err


# -- history -----------------------------------------------------------------------------------


def test_show_says_where_the_commit_was_read(capsys: Captured) -> None:
    status = main(["show", "revert", "--format", "text"])
    lines = capsys.readouterr().out.splitlines()

    assert (status, lines[1]) == (
        0,
        "read from re-enactment, not QEMU's code (built from data/reenactment)",
    )
    assert max(map(len, lines)) <= 72
    assert any(line[0:1] == "-" and "unplug_timeout_seconds = 15" in line for line in lines)


def test_show_as_json_names_what_it_reverts(capsys: Captured) -> None:
    status = main(["show", "d522cb52e6", "--json"])
    commit = json.loads(capsys.readouterr().out)

    posting = "20210401000437.131140-2-danielhb413@gmail.com"  # the original's

    assert (status, len(commit["reverts"])) == (0, 3)
    assert commit["posted"] == f"https://lore.kernel.org/qemu-devel/{posting}/"
    assert {file["path"] for file in commit["files"]} >= {"hw/ppc/spapr_drc.c"}


def test_show_of_a_commit_that_is_not_there_is_one_line(capsys: Captured) -> None:
    assert main(["show", "fe1831eff8"]) == 2
    assert capsys.readouterr().err == (
        "kit: the re-enactment has only the commits of the CPU's story, not"
        " fe1831eff8a41e96044fe98a6b0e232daa22ef83; run `kit fetch` for QEMU's own commits\n"
    )


def test_an_exported_history_is_read_again(tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "lesson.json"

    assert main(["history", "export", "-o", str(path)]) == 0
    capsys.readouterr()
    assert main(["show", "revert", "--repo", str(path), "--format", "text"]) == 0
    assert "read from exported file" in capsys.readouterr().out


def test_an_export_that_cannot_be_written_is_one_line(tmp_path: Path, capsys: Captured) -> None:
    assert main(["history", "export", "-o", str(tmp_path)]) == 2
    assert capsys.readouterr().err == f"kit: {tmp_path}: cannot be written: Is a directory\n"


# -- help --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [
        [],
        ["lab"],
        ["doctor"],
        ["list"],
        ["conform"],
        ["run"],
        ["compare"],
        ["open"],
        ["show"],
        ["fetch"],
    ],
)
def test_help_has_an_example(command: list[str], capsys: Captured) -> None:
    assert main([*command, "--help"]) == 0
    assert "kit " + (command[0] if command else "lab") in capsys.readouterr().out


def test_python_m_kit_is_the_same_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "kit", "run", "nope"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("kit: no scenario 'nope'")


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    pipe = f"{sys.executable} -m kit list states --json | head -n 1"
    done = subprocess.run(
        ["bash", "-c", pipe], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert (done.stdout, done.stderr) == ("[\n", "")
