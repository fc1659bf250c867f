"""--kernel and --initrd on the command line, where a program plays QEMU, kernel and shell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kit.cli.main import main
from kit.machine.revision import Board
from kit.real_qemu import api as backend_in_use
from kit.real_qemu.launch import Binary
from tests.real_qemu.fake_guest import fake_guest, vmlinux

STORY = """
title = "t"
why = "w"
look = "l"
end = "200 ms"
script = ["0 s: device_del core1"]
[cast]
devices = ["core1"]
"""


@pytest.fixture
def words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a story, and the options that boot a kernel with it."""
    path = fake_guest(tmp_path)
    binary = Binary(path=path, board=Board.PSERIES, version=(7, 2, 0))
    monkeypatch.setattr(backend_in_use, "probe", lambda _: binary)
    (tmp_path / "mine.toml").write_text(STORY)
    return [
        str(tmp_path / "mine.toml"),
        *("--backend", f"qemu={path}", "--kernel", str(vmlinux(tmp_path))),
    ]


def test_run_draws_what_is_seen(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["run", *words])
    said = capsys.readouterr()

    assert status == 0
    assert said.out.startswith("mine: Linux 6.1.0-fake on qemu-system-ppc64 7.2.0\n")
    assert "At the end Linux lists core 0 online." in said.out
    assert said.err.startswith("kit: the guest's clock is the wall's")


@pytest.mark.parametrize(
    ("form", "begins"), [("svg", "<svg "), ("html", "<!DOCTYPE html>"), ("md", "**mine: ")]
)
def test_run_draws_in_any_form(
    words: list[str], form: str, begins: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["run", *words, "--format", form])

    assert status == 0
    assert capsys.readouterr().out.startswith(begins)


def test_json_says_where_it_comes_from(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    main(["run", *words, "--json"])
    seen = json.loads(capsys.readouterr().out)
    main(["compare", *words, "--before", "guest-error", "--json"])
    both = json.loads(capsys.readouterr().out)

    real = f"Recorded on a real {seen['binary']}"
    assert seen["provenance"] == {
        "guest": f"Guest: {seen['kernel']}",
        "libvirt": None,
        "qemu": real,
    }
    assert both["real"]["provenance"] == seen["provenance"]
    assert both["embedded"]["provenance"]["qemu"].startswith("Simulated, by a model")


def test_compare_tells_what_both_tell(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["compare", *words, "--before", "guest-error", "--json"])
    data = json.loads(capsys.readouterr().out)

    assert status == 0
    assert [(one["in"], one["says"][:34]) for one in data["compared"]] == [
        ("both", "The operator asks QEMU to remove c"),
        ("both", "The guest isolates core 1 (set-ind"),
        ("both", "The guest makes core 1 unusable (s"),
        ("both", "QEMU has removed core1 and sends D"),
    ]


def test_a_token_is_played_with_a_kernel(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    main(["run", words[0], "--json"])
    token = json.loads(capsys.readouterr().out)["token"]
    status = main(["open", token, "--scenario", *words, "--json"])

    assert status == 0
    assert json.loads(capsys.readouterr().out)["kernel"] == "Linux 6.1.0-fake"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (["--initrd", "/nowhere"], "--initrd goes with --kernel"),
        (["--kernel", "/nowhere"], "--kernel /nowhere: cannot be read: No such file"),
        (["--kernel", "/dev/null"], "/dev/null: is not an ELF file; --kernel takes a vmlinux"),
    ],
)
def test_what_cannot_be_booted_is_one_line(
    given: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["run", "in-time", *given])
    said = capsys.readouterr()

    assert (status, said.out) == (2, "")
    assert said.err.startswith(f"kit: {says}")
    assert said.err.count("\n") == 1


@pytest.mark.parametrize("at", ["revert", "q35"])
def test_a_kernel_boots_no_machine_of_a_revision(
    words: list[str], at: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["run", *words, "--at", at])

    assert status == 2
    assert capsys.readouterr().err == (
        "kit: --at goes with the embedded machine; --kernel boots pseries\n"
    )
