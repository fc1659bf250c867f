"""Which history is in use: the first of those there are, and the re-enactment where there is none.

In this order: what a person names (``--repo``, KIT_QEMU, a field); what ``kit fetch`` brought; a
clone beside the kit; a file that this copy of the kit carries; the re-enactment.  What is named is
used or refused, never passed over; the name ``re-enactment`` asks for that one although there are
others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from kit.git.repository.clone import CloneHistory
from kit.git.repository.exported import read_carried, read_file
from kit.git.repository.history import History, HistoryError, Source, SourceKind
from kit.git.values.commit import Commit, FileDiff

__all__ = ["REENACTMENT", "ReenactmentHistory", "clone_of", "find_history", "open_named"]

REENACTMENT = "re-enactment"


class ReenactmentHistory:
    """The re-enactment, answering to QEMU's own hashes by its ``Re-enacts`` trailers."""

    def __init__(self, clone: CloneHistory) -> None:
        """Wrap the repository; its commits are read when one is asked for."""
        self.clone = clone  # the repository itself, with its own hashes
        self._played: dict[str, str] | None = None
        self.source = Source(SourceKind.REENACTMENT, "built from data/reenactment")

    def commit(self, revision: str) -> Commit:
        """Return the commit that plays *revision*, or that has this hash or tag itself.

        Raises:
            HistoryError: No commit of the re-enactment plays it.
        """
        return self.clone.commit(self._own(revision))

    def diff(self, revision: str) -> tuple[FileDiff, ...]:
        """Return what the commit that plays *revision* changes.

        Raises:
            HistoryError: No commit of the re-enactment plays it.
        """
        return self.clone.diff(self._own(revision))

    def recent(self, revision: str, count: int) -> tuple[Commit, ...]:
        """Return the commit that plays *revision* and those before it, newest first.

        Raises:
            HistoryError: No commit of the re-enactment plays it.
        """
        return self.clone.recent(self._own(revision), count)

    def tags(self) -> tuple[tuple[str, str], ...]:
        """Return all tags as (name, commit hash), by name."""
        return self.clone.tags()

    def _own(self, revision: str) -> str:
        if self._played is None:
            commits = self.clone.log()
            self._played = {
                original: commit.hash
                for commit in commits
                if (original := commit.trailer("Re-enacts")) is not None
            }
        wanted = revision.lower()
        found = {own for name, own in self._played.items() if name.startswith(wanted)}
        if wanted and len(found) == 1:
            return found.pop()
        try:
            return self.clone.commit(revision).hash
        except HistoryError:
            raise HistoryError(
                f"the re-enactment plays the CPU's story only and has no {revision};"
                " `kit fetch` gets QEMU's own commits"
            ) from None


def clone_of(history: History) -> CloneHistory:
    """Return the clone that a history is read from.

    Raises:
        HistoryError: It is a file of single commits.
    """
    if isinstance(history, ReenactmentHistory):
        return history.clone
    if isinstance(history, CloneHistory):
        return history
    raise HistoryError(
        f"{history.source} holds single commits, and this needs all objects;"
        " name a clone with --repo, or the re-enactment"
    )


def open_named(place: Path) -> History:
    """Open what a person names: a clone, or a file that `kit history export` wrote.

    Raises:
        HistoryError: It is neither.
    """
    try:
        if place.is_file():
            return read_file(place)
        if not place.exists():
            raise HistoryError(f"{place} does not exist; name a clone of QEMU, or run `kit fetch`")
        if place.is_dir():
            next(place.iterdir(), None)  # a folder that may not be read is told from no clone
    except OSError as error:
        raise HistoryError(
            f"{place}: cannot be read: {error.strerror}; name a clone of QEMU, or run `kit fetch`"
        ) from error
    return CloneHistory(place)


def find_history(
    named: Path | None,
    fetched: Iterable[Path],
    beside: Iterable[Path],
    reenactment: Callable[[], Path],
    known: str,
    passed_over: Callable[[Path, str], None] = lambda _place, _why: None,
    carried: Path | None = None,
) -> History:
    """Return the history in use.

    Args:
        named: What a person names, or None: a clone, an exported file, or `REENACTMENT`.
        fetched: Folders where `kit fetch` puts what it brings.
        beside: Folders where a clone of QEMU may lie.
        reenactment: Builds the re-enactment if needed and returns its folder.
        known: A commit by which a clone of QEMU is told from any other.
        passed_over: Told of each folder that is there and cannot be used, and why.
        carried: An exported file, which a copy of the kit may have where git is not to be had.

    Raises:
        HistoryError: What is named is no history, or the re-enactment cannot be built.
    """
    if named == Path(REENACTMENT):
        return ReenactmentHistory(CloneHistory(reenactment(), SourceKind.REENACTMENT))
    if named is not None:
        return open_named(named)
    places = [(place, SourceKind.FETCHED) for place in fetched]
    places += [(place, SourceKind.CLONE) for place in beside]
    for place, kind in places:
        if _is_folder(place):
            clone = CloneHistory(place, kind)
            try:
                clone.commit(known)
            except HistoryError as error:
                passed_over(place, str(error))
                continue
            return clone
    if carried is not None and carried.is_file():
        return read_carried(carried)
    return ReenactmentHistory(CloneHistory(reenactment(), SourceKind.REENACTMENT))


def _is_folder(place: Path) -> bool:
    try:
        return place.is_dir()
    except OSError:  # one above it may not be entered
        return False
