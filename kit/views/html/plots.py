"""Plots of many reverts, drawn by matplotlib, each with a description in words.

matplotlib is an extra, so it is imported only when a plot is drawn, and an error says how to get
it. The plots do not touch the state of pyplot, so a lesson's own plots keep working.
"""

from __future__ import annotations

import base64
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from kit.common.errors import UserError, no_library
from kit.course.time_to_revert import Lasted, year_of
from kit.git.values.summary import percentile
from kit.git.values.verdict import DAY_S
from kit.views.escape import Html
from kit.views.html.figure import in_notebook, scrolling
from kit.views.html.print_form import PrintForm, printed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Plot", "days_plot", "directories_plot", "survivors_plot"]

_INK, _SOFT, _LINE, _BLUE, _AMBER = "#1f2328", "#57606b", "#d0d7de", "#2f6db3", "#9a6200"
_DARK = {_INK: "#e6e6e6", _SOFT: "#b3bac2", _LINE: "#5a5f66", _BLUE: "#7db4f0", _AMBER: "#e8b44c"}
_MIN_DAYS = 1 / 24  # on an axis of orders of magnitude nothing can be at 0
_TICKS = {1 / 24: "1 hour", 1: "1 day", 7: "1 week", 30: "1 month", 365: "1 year", 1826: "5 years"}
_FOLDERS = 10  # those with the most reverts


@dataclass(frozen=True, slots=True)
class Plot:
    """A figure of matplotlib, its description, and the source of its data if it is not obvious."""

    figure: Figure
    alt: str
    source: str = ""

    @property
    def svg(self) -> str:
        """The figure as SVG. The same figure always gives the same bytes."""
        import matplotlib

        written = io.StringIO()
        with matplotlib.rc_context({"svg.hashsalt": "kit"}):
            self.figure.savefig(written, format="svg", transparent=True, metadata={"Date": None})
        return written.getvalue()

    @property
    def _images(self) -> Html:
        """The figure in light and in dark colours. JupyterLab's theme shows one of them."""
        light = self.svg
        dark = light
        for colour, in_the_dark in _DARK.items():
            dark = dark.replace(colour, in_the_dark)
        return self._shown(("kit-light", light), ("kit-dark", dark))

    def _shown(self, *images: tuple[str, str]) -> Html:
        # as images: the ids of an SVG in the page would be shared with those of the next one
        tags = Html('<img class="{}" alt="{}" src="data:image/svg+xml;base64,{}">').each(
            (name, self.alt, base64.b64encode(svg.encode()).decode()) for name, svg in images
        )
        drawn = scrolling(Html('<div class="kit-plot">{}</div>').format(tags), "plot")
        return drawn + Html('<p class="kit-label">{}</p>').around(self.source)

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {
            "text/html": in_notebook(self._images),
            "image/svg+xml": self.svg,
            "text/plain": repr(self),
        }

    def _repr_print_(self) -> PrintForm:
        # one image with both: a page on its own follows the reader's browser, and is half as large
        svg = self.svg.replace("</style>", f"{_in_the_dark()}</style>", 1)
        return printed(self._shown(("kit-both", svg)))

    def __repr__(self) -> str:
        """Return the plot's description, and the source of its data."""
        return f"{self.alt} {self.source}".strip()


def _in_the_dark() -> str:
    """Return the rules for an SVG whose reader prefers the dark."""
    rules = (
        f'[style*="{what}: {colour}"]{{{what}:{in_the_dark} !important}}'
        for colour, in_the_dark in _DARK.items()
        for what in ("fill", "stroke")
    )
    return f"@media screen and (prefers-color-scheme: dark) {{{''.join(rules)}}}"


def days_plot(found: Sequence[Lasted]) -> Plot:
    """Return the share of reverted commits that were reverted within n days, by both dates.

    Raises:
        UserError: There is none, or matplotlib is not installed.
    """
    axes = _axes(found, height=3.6)
    medians = []
    for name, seconds, colour, style in (
        ("committer date", [each.by_committer_s for each in found], _BLUE, "solid"),
        ("author date", [each.by_author_s for each in found], _AMBER, "dashed"),
    ):
        days = sorted(max(each / DAY_S, _MIN_DAYS) for each in seconds)
        share = [100 * (n + 1) / len(days) for n in range(len(days))]
        median = percentile(days, 0.5)
        medians.append(f"{median:.0f} by {name}")
        words = f"by {name}: half within {median:.0f} days"
        axes.step([_MIN_DAYS, *days], [0, *share], where="post", color=colour,
                  linestyle=style, linewidth=1.8, label=words)  # fmt: skip
        axes.plot([median], [50], marker="o", color=colour, markersize=7, zorder=3)
    axes.axhline(50, color=_LINE, linewidth=0.8, zorder=0)
    _time_axis(axes, "x", max(each.days for each in found))
    axes.set_ylim(0, 102)
    axes.set_xlabel("time from the commit to its revert", color=_INK)
    axes.set_ylabel("% reverted by then", color=_INK)
    _legend(axes)
    return Plot(
        _figure(axes),
        f"Of {len(found)} commits that were reverted, the share that was reverted within so many"
        f" days: half within {' and '.join(medians)}.",
    )


