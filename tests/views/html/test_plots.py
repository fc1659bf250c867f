"""Plots of reverts: what they draw, what they say in words, and what they leave alone."""

from __future__ import annotations

import base64
import re
import sys

import pytest

from kit.common.errors import UserError
from kit.course.time_to_revert import folders_by_year, lasted
from kit.views.html.plots import Plot, days_plot, directories_plot, survivors_plot
from tests.views.widgets.revert_rows import NEWEST_S, a_row

ROWS = [a_row(n, days=n, author_days=2 * n, year=2020 + n % 2) for n in range(1, 12)]
LASTED = lasted(ROWS)
PATHS = [(row, ("hw/a.c", "hw/b.c", "Makefile")) for row in ROWS]


def test_the_share_is_drawn_by_both_dates() -> None:
    plot = days_plot(LASTED)
    (axes,) = plot.figure.axes
    curves = [line.get_xdata()[-1] for line in axes.lines if len(line.get_xdata()) == 12]

    assert curves == [11, 22]
    assert plot.alt == (
        "Of 11 commits that were reverted, the share that was reverted within so many days: half"
        " within 6 by committer date and 12 by author date."
    )


def test_no_point_lies_where_nothing_can_be_seen_yet() -> None:
    plot = survivors_plot(LASTED, NEWEST_S)
    (axes,) = plot.figure.axes
    points = axes.collections[-1].get_offsets()
    end = max(axes.lines[0].get_xdata())

    assert len(points) == 11
    assert all(days <= (end - when) * 365.25 + 0.01 for when, days in points)


def test_a_folder_counts_once_a_revert() -> None:
    plot = directories_plot(folders_by_year(PATHS))
    (axes,) = plot.figure.axes
    cells = {(text.get_position(), text.get_text()) for text in axes.texts}

    assert cells == {((2020, 0), "5"), ((2021, 0), "6"), ((2020, 1), "5"), ((2021, 1), "6")}
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["(top)", "hw"]
    assert plot.alt == "Reverts by folder and year, 2020 to 2021; most often: (top) 11, hw 11."


def test_a_folders_name_is_no_formula() -> None:
    """matplotlib would refuse to draw what is between two dollar signs."""
    plot = directories_plot({(r"$\frac{$", 2021): 1})

    assert plot.svg.startswith("<?xml")


@pytest.mark.parametrize(
    ("draw", "says"),
    [
        (lambda: days_plot(()), "there is nothing to draw"),
        (lambda: survivors_plot((), 0), "there is nothing to draw"),
        (lambda: directories_plot({}), "no paths are known here"),
    ],
)
def test_nothing_to_draw_is_said(draw: object, says: str) -> None:
    with pytest.raises(UserError, match=says):
        draw()  # type: ignore[operator]


def test_without_matplotlib_one_sentence_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)

    with pytest.raises(UserError, match=re.escape("pip install 'unplug-kit[analysis]'")):
        days_plot(LASTED)


def test_a_plot_is_two_images_with_words_for_light_and_dark() -> None:
    plot = Plot(days_plot(LASTED).figure, 'a "plot" <here>')
    data = plot._repr_mimebundle_()

    assert data["text/html"].count('alt="a &quot;plot&quot; &lt;here&gt;" src="data:image/') == 2
    assert (data["text/plain"], repr(plot)) == (plot.alt, plot.alt)
    assert data["image/svg+xml"] == plot.svg  # the same figure, the same bytes


def test_in_print_it_is_one_image_that_follows_the_reader_s_browser() -> None:
    plot = days_plot(LASTED)
    found = re.findall(
        r'<img [^>]*src="data:image/svg\+xml;base64,([^"]*)"', str(plot._repr_print_().html)
    )
    (svg,) = (base64.b64decode(one).decode() for one in found)
    drawn = set(re.findall(r"(?:fill|stroke): #[0-9a-f]{6}", plot.svg))
    dark = dict(re.findall(r'\[style\*="([^"]*)"\]{\w+:(#[0-9a-f]{6}) !important}', svg))

    assert "@media screen and (prefers-color-scheme: dark) {" in svg
    assert drawn <= dark.keys()
    assert len(svg) < len(plot.svg) + 1000


def test_pyplot_of_the_lesson_is_left_alone() -> None:
    import matplotlib.pyplot

    before = matplotlib.pyplot.get_fignums(), dict(matplotlib.rcParams)
    _ = days_plot(LASTED).svg

    assert (matplotlib.pyplot.get_fignums(), dict(matplotlib.rcParams)) == before
