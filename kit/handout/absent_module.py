"""Import a library as if an optional module of it were not installed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import cast

__all__ = ["absent"]


@contextmanager
def absent(name: str) -> Iterator[None]:
    """Let an import of module *name* fail meanwhile, unless the module is imported already."""
    if name in sys.modules:
        yield
        return
    sys.modules[name] = cast(ModuleType, None)  # Python then raises ImportError
    try:
        yield
    finally:
        del sys.modules[name]
