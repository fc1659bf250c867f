"""kit run, compare and open: the contract of their JSON, tokens, files, and what goes wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kit.cli.main import main
from kit.machine.catalogue import find_revision
from kit.simulation.provenance import provenance
from kit.simulation.run import play
from kit.storage.scenarios import find_scenario

Captured = pytest.CaptureFixture[str]
OWN = """
title = "My own"
why = "w"
look = "l"
end = "20 s"
script = ["0 s: device_del core1"]
[cast]
devices = ["core1"]
offline_work = "16 s"
"""


def printed(arguments: list[str], capsys: Captured) -> str:
    assert main(arguments) == 0
    return capsys.readouterr().out


def test_a_run_as_json_keeps_the_contract(capsys: Captured) -> None:
    run = json.loads(printed(["run", "late-release", "--at", "pre-revert", "--json"], capsys))
    entries = run.pop("entries")

    assert run == {
        "version": 1,
        "scenario": "late-release",
        "revision": "d522cb52e6~1",
        "token": run["token"],
        "provenance": provenance(
            play(find_scenario("late-release"), find_revision("pre-revert"))
        ).json(),
    }
    assert run["token"].startswith("1.run.late-release.pre-revert.")
    assert [entry["seq"] for entry in entries] == list(range(12))
    assert entries[5] == {
        "seq": 5,
        "at_ns": 15_000_000_000,
        "guest_ns": 15_000_000_000,
        "src": "qemu",
        "dst": "qemu",
        "type": "unplug-timeout",
        "index": 0x10000001,
        "silent": True,
    }


def test_a_pair_as_json_has_both_runs_and_where_they_differ(capsys: Captured) -> None:
    revisions = ["--before", "pre-revert", "--after", "revert"]
    pair = json.loads(printed(["compare", "late-release", *revisions, "--json"], capsys))
    single = [
        json.loads(printed(["run", "late-release", "--at", at, "--json"], capsys))
        for at in ("pre-revert", "revert")
    ]

    assert [pair["before"], pair["after"]] == single
    assert pair["first_difference"] == {"before": 5, "after": 5}


def test_a_pair_of_equal_runs_has_no_difference(capsys: Captured) -> None:
    revisions = ["--before", "baseline", "--after", "timer"]
    pair = json.loads(printed(["compare", "late-release", *revisions, "--json"], capsys))

    assert pair["first_difference"] is None


@pytest.mark.parametrize(
    "command",
    [
        ["run", "late-release", "--at", "pre-revert"],
        ["compare", "late-release", "--before", "pre-revert", "--after", "revert"],
    ],
    ids=["run", "pair"],
)
@pytest.mark.parametrize("form", ["text", "json"])
def test_a_token_opens_byte_for_byte(command: list[str], form: str, capsys: Captured) -> None:
    token = json.loads(printed([*command, "--json"], capsys))["token"]

    assert printed(["open", token, "--format", form], capsys) == printed(
        [*command, "--format", form], capsys
    )


def test_a_run_goes_to_a_file(tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "run.txt"
    command = ["run", "late-release", "--at", "revert"]

    assert printed([*command, "-o", str(path)], capsys) == ""
    assert path.read_text(encoding="utf-8") == printed(command, capsys)


def test_a_scenario_of_ones_own_is_named_by_its_file(tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(OWN, encoding="utf-8")
    mine = json.loads(printed(["run", str(path), "--at", "pre-revert", "--json"], capsys))
    late = json.loads(printed(["run", "late-release", "--at", "pre-revert", "--json"], capsys))

    assert (mine["scenario"], mine["entries"]) == ("mine", late["entries"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title = = 1", "mine.toml:1: is not TOML: "),
        (OWN.replace("device_del core1", "fly"), "mine.toml:6: script: 'fly' is not an action; "),
        (OWN.replace('"16 s"', '"soon"'), "mine.toml:9: offline_work: 'soon' is not a time; "),
        (b"\xff\xfe", "mine.toml: is not UTF-8 text: "),
        (None, "mine.toml: no such file"),
        ("x" * 1_000_001, "mine.toml: is larger than 1,000,000 bytes"),
    ],
    ids=["no TOML", "no action", "no time", "no UTF-8", "no file", "too large"],
)
def test_a_scenario_with_a_mistake_is_one_line(
    text: str | bytes | None, message: str, tmp_path: Path, capsys: Captured
) -> None:
    path = tmp_path / "mine.toml"
    if text is not None:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    status = main(["run", str(path)])
    error = capsys.readouterr().err

    assert (status, error.count("\n")) == (2, 1)
    assert message in error


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["open", "nonsense"], "'nonsense' is not a token"),
        (["open", "1.run.gone.revert.AAAA"], "scenario 'gone' is not on this machine"),
        (
            ["run", "late-release", "--at", "q35"],
            "the scenario is for pseries, and q35 is a q35 machine",
        ),
        (["run", "late-release", "--width", "59"], "59 is not in the range 60<=x<=200"),
        (["run", "late-release", "--format", "film"], "film"),
        (["run", "late-release", "-o", "/nowhere/x"], "/nowhere/x: cannot be written"),
        (["compare", "late-release", "--before", "revert"], "--after"),
    ],
)
def test_wrong_use_is_one_line_and_status_2(
    arguments: list[str], message: str, capsys: Captured
) -> None:
    status = main(arguments)
    said = capsys.readouterr()

    assert (status, said.out, said.err.count("\n")) == (2, "", 1)
    assert message in said.err


@pytest.mark.parametrize("form", ["svg", "html", "mail", "md"])
def test_a_story_without_a_device_is_one_line(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bare.toml"
    path.write_text('title = "bare"\nwhy = "x"\nlook = "x"\nend = "1 s"\n')

    assert main(["run", str(path), "--format", form]) == 2
    assert capsys.readouterr().err == (
        "kit: bare: is about no device; name one in its cast, devices = ['core1'], or plug one\n"
    )
