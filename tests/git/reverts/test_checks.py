"""Checks of installed packages stand beside the kit's own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from kit.cli.main import main
from kit.common.errors import UserError
from kit.git.reverts.checks import checks_of_packages
from kit.git.reverts.exactness import every_check
from tests.git.workshop import Workshop, numbered, workshop

Captured = pytest.CaptureFixture[str]
TOY = """
from kit.git.reverts.checks import RevertCheck

def is_small(asked):
    return len(asked.changed(asked.revert)) < 2

def fails(asked):
    raise ZeroDivisionError("no luck")

small = RevertCheck("is_small", "small", "Does it change one file only?", is_small)
broken = RevertCheck("broken", "broken", "Does it fail?", fails)
taken = RevertCheck("three_way", "mine", "Is it another?", is_small)
odd = RevertCheck("Is small!", "odd", "Is that a name?", is_small)
number = 7
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give the list of entry points of an installed package, to be written."""
    folder = tmp_path / "site"
    about = folder / "toy_checks-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-checks\nVersion: 1.0\n")
    (folder / "toy_checks.py").write_text(TOY)
    monkeypatch.syspath_prepend(folder)
    checks_of_packages.cache_clear()
    yield about / "entry_points.txt"
    checks_of_packages.cache_clear()


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    shop = workshop(tmp_path / "r")
    shop.revert(shop.commit("x", {"f": numbered(l5="five")}))
    return shop


def test_without_packages_the_list_is_the_kits_own() -> None:
    checks_of_packages.cache_clear()

    assert [each.name for each in every_check()] == ["three_way", "reverse_apply", "same_lines"]


def test_an_installed_check_is_asked_and_shown(
    package: Path, shop: Workshop, capsys: Captured
) -> None:
    package.write_text("[kit.checks]\nsmall = toy_checks:small\n")
    command = ["revert", "HEAD", "--repo", str(shop.folder)]

    assert main(command) == 0
    assert "  small          yes\n" in capsys.readouterr().out
    assert main([*command, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["checks"] == {
        "three_way": True,
        "reverse_apply": True,
        "same_lines": True,
        "is_small": True,
    }
    assert main(["reverts", "--check", "--json", "--repo", str(shop.folder)]) == 0
    assert json.loads(capsys.readouterr().out)["checks"]["is_small"] is True


def test_an_installed_check_that_fails_is_a_note_and_changes_no_verdict(
    package: Path, shop: Workshop, capsys: Captured
) -> None:
    package.write_text("[kit.checks]\nb = toy_checks:broken\n")

    assert main(["revert", "HEAD", "--repo", str(shop.folder)]) == 0
    shown = capsys.readouterr().out
    assert "  broken         cannot be told\n" in shown
    assert "  note: the check broken failed: ZeroDivisionError: no luck\n" in shown


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("toy_checks:none", "it cannot be loaded: module 'toy_checks' has no attribute 'none'"),
        ("toy_checks:number", "it is not a RevertCheck"),
        ("toy_checks:taken", "another check is called three_way"),
        ("toy_checks:odd", "'Is small!' is not a name like two_words"),
    ],
)
def test_what_is_no_check_of_its_own_is_refused(package: Path, value: str, why: str) -> None:
    package.write_text(f"[kit.checks]\nmine = {value}\n")

    with pytest.raises(UserError) as refused:
        every_check()
    assert str(refused.value) == (
        f"the check mine ({value}) cannot be used: {why}; uninstall its package"
    )
