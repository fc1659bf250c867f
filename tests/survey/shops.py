"""A few repositories of different habits, made here, whose reverts are known."""

from __future__ import annotations

from pathlib import Path

from kit.survey.report import Cell, ReportTable
from tests.git.workshop import Workshop, workshop


def column_of(table: ReportTable, name: str) -> list[Cell]:
    place = table.columns.index(name)
    return [row[place] for row in table.rows]


def squashing(folder: Path) -> Workshop:
    """Return a repository with two reverts, one of them of a revert, and a silent one."""
    shop = workshop(folder)
    shop.commit("pump: add (#1)", {"src/pump": "1\n"})
    shop.commit("pump: faster (#2)", {"src/pump": "2\n"})
    shop.revert("HEAD")
    shop.revert("HEAD")
    shop.commit("valve: add (#3)", {"src/valve": "1\n"})
    shop.commit("valve: wider (#4)", {"src/valve": "2\n"})
    shop.commit("valve: as it was (#5)", {"src/valve": "1\n"})
    return shop


def mailing(folder: Path) -> Workshop:
    """Return a repository with one revert that has an extra change."""
    shop = workshop(folder)
    for number in range(4):
        shop.commit(f"part {number}\n\nSigned-off-by: A <a@example.org>\n", {"a": f"{number}\n"})
    target = shop.head
    shop.commit(
        f'Revert "part 3"\n\nThis reverts commit {target}.\n\nSigned-off-by: A <a@example.org>\n',
        {"a": "2\n", "b": "more\n"},
    )
    return shop


def merging(folder: Path) -> Workshop:
    """Return a repository without a revert, with a merge."""
    shop = workshop(folder)
    shop.commit("one", {"a": "1\n"})
    shop.git("checkout", "--quiet", "-b", "side")
    shop.commit("two", {"b": "1\n"})
    shop.git("checkout", "--quiet", "-")
    shop.commit("three", {"c": "1\n"})
    shop.now_s += 86_400
    shop.git("merge", "--quiet", "--no-edit", "side")
    return shop


def three_shops(folder: Path) -> list[str]:
    """Return the paths of all three."""
    made = (("squash", squashing), ("mail", mailing), ("merge", merging))
    return [str(make(folder / name).folder) for name, make in made]
