"""kit handout: pages that need nothing else, the same every time, whole or not there."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from html import escape
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest

from kit import handout
from kit.cli import main
from kit.errors import UserError
from kit.exercises import exercises
from kit.handout import find_lesson, handouts, lesson_files
from kit.views.handout_page import GENERATOR, HIDDEN
from kit.views.lesson_markdown import is_solution

ROOT = Path(__file__).parent.parent
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
STEMS = [path.stem for path in LESSONS]
FIRST = STEMS[0]
MOST_BYTES = 3_000_000
Captured = pytest.CaptureFixture[str]
lesson = pytest.mark.parametrize("stem", STEMS)
FOLD = re.compile(r"<summary>(.*?)</summary>(.*?)</details>", re.DOTALL)


def quiet(lesson: str, done: int, total: int) -> None:
    """Tell nobody."""


NO_PROGRESS = "whoever reads this puts it aside"


@pytest.fixture(scope="module")
def learner(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a learner's progress, in which is a file that cannot be read."""
    share = tmp_path_factory.mktemp("share")
    (share / "unplug-kit").mkdir()
    (share / "unplug-kit" / "progress.json").write_text(NO_PROGRESS)
    return share


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, learner: Path) -> Path:
    """A folder with all hand-outs, made once."""
    made = tmp_path_factory.mktemp("handouts")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("XDG_DATA_HOME", str(learner))
        assert main(["handout", "--all", "-o", str(made)]) == 0
    return made


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """One lesson alone, made twice."""
    made = []
    for name in ("one", "two"):
        out = tmp_path_factory.mktemp(name)
        made += [page.path for page in handouts(LESSONS[:1], out, together=False, tell=quiet)]
    return made[0], made[1]


class Reader(HTMLParser):
    """Reads a page: its tags, whether they match, where it leads, what it names."""

    ALONE = ("meta", "img", "br", "hr", "rect", "line", "polygon")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.sources: list[str] = []
        self.handlers: list[str] = []
        self.wrong: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        self.wrong += self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            known = {"id": self.ids, "href": self.links, "src": self.sources}
            known.get(name, []).append(value or "")
            if name.startswith("on"):
                self.handlers.append(name)
        if tag not in self.ALONE:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in self.ALONE:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.wrong.append(f"</{tag}>")


def read(path: Path) -> Reader:
    return Reader(path.read_text(encoding="utf-8"))


# -- every page ----------------------------------------------------------------------------------


def test_all_makes_a_page_a_lesson_and_the_index(folder: Path) -> None:
    names = [*STEMS, "glossary", "index", "reverts"]

    assert sorted(path.name for path in folder.iterdir()) == sorted(f"{n}.html" for n in names)


@lesson
def test_a_page_is_small_whole_and_loads_nothing(folder: Path, stem: str) -> None:
    path = folder / f"{stem}.html"
    found = read(path)

    assert path.stat().st_size < MOST_BYTES
    assert found.wrong == []
    assert found.tags & {"script", "link", "iframe", "object", "embed", "form", "button"} == set()
    assert found.handlers == []
    assert [source for source in found.sources if not source.startswith("data:image/")] == []
    assert re.findall(r"@import|\burl\(", path.read_text()) == []


@lesson
def test_every_link_leads_somewhere(folder: Path, stem: str) -> None:
    found = read(folder / f"{stem}.html")
    outside = [link for link in found.links if link.startswith("https://")]
    for link in sorted(set(found.links) - set(outside)):
        name, _, part = link.partition("#")
        there = read(folder / name) if name else found

        assert not part or part in there.ids, link
    assert len(found.ids) == len(set(found.ids))


@lesson
def test_a_lesson_shows_pictures_and_none_of_its_checks(folder: Path, stem: str) -> None:
    text = (folder / f"{stem}.html").read_text(encoding="utf-8")

    assert "<svg " in text or "data:image/svg+xml" in text
    assert HIDDEN not in text
    assert "widget-view" not in text
    assert "Traceback" not in text


@lesson
def test_no_page_gives_an_answer_away(folder: Path, stem: str) -> None:
    text = (folder / f"{stem}.html").read_text(encoding="utf-8")
    cells = nbformat.read(ROOT / "notebooks" / f"{stem}.ipynb", as_version=4).cells
    prose = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    folds = FOLD.findall(prose)
    lines = [line for title, inside in folds if is_solution(title) for line in inside.split("\n")]
    # a line of a solution without what Markdown may have changed in it
    answers = [
        piece for line in lines for piece in re.split(r"[`*\[\]()]", line) if len(piece) > 25
    ]
    secrets = [*answers, *(one.explanation for one in exercises().values())]

    assert [secret for secret in secrets if escape(secret) in text or secret in text] == []


@lesson
def test_every_fold_of_a_lesson_is_a_hint_or_a_solution(stem: str) -> None:
    """So that no title is taken for neither, and what is in it given away."""
    cells = nbformat.read(ROOT / "notebooks" / f"{stem}.ipynb", as_version=4).cells
    prose = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    titles = [title for title, _ in FOLD.findall(prose)]

    assert [t for t in titles if is_solution(t) is ("hint" in t.lower())] == []


