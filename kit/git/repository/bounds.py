"""How much of two trees is compared in this process: no more than anybody reads.

The compared files are held in memory several times, as bytes, lines and counts of lines.
"""

from __future__ import annotations

from collections.abc import Mapping

from kit.git.repository.objects import MissingObjectError, Objects, TreeFile

__all__ = ["MAX_COMPARED_BYTES", "check_size"]

MAX_COMPARED_BYTES = 32 << 20
_Change = tuple[TreeFile | None, TreeFile | None]


def check_size(objects: Objects, changed: Mapping[str, _Change]) -> None:
    """Raise MissingObjectError if a commit's files together are too large to be compared."""
    entries = [entry for sides in changed.values() for entry in sides if entry is not None]
    if objects.size(entries) > MAX_COMPARED_BYTES:
        raise MissingObjectError(
            f"its files have more than {MAX_COMPARED_BYTES >> 20} MiB and are not compared"
        )
