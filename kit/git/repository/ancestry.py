"""Which commits come before which others, told while a log goes by.

One walk answers for many pairs: asking for each is a walk of its own.  Children come before their
parents as far as dates are in order; what is met out of order is not known here.
"""

from __future__ import annotations

__all__ = ["Marks"]


class Marks:
    """Marks that travel from commits to their ancestors.

    ``met`` holds the pairs (later, earlier) that are known to come one after the other.
    """

    def __init__(self) -> None:
        """Start without a mark."""
        self._marks: dict[bytes, int] = {}  # of commits that are still to come
        self._sought: dict[bytes, list[tuple[int, str, set[str]]]] = {}
        self._live = 0
        self._count = 0
        self.met: set[tuple[str, str | None]] = set()

    def see(self, name: bytes, parents: list[bytes]) -> int:
        """Hand the marks of a commit that goes by to its parents, and return them."""
        marks = self._marks.pop(name, 0) & self._live
        if name in self._sought:
            self._pass(name, marks)
            marks &= self._live
        if marks:
            for parent in parents:
                self._marks[parent] = self._marks.get(parent, 0) | marks
        return marks

    def follow(self, sha: str, parents: list[bytes], earlier: set[str]) -> int:
        """Mark the commit that was seen last until all of *earlier* went by; return the mark.

        Those that did are taken out of *earlier* in later calls of `see`.
        """
        if not earlier:
            return 0
        mark = 1 << self._count
        self._count += 1
        self._live |= mark
        for each in earlier:
            self._sought.setdefault(each.encode(), []).append((mark, sha, earlier))
        for parent in parents:
            self._marks[parent] = self._marks.get(parent, 0) | mark
        return mark

    def end(self, mark: int) -> None:
        """Follow a mark no more."""
        self._live &= ~mark

    def _pass(self, name: bytes, marks: int) -> None:
        for mark, sha, earlier in self._sought.pop(name):
            found = name.decode()
            if marks & mark:
                self.met.add((sha, found))
            earlier.discard(found)
            if not earlier:
                self._live &= ~mark
