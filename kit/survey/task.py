"""What is surveyed: one repository a task, each with a name that is also the name of its file."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kit.common.errors import UserError
from kit.common.plain_text import plain

__all__ = ["SurveyTask", "read_list", "tasks_of"]

MAX_NAME = 80
_USUAL = ("repo", "repo.git", ".git", "git")  # folders that say nothing of what is in them


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyTask:
    """One repository, and how it is read.

    ``content``: silent reverts are looked for.  ``check``: each revert is checked for exactness.
    """

    name: str
    path: str
    content: bool = False
    check: bool = False

    def json(self) -> dict[str, Any]:
        """Return it as JSON data, from which `SurveyTask(**data)` makes it again."""
        return asdict(self)


def read_list(text: str) -> list[str]:
    """Return the repositories of a list: one path a line; an empty line and a # line are none.

    >>> read_list("# mine\\n/srv/a.git\\n\\n/srv/b\\n")
    ['/srv/a.git', '/srv/b']
    """
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def tasks_of(paths: Iterable[str], *, content: bool, check: bool) -> list[SurveyTask]:
    """Return a task for each repository; two of one name are told apart by their paths.

    Raises:
        UserError: There is none, or one is named twice.
    """
    places = [Path(path).expanduser().absolute() for path in paths]
    if not places:
        raise UserError("no repository to survey; name some, or a file with --list")
    twice = next((place for place in places if places.count(place) > 1), None)
    if twice is not None:
        raise UserError(f"{plain(str(twice))} is named twice; name each repository once")
    names = [_name(place) for place in places]
    files = [name.casefold() for name in names]  # some systems have one file for x and X
    return [
        SurveyTask(
            name=name if files.count(name.casefold()) == 1 else f"{name}-{_mark(place)}",
            path=str(place),
            content=content,
            check=check,
        )
        for name, place in zip(names, places, strict=True)
    ]


def _name(place: Path) -> str:
    parts = [part for part in place.parts if part not in _USUAL]
    found = re.sub(r"[^A-Za-z0-9+_-]+", "-", parts[-1].removesuffix(".git") if parts else "")
    return found.strip("-")[:MAX_NAME] or "repository"


def _mark(place: Path) -> str:
    return hashlib.sha256(str(place).encode()).hexdigest()[:8]
