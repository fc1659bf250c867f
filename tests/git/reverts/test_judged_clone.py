"""Rows of real histories and what was said of each: ``make test-clone KIT_CLONES=…``.

``judged.json`` has, of each history, up to 60 rows drawn at random and what somebody who read
message and commit said of them, and all commits whose subject says revert and whose change is
proven by content: a tree that is there again, or the exact inverse of an earlier change.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from kit.git.repository.clone import CloneHistory
from kit.git.reverts.scan import Wanted, read_reverts

pytestmark = pytest.mark.clone
JUDGED: dict[str, Any] = json.loads((Path(__file__).parent / "judged.json").read_text())


def clone_at(name: str) -> Path:
    """Return the clone of a project in KIT_CLONES, as owner+name or name, that has the tip."""
    folder = Path(os.environ.get("KIT_CLONES", "nowhere"))
    for place in (folder / name.replace("/", "+") / "repo", folder / name.split("/")[1]):
        asked = ["git", "-C", str(place), "cat-file", "-e", JUDGED[name]["tip"]]
        if place.is_dir() and subprocess.run(asked, check=False).returncode == 0:
            return place
    pytest.skip(f"KIT_CLONES has no clone of {name} with {JUDGED[name]['tip'][:10]}")


@pytest.mark.parametrize("name", JUDGED)
def test_what_is_listed_is_right_and_what_is_proven_is_listed(name: str) -> None:
    data = JUDGED[name]
    clone = CloneHistory(clone_at(name))
    rows = {row.sha[:12]: row for row in read_reverts(clone, Wanted(revisions=(data["tip"],)))}
    wrong = {sha for sha, words in data["judged"].items() if words.startswith("wrong")}
    right = data["judged"].keys() - wrong
    told = {sha for sha in data["proven"] if sha in rows and rows[sha].resolved}

    assert sorted(right - rows.keys()) == []
    assert sorted(wrong & rows.keys()) == []
    assert len(told) >= 0.97 * len(data["proven"])


def test_over_all_histories_the_sample_and_the_proven_are_as_counted() -> None:
    """The figures of docs/reverts.md."""
    verdicts = [words for data in JUDGED.values() for words in data["judged"].values()]

    assert len(verdicts) == 389
    assert sum(words == "right" for words in verdicts) == 383
    assert sum(len(data["proven"]) for data in JUDGED.values()) == 563
