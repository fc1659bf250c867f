"""Write the tables of a survey: in the terminal, as Markdown, as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from kit.common.plain_text import plain, spreadsheet_cell
from kit.survey.report import Cell, ReportTable
from kit.views.markdown import markdown_table

if TYPE_CHECKING:
    from rich.console import JustifyMethod, RenderableType

__all__ = ["csv_text", "markdown_lines", "rich_tables", "shown"]


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
        numeric = _numeric(table)
        for number, name in enumerate(table.columns):
            justify: JustifyMethod = "right" if number in numeric else "left"
            drawn.add_column(name, justify=justify, overflow="fold")
        for row in table.rows:
            drawn.add_row(*(Text(shown(cell)) for cell in row))
        yield drawn if table.rows else Text(f"{table.title}: none")
        yield Text("\n".join(table.definitions) + "\n")


def _numeric(table: ReportTable) -> set[int]:
    """Return the places of the columns that are not text."""
    places = range(len(table.columns))
    return {place for place in places if not all(isinstance(row[place], str) for row in table.rows)}


def markdown_lines(tables: Iterable[ReportTable]) -> Iterator[str]:
    """Yield the lines of a Markdown page."""
    for table in tables:
        yield from (f"## {table.title}", "")
        if table.rows:
            rows = [list(map(shown, row)) for row in table.rows]
            yield from markdown_table(table.columns, rows, numeric=_numeric(table))
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
