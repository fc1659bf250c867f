"""The kit's own source, parsed once in a process: many tests hold a rule over all of it."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TypeVar

__all__ = ["KIT", "modules", "nodes"]

N = TypeVar("N", bound=ast.AST)

KIT = Path(__file__).parent.parent / "kit"


@cache
def modules() -> Mapping[str, str]:
    """Return the source of each module by its path in the kit, sorted."""
    paths = sorted(KIT.glob("**/*.py"))
    return {path.relative_to(KIT).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def nodes(source: str, kind: type[N]) -> Sequence[N]:
    """Return the nodes of one type in a source, wherever in it."""
    found: Sequence[N] = _by_kind(source).get(kind, ())  # type: ignore[assignment]  # as it is filled
    return found


@cache
def _by_kind(source: str) -> Mapping[type[ast.AST], Sequence[ast.AST]]:
    found: dict[type[ast.AST], list[ast.AST]] = defaultdict(list)
    for node in ast.walk(ast.parse(source)):
        found[type(node)].append(node)
    return dict(found)
