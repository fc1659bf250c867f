"""The front page: one picture, one sentence, four doors; no script, no request elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kit.actors.messages import Actor
from kit.machine.catalogue import find_revision
from kit.machine.clock import NS_PER_S
from kit.simulation.run import Pair, Run, play_pair
from kit.storage.scenarios import find_scenario, scenarios
from kit.views.diagram.svg import picture_svg
from kit.views.diagram.svg_shapes import BAD, GOOD, HOLD, INK, SOFT, WAIT, line, picture, rect, text
from kit.views.escape import Html
from kit.views.template import page
from tools.website.links import PLACEHOLDER, binder
from tools.website.stories import FIRST

__all__ = ["front_page", "narrow_picture", "site_page", "stories_page"]

SITE = Path(__file__).parent.parent.parent / "site"
_TOP, _PER_S = 76.0, 11.5  # of the narrow picture: where 0 s is, and how long a second is
_END_S = 20
_UNSET = "https://mybinder.org/"


def site_page(template: str, **values: object) -> Html:
    """Return a page of site/: the late release before the revert and after it, and *values*."""
    pair = play_pair(
        find_scenario("late-release"), find_revision("pre-revert"), find_revision("revert")
    )
    return page(
        SITE / template,
        style=Html((SITE / "style.css").read_text(encoding="utf-8")),
        wide=picture_svg(pair),
        narrow=narrow_picture(pair),
        **values,
    )


def front_page(address: str, wheel: str, handouts: str, version: str) -> Html:
    """Return the page. *address* is the project's; *wheel* and *handouts* are on the site."""
    known = address != PLACEHOLDER
    return site_page(
        "index.html.jinja",
        binder=binder(address) if known else _UNSET,
        binder_how="lesson 1 on a borrowed machine, in a minute or five."
        if known
        else "needs a public copy of the repository.",
        story=f"stories/{FIRST}.html",
        stories="stories/index.html",
        count=len(scenarios()),
        wheel=wheel,
        wheel_name=wheel.rpartition("/")[2],
        handouts=handouts,
        version=version,
    )


def stories_page(stories: Sequence[tuple[str, str]]) -> Html:
    """Return the list of the stories, each with its file and its title."""
    style = Html((SITE / "style.css").read_text(encoding="utf-8"))
    return page(SITE / "stories.html.jinja", style=style, stories=stories)


def narrow_picture(pair: Pair) -> Html:
    """Return the pair for a phone: time runs down, each side has a bar for QEMU and the guest."""
    sides = [(pair.before, 54.0), (pair.after, 214.0)]
    parts = [*_ticks()]
    for run, x in sides:
        parts += _side(run, x)
    label = "Before the revert QEMU drops the request after 15 s and holds a core that the guest"
    label += " lets go of at 16 s. After the revert it waits, and the core is gone."
    return picture(360, _y(_END_S) + 34, label, parts)


def _y(at_s: float) -> float:
    return _TOP + at_s * _PER_S


def _ticks() -> list[Html]:
    ticks = []
    for at_s in (0, 15, 16, 20):
        y = _y(at_s)
        ticks.append(line(44, y, 352, y, SOFT, 0.6, "1 4"))
        ticks.append(text(38, y + (9 if at_s == 16 else 2), f"{at_s} s", fill=SOFT, anchor="end"))
    return ticks


def _side(run: Run, x: float) -> list[Html]:
    released = next(iter(run.times("DEVICE_DELETED")), None)
    ended = run.belief()
    # the guest releases the core by its last RTAS call
    let_go = [each.at_ns for each in run.trace if each.src is Actor.GUEST][-1] / NS_PER_S
    who = run.revision.name
    title = "before the revert" if who == "pre-revert" else "after the revert"
    parts = [text(x, 18, title, size=14, bold=True), text(x, 36, f"QEMU at {who}", fill=SOFT)]
    parts += [text(x + 2, 62, "QEMU"), text(x + 44, 62, "guest")]
    parts.append(rect(x + 46, _y(0), 22, _y(let_go) - _y(0), HOLD))
    parts.append(rect(x + 6, _y(0), 22, _y(min(let_go, 15)) - _y(0), HOLD))
    beside = x + 74
    if ended.orphaned:
        parts.append(rect(x + 6, _y(15), 22, _y(_END_S) - _y(15), "none", BAD, "4 3"))
        parts.append(text(beside, _y(15) - 4, "drops it", fill=WAIT))
        parts.append(text(x + 6, _y(_END_S) + 20, "LIMBO, no event", fill=BAD, bold=True))
    elif released is not None:
        parts.append(rect(x + 6, _y(15), 22, _y(released) - _y(15), HOLD))
        parts.append(text(beside, _y(15) - 4, "waits", fill=INK))
        parts.append(text(x + 6, _y(_END_S) + 20, "believes: gone", fill=GOOD, bold=True))
    parts.append(text(beside, _y(let_go) + 12, "lets go", fill=INK))
    return parts
