"""Where the project lives, and the links that follow from it.

Nobody's account is invented here: until ``[project.urls] Repository`` in pyproject.toml, or
KIT_REPOSITORY, names a place, the links carry a placeholder that says what to put there.
"""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from urllib.parse import quote

__all__ = ["PLACEHOLDER", "binder", "repository"]

PLACEHOLDER = "https://github.com/OWNER/REPOSITORY"
_FIRST = "urlpath=lab/tree/notebooks/01-before-and-after.ipynb"
_HOSTS = {"github.com": "gh", "gitlab.com": "gl"}


def repository(root: Path) -> str:
    """Return the address of the project's repository, or the placeholder."""
    named = os.environ.get("KIT_REPOSITORY", "").strip()
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return named or str(project.get("urls", {}).get("Repository", PLACEHOLDER))


def binder(address: str) -> str:
    """Return the address at which Binder opens lesson 01 of a repository."""
    address = address.removesuffix("/").removesuffix(".git")
    match = re.fullmatch(r"https://([^/]+)/([^/]+)/([^/]+)", address)
    kind = _HOSTS.get(match[1]) if match else None
    if match is None or kind is None:
        where = f"git/{quote(address, safe='')}"
    elif kind == "gh":
        where = f"gh/{match[2]}/{match[3]}"
    else:
        where = f"gl/{quote(f'{match[2]}/{match[3]}', safe='')}"
    return f"https://mybinder.org/v2/{where}/HEAD?{_FIRST}"
