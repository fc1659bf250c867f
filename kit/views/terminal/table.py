"""The look of every table in the terminal."""

from __future__ import annotations

from rich import box
from rich.table import Table

__all__ = ["plain_table"]


def plain_table(*columns: str, title: str | None = None) -> Table:
    """Return an empty table: a rule below the heads, and cells that wrap."""
    table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
