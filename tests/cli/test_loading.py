"""Commands are loaded by name, so that a small one starts quickly."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kit.cli.common import cli
from kit.cli.main import _MODULES, _name_of, load_commands, main
from tests.git.workshop import workshop

HEAVY = ("IPython", "git", "ipywidgets", "matplotlib", "nbclient", "pandas", "pydantic", "pygit2")


def test_the_table_names_every_command_in_the_order_of_the_help(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main([])
    capsys.readouterr()
    groups = [group.name for group in cli.registered_groups]

    assert [_name_of(one) for one in cli.registered_commands] == [
        name for name in _MODULES if name not in groups
    ]
    assert set(groups) <= set(_MODULES)


@pytest.mark.parametrize("name", _MODULES)
def test_the_module_of_a_command_brings_it(name: str) -> None:
    load_commands([name])

    assert name in {_name_of(one) for one in cli.registered_commands} | {
        group.name for group in cli.registered_groups
    }


def loaded(*command: str) -> tuple[set[str], str]:
    """Return the modules that a command loads, and what it prints."""
    program = (
        "import sys; from kit.cli.main import main; main(sys.argv[1:]);"
        "sys.stderr.write(' '.join(sorted(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *command], capture_output=True, text=True, check=True
    )
    return set(done.stderr.split()), done.stdout


@pytest.mark.parametrize("what", ["states", "scenarios"])
def test_a_list_loads_nothing_heavy(what: str) -> None:
    assert set(HEAVY) & loaded("list", what)[0] == set()


def test_the_list_of_revisions_loads_nothing_heavy_no_simulator_and_no_history() -> None:
    modules, _ = loaded("list", "revisions")
    rooms = {name.split(".")[1] for name in modules if "kit." in name}

    assert set(HEAVY) & modules == set()
    assert rooms & {"actors", "git", "recordings", "simulation", "trace"} == set()


def test_a_list_of_reverts_loads_nothing_heavy(tmp_path: Path) -> None:
    shop = workshop(tmp_path / "r")
    shop.commit("tap: turn it", {"tap": "new\n"})
    shop.commit('Revert "tap: turn it"', {"tap": None})
    modules, printed = loaded("reverts", "HEAD", "--repo", str(shop.folder))

    assert [name for name in (*HEAVY, "rich", "unidiff") if name in modules] == []
    assert "1 revert;" in printed
