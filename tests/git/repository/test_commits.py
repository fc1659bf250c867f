"""Commits read ahead are those read one by one, and what cannot be read is passed over."""

from __future__ import annotations

from pathlib import Path

import pytest

from kit.git.repository.reader import MissingObjectError, ObjectReader
from tests.git.workshop import workshop


def test_what_is_read_ahead_is_what_is_read(tmp_path: Path) -> None:
    shop = workshop(tmp_path / "r")
    names = [shop.commit(f"commit {number}") for number in range(5)]
    tree = shop.git("rev-parse", "HEAD^{tree}")
    ahead, one_by_one = shop.clone.commits(), shop.clone.commits()
    ahead.read_ahead([*names, tree, "0" * 40, "not a hash", names[0][:8]])

    assert [ahead.commit(name) for name in names] == [one_by_one.commit(name) for name in names]
    for absent in ("0" * 40, tree):
        with pytest.raises(MissingObjectError):
            ahead.commit(absent)


def test_the_commits_before_one_are_those_of_git(tmp_path: Path) -> None:
    shop = workshop(tmp_path / "r")
    for number in range(5):
        shop.commit(f"commit {number}", {"a b": f"{number}\n"})
    commits = shop.clone.commits()
    names = shop.git("rev-list", "--first-parent", "HEAD").split()
    start = commits.commit(names[0])

    assert [each.sha for each in commits.line_before(start, 3)] == names[1:4]
    assert [each.sha for each in commits.line_before(start, 99)] == names[1:]


def test_git_knows_how_a_file_was_before(tmp_path: Path) -> None:
    """A path with a space is a path; None stands for a file that was not there."""
    shop = workshop(tmp_path / "r")
    one = shop.commit("one", {"a b": "1\n"})
    two = shop.commit("two", {"a b": "2\n", "c": "c\n"})
    new = shop.commit("three", {"a b": "3\n", "c": None})
    commits = shop.clone.commits()

    states = [commits.states_before(new, path, 2) for path in (b"a b", b"c", b"a\nb")]

    names = {name: shop.git("rev-parse", name) for name in (f"{one}:a b", f"{two}:a b", f"{two}:c")}
    assert states == [
        [names[f"{two}:a b"], names[f"{one}:a b"], None],
        [names[f"{two}:c"], None, None],
        None,
    ]


def test_the_folders_that_commits_change_are_those_of_git(tmp_path: Path) -> None:
    shop = workshop(tmp_path / "r")
    names = [
        shop.commit("one", {"a/b/c": "1\n", "d": "1\n", "e/f": "1\n"}),
        shop.commit("two", {"a/b/c": "2\n"}),
        shop.commit("three", {"d": None, "a/b/g": "1\n"}),
        shop.commit("four", {"e/f": None, "h/i": "1\n"}),
    ]
    expected = []
    for name in names:
        paths = shop.git("show", "--format=", "--name-only", "--no-renames", name).split()
        expected.append({(path.split("/")[0].encode() if "/" in path else None) for path in paths})

    found = list(shop.clone.commits().top_names([*names, "0" * 40]))

    assert found == expected


def test_a_range_that_is_known_answers_as_git_does_and_git_walks_for_others_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = workshop(tmp_path / "r")
    names = [shop.commit("begin"), shop.commit("one")]
    shop.git("checkout", "--quiet", "-b", "side")
    names.append(shop.commit("aside", {"s": "s\n"}))
    shop.git("checkout", "--quiet", "-")
    names.append(shop.commit("two", {"t": "t\n"}))
    shop.git("merge", "--quiet", "--no-edit", "--no-ff", "side")
    names.append(shop.head)
    pairs = [(one, other) for one in names for other in names]
    log = shop.git("log", "--format=%H %P", "HEAD", f"^{names[0]}").splitlines()
    known = shop.clone.commits()
    known.know_range({sha: above for sha, *above in map(str.split, log)})
    walks: list[tuple[str, str]] = []
    walk = ObjectReader.descends
    monkeypatch.setattr(
        ObjectReader,
        "descends",
        lambda reader, *pair: walks.append(pair) or walk(reader, *pair),
    )

    found = [known.descends(*pair) for pair in pairs * 2]

    assert walks == [pair for pair in pairs if names[0] in pair]
    assert found == [shop.clone.commits().descends(*pair) for pair in pairs] * 2
