"""A guest of the user's own: kernel and initramfs, and the command line that boots them.

The machine is that of the recordings except for its memory, and for more cores than a scenario has
places: QEMU 7.2 under TCG aborts when it has made as many CPU threads as ``maxcpus`` says, and a
core that comes back needs a new one.  One thread for all CPUs does not help: QEMU 7.2 then ends
when a CPU is removed.

Source: ELF-64 Object File Format (e_machine); QEMU qemu-options.hx; QEMU tcg/tcg.c
(tcg_register_thread); Linux Documentation/admin-guide/kernel-parameters.txt.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kit.real_qemu.channel.failures import BackendError
from kit.real_qemu.launch import SANDBOX, Binary
from kit.real_qemu.session import Session

__all__ = ["MEMORY_MIB", "GuestImage", "boot_session", "read_image"]

MEMORY_MIB = 512
_MACHINES = {20, 21}  # EM_PPC (the wrapper of a zImage), EM_PPC64
_HEAD = 20
_TRACED = ("spapr_drc_set_*_state", "spapr_drc_set_configured", "spapr_cas_pvr")
_PSERIES = "arch/powerpc/platforms/pseries"
_TALKS = ("hotplug-cpu", "hotplug-memory", "dlpar")
_DEBUG = "; ".join(f"file {_PSERIES}/{name}.c +p" for name in _TALKS)
_APPEND = f'console=hvc0 ignore_loglevel panic=0 dyndbg="{_DEBUG}"'


@dataclass(frozen=True, slots=True)
class GuestImage:
    """A ppc64 kernel, and the initramfs with a shell that it needs, by absolute paths."""

    kernel: Path
    initrd: Path | None = None


def read_image(kernel: Path, initrd: Path | None = None) -> GuestImage:
    """Return these files if they can be booted; else raise BackendError with what to do."""
    head = _head(kernel, "--kernel")
    if head[:4] != b"\x7fELF":
        raise BackendError(f"{kernel}: is not an ELF file; --kernel takes a vmlinux for ppc64")
    if len(head) < _HEAD:
        raise BackendError(f"{kernel}: is cut: an ELF file begins with more")
    order = "little" if head[5] == 1 else "big"
    machine = int.from_bytes(head[18:20], order)  # type: ignore[arg-type]  # one of the two
    if machine not in _MACHINES:
        raise BackendError(f"{kernel}: is for another machine (e_machine {machine}), not for ppc64")
    if initrd is not None and not _head(initrd, "--initrd"):
        raise BackendError(f"{initrd}: is empty: --initrd takes an initramfs with a shell")
    return GuestImage(kernel.absolute(), None if initrd is None else initrd.absolute())


def _head(path: Path, option: str) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_HEAD)
    except OSError as error:
        raise BackendError(f"{option} {path}: cannot be read: {error.strerror}") from None


def command_line(binary: Binary, image: GuestImage, *, traced: bool) -> tuple[str, ...]:
    """Return QEMU's arguments for a guest that is stopped until QMP's cont."""
    trace = [word for event in _TRACED for word in ("-trace", f"enable={event}")]
    return (
        *("-machine", "pseries", "-smp", "1,maxcpus=16,threads=1"),
        *("-m", f"{MEMORY_MIB},slots=4,maxmem=2G", "-global", "e1000.romfile="),
        *("-accel", "tcg,thread=multi,tb-size=128", "-S"),
        *(SANDBOX if binary.sandbox else ()),
        *("-kernel", str(image.kernel)),
        *(() if image.initrd is None else ("-initrd", str(image.initrd))),
        *("-append", _APPEND),
        *("-msg", "timestamp=on"),  # its log says when: what it traces, too
        *(trace if traced else ()),
    )


def boot_session(binary: Binary, image: GuestImage, *, answer_s: float) -> tuple[Session, bool]:
    """Start a machine with a console; return it, and whether QEMU traces the guest's calls."""
    try:
        arguments = command_line(binary, image, traced=True)
        return Session(binary.path, arguments, answer_s=answer_s, console=True), True
    except BackendError as error:
        if "trace" not in str(error):
            raise
    arguments = command_line(binary, image, traced=False)
    return Session(binary.path, arguments, answer_s=answer_s, console=True), False
