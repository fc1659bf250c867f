"""Find the labs that come with the kit by name."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from kit.common.errors import UserError, did_you_mean
from kit.common.packaged_data import data_path
from kit.common.user_file import read_bounded
from kit.course.labs import Lab, read_lab
from kit.storage.scenarios import find_scenario

__all__ = ["find_lab", "labs"]


@cache
def labs() -> Mapping[str, Lab]:
    """Return the labs by name."""
    return {
        path.stem: read_lab(read_bounded(path, "lab"), path.stem, str(path), find_scenario)
        for path in sorted(data_path("labs").glob("*.toml"))
    }


def find_lab(named: str) -> Lab:
    """Return the lab called *named*.

    Raises:
        UserError: There is no such lab.
    """
    if named not in labs():
        raise UserError(
            f"no lab {named[:60]!r}; there are: {', '.join(labs())}{did_you_mean(named, labs())}"
        )
    return labs()[named]
