"""Records of a log are the same in whatever pieces they come."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest

from kit.git.repository import log
from kit.git.repository.log import log_blocks, log_changes, log_commits, log_messages
from kit.git.repository.sandbox import read_with_timeout

RECORDS = [b"a 1\n\none", b"b\n\n", b"c 2 3\n\n" + b"long " * 30, b"d\n\nend"]


class _Slow(io.RawIOBase):
    """Gives a few bytes at a time."""

    def __init__(self, text: bytes, step: int) -> None:
        self.left, self.step = text, step

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]  # as io has it
        piece, self.left = self.left[: self.step], self.left[self.step :]
        buffer[: len(piece)] = piece
        return len(piece)


@pytest.mark.parametrize("step", [1, 2, 7, 1000])
@pytest.mark.parametrize("at_least", [0, 20, 10_000])
def test_records_are_the_same_in_any_pieces(step: int, at_least: int) -> None:
    given = io.BufferedReader(_Slow(b"\0".join(RECORDS), step), 1 << 16)

    assert [each for block in log_blocks(given, at_least) for each in block] == RECORDS


def test_of_a_long_record_the_beginning_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "MAX_BYTES", 20)
    given = io.BufferedReader(_Slow(b"\0".join(RECORDS), 3), 1 << 16)

    assert list(log_messages(given)) == [
        (b"a 1", b"\none"),
        (b"b", b"\n"),
        (b"c 2 3", b"\nlong long lon"),
        (b"d", b"\nend"),
    ]


@pytest.mark.parametrize("step", [1, 3, 1000])
def test_commits_come_whole_and_in_order(step: int) -> None:
    """A field that is empty is a field, in the last commit, too."""
    commits = [(b"a", b"1", b"", b"one\n"), (b"b", b"1 2", b"koi8-r", b""), (b"c", b"", b"", b"")]
    given = io.BufferedReader(_Slow(b"\0".join(map(b"\0".join, commits)), step), 1 << 16)

    assert [each for block in log_commits(given) for each in zip(*block, strict=True)] == commits


@pytest.mark.parametrize("nap_s", [0, 0.002])
def test_what_is_gathered_before_it_is_read_is_the_same(nap_s: float) -> None:
    text = b"word " * 400_000
    program = f"import sys; sys.stdout.write('word ' * {len(text) // 5})"
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        read = read_with_timeout(writer.stdout, 20, nap_s).read()

    assert read == text


ROW = b":100644 100644 %s %s M" % (b"1" * 40, b"2" * 40)
CHANGED = [
    (b"a", b"1", b"", b"100", b":a message\n", (b":odd", b"\x01 odder", b"a b")),
    (b"b", b"1 2", b"koi8-r", b"101", b"", ()),
    (b"c", b"", b"", b"102", b"", (b"f",)),
    (b"d", b"", b"", b"103", b"many\n", (b"1", b"2", b"3", b"4", b"5", b"6")),
    (b"e", b"", b"", b"104", b"", ()),
]


def printed(commits: list[tuple[bytes, bytes, bytes, bytes, bytes, tuple[bytes, ...]]]) -> bytes:
    """Return commits as git log -z --raw prints them."""
    fields: list[bytes] = []
    for *head, paths in commits:
        fields += head
        for number, path in enumerate(paths):
            fields += [ROW if number else b"\n" + ROW, path]
    return b"\0".join(fields)


@pytest.mark.parametrize("step", [1, 2, 7, 1000])
@pytest.mark.parametrize("count", range(1, len(CHANGED) + 1))
def test_changes_come_with_their_commits(step: int, count: int) -> None:
    """Whatever a message or a path begins with; of more files than asked for none is given."""
    given = io.BufferedReader(_Slow(printed(CHANGED[:count]), step), 1 << 16)
    found = [
        (*head, change.made_s, change.rows, tuple(change.paths))
        for block, changes in log_changes(given, most=5)
        for *head, change in zip(*block, changes, strict=True)
    ]

    assert found == [
        (name, parents, encoding, message, made_s, ROW * len(paths[:most]), paths[:most])
        for name, parents, encoding, made_s, message, paths in CHANGED[:count]
        for most in [len(paths) if len(paths) < 6 else 0]
    ]
