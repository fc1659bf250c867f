"""The re-enactment as a history that answers to QEMU's own hashes."""

from __future__ import annotations

from kit.git.repository.clone import CloneHistory
from kit.git.repository.history import History, HistoryError, Source, SourceKind
from kit.git.values.commit import Commit, FileDiff

__all__ = ["REENACTMENT", "ReenactmentHistory", "clone_of"]

REENACTMENT = "re-enactment"


class ReenactmentHistory:
    """The re-enactment, which answers to QEMU's own hashes by its ``Re-enacts`` trailers.

    Its methods raise HistoryError if no commit of the re-enactment plays the one asked for.
    """

    def __init__(self, clone: CloneHistory) -> None:
        self.clone = clone  # the repository itself, with its own hashes
        self._played: dict[str, str] | None = None
        self.source = Source(SourceKind.REENACTMENT, "built from data/reenactment")

    def commit(self, revision: str) -> Commit:
        """Return the commit that plays *revision*, or that has this hash or tag itself."""
        return self.clone.commit(self._own(revision))

    def diff(self, revision: str) -> tuple[FileDiff, ...]:
        """Return what the commit that plays *revision* changes."""
        return self.clone.diff(self._own(revision))

    def recent(self, revision: str, count: int) -> tuple[Commit, ...]:
        """Return the commit that plays *revision* and those before it, newest first."""
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
                f"the re-enactment has only the commits of the CPU's story, not {revision};"
                " run `kit fetch` for QEMU's own commits"
            ) from None


def clone_of(history: History) -> CloneHistory:
    """Return the clone that a history is read from; HistoryError for a file of single commits."""
    if isinstance(history, ReenactmentHistory):
        return history.clone
    if isinstance(history, CloneHistory):
        return history
    raise HistoryError(
        f"{history.source} holds single commits, and this needs all objects;"
        " name a clone with --repo, or the re-enactment"
    )
