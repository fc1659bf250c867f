"""Inputs made from others: bytes changed, words exchanged, pieces repeated, two put together."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

__all__ = ["mutated", "words_of"]

LARGEST = 300_000
ODD = (
    *(b"0", b"-1", b"1e999", b"9" * 30, b"9" * 5000, b"0x", b"nan", b"null", b"true", b"[]", b"{}"),
    *(b"\0", b"\x1b[31m", b"\r\n", b"\t", b"\\", b'"', b"'", b'"""', b"[[", b"]]", b"#", b"="),
    *("\u202e".encode(), "\U0001f642".encode(), b"\xff\xfe", b"\xed\xa0\x80", b"\xef\xbb\xbf"),
    *(b"<script>", b"\\ud800", b"../", b"--", b"core1", b"18446744073709551616"),
)


def words_of(seeds: Sequence[bytes]) -> tuple[bytes, ...]:
    """Return the words and numbers that the seeds are written with."""
    found: dict[bytes, None] = {}
    for seed in seeds:
        found |= dict.fromkeys(re.findall(rb"[\w.-]+", seed[:20_000]))
    return tuple(found)


def mutated(dice: random.Random, pool: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    """Return a new input; the same dice give the same."""
    data = dice.choice(pool)
    for _ in range(1 << dice.randrange(4)):
        data = _changed(dice, data, pool, words)
    return data[:LARGEST]


def _changed(
    dice: random.Random, data: bytes, pool: Sequence[bytes], words: Sequence[bytes]
) -> bytes:
    start = dice.randrange(len(data) + 1)
    end = min(len(data), start + dice.choice((1, 1, 4, 20, 200)))
    odd = dice.choice(ODD) if dice.random() < 0.5 or not words else dice.choice(words)
    match dice.randrange(9):
        case 0:
            return data[:start] + odd + data[start:]
        case 1:
            return data[:start] + odd + data[end:]
        case 2:
            return data[:start] + data[end:]
        case 3:
            piece = data[start:end] or odd
            times = min(dice.choice((2, 10, 1000)), LARGEST // len(piece))
            return data[:start] + piece * times + data[end:]
        case 4:
            return data[:start] + dice.randbytes(end - start) + data[end:]
        case 5:
            other = dice.choice(pool)
            return data[:start] + other[dice.randrange(len(other) + 1) :]
        case 6:
            return _word_exchanged(dice, data, odd)
        case 7:
            return _lines_moved(dice, data)
        case _:
            number = dice.choice((0, -1, 2**31, 2**63, 10**40))
            return _word_exchanged(dice, data, str(number).encode())


def _word_exchanged(dice: random.Random, data: bytes, word: bytes) -> bytes:
    found = list(re.finditer(rb"[\w.-]+", data[:50_000]))
    if not found:
        return data + word
    one = dice.choice(found)
    return data[: one.start()] + word + data[one.end() :]


def _lines_moved(dice: random.Random, data: bytes) -> bytes:
    lines = data.split(b"\n")
    line = lines.pop(dice.randrange(len(lines)))
    for _ in range(dice.choice((0, 1, 2, 50))):
        lines.insert(dice.randrange(len(lines) + 1), line)
    return b"\n".join(lines)
