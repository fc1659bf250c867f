"""The real binaries, where they are installed."""

from __future__ import annotations

import pytest

from kit.machine.revision import Board
from kit.real_qemu.launch import Binary, probe
from tests.conftest import Program


@pytest.fixture(scope="session")
def ppc64(program: Program) -> Binary:
    """Return Debian's qemu-system-ppc64, or whatever is installed under its name."""
    return probe(program("qemu-system-ppc64"))


@pytest.fixture(scope="session")
def x86_64(program: Program) -> Binary:
    """Return the QEMU that plays q35."""
    return probe(program("qemu-system-x86_64"), Board.Q35)
