"""A revert's report, and a row of the table of reverts, as HTML.  Text of a clone is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kit.common.plain_text import printable
from kit.git.values.page import CommitPage, RevertPage
from kit.git.values.verdict import VERDICT_WORDS, LeftOver, Revert, Status, Target, Verdict
from kit.views.escape import escape
from kit.views.html.diff import commit_html
from kit.views.html.parts import status

__all__ = ["days_words", "diffs_html", "page_text", "report_html", "row_html"]
__all__ += ["row_title", "verdict_word"]

_AT_MOST_LINES = 40  # of what is left over: kit revert --json has them all
_AT_MOST_TAGS = 24
_GOOD = (Verdict.EXACT, Verdict.SAME_LINES)
_ANSWERS = {True: "yes", False: "no", None: "cannot be told here"}
_AFTER = {
    "fixes": "fixes it or what it took back",
    "re-land": "brings it back",
    "follow-up": "works in the same functions",
}


# -- the report --------------------------------------------------------------------------------


def report_html(page: RevertPage) -> str:
    """Write all about a revert but the diffs."""
    revert = page.revert
    about = (
        f"{revert.author}; written {revert.authored[:10]}, committed {revert.committed[:10]};"
        f" read from: {page.source}"
    )
    return "".join(
        (
            f'<h3 class="kit-step"><code>{revert.sha[:10]}</code> {escape(revert.subject)}</h3>',
            f'<p class="kit-soft">{escape(about)}</p>',
            status(_verdict_words(page), "" if page.finding.verdict in _GOOD else " kit-parted"),
            _targets_html(page),
            _checks_html(page),
            _residual_html(page.finding.residual),
            _shipped_html(page),
            _after_html(page),
        )
    )


def _verdict_words(page: RevertPage) -> str:
    words = VERDICT_WORDS[page.finding.verdict]
    return f"{words}\n{printable(page.finding.note)}" if page.finding.note else words


def _targets_html(page: RevertPage) -> str:
    if not page.revert.targets:
        return "<p>It does not say what it reverts.</p>"
    rows = [
        (f"<code>{escape(_short(target))}</code>", escape(title), *_days_cells(target))
        for target, title in zip(page.revert.targets, page.titles, strict=True)
    ]
    heads = ("reverts", "subject", "days by committer date", "by author date")
    chain = "".join(
        f"<li><code>{each.sha[:10]}</code> is a revert itself, of"
        f" {escape(', '.join(_short(target) for target in each.targets))}</li>"
        for each in page.chain
    )
    return _table("What it takes back, and after how long", heads, rows) + (
        f"<ul>{chain}</ul>" if chain else ""
    )


def _days_cells(target: Target) -> tuple[str, str]:
    if target.status is not Status.OK:
        return f"{target.status.value} here", ""
    return f"{target.days}", f"{target.author_days}"


def _checks_html(page: RevertPage) -> str:
    checks, orders = page.finding.checks, page.finding.orders
    of_orders = f" ({orders[0]} of {orders[1]} orders apply)" if orders and orders[1] > 1 else ""
    count = "" if page.lines is None else f" ({page.lines} lines changed)"
    rows = [
        (
            "three-way",
            "Undo the targets on its parent by a merge: is that its tree?",
            _ANSWERS[checks.three_way] + of_orders,
        ),
        (
            "reverse apply",
            "Take their patches away, the lines around them as they were: is that its tree?",
            _ANSWERS[checks.reverse_apply],
        ),
        (
            "line by line",
            "Add up what targets and revert change: is nothing left?",
            _ANSWERS[checks.same_lines] + count,
        ),
    ]
    return _table("Is it exact? Three checks", ("check", "asks", "answer"), rows)


def _residual_html(left: Sequence[LeftOver]) -> str:
    if not left:
        return ""
    lines = "".join(
        f'<span class="{"kit-added" if each.sign == "+" else "kit-removed"}">'
        f"{'its own' if each.own else 'left   '} {each.sign}{escape(each.line)}"
        f'  <i class="kit-comment">{escape(each.path)}</i></span>'
        for each in left[:_AT_MOST_LINES]
    )
    hidden = len(left) - _AT_MOST_LINES
    more = f'<span class="kit-soft">… {hidden} lines more (kit revert --json)</span>'
    return (
        f"<details open><summary>{len(left)} lines by which the two do not cancel out: left by the"
        " targets, or the revert's own</summary>"
        '<pre class="kit-diff" tabindex="0" role="region" data-lm-suppress-shortcuts="true"'
        f' aria-label="lines left over">{lines}{more if hidden > 0 else ""}</pre></details>'
    )


def _shipped_html(page: RevertPage) -> str:
    none = "none" if not page.untold else "none that can be told"
    more = len(page.tags) - _AT_MOST_TAGS
    tags = ", ".join(page.tags[:_AT_MOST_TAGS]) + (f" and {more} more" if more > 0 else "")
    untold = ""
    if page.untold:
        untold = (
            f'<p class="kit-soft">Of {page.untold} tags it cannot be told: their files are'
            " not here.</p>"
        )
    return (
        "<dl>"
        f"<dt>tags with the code</dt><dd>{escape(tags) or none}</dd>"
        f"<dt>releases among them</dt><dd>{escape(', '.join(page.releases)) or none}</dd>"
        f"</dl>{untold}"
    )


def _after_html(page: RevertPage) -> str:
    if not page.after:
        return ""
    rows = [
        (f"<code>{sha[:10]}</code>", escape(subject), escape(_AFTER.get(how, how)))
        for sha, subject, how in page.after
    ]
    return _table("What came after", ("commit", "subject", "it"), rows)


def _table(caption: str, heads: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table; cells are HTML."""
    top = "".join(f'<th scope="col">{escape(head)}</th>' for head in heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return (
        f'<table class="kit-rows"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"
    )


def diffs_html(page: RevertPage, *, side_by_side: bool) -> str:
    """Write the revert's diff, and below it those of its targets, closed."""
    parts = []
    if page.diff is not None:
        parts.append(f"<h4>Its diff</h4>{_files_html(page.diff, side_by_side=side_by_side)}")
    for each in page.diffs:
        inner = _files_html(each, side_by_side=side_by_side)
        head = f"diff of the target {escape(each.heading)}"
        parts.append(f"<details><summary>{head}</summary>{inner}</details>")
    shown, named = len(page.diffs), len(page.revert.resolved)
    if shown < named:
        parts.append(f'<p class="kit-soft">… and {named - shown} targets more.</p>')
    return "".join(parts)


def _files_html(page: CommitPage, *, side_by_side: bool) -> str:
    # its heading stands above
    return commit_html(page, side_by_side=side_by_side).partition("</h4>")[2]


def page_text(page: RevertPage) -> str:
    """Write the verdict as plain text."""
    return f"{page.revert.sha[:10]} {printable(page.revert.subject)}\n{_verdict_words(page)}"


# -- a row -------------------------------------------------------------------------------------


def row_html(row: Revert, days: tuple[int, int] | None) -> str:
    """Write what stands beside a row's button: date, days by both dates, form, verdict."""
    style = ""
    if row.finding is not None:
        good = row.finding.verdict in _GOOD
        style = "kit-soft" if row.finding.verdict is None else "kit-fine" if good else "kit-bad"
    cells = (
        f"<span>{row.committed[:10]}</span>",
        f'<span class="kit-number">{days_words(days)}</span>',
        f"<span>{row.form.value}</span>",
        f'<span class="{style}">{verdict_word(row)}</span>',
    )
    return f'<div class="kit-cells">{"".join(cells)}</div>'


def row_title(row: Revert, days: tuple[int, int] | None) -> str:
    """Say the same in a sentence, for whoever hears the button only."""
    lasted = (
        "not dated" if days is None else f"{days[0]} days by committer, {days[1]} by author date"
    )
    return f"{row.committed[:10]}, {lasted}, {row.form.value}, verdict: {verdict_word(row)}"


def days_words(days: tuple[int, int] | None) -> str:
    """Write days by committer and by author date."""
    return "–" if days is None else f"{days[0]} / {days[1]}"


def verdict_word(row: Revert) -> str:
    """Return the verdict in a word; a dash where nobody has checked."""
    if row.finding is None:
        return "–"
    return "none" if row.finding.verdict is None else row.finding.verdict.value


def _short(target: Target) -> str:
    name = target.sha or target.named
    return name[:10] if target.sha else name
