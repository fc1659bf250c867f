"""QMP inside a text: a mail, a commit message, an issue in Markdown, a page of a wiki."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from kit.logs.entries import LogFormat
from kit.logs.formats.base import Format, Item, JsonObjectReader, LogLine
from kit.logs.formats.qmp import SHELL

__all__ = ["FORMAT", "PROSE"]

PROSE = LogFormat(
    "QMP in a text", note="The text quotes QMP: it may leave out messages, events above all."
)
_OBJECT = re.compile(
    r"""\{\s*u?["'](?:execute|exec-oob|return|error|event|timestamp|QMP)["']\s*:"""
)
_SIGN = re.compile(r"```|^(From|Subject|Date): |^(diff --git|Signed-off-by:) |^[*-] ")
_SENTENCE = re.compile(r"[a-z]+ [a-z]+ [a-z]+ [a-z]+")


def _sniff(lines: Sequence[str]) -> int:
    objects = sentences = signs = 0
    for line in lines:
        match = _OBJECT.search(line[:4000])
        objects += match is not None
        before = line[: match.start()] if match else "" if line.startswith("{") else line
        signs += bool(_SIGN.search(before[:300])) or before.endswith("`")
        sentences += bool(_SENTENCE.search(before[:300])) and not SHELL.match(before)
    return 4 if objects and (signs or sentences > 1) else 0


def _read(lines: Iterator[LogLine]) -> Iterator[Item]:
    reader = JsonObjectReader(in_prose=True)
    for line in lines:
        if line.text.strip() or reader.is_open:
            yield from reader.take(line)
    yield from reader.cut_off()


FORMAT = Format(PROSE, _sniff, _read)
