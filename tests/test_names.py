"""One name, one thing: class names are unique in the package, and limits say MAX or MIN."""

from __future__ import annotations

import ast
import re
from collections import defaultdict

from tests.sources import modules, nodes

OTHER_LIMITS = re.compile(
    r"_?(MOST|LONGEST|WIDEST|BIGGEST|AT_MOST|FEWEST|SHORTEST|LEAST)(_[A-Z_]+)?"
)


def test_a_class_name_means_one_thing() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for name, source in modules().items():
        for node in nodes(source, ast.ClassDef):
            places[node.name].append(name)

    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_a_limit_is_called_max_or_min() -> None:
    others = [
        (name, node.id)
        for name, source in modules().items()
        for node in nodes(source, ast.Name)
        if OTHER_LIMITS.fullmatch(node.id)
    ]

    assert others == []
