"""What the README shows is what the kit prints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kit.cli.main import main

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^kit ((?:run|compare|open) .*?)(?: +#.*)?$", README, re.MULTILINE)


def test_the_first_picture_is_what_its_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    shown = re.search(r"```\n\$ kit (.*)\n((?:.*\n)*?)```", README)
    assert shown is not None
    status = main(shown[1].split())

    assert status == 0
    assert capsys.readouterr().out.startswith(shown[2])


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_that_is_shown_works(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(command.split()) == 0
    assert capsys.readouterr().out


def test_the_map_is_what_its_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    shown = re.search(r"<!-- kit (list map .*) -->\n((?:.*\n)*?)<!-- end -->", README)
    assert shown is not None
    assert main(shown[1].split()) == 0

    assert capsys.readouterr().out == shown[2]


def test_commands_are_shown() -> None:
    assert len(COMMANDS) >= 3
