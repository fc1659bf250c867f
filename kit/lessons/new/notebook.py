"""The notebook of a lesson that `kit new` makes: cells with facts, and places for its author.

Text of the clone is in Markdown cells only, as text that shows itself.  A code cell holds nothing
of it: it asks `revert_lesson`, which reads the files beside the notebook.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kit.course.history_questions import history_questions
from kit.git.values.case import (
    EXACT_WORDS,
    NamedCommit,
    RevertCase,
    lasted_words,
    shipped_words,
)
from kit.git.values.page import LaterCommit
from kit.git.values.verdict import RevertVerdict
from kit.views.markdown import markdown_code, plain_markdown

__all__ = ["MARK", "notebook_text", "unwritten"]

MARK = "**✎ Write here:**"
"""By this a place is known that the author has not written yet; text of a clone has no ``**``."""


@dataclass(frozen=True, slots=True)
class _Cell:
    kind: str
    name: str
    slide: str
    lines: tuple[str, ...]


def notebook_text(case: RevertCase) -> str:
    """Return the notebook on a revert, without outputs."""
    metadata = {
        "kernelspec": {
            "display_name": "Python 3 (ipykernel)",
            "language": "python",
            "name": "python3",
        },
        "language_info": {"name": "python"},
    }
    cells = [_cell_json(cell) for cell in _cells(case)]
    notebook = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(notebook, indent=1, ensure_ascii=True) + "\n"


def unwritten(sources: Sequence[str]) -> tuple[str, ...]:
    """Return what is still to be written in the Markdown cells of a notebook, in their order."""
    return tuple(
        line.partition(MARK)[2].strip()
        for source in sources
        for line in source.split("\n")
        if MARK in line
    )


def _cell_json(cell: _Cell) -> dict[str, object]:
    last = len(cell.lines) - 1
    source = [line if place == last else f"{line}\n" for place, line in enumerate(cell.lines)]
    metadata: dict[str, object] = {"slideshow": {"slide_type": cell.slide}}
    found: dict[str, object] = {"cell_type": cell.kind, "id": cell.name, "metadata": metadata}
    if cell.kind == "code":
        metadata["jupyter"] = {"source_hidden": True}
        found |= {"execution_count": None, "outputs": []}
    return {**found, "source": source}


def _text(name: str, *lines: str, slide: str = "slide") -> _Cell:
    return _Cell("markdown", name, slide, lines)


def _code(name: str, *lines: str) -> _Cell:
    return _Cell("code", name, "subslide", lines)


def _place(words: str) -> str:
    """Return a place for the author, which a reader of the unwritten lesson sees, too."""
    return f"> {MARK} {words}"


def _cells(case: RevertCase) -> Iterator[_Cell]:
    yield from _beginning(case)
    yield from _checks(case)
    yield from _end(case)


def _beginning(case: RevertCase) -> Iterator[_Cell]:
    count = len(case.targets)
    what = "a change" if count == 1 else f"{count} commits"
    yield _text(
        "title",
        f"# {plain_markdown(f'{case.project}: {case.title}')}",
        "",
        _place("the question of this lesson, in a sentence that the reader can answer at its end."),
        "",
        f"On {case.revert.committed[:10]}, {markdown_code(case.revert.sha[:10])} of"
        f" {plain_markdown(case.project)} took back {what}.",
    )
    yield _text(
        "cover", "![The timeline of the change and its revert](cover.svg)", slide="subslide"
    )
    yield _text(
        "wanted",
        "## What the change was for",
        "",
        *(f"- {_reference(one)}" for one in case.targets),
        "",
        _place("what the change was for, who asked for it, and what it cost."),
        "",
        "Read the change and its revert. **Predict:** what does the revert leave?",
    )
    yield _code(
        "commits",
        "from kit import revert_lesson",
        "",
        "here = revert_lesson()",
        "here.commits()",
    )
    yield _text(
        "why",
        "## Why it was reverted",
        "",
        f"The message of {markdown_code(case.revert.sha[:10])} is above.",
        "",
        _place("what went wrong, who noticed it, and how. Quote two lines of the message at most."),
    )


def _checks(case: RevertCase) -> Iterator[_Cell]:
    yield _text(
        "exact",
        "## Is it exact?",
        "",
        '"Reverts" is a claim. Three checks test it: a merge, a reverse patch, and a count of the'
        " lines that come and go. The checks call a reverted commit a *target*.",
        "",
        "**Predict:** which of the three say yes?",
    )
    yield _code("show-exact", "here.exact()")
    if case.finding.verdict is not RevertVerdict.EXACT:
        yield _text(
            "left",
            _place("why the revert and the change do not cancel out: a conflict, or on purpose?"),
            slide="subslide",
        )
    yield _text(
        "shipped",
        "## Who shipped it?",
        "",
        "A version that comes after a commit need not contain its change: its files decide.",
        "",
        "**Predict:** which versions contain it?",
    )
    yield _code("show-shipped", "here.shipped()")
    yield _text(
        "dates",
        "## How long did it last?",
        "",
        "A commit has an author's date, when somebody wrote it, and a committer's date, when"
        " somebody took it into a tree. **Guess first,** then count.",
    )
    yield _code("show-dates", "here.dates()")
    yield _text("timeline", "## The timeline", slide="subslide")
    yield _code("show-timeline", "here.timeline()")
    yield _text(
        "after",
        "## What came after",
        "",
        "A revert is seldom the end. These commits mention it, or work in the same functions.",
    )
    yield _code("show-after", "here.after()")
    yield _text(
        "instead",
        _place("what the project did instead, or why nothing took the place of the change."),
        slide="subslide",
    )


def _end(case: RevertCase) -> Iterator[_Cell]:
    yield _text(
        "seen",
        "## What you have seen",
        "",
        f"- {EXACT_WORDS[case.finding.verdict]}",
        f"- {plain_markdown(shipped_words(case.versions))}",
        f"- {lasted_words(case.revert)}",
        "",
        _place("the principle: a sentence that holds for other projects, too."),
    )
    questions = history_questions(case)
    if questions:
        yield _text(
            "exercises",
            "## Exercises",
            "",
            "The answers are in the history: each card checks yours against it.",
        )
    for one in questions:
        yield _code(f"ask-{one.name}", f'here.exercise("{one.name}")')
    yield _question_on_paper()
    mail = "Paste this into a mail about the revert, and say why you write. Nothing is sent."
    yield _text("mail", "## A mail", "", mail)
    yield _code("show-mail", "here.mail()")
    yield _text(
        "sources",
        "## Sources",
        "",
        f"- The history of {plain_markdown(case.project)}, read up to {case.read_until[:10]}.",
        f"- In a clone: {markdown_code(f'git show {case.revert.sha}')}, and"
        f" {markdown_code(f'kit revert {case.revert.sha[:12]} --repo CLONE')}, which checks all"
        " this again.",
        "",
        _place("links to the report of the mistake, and to the discussion of the revert."),
        slide="notes",
    )


def _question_on_paper() -> _Cell:
    return _text(
        "question",
        "## A question without a button",
        "",
        _place("a question about another project that only a reader of this lesson can answer."),
        "",
        "<details><summary>A hint</summary>",
        "",
        _place("a hint that does not give the answer away."),
        "",
        "</details>",
        "<details><summary>Solution</summary>",
        "",
        _place("the answer, with its reason."),
        "",
        "</details>",
    )


def _reference(one: NamedCommit | LaterCommit) -> str:
    return f"{markdown_code(one.sha[:10])} {plain_markdown(one.subject)}, {one.committed[:10]}"
