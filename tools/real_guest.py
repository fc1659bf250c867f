"""Get a real guest for ``kit run --kernel``: a ppc64 kernel, and an initramfs with a shell.

    python tools/real_guest.py [DIR]        # .guest, unless another folder is named

Needs a Debian machine: apt downloads Debian's ppc64el kernel and its static busybox from the mirror
that this machine uses, into a state of its own, and checks them against the signed index.  Nothing
is installed, and the machine's own package lists are left alone.
"""

from __future__ import annotations

import gzip
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from kit.common.user_file import make_folders, write_atomic

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
META, SHELL = "linux-image-powerpc64le", "busybox-static"
_FIELDS = "$(SITE)|$(RELEASE)|$(ORIGIN)|$(COMPONENT)"
_IMAGE = re.compile(r"^Depends:.*?\b(linux-image-[0-9][a-z0-9.+-]*)", re.MULTILINE)
INIT = b"""#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox --install -s /bin
export PATH=/bin
while true; do sh 2>&1; done
"""


class GuestError(Exception):
    """What is missing, in one line."""


def initramfs(busybox: bytes) -> bytes:
    """Return an initramfs, the same bytes for the same busybox.

    Source: Linux Documentation/driver-api/early-userspace/buffer-format.rst.
    """
    folder, program, device = 0o040755, 0o100755, 0o020600
    entries = (
        ("bin", folder, b"", (0, 0)),
        ("bin/busybox", program, busybox, (0, 0)),
        ("dev", folder, b"", (0, 0)),
        ("dev/console", device, b"", (5, 1)),  # for the time before devtmpfs
        ("init", program, INIT, (0, 0)),
        ("proc", folder, b"", (0, 0)),
        ("sys", folder, b"", (0, 0)),
        ("TRAILER!!!", 0, b"", (0, 0)),
    )
    packed = (_entry(number, *entry) for number, entry in enumerate(entries, 1))
    return gzip.compress(b"".join(packed), 9, mtime=0)


def _entry(number: int, name: str, mode: int, data: bytes, device: tuple[int, int]) -> bytes:
    called = name.encode() + b"\0"
    numbers = (number, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(called), 0)
    head = b"070701" + b"".join(b"%08X" % value for value in numbers) + called
    return _padded(head) + _padded(data)


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)


def _output(*command: str, cwd: Path | None = None) -> str:
    try:
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=900)
    except FileNotFoundError:
        raise GuestError(f"{command[0]} is missing: this needs a Debian machine") from None
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip() or "it does not say why").splitlines()[
            -1
        ]
        raise GuestError(f"{' '.join(command[:1])} fails: {last}")
    return done.stdout


def source_of(listed: str) -> tuple[str, str]:
    """Return mirror and release of Debian's own packages, from what apt-get indextargets lists."""
    for line in listed.splitlines():
        site, release, origin, component = line.split("|")
        if origin == "Debian" and component == "main" and "-" not in release:
            return site, release
    raise GuestError(
        "apt here has no Debian release among its sources: this needs a Debian machine"
    )


def _options(state: Path) -> Iterator[str]:
    for folder in ("lists/partial", "cache/archives/partial"):
        make_folders(state, *folder.split("/"))
    write_atomic(state / "status", b"")
    named: Mapping[str, object] = {
        "APT::Architecture": "ppc64el",
        "APT::Architectures": "ppc64el",
        "APT::Sandbox::User": "root" if os.geteuid() == 0 else "",
        "Acquire::Languages": "none",
        "Acquire::Retries": 3,
        "Dir::State": state,
        "Dir::State::lists": state / "lists",
        "Dir::State::status": state / "status",
        "Dir::Cache": state / "cache",
        "Dir::Etc::sourcelist": state / "sources.list",
        "Dir::Etc::sourceparts": "-",
    }
    for name, value in named.items():
        yield from ("-o", f"{name}={value}")


def download(state: Path) -> tuple[Path, Path]:
    """Return the packages of kernel and busybox, downloaded."""
    listed = _output("apt-get", "indextargets", "--format", _FIELDS, "Created-By: Packages")
    site, release = source_of(listed)
    options = tuple(_options(state))
    source = f"deb [arch=ppc64el signed-by={KEYRING}] {site} {release} main\n"
    write_atomic(state / "sources.list", source.encode())
    _output("apt-get", *options, "-qq", "update")
    found = _IMAGE.search(_output("apt-cache", *options, "--no-all-versions", "show", META))
    if found is None:
        raise GuestError(f"{release} has no {META}")
    for package in (found[1], SHELL):
        print(f"downloading {package} ({release}, ppc64el)")
        _output("apt-get", *options, "-qq", "download", f"{package}:ppc64el", cwd=state)
    (kernel,) = state.glob(f"{found[1]}_*.deb")
    (busybox,) = state.glob(f"{SHELL}_*.deb")
    return kernel, busybox


def taken_out(package: Path, wanted: str) -> bytes:
    """Return the one file of a package whose path matches *wanted*."""
    with subprocess.Popen(
        ["dpkg-deb", "--fsys-tarfile", str(package)], stdout=subprocess.PIPE
    ) as unpacking:
        assert unpacking.stdout is not None
        with tarfile.open(fileobj=unpacking.stdout, mode="r|") as files:
            for one in files:
                if one.isfile() and re.fullmatch(wanted, one.name.removeprefix("./")):
                    data = files.extractfile(one)
                    assert data is not None
                    found = data.read()
                    unpacking.kill()  # the rest is hundreds of MB of modules
                    return found
    raise GuestError(f"{package.name} holds no {wanted}")


def main(words: list[str]) -> int:
    """Put vmlinux and initrd.gz into the folder, and print how to use them."""
    folder = Path(words[0] if words else ".guest")
    make_folders(folder)
    try:
        with tempfile.TemporaryDirectory(prefix="unplug-kit-") as state:
            kernel, busybox = download(Path(state))
            vmlinux = taken_out(kernel, r"boot/vmlinux-.*")
            shell = taken_out(busybox, r"(usr/)?bin/busybox")
    except GuestError as why:
        print(f"real_guest: {why}", file=sys.stderr)
        return 1
    write_atomic(folder / "initrd.gz", initramfs(shell))
    write_atomic(folder / "vmlinux", vmlinux)
    where = f"--kernel {folder}/vmlinux --initrd {folder}/initrd.gz"
    print(f"{kernel.name}, {busybox.name}\nkit run refuse-then-retry {where}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
