"""Decide which history is in use.

The kit uses the first of these that it finds: what a person names (``--repo``, KIT_QEMU, a field);
what ``kit fetch`` brought; a clone beside the kit; a file that this copy of the kit carries; the
re-enactment.  A history that a person names is used or refused, never passed over.  The name
``re-enactment`` chooses the re-enactment even if there are others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from kit.git.repository.clone import CloneHistory
from kit.git.repository.exported import read_carried, read_file
from kit.git.repository.history import History, HistoryError, SourceKind
from kit.git.repository.reenacted import REENACTMENT, ReenactmentHistory

__all__ = ["find_history", "open_named"]


def open_named(place: Path) -> History:
    """Open a clone, or a file that `kit history export` wrote; HistoryError if it is neither."""
    try:
        if place.is_file():
            return read_file(place)
        if not place.exists():
            raise HistoryError(f"{place} does not exist; name the folder of a clone")
        if place.is_dir():
            next(place.iterdir(), None)  # raises if the folder cannot be read
    except OSError as error:
        raise HistoryError(
            f"{place}: cannot be read: {error.strerror}; name the folder of a clone"
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
        known: A commit that only clones of QEMU have.
        passed_over: Called with each folder that exists but cannot be used, and the reason.
        carried: An exported file, which a copy of the kit has where there is no git.

    Raises:
        HistoryError: *named* is not a history, or the re-enactment cannot be built.
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
    except OSError:  # a folder above it cannot be entered
        return False
