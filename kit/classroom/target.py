"""The laptops of a classroom folder: wheel tags for pip, and the values of markers there.

pip can download for another platform, but it evaluates the markers of dependencies (``;
sys_platform == "win32"``) for the machine that it runs on.  So they are evaluated here.

Source: PEP 425, 513, 599, 600 (tags), PEP 508 (markers).
"""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from packaging.markers import Marker

from kit.common.errors import UserError

__all__ = ["Laptop", "marker_of", "targets"]

_TAG = re.compile(
    r"(?:win|macosx_\d+_\d+|manylinux(?:1|2010|2014|_\d+_\d+)|musllinux_\d+_\d+|linux)_"
    r"(?P<machine>amd64|arm64|aarch64|x86_64|i686|ppc64le|s390x|armv7l|riscv64)"
)
_GLIBC = re.compile(r"manylinux_2_(\d+)_(\w+)")
_OLD_GLIBC = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}  # PEP 600
_PYTHON = re.compile(r"3\.(\d{1,2})")
_OLDEST = 11
_SYSTEMS = {"win": ("nt", "win32", "Windows"), "macosx": ("posix", "darwin", "Darwin")}
_LINUX = ("posix", "linux", "Linux")


@dataclass(frozen=True, slots=True, kw_only=True)
class Laptop:
    """A kind of laptop; ``sys_platform`` and ``machine`` are its Python's, ``python`` is as 3.12.

    ``tag`` is the platform tag that a person named; empty for the platform this runs on.
    """

    tag: str
    os_name: str
    sys_platform: str
    system: str
    machine: str
    python: str

    def __str__(self) -> str:
        return f"{self.computer}, Python {self.python}"

    @property
    def computer(self) -> str:
        """The name of such a computer, for people."""
        return f"{'macOS' if self.system == 'Darwin' else self.system} {self.machine}"

    @property
    def key(self) -> tuple[str, str, str]:
        """What distinguishes two kinds of laptop."""
        return self.sys_platform, self.machine, self.python

    @property
    def pip_options(self) -> tuple[str, ...]:
        """The options with which ``pip download`` chooses wheels for it.

        A version without a patch means its first release: what some package wants of a later one
        must not keep a laptop with an older one, as Debian's 3.11.2, from installing.
        """
        if not self.tag:
            return "--python-version", self.python
        return (
            *("--python-version", self.python, "--implementation", "cp"),
            *(option for tag in _compatible(self.tag) for option in ("--platform", tag)),
        )

    def holds(self, marker: Marker | None, extras: Iterable[str]) -> bool:
        """Is a requirement with this marker wanted here, in any patch release of the Python?"""
        if marker is None:
            return True
        return any(
            marker.evaluate(self._environment(patch, extra))
            for patch in ("0", "99")
            for extra in ("", *extras)
        )

    def _environment(self, patch: str, extra: str) -> dict[str, str]:
        return {
            "implementation_name": "cpython",
            "implementation_version": f"{self.python}.{patch}",
            "os_name": self.os_name,
            "platform_machine": self.machine,
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": self.system,
            "platform_version": "",
            "python_full_version": f"{self.python}.{patch}",
            "python_version": self.python,
            "sys_platform": self.sys_platform,
            "extra": extra,
        }


def targets(tags: Iterable[str], pythons: Iterable[str]) -> tuple[Laptop, ...]:
    """Return each platform with each Python, by default this one; UserError for an unknown name."""
    versions = tuple(dict.fromkeys(pythons)) or ("{}.{}".format(*sys.version_info[:2]),)
    for version in versions:
        match = _PYTHON.fullmatch(version)
        if match is None or int(match[1]) < _OLDEST:
            raise UserError(
                f"{version!r} is not a Python that the kit supports; name one as 3.12,"
                f" from 3.{_OLDEST}"
            )
    found: dict[tuple[str, str, str], Laptop] = {}
    for tag in tuple(tags) or ("",):
        for version in versions:
            target = _target(tag, version)
            if (other := found.setdefault(target.key, target)).tag != tag:
                raise UserError(f"{tag} and {other.tag or 'this platform'} are the same; name one")
    return tuple(found.values())


def _target(tag: str, python: str) -> Laptop:
    if not tag:
        return Laptop(
            tag="",
            os_name=os.name,
            sys_platform=sys.platform,
            system=platform.system(),
            machine=platform.machine(),
            python=python,
        )
    match = _TAG.fullmatch(tag)
    if match is None:
        raise UserError(
            f"{tag!r} is not a platform tag; for instance win_amd64, macosx_11_0_arm64,"
            " manylinux_2_28_x86_64"
        )
    os_name, sys_platform, system = _SYSTEMS.get(tag.partition("_")[0], _LINUX)
    machine = match["machine"]
    if sys_platform == "win32":
        machine = machine.upper()
    return Laptop(
        tag=tag,
        os_name=os_name,
        sys_platform=sys_platform,
        system=system,
        machine=machine,
        python=python,
    )


def _compatible(tag: str) -> tuple[str, ...]:
    """Return the tags of the wheels that run where *tag*'s do; pip knows it of older tags only."""
    name, _, machine = tag.partition("_")
    named = {old: minor for minor, old in _OLD_GLIBC.items()}.get(name)
    match = _GLIBC.fullmatch(tag if named is None else f"manylinux_2_{named}_{machine}")
    if match is None:
        return (tag,)
    found = []
    for minor in range(int(match[1]), 4, -1):
        found.append(f"manylinux_2_{minor}_{match[2]}")
        if minor in _OLD_GLIBC:
            found.append(f"{_OLD_GLIBC[minor]}_{match[2]}")
    return tuple(found)


def marker_of(some: Iterable[Laptop], every: Mapping[tuple[str, str, str], Laptop]) -> str:
    """Return the marker that holds on *some* of all targets; empty if it is all of them."""
    chosen = tuple(some)
    if len(chosen) == len(every):
        return ""
    each = [
        f'sys_platform == "{one.sys_platform}" and platform_machine == "{one.machine}"'
        f' and python_version == "{one.python}"'
        for one in chosen
    ]
    return each[0] if len(each) == 1 else " or ".join(f"({one})" for one in each)
