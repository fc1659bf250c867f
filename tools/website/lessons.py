"""The lessons as the site has them, and the history that they read from."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path

from kit.case_study.history import exported_history
from kit.common.packaged_data import lessons
from kit.git.repository.history import Source, SourceKind

__all__ = ["carried_history", "files_of_the_page"]


def files_of_the_page() -> dict[str, bytes]:
    """Return what a reader finds in the list of files, by path: lessons, and what they name."""
    with tempfile.TemporaryDirectory() as folder:
        lessons(Path(folder))
        return {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in Path(folder).rglob("*")
            if path.is_file()
        }


def carried_history() -> tuple[str, str]:
    """Return the history in use as a file's text, and what it was exported from.

    The file does not name its place on the maker's machine.

    Raises:
        HistoryError: There is none.
    """
    text, _ = exported_history()
    data: dict[str, Mapping[str, str]] = json.loads(text)
    kind, place = data["source"]["kind"], data["source"]["place"]
    data["source"] = {"kind": kind, "place": "this site"}
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")), str(
        Source(SourceKind[kind], place)
    )
