"""The re-enactment, built once, and its programs, compiled once."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from kit.history.reenactment import build
from tests.conftest import Program
from tests.reenactment import HASHES, SOURCE, git


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory, program: Program) -> Path:
    program("git")
    target = tmp_path_factory.mktemp("re-enactment") / "qemu"
    build(SOURCE, target)
    return target


@pytest.fixture
def copy(repository: Path, tmp_path: Path) -> Path:
    """A clone in which a test may commit."""
    git(tmp_path, "clone", "--quiet", str(repository), "copy")
    return tmp_path / "copy"


@pytest.fixture(scope="session")
def machines(
    repository: Path, tmp_path_factory: pytest.TempPathFactory, program: Program
) -> Mapping[str, Path]:
    """The programs of the nine commits, built by their own Makefile."""
    make, compiler = program("make"), program("cc", "gcc", "clang")
    folder = tmp_path_factory.mktemp("machines")
    for name, commit in HASHES.items():
        git(folder, "clone", "--quiet", "--no-checkout", str(repository), name)
        git(folder / name, "checkout", "--quiet", commit)
        built = subprocess.run(
            [make, f"CC={compiler}"],
            cwd=folder / name,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert (built.returncode, built.stderr) == (0, "")
        assert "-std=c99 -Wall -Wextra -Werror -pedantic" in built.stdout
    return {name: folder / name / "pseries" for name in HASHES}
