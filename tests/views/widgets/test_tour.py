"""The commit walk, with and without widgets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import ipywidgets as widgets
import pytest

from kit import tour
from kit.case_study.behaviours import Behaviour
from kit.common.errors import UnknownRevisionError
from kit.git.values.page import CommitPage
from kit.machine.revision import Revision
from kit.simulation.scenario import Scenario
from kit.storage.scenarios import find_scenario, scenarios
from kit.views.html.diff import commit_html
from kit.views.html.tour import head_html
from kit.views.models.tour import PORT_STEPS, SILENT_STEPS, STEPS, TourModel
from kit.views.widgets.tour import TourWidget
from tests.views.widgets.widgets import UNSEEN, place_of

ROOT = Path(__file__).parents[3]


def test_the_walk_has_a_step_for_every_recorded_build() -> None:
    assert [step.name for step in STEPS][:3] == ["baseline", "timer", "cpu-timeout"]
    assert len(STEPS) == 13


@pytest.mark.parametrize(
    ("step", "previous"),
    [("baseline", "baseline"), ("timer", "baseline"), ("revert", "pre-revert")],
)
def test_a_step_is_compared_with_the_one_before(step: str, previous: str) -> None:
    assert TourModel(step).previous.name == previous


@pytest.mark.parametrize(
    ("step", "role"),
    [
        ("timer", "one of the three reverted commits"),
        ("revert", "the revert of the three"),
        ("fe1831eff8", "a neighbour or companion"),
        ("pcie-expiry", "one of the six patches of the series"),
    ],
)
def test_the_heading_says_what_a_step_is_to_the_series(step: str, role: str) -> None:
    assert f"({role})" in head_html(TourModel(step))


@pytest.mark.parametrize(
    ("step", "came", "went"),
    [
        ("timer", 14, 0),
        ("cpu-timeout", 8, 0),
        ("deadline-helper", 0, 0),
        ("pre-revert", 0, 0),
        ("revert", 0, 22),
        ("resend", 0, 0),
        ("unisolate", 4, 0),
    ],
)
def test_what_a_step_changes_in_the_state_table(step: str, came: int, went: int) -> None:
    assert tuple(map(len, TourModel(step).table_changes())) == (came, went)


@pytest.mark.parametrize(
    ("step", "changed"),
    [
        ("timer", []),
        ("cpu-timeout", ["in-time", "late-release", "late-retry", "vm-stopped"]),
        ("fe1831eff8", ["dimm-refused"]),
        ("deadline-helper", []),
        ("pre-revert", []),
        ("revert", ["in-time", "late-release", "late-retry", "vm-stopped"]),
        ("resend", ["in-time", "vm-stopped"]),
    ],
)
def test_which_scenarios_a_step_changes(step: str, changed: list[str]) -> None:
    names = ("acpi-dimm-refused", "dimm-refused", "in-time", "late-release", "late-retry")

    def played() -> dict[str, Scenario]:
        return {name: find_scenario(name) for name in (*names, "vm-stopped")}

    assert [one.name for one in TourModel(step, played).scenario_changes()] == changed


def test_a_walk_without_scenarios_changes_none() -> None:
    assert TourModel("cpu-timeout").scenario_changes() == ()


def test_the_ends_of_the_walk_are_said() -> None:
    model = TourModel("baseline")
    model.go(-1)
    first = model.hint
    model.go(len(STEPS))

    assert (first, model.hint) == ("This is the first step.", "This is the last step.")


def test_a_release_is_no_step() -> None:
    with pytest.raises(UnknownRevisionError, match=r"'v6\.0\.0' is not a step of the tour"):
        TourModel("v6.0.0")


def page(revision: Revision) -> CommitPage:
    return CommitPage(f"the commit of {revision.name}", "a history")


def ties(revision: Revision) -> tuple[Behaviour, ...]:
    tie = Behaviour(
        name="n",
        says=f"what {revision.name} does",
        commit=revision.commit,
        file="f.c",
        function="f",
        identifier="x",
    )
    return (tie,)


@pytest.fixture
def walk() -> Iterator[TourWidget]:
    widget = TourWidget(TourModel("timer"), page, ties)
    yield widget
    widget.close_all()


def inside(widget: widgets.Widget) -> Iterator[widgets.Widget]:
    yield widget
    for child in getattr(widget, "children", ()):
        yield from inside(child)


def shown(walk: TourWidget) -> str:
    return "\n".join(w.value for w in inside(walk) if isinstance(w, widgets.HTML))


def click(walk: TourWidget, words: str) -> None:
    buttons = [w for w in inside(walk) if isinstance(w, widgets.Button)]
    next(b for b in buttons if b.description.removeprefix("○ ") == words).click()


def test_a_step_shows_its_commit_its_lines_and_what_changes(walk: TourWidget) -> None:
    text = shown(walk)

    assert "the commit of timer" in text
    assert "what timer does" in text
    assert "14 rows added, 0 removed." in text
    assert (
        "none; real builds of this step and the one before answered all recordings alike." in text
    )


def test_a_click_on_a_step_chooses_it_and_sets_the_bench(walk: TourWidget) -> None:
    click(walk, "cpu-timeout")
    bench = walk._sandbox.model

    assert walk.model.step.name == "cpu-timeout"
    assert (bench.before, bench.after) == ("51254ffb32", "d1c2e3ce3d")
    assert "● cpu-timeout" in [w.description for w in inside(walk) if isinstance(w, widgets.Button)]
    assert "the commit of cpu-timeout" in shown(walk)


def test_back_next_and_the_turned_diff(walk: TourWidget) -> None:
    click(walk, "next ▶")
    click(walk, "◀ back")
    click(walk, "◀ back")
    click(walk, "◀ back")
    click(walk, "diff side by side")

    assert (walk.model.place, walk.model.side_by_side) == (0, True)
    assert "This is the first step." in shown(walk)


def test_a_step_without_a_diff_has_no_button_to_turn_it(walk: TourWidget) -> None:
    turn = next(w for w in inside(walk) if getattr(w, "description", "") == "diff side by side")

    assert turn.layout.display == "none"


def test_only_controls_that_the_keyboard_can_use(walk: TourWidget) -> None:
    kinds = {type(w).__name__ for w in inside(walk)}

    assert kinds - UNSEEN == {"TourWidget", "SandboxWidget", "VBox", "HBox", "HtmlView", "Button"}


def test_without_widgets_it_is_a_text(walk: TourWidget) -> None:
    assert repr(walk) == (
        "timer (51254ffb32): every connector gets a timer that nothing starts\n"
        "scenarios it changes: none"
    )


def answers(revision: Revision) -> list[object]:
    """Everything that a real build answered, without the build's name."""
    path = ROOT / "data" / "reference" / "directed" / f"{revision.label}.jsonl"
    recorded = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [(each["name"], each["steps"]) for each in recorded]


