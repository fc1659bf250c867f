"""The options that name a real QEMU, the same for every command that can use one."""

from __future__ import annotations

from typing import Annotated

import typer

from kit.common.errors import UserError
from kit.real_qemu.api import read_backend

__all__ = ["Backend", "Binary", "chosen_qemu"]

Backend = Annotated[
    str,
    typer.Option(
        "--backend",
        metavar="embedded|qemu[=PATH]",
        help="What plays it; qemu: KIT_QEMU_SYSTEM, or qemu-system-ppc64.",
    ),
]
Binary = Annotated[
    str | None,
    typer.Option("--binary", metavar="PATH", help="The same as --backend qemu=PATH."),
]


def chosen_qemu(backend: str, binary: str | None, *, live: bool = False) -> str | None:
    """Return the real QEMU that the options name: None for none, "" for the usual one.

    Args:
        backend: What ``--backend`` says.
        binary: What ``--binary`` says.
        live: ``--live`` is there: a real QEMU, whatever its name.

    Raises:
        UserError: They name two, or ``--backend`` is not one.
    """
    real = read_backend(backend)
    if binary is None:
        return "" if live and real is None else real
    if real:
        raise UserError("--binary and --backend name two binaries; name one")
    return binary
