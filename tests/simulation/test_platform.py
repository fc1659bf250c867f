"""Only `kit/simulation/platforms` and the machine's room may ask which platform there is."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from kit.machine.catalogue import CATALOGUE, Q35
from kit.simulation.platform import PLATFORMS, platform_of
from tests.sources import KIT, modules, nodes

TYPES = {
    type(value).__name__
    for revision in (CATALOGUE[0], Q35)
    for value in platform_of(revision).switch_on(revision)
}


def named(node: ast.expr) -> set[str]:
    """Return the last parts of all names in an expression."""
    return {
        found.id if isinstance(found, ast.Name) else found.attr
        for found in ast.walk(node)
        if isinstance(found, ast.Name | ast.Attribute)
    }


def asked(source: str, types: set[str]) -> Iterator[int]:
    """Yield the lines that ask whether a value is of one of *types*."""
    for node in (
        *nodes(source, ast.Call),
        *nodes(source, ast.MatchClass),
        *nodes(source, ast.Compare),
    ):
        match node:
            case ast.Call(func=ast.Name("isinstance" | "issubclass"), args=[_, kinds]):
                names = named(kinds)
            case ast.MatchClass(cls=kind):
                names = named(kind)
            case ast.Compare(left=ast.Call(func=ast.Name("type")), comparators=[kind]):
                names = named(kind)
            case _:
                continue
        if names & types:
            yield node.lineno


MAY_NAME_A_BOARD = {
    "machine": "boards are defined there, and each revision is of one",
    "simulation/platforms": "each platform is of one",
    "simulation/platform.py": "it lists the platforms",
    "recordings": "a file of recordings names the machine that was recorded",
    "real_qemu": "it starts QEMU's own machines, each by its own command line",
}


def boards_named(source: str) -> Iterator[int]:
    """Yield the lines that name a board, as ``Board.PSERIES`` or by its text."""
    texts = {board.value for board in PLATFORMS}
    for text in nodes(source, ast.Constant):
        if isinstance(text.value, str) and text.value in texts:
            yield text.lineno
    for name in nodes(source, ast.Attribute):
        if isinstance(name.value, ast.Name) and name.value.id == "Board":
            yield name.lineno
    for imports in nodes(source, ast.ImportFrom):
        if "simulation.platforms" in str(imports.module):
            yield imports.lineno


def test_nobody_else_names_a_board() -> None:
    """What differs between platforms is asked of a `Platform`."""
    wrong = [
        f"{name}:{line}"
        for name, source in modules().items()
        if not name.startswith(tuple(MAY_NAME_A_BOARD))
        for line in boards_named(source)
    ]

    assert wrong == []


@pytest.mark.parametrize(
    "source",
    [
        "revision.board == Board.PSERIES",
        "board.value != 'q35'",
        "from kit.simulation.platforms.q35 import Q35_PLATFORM",
    ],
)
def test_a_board_is_found_by_name_and_by_text(source: str) -> None:
    assert [*boards_named(source)] == [1]


def test_a_board_in_a_sentence_is_none() -> None:
    assert [*boards_named("board in setup.boards or 'a pseries machine'")] == []


OWN_FILES = (
    "machine/pcie/",
    "machine/pcie_revisions.py",
    "actors/pcie_guest.py",
    "recordings/pcie_format.py",
    "simulation/platforms/pcie.py",
    "trace/pcie_kinds.py",
)
"""What the platform with PCIe ports brought along: new files, in the rooms that they belong to."""

WIRED = {
    "machine/catalogue.py": "its revisions",
    "machine/all_boards/messages.py": "its requests, replies and events",
    "recordings/format.py": "the format of its recordings",
    "simulation/platform.py": "the platform itself",
    "trace/kinds.py": "its rows",
}
"""The files that a new platform changes, each by a line or two."""

ITS_LESSON = {
    "case_study/fetch.py": "commits that lesson 13 reads",
    "course/ideas.py": "beliefs that its learners have",
    "views/models/tour.py": "the tour of its series",
}


def importers(of: tuple[str, ...]) -> set[str]:
    """Return the files that import a module of these files, by name."""
    wanted = {f"kit.{name.removesuffix('.py').replace('/', '.').rstrip('.')}" for name in of}
    found = set()
    for path, source in modules().items():
        for node in nodes(source, ast.ImportFrom):
            named = {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
            if any(f"{one}.".startswith(f"{each}.") for one in named for each in wanted):
                found.add(path)
    # one that can also be played on a real QEMU is known in that room
    return {name for name in found if not name.startswith((*of, "real_qemu/"))}


def test_a_new_platform_changes_five_files_besides_its_own() -> None:
    found = importers(OWN_FILES)

    assert found == WIRED.keys() | ITS_LESSON.keys()
    assert len(WIRED) == 5
    assert all((KIT / name.rstrip("/")).exists() for name in OWN_FILES)


def test_nobody_but_a_platform_asks_which_machine_or_guest_it_has() -> None:
    wrong = [
        f"{name}:{line}"
        for name, source in modules().items()
        if not name.startswith("simulation/platforms/")
        for line in asked(source, TYPES)
    ]

    assert {"Machine", "Guest"} < TYPES
    assert wrong == []


@pytest.mark.parametrize(
    "source",
    [
        "isinstance(x, Machine)",
        "isinstance(x, str | q35.Machine)",
        "isinstance(x, (int, Machine))",
        "type(x) is Machine",
        "match x:\n case Machine():\n  pass",
        "match x:\n case int() | board.Machine(now_ns=0):\n  pass",
    ],
)
def test_a_question_for_the_type_is_found(source: str) -> None:
    assert [*asked(source, {"Machine"})] != []


def test_other_questions_are_none() -> None:
    assert [*asked("isinstance(x, Machines)\nMachine()\nf(x, Machine)", {"Machine"})] == []
