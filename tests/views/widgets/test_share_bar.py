"""What is copied, saved and answered, without a browser."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from kit.app import mail_of, player
from kit.common.errors import UserError
from kit.machine.catalogue import find_revision
from kit.simulation.run import play_pair
from kit.storage.scenarios import find_scenario
from kit.views.diagram.text import picture_lines
from kit.views.widgets.share_bar import ShareBar

PAIR = {"before": "pre-revert", "after": "revert"}


def share_of(scenario: str) -> ShareBar:
    (bar,) = (w for w in player(scenario, **PAIR).children if isinstance(w, ShareBar))
    return bar


def test_the_text_is_the_picture_and_the_token() -> None:
    pair = play_pair(
        find_scenario("late-release"), find_revision("pre-revert"), find_revision("revert")
    )
    answer = share_of("late-release").answer("text")

    assert answer["text"].splitlines()[:-2] == picture_lines(pair)
    assert answer["text"].splitlines()[-1].startswith("1.pair.late-release.pre-revert.revert.")


def test_the_mail_is_what_the_command_line_writes() -> None:
    assert share_of("late-release").answer("mail") == {
        "what": "mail",
        "name": "late-release.svg",
        "text": mail_of("late-release", **PAIR),
    }


def test_the_picture_is_saved_as_it_is_shown() -> None:
    answer = share_of("late-release").answer("svg")

    assert ET.fromstring(answer["text"]).tag == "{http://www.w3.org/2000/svg}svg"
    assert answer["name"] == "late-release.svg"


@pytest.mark.parametrize("wanted", [None, "", "film", 3, ["text"]])
def test_what_there_is_none_of_is_said(wanted: object) -> None:
    assert share_of("late-release").answer(wanted) == {"error": f"no {wanted!r} here"}


def test_what_goes_wrong_is_said() -> None:
    def broken() -> str:
        raise UserError("no history here; kit fetch")

    assert ShareBar({"mail": broken}, lambda: "x.svg").answer("mail") == {
        "error": "no history here; kit fetch"
    }
