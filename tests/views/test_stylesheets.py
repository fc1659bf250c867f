"""The stylesheets hold no rule for a class that nothing writes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

KIT = Path(__file__).parents[2] / "kit"
SOURCES = [
    path.read_text(encoding="utf-8")
    for kind in ("*.py", "*.js", "*.jinja")
    for path in sorted(KIT.rglob(kind))
]
WHOLE = {word for text in SOURCES for word in re.findall(r"kit-[\w-]*\w", text)}
BEGIN = re.compile(r"(kit-(?:[\w-]+-)?)\$?\{")  # of a class that is put together: kit-of-${style}
LITERALS = {
    word
    for text in SOURCES
    if BEGIN.search(text) or "Button(" in text  # a view of a cockpit names what its script styles
    for word in re.findall(r'"([\w-]+)"', text)
}


def is_written(name: str) -> bool:
    """Do the sources have the class, or its beginning and the rest of it?"""
    begins = {begin for text in SOURCES for begin in BEGIN.findall(text)}
    return name in WHOLE or any(
        name.startswith(begin) and name.removeprefix(begin) in LITERALS for begin in begins
    )


@pytest.mark.parametrize("sheet", sorted(KIT.rglob("*.css")), ids=lambda path: path.name)
def test_every_class_of_a_stylesheet_is_written_somewhere(sheet: Path) -> None:
    rules = re.sub(r"/\*.*?\*/", "", sheet.read_text(encoding="utf-8"), flags=re.DOTALL)
    names = sorted(set(re.findall(r"\.(kit-[\w-]+)", rules)))

    assert [name for name in names if not is_written(name)] == []


@pytest.mark.parametrize("name", ["kit-boxes", "kit-of-nobody", "kit-no"])
def test_a_class_that_nothing_writes_is_found(name: str) -> None:
    assert is_written(name) is (name == "kit-no")


def test_the_ring_of_a_hint_stays_within_its_button() -> None:
    """The name of a group of buttons stands close above them."""
    sheet = (KIT / "views" / "style.css").read_text(encoding="utf-8")
    (rule,) = re.findall(r"\.kit-ringed \{(.*?)\}", sheet)
    (width,), (offset,) = re.findall(r"outline: (\d+)px", rule), re.findall(r"set: (-?\d+)px", rule)

    assert int(width) + int(offset) <= 0
