"""A scenario with a real guest kernel in plain text, for a mail, as Markdown and as a page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from kit.common.package import drawn_by
from kit.simulation.guest_run import GuestRun, compared, guest_json
from kit.simulation.run import Run
from kit.trace.sentences import seconds, sentence
from kit.views.diagram.from_guest import guest_provenance, layout_of_guest
from kit.views.diagram.layout import Layout
from kit.views.diagram.svg import lone_svg
from kit.views.diagram.text import picture_lines
from kit.views.markdown import plain_markdown
from kit.views.reports.blocks import blocks, event_line, markdown, paragraphs, reply_lines, wrapped
from kit.views.reports.picture_page import StillPage
from kit.views.reports.run import run_json
from kit.views.reports.transcript import entries_transcript, pasted

__all__ = ["GuestReport"]

_TIME = 9


@dataclass(frozen=True, slots=True)
class GuestReport:
    """What was observed with a real kernel, optionally beside the embedded machine's run."""

    run: GuestRun
    embedded: Run | None = None

    @property
    def layout(self) -> Layout:
        """The layout of the picture."""
        name = self.run.scenario.name
        drawn = "run" if self.embedded is None else "compare"
        command = f"kit {drawn} {name} --kernel KERNEL --initrd INITRD"
        return replace(layout_of_guest(self.run), command=command)

    def text_lines(self, width: int, *, unicode: bool = False) -> Iterator[str]:
        """Yield the picture, its meaning, and every event; beside a run, where the two differ."""
        meaning = paragraphs(self._meaning_lines(), width, unicode)
        yield from blocks(self._picture(width, unicode), meaning, self._events(width, unicode))

    def mail_lines(
        self, width: int, *, unicode: bool = False, in_reply_to: str | None = None
    ) -> Iterator[str]:
        """Yield the body of a mail, with two header lines if it is a reply."""
        transcript = pasted(self.transcript(bare=True), width)
        yield from reply_lines(in_reply_to)
        yield from blocks(
            self.text_lines(width, unicode=unicode),
            (*transcript, *paragraphs([drawn_by()], width, unicode)),
        )

    def transcript(self, *, bare: bool = False) -> Iterator[str]:
        """Yield what was seen as a QMP transcript."""
        name = f"{self.run.scenario.name} on {self.run.binary} with {self.run.kernel}"
        board = self.run.scenario.setup.boards[0]
        yield from entries_transcript(name, self.run.trace, board, bare=bare)

    def markdown_lines(self, width: int, *, unicode: bool = False) -> Iterator[str]:
        """Yield Markdown: the picture in a fenced block, the events folded."""
        title = f"{self.layout.name}: {self.layout.title}"
        items = map(plain_markdown, (*self._meaning_lines(), drawn_by()))
        events = self._events(width, unicode)
        yield from markdown(title, self._picture(width, unicode), items, events)

    def still(self) -> StillPage:
        """Return the page of what was observed."""
        return StillPage(
            title=f"{self.layout.name}: {self.layout.title}",
            drawn=lone_svg(self.layout, titled=False),
            meaning=tuple(self._meaning_lines()),
            events="\n".join(self._events(110, True)),
        )

    def json(self) -> dict[str, Any]:
        """Return all of it as JSON data."""
        data = guest_json(self.run) | {"provenance": guest_provenance(self.run).json()}
        if self.embedded is None:
            return data
        names = {"=": "both", "-": "embedded", "+": "real"}
        found = [{"in": names[mark], "at": at, "says": says} for mark, at, says in self._compared()]
        return {"embedded": run_json(self.embedded), "real": data, "compared": found}

    def _picture(self, width: int, unicode: bool) -> list[str]:
        if not self.run.moments:
            return [f"{self.layout.name}: nothing was seen"]
        return picture_lines(self.layout, width, unicode=unicode)

    def _meaning_lines(self) -> Iterator[str]:
        run = self.run
        yield f"Seen on {run.binary} with {run.kernel}."
        if run.cpus is not None:
            cpus = ", ".join(f"core {core} {'on' if on else 'off'}line" for core, on in run.cpus)
            yield f"At the end Linux lists {cpus}."
        if not run.traced:
            yield "This build of QEMU does not trace the guest's calls: they are not seen."

    def _events(self, width: int, unicode: bool) -> Iterator[str]:
        if self.embedded is None:
            yield from self.event_lines(width, unicode=unicode)
        else:
            yield from self.compared_lines(width, unicode=unicode)

    def event_lines(self, width: int, *, unicode: bool = False) -> Iterator[str]:
        """Yield each event with a sentence."""
        for entry in self.run.trace:
            sides, time = (entry.src, entry.dst), seconds(entry.at_ns)
            yield from event_line("|", time, sides, sentence(entry), width, unicode)

    def _compared(self) -> list[tuple[str, str, str]]:
        return [] if self.embedded is None else [*compared(self.embedded, self.run)]

    def compared_lines(self, width: int, *, unicode: bool = False) -> Iterator[str]:
        """Yield what both report, without answers and without times that only one has."""
        assert self.embedded is not None
        yield from wrapped("", "  ", f"- only {self.embedded.revision.name}", width, unicode)
        yield from wrapped("", "  ", f"+ only {self.run.binary}", width, unicode)
        yield "= both"
        yield ""
        for mark, at, words in self._compared():
            head = f"{mark} {at:<{_TIME}} "
            yield from wrapped(head, mark.ljust(len(head)), words, width, unicode)
