"""Tokens: printable, short, of choices and not of states; what is not one is refused in a line."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kit.common.errors import UserError
from kit.machine.catalogue import CATALOGUE, PSERIES, find_revision
from kit.machine.clock import NS_PER_MS
from kit.machine.revision import Revision
from kit.simulation.actions import menu
from kit.simulation.run import Intervention, Pair, Run, play, play_pair
from kit.simulation.scenario import Scenario
from kit.simulation.token import MAX_CHARACTERS, TokenError, open_token, token_of
from kit.storage.scenarios import find_scenario, scenarios
from tests.simulation.stories import story

LATE = story("0 s: device_del core1", offline_work="16 s", end="20 s", name="late-release")
REVISIONS = PSERIES


def find_late(name: str) -> Scenario:
    """A machine that has one scenario."""
    if name != LATE.name:
        raise UserError(f"no scenario {name!r}; there are: late-release")
    return LATE


def run(*interventions: Intervention) -> Run:
    return play(LATE, find_revision("pre-revert"), interventions)


def test_a_token_begins_with_its_version_and_kind_and_names_the_choices() -> None:
    pair = play_pair(LATE, find_revision("pre-revert"), find_revision("revert"))

    assert re.fullmatch(r"1\.run\.late-release\.pre-revert\.[\w-]{4}", token_of(run()))
    assert re.fullmatch(r"1\.pair\.late-release\.pre-revert\.revert\.[\w-]{4}", token_of(pair))


interventions = st.lists(
    st.builds(
        Intervention,
        st.integers(0, 60_000).map(lambda ms: ms * NS_PER_MS),
        st.one_of(st.sampled_from(menu(LATE.setup.devices)), st.just("host load 7")),
        st.one_of(
            st.just(()),
            st.tuples(st.integers(0, 40)),
            st.tuples(st.integers(0, 40), st.integers(0, 40)),
        ),
    ),
    max_size=10,
).map(lambda found: tuple(sorted(found, key=lambda one: one.at_ns)))


@given(st.sampled_from(REVISIONS), st.one_of(st.none(), st.sampled_from(REVISIONS)), interventions)
def test_a_token_opens_as_the_run_it_was_made_of(
    before: Revision, after: Revision | None, made: tuple[Intervention, ...]
) -> None:
    played: Run | Pair
    if after is None:
        played = play(LATE, before, tuple(replace(one, after=one.after[:1]) for one in made))
    else:
        played = play_pair(LATE, before, after, made)
    token = token_of(played)

    assert open_token(token, find_late) == played
    assert re.fullmatch(r"[A-Za-z0-9._~-]+", token)


@pytest.mark.parametrize("scenario", scenarios().values(), ids=lambda scenario: scenario.name)
def test_ten_interventions_in_a_built_in_scenario_are_a_token_of_120_characters(
    scenario: Scenario,
) -> None:
    """The longest names, the actions with the highest numbers, ten minutes between all of them and
    the counts of the longest instant: nothing that a person clicks takes more room."""
    longest = sorted(REVISIONS, key=lambda revision: len(revision.name))[-2:]
    last = menu(scenario.setup.devices)[-1]
    made = tuple(Intervention(n * 600_000_000_000, last, (20, 20)) for n in range(10))
    pair = Pair(*(_unplayed(scenario, revision, made) for revision in longest))

    assert len(token_of(pair)) <= MAX_CHARACTERS


def _unplayed(scenario: Scenario, revision: Revision, made: tuple[Intervention, ...]) -> Run:
    began = play(LATE, CATALOGUE[0]).began
    one_side = tuple(replace(one, after=one.after[:1]) for one in made)
    return Run(
        scenario=scenario,
        revision=revision,
        interventions=one_side,
        made=(),
        began=began,
        ended=began,
        devices=(),
    )


def test_where_names_are_too_long_hashes_stand_for_them() -> None:
    made = tuple(Intervention(n * 1_000_000_000, "device_del core1", (3, 3)) for n in range(14))
    pair = play_pair(LATE, find_revision("deadline-helper"), find_revision("v6.0.0-rc0"), made)
    token = token_of(pair)

    assert token.startswith("1.pair.late-release.4515.9e2e.")
    assert open_token(token, find_late) == pair


TOKEN = token_of(run(Intervention(5_000_000_000, "system_reset")))


@pytest.mark.parametrize(
    ("token", "message"),
    [
        ("", "'' is not a token"),
        ("late-release", "'late-release' is not a token"),
        ("1.run.late-release.pre revert.AAAA", "is not a token"),
        ("2" + TOKEN[1:], "is a token of version 2; this kit opens version 1"),
        ("1.film.late-release.revert.AAAA", "kind 'film'; expected one of run, pair, path"),
        ("1.path.late-release.revert.AAAA", "is a path, which has no times; see it with: kit open"),
        ("1.run.late-release", "is cut short; copy the whole of it"),
        (TOKEN.replace("late-release", "other"), "scenario 'other' is not on this machine"),
        (TOKEN.replace("pre-revert", "v5_2_0"), "is damaged: no revision 'v5.2.0'"),
        (TOKEN.replace("pre-revert", "revert.revert"), "does not name the revisions of a run"),
        (TOKEN[:-1], "is damaged"),
        (TOKEN[:-3], "is damaged"),
        ("1.run.late-release.pre-revert.AA", "is damaged: its end is missing"),
        ("1.run.late-release.pre-revert.AAAAAP8", "is damaged"),
        ("1.run.late-release.pre-revert.AAAAAAAFYWI", "is damaged: its end is missing"),
        ("1.run.late-release.pre-revert.AAAA", "is another one here than the token was made of"),
    ],
)
def test_what_cannot_be_opened_says_why_in_a_line(token: str, message: str) -> None:
    with pytest.raises(TokenError) as error:
        open_token(token, find_late)

    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_scenario_that_was_changed_is_not_played_in_the_place_of_the_old_one() -> None:
    changed = story("0 s: device_del core1", offline_work="14 s", end="20 s", name="late-release")

    with pytest.raises(TokenError, match="is another one here"):
        open_token(TOKEN, lambda _: changed)


def test_a_better_title_leaves_tokens_valid() -> None:
    retitled = replace(LATE, title="Another title", why="Another reason")

    assert open_token(TOKEN, lambda _: retitled).scenario == retitled  # type: ignore[union-attr]


@given(st.one_of(st.text(max_size=60), st.from_regex(r"1\.(run|pair)\.late-release\.[\w.-]{0,40}")))
@example("1.run.late-release.revert." + "_" * 400)
@example("１.run.late-release.revert.AAAA")
def test_no_text_makes_anything_but_a_line(token: str) -> None:
    with suppress(TokenError):
        assert isinstance(open_token(token, find_late), Run | Pair)


def test_every_built_in_scenario_has_a_token_that_opens() -> None:
    for scenario in scenarios().values():
        (revision, *_) = map(find_revision, scenario.compare[0])
        played = play(scenario, revision)

        assert open_token(token_of(played), find_scenario) == played
