"""HTML of logs and diffs: marked, complete, escaped."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest

from kit.actors.messages import Actor, GuestLog
from kit.git.values.commit import ChangeKind, Commit, DiffLine, FileDiff, Hunk, LineKind, Person
from kit.git.values.page import CommitPage
from kit.machine.catalogue import find_revision
from kit.simulation.knowledge import Knowledge, knowledge
from kit.simulation.run import Pair, Run, play, play_pair
from kit.simulation.sandbox import Act
from kit.simulation.timeline import Timeline
from kit.storage.scenarios import find_scenario
from kit.trace.entry import TraceEntry
from kit.views.html.diff import MAX_LINES, commit_html, message_html
from kit.views.html.diff_lines import LinePair, changed_parts, line_pairs
from kit.views.html.run import beliefs_html, events_html
from kit.views.terminal.diff import commit_lines, commit_text
from tests.clicks import sandbox_run

CONTEXT, ADDED, REMOVED = LineKind.CONTEXT, LineKind.ADDED, LineKind.REMOVED
HOSTILE = '<script>alert("x")</script>&\x1b[31m\N{RIGHT-TO-LEFT OVERRIDE}'


def lines(*signed: str) -> tuple[DiffLine, ...]:
    return tuple(DiffLine(LineKind(text[0]), text[1:], 1, 1) for text in signed)


def file(*signed: str, path: str = "drc.c", binary: bool = False) -> FileDiff:
    hunks = () if binary else (Hunk("release(void)", lines(*signed)),)
    return FileDiff(path=path, old_path=path, kind=ChangeKind.MODIFIED, binary=binary, hunks=hunks)


def commit(text: str = "subject") -> Commit:
    someone = Person(text, "a@example.org")
    return Commit(
        hash="1" * 40,
        subject=text,
        body=f"{text}\nbody",
        author=someone,
        committer=someone,
        authored="2021-03-31T21:04:00-03:00",
        committed="2021-04-12T12:00:00+10:00",
        trailers=(("Cc", text), ("Message-Id", "<a@b>")),
    )


# -- logs --------------------------------------------------------------------------------------


def run(name: str, *acts: Act) -> Run:
    return sandbox_run(find_revision(name), *acts)


def with_log(text: str) -> Run:
    """A run in which the guest wrote *text* to its log."""
    made = run("revert", Act.DEVICE_DEL)
    entry = TraceEntry(
        seq=0, at_ns=0, guest_ns=0, src=Actor.GUEST, dst=Actor.GUEST, message=GuestLog(text)
    )
    moment = replace(made.moments[0], entry=entry)
    return replace(made, ended=replace(made.ended, moments=(moment,)))


def cells(html: str) -> list[list[str]]:
    """The words of a table's cells, row by row."""
    rows = re.findall(r"<tr.*?</tr>", html)
    return [
        [unescape(re.sub("<[^>]+>", "", cell)) for cell in re.findall(r"<t[hd].*?</t[hd]>", row)]
        for row in rows
    ]


def late(name: str = "late-release") -> Pair:
    return play_pair(find_scenario(name), find_revision("pre-revert"), find_revision("revert"))


def test_events_are_escaped() -> None:
    html = events_html(Timeline(played=with_log("<script>")), ["<b>"])

    assert html.count("&lt;script&gt;") == 1
    assert "<b>" not in html


def test_what_both_have_is_one_event_and_what_one_has_stands_on_its_side() -> None:
    html = events_html(Timeline(played=late()), ["pre-revert", "revert"])
    rows = cells(html)

    assert rows[0] == ["no.", "time", "pre-revert", "revert"]
    assert rows[1] == ["1", "0 s", "The operator asks QEMU to remove core1 (device_del)."]
    assert rows[6][2:] == ["QEMU's timer fires. QEMU drops the request and sends no event.", "–"]
    assert rows[12][2:] == ["–", "QEMU has removed core1 and sends DEVICE_DELETED."]
    assert re.findall(r'data-place="(\d+)"', html) == [str(place) for place in range(13)]


def test_of_very_many_events_the_first_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kit.views.html.run.MAX_ROWS", 5)
    rows = cells(events_html(Timeline(played=late("retry-each-second")), ["a", "b"]))[1:]

    assert (len(rows), rows[-1]) == (6, ["… 56 more events"])


def test_who_believes_what_has_a_row_for_each_party_and_a_verdict() -> None:
    made = late("libvirt-wrong")
    known = [knowledge(one, len(one.trace) - 1) for one in (made.before, made.after)]

    assert cells(beliefs_html(["pre-revert", "revert"], known)) == [
        ["party", "pre-revert", "revert"],
        ["QEMU", "holds core1; dropped the request at 15 s, no longer waits", "has removed core1"],
        ["guest", "has released core1", "has released core1"],
        [
            "libvirt",
            "WRONG lists core1",
            "does not list core1",
        ],
        ["operator received", "“timed out” at 10 s", "“timed out” at 10 s"],
        [
            "together",
            "LIMBO: the guest has released it, QEMU holds it, no request is pending;"
            " WRONG: libvirt's list differs from what the guest uses",
            "they agree: it is gone",
        ],
    ]


