"""A path in plain text, for a mail, as Markdown and as a page: at one revision, or at two."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kit.common.package import drawn_by
from kit.explorer.comparison import PathChoice, PathPlay, PathSide
from kit.explorer.paths import path_sentence
from kit.git.values.page import CommitReference
from kit.views.diagram.from_path import (
    beside_option,
    layout_of_path,
    outcome_of,
    path_command,
    title_of,
)
from kit.views.diagram.svg import lone_svg
from kit.views.diagram.text import picture_lines
from kit.views.escape import Html
from kit.views.markdown import plain_markdown
from kit.views.reports.blocks import (
    blocks,
    choice_line,
    commit_items,
    commit_lines,
    event_line,
    markdown,
    paragraphs,
    reply_lines,
    wrapped,
)
from kit.views.reports.picture_page import StillPage
from kit.views.reports.transcript import pasted, path_transcript_lines

__all__ = ["path_event_lines", "path_mail_lines", "path_markdown_lines", "path_still"]
__all__ += ["path_text_lines"]


def path_text_lines(play: PathPlay, width: int, *, unicode: bool = False) -> Iterator[str]:
    """Yield a path in at most *width* columns. Only its token may be longer."""
    yield from blocks(
        picture_lines(layout_of_path(play), width, unicode=unicode),
        paragraphs(_meaning_lines(play), width, unicode),
        path_event_lines(play, width, unicode=unicode),
        [play.path.token],
    )


def path_mail_lines(
    play: PathPlay,
    commits: Sequence[CommitReference],
    width: int,
    *,
    unicode: bool = False,
    in_reply_to: str | None = None,
) -> Iterator[str]:
    """Yield the body of a mail, with two header lines if it is a reply."""
    again = f"Replay: kit open TOKEN{beside_option(play)}"
    replay = paragraphs([drawn_by(), again], width, unicode)
    transcript = pasted(path_transcript_lines(play, bare=True), width)
    yield from reply_lines(in_reply_to)
    yield from blocks(
        picture_lines(layout_of_path(play), width, unicode=unicode),
        paragraphs(_meaning_lines(play), width, unicode),
        (*transcript, *commit_lines(commits, width, unicode), *replay, play.path.token),
    )


def path_markdown_lines(
    play: PathPlay, commits: Sequence[CommitReference], width: int, *, unicode: bool = False
) -> Iterator[str]:
    """Yield Markdown: the picture in a fenced block, the choices folded."""
    picture = picture_lines(layout_of_path(play), width, unicode=unicode)
    meaning = map(plain_markdown, _meaning_lines(play))
    items = (
        *meaning,
        *commit_items(commits),
        f"`{path_command(play)}`",
        plain_markdown(drawn_by()),
    )
    events = path_event_lines(play, width, unicode=unicode)
    yield from markdown(title_of(play), picture, items, events, folded="Every choice")


def path_still(play: PathPlay) -> StillPage:
    """Return the page of a path."""
    return StillPage(
        title=title_of(play),
        drawn=lone_svg(layout_of_path(play), titled=False),
        meaning=tuple(_meaning_lines(play)),
        events="\n".join(path_event_lines(play, 110, unicode=True)),
        last=Html("<p>Replay: <code>{}</code></p>").format(path_command(play)),
    )


def _meaning_lines(play: PathPlay) -> Iterator[str]:
    yield "The numbers count choices: a path has an order, and no times."
    yield from outcome_of(play)
    for prop in play.path.breaks:
        yield f"Violated: {prop.name}. {prop.sentence}"


def path_event_lines(play: PathPlay, width: int, *, unicode: bool = False) -> Iterator[str]:
    """Yield each choice and its messages; "=" at both, "-" only before, "+" only after."""
    if len(play.sides) == 1:
        for number, choice in enumerate(play.sides[0].choices, 1):
            yield from choice_line("|", number, choice.action, width, unicode)
            yield from _entries("|", choice, width, unicode)
        return
    before, after = play.sides
    yield f"- only before: {before.revision.name}"
    yield f"+ only after: {after.revision.name}"
    yield "= both"
    yield ""
    for number, action in enumerate(play.path.actions, 1):
        yield from choice_line("=", number, action, width, unicode)
        if _has(before, number) and before.sent(number) == after.sent(number):
            yield from _entries("=", before.choices[number - 1], width, unicode)
            continue
        for mark, side in (("-", before), ("+", after)):
            if _has(side, number):
                yield from _entries(mark, side.choices[number - 1], width, unicode)
            elif number == len(side.choices) + 1:
                yield from wrapped(f"{mark}   ", f"{mark}     ", side.stopped, width, unicode)


def _has(side: PathSide, number: int) -> bool:
    return number <= len(side.choices)


def _entries(mark: str, choice: PathChoice, width: int, unicode: bool) -> Iterator[str]:
    for entry in choice.entries:
        sides, words = (entry.src, entry.dst), path_sentence(entry)
        yield from event_line(mark, "", sides, words, width, unicode)
    if choice.missing:
        yield from wrapped(f"{mark}     ", f"{mark}     ", f"{choice.missing}.", width, unicode)
