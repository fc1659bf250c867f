"""The files that a reader sees: lessons and what they link to, listed as Jupyter lists them."""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from kit.common.user_file import make_folders, write_atomic

__all__ = ["listings", "write_contents"]

_WHEN = "2021-04-14T00:00:00Z"  # no date of a build: the same files are the same bytes


def _entry(path: str, kind: str, size: int | None) -> dict[str, Any]:
    text = kind == "file"
    return {
        "name": PurePosixPath(path).name,
        "path": path,
        "last_modified": _WHEN,
        "created": _WHEN,
        "content": None,
        "format": None,
        "mimetype": (mimetypes.guess_type(path)[0] or "text/plain") if text else None,
        "size": size,
        "writable": True,
        "type": kind,
    }


def listings(sizes: Mapping[str, int]) -> dict[str, dict[str, Any]]:
    """Return what Jupyter's contents answer for each folder, from the files' paths and sizes."""
    folders: dict[str, dict[str, dict[str, Any]]] = {"": {}}
    for path, size in sizes.items():
        kind = "notebook" if path.endswith(".ipynb") else "file"
        row = _entry(path, kind, size)
        for parent in PurePosixPath(path).parents:
            here = "" if str(parent) == "." else str(parent)
            folders.setdefault(here, {})[row["name"]] = row
            row = _entry(here, "directory", None)
    return {
        path: _entry(path, "directory", None)
        | {"format": "json", "content": [rows[name] for name in sorted(rows)]}
        for path, rows in folders.items()
    }


def write_contents(files: Mapping[str, bytes], site: Path) -> None:
    """Put *files* into a JupyterLite site, and their listings beside."""
    for path, data in files.items():
        _put(site, f"files/{path}", data)
    found = listings({path: len(data) for path, data in files.items()})
    for path, listing in found.items():
        written = json.dumps(listing, indent=1, sort_keys=True)
        _put(site, f"api/contents/{path}/all.json", written.encode())


def _put(site: Path, name: str, data: bytes) -> None:
    *folders, file = PurePosixPath(name).parts
    write_atomic(make_folders(site, *folders) / file, data)
