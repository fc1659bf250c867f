"""Which commits come before which others, found while a log goes by.

One walk answers for many pairs, where asking for each would take a walk of its own.  Children come
before their parents as far as dates are in order; pairs met out of order are not known here.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["Marks"]

_DROPPED_EVERY = 32  # marks


class Marks:
    """Marks that travel from commits to their ancestors.

    ``met`` holds the pairs (later, earlier) that are known to be in this order.
    """

    def __init__(self) -> None:
        self._marks: dict[bytes, int] = {}  # of commits that are still to come
        self._sought: dict[bytes, list[tuple[int, str, set[str]]]] = {}
        self._live = 0
        self._count = 0
        self.met: set[tuple[str, str | None]] = set()

    def see(self, name: bytes, parents: list[bytes]) -> int:
        """Pass the marks of the next commit on to its parents, and return them."""
        marks = self._marks.pop(name, 0) & self._live
        if name in self._sought:
            self._pass(name, marks)
            marks &= self._live
        if marks:
            for parent in parents:
                self._marks[parent] = self._marks.get(parent, 0) | marks
        return marks

    def see_all(self, names: Sequence[bytes], parents: Sequence[bytes]) -> None:
        """Pass marks on through commits that nothing is to be known of.

        *parents* holds the hashes of the parents of each, with spaces between.
        """
        marks, sought = self._marks, self._sought
        if not self._live:
            marks.clear()
            sought.clear()
            return
        pop, get = marks.pop, marks.get
        for name, several in zip(names, parents, strict=True):
            if name in sought:
                self.see(name, several.split())
            elif passing := pop(name, 0):
                for parent in several.split():
                    marks[parent] = get(parent, 0) | passing

    def follow(self, sha: str, parents: list[bytes], earlier: set[str]) -> int:
        """Mark the commit seen last until all of *earlier* have gone by; return the mark.

        Later calls of `see` remove those that have gone by from *earlier*.
        """
        if not earlier:
            return 0
        if not self._count % _DROPPED_EVERY:
            self._drop_dead()
        mark = 1 << self._count
        self._count += 1
        self._live |= mark
        for each in earlier:
            self._sought.setdefault(each.encode(), []).append((mark, sha, earlier))
        for parent in parents:
            self._marks[parent] = self._marks.get(parent, 0) | mark
        return mark

    def end(self, mark: int) -> None:
        """Stop following a mark."""
        self._live &= ~mark

    def _drop_dead(self) -> None:
        """Forget the marks that nobody follows any more."""
        live = self._live
        self._marks = {name: marks & live for name, marks in self._marks.items() if marks & live}

    def _pass(self, name: bytes, marks: int) -> None:
        for mark, sha, earlier in self._sought.pop(name):
            found = name.decode()
            if marks & mark:
                self.met.add((sha, found))
            earlier.discard(found)
            if not earlier:
                self._live &= ~mark
