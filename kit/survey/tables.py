"""Write the tables of a survey: in the terminal, as Markdown, as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from kit.common.plain_text import plain, spreadsheet_cell
from kit.survey.report import Cell, ReportTable

if TYPE_CHECKING:
    from rich.console import RenderableType

__all__ = ["csv_text", "markdown_lines", "rich_tables", "shown"]

_SIGNS = str.maketrans({sign: f"\\{sign}" for sign in "\\`*_[]<>|#~"})


def shown(cell: Cell) -> str:
    """Return a cell for a person.

    >>> shown(12345), shown(0.6666), shown(None), shown("x")
    ('12,345', '0.67', '–', 'x')
    """
    if cell is None:
        return "–"
    if isinstance(cell, float):
        return f"{cell:,.1f}" if abs(cell) >= 10 else f"{cell:.2f}"
    if isinstance(cell, int):
        return f"{cell:,}"
    return plain(str(cell))


def rich_tables(tables: Iterable[ReportTable]) -> Iterator[RenderableType]:
    """Yield each table and its definitions for the terminal."""
    from rich.table import Table
    from rich.text import Text

    for table in tables:
        drawn = Table(title=table.title, title_justify="left")
        for number, name in enumerate(table.columns):
            is_text = all(isinstance(row[number], str) for row in table.rows)
            drawn.add_column(name, justify="left" if is_text else "right", overflow="fold")
        for row in table.rows:
            drawn.add_row(*(Text(shown(cell)) for cell in row))
        yield drawn if table.rows else Text(f"{table.title}: none")
        yield Text("\n".join(table.definitions) + "\n")


def markdown_lines(tables: Iterable[ReportTable]) -> Iterator[str]:
    """Yield the lines of a Markdown page."""
    for table in tables:
        yield from (f"## {table.title}", "")
        if table.rows:
            yield f"| {' | '.join(table.columns)} |"
            kinds = [
                "---" if all(isinstance(row[number], str) for row in table.rows) else "---:"
                for number in range(len(table.columns))
            ]
            yield f"| {' | '.join(kinds)} |"
            for row in table.rows:
                yield f"| {' | '.join(shown(cell).translate(_SIGNS) for cell in row)} |"
        else:
            yield "None."
        yield ""
        for words in table.definitions:
            yield from (words, "")


def csv_text(table: ReportTable) -> str:
    """Return a table as CSV, with whole numbers and all digits."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows(
        [spreadsheet_cell(plain(cell)) if isinstance(cell, str) else cell for cell in row]
        for row in table.rows
    )
    return text.getvalue()
