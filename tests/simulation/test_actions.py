"""An action that was renamed: its first words are read everywhere, and mean the same."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from kit.common.packaged_data import data_path
from kit.explorer.paths import open_path, path_json
from kit.simulation.actions import ACTIONS, Action, current_words, line_of, menu
from kit.simulation.timeline import Timeline
from kit.simulation.token import open_token, path_check, token_of
from kit.storage.scenarios import find_scenario
from kit.views.terminal.catalogue import scenarios_table
from tests.simulation.stories import at, story

RENAMED = {"guest gives": "guest releases", "guest keeps": "guest refuses"}
PATH = "1.path.c1q2r0m0.linux-5_13.guest-error.AeLLbacacaaaaa"
renamed = pytest.mark.parametrize(
    "action", [one for one in ACTIONS if one.first], ids=lambda one: one.first
)


def test_these_are_renamed() -> None:
    assert {one.first: one.words for one in ACTIONS if one.first} == RENAMED


def test_no_action_has_the_first_words_of_another() -> None:
    words = [words for one in ACTIONS for words in (one.words, one.first) if words]

    assert len(set(words)) == len(words)


@renamed
def test_a_line_of_the_first_words_is_the_same_line(action: Action) -> None:
    assert line_of(5, f" {action.first.replace(' ', '  ')}", ()) == line_of(5, action.words, ())


@renamed
def test_the_menu_offers_the_words_of_today_only(action: Action) -> None:
    offered = menu(())

    assert action.words in offered
    assert action.first not in offered


@renamed
def test_a_script_of_the_first_words_is_the_same_scenario(action: Action) -> None:
    before, now = (
        story("0 s: device_del core1", f"1 s: {one}", asks=True)
        for one in (action.first, action.words)
    )

    assert before == now
    assert before.texts[1] == f"1 s: {action.words}"


@renamed
def test_what_is_done_in_the_first_words_is_the_same_run(action: Action) -> None:
    asked = Timeline(played=at("revert", story(asks=True), (1, "device_del core1"))).last()

    assert asked.fork(action.first) == asked.fork(action.words)


@renamed
def test_the_first_words_are_the_same_token(action: Action) -> None:
    thinks = story(asks=True)
    tokens = {token_of(at("revert", thinks, (1, one))) for one in (action.first, action.words)}

    assert len(tokens) == 1
    assert path_check((action.first,)) == path_check((action.words,))


@pytest.mark.parametrize(
    ("token", "done"),
    [
        ("1.run.bench.pre-revert.BbTxAAKA9wIQ", ["device_del core1", "guest releases"]),
        (
            "1.run.bench.guest-error.Oy43AAK4FwK4FxG4FxA",
            [*["device_del core1"] * 2, "guest refuses", "guest releases"],
        ),
        ("1.run.pcie-refuses.pcie-today.h5lB", []),
    ],
)
def test_a_token_made_before_opens_and_stays_as_it_is(token: str, done: list[str]) -> None:
    opened = open_token(token, find_scenario)

    assert [one.action for one in opened.interventions] == done
    assert token_of(opened) == token


def test_a_path_s_token_made_before_opens_and_stays_as_it_is() -> None:
    opened = open_path(PATH)

    assert {*RENAMED.values()} <= {*opened.actions}
    assert opened.token == PATH


def test_a_path_as_json_has_the_first_words() -> None:
    opened = open_path(PATH)
    found = [step["action"] for step in path_json(opened)["steps"]]

    assert {*RENAMED} <= {*found}
    assert tuple(map(current_words, found)) == opened.actions


def test_a_scenario_as_json_has_the_first_words() -> None:
    _, (data,) = scenarios_table([find_scenario("pcie-refuses")])

    assert data["script"] == [
        "0 s: device_del net1",
        "5 s: guest keeps",
        "6 s: device_del net1",
        "11 s: guest gives",
    ]


FILES = [file for of in ("scenarios", "exercises", "labs") for file in data_path(of).glob("*.toml")]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_file_of_the_kit_s_is_in_the_words_of_today(file: Path) -> None:
    texts = set(strings(tomllib.loads(file.read_text("utf-8"))))

    assert {text for text in texts if text.rpartition(": ")[2] in RENAMED} == set()


def strings(data: object) -> Iterator[str]:
    """Yield every text in a document."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict | list):
        for one in data.values() if isinstance(data, dict) else data:
            yield from strings(one)
