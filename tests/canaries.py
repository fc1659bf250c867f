"""A folder of canaries: modules that write down their name when they are imported or run."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

__all__ = ["Trap", "names", "trapped"]

SETTINGS = ("jupyter_config", "jupyter_server_config", "jupyter_lab_config", "ipython_config",
            "ipython_kernel_config", "setup", "conftest")  # fmt: skip


def names() -> list[str]:
    """Return the modules of the standard library and of all that the kit needs, and settings."""
    todo, seen = ["unplug-kit"], set()
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        try:
            required = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue
        todo += [canonicalize_name(Requirement(each).name) for each in required]
    owners = metadata.packages_distributions()
    theirs = {
        module for module, needed in owners.items() if {*map(canonicalize_name, needed)} & seen
    }
    simple = {name for name in theirs if name.isidentifier()} - {"kit"}
    return sorted({*sys.stdlib_module_names, *simple, "pip", "hatchling", "sitecustomize",
                   "usercustomize", *SETTINGS})  # fmt: skip


@dataclass(frozen=True)
class Trap:
    """The folder, and the file in which its canaries write."""

    folder: Path
    record: Path

    def caught(self) -> set[str]:
        """Return which canaries ran since the last look."""
        text = self.record.read_text() if self.record.exists() else ""
        self.record.unlink(missing_ok=True)
        return set(text.split())


def trapped(folder: Path, record: Path) -> Trap:
    """Put a canary for each name into a folder, as a package and as settings."""
    for name in names():
        (folder / name).mkdir()
        text = f"with open({str(record)!r}, 'a') as f: f.write({name + chr(10)!r})\n"
        for file in ("__init__.py", "__main__.py"):
            (folder / name / file).write_text(text)
        if name in SETTINGS:
            (folder / f"{name}.py").write_text(text)
    return Trap(folder, record)
