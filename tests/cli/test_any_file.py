"""Whatever stands where a reader expects a file: one line, exit 2, soon, and never a traceback."""

from __future__ import annotations

import errno
import gzip
import os
import socket
import time
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest

import kit.common.user_file
from kit.cli.main import main
from kit.common.errors import UserError
from kit.storage.progress import ProgressFile
from tests.effort import some_of

Captured = pytest.CaptureFixture[str]
SOON_S = 20.0  # of this process; what reads all of a sparse file takes for ever


READERS: dict[str, tuple[str, Callable[[str], list[str]]]] = {
    "scenario": ("x.toml", lambda path: ["run", path]),
    "recording": ("x.jsonl", lambda path: ["conform", path]),
    "packed recording": ("x.jsonl.gz", lambda path: ["conform", path]),
    "script": ("x.jsonl", lambda path: ["record", path, "-o", os.devnull]),
    "log": ("x.log", lambda path: ["import", path]),
    "packed log": ("x.log.gz", lambda path: ["import", path]),
    "diagram": ("x.mmd", lambda path: ["draw", path]),
    "history": ("x.json", lambda path: ["show", "revert", "--repo", path]),
    "clone of reverts": ("x.json", lambda path: ["reverts", "--repo", path]),
    "lesson": ("lesson.ipynb", lambda path: ["new", str(Path(path).parent), "--check"]),
    "source": ("x.json", lambda path: ["fetch", f"{path}.q", "--from", path]),
}


def sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(5 << 30)


def bomb(path: Path) -> None:
    with gzip.open(path, "wb", compresslevel=1) as file:
        for _ in range(300):
            file.write(bytes(1_000_000))


def listening(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        here = Path.cwd()
        os.chdir(path.parent)  # the name of a socket may not be long
        try:
            one.bind(path.name)
        finally:
            os.chdir(here)


FILES: dict[str, Callable[[Path], object]] = {
    "absent": lambda _path: None,
    "a pipe": os.mkfifo,
    "a folder": Path.mkdir,
    "a socket": listening,
    "a device that never ends": lambda path: path.symlink_to("/dev/zero"),
    "a link to itself": lambda path: path.symlink_to(path),
    "empty": Path.touch,
    "5 GB of nothing": sparse,
    "a bomb": bomb,
    "NUL bytes": lambda path: path.write_bytes(bytes(5000)),
    "half of a pair": lambda path: path.write_bytes(b'"\\ud800"\xed\xa0\x80'),
    "deep JSON": lambda path: path.write_text("[" * 100_000),
    "deep JSON in an object": lambda path: path.write_text('{"a":' * 100_000),
    "deep TOML": lambda path: path.write_text(f"title = {'[' * 50_000}"),
    "a long number": lambda path: path.write_text("1" * 100_000),
    "one long line": lambda path: path.write_bytes(b"x" * 30_000_000),
    "random bytes": lambda path: path.write_bytes(bytes(n * n % 251 for n in range(100_000))),
}


@pytest.mark.parametrize(("reader", "file"), some_of([*product(READERS, FILES)], 3))
def test_a_reader_refuses_what_it_cannot_read(
    reader: str, file: str, tmp_path: Path, capsys: Captured
) -> None:
    name, arguments = READERS[reader]
    path = tmp_path / name
    FILES[file](path)
    began = time.process_time()

    status = main(arguments(str(path)))

    captured = capsys.readouterr()
    # kit fetch announces what it may cost before it asks a source
    lines = [each for each in captured.err.splitlines() if not each.startswith("From each source ")]
    assert (status, captured.out, len(lines)) == (2, "", 1)
    assert lines[0].startswith("kit: ")
    assert len(lines[0]) < 1500
    assert lines[0].isprintable()
    assert time.process_time() - began < SOON_S


ASIDE = ("NUL bytes", "half of a pair", "deep JSON", "deep JSON in an object", "a long number",
         "random bytes")  # fmt: skip
LEFT_ALONE = ("a pipe", "a folder", "a socket", "a device that never ends", "5 GB of nothing",
              "one long line")  # fmt: skip


@pytest.mark.parametrize("file", ASIDE)
def test_progress_that_cannot_be_read_is_put_aside(file: str, tmp_path: Path) -> None:
    path = tmp_path / "progress.json"
    FILES[file](path)
    told: list[str] = []

    assert (ProgressFile(path, told.append).read().data, len(told)) == ({}, 1)
    assert sorted(one.name for one in tmp_path.iterdir()) == [
        ".progress.json.lock",
        "progress.json.broken-1",
    ]


@pytest.mark.parametrize("file", LEFT_ALONE)
def test_what_cannot_be_progress_at_all_is_left_alone(file: str, tmp_path: Path) -> None:
    path = tmp_path / "progress.json"
    FILES[file](path)
    with pytest.raises(UserError, match=r"; progress is not kept$"):
        ProgressFile(path).read()

    assert os.path.lexists(path)


@pytest.mark.parametrize("reader", [name for name in READERS if name not in ("source", "script")])
def test_a_file_that_may_not_be_read_is_one_line(
    reader: str, tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, arguments = READERS[reader]
    path = tmp_path / name
    path.touch()

    def refused(*_: object) -> int:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(kit.common.user_file.os, "open", refused)  # root may read everything

    assert main(arguments(str(path))) == 2
    assert capsys.readouterr().err == f"kit: {path}: cannot be read: Permission denied\n"


def test_what_a_shell_hands_over_is_read(capsys: Captured) -> None:
    """``kit import <(zcat log.gz)`` names a pipe."""
    text = (Path(__file__).parents[1] / "logs" / "capture.qmp").read_bytes()
    ours, theirs = os.pipe()
    os.write(theirs, text)
    os.close(theirs)
    status = main(["import", f"/dev/fd/{ours}"])
    os.close(ours)

    assert (status, "core1" in capsys.readouterr().out) == (0, True)
