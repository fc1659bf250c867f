"""Plots of a survey's tables, as files."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kit.common.errors import no_library
from kit.survey.report import SurveyReport

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["plots_of"]

_DAYS = (1 / 1440, 1 / 24, 1, 7, 30, 365, 3650)
_NAMES = ("1 min", "1 h", "1 d", "1 week", "30 d", "1 year", "10 years")


def plots_of(report: SurveyReport) -> Iterator[tuple[str, bytes]]:
    """Yield name and PNG of each plot: shares, days, years; UserError without matplotlib."""
    try:
        from matplotlib.figure import Figure  # not pyplot: no window, no state
    except ImportError:
        raise no_library("matplotlib", "--plots", "survey") from None
    tables = {table.name: table for table in report.tables()}
    rows = sorted(
        (float(row[5]), str(row[0]))
        for row in tables["repositories"].rows
        if isinstance(row[5], float)
    )
    figure = Figure(figsize=(8, 1.2 + 0.26 * len(rows)), layout="constrained")
    axes = figure.subplots()
    axes.barh([name for _, name in rows], [share for share, _ in rows], color="#2f6db3")
    axes.set_xlabel("changes that were reverted, percent")
    yield "shares.png", _png(figure)

    days = report.rows(
        "SELECT repository, days FROM reverted WHERE NOT is_merge AND days > 0 ORDER BY days"
    )
    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    whole = [float(day) for _, day in days if isinstance(day, int | float)]
    for name in dict.fromkeys(name for name, _ in days):
        own = [float(day) for who, day in days if who == name and isinstance(day, int | float)]
        axes.step(own, _parts(own), where="post", color="#8c959f", linewidth=0.8)
    axes.step(whole, _parts(whole), where="post", color="#b3261e", linewidth=2, label="all")
    axes.set_xscale("log")
    axes.set_xticks(_DAYS, _NAMES)
    axes.set_xlabel("time from a change to its revert, by committer date")
    axes.set_ylabel("part of the reverted changes; a grey line is a repository")
    axes.legend()
    yield "days.png", _png(figure)

    years = [row for row in tables["by-year"].rows if isinstance(row[3], float)]
    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.subplots()
    axes.bar([str(row[0]) for row in years], [float(row[3] or 0) for row in years], color="#2f6db3")
    axes.tick_params(axis="x", rotation=90)
    axes.set_xlabel("year of the change; the last ones are not over")
    axes.set_ylabel("reverted, percent")
    yield "years.png", _png(figure)


def _parts(values: list[float]) -> list[float]:
    return [(number + 1) / len(values) for number in range(len(values))]


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=120)
    return buffer.getvalue()
