"""A page that plays: one file, one script, and everything that its buttons ask for."""

from __future__ import annotations

import json
import re
import zlib
from base64 import b64decode, b64encode
from functools import cache
from hashlib import sha256
from typing import Any

import pytest

from kit.actors.pseries_programs import GuestKind
from kit.explorer.comparison import beside
from kit.explorer.paths import open_path
from kit.lessons.stories import observed_story, path_story, story_of, with_futures
from kit.logs.formats.reader import read_log
from kit.machine.catalogue import find_revision
from kit.simulation.run import Pair, play_pair
from kit.simulation.token import open_token
from kit.storage.scenarios import find_scenario
from kit.views.page.story import story_page
from kit.views.reports.log import report_of

MAX_EXPLORED_BYTES = 700_000
SIDES = [find_revision("pre-revert"), find_revision("revert")]
PATH = "1.path.c2q2r1m1.linux-5_12.pre-revert.XVACcaaaaaaaa"


def unpacked(page: str, name: str = "kit-story") -> Any:  # noqa: ANN401 - JSON data
    found = re.search(rf'id="{name}">([^<]*)</script>', page)
    assert found is not None
    return json.loads(zlib.decompress(b64decode(found[1]), -15))


@cache
def pair() -> str:
    return str(story_page(story_of(play_pair(find_scenario("libvirt-wrong"), *SIDES))))


def test_its_policy_lets_its_one_script_run_and_nothing_be_asked_for() -> None:
    page = pair()
    scripts = re.findall(r"<script(.*?)>(.*?)</script>", page, re.DOTALL)
    run = [text for kind, text in scripts if kind == ' type="module"']
    digest = b64encode(sha256(run[0].encode()).digest()).decode()

    assert len(run) == 1
    assert f"default-src 'none'; script-src 'sha256-{digest}';" in page
    assert re.findall(r'\b(?:src|href|action)="[^"#]*"|@import|url\(', page) == []


def test_it_holds_the_places_at_two_widths() -> None:
    data = unpacked(pair())
    found = [(one["picture"]["width"], len(one["xs"])) for one in data["pictures"]]

    assert found == [(width, len(data["view"]["positions"])) for width in (960, 720)]
    assert all(one["xs"] == sorted(one["xs"]) for one in data["pictures"])


def test_it_holds_the_lines_that_are_responsible_at_the_place_where_they_are() -> None:
    data = unpacked(pair())
    at = [
        index
        for index, text in enumerate(data["codes"]["at"])
        if "diff" in data["codes"]["texts"][text]
    ]
    said = [data["view"]["positions"][index]["said"] for index in at]

    assert len(at) == 1
    assert "forgets the request" in str(said) or "drops the request" in str(said)


def test_what_it_gives_to_copy_is_what_the_terminal_prints() -> None:
    data = unpacked(pair())
    opened = open_token(data["shares"]["token"][1], find_scenario)

    assert isinstance(opened, Pair)
    assert opened.before.scenario.name == "libvirt-wrong"
    assert sorted(data["shares"]) == ["mail", "svg", "text", "token"]
    assert data["shares"]["svg"][1].startswith("<svg ")
    assert data["shares"]["text"][1].endswith(data["shares"]["token"][1])
    lines = [line for line in data["shares"]["mail"][1].splitlines() if "://" not in line]
    assert max(map(len, lines)) <= 72


def test_its_question_has_the_true_answer_and_buttons_need_no_kernel() -> None:
    data = unpacked(pair())
    view = data["view"]

    assert data["asked"]["question"]["truth"][0] == "It is gone on revert."
    assert [view[name] for name in ("pairs", "actions", "beside", "menu")] == [[]] * 4
    assert [tab["name"] for tab in view["tabs"]] == ["Events", "Code", "Share", "Legend"]


def test_without_script_it_is_the_picture_and_every_event() -> None:
    page = pair()
    still = page[page.index('class="kit-still"') : page.index("<script")]

    assert still.count('role="img"') == 1
    assert "Every event as text" in still
    assert "1.pair.libvirt-wrong.pre-revert.revert." in still


def test_a_path_is_a_page() -> None:
    played = beside(open_path(PATH), SIDES[1])
    data = unpacked(str(story_page(path_story(played))))

    assert data["shares"]["token"][1] == PATH
    assert [place["at"] for place in data["view"]["positions"]][:2] == ["the start", "choice 1"]


LOG = """\
{"execute": "device_del", "arguments": {"id": "core1"}}
{"return": {}}
{"timestamp": {"seconds": 1617000016, "microseconds": 0}, "event": "DEVICE_DELETED",\
 "data": {"device": "core1", "path": "/machine/peripheral/core1"}}
"""


def test_a_log_is_a_page_that_plays_what_was_logged() -> None:
    data = unpacked(
        str(story_page(observed_story(report_of(read_log([("my.log", LOG.splitlines())])))))
    )
    places = data["view"]["positions"]

    assert places[0]["said"] == [["", "Nothing was seen yet."]]
    assert "DEVICE_DELETED" in str(places[-1]["said"])
    assert data["asked"] is None


# -- what could happen next ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def explored() -> str:
    played = play_pair(find_scenario("libvirt-wrong"), *SIDES)
    story = with_futures(story_of(played), SIDES, GuestKind.LINUX_5_12)
    return str(story_page(story))


def test_the_graph_of_both_revisions_comes_along(explored: str) -> None:
    data = unpacked(explored, "kit-futures")

    assert len(explored.encode()) <= MAX_EXPLORED_BYTES
    assert data["scope"] == "Linux 5.12; 1 core, 2 requests, 1 reset, 1 migration"
    assert [graph["revision"] for graph in data["graphs"]] == ["pre-revert", "revert"]
    assert [len(graph["nodes"]) for graph in data["graphs"]] == [4320, 1100]


def test_each_edge_leads_to_a_node_and_names_an_action_and_its_messages(explored: str) -> None:
    for graph in unpacked(explored, "kit-futures")["graphs"]:
        counts = [len(graph[name]) for name in ("actions", "messages", "nodes")]
        for number, (_, _, *flat) in enumerate(graph["nodes"]):
            for at in range(0, len(flat), 4):
                action, sent, by, _ = flat[at : at + 4]
                there = (action, sent, number + by)
                assert all(0 <= one < count for one, count in zip(there, counts, strict=True))


def test_a_machine_without_cores_is_explored_with_a_card() -> None:
    played = play_pair(
        find_scenario("pcie-retry"), find_revision("pcie-expiry"), find_revision("pcie-today")
    )
    sides = [played.before.revision, played.after.revision]
    page = str(story_page(with_futures(story_of(played), sides, GuestKind.LINUX_5_12)))
    data = unpacked(page, "kit-futures")

    assert len(page.encode()) <= MAX_EXPLORED_BYTES
    assert data["scope"] == (
        "Linux 5.12; a PCI card of 1 function, 2 requests, 1 reset, no migrations"
    )
    assert [graph["revision"] for graph in data["graphs"]] == ["pcie-expiry", "pcie-today"]


def test_each_row_s_moves_lead_to_states_that_it_draws(explored: str) -> None:
    for graph in unpacked(explored, "kit-futures")["graphs"]:
        assert [row["by"] for row in graph["rows"]] == ["sent", *["standing"] * 3]
        for row in graph["rows"]:
            there = {to for moves in row["moves"] for to in moves.values()}

            assert len(row["moves"]) == len(row["states"])
            assert there <= set(range(len(row["states"])))
            assert set(row["states"]) == set(range(len(row["looks"])))
