"""Rows of real histories and what was said of each: ``make test-clone KIT_CLONES=…``.

``judged.json`` has, of each history, rows drawn at random and what somebody said of them who read
message, targets, the diff and what the checks found.  ``judged``, ``again`` and ``fresh`` are 60
rows each, or all.  ``after`` and ``last`` are 60 of each of the three largest that nobody had read,
drawn after the mends that the others had led to.  ``seeded`` are 60 of all rows, of which most had
been read, ``rest`` are the last that nobody had, and ``others`` 120 of 17 further histories.
``others after`` are 80 more of these, drawn when their faults were mended.  And it has all commits
whose subject says revert and whose change is proven by content: a tree that is there again,
or the exact inverse of an earlier change.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from kit.git.repository.clone import CloneHistory
from kit.git.reverts.scan import Wanted, read_revert, read_reverts

pytestmark = pytest.mark.clone
SAMPLES = (
    *("judged", "again", "after", "fresh", "last"),
    *("seeded", "rest", "others", "others after"),
)
WHOLE = [  # how many targets a row has, of which some were missing
    ("git/git", "d9edcbd6061a", 2),
    ("u-boot/u-boot", "431f1ce46bbf", 3),
    ("vivier/qemu", "3154d1e426e8", 2),
    ("vivier/qemu", "793a10a2d435", 3),
    ("vivier/qemu", "de9a95f02237", 4),
    ("vivier/qemu", "ee86981bda9e", 6),
]
TOO_MANY = [
    ("git/git", "59332d13b2b2", "30816237"),
    ("golang/tools", "d40093525d44", "CL 678475"),
    ("vivier/qemu", "1cdb9c3d82d6", "f9fcd6f50568e6f18da46dd8ae762538644f4662"),
]
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
    read = {sha: words for sample in SAMPLES for sha, words in data.get(sample, {}).items()}
    wrong = {sha for sha, words in read.items() if words.startswith("wrong")}
    lost = {sha for sha, words in read.items() if "no longer listed" in words}
    right = read.keys() - wrong - lost
    told = {sha for sha in data["proven"] if sha in rows and rows[sha].resolved}

    assert sorted(right - rows.keys()) == []
    assert sorted(wrong & rows.keys()) == []
    assert len(told) >= 0.98 * len(data["proven"])


def test_where_a_target_was_too_many_it_is_no_more() -> None:
    """A row is named by the target that it must not have."""
    for name, sha, target in TOO_MANY:
        row = read_revert(CloneHistory(clone_at(name)), sha)

        assert target not in [each.named for each in row.targets]


def test_no_target_is_missing_where_one_was() -> None:
    for name, sha, count in WHOLE:
        row = read_revert(CloneHistory(clone_at(name)), sha)

        assert (name, len([each for each in row.targets if each.sha])) == (name, count)


def test_over_all_histories_the_samples_and_the_proven_are_as_counted() -> None:
    """The figures of docs/reverts.md."""
    counts = {}
    for sample in SAMPLES:
        verdicts = [words for data in JUDGED.values() for words in data.get(sample, {}).values()]
        counts[sample] = len(verdicts), sum(words.startswith("right") for words in verdicts)

    assert counts == {
        "judged": (389, 382), "again": (389, 383), "after": (180, 178),
        "fresh": (389, 388), "last": (170, 165), "seeded": (389, 388), "rest": (415, 410),
        "others": (120, 114), "others after": (80, 80),
    }  # fmt: skip
    assert sum(len(data["proven"]) for data in JUDGED.values()) == 563
