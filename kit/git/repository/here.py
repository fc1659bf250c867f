"""The repository that a folder lies in: the folder itself or one above it, as git looks for it.

git is not asked: it would read the settings of each folder on the way before anybody has looked at
them.  What is found is opened like any clone, with all the checks of `kit.git.repository.sandbox`.

Source: git 2.39, git(1), GIT_CEILING_DIRECTORIES and GIT_DISCOVERY_ACROSS_FILESYSTEM.
"""

from __future__ import annotations

import os
import posixpath
import re
from pathlib import Path

__all__ = ["pathspec_from", "repository_above"]

_BARE = ("HEAD", "objects", "refs")
_MAGIC = re.compile(r":(?:\((?P<long>[^)]*)\)|(?P<short>[!^/]+):?)(?P<rest>.*)", re.DOTALL)


def repository_above(folder: Path) -> Path | None:
    """Return the folder of the repository that a folder lies in, or None.

    That is the top of its work tree (a linked one, too), or a bare repository.  The search ends at
    another file system, as git's does.
    """
    try:
        here = folder.resolve()
        device = here.stat().st_dev
        for each in (here, *here.parents):
            if each.stat().st_dev != device:
                return None
            if os.path.lexists(each / ".git") or all((each / name).exists() for name in _BARE):
                return each
    except OSError:
        return None
    return None


def pathspec_from(prefix: str, pathspec: str) -> str:
    """Return a pathspec, as somebody types it in a sub-folder, from the top of the repository.

    >>> pathspec_from("hw/ppc", "spapr.c"), pathspec_from("hw/ppc", "../../VERSION")
    ('hw/ppc/spapr.c', 'VERSION')
    >>> pathspec_from("hw/ppc", ":!pnv*"), pathspec_from("hw/ppc", ":/docs")
    (':!hw/ppc/pnv*', ':/docs')
    """
    match = _MAGIC.fullmatch(pathspec)
    if match is None:
        return _below(prefix, pathspec)
    magic = match["long"] if match["long"] is not None else match["short"]
    if "top" in magic.split(",") or "/" in magic:
        return pathspec
    start = pathspec[: len(pathspec) - len(match["rest"])]
    return start + _below(prefix, match["rest"])


def _below(prefix: str, path: str) -> str:
    if not prefix or path.startswith("/"):
        return path
    end = "/" if path.endswith("/") else ""
    return posixpath.normpath(f"{prefix}/{path}") + end
