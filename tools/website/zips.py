"""Archives whose bytes depend on their content alone: wheels taken apart and put together."""

from __future__ import annotations

import base64
import io
import tarfile
import zipfile
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from kit.common.user_file import write_atomic

__all__ = ["EPOCH", "data_of", "names_of_modules", "read_zip", "unpack", "wheel_with", "write_zip"]

EPOCH = (1980, 1, 1, 0, 0, 0)  # the first date that a zip can say


def write_zip(path: Path, files: Mapping[str, bytes]) -> None:
    """Write *files* by name: no date, no owner, so that the same files are the same bytes."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, wherever it is written
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, files[name], compresslevel=9)
    write_atomic(path, made.getvalue())


def read_zip(path: Path) -> dict[str, bytes]:
    """Return the files of a zip by name."""
    with zipfile.ZipFile(path) as archive:
        return {
            each.filename: archive.read(each) for each in archive.infolist() if not each.is_dir()
        }


def wheel_with(
    wheel: Path, target: Path, more: Mapping[str, bytes], without: tuple[str, ...] = ()
) -> None:
    """Write *wheel* again at *target* with *more* files, and its RECORD to fit.

    *without*: leave out the files whose names begin so.
    """
    kept = {name: data for name, data in read_zip(wheel).items() if not name.startswith(without)}
    files = kept | dict(more)
    (record,) = [name for name in files if name.endswith(".dist-info/RECORD")]
    lines = [
        f"{name},sha256={_digest(files[name])},{len(files[name])}"
        for name in sorted(files)
        if name != record
    ]
    files[record] = "\n".join([*lines, f"{record},,", ""]).encode()
    write_zip(target, files)


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(sha256(data).digest()).decode().rstrip("=")


def names_of_modules(wheel: Path) -> list[str]:
    """Return the top-level modules and packages in a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        firsts = {name.partition("/")[0] for name in archive.namelist()}
    return sorted(
        first.removesuffix(".py")
        for first in firsts
        if not first.endswith((".dist-info", ".data"))
        and (first.isidentifier() or first.endswith(".py"))
    )


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a wheel or an npm package into *folder*."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            wheel.extractall(folder)
        return
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")


def data_of(folder: Path) -> list[Path]:
    """Return what wheels unpacked in *folder* would have installed beside their modules."""
    return sorted(folder.glob("*.data/data"))
