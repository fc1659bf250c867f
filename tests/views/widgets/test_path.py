"""The player of a path and the table of properties, without a browser."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import ipywidgets as widgets

from kit.explorer.comparison import beside
from kit.explorer.jobs import Explored, SearchJob, explore_one
from kit.explorer.paths import open_path
from kit.explorer.properties import PROPERTIES
from kit.explorer.scope import Scope
from kit.machine.catalogue import find_revision
from kit.views.models.path import PathModel
from kit.views.models.properties import PropertyModel
from kit.views.widgets.properties import PropertyWidget
from tests.views.widgets.widgets import button, click, place_of, shown

LIMBO = open_path("1.path.c2q2r1m1.linux-5_12.pre-revert.XVACcaaaaaaaa")
PAIR = beside(LIMBO, find_revision("revert"))
SMALL = Scope(cores=1, requests=1, migrations=0)
LOST, POSSIBLE = PROPERTIES[0], PROPERTIES[-1]
SURPRISE = next(one for one in PROPERTIES if one.name == "no-surprise-removal")


# -- a path ----------------------------------------------------------------------------------------


def test_where_a_revision_has_no_timer_it_says_so() -> None:
    model = PathModel(PAIR)
    model.go(2)

    assert model.sentences == (
        ("pre-revert", ("QEMU's timer fires. QEMU drops the request and sends no event.",)),
        ("revert", ("Nothing happens: no timer of QEMU's runs here.",)),
    )
    assert model.parted


def test_what_both_say_is_said_once() -> None:
    model = PathModel(PAIR)
    model.go(3)
    who, _ = model.sentences[0]

    assert (len(model.sentences), who, model.parted) == (1, "", False)


# -- the promises ----------------------------------------------------------------------------------


def table(*names: str) -> tuple[PropertyModel, list[SearchJob]]:
    searched: list[SearchJob] = []

    def search(job: SearchJob) -> Explored:
        searched.append(job)
        return explore_one(job)

    revisions = tuple(map(find_revision, names or ("timer", "cpu-timeout", "revert")))
    return PropertyModel(revisions, search, SMALL), searched


def test_nothing_is_searched_until_it_is_asked_for() -> None:
    model, searched = table()

    assert {model.cell(p, r) for p in PROPERTIES for r in model.revisions} == {"?"}
    assert (searched, model.progress) == ([], "explored 0 of 3 revisions")


def test_each_step_is_at_most_one_search() -> None:
    model, searched = table()
    counts = [len(searched) for _ in model.look_all()]

    assert max(after - before for before, after in pairwise(counts)) == 1
    assert (len(searched), model.progress) == (9, "explored 3 of 3 revisions")
    cells = [model.cell(LOST, revision) for revision in model.revisions]
    assert cells == ["holds", "violated", "holds"]


def test_a_broken_promise_is_shown_beside_a_revision_that_keeps_it() -> None:
    """Of two that are as near, the later."""
    model, _ = table()
    list(model.choose(LOST, find_revision("cpu-timeout")))

    assert model.play is not None
    assert [side.revision.name for side in model.play.sides] == ["cpu-timeout", "revert"]
    assert model.explanation.splitlines() == [
        "no-lost-release at cpu-timeout: violated with every guest.",
        LOST.sentence,
        "Exercised if: The guest releases a device that it used.",
        f"Source: {LOST.source}",
        "Beside it the same choices at revert, which keeps it.",
    ]


def test_a_property_that_holds_is_shown_by_a_path_that_exercises_it() -> None:
    model, searched = table()
    list(model.choose(LOST, find_revision("timer")))
    play, said = model.play, model.explanation.splitlines()[-1]

    assert said == "It held in all 189 states. Below is a shortest path that exercises it."
    assert play is not None
    assert play.path.breaks == ()
    assert play.path.actions[-1] == "guest's work is done"
    assert len(searched) == 3


def test_a_property_that_nothing_exercised_has_no_path() -> None:
    model = PropertyModel((find_revision("timer"),), explore_one, Scope.read("c1q1r0m0"))
    list(model.choose(SURPRISE, find_revision("timer")))

    assert model.cell(SURPRISE, find_revision("timer")) == "not exercised"
    assert model.play is None
    assert model.explanation.splitlines() == [
        "no-surprise-removal at timer: not exercised in this scope with every guest.",
        SURPRISE.sentence,
        "Exercised if: The guest restarts while the operator takes an unplug for failed.",
        f"Source: {SURPRISE.source}",
        "No path of this scope does that: 42 states were tried.",
    ]


def test_the_scope_is_above_the_table() -> None:
    widget = PropertyWidget(table()[0])
    words = f"Every order of events within this scope: {SMALL.words}."

    assert words in shown(widget)
    assert widget.text.splitlines()[0] == words
    widget.close_all()


def test_an_example_stands_alone() -> None:
    model, searched = table()
    list(model.choose(POSSIBLE, find_revision("timer")))

    assert model.play is not None
    assert len(model.play.sides) == 1
    assert len(searched) == 3


def test_where_no_revision_keeps_it_the_path_stands_alone() -> None:
    model, _ = table("timer")
    promise = next(one for one in PROPERTIES if one.name == "no-surprise-removal")
    list(model.choose(promise, find_revision("timer")))

    assert model.play is not None
    assert len(model.play.sides) == 1
    assert model.explanation.endswith("No revision of the table keeps it.")


def cell(widget: PropertyWidget, name: str) -> widgets.Button:
    return widget._cells[LOST, find_revision(name)]


def test_a_click_on_a_cell_shows_its_path() -> None:
    widget = PropertyWidget(table()[0])
    empty = widget.svg
    cell(widget, "cpu-timeout").click()
    page, words = shown(widget), cell(widget, "cpu-timeout")

    assert (empty, words.description) == ("", "violated")
    assert words.tooltip == "no-lost-release at cpu-timeout: violated with every guest"
    assert LOST.sentence in page
    assert widget.svg.startswith("<svg ")
    assert cell(widget, "timer").description == "?"
    widget.close_all()


def test_all_is_explored_by_one_button() -> None:
    widget = PropertyWidget(table()[0])
    click(widget, "explore all")

    assert "explored 3 of 3 revisions" in widget._progress.value
    assert widget.text.splitlines()[3].split() == ["no-lost-release", "holds", "violated", "holds"]
    widget.close_all()


def test_while_it_explores_the_kernel_listens() -> None:
    """A cell that is clicked meanwhile comes first."""

    async def clicks() -> tuple[str, str]:
        widget = PropertyWidget(table()[0])
        click(widget, "explore all")
        at_once = widget._progress.value
        await asyncio.sleep(0.02)
        cell(widget, "cpu-timeout").click()
        while widget._waiting:
            await asyncio.sleep(0.01)
        told = widget._progress.value
        assert widget.model.play is not None
        return at_once, told

    at_once, told = asyncio.run(clicks())
    assert "explored 0 of 3" in at_once
    assert "explored 3 of 3" in told


def test_a_search_that_fails_is_said() -> None:
    def search(job: SearchJob) -> Explored:
        raise OSError(f"no {job.revision.name}")

    widget = PropertyWidget(PropertyModel((find_revision("timer"),), search, SMALL))
    click(widget, "explore all")

    assert "This click failed: no timer" in shown(widget)
    assert button(widget, "explore all")
    widget.close_all()


def test_the_table_comes_back_with_the_cell_that_was_chosen() -> None:
    before, after = (PropertyWidget(table()[0]) for _ in range(2))
    cell(before, "cpu-timeout").click()
    place_of(after).answer({"place": {"property": "none", "revision": "timer"}})
    place_of(after).answer({"place": place_of(before).place})

    assert after.model.explanation == before.model.explanation != ""
    before.close_all()
    after.close_all()
