"""A revert's report, and a row of the table of reverts, as HTML. Text from a clone is hostile."""

from __future__ import annotations

from collections.abc import Sequence

from kit.common.english import counted
from kit.common.plain_text import printable
from kit.git.values.page import CommitPage, RevertPage
from kit.git.values.verdict import (
    VERDICT_WORDS,
    Residual,
    Revert,
    RevertTarget,
    RevertVerdict,
    TargetStatus,
)
from kit.views.escape import Html
from kit.views.html.base import status
from kit.views.html.diff import commit_html
from kit.views.html.print_form import table

__all__ = [
    "ANSWERS",
    "days_words",
    "diffs_html",
    "exact_html",
    "page_text",
    "report_html",
    "row_html",
]
__all__ += ["row_html", "row_title", "verdict_word"]

_MAX_LINES = 40  # residual lines shown; kit revert --json has all
_MAX_TAGS = 24
_GOOD = (RevertVerdict.EXACT, RevertVerdict.SAME_LINES)
ANSWERS = {True: "yes", False: "no", None: "cannot be told here"}
_AFTER = {
    "fixes": "fixes it or what it took back",
    "re-land": "brings it back",
    "follow-up": "works in the same functions",
}


def report_html(page: RevertPage) -> Html:
    """Return the report of a revert, without the diffs."""
    revert = page.revert
    about = (
        f"{revert.author}; written {revert.authored[:10]}, committed {revert.committed[:10]};"
        f" read from: {page.source}"
    )
    return Html().join(
        (
            Html('<h3 class="kit-step"><code>{}</code> {}</h3>').format(
                revert.sha[:10], revert.heading
            ),
            Html('<p class="kit-soft">{}</p>').format(about),
            _status_html(page),
            _targets_html(page),
            _checks_html(page),
            _residual_html(page.finding.residual),
            _shipped_html(page),
            _after_html(page),
        )
    )


def exact_html(page: RevertPage) -> Html:
    """Return whether a revert is exact: the verdict, the checks, the lines left over."""
    return _status_html(page) + _checks_html(page) + _residual_html(page.finding.residual)


def _status_html(page: RevertPage) -> Html:
    return status(_verdict_words(page), "" if page.finding.verdict in _GOOD else " kit-parted")


def _verdict_words(page: RevertPage) -> str:
    words = VERDICT_WORDS[page.finding.verdict]
    return f"{words}\n{printable(page.finding.note)}" if page.finding.note else words


def _targets_html(page: RevertPage) -> Html:
    if not page.revert.targets:
        return Html("<p>It does not say what it reverts.</p>")
    rows = [
        (Html("<code>{}</code>").format(_short(target)), title, *_days_cells(target))
        for target, title in zip(page.revert.targets, page.titles, strict=True)
    ]
    heads = ("reverts", "subject", "days by committer date", "by author date")
    chain = Html("<li><code>{}</code> is a revert itself, of {}</li>").each(
        (each.sha[:10], ", ".join(map(_short, each.targets))) for each in page.chain
    )
    shown = table("What it takes back, and after how long", heads, rows)
    return shown + Html("<ul>{}</ul>").around(chain)


def _days_cells(target: RevertTarget) -> tuple[str, str]:
    if target.status is not TargetStatus.OK:
        return f"{target.status.value} here", ""
    return f"{target.days}", f"{target.author_days}"


def _checks_html(page: RevertPage) -> Html:
    detail = page.finding.detail
    rows = [
        (each.label, each.question, ANSWERS[each.answer] + detail(each.name, page.lines))
        for each in page.finding.checks
    ]
    return table("Is it exact?", ("check", "asks", "answer"), rows) if rows else Html()


def _residual_html(left: Sequence[Residual]) -> Html:
    if not left:
        return Html()
    lines = Html('<span class="{}">{} {}{}  <i class="kit-comment">{}</i></span>').each(
        (
            "kit-added" if each.sign == "+" else "kit-removed",
            "its own" if each.own else "left   ",
            *(each.sign, each.line, each.path),
        )
        for each in left[:_MAX_LINES]
    )
    hidden = len(left) - _MAX_LINES
    more = Html('<span class="kit-soft">… {} (kit revert --json)</span>').format(
        counted(hidden, "more line")
    )
    return Html(
        "<details open><summary>{} by which the two do not cancel out: left "
        'by the targets, or the revert\'s own</summary><pre class="kit-diff"'
        ' tabindex="0" role="region" data-lm-suppress-shortcuts="true"'
        ' aria-label="lines left over">{}{}</pre></details>'
    ).format(counted(len(left), "line"), lines, more if hidden > 0 else "")


