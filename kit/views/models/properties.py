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
from kit.explorer.search import PropertyKind
from kit.machine.revision import Revision

__all__ = ["PropertyModel"]

_UNKNOWN = "?"


class PropertyModel(HasTraits):
    """Properties by revision: what was found, and the chosen cell.

    ``known`` counts what was found, ``told`` reports progress, ``said`` describes the chosen cell,
    and ``play`` is the path that shows it, or None.
    """

    known = Int(0)
    told = Unicode()
    said = Unicode()
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
        self.told = self._progress()

    def anew(self) -> PropertyModel:
        """Return an empty table of the same properties."""
        return PropertyModel(self.revisions, self._search, self.scope)

    # -- the table -----------------------------------------------------------------------------

    def is_known(self, revision: Revision) -> bool:
        """Was a revision explored with every guest?"""
        return all((revision, kind) in self._found for kind in LINUX)

    def broken(self, prop: UnplugProperty, revision: Revision) -> tuple[GuestKind, ...]:
        """Return the guests with which a property is known to be violated."""
        found = ((kind, self._found.get((revision, kind))) for kind in LINUX)
        return tuple(
            kind for kind, one in found if one and not one.result.findings[prop.name].holds
        )

    def cell(self, prop: UnplugProperty, revision: Revision) -> str:
        """Return the text of a cell: "?", "yes", "NO", or the guests that violate it."""
        if not self.is_known(revision):
            return _UNKNOWN
        kinds = self.broken(prop, revision)
        if not kinds:
            return "yes"
        if len(kinds) == len(LINUX):
            return "NO"
        return "NO " + ", ".join(kind.value.removeprefix("linux-") for kind in kinds)

    def words(self, prop: UnplugProperty, revision: Revision) -> str:
        """Return a cell as a sentence."""
        cell = self.cell(prop, revision)
        head = f"{prop.name} at {revision.name}"
        if cell == _UNKNOWN:
            return f"{head}: not explored yet"
        kinds = ", ".join(kind.value for kind in self.broken(prop, revision))
        return f"{head}: {f'violated with {kinds}' if kinds else 'holds with every guest'}"

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
        return "\n".join([*lines, self.told, *([self.said] if self.said else [])])

    # -- finding out, step by step -------------------------------------------------------------

    def look(self, revision: Revision) -> Iterator[None]:
        """Explore a revision with every guest."""
        for kind in LINUX:
            if (revision, kind) not in self._found:
                self.told = f"exploring {revision.name} with {kind.value} …"
                yield
                self._explored(revision, kind)
        self.told = self._progress()

    def look_all(self) -> Iterator[None]:
        """Explore every revision."""
        for revision in self.revisions:
            yield from self.look(revision)
            yield

    def choose(self, prop: UnplugProperty, revision: Revision) -> Iterator[None]:
        """Choose a cell: show its property, and the path that explains it."""
        yield from self.look(revision)
        kinds = self.broken(prop, revision)
        kind = kinds[0] if kinds else LINUX[0]
        result = self._found[revision, kind].result
        path = result.findings[prop.name].path
        head = f"{self.words(prop, revision)}.\n{prop.sentence}\nSource: {prop.source}"
        if path is None:
            self.play, self.said = None, f"{head}\nIt held in all {result.states:,} states."
            return
        played = play_path(revision, kind, self.scope, path)
        if prop.kind is PropertyKind.SOMETIMES:
            self.play, self.said = alone(played), f"{head}\nBelow is an example."
            return
        other: Revision | None = None
        for one in self._nearest(revision):
            if (one, kind) not in self._found:
                self.told = f"looking for a revision that keeps it: {one.name} …"
                yield
            if self._explored(one, kind).result.findings[prop.name].holds:
                other = one
                break
        self.told = self._progress()
        if other is None:
            self.play, self.said = alone(played), f"{head}\nNo revision of the table keeps it."
        else:
            self.play = beside(played, other)
            self.said = f"{head}\nBeside it the same choices at {other.name}, which keeps it."

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

    def _progress(self) -> str:
        done = sum(map(self.is_known, self.revisions))
        return f"explored {done} of {len(self.revisions)} revisions"
