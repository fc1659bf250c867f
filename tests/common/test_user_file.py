"""A scenario or an exercise in a file that is none."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from kit.common.errors import UserError
from kit.storage.exercises import find_exercise
from kit.storage.scenarios import find_scenario

read = pytest.mark.parametrize("find", [find_scenario, find_exercise])


@read
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (Path.exists, "{}: no such file"),
        (os.mkfifo, "{}: is a pipe, no file; name a file"),  # to read one would wait for ever
        (Path.mkdir, "{}: is a folder, no file; name the files in it"),
        (lambda path: path.write_bytes(b"title = '\xff'"), "{}: is not UTF-8 text: invalid start"),
        (lambda path: path.write_bytes(b"#" * 1_000_001), "{}: is larger than 1,000,000 bytes; no"),
    ],
    ids=["absent", "pipe", "folder", "not UTF-8", "large"],
)
def test_a_file_that_cannot_be_one_is_refused_by_name(
    find: Callable[[str], object], make: Callable[[Path], object], message: str, tmp_path: Path
) -> None:
    path = tmp_path / "mine.toml"
    make(path)
    with pytest.raises(UserError) as caught:
        find(str(path))

    assert str(caught.value).startswith(message.format(path))
