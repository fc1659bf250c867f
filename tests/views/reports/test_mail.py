"""Mail and Markdown: what is pasted, line by line, and what a reader needs to replay it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.common.errors import UserError
from kit.common.package import drawn_by
from kit.git.values.page import CommitReference
from kit.machine.catalogue import CATALOGUE, find_revision
from kit.machine.revision import Revision
from kit.simulation.provenance import command_of
from kit.simulation.run import Intervention, Pair, Run, play, play_pair
from kit.simulation.token import open_token, token_of
from kit.storage.scenarios import find_scenario, scenarios
from kit.views.diagram.text import picture_lines
from kit.views.reports.mail import mail_lines, markdown_lines, read_message_id

REVERT = CommitReference(
    "d522cb52e6 (spapr: rollback 'unplug timeout' for CPU hotunplugs, 2021-03-31)",
    "https://lore.kernel.org/qemu-devel/20210401000437.131140-2-danielhb413@gmail.com/",
)
LATE = find_scenario("late-release")
PSERIES_STORIES = sorted(
    name for name, one in scenarios().items() if CATALOGUE[0].board in one.setup.boards
)


def pair() -> Pair:
    return play_pair(LATE, find_revision("pre-revert"), find_revision("revert"))


def test_a_mail_is_picture_caption_transcript_commits_and_how_to_replay_it() -> None:
    lines = list(mail_lines(pair(), [REVERT]))
    picture = picture_lines(pair())

    assert lines[: len(picture)] == picture
    assert lines[len(picture) :] == [
        "",
        "The guest releases the core after 16 s, at pre-revert and revert.",
        "They part at 15 s: before LIMBO, after DEVICE_DELETED.",
        "",
        "# late-release at pre-revert (d522cb52e6~1), -machine pseries",
        '-> {"execute": "device_del", "arguments": {"id": "core1"}}',
        '<- {"return": {}}',
        "# late-release at revert (d522cb52e6), -machine pseries",
        '-> {"execute": "device_del", "arguments": {"id": "core1"}}',
        '<- {"return": {}}',
        '<- {"timestamp": {"seconds": 16, "microseconds": 0}, "event":',
        '"DEVICE_DELETED", "data": {"path": "/machine/peripheral/core1",',
        '"device": "core1"}}',
        "",
        "d522cb52e6 (spapr: rollback 'unplug timeout' for CPU hotunplugs,",
        "2021-03-31)",
        REVERT.link,
        "",
        drawn_by(),
        "Replay: kit compare late-release --before pre-revert --after revert",
        token_of(pair()),
    ]


def test_a_reply_begins_with_the_mail_that_it_answers() -> None:
    lines = list(mail_lines(pair(), [], in_reply_to="a.b-1@host.org"))

    assert lines[:3] == ["In-Reply-To: <a.b-1@host.org>", "References: <a.b-1@host.org>", ""]
    assert lines[3:] == list(mail_lines(pair(), []))


@pytest.mark.parametrize("text", ["a@b", "<YGUjsYyChGKZi/a7@yekko.fritz.box>", " 1.2-3@c.d "])
def test_a_message_id_is_taken_with_its_brackets_or_without(text: str) -> None:
    assert read_message_id(text) == text.strip().strip("<>")


@pytest.mark.parametrize(
    "text", ["", "no at", "a b@c", "a@b\nSubject: x", "<a@b", "a@" + "b" * 600, "@", "a@<b>"]
)
def test_what_is_no_message_id_is_refused(text: str) -> None:
    """A line break in it would be a header of somebody else's."""
    with pytest.raises(UserError, match="is not a Message-Id; example:"):
        read_message_id(text)


def test_what_a_person_did_is_replayed_by_its_token() -> None:
    forked = play(LATE, find_revision("revert"), (Intervention(5_000_000_000, "system_reset"),))

    assert command_of(forked) == f"kit open {token_of(forked)}"
    assert command_of(play(LATE, find_revision("revert"))) == "kit run late-release --at revert"


@given(
    st.sampled_from(PSERIES_STORIES),
    st.sampled_from(CATALOGUE),
    st.one_of(st.none(), st.sampled_from(CATALOGUE)),
    st.integers(60, 200),
    st.booleans(),
)
def test_no_line_of_a_mail_is_too_long_but_for_one_word_and_the_token_opens(
    name: str, before: Revision, after: Revision | None, width: int, unicode: bool
) -> None:
    scenario = find_scenario(name)
    played: Run | Pair = (
        play(scenario, before) if after is None else play_pair(scenario, before, after)
    )
    lines = list(mail_lines(played, [REVERT], width, unicode=unicode))
    long = [line for line in lines if len(line) > width]

    assert [line for line in long if " " in line] == []
    assert [line for line in lines if line != line.rstrip()] == []
    assert open_token(lines[-1], find_scenario) == played


def test_markdown_has_the_picture_in_a_fence_and_the_events_to_unfold() -> None:
    lines = list(markdown_lines(pair(), [REVERT]))
    fences = [number for number, line in enumerate(lines) if line.startswith("```")]

    assert lines[:3] == [
        "**The guest releases the core after 16 s, at pre-revert and revert.**",
        "They part at 15 s: before LIMBO, after DEVICE\\_DELETED.",
        "",
    ]
    assert [lines[number] for number in fences] == ["```text", "```", "```text", "```"]
    assert lines[fences[0] + 1 : fences[1]] == picture_lines(pair())
    assert lines[fences[1] + 2 : fences[2]] == [
        "- [d522cb52e6 (spapr: rollback 'unplug timeout' for CPU hotunplugs, 2021-03-31)]"
        f"({REVERT.link})",
        "- `kit compare late-release --before pre-revert --after revert`",
        f"- token: `{token_of(pair())}`",
        f"- {drawn_by()}",
        "",
        "<details><summary>Every event</summary>",
        "",
    ]
    assert lines[-1] == "</details>"


def test_a_hostile_subject_is_text_in_markdown() -> None:
    """A subject comes from a clone: it can be anything."""
    hostile = CommitReference(
        "0123456789 (<script>alert(1)</script> [x](y) `z` @all #1, 2021-01-01)"
    )
    line = next(line for line in markdown_lines(pair(), [hostile]) if line.startswith("- 0123"))

    assert line == (
        "- 0123456789 (\\<script\\>alert(1)\\</script\\> \\[x\\](y) \\`z\\` `@all` `#1,`"
        " 2021-01-01)"
    )
