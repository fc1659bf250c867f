"""The scripts of `kit reproduce`: on a real QEMU, and their text."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kit.cli.main import main
from kit.common.errors import UserError
from kit.explorer.paths import open_path
from kit.machine.catalogue import find_revision
from kit.machine.revision import Board
from kit.real_qemu.identify import identify
from kit.real_qemu.launch import Binary
from kit.real_qemu.reproduce import python_script, reproducer_of_path, reproducer_of_run
from kit.simulation.run import play
from kit.storage.scenarios import find_scenario, scenarios

MAX_LINES = 120
BOOTS = "in-firmware"  # its guest's CAS ends the request
CRASHES = "late-reset"  # 7.2, stopped under TCG, at a reset after the removal of a core
QUICK = ("dimm-migrate-abort", "pci-function", "retry-each-second", "two-requests")
PATHS = (
    "1.path.c0q2r0m1d2.linux-5_12.guest-error.nz4Sacaafa",  # a migration, then an abort
)
PLAYED = [
    name
    for name, story in scenarios().items()
    if Board.PSERIES in story.setup.boards and name not in (BOOTS, CRASHES)
]
LONG = os.environ.get("KIT_TESTS") == "long"


def script(name: str, revision: str) -> str:
    made = reproducer_of_run(play(find_scenario(name), find_revision(revision)))
    return python_script(made, f"{name}.py")


def ran(text: str, binary: Binary, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a script as a stranger does: by a Python that does not find the kit."""
    file = folder / "reproducer.py"
    file.write_text(text)
    return subprocess.run(
        [sys.executable, "-I", "-S", file, binary.path],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        timeout=120,
    )


@pytest.mark.parametrize("name", PLAYED if LONG else QUICK)
def test_a_real_qemu_answers_as_the_script_expects(
    name: str, ppc64: Binary, tmp_path: Path
) -> None:
    done = ran(script(name, identify(ppc64).nearest.label), ppc64, tmp_path)

    assert (done.returncode, done.stderr) == (0, ""), done.stdout


@pytest.mark.parametrize("token", PATHS)
def test_a_path_of_the_explorer_is_a_script_too(token: str, ppc64: Binary, tmp_path: Path) -> None:
    done = ran(python_script(reproducer_of_path(open_path(token)), "path.py"), ppc64, tmp_path)

    assert (done.returncode, done.stdout.splitlines()[-1]) == (
        0,
        "came:             QEMU aborts in spapr_memory_unplug_rollback: ds",
    )


def test_another_answer_ends_the_script_with_both_and_status_1(
    ppc64: Binary, tmp_path: Path
) -> None:
    """DEVICE_UNPLUG_GUEST_ERROR came with 4b08cd567b; the build before it does not send it."""
    done = ran(script("rejected-at-once", "unisolate"), ppc64, tmp_path)

    assert (done.returncode, done.stdout.splitlines()[-2:]) == (
        1,
        [
            "expected at last: 0",
            "came:             0; DEVICE_UNPLUG_GUEST_ERROR core1",
        ],
    )


def test_the_end_of_qemu_is_an_answer(ppc64: Binary, tmp_path: Path) -> None:
    done = ran(script(CRASHES, "v6.2.0"), ppc64, tmp_path)

    last = f"came:             QEMU ends ({-signal.SIGSEGV})"
    assert (done.returncode, done.stdout.splitlines()[-1].rstrip()) == (1, last)


@pytest.mark.parametrize("revision", ["v6.2.0", "today"])
@pytest.mark.parametrize("name", [*PLAYED, CRASHES])
def test_a_script_is_short_and_is_python(name: str, revision: str) -> None:
    text = script(name, revision)

    compile(text, name, "exec")
    assert len(text.splitlines()) <= MAX_LINES
    assert "@" not in text.replace("@hp_evt", "")


def test_time_passes_only_where_a_timer_of_qemus_runs() -> None:
    with_timer, without = script("late-release", "pre-revert"), script("late-release", "today")

    assert ("clock_step" in with_timer, '"qtest"][' in with_timer) == (True, True)
    assert ("clock_step" in without, '"tcg"][' in without) == (False, True)


@pytest.mark.parametrize(
    ("name", "revision", "why"),
    [
        (BOOTS, "today", "a guest that boots ends the request"),
        ("acpi-refuses", "q35", "q35 is another machine"),
    ],
)
def test_what_a_script_cannot_show_is_refused(name: str, revision: str, why: str) -> None:
    with pytest.raises(UserError, match=why):
        script(name, revision)


# -- the command -----------------------------------------------------------------------------------


def test_the_command_writes_the_newest_qemus_answers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "two-requests.py"

    assert main(["reproduce", "two-requests", "-o", str(path)]) == 0
    assert capsys.readouterr() == ("", "")
    assert path.read_text() == script("two-requests", "today")


def test_the_command_takes_a_token_of_a_run_and_the_second_of_a_pair(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = []
    for token in (
        "1.run.late-release.revert.kqKc",
        "1.pair.late-release.pre-revert.revert.kqKc",
    ):
        assert main(["reproduce", token]) == 0
        found.append(capsys.readouterr().out)

    assert (
        found[0]
        == found[1]
        == script("late-release", "revert").replace("late-release.py", "reproducer.py")
    )


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["1.run.late-release.revert.kqKc", "--at", "today"], "--at goes with a scenario"),
        (["late-release", "--scenario", "x.toml"], "--scenario goes with a token"),
        (["1.run.late-release"], "is cut short"),
        (["no-such"], "no scenario 'no-such'"),
    ],
)
def test_wrong_use_is_one_line(
    arguments: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["reproduce", *arguments]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert why in line
