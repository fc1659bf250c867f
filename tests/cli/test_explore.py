"""kit explore: the contract of its JSON, exit statuses, what it writes, and Ctrl-C."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import uuid
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from kit.cli.main import main
from kit.machine.catalogue import RECORDED
from tests.processes import MARK, await_that, spent_s

Captured = pytest.CaptureFixture[str]
SMALL = ["--cores", "1", "--requests", "1", "--migrations", "0", "--jobs", "1"]


def run(arguments: list[str], capsys: Captured) -> tuple[int, str, str]:
    status = main(["explore", *arguments])
    out, err = capsys.readouterr()
    return status, out, err


def test_one_cell_as_json_keeps_the_contract(capsys: Captured) -> None:
    only = ["--guest", "linux-5.12", "--property", "no-lost-release"]
    status, out, err = run(["--at", "pre-revert", *SMALL, *only, "--json"], capsys)
    written = json.loads(out)
    (cell,) = written["cells"]

    assert (status, err) == (0, "")
    assert written["provenance"] == {
        "guest": None,  # each cell names its own
        "libvirt": None,
        "qemu": f"Simulated, by a model checked against {len(RECORDED)} real builds of QEMU",
    }
    assert written["scope"] == {
        "name": "c1q1r1m0",
        "words": "1 core, 1 request, 1 reset, no migrations",
        "cores": 1,
        "requests": 1,
        "resets": 1,
        "migrations": 0,
        "dimm_lmbs": 0,
        "phb": False,
        "pci": 0,
    }
    assert cell == {
        "revision": "d522cb52e6~1",
        "property": "no-lost-release",
        "guest": "linux-5.12",
        "result": "violated",
        "holds": False,
        "bound_hit": False,
        "states": 357,
        "counterexample": cell["counterexample"],
        "exercised_by": cell["exercised_by"],
    }
    assert main(["open", cell["exercised_by"]]) == 0
    assert "Violated" not in capsys.readouterr().out
    assert main(["open", cell["counterexample"]]) == 0
    assert "Violated: no-lost-release." in capsys.readouterr().out


@pytest.fixture(scope="module")
def searched() -> str:
    """What is written of all revisions."""
    with redirect_stdout(StringIO()) as out:
        assert main(["explore", *SMALL, "--json"]) == 0
    return out.getvalue()


def test_without_a_revision_all_that_have_a_name_are_searched(searched: str) -> None:
    written = json.loads(searched)
    cells = {(c["revision"], c["property"], c["guest"]) for c in written["cells"]}

    assert len(cells) == len(written["cells"]) == 10 * 9 * 3


def test_the_table_names_each_promise_and_says_where_it_is_broken(capsys: Captured) -> None:
    _, out, _ = run(SMALL, capsys)
    rows = [re.split(r"\s{2,}", line.strip()) for line in out.splitlines()]

    assert ["no-lost-release", *["holds"] * 2, *["violated"] * 3] in rows
    assert ["no-lost-release", *["holds"] * 4, "violated"] in rows
    assert out.count("scope: 1 core, 1 request, 1 reset, no migrations") == 2
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize(
    ("promise", "resets", "result", "words"),
    [
        ("no-surprise-removal", "0", "not-exercised", "not exercised"),
        ("no-surprise-removal", "1", "violated", "violated"),
        ("no-lost-release", "0", "holds", "holds"),
    ],
)
def test_a_property_has_one_of_three_results(
    promise: str, resets: str, result: str, words: str, capsys: Captured
) -> None:
    scope = ["--cores", "1", "--requests", "1", "--migrations", "0", "--resets", resets]
    only = ["--at", "revert", "--guest", "linux-5.12", "--property", promise, "--jobs", "1"]
    status, out, _ = run([*only, *scope, "--json"], capsys)
    _, table, _ = run([*only, *scope], capsys)

    assert (status, [cell["result"] for cell in json.loads(out)["cells"]]) == (0, [result])
    assert re.search(rf"{promise} +{words.split()[0]}\b", table)
    assert ("not\n" in re.sub(" +\n", "\n", table)) is (result == "not-exercised")


def test_more_processes_find_the_same(searched: str, capsys: Captured) -> None:
    """Whoever searches: the order and the tokens are the same."""
    assert run([*SMALL[:-1], "2", "--json"], capsys) == (0, searched, "")


@pytest.mark.parametrize(
    ("promise", "status"), [("no-abort", 0), ("no-surprise-removal", 1), ("unplug-possible", 0)]
)
def test_a_broken_promise_is_a_no_only_where_one_is_expected(
    promise: str, status: int, capsys: Captured
) -> None:
    command = ["--at", "revert", *SMALL, "--property", promise]

    assert run(command, capsys)[0] == 0
    assert run([*command, "--expect"], capsys)[0] == status


def test_two_revisions_that_answer_alike(capsys: Captured) -> None:
    command = ["--same", "51254ffb32", "51254ffb32~1", "--guest", "linux-5.13", *SMALL]

    assert run(command, capsys) == (
        0,
        "linux-5.13: timer and baseline answer alike in all 222 states of the scope\n",
        "",
    )


def test_two_revisions_that_differ(capsys: Captured) -> None:
    command = ["--same", "pre-revert", "revert", "--guest", "linux-5.12", *SMALL, "--json"]
    status, out, _ = run(command, capsys)
    (guest,) = json.loads(out)["guests"]

    assert (status, guest["alike"], len(guest["difference"])) == (1, False, 2)


def test_where_the_bound_is_hit_holds_means_within_it(capsys: Captured) -> None:
    command = ["--at", "revert", *SMALL, "--guest", "linux-5.12", "--max-states", "50"]
    status, out, err = run(command, capsys)

    assert status == 0
    assert re.search(r"no-stray-event +holds\*", out)
    assert "holds*: holds within the bound on states (--max-states), not beyond." in out
    assert err == (
        "kit: revert, linux-5.12: more than 50 states; what holds, holds within these"
        " (--max-states)\n"
    )


def test_scripts_for_a_real_qemu_are_recordings(tmp_path: Path, capsys: Captured) -> None:
    folder = tmp_path / "scripts"
    _, _, err = run(["--at", "pre-revert", *SMALL, "--export", str(folder)], capsys)
    files = sorted(folder.iterdir())

    assert [file.name for file in files] == ["d522cb52e6~1.jsonl"]
    assert err == f"{files[0]}: {len(files[0].read_text().splitlines())} scripts\n"
    assert main(["conform", str(files[0])]) == 0


def test_scripts_that_no_real_qemu_can_play_are_left_out(tmp_path: Path, capsys: Captured) -> None:
    _, _, err = run(["--at", "proposal", *SMALL, "--export", str(tmp_path)], capsys)

    assert re.fullmatch(r"\d+ counterexamples left out: .*\n", err)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--at", "q35"], "q35 cannot be explored; the explorer knows pseries, pcie alone"),
        (["--at", "nowhere"], "no revision 'nowhere' on the embedded machine"),
        (["--guest", "minix"], "--guest 'minix': there are linux-5.12, "),
        (["--property", "peace"], "--property 'peace': there are no-lost-release, "),
        (["--cores", "9"], "--cores 9: the explorer takes 0 to 3"),
        (["--cores", "0"], "nothing to unplug: --cores 0 needs --dimm-lmbs, --phb or --pci"),
        (["--same", "timer", "revert", "--at", "revert"], "--same compares two revisions"),
        (["--max-states", "0"], "Invalid value for '--max-states'"),
    ],
)
def test_wrong_use_is_one_line(arguments: list[str], message: str, capsys: Captured) -> None:
    status, out, err = run(arguments, capsys)

    assert (status, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path, capsys: Captured) -> None:
    file = tmp_path / "file"
    file.touch()
    status, _, err = run(["--at", "revert", *SMALL, "--export", str(file)], capsys)

    assert (status, err.count("\n")) == (2, 1)
    assert f"{file}: cannot be written: " in err


def interrupted(jobs: str, after_s: float) -> tuple[int, str, list[dict[str, Any]]]:
    """Explore what takes minutes, and press Ctrl-C: the status, the errors and the cells then.

    Args:
        jobs: Of the command.
        after_s: So many seconds of processor are spent before Ctrl-C.
    """
    mark = uuid.uuid4().hex
    wide = ["--requests", "9", "--resets", "9", "--max-states", "20000000"]
    command = [sys.executable, "-m", "kit", "explore", "--at", "pre-revert", "--jobs", jobs]
    process = subprocess.Popen(
        [*command, "--guest", "linux-5.12", "--guest", "linux-5.13", *wide, "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2]), MARK: mark},
    )
    await_that(lambda: spent_s(mark) > after_s, 300)
    process.send_signal(signal.SIGINT)  # to this process alone, as another program would
    out, err = process.communicate(timeout=60)
    return process.returncode, err, json.loads(out)["cells"] if out else []


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc")
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_gives_what_is_known_so_far(jobs: str) -> None:
    """What is broken is found in the first seconds; a slower machine is given longer."""
    for after_s in (2, 5, 15, 45) if jobs == "1" else (3, 7, 20, 60):  # a worker begins late
        status, err, cells = interrupted(jobs, after_s)
        if not cells:  # it had not begun
            continue
        assert status == 2
        assert "0 of 2 searches were done; the rest is not known" in err
        assert all(cell["bound_hit"] for cell in cells)
        broken = {c["property"] for c in cells if c["holds"] is False}
        if "no-lost-release" in broken:
            return
    raise AssertionError("nothing broken was found in a minute")


def test_the_promises_are_listed(capsys: Captured) -> None:
    assert main(["list", "properties", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)

    assert [promise["name"] for promise in listed][:3] == [
        "no-lost-release",
        "no-silent-disagreement",
        "retry-possible",
    ]
    assert main(["list", "properties"]) == 0
    assert "no-surprise-removal" in capsys.readouterr().out


TOKEN = "1.path.c2q2r1m1.linux-5_12.pre-revert.XVACcaaaaaaaa"


@pytest.mark.parametrize(
    ("form", "begins"),
    [
        ("text", b"path: no-lost-release and 2 more violated at pre-revert, Linux 5.12\n"),
        ("mail", b"path: no-lost-release and 2 more violated at pre-revert, Linux 5.12\n"),
        ("md", b"**no-lost-release and 2 more violated at pre-revert, Linux 5.12**\n"),
        ("svg", b"<svg "),
        ("png", b"\x89PNG"),
        ("html", b"<!DOCTYPE html>"),
        ("json", b"{"),
    ],
)
def test_a_path_is_written_in_every_form(form: str, begins: bytes, tmp_path: Path) -> None:
    for number, more in enumerate(([], ["--beside", "revert"])):
        path = tmp_path / f"path{number}"
        assert main(["open", TOKEN, *more, "--format", form, "-o", str(path)]) == 0
        assert path.read_bytes().startswith(begins)


@pytest.mark.parametrize("form", ["text", "mail"])
@pytest.mark.parametrize("more", [[], ["--beside", "revert"]], ids=["alone", "beside"])
def test_a_path_fits_a_mail(form: str, more: list[str], capsys: Captured) -> None:
    assert main(["open", TOKEN, *more, "--format", form]) == 0
    lines = capsys.readouterr().out.splitlines()

    assert [line for line in lines if len(line) > 72 and TOKEN not in line and " " in line] == []
    assert [line for line in lines if line.startswith((" ", ">", "From "))] == []
    assert lines[-1] == TOKEN


def test_a_reply_about_a_path_has_its_header(capsys: Captured) -> None:
    assert main(["open", TOKEN, "--format", "mail", "--in-reply-to", "<a@b.c>"]) == 0

    assert capsys.readouterr().out.startswith("In-Reply-To: <a@b.c>\nReferences: <a@b.c>\n\n")


def test_a_path_beside_another_revision_as_json(capsys: Captured) -> None:
    assert main(["open", TOKEN, "--beside", "revert", "--json"]) == 0
    written = json.loads(capsys.readouterr().out)

    assert (written["token"], written["first_difference"]) == (TOKEN, 2)
    assert [written[side]["breaks"] for side in ("before", "after")] == [
        ["no-lost-release", "no-silent-disagreement", "no-stray-event"],
        [],
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([TOKEN, "--beside", "pre-revert"], "pre-revert is what the path is played at"),
        ([TOKEN, "--beside", "nope"], "no revision 'nope'"),
        ([TOKEN, "--in-reply-to", "a@b.c"], "--in-reply-to goes with --format mail"),
        (["1.run.x", "--beside", "revert"], "--beside goes with the token of a path"),
    ],
)
def test_a_path_opened_wrongly_is_one_line(
    arguments: list[str], message: str, capsys: Captured
) -> None:
    status = main(["open", *arguments])
    _, err = capsys.readouterr()

    assert (status, err.count("\n")) == (2, 1)
    assert message in err


def test_a_path_goes_to_a_file(tmp_path: Path, capsys: Captured) -> None:
    token, path = "1.path.c2q2r1m1.linux-5_12.pre-revert.8PrFcaa", tmp_path / "path.json"
    assert main(["open", token, "--json", "-o", str(path)]) == 0

    assert capsys.readouterr().out == ""
    assert json.loads(path.read_text(encoding="utf-8"))["token"] == token