def survivors_plot(found: Sequence[Lasted], until_s: int) -> Plot:
    """Return when each reverted commit was committed and how long it lasted, and what is hidden.

    *until_s* is the date of the history's last commit: what lies above the line is still to come.

    Raises:
        UserError: There is none, or matplotlib is not installed.
    """
    axes = _axes(found, height=3.8)
    from matplotlib.ticker import MaxNLocator  # `_axes` has said where it is not installed

    first = _year(min(each.committed_s for each in found))
    last = max(_year(until_s), first + 0.1)
    longest = max(max(each.days for each in found), 400)
    border = [first + (last - first) * n / 400 for n in range(401)]
    seen = [max((last - when) * 365.25, _MIN_DAYS) for when in border]
    axes.fill_between(border, seen, longest * 3, color=_LINE, alpha=0.6, linewidth=0)
    axes.plot(border, seen, color=_SOFT, linewidth=1, label="above: not seen yet, the history ends")
    axes.scatter(
        [_year(each.committed_s) for each in found],
        [max(each.days, _MIN_DAYS) for each in found],
        s=14, color=_BLUE, alpha=0.6, linewidths=0, label="a commit that was reverted",
    )  # fmt: skip
    _time_axis(axes, "y", longest)
    axes.set_xlim(first - 0.3, last + 0.3)
    axes.set_xlabel("when it was committed", color=_INK)
    axes.set_ylabel("time to its revert", color=_INK)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.ticklabel_format(axis="x", useOffset=False, style="plain")
    _legend(axes)
    return Plot(
        _figure(axes),
        f"{len(found)} reverted commits by the date of the commit and the time to the revert. The"
        f" history ends in {year_of(until_s)}: the younger a commit, the shorter the times that"
        " can be seen, so that the corner of young commits and long times is empty.",
    )


def directories_plot(counts: Mapping[tuple[str, int], int]) -> Plot:
    """Return the number of reverts that changed each top-level folder, by year.

    Args:
        counts: The number by folder and year.

    Raises:
        UserError: No paths are known, or matplotlib is not installed.
    """
    totals: Counter[str] = Counter()
    for folder, year in sorted(counts):
        totals[folder] += counts[folder, year]
    if not totals:
        raise UserError("no paths are known here: this history has messages and no files")
    folders = [folder for folder, _ in totals.most_common(_FOLDERS)]
    years = range(min(year for _, year in counts), max(year for _, year in counts) + 1)
    axes = _axes(folders, height=0.8 + 0.27 * len(folders))
    most = max(counts.values())
    from matplotlib.patches import Rectangle

    for line, folder in enumerate(folders):
        for year in years:
            count = counts.get((folder, year), 0)
            if count:
                shade = 0.12 + 0.55 * count / most
                axes.add_patch(
                    Rectangle((year - 0.5, line - 0.5), 1, 1, color=_BLUE, alpha=shade, linewidth=0)
                )
                axes.text(year, line, str(count), ha="center", va="center", color=_INK, fontsize=8)
    axes.set_xlim(years[0] - 0.5, years[-1] + 0.5)
    axes.set_ylim(len(folders) - 0.5, -0.5)
    axes.set_yticks(range(len(folders)), [_label(folder) for folder in folders], color=_INK)
    axes.set_xticks(list(years), [str(year) for year in years], color=_INK)
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    top = ", ".join(f"{_label(folder)} {totals[folder]}" for folder in folders[:3])
    return Plot(
        _figure(axes), f"Reverts by folder and year, {years[0]} to {years[-1]}; most often: {top}."
    )


def _label(folder: str) -> str:
    """Return a folder's name as plain text. A dollar sign would start a formula."""
    return folder.replace("$", r"\$")[:24]


def _axes(found: Sequence[object], height: float) -> Axes:
    if not found:
        raise UserError("there is nothing to draw: no reverted commit is dated in this history")
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise no_library("matplotlib", "a plot", "analysis") from None
    figure = Figure(figsize=(8.6, height), layout="constrained")
    axes = figure.add_subplot()
    axes.tick_params(colors=_SOFT, labelcolor=_INK, labelsize=9)
    for name, side in axes.spines.items():
        side.set_color(_SOFT)
        side.set_visible(name in ("left", "bottom"))
    return axes


def _figure(axes: Axes) -> Figure:
    figure = axes.get_figure()
    assert figure is not None
    return figure  # type: ignore[return-value]  # of a subfigure there is none


def _legend(axes: Axes) -> None:
    axes.legend(
        frameon=False, fontsize=9, labelcolor=_INK, ncols=2, loc="lower left",
        bbox_to_anchor=(-0.02, 1.0),
    )  # fmt: skip


def _time_axis(axes: Axes, name: str, longest: float) -> None:
    ticks = {days: words for days, words in _TICKS.items() if days <= longest * 1.5}
    low, high = _MIN_DAYS * 0.9, max(longest * 1.5, 2)
    if name == "x":
        axes.set_xscale("log")
        axes.set_xlim(low, high)
        axes.set_xticks(list(ticks), list(ticks.values()))
    else:
        axes.set_yscale("log")
        axes.set_ylim(low, high)
        axes.set_yticks(list(ticks), list(ticks.values()))
    axes.minorticks_off()


def _year(seconds: int) -> float:
    when = datetime.fromtimestamp(seconds, UTC)
    start = datetime(when.year, 1, 1, tzinfo=UTC)
    return when.year + (when - start).total_seconds() / (365.25 * DAY_S)
