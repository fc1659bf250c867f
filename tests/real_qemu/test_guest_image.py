"""What is booted, and how: looked at before a QEMU starts."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from kit.machine.revision import Board
from kit.real_qemu.channel.failures import BackendError
from kit.real_qemu.guest_image import GuestImage, command_line, read_image
from kit.real_qemu.launch import Binary
from tests.real_qemu.fake_guest import vmlinux

BINARY = Binary(path="/bin/qemu", board=Board.PSERIES, version=(7, 2, 0), sandbox=True)


def test_a_kernel_may_come_without_an_initramfs(tmp_path: Path) -> None:
    kernel = vmlinux(tmp_path)

    assert read_image(kernel) == GuestImage(kernel, None)


def elf(machine: int, order: str = "little") -> bytes:
    mark = 1 if order == "little" else 2
    head = b"\x7fELF\x02" + bytes([mark]) + bytes(10) + b"\x02\x00"
    return head + machine.to_bytes(2, order)  # type: ignore[arg-type]  # one of the two


@pytest.mark.parametrize("data", [elf(21), elf(21, "big"), elf(20, "big")])
def test_a_kernel_of_either_byte_order_will_do(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "k").write_bytes(data)

    assert read_image(tmp_path / "k").kernel == tmp_path / "k"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"\x1f\x8b....", "is not an ELF file; --kernel takes a vmlinux for ppc64"),
        (b"", "is not an ELF file; --kernel takes a vmlinux for ppc64"),
        (b"\x7fELF", "is cut: an ELF file begins with more"),
        (elf(62), "is for another machine (e_machine 62), not for ppc64"),
    ],
)
def test_what_is_no_kernel_is_one_line(tmp_path: Path, data: bytes, says: str) -> None:
    (tmp_path / "k").write_bytes(data)
    with pytest.raises(BackendError) as caught:
        read_image(tmp_path / "k")

    assert str(caught.value) == f"{tmp_path}/k: {says}"


def test_a_file_that_is_not_there_is_named_with_its_option(tmp_path: Path) -> None:
    with pytest.raises(BackendError) as caught:
        read_image(vmlinux(tmp_path), tmp_path / "none")

    assert str(caught.value) == (
        f"--initrd {tmp_path}/none: cannot be read: No such file or directory"
    )


def test_an_empty_initramfs_is_refused(tmp_path: Path) -> None:
    (tmp_path / "i").touch()
    with pytest.raises(BackendError, match="is empty: --initrd takes an initramfs with a shell"):
        read_image(vmlinux(tmp_path), tmp_path / "i")


def test_the_plan_of_a_boot() -> None:
    """No device but the console, no network; one thread a CPU, for 7.2 ends with one for all."""
    image = GuestImage(Path("/k"), Path("/i"))
    words = command_line(BINARY, image, traced=False)

    assert " ".join(words) == (
        "-machine pseries -smp 1,maxcpus=16,threads=1 -m 512,slots=4,maxmem=2G"
        " -global e1000.romfile= -accel tcg,thread=multi,tb-size=128 -S -sandbox"
        " on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"
        " -kernel /k -initrd /i -append console=hvc0 ignore_loglevel panic=0"
        ' dyndbg="file arch/powerpc/platforms/pseries/hotplug-cpu.c +p;'
        " file arch/powerpc/platforms/pseries/hotplug-memory.c +p;"
        ' file arch/powerpc/platforms/pseries/dlpar.c +p" -msg timestamp=on'
    )


def test_the_guests_calls_are_traced() -> None:
    words = command_line(BINARY, GuestImage(Path("/k")), traced=True)

    assert [word for before, word in pairwise(words) if before == "-trace"] == [
        "enable=spapr_drc_set_*_state",
        "enable=spapr_drc_set_configured",
        "enable=spapr_cas_pvr",
    ]
