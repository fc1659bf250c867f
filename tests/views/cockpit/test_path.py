"""The cockpit of a path: its places, what comes of it, and what can be taken along."""

from __future__ import annotations

import pytest

from kit.common.errors import UserError
from kit.explorer.comparison import alone, beside
from kit.explorer.paths import open_path
from kit.machine.catalogue import find_revision
from kit.views.cockpit.path import PathDesk
from kit.views.models.path import PathModel

LIMBO = open_path("1.path.c2q2r1m1.linux-5_12.pre-revert.XVACcaaaaaaaa")
PAIR = beside(LIMBO, find_revision("revert"))


def desk(*, mail: bool = True) -> PathDesk:
    return PathDesk(PathModel(PAIR), (lambda _: "a mail") if mail else None)


def test_it_stands_at_the_end_and_says_what_came_of_it() -> None:
    view = desk().view()

    assert (view.index, len(view.places)) == (9, 10)
    assert "no-silent-disagreement is violated" in str(view.places[-1].said)
    assert "LIMBO" in view.places[-1].known


def test_a_place_says_the_choice_and_what_each_machine_answers() -> None:
    place = desk().view().places[2]

    assert place.differs
    assert place.said[1:] == (
        ("pre-revert", "QEMU's timer fires. QEMU drops the request and sends no event."),
        ("revert", "Nothing happens: no timer of QEMU's runs here."),
    )


def test_places_go_to_the_right_and_each_is_found_again() -> None:
    one = desk()
    places = one.view().places
    found = []
    for number in range(len(places)):
        one.go(number, 0)
        found.append(one.view().index)

    assert [place.x for place in places] == sorted(place.x for place in places)
    assert found == [*range(10)]


def test_alone_it_has_one_side_and_names_its_command() -> None:
    view = PathDesk(PathModel(alone(LIMBO))).view()

    assert [head.side for head in view.heads] == ["at"]
    assert f"kit open {LIMBO.token}</code>" in view.tabs[-1].html
    assert [b.words for b in view.tabs[-1].buttons] == ["Copy as text", "Save SVG"]


def test_what_can_be_taken_along() -> None:
    assert desk().share("mail") == ("path.svg", "a mail")
    assert desk().share("svg")[1].startswith("<svg ")
    assert LIMBO.token in desk().share("text")[1]
    with pytest.raises(UserError, match="no 'mail' here"):
        desk(mail=False).share("mail")


def test_a_path_has_no_button_that_changes_it() -> None:
    with pytest.raises(UserError, match="no 'act' here"):
        desk().do("act", "")
