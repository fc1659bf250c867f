"""Checks of a revert as a list: the kit's own, then those of installed packages.

A package adds one by an entry point of the group ``kit.checks`` that leads to a `RevertCheck`.  It
is shown wherever the kit's own are.  The verdict rests on those alone, so that it means the same on
every machine.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from kit.common.errors import UserError
from kit.git.values.verdict import CheckAnswer

if TYPE_CHECKING:
    from kit.git.reverts.exactness import CheckedRevert

__all__ = ["GROUP", "RevertCheck", "checks_of_packages"]

GROUP = "kit.checks"


@dataclass(frozen=True, slots=True)
class RevertCheck:
    """A question that a revert is asked.

    ``name`` is its key in JSON, ``label`` what people read.  ``ask`` gets the revert with its
    targets and returns true, false, or None where the clone cannot answer.
    """

    name: str
    label: str
    question: str
    ask: Callable[[CheckedRevert], bool | None]

    def answered(self, answer: bool | None = None) -> CheckAnswer:
        """Return what it says of a revert."""
        return CheckAnswer(self.name, self.label, self.question, answer)


@lru_cache(maxsize=4)
def checks_of_packages(own: Sequence[str]) -> tuple[RevertCheck, ...]:
    """Return the checks that installed packages add, by name.

    Args:
        own: The names of the kit's checks, which no package may take.

    Raises:
        UserError: One cannot be loaded, is not a check, or has a name that is taken.
    """
    from importlib.metadata import entry_points  # here: it takes as long as many a list of reverts

    found: dict[str, RevertCheck] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda each: (each.name, each.value)):
        try:
            check = point.load()
        except Exception as error:
            raise _refused(point.name, point.value, f"it cannot be loaded: {error}") from error
        if not isinstance(check, RevertCheck):
            raise _refused(point.name, point.value, "it is not a RevertCheck")
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", check.name):
            raise _refused(point.name, point.value, f"{check.name!r} is not a name like two_words")
        if check.name in own or check.name in found:
            raise _refused(point.name, point.value, f"another check is called {check.name}")
        found[check.name] = check
    return tuple(found.values())


def _refused(name: str, value: str, why: str) -> UserError:
    return UserError(f"the check {name} ({value}) cannot be used: {why}; uninstall its package")
