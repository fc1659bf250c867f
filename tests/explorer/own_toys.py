"""Machines of somebody's own for tests: objects, and the same as programs of one file."""

from __future__ import annotations

import stat
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kit.common.json_fields import Json

__all__ = ["DESCRIPTION", "Counter", "Toy", "program"]

DESCRIPTION: dict[str, Any] = {
    "version": 1,
    "name": "toy",
    "title": "a toy",
    "participants": ["a", "b"],
    "starts": {"first": {"state": 0}, "second": {"state": 1, "shows": {"a": "one"}}},
    "actions": [
        {"name": "ask", "from": "a", "to": "b", "says": "please", "begins": True},
        {"name": "work", "from": "b"},
    ],
    "properties": [
        {"name": "small", "kind": "always", "says": "The number is below 2."},
        {"name": "even", "kind": "eventually", "says": "At rest the number is even."},
        {"name": "three", "kind": "sometimes", "says": "The number can be 3."},
    ],
    "scenarios": {"once": ["ask", "work"]},
}


class Toy:
    """A number: ask makes an even one odd, work an odd one even, up to 3."""

    def __init__(self, **changes: Json) -> None:
        self.description = {**DESCRIPTION, **changes}

    def describe(self) -> Mapping[str, Any]:
        return self.description

    def step(self, state: Json, action: str) -> Mapping[str, Any] | None:
        if state == 3 or (action == "ask") != (state % 2 == 0):
            return None
        after = state + 1
        judged = {"small": after < 2, "even": after % 2 == 0}
        return {
            "state": after,
            "answer": "yes",
            "judged": {**judged, **({"three": True} if after == 3 else {})},
            "shows": {"a": str(after)},
        }


class Counter(Toy):
    """A machine without an end of states."""

    def step(self, state: Json, _action: str) -> Mapping[str, Any] | None:
        return {"state": state + 1, "judged": {"small": True}}


def program(folder: Path, body: str, name: str = "mine") -> Path:
    """Return a program that answers "describe" as a toy, and each step by *body*.

    *body* may use ``say``, which writes an answer, and ``request``.
    """
    path = folder / name
    head = f"""#!{sys.executable}
import json, os, sys, time
def write(text): sys.stdout.write(text); sys.stdout.flush()
def say(answer): write(json.dumps(answer) + chr(10))
for line in sys.stdin:
    request = json.loads(line)
    if request["do"] == "describe":
        say({DESCRIPTION!r})
        continue
"""
    indented = "\n".join(f"    {line}" for line in body.splitlines())
    path.write_text(f"{head}{indented}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path
