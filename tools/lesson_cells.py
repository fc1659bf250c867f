"""Fold the cells of the lessons that only call the kit, and write how each lesson ends.

Run it after a lesson was added, renamed or given a cell: ``python tools/lesson_cells.py``.
"""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))
from kit.common.user_file import write_atomic  # noqa: E402 - found by the line above

Cell = dict[str, Any]
ENDS = ("end-solved", "end-practice", "end-next")  # the ids of the cells that this tool writes


def main() -> None:
    """Write every lesson anew that differs."""
    paths = sorted((ROOT / "notebooks").glob("*.ipynb"))
    notebooks = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    titles = [title_of(notebook) for notebook in notebooks]
    for number, (path, notebook) in enumerate(zip(paths, notebooks, strict=True)):
        following = number + 1 if number + 1 < len(paths) else 0
        finished(notebook, number, following, titles[following], paths[following].name)
        text = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
        if text != path.read_text(encoding="utf-8"):
            write_atomic(path, text.encode())
            print(path.relative_to(ROOT))


def title_of(notebook: Cell) -> str:
    """Return a lesson's title, without its number."""
    heading = "".join(notebook["cells"][0]["source"]).partition("\n")[0]
    return heading.partition(". ")[2]


def finished(notebook: Cell, number: int, following: int, title: str, name: str) -> None:
    """Fold a lesson's cells, and let it end with what was solved, practice, and where to go on."""
    cells = [cell for cell in notebook["cells"] if cell["id"] not in ENDS]
    words = f"Next: lesson {following}: {title}" if following else "Back to the start: the map"
    if number:  # the first lesson shows all of the course instead
        source = f"from kit import progress\n\nprogress({number})"
        cells.append(_cell("code", "end-solved", source))
        source = f"from kit import practise\n\npractise({number})"
        cells.append(_cell("code", "end-practice", source))
    cells.append(_cell("markdown", "end-next", f"**[{words} →]({name})**"))
    for cell in cells:
        if cell["cell_type"] == "code":
            cell["metadata"].pop("jupyter", None)
            if only_calls("".join(cell["source"])):
                cell["metadata"] = {"jupyter": {"source_hidden": True}, **cell["metadata"]}
    notebook["cells"] = cells


def _cell(kind: str, name: str, source: str) -> Cell:
    metadata = {"slideshow": {"slide_type": "subslide" if kind == "code" else "notes"}}
    lines = source.splitlines(keepends=True)
    more = {"execution_count": None, "outputs": []} if kind == "code" else {}
    cell = {"cell_type": kind, "id": name, "metadata": metadata, "source": lines, **more}
    return dict(sorted(cell.items()))


def only_calls(source: str) -> bool:
    """Does a cell nothing but import from the kit and call it once?"""
    *imports, last = ast.parse(source).body
    return (
        all(isinstance(node, ast.ImportFrom) and node.module == "kit" for node in imports)
        and isinstance(last, ast.Expr)
        and isinstance(last.value, ast.Call)
        and isinstance(last.value.func, ast.Name)
    )


if __name__ == "__main__":
    main()
