"""Wheels of a few bytes, an index of them, and a kit that is one of them: no network needed."""

from __future__ import annotations

import base64
import ensurepip
import zipfile
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path

import pytest

from kit.classroom.folder import Contents

SAYS = """\
import os, sys
print("kit", *sys.argv[1:])
print("KIT_QEMU", os.environ.get("KIT_QEMU"))
"""


def make_wheel(
    folder: Path,
    name: str,
    version: str = "1.0",
    requires: Sequence[str] = (),
    *,
    tag: str = "py3-none-any",
    files: Mapping[str, str] | None = None,
) -> Path:
    """Write a wheel that pip takes."""
    stem = f"{name.replace('-', '_')}-{version}"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += ["Provides-Extra: analysis"] if name == "unplug-kit" else []
    lines += [f"Requires-Dist: {each}" for each in requires]
    contents = {
        **(files or {}),
        f"{stem}.dist-info/METADATA": "\n".join([*lines, ""]),
        f"{stem}.dist-info/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    record = "".join(f"{path},{_hash(text)},{len(text)}\n" for path, text in contents.items())
    record += f"{stem}.dist-info/RECORD,,\n"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{stem}-{tag}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for inner, text in {**contents, f"{stem}.dist-info/RECORD": record}.items():
            archive.writestr(zipfile.ZipInfo(inner), text)
    return path


def _hash(text: str) -> str:
    digest = base64.urlsafe_b64encode(sha256(text.encode()).digest())
    return f"sha256={digest.decode().rstrip('=')}"


def small_kit(folder: Path) -> Path:
    """Write a kit that says how it was called, and needs things: some on one system only."""
    requires = (
        "thing>=1",
        'winthing; sys_platform == "win32"',
        'plot; extra == "analysis"',
    )
    files = {"kit/__init__.py": "", "kit/__main__.py": SAYS}
    return make_wheel(folder, "unplug-kit", "0.1", requires, files=files)


def real_pip() -> Path:
    """Return a pip that can install: the one that python -m venv would."""
    places = (Path(ensurepip.__file__).parent / "_bundled", Path("/usr/share/python-wheels"))
    return next(path for place in places for path in sorted(place.glob("pip-*.whl")))


def make_index(folder: Path) -> Path:
    """Write what `small_kit` needs, and a second version that nobody may choose for Windows."""
    for name in ("thing", "plot"):
        make_wheel(folder, name)
    make_wheel(folder, "winthing", requires=["wincolour"], tag="cp312-cp312-win_amd64")
    make_wheel(folder, "wincolour")
    (folder / real_pip().name).write_bytes(real_pip().read_bytes())
    return folder


def use_index(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pip know that index alone."""
    for name, value in {
        "PIP_CONFIG_FILE": "/dev/null",
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(index),
        "PIP_NO_CACHE_DIR": "1",
    }.items():
        monkeypatch.setenv(name, value)


def contents(words: str = "re-enactment") -> Contents:
    """What a small folder is made of; *words* stand in a lesson, to tell one from another."""

    def lessons(place: Path) -> None:
        (place / "notebooks").mkdir(parents=True)
        (place / "notebooks" / "01.ipynb").write_text(words)

    def history(place: Path) -> None:
        (place / "commits.json").write_text('{"source": {"kind": "REENACTMENT"}}')

    return Contents(
        version="0.1", wheel=small_kit, lessons=lessons, history=history, history_words=words
    )
