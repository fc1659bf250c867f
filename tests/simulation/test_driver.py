"""What a command means is written once: no other module interprets what actors ask for."""

from __future__ import annotations

from typing import get_args

from kit.actors.messages import Command
from tests.simulation.test_platform import asked
from tests.sources import modules


def test_one_module_interprets_commands() -> None:
    commands = {kind.__name__ for kind in get_args(Command)}
    users = {
        name
        for name, source in modules().items()
        if not name.startswith("actors/")  # where commands are made
        and [*asked(source, commands)]
    }

    assert users == {"simulation/driver.py"}
