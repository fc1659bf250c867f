"""A path of a machine of somebody's own in each form, and what a search of it found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from kit.common.english import counted
from kit.common.package import drawn_by
from kit.explorer.own_machine import OwnMessage
from kit.explorer.own_model import (
    OwnChoice,
    OwnExplored,
    OwnFinding,
    OwnPath,
    violated_by,
)
from kit.explorer.search import Judgement
from kit.views.diagram.from_own import OwnPlay, layout_of_own, own_outcome
from kit.views.diagram.layout import Layout, Party
from kit.views.diagram.svg import lone_svg
from kit.views.diagram.text import picture_lines
from kit.views.escape import Html
from kit.views.markdown import markdown_code, plain_markdown
from kit.views.reports.blocks import (
    blocks,
    choice_line,
    event_line,
    markdown,
    paragraphs,
    reply_lines,
    wrapped,
)
from kit.views.reports.picture_page import StillPage

__all__ = ["OwnReport", "own_json", "own_rows"]


@dataclass(frozen=True, slots=True)
class OwnReport:
    """What was played, in every form."""

    play: OwnPlay

    @property
    def layout(self) -> Layout:
        """The layout of the picture."""
        return layout_of_own(self.play)

    def text_lines(self, width: int, *, unicode: bool = False) -> Iterator[str]:
        """Yield the picture, its meaning, and every choice with what it brings."""
        yield from blocks(
            picture_lines(self.layout, width, unicode=unicode),
            paragraphs(self._meaning_lines(), width, unicode),
            self.event_lines(width, unicode=unicode),
            [self.play.command],
        )

    def mail_lines(
        self, width: int, *, unicode: bool = False, in_reply_to: str | None = None
    ) -> Iterator[str]:
        """Yield the body of a mail, with two header lines if it is a reply."""
        yield from reply_lines(in_reply_to)
        yield from blocks(
            self.text_lines(width, unicode=unicode), paragraphs([drawn_by()], width, unicode)
        )

    def markdown_lines(self, width: int, *, unicode: bool = False) -> Iterator[str]:
        """Yield Markdown: the picture in a fenced block, the choices folded."""
        picture = picture_lines(self.layout, width, unicode=unicode)
        words = map(plain_markdown, (*self._meaning_lines(), drawn_by()))
        events = self.event_lines(width, unicode=unicode)
        items = (*words, markdown_code(self.play.command))
        yield from markdown(self.play.title, picture, items, events, folded="Every choice")

    def still(self) -> StillPage:
        """Return the page of a play."""
        return StillPage(
            title=f"{self.layout.name}: {self.play.title}",
            drawn=lone_svg(self.layout, titled=False),
            meaning=tuple(self._meaning_lines()),
            events="\n".join(self.event_lines(110, unicode=True)),
            last=Html("<p>Again: <code>{}</code></p>").format(self.play.command),
        )

    def json(self) -> dict[str, Any]:
        """Return all of it as JSON data."""
        sides = [_path_json(path) for path in self.play.paths]
        head = {"version": 1, "machine": self.layout.name, "command": self.play.command}
        if len(sides) == 1:
            return head | sides[0]
        return head | {"before": sides[0], "after": sides[1]}

    def _meaning_lines(self) -> Iterator[str]:
        yield "The numbers count choices: a path has an order, and no times."
        yield from own_outcome(self.play)
        broken = {prop for path in self.play.paths for prop in violated_by(path)}
        for prop in self.play.paths[0].description.properties:
            if prop in broken:
                yield f"Violated: {prop.name}. {prop.sentence}"

    def event_lines(self, width: int, *, unicode: bool = False) -> Iterator[str]:
        """Yield each choice, its messages, and what the participants show after it.

        "=" stands at what both paths have, "-" and "+" at what only one has.
        """
        paths = self.play.paths
        if len(paths) == 1:
            for number, choice in enumerate(paths[0].choices, 1):
                yield from choice_line("|", number, choice.action.name, width, unicode)
                yield from _brought("|", choice, width, unicode)
            return
        yield from wrapped("", "  ", f"- only before: {paths[0].start.name}", width, unicode)
        yield from wrapped("", "  ", f"+ only after: {paths[1].start.name}", width, unicode)
        yield "= both"
        yield ""
        both = zip(paths[0].choices, paths[1].choices, strict=True)
        for number, (before, after) in enumerate(both, 1):
            yield from choice_line("=", number, before.action.name, width, unicode)
            if before.messages == after.messages:
                yield from _brought("=", before, width, unicode)
            else:
                yield from _brought("-", before, width, unicode)
                yield from _brought("+", after, width, unicode)


def _brought(mark: str, choice: OwnChoice, width: int, unicode: bool) -> Iterator[str]:
    for message in choice.messages:
        sides = (Party(message.src), Party(message.dst))
        sides = (sides[0], sides[0]) if message.src == message.dst else sides
        yield from event_line(mark, "", sides, message.said.words, width, unicode)
    if choice.step is not None and choice.step.shows:
        shown = ", ".join(f"{who}: {said.words}" for who, said in choice.step.shows.items())
        yield from wrapped(f"{mark}     ", f"{mark}       ", f"now {shown}", width, unicode)


def _path_json(path: OwnPath) -> dict[str, Any]:
    return {
        "start": path.start.name,
        "breaks": [prop.name for prop in violated_by(path)],
        "finished": path.finished,
        "steps": [_choice_json(choice) for choice in path.choices],
    }


def _choice_json(choice: OwnChoice) -> dict[str, Any]:
    step = choice.step
    return {
        "action": choice.action.name,
        "happens": step is not None,
        "messages": [_message_json(one) for one in choice.messages] if step is not None else [],
        "judged": {} if step is None else dict(step.judged),
        "shows": {} if step is None else {who: one.words for who, one in step.shows.items()},
    }


def _message_json(message: OwnMessage) -> dict[str, str]:
    tone = message.said.tone.name.lower()
    return {"from": message.src, "to": message.dst, "says": message.said.words, "tone": tone}


def own_rows(found: Sequence[OwnExplored]) -> Iterator[tuple[str, ...]]:
    """Yield a row for each property: its name, its kind, and the result from each start."""
    for number, finding in enumerate(found[0].findings):
        cells = (_cell(one, one.findings[number]) for one in found)
        yield (finding.prop.name, finding.prop.kind.value, *cells)


def _cell(one: OwnExplored, finding: OwnFinding) -> str:
    judgement = finding.found.judgement
    if judgement is Judgement.VIOLATED:
        choices = counted(len(finding.actions), "choice")
        return f"violated: {choices}" if finding.found.path else "violated: never"
    held = judgement is Judgement.HOLDS and not one.result.complete
    return str(judgement.value).replace("-", " ") + "*" * held


def own_json(found: Sequence[OwnExplored]) -> dict[str, Any]:
    """Return the results as JSON data: a cell for each start and property."""
    return {
        "machine": found[0].machine.description.name,
        "cells": [
            {
                "start": one.start.name,
                "property": finding.prop.name,
                "result": finding.found.judgement.value,
                "bound_hit": not one.result.complete,
                "states": one.result.states,
                "counterexample": [action.name for action in finding.actions]
                if finding.is_violated and finding.found.path is not None
                else None,
            }
            for one in found
            for finding in one.findings
        ],
    }
