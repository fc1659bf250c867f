"""Every lesson: executed from the first cell to the last, clean in git, short; it hides nothing."""

from __future__ import annotations

import ast
import json
import re
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode

import kit
from kit.course.sandbox_tasks import tasks_named
from tests.executed import Executed
from tests.lessons.test_minutes import NUMBERS
from tools.lesson_cells import finished, only_calls, title_of

ROOT = Path(__file__).parent.parent.parent
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
WORDS = ("PAPR", "LoPAR", "DRC", "RTAS", "CAS", "LMB", "PHB", "QMP", "HMP", "ACPI", "XML")
lesson = pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)


def read(path: Path) -> NotebookNode:
    return nbformat.read(path, as_version=4)


def code(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def prose(notebook: NotebookNode) -> str:
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def glossary() -> dict[str, str]:
    """Each word with its first sentence."""
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    return dict(re.findall(r"^## (\S+)\n\n(.+)$", text, re.MULTILINE))


def test_there_are_lessons() -> None:
    assert [path.stem for path in LESSONS] == [
        "00-start-here",
        "01-before-and-after",
        "02-giving-a-cpu-back",
        "03-the-guest-says-no",
        "04-a-timer-nobody-starts",
        "05-fifteen-seconds",
        "06-a-helper",
        "07-who-knows-what",
        "08-the-revert",
        "09-and-then",
        "10-any-revert",
        "11-explain-it-to-the-list",
        "12-find-a-bug",
        "13-a-timeout-that-stayed",
    ]


def run(path: Path) -> NotebookNode:
    """Execute a lesson; an error in a cell is raised."""
    notebook = read(path)
    client = NotebookClient(
        notebook,
        timeout=120,
        kernel_name="python3",
        store_widget_state=False,
        resources={"metadata": {"path": str(path.parent)}},
    )
    client.execute()
    return notebook


@lesson
def test_a_lesson_runs_from_the_first_cell_to_the_last(path: Path, executed: Executed) -> None:
    notebook = executed(path)
    shown = [output for cell in code(notebook) for output in cell.outputs]

    assert "widgets" not in notebook.metadata
    assert [output for output in shown if "image/svg+xml" in output.get("data", {})]


def test_start_here_says_what_is_wrong_with_the_clone_that_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("KIT_QEMU", str(tmp_path / "gone"))
    shown = [
        output.data["text/plain"]
        for cell in code(run(ROOT / "notebooks" / "00-start-here.ipynb"))
        for output in cell.outputs
    ]

    assert f"{tmp_path / 'gone'} does not exist; name the folder of a clone" in "\n".join(shown)


@pytest.mark.clone
@pytest.mark.parametrize("place", ["qemu_clone", "fetched_lesson"])
@lesson
def test_a_lesson_runs_on_qemus_own_commits(
    path: Path, place: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone: Path = request.getfixturevalue(place)
    monkeypatch.setenv("KIT_QEMU", str(clone))
    outputs = [output for cell in code(run(path)) for output in cell.outputs]

    assert [output for output in outputs if output.output_type == "error"] == []
    assert "re-enactment" not in str(outputs)


@lesson
def test_a_lesson_is_clean_in_git(path: Path) -> None:
    notebook = read(path)

    assert [(cell.outputs, cell.execution_count) for cell in code(notebook)] == [([], None)] * len(
        code(notebook)
    )
    assert dict(notebook.metadata) == {
        "kernelspec": {
            "display_name": "Python 3 (ipykernel)",
            "language": "python",
            "name": "python3",
        },
        "language_info": {"name": "python"},
    }


@lesson
def test_a_lesson_is_short(path: Path) -> None:
    notebook = read(path)
    sizes = [len(cell.source.splitlines()) for cell in code(notebook)]

    assert len(notebook.cells) <= 40
    assert (max(sizes) <= 12, sum(sizes) <= 100) == (True, True)


@lesson
def test_a_lesson_hides_nothing_from_its_reader(path: Path) -> None:
    """Only a cell that does nothing but call the kit is folded; a bar stands in its place."""
    cells = read(path).cells
    folded = {cell.id for cell in cells if "jupyter" in cell.metadata}
    source = "\n".join(cell.source for cell in code(read(path)))

    assert [cell.id for cell in cells if "tags" in cell.metadata] == []
    assert folded == {cell.id for cell in code(read(path)) if only_calls(cell.source)}
    assert not any(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(source)))


def imports(notebook: NotebookNode) -> set[tuple[str, str]]:
    """Return (module, name) of each import; the name is empty where a module is imported whole."""
    found = set()
    for node in ast.walk(ast.parse("\n".join(cell.source for cell in code(notebook)))):
        if isinstance(node, ast.ImportFrom):
            found |= {(node.module or "", alias.name) for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {(alias.name, "") for alias in node.names}
    return found


@lesson
def test_a_lesson_imports_public_names_alone(path: Path) -> None:
    modules = {module.split(".")[0] for module, _ in imports(read(path))}
    own = {(module, name) for module, name in imports(read(path)) if module.startswith("kit")}

    assert own <= {("kit", name) for name in kit.__all__}
    assert own
    assert modules - {"kit"} <= set(sys.stdlib_module_names)


@lesson
def test_a_lesson_names_no_inner_module(path: Path) -> None:
    """A module's place is nobody's business but ours, and may change."""
    text = "\n".join(cell.source for cell in read(path).cells)

    assert re.findall(r"\bkit[./][a-z_]+", text) == []


@lesson
def test_a_word_of_the_field_is_explained_at_its_first_use(path: Path) -> None:
    text, meanings = prose(read(path)), glossary()
    for word in WORDS:
        first = re.search(rf"(?<![\w/#]){word}(?!\w)", text)
        if first is not None:
            link = f'[{word}](../docs/glossary.md#{word} "{meanings[word]}")'

            assert text[first.start() - 1 :].startswith(link)


def test_the_glossary_explains_every_word() -> None:
    assert [word for word in WORDS if not glossary().get(word, "").endswith(".")] == []


COURSE = LESSONS[1:]  # lesson 0 is about the pages themselves
each = pytest.mark.parametrize("path", COURSE, ids=lambda path: path.stem)


def minutes(path: Path) -> int:
    """How long a lesson says that it takes."""
    said = re.search(r"\*(?:It|This page) takes\* ([\w-]+) minutes\.", prose(read(path)))
    assert said is not None
    return NUMBERS[said[1]]


def test_start_here_begins_with_a_picture_three_lines_and_a_link() -> None:
    """Nothing has to be run, and no abbreviation known, to see what the story is."""
    title, picture, words, link = read(LESSONS[0]).cells[0].source.strip().split("\n\n")

    assert title == "# 0. Start here"
    assert re.fullmatch(r"!\[.+\]\(cover\.svg\)", picture)
    assert len(words.splitlines()) == 3
    assert set(re.findall(r"\b[A-Z]{2,}\b", words)) == {"CPU", "QEMU"}
    assert link == f"**[Start lesson 1 →]({LESSONS[1].name})**"


@each
def test_a_lesson_begins_with_its_question_and_what_it_needs_and_takes(path: Path) -> None:
    title, question, needs = read(path).cells[0].source.strip().split("\n\n")

    assert title == f"# {int(path.stem[:2])}. {title.partition('. ')[2]}"
    assert question.startswith("**The question.** ")
    assert "?" in question
    assert re.match(r"\*You need\* .+\s\*It takes\* [\w-]+ minutes\.", needs, re.DOTALL)


@each
def test_a_lesson_takes_fifteen_to_thirty_minutes(path: Path) -> None:
    assert 15 <= minutes(path) <= 30


def test_the_short_course_takes_two_hours_and_stands_alone() -> None:
    short = [path for path in LESSONS if path.stem[:2] in {"00", "01", "05", "07", "08"}]
    needs = [re.search(r"\*You need\* ([^.:;]+)", prose(read(path))) for path in short]
    needed = [set(re.findall(r"\d+", found[1])) for found in needs if found]

    assert sum(minutes(path) for path in short) <= 120
    assert needed == [set(), set(), {"1"}, {"1", "5"}, {"1", "5"}]


def test_start_here_lists_the_lessons_with_their_minutes() -> None:
    rows = re.findall(r"^\| (\**)\[(.+?)\]\((.+?)\).*\| (\d+) \|$", prose(read(LESSONS[0])), re.M)
    bold = {path.name for path in LESSONS if path.stem[:2] in {"01", "05", "07", "08"}}

    assert rows == [
        (
            "**" if path.name in bold else "",
            read(path).cells[0].source.splitlines()[0].removeprefix("# "),
            path.name,
            str(minutes(path)),
        )
        for path in COURSE
    ]


@each
def test_a_lesson_ends_with_what_was_learned_exercises_and_sources(path: Path) -> None:
    headings = re.findall(r"^## (.+)$", prose(read(path)), re.M)
    last = headings[headings.index("What you have seen") :]
    sources, _, practice, following = (cell.source for cell in read(path).cells[-4:])

    assert [heading for heading in last if heading != "A question without a button"] == [
        "What you have seen",
        "Exercises",
        "Sources",
    ]
    assert sources.startswith("## Sources\n")
    assert practice.endswith(f"practise({int(path.stem[:2])})")
    assert following.startswith("**[")
    assert re.search(r"\b[0-9a-f]{10}\b|lore\.kernel\.org|LoPAR", sources)


def test_each_lesson_leads_to_the_next_and_shows_what_is_solved() -> None:
    notebooks = [json.loads(path.read_text(encoding="utf-8")) for path in LESSONS]
    for number, notebook in enumerate(notebooks):
        following = (number + 1) % len(LESSONS)
        before = json.dumps(notebook)
        finished(
            notebook, number, following, title_of(notebooks[following]), LESSONS[following].name
        )

        assert json.dumps(notebook) == before, "python tools/lesson_cells.py writes the ends"


@lesson
def test_a_lesson_can_be_shown_as_slides(path: Path) -> None:
    """Each widget on a page of its own, the sources for the one who speaks."""
    for cell in read(path).cells:
        if cell.source.startswith("## Sources") or cell.id == "end-next":
            expected = "notes"
        elif cell.cell_type == "markdown" and cell.source.startswith("#"):
            expected = "slide"
        else:
            expected = "subslide"

        assert cell.metadata["slideshow"] == {"slide_type": expected}


def test_the_first_clicks_of_lesson_1_are_those_of_its_first_task() -> None:
    asked = prose(read(LESSONS[1])).partition("do the first task: press")[2].partition("\n")[0]
    (first, *_) = tasks_named("before-and-after")

    assert re.findall(r"`(.+?)`", asked) == [act.value for act in first.acts]
