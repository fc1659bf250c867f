"""A lesson that `kit new` writes: it runs, hands out, and nothing of the clone runs or escapes."""

from __future__ import annotations

import ast
import json
import re
import shutil
from base64 import b64decode
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import nbformat
import pytest

from kit.common.errors import UserError
from kit.course.exercise import Choose
from kit.course.history_questions import history_questions
from kit.git.reverts.case import read_case
from kit.handout.execute import LessonKernel
from kit.handout.lessons import find_lesson, handouts
from kit.lessons.new.files import (
    CASE,
    COVER,
    HISTORY,
    NOTEBOOK,
    is_lesson,
    read_case_file,
    read_history_file,
    write_lesson,
)
from kit.lessons.new.lesson import revert_lesson
from kit.lessons.new.make import changed_facts, lesson_files_of, unwritten_places
from kit.lessons.new.notebook import MARK
from kit.views.page.exercise import exercise_data
from kit.views.page.sealed import opened_reply, sealed
from tests.executed import executed_in
from tests.git.shapes import BREAKOUTS, SHAPES, hostile_shop, shape
from tests.git.workshop import Workshop

CALL = re.compile(
    r"here\.(commits|exact|shipped|dates|timeline|after|mail)\(\)"
    r'|here\.exercise\("[a-z-]+"\)'
)


def written(shop: Workshop, sha: str, folder: Path, project: str = "") -> Path:
    write_lesson(folder, lesson_files_of(shop.clone, sha, project))
    return folder


