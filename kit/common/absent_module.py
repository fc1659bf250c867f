"""Import a library as if an optional module of it were not installed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.abc import MetaPathFinder

__all__ = ["absent"]


@dataclass(frozen=True)
class _Absent(MetaPathFinder):
    """Finds that a module is absent; None in ``sys.modules`` would say so to Python, not Cython."""

    name: str

    def find_spec(self, fullname: str, *_: object) -> None:
        if fullname == self.name:
            raise ModuleNotFoundError(f"{fullname} is not loaded here", name=fullname)


@contextmanager
def absent(name: str) -> Iterator[None]:
    """Let an import of module *name* fail meanwhile, unless the module is imported already."""
    finder = _Absent(name)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
