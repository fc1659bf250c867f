"""QEMU's own figures as data, for a reader without a clone: dates, tags, the revert, all reverts.

``tools/freeze_history.py`` reads them from a clone of QEMU and writes them with the commit, the
date and the command.  They hold numbers, hashes, tags and names of folders, and no text of QEMU's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from kit.common.packaged_data import data_path

__all__ = ["FrozenCommit", "FrozenHistory", "FrozenRevert", "FrozenTarget", "frozen", "read_frozen"]

FILE = "history/qemu.json"


@dataclass(frozen=True, slots=True)
class FrozenCommit:
    """A commit of the case study: when it was committed, and the first tag with its change.

    The tag and its date are empty where no tag has it.  *With its change* is by content: a tag that
    comes after a commit and after its revert does not count.
    """

    label: str
    sha: str
    committed: str
    tag: str
    tagged: str


@dataclass(frozen=True, slots=True)
class FrozenTarget:
    """A commit that the revert names: both dates, and the days until the revert by each."""

    sha: str
    written: str
    committed: str
    days_written: int
    days_committed: int


@dataclass(frozen=True, slots=True)
class FrozenRevert:
    """The report of d522cb52e6: verdict, the three checks, lines, orders, tags, targets."""

    sha: str
    verdict: str
    checks: Mapping[str, bool]
    lines: int
    orders_that_apply: int
    orders: int
    written: str
    committed: str
    targets: tuple[FrozenTarget, ...]
    tags: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class FrozenHistory:
    """The figures, and where they come from: the clone's commit, its date, the command, the day.

    ``quoted_not_exact`` counts those whose subject begins with ``Revert "`` and that are not exact,
    ``exact_without_the_word`` the exact ones whose subject does not say that they revert.
    ``lasted`` are the dated pairs of a reverted commit and its revert: when the commit was
    committed, and the seconds to the revert by committer and by author date.  ``folders`` counts
    reverts by folder and year.  ``verdicts`` counts reverts by verdict.
    """

    head: str
    until_s: int
    until: str
    frozen: str
    command: str
    commits: tuple[FrozenCommit, ...]
    revert: FrozenRevert
    reverts: int
    verdicts: Mapping[str, int]
    quoted_not_exact: int
    exact_without_the_word: int
    lasted: tuple[tuple[int, int, int], ...]
    folders: Mapping[tuple[str, int], int]

    @property
    def label(self) -> str:
        """What to write under a figure: whose it is, and as of which commit."""
        return f"QEMU's own history up to {self.head[:10]} ({self.until})."

    def commit(self, label: str) -> FrozenCommit | None:
        """Return the commit that a revision of the catalogue is, if it is one."""
        return next((one for one in self.commits if one.label == label), None)


def read_frozen(text: str) -> FrozenHistory:
    """Read what ``tools/freeze_history.py`` wrote."""
    data = json.loads(text)
    revert = data["revert"]
    revert["targets"] = tuple(FrozenTarget(**one) for one in revert["targets"])
    revert["tags"] = tuple(map(tuple, revert["tags"]))
    data["revert"] = FrozenRevert(**revert)
    data["commits"] = tuple(FrozenCommit(**one) for one in data["commits"])
    data["lasted"] = tuple(map(tuple, data["lasted"]))
    data["folders"] = {(folder, year): count for folder, year, count in data["folders"]}
    return FrozenHistory(**data)


@lru_cache(maxsize=1)
def frozen() -> FrozenHistory:
    """Return the figures that come with the kit."""
    return read_frozen(data_path(FILE).read_text(encoding="utf-8"))
