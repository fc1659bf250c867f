"""What a command means is written once: no other module interprets what actors ask for."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from kit.actors.messages import Command
from tests.simulation.test_platform import asked

KIT = Path(__file__).parent.parent.parent / "kit"


def test_one_module_interprets_commands() -> None:
    commands = {kind.__name__ for kind in get_args(Command)}
    users = {
        str(path.relative_to(KIT))
        for path in KIT.glob("**/*.py")
        if path.parent != KIT / "actors"  # where commands are made
        and [*asked(path.read_text(encoding="utf-8"), commands)]
    }

    assert users == {"simulation/driver.py"}
