"""The script that gets a guest: the same initramfs from the same busybox, on Debian alone."""

from __future__ import annotations

import gzip
import stat
import subprocess
from pathlib import Path

import pytest

from tools.real_guest import INIT, GuestError, initramfs, main, source_of

LISTED = """\
http://mirror/debian|bookworm-updates|Debian|main
http://other/thing|stable|Other|main
http://mirror/debian|bookworm|Debian|contrib
http://mirror/debian|bookworm|Debian|main
"""


def entries(packed: bytes) -> dict[str, tuple[int, bytes, tuple[int, int]]]:
    """Read a cpio archive in the new ASCII format: name to mode, data, device."""
    found = {}
    at = 0
    while at < len(packed):
        assert packed[at : at + 6] == b"070701"
        numbers = [int(packed[at + 6 + 8 * n : at + 14 + 8 * n], 16) for n in range(13)]
        mode, size, major, minor, length = (numbers[n] for n in (1, 6, 9, 10, 11))
        name = packed[at + 110 : at + 110 + length - 1].decode()
        begin = at + 110 + length
        begin += -begin % 4
        found[name] = (mode, packed[begin : begin + size], (major, minor))
        at = begin + size + (-size % 4)
    return found


def test_the_initramfs_holds_a_shell_and_what_starts_it() -> None:
    found = entries(gzip.decompress(initramfs(b"busybox!")))

    assert found == {
        "bin": (stat.S_IFDIR | 0o755, b"", (0, 0)),
        "bin/busybox": (stat.S_IFREG | 0o755, b"busybox!", (0, 0)),
        "dev": (stat.S_IFDIR | 0o755, b"", (0, 0)),
        "dev/console": (stat.S_IFCHR | 0o600, b"", (5, 1)),
        "init": (stat.S_IFREG | 0o755, INIT, (0, 0)),
        "proc": (stat.S_IFDIR | 0o755, b"", (0, 0)),
        "sys": (stat.S_IFDIR | 0o755, b"", (0, 0)),
        "TRAILER!!!": (0, b"", (0, 0)),
    }


def test_the_same_busybox_makes_the_same_bytes() -> None:
    assert initramfs(b"busybox!") == initramfs(b"busybox!")


def test_the_mirror_is_the_one_that_the_machine_uses() -> None:
    assert source_of(LISTED) == ("http://mirror/debian", "bookworm")


def test_without_debians_sources_it_says_so() -> None:
    with pytest.raises(GuestError, match="no Debian release among its sources"):
        source_of("http://other/thing|stable|Other|main\n")


def test_on_another_system_it_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(*_: object, **__: object) -> None:
        raise FileNotFoundError

    monkeypatch.setattr(subprocess, "run", missing)
    status = main([str(tmp_path / "guest")])

    assert status == 1
    assert capsys.readouterr().err == (
        "real_guest: apt-get is missing: this needs a Debian machine\n"
    )