def _shipped_html(page: RevertPage) -> Html:
    none = "none" if not page.untold else "none known"
    more = len(page.tags) - _MAX_TAGS
    tags = ", ".join(page.tags[:_MAX_TAGS]) + (f" and {more} more" if more > 0 else "")
    untold = Html()
    if page.untold:
        untold = Html(
            '<p class="kit-soft">The kit cannot tell for {}: the clone lacks their files.</p>'
        ).format(counted(page.untold, "tag"))
    return Html(
        "<dl><dt>tags with the code</dt><dd>{}</dd><dt>releases among them</dt><dd>{}</dd></dl>{}"
    ).format(tags or none, ", ".join(page.releases) or none, untold)


def _after_html(page: RevertPage) -> Html:
    if not page.after:
        return Html()
    rows = [
        (
            Html("<code>{}</code>").format(each.sha[:10]),
            each.subject,
            _AFTER.get(each.how, each.how),
        )
        for each in page.after
    ]
    return table("What came after", ("commit", "subject", "it"), rows)


def diffs_html(page: RevertPage, *, side_by_side: bool, unfolded: bool) -> Html:
    """Return the revert's diff, folded or not, and the diffs of its targets, folded."""
    parts = []
    if page.diff is not None:
        inner = _files_html(page.diff, side_by_side=side_by_side)
        head = Html("<details open>") if unfolded else Html("<details>")
        parts.append(head + Html("<summary>diff of the revert</summary>{}</details>").format(inner))
    for each in page.diffs:
        inner = _files_html(each, side_by_side=side_by_side)
        title = f"diff of the target {each.heading}"
        parts.append(Html("<details><summary>{}</summary>{}</details>").format(title, inner))
    shown, named = len(page.diffs), len(page.revert.resolved)
    if shown < named:
        more = counted(named - shown, "more target")
        parts.append(Html('<p class="kit-soft">… and {}.</p>').format(more))
    return Html().join(parts)


def _files_html(page: CommitPage, *, side_by_side: bool) -> Html:
    # without its heading, which stands above
    return commit_html(page, side_by_side=side_by_side).partition(Html("</h4>"))[2]


def page_text(page: RevertPage) -> str:
    """Return the verdict as plain text."""
    return f"{page.revert.sha[:10]} {printable(page.revert.heading)}\n{_verdict_words(page)}"


def row_html(row: Revert, days: tuple[int, int] | None) -> Html:
    """Return the cells beside a row's button: date, days by both dates, form, verdict."""
    style = ""
    if row.finding is not None:
        good = row.finding.verdict in _GOOD
        style = "kit-soft" if row.finding.verdict is None else "kit-fine" if good else "kit-bad"
    cells = (
        Html("<span>{}</span>").format(row.committed[:10]),
        Html('<span class="kit-number">{}</span>').format(days_words(days)),
        Html("<span>{}</span>").format(row.form.value),
        Html('<span class="{}">{}</span>').format(style, verdict_word(row)),
    )
    return Html('<div class="kit-cells">{}</div>').format(Html().join(cells))


def row_title(row: Revert, days: tuple[int, int] | None) -> str:
    """Return the same as a sentence, for a screen reader."""
    lasted = (
        "not dated"
        if days is None
        else f"{counted(days[0], 'day')} by committer, {days[1]:,} by author date"
    )
    return f"{row.committed[:10]}, {lasted}, {row.form.value}, verdict: {verdict_word(row)}"


def days_words(days: tuple[int, int] | None) -> str:
    """Return the days by committer date and by author date."""
    return "–" if days is None else f"{days[0]} / {days[1]}"


def verdict_word(row: Revert) -> str:
    """Return the verdict in one word, or a dash if the revert was not checked."""
    if row.finding is None:
        return "–"
    return "none" if row.finding.verdict is None else row.finding.verdict.value


def _short(target: RevertTarget) -> str:
    name = target.sha or target.named
    return name[:10] if target.sha else name
