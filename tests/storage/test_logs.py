"""Logs on disk: packed, in other encodings, and too large."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest

from kit.common.errors import UserError
from kit.storage.logs import MAX_BYTES, log_lines

TEXT = '{"execute": "stop"}\n{"return": {}}\n'


@pytest.mark.parametrize(
    "pack",
    [
        str.encode,
        lambda text: gzip.compress(text.encode()),
        lambda text: lzma.compress(text.encode()),
        lambda text: lzma.compress(text[:20].encode()) + lzma.compress(text[20:].encode()),
        lambda text: text.encode("utf-16"),
        lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
        lambda text: b"\xef\xbb\xbf" + text.encode(),
    ],
    ids=["plain", "gzip", "xz", "xz of two streams", "utf-16", "utf-16-be", "utf-8 with mark"],
)
@pytest.mark.parametrize("name", ["log", "log.txt"])
def test_a_log_is_unpacked_by_its_content_not_by_its_name(
    name: str, pack: Callable[[str], bytes], tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(pack(TEXT))

    assert list(log_lines(str(tmp_path / name))) == TEXT.splitlines(keepends=True)


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress], ids=["gzip", "xz"])
def test_a_bomb_is_refused_while_it_is_read(
    pack: Callable[[bytes], bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bound is made small, so that the test need not unpack what a bomb holds."""
    monkeypatch.setattr("kit.storage.logs.MAX_BYTES", 1_000_000)
    path = tmp_path / "log"
    path.write_bytes(pack(b"x\n" * 5_000_000))
    lines = log_lines(str(path))
    with pytest.raises(UserError) as caught:
        for _ in lines:
            pass

    assert (
        str(caught.value) == f"{path}: is larger than 1,000,000 bytes; no log that is read whole is"
    )
    assert MAX_BYTES == 256_000_000


def test_xz_that_ends_in_the_middle_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(lzma.compress(TEXT.encode() * 1000)[:-20])
    with pytest.raises(UserError) as caught:
        list(log_lines(str(path)))

    assert str(caught.value).startswith(f"{path}: cannot be read: ")


def test_another_compression_is_named_with_the_command_that_undoes_it(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(bz2.compress(TEXT.encode()))
    with pytest.raises(UserError) as caught:
        list(log_lines(str(path)))

    assert str(caught.value) == f"{path}: is packed with bzip2; unpack it first: bunzip2 {path}"
