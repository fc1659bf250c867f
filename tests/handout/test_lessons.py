"""kit handout, every lesson: pages that need nothing else, give no answer, are the same twice."""

from __future__ import annotations

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

from kit.cli.main import main
from kit.handout.lessons import handouts
from kit.handout.markdown import is_solution
from kit.storage.exercises import exercises
from tests.executed import NO_PROGRESS, Executed, learner_of, not_again, shared_folder
from tests.lessons.test_prose import PASSAGE, twice

ROOT = Path(__file__).parents[2]
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
STEMS = [path.stem for path in LESSONS]
MAX_BYTES = 3_000_000
lesson = pytest.mark.parametrize("stem", STEMS)
FOLD = re.compile(r"<summary>(.*?)</summary>(.*?)</details>", re.DOTALL)


def quiet(lesson: str, done: int, total: int) -> None:
    """Tell nobody."""


@pytest.fixture(scope="module")
def learner(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a learner's progress, in which is a file that cannot be read."""
    return learner_of(shared_folder(tmp_path_factory))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, executed: Executed) -> Path:
    """A folder with all hand-outs, made once."""
    made = tmp_path_factory.mktemp("handouts")
    with not_again(executed, dict(zip(STEMS, LESSONS, strict=True))):
        assert main(["handout", "--all", "-o", str(made)]) == 0
    return made


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory, executed: Executed) -> Path:
    """The page of one lesson without the others."""
    path = LESSONS[1]
    with not_again(executed, {path.stem: path}):
        (made,) = handouts([path], tmp_path_factory.mktemp("one"), together=False, tell=quiet)
    return made.path


# pictures, code, tables of what a run did, the words of a page, folded hints
DATA = re.compile(
    r"<(style|script|figure|pre|table)\b.*?</\1>"
    r'|<dl class="kit-words">.*?</dl>'
    r'|<details class="kit-hint">.*?</details>|<div class="kit-only-print kit-hints">.*?</div>',
    re.DOTALL,
)
BLOCK = re.compile(r"<(?!/?(?:a|b|code|em|i|small|span|strong)\b)[^>]*>")


def blocks(page: str) -> list[str]:
    """Return the paragraphs, items and headings of a page as text."""
    return [re.sub(r"<[^>]*>", "", block) for block in BLOCK.split(DATA.sub("<hr>", page))]


def test_no_passage_of_twenty_words_stands_twice_in_the_hand_outs(folder: Path) -> None:
    """A legend, a diff, a list of steps stands once; later pages link to it."""
    pages = [(stem, (folder / f"{stem}.html").read_text("utf-8")) for stem in STEMS]

    assert twice([(stem, block) for stem, page in pages for block in blocks(page)]) == []


def shown(page: str) -> list[str]:
    """Return each picture, table and listing of a page, without the places that links name."""
    found = re.finditer(r"<(figure|table|pre)\b.*?</\1>", page, re.DOTALL)
    return [re.sub(r' id="[^"]*"|url\([^)]*\)', "", one[0]) for one in found]


def test_no_picture_table_or_listing_stands_twice_in_the_hand_outs(folder: Path) -> None:
    """A run is drawn and told once; a later place links to it."""
    seen: dict[str, str] = {}
    again = []
    for stem in STEMS:
        for one in shown((folder / f"{stem}.html").read_text("utf-8")):
            text = re.sub(r"<[^>]*>", " ", one)
            if one in seen and len(text.split()) >= PASSAGE:
                again.append((seen[one], stem, text.strip()[:80]))
            seen.setdefault(one, stem)

    assert again == []


def test_a_run_that_was_drawn_is_a_link_to_its_place(folder: Path) -> None:
    page = (folder / "08-the-revert.html").read_text("utf-8")
    found = r'The clicks and the picture: see <a href="(.*?)#(once-\w+)">'
    links = re.findall(found, page)

    assert [file for file, _ in links] == ["01-before-and-after.html"]
    for file, place in links:
        assert f'<div id="{place}">' in (folder / file).read_text("utf-8")


def test_a_diff_that_was_printed_is_a_link_to_its_place(folder: Path) -> None:
    page = (folder / "10-any-revert.html").read_text("utf-8")
    links = re.findall(r'The diff of hw/ppc/spapr_drc.c: see <a href="(.*?)#(once-\w+)">', page)

    assert [file for file, _ in links] == [
        "08-the-revert.html",
        "06-a-helper.html",
        "05-fifteen-seconds.html",
        "04-a-timer-nobody-starts.html",
    ]
    for file, place in links:
        assert f'<div id="{place}">' in (folder / file).read_text("utf-8")


def test_a_lesson_that_stands_alone_has_its_whole_legend(alone: Path) -> None:
    page = alone.read_text("utf-8")

    assert "How to read the pictures.</strong> Time runs to the right" in page
    assert "kit-elsewhere" not in page


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
    names = [*STEMS, "glossary", "index", "principles", "revert-conformance", "reverts"]

    assert sorted(path.name for path in folder.iterdir()) == sorted(f"{n}.html" for n in names)


@lesson
def test_a_page_is_small_whole_and_loads_nothing(folder: Path, stem: str) -> None:
    path = folder / f"{stem}.html"
    found = read(path)

    assert path.stat().st_size < MAX_BYTES
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
def test_a_lesson_shows_pictures_and_no_widget(folder: Path, stem: str) -> None:
    text = (folder / f"{stem}.html").read_text(encoding="utf-8")

    assert "<svg " in text or "data:image/svg+xml" in text
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
def test_every_fold_of_a_lesson_is_a_hint_a_solution_or_more(stem: str) -> None:
    """So that no title is taken for neither, and what is in it given away."""
    cells = nbformat.read(ROOT / "notebooks" / f"{stem}.ipynb", as_version=4).cells
    prose = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    titles = [title for title, _ in FOLD.findall(prose) if not title.startswith("More, ")]

    assert [t for t in titles if is_solution(t) is ("hint" in t.lower())] == []


def test_a_page_has_the_questions_of_its_exercises(folder: Path) -> None:
    for stem in STEMS:
        cells = nbformat.read(ROOT / "notebooks" / f"{stem}.ipynb", as_version=4).cells
        code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
        text = (folder / f"{stem}.html").read_text(encoding="utf-8")
        asked = [one for one in exercises().values() if f'exercise("{one.name}")' in code]

        assert stem[:2] == "00" or asked

        assert [one.name for one in asked if escape(one.question) not in text] == []


# -- the same every time -------------------------------------------------------------------------


def test_a_page_alone_links_to_no_page_that_is_not_there(alone: Path) -> None:
    links = read(alone).links

    assert [link for link in links if not link.startswith(("https://", "#"))] == []


def test_nothing_of_the_learners_is_touched(folder: Path, learner: Path) -> None:
    kept = {path: path.read_text() for path in learner.rglob("*") if path.is_file()}

    assert folder.is_dir()
    assert kept == {learner / "unplug-kit" / "progress.json": NO_PROGRESS}


# -- installed -----------------------------------------------------------------------------------


def test_an_installed_wheel_makes_the_same_page_again(tmp_path: Path, alone: Path) -> None:
    """Byte for byte, though its kernel executes this lesson alone, and the other's several."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, capture_output=True, check=True, timeout=60)
    (wheel,) = tmp_path.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    found = subprocess.run(
        [sys.executable, "-m", "kit", "handout", alone.stem, "-o", str(tmp_path / "out")],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path / "site"), "PYTHONSAFEPATH": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert (found.returncode, found.stderr) == (0, "")
    assert (tmp_path / "out" / alone.name).read_bytes() == alone.read_bytes()