def test_a_page_has_the_questions_of_its_exercises(folder: Path) -> None:
    for stem in STEMS:
        source = (ROOT / "notebooks" / f"{stem}.ipynb").read_text(encoding="utf-8")
        text = (folder / f"{stem}.html").read_text(encoding="utf-8")
        asked = [one for one in exercises().values() if f'exercise(\\"{one.name}\\")' in source]

        assert [one.name for one in asked if escape(one.question) not in text] == []


# -- the same every time -------------------------------------------------------------------------


def test_the_same_bytes_twice(alone: tuple[Path, Path]) -> None:
    assert alone[0].read_bytes() == alone[1].read_bytes()


def test_a_page_alone_links_to_no_page_that_is_not_there(alone: tuple[Path, Path]) -> None:
    links = read(alone[0]).links

    assert [link for link in links if not link.startswith(("https://", "#"))] == []


def test_nothing_of_the_learners_is_touched(folder: Path, learner: Path) -> None:
    kept = {path: path.read_text() for path in learner.rglob("*") if path.is_file()}

    assert folder.is_dir()
    assert kept == {learner / "unplug-kit" / "progress.json": NO_PROGRESS}


# -- which lesson --------------------------------------------------------------------------------


@pytest.mark.parametrize("named", ["5", "05", "05-fifteen-seconds", "05-fifteen-seconds.ipynb"])
def test_a_lesson_is_named_by_number_or_file(named: str) -> None:
    assert find_lesson(named).stem == "05-fifteen-seconds"


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ("fiften", "the nearest is 05-fifteen-seconds; there are 00 to 12"),
        ("the-rivert", "the nearest is 08-the-revert; there are 00 to 12"),
        ("99", "give a number, such as 01; there are 00 to 12"),
        ("²", "give a number, such as 01; there are 00 to 12"),
        ("", "give a number, such as 01; there are 00 to 12"),
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
    """Lessons without what their cells show: enough where files are the question."""
    monkeypatch.setattr(handout, "execute_lesson", lambda *_: None)


@pytest.mark.usefixtures("unexecuted")
def test_names_of_files_are_written_as_they_are_made(tmp_path: Path, capsys: Captured) -> None:
    status = main(["handout", "--all", "-o", str(tmp_path)])
    lines = capsys.readouterr().out.splitlines()

    assert status == 0
    names = [*STEMS, "glossary", "reverts", "index"]
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

    told = f"kit: {tmp_path / 'index.html'}: is there and is no hand-out of the kit; "
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
    """And what it left half-written is gone after the next run."""
    path = tmp_path / f"{FIRST}.html"
    main(["handout", "0", "-o", str(tmp_path)])
    old = path.read_bytes()

    def killed(_: int) -> None:
        raise SystemExit  # as if at this line: nothing after it is done

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", killed)
        main(["handout", "0", "-o", str(tmp_path)])
    assert (path.read_bytes(), len(list(tmp_path.iterdir()))) == (old, 2)
    main(["handout", "0", "-o", str(tmp_path)])

    assert [each.name for each in tmp_path.iterdir()] == [path.name]


@pytest.mark.usefixtures("unexecuted")
def test_a_full_disk_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    status = main(["handout", "0", "-o", str(tmp_path)])

    told = (
        f"kit: {tmp_path}: cannot be written: No space left on device; name another folder, -o DIR"
    )
    assert (status, capsys.readouterr().err) == (2, f"{told}\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("place", "told"),
    [("file", "is no folder; name another, -o DIR"), ("file/below", "cannot be written: Not a ")],
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
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    cell = nbformat.v4.new_code_cell("1 / 0")
    broken = nbformat.v4.new_notebook(cells=[cell])
    monkeypatch.setattr(handout, "read_lesson", lambda *_: broken)
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
    monkeypatch.setattr(handout, "execute_lesson", lambda *_: pytest.fail("it runs"))

    with pytest.raises(UserError, match="gone does not exist"):
        next(handouts(LESSONS[:1], tmp_path, together=False, tell=quiet))


STOPPED = """
import sys
import nbformat
from kit import handout
from kit.cli import main

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


# -- installed -----------------------------------------------------------------------------------


def test_an_installed_wheel_makes_the_same_page(tmp_path: Path, folder: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, capture_output=True, check=True, timeout=60)
    (wheel,) = tmp_path.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    stem = STEMS[1]
    found = subprocess.run(
        [sys.executable, "-m", "kit", "handout", stem, "-o", str(tmp_path / "out")],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path / "site"), "PYTHONSAFEPATH": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    alone = (tmp_path / "out" / f"{stem}.html").read_text()
    pictures = re.findall(r"<svg .*?</svg>", alone, re.DOTALL)

    assert (found.returncode, found.stderr) == (0, "")
    assert pictures == re.findall(
        r"<svg .*?</svg>", (folder / f"{stem}.html").read_text(), re.DOTALL
    )
