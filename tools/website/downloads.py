"""What the site is made of: named and hashed in lock.json, downloaded once into a cache.

Every wheel is pure Python, so one file serves every machine; that of markupsafe has a part in C as
well, which it does without and which the site leaves out.  pip and npm are asked, each for its
own kind of package; a file that is in the cache with the right hash is not asked for again.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import Enum
from hashlib import sha256
from pathlib import Path

from kit.common.user_file import copy_tree, make_folders

__all__ = ["LOCK", "Download", "SiteError", "Where", "fetch_all", "read_lock", "relock"]
__all__ += ["run_program"]

LOCK = Path(__file__).parent / "lock.json"
BROWSER_PYTHON = "3.14"  # of Pyodide
TIMEOUT_S = 600


class SiteError(Exception):
    """The site cannot be built; the text is one line: what is wrong, and what to do."""


class Where(Enum):
    """Where a download is used; the value stands in lock.json."""

    BUILD = "build"  # makes the site on this machine
    LAB = "lab"  # its JavaScript goes into the site
    BROWSER = "browser"  # runs in the reader's browser
    RUNTIME = "runtime"  # Python itself, from npm


@dataclass(frozen=True, slots=True)
class Download:
    """One file of a package registry."""

    name: str
    version: str
    where: frozenset[Where]
    file: str
    sha256: str

    @property
    def pinned(self) -> str:
        """The package and its version, as the registry's client wants them."""
        sign = "@" if Where.RUNTIME in self.where else "=="
        return f"{self.name}{sign}{self.version}"


def read_lock(text: str) -> tuple[Download, ...]:
    """Return the downloads that lock.json names.

    Raises:
        SiteError: It breaks its form.
    """
    try:
        return tuple(
            Download(**{**each, "where": frozenset(map(Where, each["where"]))})
            for each in json.loads(text)
        )
    except (ValueError, KeyError, TypeError) as error:
        raise SiteError(f"{LOCK.name}: not in its form ({error}); make it: --lock") from None


def _lock_text(downloads: Iterable[Download]) -> str:
    rows = [asdict(each) | {"where": sorted(w.value for w in each.where)} for each in downloads]
    return "[\n" + ",\n".join(f"  {json.dumps(row)}" for row in rows) + "\n]\n"


def fetch_all(downloads: Iterable[Download], cache: Path) -> dict[str, Path]:
    """Return the file of each download by the package's name; ask for those that are not cached.

    Raises:
        SiteError: A registry does not answer, or gives another file than the lock names.
    """
    make_folders(cache)
    found = {each.name: cache / each.file for each in downloads}
    missing = [each for each in downloads if not _is_cached(each, cache)]
    for each in missing:
        with tempfile.TemporaryDirectory() as folder:
            _download(each, Path(folder))
            if not (Path(folder) / each.file).is_file():
                raise SiteError(f"{each.pinned}: the registry gave no file {each.file}; see {LOCK}")
            if not _is_cached(each, Path(folder)):
                raise SiteError(
                    f"{each.file}: its SHA-256 is not the one in {LOCK}; nothing is built"
                )
            copy_tree(Path(folder) / each.file, cache / each.file)
    return found


def _is_cached(download: Download, cache: Path) -> bool:
    path = cache / download.file
    return path.is_file() and sha256(path.read_bytes()).hexdigest() == download.sha256


def _download(download: Download, folder: Path) -> None:
    if Where.RUNTIME in download.where:
        command = ["npm", "pack", "--silent", download.pinned]
    else:
        pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "download"]
        command = [*pip, "--no-deps", *_kind_of(download.file), download.pinned]
    missing = f"{command[0]} is not installed, and {download.name} comes by it"
    run_program(command, folder, missing, f"{download.pinned} cannot be downloaded")


def run_program(
    command: Sequence[str | Path],
    folder: Path,
    missing: str,
    failing: str,
    environment: Mapping[str, str] | None = None,
) -> None:
    """Run a program in a folder.

    Raises:
        SiteError: It is *missing*, takes too long, or fails; the text then has its last line.
    """
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=TIMEOUT_S
        )
    except OSError:
        raise SiteError(missing) from None
    except subprocess.TimeoutExpired:
        raise SiteError(f"{failing}: no answer within {TIMEOUT_S} s") from None
    if done.returncode:
        lines = (done.stderr.strip() or done.stdout.strip() or "it does not say why").splitlines()
        raise SiteError(f"{failing}: {lines[-1].strip()}")


def _kind_of(wheel: str) -> Iterator[str]:
    """Yield pip's options, so that it takes the same wheel on every machine."""
    python, abi, platforms = wheel.removesuffix(".whl").split("-")[-3:]
    yield from ("--only-binary", ":all:", "--python-version", BROWSER_PYTHON)
    yield from ("--implementation", python[:2], "--abi", abi)
    for platform in platforms.split("."):
        yield from ("--platform", platform)


def relock(downloads: Iterable[Download]) -> str:
    """Return the lock's text with the files and hashes that the registries give today.

    Raises:
        SiteError: A registry does not answer.
    """
    return _lock_text(_download_anew(downloads))


def _download_anew(downloads: Iterable[Download]) -> Iterator[Download]:
    for each in downloads:
        with tempfile.TemporaryDirectory() as folder:
            _download(each, Path(folder))
            (path,) = Path(folder).iterdir()
            digest = sha256(path.read_bytes()).hexdigest()
            yield replace(each, file=path.name, sha256=digest)
