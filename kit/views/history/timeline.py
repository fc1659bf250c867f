"""The timeline of a revert as an SVG: a row for each event, and a bar while the change was there.

The rows are as far apart as text needs, not as time passed; each has its date.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources

from kit.common.plain_text import plain
from kit.git.values.case import RevertCase, date_s
from kit.views.escape import Html
from kit.views.template import page

__all__ = ["TimelineEvent", "history_cover_svg", "timeline_events", "timeline_svg"]

_ROW, _TOP = 34, 28
_MAX_WORDS = 92  # signs that fit on a line
_MAX_TITLE = 84
_MAX_EVENTS = {"change": 6, "with": 4, "without": 2, "after": 6}
_Heads = tuple[tuple[int, str, str], ...]  # lines above it: y, style, words
_RELATIONS = {"re-land": "brings it back", "fixes": "fixes it", "follow-up": "same functions"}


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """A commit or a version. ``kind`` is change, with, revert, without or after."""

    at_s: int
    date: str
    kind: str
    head: str
    words: str


def timeline_events(case: RevertCase) -> tuple[TimelineEvent, ...]:
    """Return what happened, by date: the change, versions, the revert, what came after."""
    return tuple(sorted(_events(case), key=lambda one: one.at_s))


def _events(case: RevertCase) -> Iterator[TimelineEvent]:
    revert = case.revert
    for target in case.targets[: _MAX_EVENTS["change"]]:
        yield _event(target.committed, "change", target.sha[:10], target.subject)
    yield _event(revert.committed, "revert", revert.sha[:10], revert.subject)
    having = [one for one in case.versions if one.has_code]
    most = _MAX_EVENTS["with"]
    for version in having if len(having) <= most else [*having[: most - 1], having[-1]]:
        yield _event(version.committed, "with", version.tag, "has the change")
    lacking = [one for one in case.versions if one.has_code is False]
    for version in lacking[: _MAX_EVENTS["without"]]:
        yield _event(version.committed, "without", version.tag, "does not have it")
    for later in case.after[: _MAX_EVENTS["after"]]:
        words = f"{_RELATIONS.get(later.how, later.how)}: {later.subject}"
        yield _event(later.committed, "after", later.sha[:10], words)


def _event(date: str, kind: str, head: str, words: str) -> TimelineEvent:
    return TimelineEvent(date_s(date), date[:10], kind, _cut(head, 40), _cut(words, _MAX_WORDS))


def _cut(words: str, most: int) -> str:
    shown = plain(words)
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"


def timeline_svg(case: RevertCase) -> Html:
    """Return the timeline, in the colours of the page that shows it."""
    return _svg(timeline_events(case), (), paper=False)


def history_cover_svg(case: RevertCase) -> Html:
    """Return the cover of a lesson: the change and its revert, below what the lesson asks."""
    heads = (
        (38, "title", _cut(f"{case.project}: {case.title}", _MAX_TITLE)),
        (62, "soft", "What was it for, who got it, and why did it go?"),
    )
    events = [one for one in timeline_events(case) if one.kind in ("change", "revert")]
    return _svg(events, heads, paper=True)


def _svg(events: Sequence[TimelineEvent], heads: _Heads, *, paper: bool) -> Html:
    top = _TOP + (heads[-1][0] if heads else 0)
    rows = [(top + place * _ROW, one) for place, one in enumerate(events)]
    return page(
        "views/history/timeline.svg.jinja",
        style=Html(
            resources.files("kit.views.history").joinpath("timeline.css").read_text("utf-8")
        ),
        height=top + len(rows) * _ROW - _ROW + _TOP,
        label="; ".join(f"{one.date}: {one.head} {one.words}" for one in events),
        paper=paper,
        heads=heads,
        rows=rows,
        bar=_bar(rows),
    )


def _bar(rows: Sequence[tuple[int, TimelineEvent]]) -> tuple[int, int] | None:
    """Return top and height of the bar from the change's first commit to the revert, if any."""
    first = next((y for y, one in rows if one.kind == "change"), None)
    last = next((y for y, one in rows if one.kind == "revert"), None)
    return None if first is None or last is None or last <= first else (first, last - first)
