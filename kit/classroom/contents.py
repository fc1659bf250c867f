"""What this installation puts into a classroom folder: its wheel, lessons, history in use."""

from __future__ import annotations

from collections.abc import Callable
from importlib import metadata
from pathlib import Path

from kit.case_study import history as history_in_use
from kit.case_study.fetch import fetch
from kit.classroom.folder import Contents, FolderSize, make_folder
from kit.classroom.target import Laptop
from kit.classroom.wheels import NAME, built_wheel, packed_wheel
from kit.common.packaged_data import CHECKOUT, lessons
from kit.common.user_file import write_atomic
from kit.git.repository.history import HistoryError, SourceKind
from kit.git.repository.reenacted import ReenactmentHistory

__all__ = ["make_classroom"]


def make_classroom(
    folder: Path,
    targets: tuple[Laptop, ...],
    tell: Callable[[str], None],
    passed_over: Callable[[Path, str], None],
) -> tuple[FolderSize, str]:
    """Make a classroom folder from what is in use here; return its size, and the history's kind.

    Args:
        folder: The folder.
        targets: The kinds of laptop it is for.
        tell: Called with each step in a few words.
        passed_over: Called with each history that cannot be used or copied, and the reason.

    Raises:
        UserError: It cannot be made; the text says why.
    """
    read = history_in_use.history(passed_over=passed_over)
    text, _ = history_in_use.exported_history()
    words = read.source.kind.value

    def put_history(place: Path) -> None:
        # the file in any case: a laptop without git cannot read a clone or build the re-enactment
        write_atomic(place / "commits.json", text.encode())
        if isinstance(read, ReenactmentHistory) or read.source.kind is SourceKind.FILE:
            return
        try:
            fetch(place / "qemu.git", urls=[read.source.place])
        except HistoryError as error:
            passed_over(Path(read.source.place), f"only its commits' text is copied: {error}")

    contents = Contents(
        version=metadata.version(NAME),
        wheel=_own_wheel,
        lessons=lessons,
        history=put_history,
        history_words=words,
    )
    return make_folder(folder, targets, contents, tell), words


def _own_wheel(target: Path) -> Path:
    if (CHECKOUT / "pyproject.toml").is_file() and (CHECKOUT / "notebooks").is_dir():
        return built_wheel(CHECKOUT, target)
    return packed_wheel(target)
