"""One revert, or many, as lines for the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from kit.common.english import counted
from kit.common.plain_text import printable
from kit.git.values.page import RevertPage
from kit.git.values.summary import Summary
from kit.git.values.verdict import (
    VERDICT_WORDS,
    By,
    Revert,
    RevertFinding,
    RevertTarget,
    RevertVerdict,
    TargetStatus,
)

if TYPE_CHECKING:
    from rich.text import Text

__all__ = ["report_text", "row_line", "summary_lines"]

_STYLES = {RevertVerdict.EXACT: "bold green", RevertVerdict.SAME_LINES: "green", None: "dim"}
_MAX_LINES = 40  # residual lines shown; the JSON has all
_NEXT_TO = 25
_MAX_LISTED = 12  # tags; the JSON has all
_MAX_NAMED = 3  # targets of a row


def report_text(page: RevertPage) -> Text:
    """Return the full report of one revert."""
    from rich.text import Text  # here: a list of reverts is read without it

    revert, finding = page.revert, page.finding
    text = Text()
    text.append(f"{revert.sha[:10]} {printable(revert.heading)}\n", style="bold")
    text.append("\n")
    for target, title in zip(revert.targets, page.titles, strict=True):
        text.append(f"reverts {_target_words(target)}  {printable(title)}\n")
    if not revert.targets:
        text.append("it does not say what it reverts\n")
    for each in page.chain:
        names = ", ".join(_short(target.sha or target.named) for target in each.targets)
        text.append(f"  {each.sha[:10]} is a revert itself, of {names}\n")
    text.append("\n")
    text.append(
        f"{VERDICT_WORDS[finding.verdict]}\n", style=_STYLES.get(finding.verdict, "bold red")
    )
    for line in _check_lines(finding, page.lines):
        text.append(f"  {line}\n")
    if finding.note:
        text.append(f"  note: {printable(finding.note)}\n", style="italic")
    for left in finding.residual[:_MAX_LINES]:
        whose = "its own" if left.own else "left"
        style = "green" if left.sign == "+" else "red"
        text.append(f"  {whose:<7} {printable(left.path)}: ")
        text.append(f"{left.sign}{printable(left.line)}\n", style=style)
    if len(finding.residual) > _MAX_LINES:
        text.append(f"  and {counted(len(finding.residual) - _MAX_LINES, 'more line')} (--json)\n")
    text.append("\n")
    none = "none known" if page.untold else "none"
    text.append(f"tags with the code: {_listed(page.tags) or none}\n")
    text.append(f"releases with it:   {_listed(page.releases) or 'none'}\n")
    if page.untold:
        tags = counted(page.untold, "tag")
        text.append(f"the kit cannot tell for {tags}: the clone lacks their files\n")
    for later in page.after:
        text.append(f"after: {later.sha[:10]} {later.how:<9} {printable(later.subject)}\n")
    return text


def _listed(tags: Sequence[str]) -> str:
    """Return tags as a list, or as the first, the last and how many they are."""
    if len(tags) > _MAX_LISTED:
        return f"{printable(tags[0])} … {printable(tags[-1])} ({len(tags)})"
    return printable(", ".join(tags))


def _target_words(target: RevertTarget) -> str:
    if target.status is TargetStatus.OK:
        apart = f"{_apart(target.days)} ({_apart(target.author_days)} by author date)"
        return f"{_short(target.sha or '')}, {apart}"
    return f"{_short(target.named)}: {target.status.value} here"


def _apart(days: int | None) -> str:
    """Return how far a target lies from its revert: the clocks of two authors may disagree."""
    if days is None:
        return "not dated"
    return f"{counted(abs(days), 'day')} {'before' if days >= 0 else 'after'}"


def _check_lines(finding: RevertFinding, lines: int | None) -> Iterator[str]:
    words = {True: "yes", False: "no", None: "cannot be told"}
    width = max((len(each.label) for each in finding.checks), default=0)
    for each in finding.checks:
        answer = words[each.answer] + finding.detail(each.name, lines)
        yield f"{printable(each.label):<{width + 2}}{answer}"


def _short(name: str) -> str:
    return name[:10] if len(name) >= _NEXT_TO and name.isalnum() else printable(name)


def row_line(row: Revert) -> str:
    """Return a revert in one line: date, hash, verdict, subject, and what it leads to.

    A target that the message names by hash is not repeated: the subject mostly says it.
    """
    words = f"{row.committed[:10]} {row.sha[:10]} "
    if row.finding is not None:
        verdict = row.finding.verdict
        words += f"{verdict.value if verdict else '-':<10} "
    words += printable(row.heading)
    others = [each for each in row.targets if each.by not in (None, By.HASH)]
    if others:
        names = ", ".join((each.sha or "")[:10] for each in others[:_MAX_NAMED])
        more = f" and {len(others) - _MAX_NAMED} more" if len(others) > _MAX_NAMED else ""
        words += f"  [{names}{more}, by {row.by}]"
    return words


def summary_lines(found: Summary, directories: Counter[str] | None = None) -> Iterator[str]:
    """Yield what many reverts have in common; only what there is."""
    if not found.count:
        yield "no reverts"
        return
    yield ""
    yield f"{counted(found.count, 'revert')}; form: {_counts(found.forms.most_common())}"
    if found.verdicts:
        yield f"verdict: {_counts(found.verdicts.most_common())}"
    for label, days in (("committer", found.by_committer), ("author", found.by_author)):
        if days is not None:
            figures = f"median {days[0]:.1f}, p90 {days[1]:.1f}"
            yield f"days from commit to revert, by {label} date: {figures}"
    if directories:
        yield f"by directory: {_counts(directories.most_common(12))}"
    yield f"by year: {_counts(sorted(found.years.items()))}"
    if found.of_reverts:
        yield f"reverts of reverts: {found.of_reverts}"
    if found.missing:
        yield f"named but missing: {_counts(found.missing.most_common())}"


def _counts(pairs: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{printable(name)} {count}" for name, count in pairs)
