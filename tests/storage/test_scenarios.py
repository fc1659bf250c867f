"""Scenarios by name and from files, and that the page of reference says what there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kit.cli.main import main
from kit.common.errors import UserError
from kit.machine.catalogue import PSERIES
from kit.machine.revision import Revision
from kit.simulation.actions import ACTIONS, WAIT
from kit.simulation.expectations import expected_to_fail_at
from kit.simulation.run import play
from kit.simulation.scenario import read_scenario
from kit.storage.scenarios import find_scenario, scenarios

PAGE = (Path(__file__).parents[2] / "docs" / "scenarios.md").read_text()
(EXAMPLE,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)


def test_a_built_in_scenario_is_found_by_name() -> None:
    assert find_scenario("late-release") is scenarios()["late-release"]


def test_a_scenario_of_ones_own_is_found_by_its_file(tmp_path: Path) -> None:
    path = tmp_path / "my-story.toml"
    path.write_text(EXAMPLE)

    found = find_scenario(str(path))
    assert (found.name, found.title) == ("my-story", "The guest needs 8 s, and on a busy host 16 s")


def test_an_unknown_name_is_answered_with_those_there_are() -> None:
    with pytest.raises(UserError) as caught:
        find_scenario("late")

    assert str(caught.value) == (
        f"no scenario 'late'; there are: {', '.join(scenarios())}; or name a file, story.toml"
    )


def test_a_file_that_is_no_toml_is_refused_by_name_and_line(tmp_path: Path) -> None:
    path = tmp_path / "my-story.toml"
    path.write_text("title")
    with pytest.raises(UserError) as caught:
        find_scenario(str(path))

    said = "is not TOML: Expected '=' after a key in a key/value pair"
    assert str(caught.value) == f"{path}:1: {said}"


@pytest.mark.parametrize("revision", PSERIES, ids=lambda revision: revision.name)
def test_the_pages_example_claims_what_is_so(revision: Revision) -> None:
    scenario = read_scenario(EXAMPLE, "my-story", "my-story.toml")
    run = play(scenario, revision)

    for claim in scenario.expect:
        fails = expected_to_fail_at(claim, revision)
        assert claim.holds(run.began, run.ended) is not fails, claim.that


def test_the_pages_command_checks_the_claims(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "my-story.toml").write_text(EXAMPLE)
    monkeypatch.chdir(tmp_path)
    command = "run my-story.toml --expect"

    assert f"kit {command}" in PAGE
    assert main(command.split()) == 0
    assert capsys.readouterr().out == (
        "sent DEVICE_DELETED 2 times: as it says\nnot limbo core2 at 37 s: as it says\n"
    )


def test_a_claim_that_is_not_as_it_says_is_a_no(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "my-story.toml"
    path.write_text(EXAMPLE.replace("sent DEVICE_DELETED 2 times", "sent DEVICE_DELETED 9 times"))

    assert main(["run", str(path), "--expect"]) == 1
    assert "sent DEVICE_DELETED 9 times: wrong at baseline, " in capsys.readouterr().out


def test_the_page_names_every_action() -> None:
    _, _, actions = PAGE.partition("## Actions")
    named = re.findall(r"`([a-z_ -]+)(?: [A-Z]+)*`", actions.partition("## Claims")[0])

    words = {words for action in ACTIONS for words in (action.words, action.first) if words}

    assert words | {WAIT, "asks"} == set(named)


def test_the_page_names_every_key() -> None:
    with pytest.raises(UserError) as top:
        read_scenario("no = 1", "s", "s.toml")
    with pytest.raises(UserError) as cast:
        read_scenario("cast = { no = 1 }", "s", "s.toml")
    expected = [str(error.value).partition("expected ")[2] for error in (top, cast)]

    for key in re.findall(r"\w+", " ".join(expected)):
        assert re.search(rf"^\| .*(`|\[){key}(`|\])", PAGE, re.MULTILINE), key
