"""The wheels that a classroom folder carries: the kit's own, and what it needs on each target.

Source: the wheel format (PEP 427), RECORD (PEP 376, PEP 627), ``pip download``.
"""

from __future__ import annotations

import base64
import csv
import errno
import importlib.util
import io
import sys
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from hashlib import sha256
from importlib import metadata
from pathlib import Path, PurePosixPath
from tempfile import gettempdir

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from kit.classroom.target import Laptop
from kit.common.child_process import python, run
from kit.common.errors import UserError
from kit.common.user_file import write_atomic
from kit.common.user_folder import move_folder, remove_tree

__all__ = ["EXTRA", "NAME", "PIP", "Wheel", "built_wheel", "download", "packed_wheel", "read_wheel"]

NAME = "unplug-kit"
EXTRA = "analysis"  # the tables and plots of lesson 10
PIP = "pip"  # travels along and installs the rest: Debian's Python has none without python3-venv
_BUILD_S, _DOWNLOAD_S = 300, 3600
_ROUNDS = 5
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same installation packs to the same bytes
_NOT_PACKED = {"INSTALLER", "REQUESTED", "RECORD", "direct_url.json"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheel:
    """A wheel's file, and its metadata."""

    path: Path
    name: str  # canonical
    version: str
    requires: tuple[Requirement, ...]


def read_wheel(path: Path) -> Wheel:
    """Return the metadata of the wheel at *path*, or raise UserError."""
    try:
        with zipfile.ZipFile(path) as archive:
            (name,) = (
                each
                for each in archive.namelist()
                if each.endswith(".dist-info/METADATA") and each.count("/") == 1
            )
            found = BytesHeaderParser().parsebytes(archive.read(name))
        requires = tuple(map(Requirement, map(str, found.get_all("Requires-Dist", []))))
        return Wheel(
            path=path,
            name=canonicalize_name(str(found["Name"])),
            version=str(found["Version"]),
            requires=requires,
        )
    except (ValueError, OSError, zipfile.BadZipFile, InvalidRequirement) as error:
        raise UserError(f"{path}: is not a wheel that can be read: {error}") from None


def built_wheel(source: Path, target: Path) -> Path:
    """Build the kit's wheel from its source tree into the folder *target*, or raise UserError."""
    # if the build backend is installed, pip need not fetch it
    here = importlib.util.find_spec("hatchling") is not None
    isolation = ["--no-build-isolation"] if here else []
    where = _absolute(target, source)
    _pip("wheel", *isolation, "--no-deps", "--wheel-dir", *where, limit=_BUILD_S)
    found = list(target.glob("*.whl"))
    if len(found) != 1:
        raise UserError(f"{target}: {len(found)} wheels where one was to be built")
    return found[0]


def packed_wheel(target: Path, installed: metadata.Distribution | None = None) -> Path:
    """Pack the installed kit into a wheel again, into the folder *target*; needs no network.

    Each file must have the hash in the installation's RECORD; UserError if one is missing or
    changed.
    """
    dist = installed or metadata.distribution(NAME)
    again = f"install {NAME} again"
    contents: dict[str, bytes] = {}
    # not dist.files: from Python 3.12 on it silently leaves out missing files
    for row in csv.reader((dist.read_text("RECORD") or "").splitlines()):
        name, expected = (*row, "", "")[:2]
        pure = PurePosixPath(name)
        if ".." in pure.parts or pure.is_absolute() or "__pycache__" in pure.parts:
            continue  # the command kit, which pip makes anew, and what Python compiled
        if pure.parent.name.endswith(".dist-info") and pure.name in _NOT_PACKED:
            continue
        place = Path(str(dist.locate_file(name)))
        try:
            data = place.read_bytes()
        except OSError as error:
            raise UserError(f"{place}: cannot be read: {error.strerror}; {again}") from None
        if _record_hash(data) != expected:
            raise UserError(f"{place}: is not as it was installed; {again}")
        contents[pure.as_posix()] = data
    info = next((n.partition("/")[0] for n in contents if n.endswith(".dist-info/WHEEL")), None)
    if info is None:
        raise UserError(f"{NAME}: the installation has no record of its files; {again}")
    tag = "py3-none-any"  # pyproject.toml: nothing in it is compiled
    path = target / f"{NAME.replace('-', '_')}-{dist.version}-{tag}.whl"
    record = [f"{name},{_record_hash(data)},{len(data)}" for name, data in contents.items()]
    contents[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,", ""]).encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in contents.items():
            archive.writestr(_entry(name), data)
    write_atomic(path, packed.getvalue())
    return path


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o100644 << 16
    return entry


def _record_hash(data: bytes) -> str:
    digest = base64.urlsafe_b64encode(sha256(data).digest())
    return f"sha256={digest.rstrip(b'=').decode()}"


def download(
    own: Path, target: Laptop, folder: Path, tell: Callable[[str], None] = lambda _: None
) -> tuple[Wheel, ...]:
    """Download what the kit's wheel needs on *target* into *folder*; return all of it, by name.

    The folder appears when it is complete; an existing one is used again.  UserError with pip's
    reason.
    """
    kit = f"{own.absolute()}[{EXTRA}]"
    if not folder.is_dir():
        part = folder.with_name(f"{folder.name}.part")
        wanted: list[str] = []
        for _ in range(_ROUNDS):
            # anew each time: a second round may choose other versions
            remove_tree(part)
            tell(f"downloading for {target}")
            only = ("--only-binary=:all:", *target.pip_options)
            _pip("download", *only, "--dest", *_absolute(part), kit, PIP, *wanted, what=str(target))
            missing = _needed(_by_name(part), target)[1]
            if not missing:
                break
            wanted += missing
        else:
            raise UserError(f"{target}: {', '.join(missing)} is needed, and pip brings none")
        move_folder(part, folder)
    have = _by_name(folder)
    names, missing = _needed(have, target)
    if missing:
        raise UserError(f"{folder}: {', '.join(missing)} is missing; remove the folder")
    return tuple(have[name] for name in sorted(names))


def _by_name(folder: Path) -> dict[str, Wheel]:
    return {wheel.name: wheel for wheel in map(read_wheel, sorted(folder.glob("*.whl")))}


def _needed(have: Mapping[str, Wheel], target: Laptop) -> tuple[set[str], list[str]]:
    """Return the names of what the target needs, and the requirements that nothing meets."""
    seen: dict[str, set[str]] = {}
    missing: dict[str, None] = {}
    todo: list[tuple[str, frozenset[str]]] = [(NAME, frozenset({EXTRA})), (PIP, frozenset())]
    while todo:
        name, extras = todo.pop()
        if name in seen and extras <= seen[name]:
            continue
        seen.setdefault(name, set()).update(extras)
        for required in have[name].requires:
            if not target.holds(required.marker, seen[name]):
                continue
            found = have.get(canonicalize_name(required.name))
            if found is None:
                missing[_without_marker(required)] = None
            else:
                todo.append((found.name, frozenset(required.extras)))
    return set(seen), list(missing)


def _without_marker(required: Requirement) -> str:
    """Return a requirement without its marker, which pip would evaluate for this machine."""
    extras = f"[{','.join(sorted(required.extras))}]" if required.extras else ""
    return f"{required.name}{extras}{required.specifier}"


def _absolute(*paths: Path) -> list[str]:
    """Return paths for pip, which runs in a folder without anybody's files."""
    return [str(path.absolute()) for path in paths]


def _pip(command: str, *arguments: str, limit: int = _DOWNLOAD_S, what: str = "the kit") -> None:
    if importlib.util.find_spec("pip") is None:
        raise UserError(f"{sys.executable} has no pip; install pip in it (python -m ensurepip)")
    options = ("--disable-pip-version-check", "--no-input", "--quiet", "--progress-bar=off")
    try:
        done = run(
            python("-m", "pip", command, *options, *arguments),
            cwd=Path(sys.prefix),
            timeout_s=limit,
        )
    except TimeoutError:
        raise UserError(f"pip {command} for {what} took longer than {limit} s; try again") from None
    if done.status:
        said = (done.stderr + done.stdout).decode(errors="replace").splitlines()
        if any(f"[Errno {errno.ENOSPC}]" in line for line in said):
            reason = f"a disk is full, this one or that of {gettempdir()}"
        else:
            reason = _reason(said)
        raise UserError(f"pip {command} for {what} failed: {reason}")


def _reason(said: Iterable[str]) -> str:
    """Return pip's own reason: the first of its errors, which names what there was instead."""
    lines = [line.strip() for line in said if line.strip()]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    retries = [line for line in lines if "connection broken by" in line]
    if retries and any("from versions: none" in line for line in errors):
        return f"{errors[0]}; the package index cannot be reached: is there a network?"
    return (errors or lines[-1:] or ["it does not say why"])[0]