def test_the_silent_steps_are_those_whose_recordings_equal_the_step_before() -> None:
    equal = [step.alias for before, step in pairwise(STEPS) if answers(before) == answers(step)]

    assert tuple(equal) == SILENT_STEPS


# -- PCI Express ports -----------------------------------------------------------------------------


def test_the_tour_of_the_ports_has_their_steps_and_no_sandbox() -> None:
    shown = tour("pcie-expiry")
    words = {getattr(one, "description", "") for one in inside(shown)}
    steps = [one.name for one in PORT_STEPS]

    assert {f"{'●' if name == 'pcie-expiry' else '○'} {name}" for name in steps} <= words
    assert "device_del" not in words
    assert shown.text.startswith("pcie-expiry (18416c62e3): series 6/6: after 5 s")


@pytest.mark.parametrize("step", [*PORT_STEPS, *STEPS], ids=lambda one: one.name)
def test_a_step_s_heading_has_a_hash_or_a_tag_that_git_knows(step: Revision) -> None:
    (found,) = re.findall(r"<code>(.*?)</code>", head_html(TourModel(step.name))) or [""]

    assert found == (step.build if step.alias else "")
    assert re.fullmatch(r"([0-9a-f]{10}(~1)?|v?[0-9]+(\.[0-9]+)+)?", found)


def test_what_a_commit_s_note_names_as_code_is_code() -> None:
    html = commit_html(CommitPage("a step", note="no <b>; `kit fetch` gets it, `so"))

    assert html == "<h4>a step</h4><p>no &lt;b&gt;; <code>kit fetch</code> gets it, `so</p>"


@pytest.mark.parametrize(
    ("step", "came", "went"),
    [
        ("pcie-baseline", 0, 0),
        ("pcie-before", 0, 0),
        ("pcie-power", 1, 0),
        ("pcie-blink", 1, 0),
        ("pcie-44242d4d3d", 0, 0),
        ("pcie-fast", 1, 0),
        ("pcie-expiry", 1, 1),
        ("pcie-indicator", 1, 0),
    ],
)
def test_a_step_of_the_ports_names_the_rules_that_it_changes(
    step: str, came: int, went: int
) -> None:
    """Its own commit's alone: between two steps there may be others."""
    rules = TourModel(step, scenarios).rule_changes()

    assert tuple(map(len, rules)) == (came, went)


def test_the_silent_steps_of_the_ports_change_no_scenario() -> None:
    steps = [TourModel(one.name, scenarios) for one in PORT_STEPS]
    silent = [one for one in steps if one.is_silent]

    assert [one.step.name for one in silent] == ["pcie-before", "pcie-44242d4d3d"]
    assert [one.scenario_changes() for one in silent] == [(), ()]
    assert [one.rule_changes() for one in silent] == [((), ())] * 2


def test_the_tour_comes_back_with_its_step_and_its_diff(walk: TourWidget) -> None:
    place_of(walk).answer({"place": {"step": "none", "aside": True}})
    before = walk.model.step.name
    place_of(walk).answer({"place": {"step": "revert", "aside": True}})

    assert (before, walk.model.step.name, walk.model.side_by_side) == ("timer", "revert", True)
    assert place_of(walk).place == {"step": "revert", "aside": True}
