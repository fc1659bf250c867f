"""HTML of logs and diffs: marked, complete, escaped."""

from __future__ import annotations

from kit.machine.revision import find_revision
from kit.runs.bench import Act, play
from kit.views.diff_html import MOST_LINES, DiffPage, PageFile, commit_html
from kit.views.html import log_html, state_html


def test_the_log_marks_the_first_difference_by_a_word_too() -> None:
    run = play(find_revision("pre-revert"), (Act.DEVICE_DEL, Act.WAIT_TO_15_S))
    html = log_html("before", run, 3)

    assert html.count("First difference.") == 1
    assert html.index("First difference.") < html.index("it forgets the request")
    assert html.count("<tr") == 4


def test_an_empty_log_says_so() -> None:
    assert "Nothing has happened yet." in log_html(
        "before", play(find_revision("revert"), ()), None
    )


def test_limbo_is_named_where_it_is() -> None:
    late = (Act.DEVICE_DEL, Act.GUEST_RELEASES_LATE)

    assert [
        "LIMBO" in state_html(play(find_revision(name), late)) for name in ("pre-revert", "revert")
    ] == [True, False]


HOSTILE = '<script>alert("x")</script>&\x1b[31m'


def test_whatever_comes_from_a_clone_is_escaped() -> None:
    page = DiffPage(HOSTILE, HOSTILE, (PageFile(HOSTILE, (("added", HOSTILE),)),), HOSTILE)
    html = commit_html(page)

    assert "<script" not in html
    assert html.count("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&amp;") == 6


def test_a_diff_counts_its_lines() -> None:
    lines = (("hunk", "f()"), ("context", "a"), ("added", "b"), ("added", "c"), ("removed", "d"))
    html = commit_html(DiffPage("subject", files=(PageFile("x.c", lines),)))

    assert "+2 −1" in html
    assert '<span class="kit-removed">-d</span>' in html


def test_a_diff_that_is_too_long_says_how_much_is_left_out() -> None:
    long = PageFile("x.c", (("context", "a"),) * (MOST_LINES + 5))
    html = commit_html(DiffPage("subject", files=(long, PageFile("y.c", (("added", "b"),)))))

    assert "… 5 more lines" in html
    assert "… 1 more lines" in html
