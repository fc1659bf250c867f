"""One name, one thing: class names are unique in the package, and limits say MAX or MIN."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

KIT = Path(__file__).parent.parent / "kit"
OTHER_LIMITS = re.compile(
    r"_?(MOST|LONGEST|WIDEST|BIGGEST|AT_MOST|FEWEST|SHORTEST|LEAST)(_[A-Z_]+)?"
)


def modules() -> list[tuple[str, ast.Module]]:
    return [
        (str(path.relative_to(KIT)), ast.parse(path.read_text(encoding="utf-8")))
        for path in sorted(KIT.glob("**/*.py"))
    ]


def test_a_class_name_means_one_thing() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for name, tree in modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(name)

    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_a_limit_is_called_max_or_min() -> None:
    others = [
        (name, node.id)
        for name, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and OTHER_LIMITS.fullmatch(node.id)
    ]

    assert others == []
