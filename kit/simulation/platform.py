"""The platforms of the kit, and those that somebody registers, by the board of a revision.

`kit.simulation.run.play` and `kit.explorer.model.DrcModel` take a platform as an argument, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kit.common.errors import UserError
from kit.machine.catalogue import add_revisions
from kit.machine.pcie_revisions import PCIE
from kit.machine.revision import Board, Revision
from kit.simulation.platforms.pcie import PCIE_PLATFORM
from kit.simulation.platforms.protocol import (
    AnyEmitted,
    AnyReply,
    Ask,
    Asked,
    ExploredPlatform,
    Platform,
    PlatformMachine,
)
from kit.simulation.platforms.pseries import PSERIES
from kit.simulation.platforms.q35 import Q35_PLATFORM

__all__ = ["PLATFORMS", "AnyEmitted", "AnyReply", "Ask", "Asked", "ExploredPlatform", "Platform"]
__all__ += ["PlatformMachine", "explored_platform_of", "option_of", "platform_of"]
__all__ += ["register"]

PLATFORMS: dict[Board, Platform[Any, Any]] = {
    Board.PSERIES: PSERIES,
    Board.Q35: Q35_PLATFORM,
    PCIE: PCIE_PLATFORM,
}
"""The platforms that revisions of the catalogue are of; `register` adds one."""


def register(platform: Platform[Any, Any], revisions: Sequence[Revision], option: str = "") -> None:
    """Add somebody's own platform to those that runs, pictures, tokens and the explorer know.

    *option* is what a command needs to find it again.

    Raises:
        UserError: Its board or one of its revisions has a name of the kit's.
    """
    known = PLATFORMS.get(platform.board)
    if known is not None and type(known).__module__.startswith("kit."):
        raise UserError(f"board {platform.board.value!r}: the kit has one; choose another name")
    add_revisions(revisions)
    PLATFORMS[platform.board] = platform
    _OPTIONS[platform.board] = f" {option}" if option else ""


_OPTIONS: dict[Board, str] = {}


def option_of(*revisions: Revision) -> str:
    """Return what a command needs to find the platform of some revisions: "" for the kit's."""
    return next((found for one in revisions if (found := _OPTIONS.get(one.board))), "")


def platform_of(revision: Revision) -> Platform[Any, Any]:
    """Return the platform that a revision of the catalogue is of."""
    return PLATFORMS[revision.board]


def explored_platform_of(revision: Revision) -> ExploredPlatform[Any, Any]:
    """Return the platform that a revision is of, for the explorer.

    Raises:
        UserError: The explorer cannot drive it.
    """
    platform = PLATFORMS.get(revision.board)
    if isinstance(platform, ExploredPlatform):
        return platform
    known = ", ".join(p.board.value for p in PLATFORMS.values() if isinstance(p, ExploredPlatform))
    raise UserError(f"{revision.name} cannot be explored; the explorer knows {known} alone")
