"""kit handout: which lesson, which files, what is told; pages are whole or not there."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

from kit.cli.main import main
from kit.common.errors import UserError
from kit.handout import lessons as handout
from kit.handout.execute import LessonKernel
from kit.handout.lessons import find_lesson, handouts, lesson_files
from kit.handout.page import GENERATOR
from tests.executed import executed_in, without_outputs

ROOT = Path(__file__).parents[2]
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
STEMS = [path.stem for path in LESSONS]
FIRST = STEMS[0]
Captured = pytest.CaptureFixture[str]


# -- which lesson --------------------------------------------------------------------------------


@pytest.mark.parametrize("named", ["5", "05", "05-fifteen-seconds", "05-fifteen-seconds.ipynb"])
def test_a_lesson_is_named_by_number_or_file(named: str) -> None:
    assert find_lesson(named).stem == "05-fifteen-seconds"


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ("fiften", "the nearest is 05-fifteen-seconds; there are 00 to 13"),
        ("the-rivert", "the nearest is 08-the-revert; there are 00 to 13"),
        ("99", "give a number, such as 01; there are 00 to 13"),
        ("²", "give a number, such as 01; there are 00 to 13"),
        ("", "give a number, such as 01; there are 00 to 13"),
    ],
)
def test_an_unknown_lesson_names_the_nearest(named: str, told: str, capsys: Captured) -> None:
    status = main(["handout", named, "-o", "nowhere"])

    assert (status, capsys.readouterr()) == (2, ("", f"kit: no lesson {named!r}: {told}\n"))
    assert not Path("nowhere").exists()


def test_lessons_are_in_their_order() -> None:
    assert [path.stem for path in lesson_files()] == STEMS


@pytest.mark.parametrize("arguments", [[], ["01", "--all"]])
def test_either_a_lesson_or_all(arguments: list[str], tmp_path: Path, capsys: Captured) -> None:
    status = main(["handout", *arguments, "-o", str(tmp_path)])

    told = "kit: name one lesson, or give --all: kit handout LESSON|--all -o DIR\n"
    assert (status, capsys.readouterr()) == (2, ("", told))


# -- files ---------------------------------------------------------------------------------------


@pytest.fixture
def unexecuted(monkeypatch: pytest.MonkeyPatch) -> None:
    without_outputs(monkeypatch)


@pytest.mark.usefixtures("unexecuted")
def test_names_of_files_are_written_as_they_are_made(tmp_path: Path, capsys: Captured) -> None:
    status = main(["handout", "--all", "-o", str(tmp_path)])
    lines = capsys.readouterr().out.splitlines()

    assert status == 0
    names = [*STEMS, "glossary", "principles", "revert-conformance", "reverts", "index"]
    assert lines == [str(tmp_path / f"{name}.html") for name in names]


@pytest.mark.usefixtures("unexecuted")
def test_json_names_lesson_file_and_size(tmp_path: Path, capsys: Captured) -> None:
    main(["handout", "1", "--json", "-o", str(tmp_path)])
    path = tmp_path / f"{STEMS[1]}.html"

    assert json.loads(capsys.readouterr().out) == [
        {"lesson": STEMS[1], "file": str(path), "bytes": path.stat().st_size}
    ]


@pytest.mark.usefixtures("unexecuted")
def test_a_file_of_other_origin_is_left_alone(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "index.html").write_text("mine")
    status = main(["handout", "--all", "-o", str(tmp_path)])

    told = f"kit: {tmp_path / 'index.html'}: exists and is not a hand-out of the kit; "
    assert (status, capsys.readouterr().err) == (
        2,
        f"{told}move it away, or name another -o DIR\n",
    )
    assert [path.name for path in tmp_path.iterdir()] == ["index.html"]
    assert (tmp_path / "index.html").read_text() == "mine"


@pytest.mark.usefixtures("unexecuted")
def test_a_link_is_no_page_of_ours(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text(GENERATOR)
    (tmp_path / f"{FIRST}.html").symlink_to(tmp_path / "elsewhere")

    assert main(["handout", "0", "-o", str(tmp_path)]) == 2
    assert (tmp_path / "elsewhere").read_text() == GENERATOR


@pytest.mark.usefixtures("unexecuted")
def test_a_page_of_ours_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / f"{FIRST}.html"
    main(["handout", "0", "-o", str(tmp_path)])
    whole = path.read_bytes()
    path.write_bytes(whole[:-100])
    main(["handout", "0", "-o", str(tmp_path)])

    assert path.read_bytes() == whole


@pytest.mark.usefixtures("unexecuted")
def test_what_is_killed_while_it_writes_leaves_the_old_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what one that was killed outright left half-written is gone an hour later."""
    path = tmp_path / f"{FIRST}.html"
    main(["handout", "0", "-o", str(tmp_path)])
    old = path.read_bytes()

    def killed(_: int) -> None:
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", killed)
        main(["handout", "0", "-o", str(tmp_path)])
    assert (path.read_bytes(), len(list(tmp_path.iterdir()))) == (old, 1)
    left = tmp_path / f".{path.name}.0123456789abcdef.new"
    left.write_bytes(old[:100])
    os.utime(left, (0, time.time() - 3601))
    main(["handout", "0", "-o", str(tmp_path)])

    assert [each.name for each in tmp_path.iterdir()] == [path.name]


