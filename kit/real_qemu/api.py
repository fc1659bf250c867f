"""The functions of the command line for a real QEMU: which binary, and what it plays."""

from __future__ import annotations

from pathlib import Path

from kit.common.errors import RecordingError, UserError
from kit.explorer.export import asked_of
from kit.explorer.model import DrcModel
from kit.explorer.paths import PlayedPath
from kit.machine.revision import Board, Revision
from kit.real_qemu.guest_image import GuestImage
from kit.real_qemu.guest_play import play_guest
from kit.real_qemu.identify import Identity, identify
from kit.real_qemu.launch import find_binary, probe
from kit.real_qemu.play import play_real
from kit.real_qemu.replay import LiveComparison, Recorded, compare_live, record
from kit.real_qemu.replay_path import LivePath, replay_path
from kit.recordings.conformance import ConformanceReport
from kit.recordings.format import RecordingScript, read_scripts
from kit.simulation.guest_run import GuestRun
from kit.simulation.run import Intervention, Pair, Run, play
from kit.simulation.scenario import Scenario
from kit.storage.recordings import lines_of_file

__all__ = [
    "EMBEDDED",
    "QEMU",
    "AnyPlayer",
    "board_for",
    "compare_file",
    "identity_of",
    "path_on",
    "play_guest_on",
    "play_on",
    "played_on",
    "read_backend",
    "record_file",
]

EMBEDDED, QEMU = "embedded", "qemu"


def read_backend(text: str) -> str | None:
    """Return what ``--backend`` names: None for embedded, else a path, "" for the usual QEMU."""
    name, equals, path = text.partition("=")
    if name == QEMU and bool(path) == bool(equals):
        return path
    if text == EMBEDDED:
        return None
    raise UserError(f"--backend {text!r}; expected embedded, qemu or qemu=PATH")


def identity_of(binary: str | None = None, board: Board = Board.PSERIES) -> Identity:
    """Return a binary, what it can do, and which revisions it answers like.

    Args:
        binary: Its path or name; None or "" for the usual one.
        board: The machine that it plays.

    Raises:
        BackendError: There is none, or it is not a QEMU; says how to get one.
    """
    return identify(probe(find_binary(binary or None, board), board))


def board_for(scenario: Scenario) -> Board:
    """Return the machine on which a real QEMU plays a scenario: pseries, where it can be either."""
    boards = scenario.setup.boards
    return Board.PSERIES if Board.PSERIES in boards else boards[0]


def play_on(
    scenario: Scenario,
    binary: str | None,
    interventions: tuple[Intervention, ...] = (),
    board: Board = Board.PSERIES,
) -> Run:
    """Play a scenario on a real QEMU; errors as of `kit.real_qemu.play.play_real`."""
    return play_real(scenario, identity_of(binary, board), interventions)


def play_guest_on(
    scenario: Scenario,
    binary: str | None,
    image: GuestImage,
    interventions: tuple[Intervention, ...] = (),
) -> GuestRun:
    """Play a scenario on a real QEMU with a real kernel, in real time."""
    return play_guest(scenario, probe(find_binary(binary or None)), image, interventions)


def played_on(played: Run | Pair, binary: str | None) -> Run | Pair:
    """Play a run, or a pair's second run, on a real QEMU with the same interventions."""
    *before, run = played.runs
    real = play_on(run.scenario, binary, run.interventions, run.revision.board)
    return Pair(before[0], real) if before else real


class AnyPlayer:
    """Plays on the embedded machine, or on a real QEMU at a revision that stands for one."""

    def __init__(self) -> None:
        self._real: dict[Revision, Identity] = {}

    def find(self, board: Board) -> Revision:
        """Return the revision that stands for the usual binary, or raise BackendError."""
        identity = identity_of(board=board)
        self._real[identity.revision] = identity
        return identity.revision

    def play(
        self, scenario: Scenario, revision: Revision, interventions: tuple[Intervention, ...] = ()
    ) -> Run:
        """Play a scenario; on a real QEMU each run begins anew, because its past cannot be kept."""
        identity = self._real.get(revision)
        if identity is None:
            return play(scenario, revision, interventions)
        return play_real(scenario, identity, interventions)


def path_on(path: PlayedPath, binary: str | None) -> LivePath:
    """Replay a path on a real QEMU, step by step, beside the embedded machine."""
    model = DrcModel(path.revision, path.kind, path.scope)
    found = probe(find_binary(binary or None))
    return replay_path(asked_of(model, (0, *path.choices)), found, path.revision)


def record_file(path: Path, binary: str | None) -> list[Recorded]:
    """Run each script of a file on a real QEMU, and return its answers."""
    return [record(script, identity_of(binary, script.board)) for script in _scripts(path)]


def compare_file(path: Path, binary: str | None) -> tuple[ConformanceReport, tuple[str, ...]]:
    """Run the scripts of a file on both machines; return the report, and notes, a line each."""
    total = LiveComparison()
    named: list[str] = []
    for script in _scripts(path):
        identity = identity_of(binary, script.board)
        if identity.words not in named:
            named.append(identity.words)
        total += compare_live([script], identity, str(path))
    notes = named
    if total.passed_over:
        notes.append(
            f"{path}: {len(total.passed_over)} transcripts passed over: this build has no qtest"
            " accelerator, time cannot be stepped"
        )
    notes += [f"{path}: {remark}" for remark in total.again]
    return total.report, tuple(notes)


def _scripts(path: Path) -> list[RecordingScript]:
    scripts = [*read_scripts(lines_of_file(path), str(path))]
    if not scripts:
        raise RecordingError(f"{path}: holds no script")
    return scripts