def cells(folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((folder / NOTEBOOK).read_text())["cells"]
    return found


@pytest.fixture(scope="module", params=SHAPES)
def shaped(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, str]:
    """A lesson on a revert of each shape, and the revert."""
    folder = tmp_path_factory.mktemp(request.param)
    shop, sha = shape(request.param, folder / "clone")
    return written(shop, sha, folder / "mine"), sha


@pytest.fixture(scope="module")
def candidate(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """A clone, and in ``mine`` beside it a lesson on its revert."""
    folder = tmp_path_factory.mktemp("candidate")
    shop, sha = shape("candidate", folder / "clone")
    written(shop, sha, folder / "mine")
    return shop


@pytest.fixture
def lesson(candidate: Workshop, tmp_path: Path) -> Path:
    """A copy of that lesson, which a test may change."""
    return shutil.copytree(candidate.folder.parent / "mine", tmp_path / "mine")


# -- what is written -----------------------------------------------------------------------------


def test_the_notebook_is_valid_and_asks_only_the_kit(shaped: tuple[Path, str]) -> None:
    folder, _ = shaped
    notebook = nbformat.read(folder / NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    begin = "from kit import revert_lesson\n\nhere = revert_lesson()\nhere.commits()"

    assert sorted(path.name for path in folder.iterdir()) == [COVER, HISTORY, NOTEBOOK, CASE]
    assert code[0] == begin
    assert all(CALL.fullmatch(one) for one in code[1:])
    assert all(cell.outputs == [] for cell in notebook.cells if cell.cell_type == "code")


def test_every_cell_has_something_to_show(shaped: tuple[Path, str]) -> None:
    """As text, as HTML, and in print."""
    folder, sha = shaped
    here = revert_lesson(folder)
    shown = [here.commits(), here.commits(side_by_side=True), here.exact(), here.shipped(),
             here.dates(), here.timeline(), here.after()]  # fmt: skip

    for one in shown:
        assert repr(one).strip()
        assert one._repr_mimebundle_()["text/html"].startswith("<style>")
        assert "kit-paper" in one._repr_print_().html
    assert sha[:10] in here.mail()
    for question in history_questions(here.case):
        assert question.question in here.exercise(question.name).text


def test_the_commits_stand_in_their_order_with_message_and_diff(lesson: Path) -> None:
    here = revert_lesson(lesson)
    case = here.case
    headings = [
        f"{case.oldest.sha[:10]} f: be quick",
        f'{case.revert.sha[:10]} Revert "f: be quick"',
    ]
    html = here.commits().html

    assert repr(here.commits()) == "\n".join(headings)
    assert html.index("be quick</h4>") < html.index("Revert &quot;f: be quick&quot;</h4>")
    assert f"This reverts commit {case.oldest.sha}." in html
    assert html.count('<span class="kit-added">') == 2


def test_the_mail_tells_what_the_history_says(lesson: Path) -> None:
    case = revert_lesson(lesson).case

    assert str(revert_lesson(lesson).mail()) == (
        f'Commit {case.revert.sha[:10]} (Revert "f: be quick", 2020-09-19)\n'
        "takes back\n"
        f"  {case.oldest.sha[:10]} (f: be quick, 2020-09-18)\n"
        "\n"
        "[Write here why you write, in one sentence.]\n"
        "\n"
        "The revert is exact: it undoes the change and nothing else.\n"
        "The change lasted 1 day, by the committer's dates.\n"
        "2 versions had it, from v1.1-rc1 to v1.2.\n"
        "\n"
        "What came after:\n"
        f"  re-land: {case.after[0].sha[:10]} (f: be quick, 2020-09-20)\n"
        "\n"
        f"Read up to 2020-09-22 with: kit revert {case.revert.sha[:12]}"
    )


def test_the_lesson_does_not_tell_where_the_clone_lies(tmp_path: Path) -> None:
    shop, sha = shape("shipped", tmp_path / "a-secret-place" / "water")
    folder = written(shop, sha, tmp_path / "mine")

    for path in folder.iterdir():
        assert "a-secret-place" not in path.read_text()


def test_the_lesson_needs_no_clone(tmp_path: Path) -> None:
    shop, sha = shape("shipped", tmp_path / "clone")
    folder = written(shop, sha, tmp_path / "mine")
    before = repr(revert_lesson(folder).commits())
    shop.folder.rename(tmp_path / "gone")

    assert repr(revert_lesson(folder).commits()) == before


def test_a_huge_diff_is_named_and_not_written(tmp_path: Path) -> None:
    shop, _ = shape("shipped", tmp_path / "clone")
    sha = shop.commit("a table", {"table": "".join(f"row {n}\n" for n in range(20_000))})
    folder = written(shop, shop.revert(sha), tmp_path / "mine")

    assert (folder / HISTORY).stat().st_size < 10_000
    assert "too large to be read here" in revert_lesson(folder).commits().html


def test_the_cover_is_a_picture_that_stands_alone(lesson: Path) -> None:
    """It is beside the notebook, which shows it without a kernel."""
    drawn = ElementTree.fromstring((lesson / COVER).read_text())
    words = " ".join("".join(drawn.itertext()).split())

    assert drawn.tag == "{http://www.w3.org/2000/svg}svg"
    assert "f: be quick" in words
    assert "v1.1" not in words  # the reader is to guess which version had it
    text = "".join(cells(lesson)[1]["source"])
    assert text == "![The timeline of the change and its revert](cover.svg)"


def test_a_card_takes_one_answer_and_checks_it(lesson: Path) -> None:
    card = revert_lesson(lesson).exercise("days")
    task = card.model.exercise.task
    assert isinstance(task, Choose)
    wrong = next(option for option in task.options if option.name != task.solution)
    card.model.choose(wrong.name)
    card.model.check()
    first = card.model.verdict
    card.model.choose(task.solution)
    card.model.check()

    assert str(first) == f"No. {wrong.reply}"
    assert card.model.chosen == (task.solution,)
    assert str(card.model.verdict) == f"Right. {card.model.exercise.explanation}"
    assert card.model.solution == "1"


def test_a_page_keeps_each_reply_under_its_answer(lesson: Path) -> None:
    """In print there is no answer; in a live page only the answer opens its reply."""
    card = revert_lesson(lesson).exercise("days")
    task = card.model.exercise.task
    assert isinstance(task, Choose)
    data = exercise_data(card.model.exercise)
    replies = {
        name: opened_reply(f"days||{name}", b64decode(data["replies"][""][key]))
        for name in (option.name for option in task.options)
        for key, _ in [sealed(f"days||{name}", "")]
    }

    assert {name for name, reply in replies.items() if reply.startswith("1Right.")} == {
        task.solution
    }
    assert all(reply[:2] in ("0N", "1R") for reply in replies.values())
    assert card.model.exercise.explanation not in card._repr_print_().html


# -- in a kernel, and handed out ---------------------------------------------------------------


@pytest.mark.parametrize("name", ["candidate", "merge"])
def test_all_cells_run_in_a_kernel_and_the_page_has_what_they_show(
    name: str, tmp_path: Path, lesson_kernel: LessonKernel
) -> None:
    shop, sha = shape(name, tmp_path / "clone")
    folder = written(shop, sha, tmp_path / "mine", "water")
    out = tmp_path / "out"
    lesson = find_lesson(str(folder))
    with executed_in(lesson_kernel):
        made = [*handouts([lesson], out, together=False, tell=lambda *_: None, live=True)]
    page = (out / "lesson.html").read_text()
    code = [one for one in cells(folder) if one["cell_type"] == "code"]

    assert [one.path for one in made] == [out / "lesson.html"]
    assert page.count('class="kit kit-paper') + page.count("kit-live") >= len(code)
    assert 'class="kit-timeline"' in page
    assert "data:image/svg+xml" in page  # the cover
    assert f"Made with the unplug kit, from water, up to {2020}" in page
    assert sorted(path.name for path in folder.iterdir()) == [COVER, HISTORY, NOTEBOOK, CASE]


# -- the author's places -----------------------------------------------------------------------


def test_each_place_is_listed_until_it_is_written(lesson: Path) -> None:
    places = unwritten_places(lesson)
    notebook = json.loads((lesson / NOTEBOOK).read_text())
    sources = ["".join(cell["source"]) for cell in notebook["cells"]]
    for cell, source in zip(notebook["cells"], sources, strict=True):
        lines = [line for line in source.split("\n") if MARK not in line]
        cell["source"] = "\n".join(lines)
    (lesson / NOTEBOOK).write_text(json.dumps(notebook))

    assert len(places) == sum(source.count(MARK) for source in sources) == 9
    assert places[0].startswith("the question of this lesson")
    assert unwritten_places(lesson) == ()


def test_a_revert_that_is_not_exact_asks_why(tmp_path: Path) -> None:
    shop, sha = shape("partial", tmp_path / "clone")
    places = unwritten_places(written(shop, sha, tmp_path / "mine"))

    assert "why the revert and the change do not cancel out: a conflict, or on purpose?" in places


def test_what_a_history_says_otherwise_by_now_is_named(tmp_path: Path) -> None:
    shop, sha = shape("shipped", tmp_path / "clone")
    folder = written(shop, sha, tmp_path / "mine")
    before = changed_facts(folder, shop.clone)
    shop.commit(f"tools: one fix\n\nFixes: {sha[:12]}", {"g": "x\n"})
    shop.tag("v7.2.7")

    assert before == ()
    assert changed_facts(folder, shop.clone) == ("after", "versions", "read_until")


# -- files of others ---------------------------------------------------------------------------


def test_what_is_written_is_read_again(candidate: Workshop, lesson: Path) -> None:
    sha = read_case_file(lesson).revert.sha
    case = read_case(candidate.clone, sha)

    assert read_case_file(lesson) == case
    assert read_history_file(lesson).commit(sha).subject == case.revert.subject


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "[" * 100_000,
        '{"format": "unplug-kit lesson", "version": 1}',
        '{"format": "unplug-kit lesson", "version": 2, "case": {}}',
        '{"format": "unplug-kit lesson", "version": 1, "case": {"project": 1}}',
    ],
    ids=["empty", "list", "object", "deep", "no-case", "version", "type"],
)
def test_a_damaged_lesson_is_one_line(text: str, lesson: Path) -> None:
    (lesson / CASE).write_text(text)
    with pytest.raises(UserError) as caught:
        revert_lesson(lesson)

    assert str(caught.value) == (
        f"{lesson / CASE}: is not what this version of `kit new` writes; make the lesson again"
    )


def test_a_folder_without_a_lesson_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        revert_lesson(tmp_path)

    assert str(caught.value).startswith(str(tmp_path / CASE))
    assert not is_lesson(tmp_path)


def test_a_question_that_is_not_there_names_those_that_are(lesson: Path) -> None:
    with pytest.raises(UserError, match=r"no question 'day'; .*did you mean days?"):
        revert_lesson(lesson).exercise("day")


# -- text of a clone is hostile ----------------------------------------------------------------

HOSTILE = range(len(BREAKOUTS))


class Page(HTMLParser):
    """Collects the tags and the attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links |= {value or "" for name, value in attrs if name in ("href", "src")}


def seen(html: str) -> Page:
    page = Page()
    page.feed(html)
    return page


@pytest.fixture(scope="module")
def hostile(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, str]:
    text, folder = BREAKOUTS[request.param], tmp_path_factory.mktemp("hostile")
    shop, sha = hostile_shop(folder / "clone", text)
    return written(shop, sha, folder / "mine", text), text


@pytest.mark.parametrize("hostile", HOSTILE, indirect=True)
def test_no_code_cell_holds_a_word_of_the_clone(hostile: tuple[Path, str]) -> None:
    folder, _ = hostile
    for cell in cells(folder):
        if cell["cell_type"] != "code":
            continue
        code = "".join(cell["source"])
        tree = ast.parse(code)
        last = code.split("\n")[-1]

        assert CALL.fullmatch(last)
        assert {type(one) for one in tree.body} <= {ast.ImportFrom, ast.Assign, ast.Expr}


@pytest.mark.parametrize("hostile", HOSTILE, indirect=True)
def test_markdown_shows_the_text_and_does_nothing(hostile: tuple[Path, str]) -> None:
    """Rendered as CommonMark with HTML, it is words and code."""
    from markdown_it import MarkdownIt

    folder, _ = hostile
    for cell in cells(folder):
        if cell["cell_type"] != "markdown":
            continue
        page = seen(MarkdownIt("commonmark", {"html": True}).render("".join(cell["source"])))

        assert page.tags <= {"h1", "h2", "p", "strong", "em", "ul", "li", "code", "img",
                             "blockquote", "details", "summary"}  # fmt: skip
        assert page.attributes <= {"src", "alt"}
        assert page.links <= {"cover.svg"}


@pytest.mark.parametrize("hostile", HOSTILE, indirect=True)
def test_no_place_is_made_or_hidden_by_the_clone(hostile: tuple[Path, str]) -> None:
    places = unwritten_places(hostile[0])

    assert len(places) in (9, 10)
    assert not any(place.startswith("nothing") for place in places)


@pytest.mark.parametrize("hostile", HOSTILE, indirect=True)
def test_html_and_pictures_escape_it(hostile: tuple[Path, str]) -> None:
    folder, _ = hostile
    here = revert_lesson(folder)
    shown = [here.commits(), here.exact(), here.shipped(), here.dates(), here.timeline(),
             here.after()]  # fmt: skip
    cards = [here.exercise(one.name) for one in history_questions(here.case)]
    pages = [seen(one._repr_print_().html) for one in (*shown, *cards)]
    tags = set().union(*(page.tags for page in pages))

    assert not tags & {"script", "img", "iframe", "object", "embed", "form", "base", "link", "a"}
    assert not any(name.startswith("on") for page in pages for name in page.attributes)
    assert set().union(*(page.links for page in pages)) == set()
    drawn = ElementTree.fromstring((folder / COVER).read_text())
    names = {one.tag.rpartition("}")[2] for one in drawn.iter()}
    assert names <= {"svg", "style", "rect", "text", "tspan", "circle", "path"}


@pytest.mark.parametrize("hostile", HOSTILE, indirect=True)
def test_a_mail_has_no_sign_that_nobody_sees(hostile: tuple[Path, str]) -> None:
    mail = str(revert_lesson(hostile[0]).mail())

    assert mail.replace("\n", "").isprintable()


@pytest.mark.parametrize("hostile", [0, 3], indirect=True)
def test_a_hostile_lesson_runs_and_hands_out(
    hostile: tuple[Path, str], tmp_path: Path, lesson_kernel: LessonKernel
) -> None:
    folder, _ = hostile
    out = tmp_path / "out"
    with executed_in(lesson_kernel):
        assert [*handouts([find_lesson(str(folder))], out, together=False, tell=lambda *_: None)]
    page = seen((out / "lesson.html").read_text())

    assert not page.tags & {"script", "iframe", "object", "form"}
    assert not any(name.startswith("on") for name in page.attributes)
    assert not Path("/tmp/broke-out").exists()
