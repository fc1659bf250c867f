"""Every link of a page or a lesson into the project leads somewhere."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = (".", "docs", "docs/findings", "solutions")
PAGES = sorted(
    [page for folder in FOLDERS for page in (ROOT / folder).glob("*.md")]
    + list((ROOT / "notebooks").rglob("*.ipynb"))
)


def text_of(page: Path) -> str:
    text = page.read_text(encoding="utf-8")
    if page.suffix == ".md":
        return text
    return "\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"])


def anchors(page: Path) -> set[str]:
    """The headings of a page as GitHub and JupyterLab name them."""
    headings = re.findall(r"^#+ (.+)$", text_of(page), re.M)
    return (
        {heading.replace(" ", "-") for heading in headings}
        | set(headings)
        | {
            re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-")
            for heading in headings
        }
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)\s]+)[^)]*\)", text_of(page))
    broken = []
    for link in links:
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)

    assert broken == []


def test_a_pattern_of_recordings_finds_recordings_alone() -> None:
    """A shell replaces it; a file that is not a recording would end the command."""
    texts = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("kit/cli/*.py")]
    patterns = {
        pattern
        for path in texts
        for pattern in re.findall(r"data/reference/[\w/]*\*[\w/.*]*", path.read_text("utf-8"))
    }
    found = {pattern: [*ROOT.glob(pattern)] for pattern in patterns}

    assert patterns
    assert [pattern for pattern, paths in found.items() if not paths] == []
    strays = {path.name for paths in found.values() for path in paths if not path.is_file()}
    names = {path.name for paths in found.values() for path in paths}
    assert strays == set()
    assert [name for name in names if not name.endswith((".jsonl", ".jsonl.gz"))] == []
