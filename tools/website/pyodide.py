"""Python for the browser: Pyodide's runtime, and a lock file that names our wheels alone.

All wheels are loaded at once when a kernel starts; nothing is looked up by name, so a page asks no
other host for anything.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from kit.common.user_file import copy_tree, make_folders, write_atomic
from tools.website.zips import names_of_modules

__all__ = ["RUNTIME_FILES", "lay_out", "package_row", "settings"]

RUNTIME_FILES = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
_KERNEL = "@jupyterlite/pyodide-kernel-extension:kernel"


def package_row(wheel: Path) -> dict[str, Any]:
    """Return the row of a wheel in Pyodide's lock file."""
    name, version = re.split("-", wheel.name)[:2]
    return {
        "depends": [],  # all are loaded, whatever they say they need
        "file_name": wheel.name,
        "imports": names_of_modules(wheel),
        "install_dir": "site",
        "name": name.replace("_", "-").lower(),
        "package_type": "package",
        "sha256": sha256(wheel.read_bytes()).hexdigest(),
        "unvendored_tests": False,
        "version": version,
    }


def lay_out(runtime: Path, wheels: Iterable[Path], target: Path) -> list[str]:
    """Return the names of *wheels*, copied to *target* with Pyodide and a lock file of them.

    *runtime* is Pyodide's npm package, unpacked, and *wheels* are pure Python.
    """
    make_folders(target)
    for name in RUNTIME_FILES:
        copy_tree(runtime / name, target / name)
    rows = []
    for wheel in wheels:
        copy_tree(wheel, target / wheel.name)
        rows.append(package_row(wheel))
    rows.sort(key=lambda row: row["name"])
    info = json.loads((runtime / "pyodide-lock.json").read_text(encoding="utf-8"))["info"]
    lock = {"info": info, "packages": {row["name"]: row for row in rows}}
    write_atomic(target / "pyodide-lock.json", json.dumps(lock, indent=1).encode())
    return [row["name"] for row in rows]


def settings(packages: Iterable[str]) -> Mapping[str, Any]:
    """Return the kernel's settings: where its Python lies, and that there is no other place."""
    return {
        _KERNEL: {
            "pyodideUrl": "./static/pyodide/pyodide.mjs",
            "disablePyPIFallback": True,
            "pipliteUrls": [],
            "loadPyodideOptions": {"packages": list(packages)},
        }
    }
