"""The table of properties without a screen: what is known, and what is being searched.

A search takes up to a second, so an action with several searches is an iterator of steps. The
screen does one step after the other and can serve other clicks in between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from traitlets import HasTraits, Instance, Int, Unicode

from kit.actors.pseries_programs import GuestKind
from kit.explorer.comparison import PathPlay, alone, beside
from kit.explorer.jobs import Explored, SearchJob
from kit.explorer.paths import play_path
from kit.explorer.properties import PROPERTIES, UnplugProperty
from kit.explorer.scope import LINUX, Scope
from kit.explorer.search import Judgement, PropertyKind
from kit.machine.revision import Revision

__all__ = ["PropertyModel"]

_UNKNOWN = "?"


class PropertyModel(HasTraits):
    """Properties by revision: what was found, and the chosen cell.

    ``known`` counts what was found, ``progress`` says what is being searched, ``explanation`` is
    about the chosen cell, and ``play`` is the path that shows it, or None.
    """

    known = Int(0)
    progress = Unicode()
    explanation = Unicode()
    play = Instance(PathPlay, allow_none=True)

    def __init__(
        self,
        revisions: tuple[Revision, ...],
        search: Callable[[SearchJob], Explored],
        scope: Scope | None = None,
    ) -> None:
        """Start with an empty table. *search* runs one job."""
        super().__init__()
        self.revisions, self.scope = revisions, Scope() if scope is None else scope
        self._search = search
        self._found: dict[tuple[Revision, GuestKind], Explored] = {}
        self.progress = self._explored_words()

    def anew(self) -> PropertyModel:
        """Return an empty table of the same properties."""
        return PropertyModel(self.revisions, self._search, self.scope)

    def is_known(self, revision: Revision) -> bool:
        """Was a revision explored with every guest?"""
        return all((revision, kind) in self._found for kind in LINUX)

    def broken(self, prop: UnplugProperty, revision: Revision) -> tuple[GuestKind, ...]:
        """Return the guests with which a property is known to be violated."""
        found = ((kind, self._found.get((revision, kind))) for kind in LINUX)
        return tuple(
            kind for kind, one in found if one and not one.result.findings[prop.name].holds
        )

    def judged(
        self, prop: UnplugProperty, revision: Revision
    ) -> tuple[Judgement, tuple[GuestKind, ...]] | None:
        """Return the judgement of a cell, and the guests with which it is so.

        One guest that violates a property outweighs those with which it holds, and one with which
        it holds those that never exercise it.  None: not every guest was explored.
        """
        if not self.is_known(revision):
            return None
        found = {
            kind: self._found[revision, kind].result.findings[prop.name].judgement for kind in LINUX
        }
        worst = next(
            one
            for one in (Judgement.VIOLATED, Judgement.HOLDS, Judgement.NOT_EXERCISED)
            if one in found.values()
        )
        return worst, tuple(kind for kind, one in found.items() if one is worst)

    def cell(self, prop: UnplugProperty, revision: Revision) -> str:
        """Return the text of a cell: "?", or its judgement and the guests, where not all agree."""
        judged = self.judged(prop, revision)
        if judged is None:
            return _UNKNOWN
        judgement, kinds = judged
        words = judgement.value.replace("-", " ")
        if len(kinds) == len(LINUX):
            return words
        return f"{words} {', '.join(kind.value.removeprefix('linux-') for kind in kinds)}"

    def words(self, prop: UnplugProperty, revision: Revision) -> str:
        """Return a cell as a sentence."""
        judged = self.judged(prop, revision)
        head = f"{prop.name} at {revision.name}"
        if judged is None:
            return f"{head}: not explored yet"
        judgement, kinds = judged
        whom = ", ".join(kind.value for kind in kinds)
        whom = "every guest" if len(kinds) == len(LINUX) else whom
        if judgement is Judgement.NOT_EXERCISED:
            return f"{head}: not exercised in this scope with {whom}"
        return f"{head}: {judgement.value} with {whom}"

    @property
    def heading(self) -> str:
        """What the table is about, with its scope."""
        return f"Every order of events within this scope: {self.scope.words}."

    @property
    def text(self) -> str:
        """The table as plain text."""
        heads = ["property", *(revision.name for revision in self.revisions)]
        table = [heads] + [
            [prop.name, *(self.cell(prop, revision) for revision in self.revisions)]
            for prop in PROPERTIES
        ]
        widths = [max(len(line[n]) for line in table) for n in range(len(heads))]
        lines = [
            "  ".join(cell.ljust(wide) for cell, wide in zip(line, widths, strict=True)).rstrip()
            for line in table
        ]
        return "\n".join(
            [self.heading, "", *lines, self.progress, *filter(None, [self.explanation])]
        )

    def look(self, revision: Revision) -> Iterator[None]:
        """Explore a revision with every guest."""
        for kind in LINUX:
            if (revision, kind) not in self._found:
                self.progress = f"exploring {revision.name} with {kind.value} …"
                yield
                self._explored(revision, kind)
        self.progress = self._explored_words()

    def look_all(self) -> Iterator[None]:
        """Explore every revision."""
        for revision in self.revisions:
            yield from self.look(revision)
            yield

    def choose(self, prop: UnplugProperty, revision: Revision) -> Iterator[None]:
        """Choose a cell: show its property, and the path that explains it."""
        yield from self.look(revision)
        judged = self.judged(prop, revision)
        kind = judged[1][0] if judged else LINUX[0]
        result = self._found[revision, kind].result
        path = result.findings[prop.name].path
        head = (
            f"{self.words(prop, revision)}.\n{prop.sentence}\nExercised if: {prop.premise}\n"
            f"Source: {prop.source}"
        )
        if path is None:
            self._show_what_tried(head, prop, self._found[revision, kind])
            return
        played = play_path(revision, kind, self.scope, path)
        if prop.kind is PropertyKind.SOMETIMES:
            self.play, self.explanation = alone(played), f"{head}\nBelow is an example."
            return
        other: Revision | None = None
        for one in self._nearest(revision):
            if (one, kind) not in self._found:
                self.progress = f"looking for a revision that keeps it: {one.name} …"
                yield
            if self._explored(one, kind).result.findings[prop.name].holds:
                other = one
                break
        self.progress = self._explored_words()
        if other is None:
            self.play, self.explanation = (
                alone(played),
                f"{head}\nNo revision of the table keeps it.",
            )
        else:
            self.play = beside(played, other)
            self.explanation = (
                f"{head}\nBeside it the same choices at {other.name}, which keeps it."
            )

    def _show_what_tried(self, head: str, prop: UnplugProperty, found: Explored) -> None:
        """Show a shortest path that exercises a property without violating it, if there is one."""
        tried = found.result.findings[prop.name].tried
        if tried is None:
            self.play = None
            words = f"No path of this scope does that: {found.result.states:,} states were tried."
        else:
            job = found.job
            self.play = alone(play_path(job.revision, job.kind, job.scope, tried))
            words = (
                f"It held in all {found.result.states:,} states."
                " Below is a shortest path that exercises it."
            )
        self.explanation = f"{head}\n{words}"

    def _nearest(self, revision: Revision) -> list[Revision]:
        """Return the other revisions, nearest first, the later of two first."""
        here = self.revisions.index(revision)
        others = [n for n in range(len(self.revisions)) if n != here]
        others.sort(key=lambda n: (abs(n - here), n < here))
        return [self.revisions[n] for n in others]

    def _explored(self, revision: Revision, kind: GuestKind) -> Explored:
        found = self._found.get((revision, kind))
        if found is None:
            found = self._found[revision, kind] = self._search(
                SearchJob(revision, kind, self.scope)
            )
            self.known = len(self._found)
        return found

    def _explored_words(self) -> str:
        done = sum(map(self.is_known, self.revisions))
        return f"explored {done} of {len(self.revisions)} revisions"
