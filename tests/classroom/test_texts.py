"""The text files of a classroom folder."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from kit.classroom.start import file_digest
from kit.classroom.target import Laptop, targets
from kit.classroom.texts import lock_text, readme, start_bat, start_sh
from kit.classroom.wheels import Wheel, read_wheel
from tests.classroom.small import make_wheel
from tests.conftest import Program

BOTH = targets(["win_amd64", "macosx_11_0_arm64"], ["3.12"])


def test_the_pupils_page_is_one_screen_and_names_the_laptops() -> None:
    lines = readme(targets(["win_amd64", "macosx_11_0_arm64", "manylinux_2_28_x86_64"], ["3.12"]))

    assert len(lines.splitlines()) <= 24
    assert max(map(len, lines.splitlines())) <= 79
    assert "  Windows AMD64 with Python 3.12\n  macOS arm64 with Python 3.12\n" in lines


def test_windows_gets_its_line_ends_and_the_launcher_is_asked_for_each_python() -> None:
    text = start_bat(targets(["win_amd64"], ["3.12", "3.13"]))
    asked = [line.split(" ", 2) for line in text.splitlines() if "--fits" in line]

    assert text.count("\n") == text.count("\r\n") == len(text.splitlines())
    assert [(words[0], words[1]) for words in asked] == [
        ("py", "-3.12"),
        ("py", "-3.13"),
        ("python", '"%~dp0start.py"'),
        ("python3", '"%~dp0start.py"'),
    ]


def test_each_place_that_start_bat_jumps_to_is_there_once() -> None:
    lines = start_bat(targets(["win_amd64"], ["3.12", "3.13"])).splitlines()
    jumps = {line.rpartition("goto ")[2] for line in lines if "goto " in line}
    labels = [line[1:] for line in lines if line.startswith(":")]

    assert sorted(labels) == sorted(jumps)
    assert len(jumps) == 6


def test_start_sh_is_a_script_that_every_shell_reads(program: Program) -> None:
    done = subprocess.run(
        [program("sh"), "-n"], input=start_sh(BOTH), capture_output=True, text=True
    )

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("how", ["folder/start.sh", "./start.sh", "start.sh"])
def test_start_sh_finds_its_folder_and_a_python_that_fits(
    tmp_path: Path, program: Program, how: str
) -> None:
    room = tmp_path / "folder"
    room.mkdir()
    (room / "start.sh").write_text(start_sh(BOTH))
    (tmp_path / "bin").mkdir()
    for name, status in (("python3", 1), ("python3.12", 0)):
        says = f'#!/bin/sh\n[ "$2" = --fits ] && exit {status}\necho {name} "$@"\n'
        (tmp_path / "bin" / name).write_text(says)
        (tmp_path / "bin" / name).chmod(0o755)
    done = subprocess.run(
        [program("sh"), how, "run", "a story"],
        cwd=tmp_path if "/s" in how and how[0] != "." else room,
        env={"PATH": str(tmp_path / "bin")},
        capture_output=True,
        text=True,
    )

    assert (done.stdout, done.stderr) == (f"python3.12 {room}/start.py run a story\n", "")


def test_start_sh_says_which_python_is_missing(tmp_path: Path, program: Program) -> None:
    (tmp_path / "start.sh").write_text(start_sh(BOTH))
    command = [program("sh"), str(tmp_path / "start.sh")]
    done = subprocess.run(command, env={"PATH": "/nowhere"}, capture_output=True, text=True)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "unplug kit: no Python here fits; this folder is for\n"
        "  Windows AMD64 with Python 3.12\n"
        "  macOS arm64 with Python 3.12\n"
        "Install such a Python (python.org, or your system's packages), and start again.\n"
    )


def test_the_lock_pins_each_file_by_its_hash_where_it_is_wanted(tmp_path: Path) -> None:
    windows, mac = BOTH
    kit = read_wheel(make_wheel(tmp_path, "unplug-kit", "0.1"))
    pip = read_wheel(make_wheel(tmp_path, "pip"))  # which is not installed
    own = {
        target: read_wheel(make_wheel(tmp_path, "compiled", version, tag=tag))
        for target, version, tag in (
            (windows, "2.0", "cp312-cp312-win_amd64"),
            (mac, "1.0", "cp312-cp312-macosx_11_0_arm64"),
        )
    }
    needed: dict[Laptop, list[Wheel]] = {target: [own[target], kit, pip] for target in BOTH}

    sums = {each.path.name: file_digest(each.path) for each in (*own.values(), kit)}

    assert lock_text(needed, sums) == (
        "# What the lessons need, and the sha256 of each of its files in wheels/.  By hand:\n"
        "# pip install --no-index --find-links wheels --require-hashes -r requirements.lock\n"
        'compiled==1.0 ; sys_platform == "darwin" and platform_machine == "arm64"'
        ' and python_version == "3.12" \\\n'
        f"    --hash=sha256:{file_digest(own[mac].path)}\n"
        'compiled==2.0 ; sys_platform == "win32" and platform_machine == "AMD64"'
        ' and python_version == "3.12" \\\n'
        f"    --hash=sha256:{file_digest(own[windows].path)}\n"
        "unplug-kit[analysis]==0.1 \\\n"
        f"    --hash=sha256:{file_digest(kit.path)}\n"
    )
