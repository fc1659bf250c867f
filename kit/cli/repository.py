"""The repository of the commands about reverts: named, the current folder's, or the lesson's.

The kit's own checkout is not meant where somebody works in it: the lesson's history is.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from kit.cli.output import tell_passed_over
from kit.common.errors import UserError
from kit.common.packaged_data import CHECKOUT
from kit.common.plain_text import plain
from kit.git.repository.clone import CloneHistory
from kit.git.repository.here import pathspec_from, repository_above
from kit.git.repository.history import History, HistoryError, SourceKind
from kit.git.repository.reenacted import REENACTMENT, clone_of

__all__ = ["Place", "chosen", "find_place", "name_of", "tell_source"]


@dataclass(frozen=True, slots=True)
class Place:
    """A history, and where in its work tree the current folder is ("" at the top)."""

    history: History
    prefix: str = ""


def find_place(named: Path | None) -> Place:
    """Return the repository: the named one, the current folder's, or the lesson's history.

    Raises:
        UserError: What is named cannot be read, or there is no history.
    """
    if named is not None and str(named) != REENACTMENT:
        from kit.case_study.find import open_named  # here: it reads exported files as well
        from kit.common.user_folder import expanded

        return Place(open_named(expanded(str(named))))
    if named is None:
        here = _current_folder()
        top = None if here is None else repository_above(here)
        if here is not None and top is not None and top != CHECKOUT.resolve():
            prefix = here.resolve().relative_to(top).as_posix()
            return Place(CloneHistory(top), "" if prefix == "." else prefix)
    from kit.case_study import history as history_in_use  # here: it loads the lesson

    return Place(history_in_use.history(named, tell_passed_over))


def _current_folder() -> Path | None:
    try:
        return Path.cwd()
    except OSError:  # it is gone
        return None


def tell_source(place: Place, *, data: bool, what: str = "") -> None:
    """Say in the first line what is read, and whether it is all: on stderr where stdout is data.

    Args:
        place: The repository.
        data: A program reads stdout.
        what: What of it.
    """
    source = place.history.source
    words = f"{source}{f', {what}' if what else ''}"
    clone = place.history
    if source.kind is SourceKind.CLONE and isinstance(clone, CloneHistory) and clone.is_shallow:
        words += "; it is shallow: `git fetch --unshallow` brings the older commits"
    typer.echo(f"read from {plain(words)}", err=data)


def name_of(history: History, typed: str) -> str:
    """Return the name that a history has for a commit: the lesson's revisions have names, too."""
    if isinstance(history, CloneHistory) and history.source.kind is SourceKind.CLONE:
        with contextlib.suppress(HistoryError):
            return history.commit(typed).hash
    from kit.case_study.history import commit_named  # here: it loads the lesson

    return commit_named(history, typed)[0]


def chosen(
    place: Place, words: Sequence[str], paths: Sequence[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the revisions and the pathspecs that somebody typed.

    A word that is not a revision and names a file or a folder is a path, as with git.

    Raises:
        UserError: A word is neither.
    """
    clone = clone_of(place.history)
    revisions: list[str] = []
    specs = [pathspec_from(place.prefix, path) for path in paths]
    for word in words:
        try:
            clone.check_revision(word)
            revisions.append(word)
        except HistoryError as error:
            found = Path(clone.place, place.prefix, word)
            if not (clone.place.is_dir() and word.strip() and found.exists()):
                raise UserError(f"{error}; to name a path that is gone, put -- before it") from None
            specs.append(pathspec_from(place.prefix, word))
    return tuple(revisions), tuple(specs)
