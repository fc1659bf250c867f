"""A story in a document of Sphinx: reStructuredText and Markdown, and builders without frames."""

from __future__ import annotations

import io
import re
import shutil
from pathlib import Path

import pytest

pytest.importorskip("sphinx", reason="sphinx is not installed")
pytest.importorskip("myst_parser", reason="myst-parser is not installed")

from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

from kit.lessons.stories import story_of
from kit.machine.catalogue import find_revision
from kit.simulation.run import play, play_pair
from kit.storage.scenarios import find_scenario
from kit.views.page.story import story_page

EXAMPLE = Path(__file__).parents[2] / "docs" / "embedding"
EVIL = '"><script>alert(1)</script>'
CONF = 'extensions = ["kit.handout.sphinx", "myst_parser"]\nhtml_theme = "basic"\n'
OF_A_FILE = """
Story
=====

.. unplug-story:: pages/late release.html
   :height: 500
   :predict:
"""
OF_A_SCENARIO = """
# Story

```{unplug-story} late-release
:before: pre-revert
:after: revert
:title: Before and after
```
"""


def built(folder: Path, document: str, *, name: str = "index.rst", conf: str = CONF) -> str:
    """Build a document of one page; return its text. What Sphinx warns of is kept beside it."""
    if conf:
        (folder / "conf.py").write_text(conf)
    (folder / name).write_text(document, encoding="utf-8")
    warnings = io.StringIO()
    with patch_docutils(), docutils_namespace():
        Sphinx(
            folder, folder, folder / "out", folder / "trees", "html", status=None, warning=warnings
        ).build()
    (folder / "warnings").write_text(warnings.getvalue(), encoding="utf-8")
    (page,) = (folder / "out").glob("index.*")
    return page.read_text(encoding="utf-8")


def frames(page: str) -> list[dict[str, str]]:
    return [
        dict(re.findall(r'(\w+)="([^"]*)"', found))
        for found in re.findall(r"<iframe ([^>]*)></iframe>", page)
    ]


def kept(folder: Path, frame: dict[str, str]) -> str:
    return (folder / "out" / frame["src"].partition("#")[0]).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page() -> str:
    return str(story_page(story_of(play(find_scenario("late-release"), find_revision("revert")))))


@pytest.fixture
def folder(tmp_path: Path, page: str) -> Path:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "late release.html").write_text(page, encoding="utf-8")
    return tmp_path


def test_a_file_stands_in_a_frame_that_reaches_nothing_around_it(folder: Path, page: str) -> None:
    (frame,) = frames(built(folder, OF_A_FILE))

    assert kept(folder, frame) == page
    assert f"<title>{frame['title']}</title>" in page
    assert (frame["height"], frame["sandbox"]) == ("500", "allow-scripts allow-downloads")
    assert frame["src"].startswith("_downloads/unplug-stories/")
    assert frame["src"].endswith(".html#predict")
    assert (folder / "warnings").read_text() == ""


def test_a_scenario_is_played_while_a_markdown_document_is_built(tmp_path: Path) -> None:
    (frame,) = frames(built(tmp_path, OF_A_SCENARIO, name="index.md"))
    sides = [find_revision(name) for name in ("pre-revert", "revert")]
    pair = play_pair(find_scenario("late-release"), *sides)

    assert kept(tmp_path, frame) == story_page(story_of(pair))
    assert frame["title"] == "Before and after"
    assert (tmp_path / "warnings").read_text() == ""


def test_what_could_happen_next_comes_along(tmp_path: Path) -> None:
    document = OF_A_SCENARIO.replace(":title: Before and after", ":explore:")
    (frame,) = frames(built(tmp_path, document, name="index.md"))

    assert 'id="kit-futures"' in kept(tmp_path, frame)


@pytest.mark.parametrize("builder", ["text", "man", "latex", "epub", "singlehtml", "dirhtml"])
def test_every_builder_shows_it_or_says_what_it_is(folder: Path, builder: str) -> None:
    (folder / "conf.py").write_text(CONF)
    (folder / "index.rst").write_text(OF_A_FILE)
    with patch_docutils(), docutils_namespace():
        Sphinx(folder, folder, folder / "out", folder / "trees", builder, status=None).build()
    found = [
        text
        for path in sorted((folder / "out").rglob("*"))
        if path.suffix in (".txt", ".1", ".tex", ".xhtml", ".html") and "stories" not in str(path)
        for text in [path.read_text(encoding="utf-8", errors="replace")]
        if "<iframe" in text or "This story plays" in " ".join(text.split())
    ]

    assert len(found) == 1
    assert ("<iframe" in found[0]) is (builder in ("singlehtml", "dirhtml"))


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (".. unplug-story:: none.html\n", "none.html"),
        (".. unplug-story:: late-releas\n   :at: revert\n", "did you mean late-release"),
        (".. unplug-story:: late-release\n   :at: reverd\n", "did you mean revert"),
        (".. unplug-story:: late-release\n", "name one revision, as :at: pre-revert, or two"),
        (
            ".. unplug-story:: late-release\n   :at: revert\n   :after: today\n",
            "name one revision, as :at: pre-revert, or two",
        ),
        (
            ".. unplug-story:: pages/late release.html\n   :explore:\n",
            ":explore: goes with a scenario",
        ),
        (".. unplug-story:: late-release\n   :at: revert\n   :height: no\n", "height"),
    ],
)
def test_what_is_wrong_is_a_warning_of_sphinx_with_its_line(
    folder: Path, document: str, says: str
) -> None:
    page = built(folder, document)
    warnings = (folder / "warnings").read_text(encoding="utf-8")

    assert "index.rst:1: ERROR: " in warnings
    assert says in warnings
    assert "Traceback" not in warnings
    assert frames(page) == []


def test_a_title_is_text(folder: Path) -> None:
    page = built(folder, f"{OF_A_FILE.rstrip()}\n   :title: {EVIL}\n")

    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert") == 1


def test_the_example_in_the_docs_is_built_without_a_warning(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLE, tmp_path, dirs_exist_ok=True)
    found = frames(built(tmp_path, (EXAMPLE / "index.md").read_text(), name="index.md", conf=""))

    assert [frame["src"].partition("#")[2] for frame in found] == ["", "predict"]
    assert [
        len(kept(tmp_path, frame).encode()) <= most
        for frame, most in zip(found, (300_000, 700_000), strict=True)
    ] == [True] * 2
    assert (tmp_path / "warnings").read_text() == ""


def test_a_page_that_changed_is_read_again(folder: Path, page: str) -> None:
    before = frames(built(folder, OF_A_FILE))
    path = folder / "pages" / "late release.html"
    path.write_text(page.replace("<h1>", "<h1>Another "), encoding="utf-8")
    (after,) = frames(built(folder, OF_A_FILE))

    assert after["src"] != before[0]["src"]
    assert "<h1>Another " in kept(folder, after)
