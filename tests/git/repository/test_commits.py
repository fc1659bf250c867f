"""Commits read ahead are those read one by one, and what cannot be read is passed over."""

from __future__ import annotations

from pathlib import Path

import pytest

from kit.git.repository.reader import MissingObjectError
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
