"""Pin what ``make lab`` installs, each file with its hash: ``make lock`` writes requirements.lock.

uv resolves it: from PyPI alone, and once for every platform and Python, with markers; pip-tools
would resolve for the machine that it runs on.  What builds the kit is pinned, too, so that
``make lab LOCKED=1`` fetches nothing without a hash.
"""

from __future__ import annotations

import re
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

from packaging.markers import Marker
from packaging.utils import canonicalize_name

from kit.common.child_process import run
from kit.common.user_file import write_atomic

__all__ = ["EXTRAS", "LOCK", "ROOT", "LockError", "Pin", "read_pins"]

ROOT = Path(__file__).parent.parent
LOCK = ROOT / "requirements.lock"
EXTRAS = ("analysis", "png")
"""The extras whose packages are pinned: all that a learner may install; a survey is no lesson."""
_OLDEST_PYTHON = "3.11"
_RESOLVE_S = 600
_HEADER = """\
# What make lab LOCKED=1 installs, on every platform; `make lock` writes it, from PyPI.
"""


class LockError(Exception):
    """The lock file cannot be made or read; the text says why, in one line."""


@dataclass(frozen=True, slots=True)
class Pin:
    """One version of a package, where it is wanted, and the sha256 of each of its files."""

    name: str  # canonical
    version: str
    marker: Marker | None
    hashes: tuple[str, ...]


def read_pins(text: str) -> tuple[Pin, ...]:
    """Return the pins of a lock file.

    Raises:
        LockError: A line is not a pin.
    """
    lines = [
        line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")
    ]
    joined = "\n".join(lines).replace("\\\n", " ").splitlines()
    return tuple(map(_pin, joined))


def _pin(line: str) -> Pin:
    pinned, *options = re.split(r"\s+--hash=", line.strip())
    requirement, _, marker = pinned.partition(" ; ")
    match = re.fullmatch(r"([A-Za-z0-9._-]+)==([\w.!+-]+)", requirement.strip())
    hashes = tuple(each.strip().removeprefix("sha256:") for each in options)
    if match is None or not all(re.fullmatch("[0-9a-f]{64}", each) for each in hashes):
        raise LockError(f"{LOCK.name}: not a pin with its hashes: {line[:60]}; make lock")
    return Pin(canonicalize_name(match[1]), match[2], Marker(marker) if marker else None, hashes)


def resolved() -> str:
    """Return the lock file's text as PyPI answers today.

    Raises:
        LockError: uv is not there, or cannot resolve it.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        build, out = Path(folder) / "build.in", Path(folder) / LOCK.name
        write_atomic(build, "\n".join(project["build-system"]["requires"]).encode())
        command = [
            *(sys.executable, "-P", "-m", "uv", "pip", "compile"),
            *("--universal", "--generate-hashes"),
            *("--python-version", _OLDEST_PYTHON, "--default-index", "https://pypi.org/simple"),
            *("--no-config", "--no-header", "--no-annotate", "--quiet"),
            *(word for extra in EXTRAS for word in ("--extra", extra)),
            *(str(ROOT / "pyproject.toml"), str(build), "--output-file", str(out)),
        ]
        try:
            done = run(command, timeout_s=_RESOLVE_S)
        except TimeoutError as error:
            raise LockError(f"uv: {error}; try again") from None
        if done.status:
            lines = done.stderr.decode(errors="replace").split("\n")
            reasons = [line.strip(" ×╰─▶│├") for line in lines if line.strip()]
            raise LockError(f"uv cannot resolve it: {' '.join(reasons)[:500]}")
        return _HEADER + out.read_text(encoding="utf-8")


def main() -> int:
    """Write the lock file; an error is one line."""
    try:
        text = resolved()
        pins = read_pins(text)
    except LockError as error:
        print(f"lock: {error}", file=sys.stderr)
        return 2
    write_atomic(LOCK, text.encode())
    print(f"{LOCK.name}: {len(pins)} pins; review the difference")
    return 0


if __name__ == "__main__":
    sys.exit(main())
