"""The queries of docs/scale.md do on a clone's tables what a walk over the clone does."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from kit.git.repository.clone import CloneHistory
from tests.git.workshop import Workshop
from tests.survey.shops import mailing, merging, squashing

pytest.importorskip("pyarrow")
duckdb = pytest.importorskip("duckdb")
from tools.swh_tables import tables_of  # noqa: E402 - it needs pyarrow

PAGE = (Path(__file__).parents[2] / "docs" / "scale.md").read_text(encoding="utf-8")
QUERIES = dict(re.findall(r"```sql name=(\w+)\n(.*?)```", PAGE, re.DOTALL))


def asked(name: str, clone: Path) -> list[tuple[object, ...]]:
    connection = duckdb.connect(":memory:")
    for table, rows in tables_of(CloneHistory(clone)).items():
        connection.register(table, rows)
    return sorted(connection.execute(QUERIES[name]).fetchall())


def first_parents(shop: Workshop) -> list[tuple[str, str]]:
    """Return commits and their trees, newest first."""
    lines = shop.git("log", "--first-parent", "--format=%H %T").splitlines()
    return [(sha, tree) for sha, tree in map(str.split, lines)]


def equal_trees(line: list[tuple[str, str]]) -> list[tuple[str, str, int]]:
    """Return commits whose tree an earlier one has: the latest of these, and how many between."""
    found = []
    for place, (sha, tree) in enumerate(line):
        same = [at for at in range(place + 1, len(line)) if line[at][1] == tree]
        if same and same[0] > place + 1:
            found.append((sha, line[same[0]][0], same[0] - place - 1))
    return sorted(found)


def longer(folder: Path) -> Workshop:
    """Return a repository in which three commits are taken back at once, one is empty."""
    shop = squashing(folder)
    for number in range(3):
        shop.commit(f"lid {number}", {"src/lid": f"{number}\n"})
    shop.commit("lid: gone", {"src/lid": None})
    shop.commit("nothing")
    return shop


@pytest.mark.parametrize("make", [squashing, mailing, merging, longer])
def test_a_later_tree_equals_an_earlier_one(make: object, tmp_path: Path) -> None:
    assert callable(make)
    shop = make(tmp_path / "r")
    line = first_parents(shop)
    whole = equal_trees(line)

    assert [row[1:] for row in asked("any", shop.folder)] == whole
    assert {row[:2] for row in asked("next", shop.folder)} >= {
        (sha, line[[one for one, _ in line].index(sha) + 1][0])
        for sha, _, between in whole
        if between == 1
    }


def test_the_shops_have_such_commits(tmp_path: Path) -> None:
    shop = longer(tmp_path / "r")

    assert [between for _, _, between in equal_trees(first_parents(shop))].count(3) == 1
    assert len(asked("next", shop.folder)) == 3


@pytest.mark.clone
def test_on_a_real_clone() -> None:
    clone = Path(os.environ["KIT_QEMU"])
    rows = asked("next", clone)

    assert len(rows) > 5
