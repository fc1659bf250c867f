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
