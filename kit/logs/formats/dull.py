"""Queries that show nothing of machine or devices, and their answers, are counted and not decoded.

A manager asks for the state of disks and network cards all day: in a long log nearly every message
is one of these, and an answer may be some 10 kB.  Only what is written as QEMU and libvirt write it
is taken this way; everything else is decoded and checked.
"""

from __future__ import annotations

import re

from kit.common.json_fields import Json
from kit.logs.qmp import is_dull

__all__ = ["DullMessages"]

MAX_OPEN = 10_000
_ID = r'"id": ?(?:"(?P<id>[\w-]{1,100})"|(?P<number>\d{1,15}))'
_FLAT = r"\{(?:[^{}\"\\]|\"[^\"\\{}]*\")*+\}"
_QUERY = re.compile(
    rf'\{{"execute": ?"(?P<name>query-[a-z-]{{1,60}})"(?:, ?"arguments": ?{_FLAT})?, ?{_ID}\}}\s*'
)
_END = re.compile(rf", ?{_ID}\}}\s*")


class DullMessages:
    """Which queries wait for an answer that need not be read."""

    def __init__(self) -> None:
        self._open: set[str | int] = set()

    def read(self, text: str) -> dict[str, Json] | None:
        """Return a dull query, or the answer to one without its value; None: decode the text."""
        if text.startswith('{"execute"'):
            match = _QUERY.fullmatch(text)
            if match is None or not is_dull(match["name"]):
                return None
            if len(self._open) >= MAX_OPEN:
                self._open.clear()
            self._open.add(identity := _identity(match))
            return {"execute": match["name"], "id": identity}
        if self._open and text.startswith('{"return":'):
            match = _END.fullmatch(text, max(text.rfind(", "), text.rfind(',"'), 0))
            if match is not None and (identity := _identity(match)) in self._open:
                self._open.remove(identity)
                return {"return": None, "id": identity}
        return None


def _identity(match: re.Match[str]) -> str | int:
    return match["id"] if match["number"] is None else int(match["number"])