@pytest.mark.usefixtures("unexecuted")
def test_a_full_disk_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(handout, "prepare", lambda _: None)
    monkeypatch.setattr(os, "fsync", full)
    status = main(["handout", "0", "-o", str(tmp_path)])

    told = (
        f"kit: {tmp_path}: cannot be written: No space left on device; name another folder, -o DIR"
    )
    assert (status, capsys.readouterr().err) == (2, f"{told}\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("file", "is not a folder; name another, -o DIR"),
        ("file/below", "cannot be written: Not a "),
    ],
)
def test_a_folder_that_cannot_be_is_told(
    place: str, told: str, tmp_path: Path, capsys: Captured
) -> None:
    (tmp_path / "file").write_text("mine")
    status = main(["handout", "0", "-o", str(tmp_path / place)])

    assert status == 2
    assert capsys.readouterr().err.startswith(f"kit: {tmp_path / place}: {told}")


# -- kernels -------------------------------------------------------------------------------------


def test_a_cell_that_fails_is_told_in_a_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Captured,
    lesson_kernel: LessonKernel,
) -> None:
    cell = nbformat.v4.new_code_cell("1 / 0")
    broken = nbformat.v4.new_notebook(cells=[cell])
    monkeypatch.setattr(handout, "read_lesson", lambda *_: broken)
    with executed_in(lesson_kernel):
        status = main(["handout", "0", "-o", str(tmp_path)])

    told = f"kit: {FIRST}: a cell fails: ZeroDivisionError: division by zero\n"
    assert (status, capsys.readouterr().err) == (2, told)
    assert list(tmp_path.iterdir()) == []


def test_a_kernel_that_does_not_start_is_told_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "ipykernel").mkdir()
    (tmp_path / "ipykernel" / "__init__.py").write_text("raise ImportError('not here')\n")
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    found = subprocess.run(
        [sys.executable, "-m", "kit", "handout", "0", "-o", str(tmp_path / "out")],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert (found.returncode, found.stdout) == (2, "")
    assert re.fullmatch(r"kit: no Jupyter kernel for Python: .*ipykernel\n", found.stderr)


def test_a_history_that_is_not_there_is_told_before_anything_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KIT_QEMU", str(tmp_path / "gone"))
    monkeypatch.setattr(LessonKernel, "execute", lambda *_, **__: pytest.fail("it runs"))

    with pytest.raises(UserError, match="gone does not exist"):
        next(handouts(LESSONS[:1], tmp_path, together=False, tell=lambda *_: None))


STOPPED = """
import sys
import time
import nbformat
from kit.handout import lessons as handout
from kit.handout.execute import LessonKernel
from kit.cli.main import main

cell = nbformat.v4.new_code_cell(
    "import os, signal, time; os.kill(os.getppid(), signal.SIGINT); time.sleep(60)"
)
handout.read_lesson = lambda path: nbformat.v4.new_notebook(cells=[cell])
sys.exit(main(["handout", "0", "-o", sys.argv[1]]))
"""


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_ctrl_c_stops_it_while_a_cell_runs(tmp_path: Path) -> None:
    found = subprocess.run(
        [sys.executable, "-c", STOPPED, str(tmp_path / "out")],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=50,
    )

    assert (found.returncode, found.stdout, found.stderr) == (2, "", "kit: stopped\n")
    assert list((tmp_path / "out").iterdir()) == []
