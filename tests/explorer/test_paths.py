"""Paths: as tokens, as text, on the machine with its time, and as stories with times."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kit.actors.pseries_programs import GuestKind
from kit.common.json_fields import Json
from kit.explorer.export import script_line
from kit.explorer.jobs import NAMED
from kit.explorer.model import DrcModel
from kit.explorer.paths import PlayedPath, open_path, path_json, path_lines, play_path
from kit.explorer.properties import judged
from kit.explorer.scope import LINUX, Scope
from kit.machine.catalogue import find_revision
from kit.machine.events import Aborted, Reply
from kit.machine.requests import Request
from kit.recordings.answers import reply_json
from kit.recordings.conformance import conform
from kit.recordings.format import read_transcripts
from kit.simulation.token import MAX_CHARACTERS, TokenError, read_path
from tests.effort import LONG
from tests.explorer.found import (
    ARBITRARY,
    DEFAULT,
    LINUX_5_12,
    LINUX_5_13,
    LINUX_5_14,
    broken,
    found,
    go,
)
from tests.simulation.stories import at, story, told

REFERENCE = Path(__file__).parents[2] / "data" / "reference" / "directed"


def all_broken(name: str) -> list[PlayedPath]:
    """The counterexamples of the default scope at one revision."""
    return [
        broken(promise.name, name, kind)
        for kind in (LINUX if LONG else (LINUX_5_12, LINUX_5_14))
        for promise in judged(kind)
        if not found(name, kind).result.findings[promise.name].holds
    ]


# -- tokens ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [revision.name for revision in NAMED])
def test_a_counterexample_opens_as_the_path_it_was_made_of(name: str) -> None:
    for played in all_broken(name):
        assert open_path(played.token) == played
        assert len(played.token) <= MAX_CHARACTERS


@pytest.mark.parametrize(
    ("promise", "revision", "kind", "scope"),
    [
        ("no-lost-release", "guest-error", LINUX_5_14, "c3q2r1m1"),
        ("no-abort", "guest-error", ARBITRARY, "c0q1r0m1d3"),
        ("no-silent-disagreement", "51254ffb32~1", LINUX_5_14, "c0q2r1m1d2"),
    ],
)
def test_a_wider_scope_fits_in_a_token_as_well(
    promise: str, revision: str, kind: GuestKind, scope: str
) -> None:
    played = broken(promise, revision, kind, scope)

    assert open_path(f" {played.token}\n") == played
    assert len(played.token) <= MAX_CHARACTERS


def test_a_token_names_choices_and_not_states() -> None:
    assert broken("no-stray-event", "pre-revert").token == (
        "1.path.c2q2r1m1.linux-5_12.pre-revert.8PrFcaa"
    )


@pytest.mark.parametrize(
    ("token", "message"),
    [
        ("1.path", "'1.path': is cut short; copy the whole of it"),
        ("1.path.c2q2r1m1.linux-5_12.pre-revert.8P", "is cut short; copy the whole of it"),
        ("1.path.c2q2r1m1.linux-5_12.pre-revert.8PrFcab", "the token is damaged"),
        ("1.path.c2q2r1m1.linux-5_12.pre-revert.8PrFc9", "the token is damaged"),
        ("1.path.c2q2r1m1.linux-5_12.pre-revert.8PrFc~", "is damaged: "),
        ("1.path.c2q2r1m1.linux-5_12.nowhere.8PrFcaa", "is damaged: no revision 'nowhere'"),
        ("1.path.c2q2r1m1.linux-5_12.q35.8PrFcaa", "is damaged: q35 cannot be explored"),
        ("1.path.c2q2r1m1.minix.pre-revert.8PrFcaa", "is damaged: 'minix' is not a valid"),
        ("1.path.much.linux-5_12.pre-revert.8PrFcaa", "is damaged: 'much' is not a scope"),
        ("1.path.c2q2r1m1.linux-5_12.revert.8PrFcaa", "goes other ways here"),
        ("1.path.\x1b[1m.linux-5_12.revert.8PrFcaa", "is not a token of a path"),
    ],
)
def test_what_is_no_token_of_a_path_is_refused_in_a_line(token: str, message: str) -> None:
    with pytest.raises(TokenError) as error:
        open_path(token)

    assert message in str(error.value)
    assert str(error.value).isprintable()


def test_a_run_is_no_path() -> None:
    with pytest.raises(TokenError):
        read_path("1.run.late-release.revert.AAAA")


# -- as text ---------------------------------------------------------------------------------------


def test_a_path_as_text_says_each_choice_and_what_is_said_then() -> None:
    assert list(path_lines(broken("no-stray-event", "pre-revert"))) == [
        "pre-revert, guest linux-5.12, without time: 3 choices",
        "  1  device_del core1",
        "       The operator asks QEMU to remove core1 (device_del).",
        "       QEMU queues an event for the guest: release core 1.",
        "       QEMU accepts the request.",
        "  2  QEMU's timer fires",
        "       QEMU's timer fires. QEMU drops the request and sends no event.",
        "  3  guest reads",
        "       The guest fetches an event (check-exception).",
        "       The event: remove core 1.",
        "Violated: no-stray-event. QEMU sends the guest only pending requests,",
        "     and reports a refusal once.",
        "1.path.c2q2r1m1.linux-5_12.pre-revert.8PrFcaa",
    ]


def test_a_text_of_qemus_names_no_time_that_is_not_there() -> None:
    """Without time nobody knows how much of the 15 s is left."""
    model = DrcModel(find_revision("pre-revert"), LINUX_5_12, Scope())
    _, path = go(model, "device_del core1", "device_del core1")
    lines = path_lines(play_path(model.revision, model.kind, model.scope, path), width=100)

    assert [line.strip() for line in lines][-2] == (
        "QEMU refuses: “core-id 1 unplug is still pending, … seconds timeout remaining”."
    )


def test_a_path_as_json_has_no_times() -> None:
    written = path_json(broken("no-stray-event", "pre-revert"))

    assert written["breaks"] == ["no-stray-event"]
    assert written["steps"][1] == {
        "action": "QEMU's timer fires",
        "entries": [
            {
                "seq": 0,
                "src": "qemu",
                "dst": "qemu",
                "type": "unplug-timeout",
                "index": 0x10000001,
                "silent": True,
            }
        ],
    }
    json.dumps(written)


# -- on the machine, with its time -----------------------------------------------------------------


def script(played: PlayedPath) -> Json | None:
    model = DrcModel(played.revision, played.kind, played.scope)
    line = script_line("a", model, (0, *played.choices))
    return None if line is None else json.loads(line)


def answers(played: PlayedPath) -> list[Json]:
    """What QEMU answers on a path, as recordings write it."""
    return [
        reply_json(entry.message)
        for step in played.steps
        for entry in step.entries
        if isinstance(entry.message, Reply) and entry.src.value == "qemu"
    ]


@pytest.mark.parametrize("name", [revision.name for revision in NAMED if revision.commit])
def test_a_counterexample_goes_the_same_way_on_the_machine_with_its_time(name: str) -> None:
    """A real clock, a new machine, and no actor but the script: the same answers."""
    for played in all_broken(name):
        written = script(played)
        assert written is not None, played.actions
        begin = len(played.scope.devices) + 1
        steps = [step for step in written["steps"][begin:-2] if step["op"] != "clock_step"]

        assert [step["reply"] for step in steps] == answers(played), played.actions


def test_an_exported_path_is_a_recording_that_the_machine_conforms_to() -> None:
    lines = []
    for played in all_broken("guest-error"):
        model = DrcModel(played.revision, played.kind, played.scope)
        lines.append(str(script_line("a", model, (0, *played.choices))))
    report = conform(read_transcripts(lines, "exported"), "exported")

    assert (report.transcripts, report.mismatches) == (len(lines), ())


def test_an_abort_ends_an_exported_path() -> None:
    written = script(broken("no-abort", "fe1831eff8", ARBITRARY, "c0q2r0m0d2"))

    assert written is not None
    assert written["steps"][-1] == {
        "op": "device_del",
        "id": "dimm1",
        "aborted": {"function": "spapr_drc_unplug_request", "assertion": "drc->dev"},
    }


def test_the_cas_of_a_kernel_that_boots_is_left_to_qtest() -> None:
    """QEMU under qtest plays one at each reset."""
    written = script(broken("no-silent-disagreement", "baseline", LINUX_5_14, "c0q2r1m1d2"))

    assert written is not None
    assert [step["op"] for step in written["steps"]][-4:] == [
        "migrate",
        "system_reset",
        "query_hotpluggable_cpus",
        "query_memory_devices",
    ]


def test_a_path_on_which_somebody_asks_a_firmware_is_not_exported() -> None:
    """Between the reset and the CAS there is no time under qtest."""
    model = DrcModel(find_revision("revert"), LINUX_5_12, Scope())
    boots = ("system_reset", "guest reads", "device_del core1", "guest's work is done")
    _, path = go(model, *boots)

    assert script_line("firmware", model, path) is None
    assert script_line("before", model, path[:-1]) is not None


def test_a_revision_that_never_was_is_not_exported() -> None:
    assert script(broken("no-lost-release", "proposal")) is None


def test_two_timers_fire_one_after_the_other_in_a_script() -> None:
    """A path knows which was started first, a clock needs a time in between."""
    model = DrcModel(find_revision("pre-revert"), LINUX_5_12, Scope())
    _, path = go(model, "device_del core1", "device_del core2", "QEMU's timer fires")
    written = json.loads(str(script_line("two", model, path)))

    assert [step["ns"] for step in written["steps"] if step["op"] == "clock_step"] == [
        1_000_000,
        14_999_000_000,
    ]


# -- held to the recordings of real builds ---------------------------------------------------------

DECIDES = ("device_add", "device_del", "set_indicator", "configure_connector", "migrate")


def recorded(label: str, name: str) -> list[Json]:
    """What decides something of a recording, from its first device_del on."""
    for line in (REFERENCE / f"{label}.jsonl").read_text().splitlines():
        transcript = json.loads(line)
        if transcript["name"] == name:
            return [step for step in deciding(transcript["steps"]) if step["op"] != "device_add"]
    raise AssertionError(name)


def deciding(steps: list[Json]) -> list[Json]:
    ops = [step["op"] for step in steps]
    steps = [step for step in steps[ops.index("device_del") :] if step["op"] in DECIDES]
    return [json.loads(json.dumps(step).replace('"d0"', '"dimm1"')) for step in steps]


@pytest.mark.parametrize(
    ("promise", "revision", "kind", "scope", "label", "name"),
    [
        (
            *("no-lost-release", "pre-revert", LINUX_5_12, DEFAULT),
            *("d522cb52e6~1", "late-release-16s"),
        ),
        (
            *("no-abort", "fe1831eff8", ARBITRARY, "c0q2r0m0d2"),
            *("fe1831eff8", "dimm-partial-release-then-reconfigure"),
        ),
        (
            *("no-abort", "guest-error", ARBITRARY, "c0q1r0m1d2"),
            *("4b08cd567b", "dimm-migrate-pending-then-reject"),
        ),
    ],
    ids=["late-release", "half-released", "after-migration"],
)
def test_a_story_that_was_found_is_one_that_was_recorded(
    promise: str, revision: str, kind: GuestKind, scope: str, label: str, name: str
) -> None:
    """The same calls, and the answers of the real build."""
    written = script(broken(promise, revision, kind, scope))
    assert written is not None
    ours, theirs = deciding(written["steps"]), recorded(label, name)
    for step in theirs:
        step.get("aborted", {}).pop("file", None)

    assert ours == theirs[: len(ours)]
    assert len(ours) >= 3


def test_the_limbo_of_guest_error_is_the_recorded_one() -> None:
    """Recorded with both requests first; here the guest makes up its mind in between."""
    written = script(broken("no-lost-release", "guest-error", LINUX_5_13))
    assert written is not None
    ours = deciding(written["steps"])
    theirs = recorded("4b08cd567b", "late-guest-after-rejection")

    assert ours == theirs[:5]


# -- as a story with times -------------------------------------------------------------------------

STORIES = {
    # the timer fires before the guest makes up its mind
    "pre-revert": ((0, "device_del core1"), (16, "guest releases")),
    # the second request comes while the guest thinks about the first
    "guest-error": (
        (0, "device_del core1"),
        (1, "device_del core1"),
        (2, "guest refuses"),
        (3, "guest releases"),
    ),
}


@pytest.mark.parametrize("name", STORIES)
def test_a_limbo_that_was_found_happens_in_time_as_well(name: str) -> None:
    """The same choices at a time, where QEMU's 15 s and libvirt's 10 s are as long as they are."""
    played = broken("no-silent-disagreement", name, LINUX_5_13)
    thinks = story(guest="linux-5.13", asks=True, devices=["core1"], libvirt="7.10.0")
    run = at(name, thinks, *STORIES[name])
    made = [action for action in played.actions if action.startswith(("device_del", "guest rel"))]

    assert [text for _, text in STORIES[name] if text != "guest refuses"] == made
    assert run.belief().orphaned
    assert not run.belief().agreed
    assert told(run, "DEVICE_DELETED") == []


OFTEN = {"device_del core1": 2, "device_del core2": 2, "system_reset": 1, "migrate": 1}
DECISIONS = ("guest releases", "guest refuses")


@given(
    st.sampled_from(["baseline", "revert", "resend"]),
    st.lists(st.tuples(st.integers(0, 40), st.sampled_from([*OFTEN, *DECISIONS])), max_size=8).map(
        sorted
    ),
)
def test_where_no_limbo_was_found_there_is_none_in_time(
    name: str, made: list[tuple[int, str]]
) -> None:
    """Whatever happens when, within the scope."""
    texts = [text for _, text in made]
    assume(all(texts.count(text) <= most for text, most in OFTEN.items()))
    assume(sum(text.startswith("device_del") for text in texts) <= 2)
    cast = {"guest": "linux-5.13", "asks": True, "libvirt": "7.10.0"}
    run = at(name, story(devices=["core1", "core2"], end="60 s", **cast), *made)

    assert [run.belief(device).orphaned for device in run.devices] == [False, False]


def test_what_qemu_asks_for_and_answers_is_all_that_a_path_needs() -> None:
    """Requests and replies alternate, so that `answers` compares like with like."""
    played = broken("no-lost-release", "pre-revert")
    messages = [entry.message for step in played.steps for entry in step.entries]

    assert sum(isinstance(message, Request) for message in messages) == len(answers(played))
    assert not any(isinstance(message, Aborted) for message in messages)