def test_each_device_has_a_block_of_its_own() -> None:
    made = play(find_scenario("two-cores"), find_revision("revert"))
    rows = cells(beliefs_html(["revert"], [knowledge(made, -1)]))

    assert [row for row in rows if len(row) == 1] == [["core1"], ["core2"]]


def test_what_is_believed_is_escaped() -> None:
    hostile = Knowledge("<b>", (("<i>", "<u>"),), False, False, True, True)
    html = beliefs_html(["<s>"], [(hostile, replace(hostile, device="<em>"))])

    assert re.findall("<(?:b|i|u|s|em)>", html) == []


# -- lines side by side ------------------------------------------------------------------------


def pairs(*signed: str) -> list[tuple[str | None, str | None]]:
    return [
        (pair.old and pair.old.text, pair.new and pair.new.text)
        for pair in line_pairs(Hunk("", lines(*signed)))
    ]


def test_removed_and_added_lines_stand_side_by_side() -> None:
    assert pairs(" a", "-b", "-c", "+d", " e", "+f", "-g") == [
        ("a", "a"),
        ("b", "d"),
        ("c", None),
        ("e", "e"),
        (None, "f"),
        ("g", None),
    ]


@pytest.mark.parametrize(
    ("old", "new", "marked"),
    [
        ("timeout = 10;", "timeout = 15;", (["10"], ["15"])),
        ("int x;", "return spapr_drc_release(drc);", ([], [])),
        ("same", "same", ([], [])),
    ],
)
def test_what_differs_within_a_line(
    old: str, new: str, marked: tuple[list[str], list[str]]
) -> None:
    (before,), (after,) = lines(f"-{old}"), lines(f"+{new}")
    parts = changed_parts(LinePair(before, after))

    assert (
        tuple(
            [text[part.start : part.stop] for part in side]
            for text, side in zip((old, new), parts, strict=True)
        )
        == marked
    )


# -- a diff as HTML ----------------------------------------------------------------------------


@pytest.mark.parametrize("side_by_side", [False, True])
def test_whatever_comes_from_a_clone_is_escaped(side_by_side: bool) -> None:
    hostile = file(f"-{HOSTILE}", f"+{HOSTILE}x", f" {HOSTILE}", path=f"{HOSTILE}.c")
    page = CommitPage(HOSTILE, HOSTILE, commit(HOSTILE), (hostile,), HOSTILE)
    html = commit_html(page, side_by_side=side_by_side) + message_html(commit(HOSTILE))

    assert "<script" not in html
    assert html.count("&lt;") >= 8
    assert ("\x1b" in html, "\N{RIGHT-TO-LEFT OVERRIDE}" in html) == (False, False)


@pytest.mark.parametrize("side_by_side", [False, True])
def test_no_character_of_a_line_is_lost(side_by_side: bool) -> None:
    text = '\tif (!strcmp("a\\n", b)) { /* x < 15 */ return 0x1F; }'
    html = commit_html(CommitPage("s", files=(file(f"+{text}"),)), side_by_side=side_by_side)
    shown = unescape(re.sub(r"<[^>]+>", "", html))

    assert f"+{text}" in shown


def test_a_diff_counts_its_lines_and_marks_what_differs() -> None:
    html = commit_html(CommitPage("s", files=(file(" a", "-x = 10;", "+x = 15;", "+y"),)))

    assert "+2 −1" in html
    assert html.count("<mark>") == 2


def test_a_binary_file_is_named() -> None:
    assert "a binary file differs" in commit_html(CommitPage("s", files=(file(binary=True),)))


def test_a_diff_that_is_too_long_says_how_much_is_left_out() -> None:
    long = file(*[" a"] * (MAX_LINES + 4))  # and the hunk's head
    html = commit_html(CommitPage("s", files=(long, file("+b", path="y.c"))))

    assert "… 5 more lines" in html
    assert "… 2 more lines" in html


def test_every_page_says_where_it_was_read_from() -> None:
    assert "read from: clone (/qemu)" in commit_html(CommitPage("s", "clone (/qemu)"))


def test_a_link_leads_only_where_a_message_id_does() -> None:
    assert re.findall(r'href="([^"]*)"', message_html(commit())) == [
        "https://lore.kernel.org/qemu-devel/a@b/"
    ]


# -- a diff as text ----------------------------------------------------------------------------


def test_plain_text_keeps_its_width_and_its_content() -> None:
    long = "%" * 200
    text = list(commit_lines(commit(), (file(f"+{long}", "-y"),), "clone (/qemu)", 72))
    whole = "".join(line.removesuffix("\\").removeprefix("+") for line in text if "%" in line)

    assert max(map(len, text)) <= 72
    assert whole.count("%") == 200
    assert "read from clone (/qemu)" in text


def test_text_from_a_clone_does_not_steer_the_terminal() -> None:
    page = (commit(HOSTILE), (file(f"+{HOSTILE}", path=HOSTILE),), HOSTILE)
    shown = "\n".join(commit_lines(*page)) + commit_text(*page).plain

    assert {c for c in shown if not c.isprintable()} <= {"\n", "\t"}
    assert "\\x1b[31m\\u202e" in shown
