"""Which binary is used, and that what it can do is tried."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from kit.machine.revision import Board
from kit.real_qemu.channel.failures import BackendError
from kit.real_qemu.launch import Binary, find_binary, probe
from tests.real_qemu.fakes import fake


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    assert tmp_path.exists()  # pytest has its own folder already
    folder = Path(tempfile.mkdtemp(prefix="t", dir="/tmp"))  # short: sockets live in it
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.delenv("KIT_QEMU_SYSTEM", raising=False)
    yield folder
    assert [*folder.iterdir()] == []
    folder.rmdir()


def test_the_chosen_one_goes_before_the_environments_and_that_before_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = {}
    for name in ("chosen", "environment", "path"):
        (tmp_path / name).mkdir()
        places[name] = fake(tmp_path / name, "")
    monkeypatch.setenv("PATH", str(tmp_path / "path"))

    assert find_binary() == places["path"]
    monkeypatch.setenv("KIT_QEMU_SYSTEM", places["environment"])
    assert find_binary() == places["environment"]
    assert find_binary(places["chosen"]) == places["chosen"]


def test_the_environments_is_no_q35(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KIT_QEMU_SYSTEM", fake(tmp_path, ""))
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(BackendError, match=r"^qemu-system-x86_64: no such program; get one"):
        find_binary(board=Board.Q35)


def test_a_relative_path_is_taken_from_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake(tmp_path, "")
    monkeypatch.chdir(tmp_path)

    assert find_binary("./qemu-system-ppc64") == os.fspath(tmp_path / "qemu-system-ppc64")


def test_without_one_it_is_said_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")

    with pytest.raises(BackendError) as caught:
        find_binary()
    assert str(caught.value) == (
        "qemu-system-ppc64: no such program; get one (Debian: apt install qemu-system-ppc,"
        " Fedora: dnf install qemu-system-ppc64-core, macOS: brew install qemu, conda-forge: qemu)"
    )


def test_the_variable_that_names_nothing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KIT_QEMU_SYSTEM", "/nowhere/qemu")

    with pytest.raises(BackendError, match=r"^/nowhere/qemu \(KIT_QEMU_SYSTEM\): no such program"):
        find_binary()


def test_a_file_that_is_no_program(tmp_path: Path) -> None:
    path = tmp_path / "qemu"
    path.write_text("text")

    with pytest.raises(BackendError, match="is not a program that can be started"):
        find_binary(str(path))


BUILD = """
line = " ".join(sys.argv)
{refusals}
greet(); answer(2, [{{"name": "tcg-accel"}}, {{"name": "kvm-accel"}}, {{"name": "accel"}}])
time.sleep(60)
"""
NO_SANDBOX = "if '-sandbox' in line: sys.exit('-sandbox on: support is not enabled in this QEMU')"
NO_QTEST = "if '-accel qtest' in line: sys.exit('-accel qtest: invalid accelerator qtest')"


@pytest.mark.parametrize(
    ("refusals", "steps_time", "sandbox", "cannot"),
    [
        ((), True, True, ()),
        (
            (NO_SANDBOX,),
            True,
            False,
            ("this build has no sandbox: it runs with the user's rights",),
        ),
        (
            (NO_QTEST,),
            False,
            True,
            ("this build has no qtest accelerator: time cannot be stepped",),
        ),
        (
            (NO_SANDBOX, NO_QTEST),
            False,
            False,
            (
                "this build has no qtest accelerator: time cannot be stepped",
                "this build has no sandbox: it runs with the user's rights",
            ),
        ),
    ],
    ids=["all", "no sandbox", "no qtest", "neither"],
)
def test_what_a_build_refuses_it_is_not_asked_again(
    tmp_path: Path,
    refusals: tuple[str, ...],
    steps_time: bool,
    sandbox: bool,
    cannot: tuple[str, ...],
) -> None:
    path = fake(tmp_path, BUILD.format(refusals="\n".join(refusals)))

    binary = probe(path)

    assert binary == Binary(
        path=path,
        board=Board.PSERIES,
        version=(7, 2, 0),
        steps_time=steps_time,
        sandbox=sandbox,
        accelerators=("kvm", "tcg"),
    )
    assert binary.cannot == cannot


def test_a_build_without_the_board_says_so(tmp_path: Path) -> None:
    path = fake(tmp_path, "sys.exit('qemu-system-ppc64: unsupported machine type')")

    with pytest.raises(BackendError, match=r"does not start: unsupported machine type$"):
        probe(path)
