"""The front page: one picture, one sentence, four doors; no script, no request elsewhere."""

from __future__ import annotations

from html import escape
from pathlib import Path

from kit.machine.catalogue import find_revision
from kit.simulation.run import Pair, Run, play_pair
from kit.storage.scenarios import find_scenario
from kit.views.diagram.svg import picture_svg
from kit.views.diagram.svg_shapes import BAD, GOOD, HOLD, INK, SOFT, WAIT, line, picture, rect, text
from tools.website.links import PLACEHOLDER, binder

__all__ = ["STYLE", "front_page", "lesson_pair", "narrow_picture"]

TEMPLATE = Path(__file__).parent.parent.parent / "site" / "index.html"
_TOP, _PER_S = 76.0, 11.5  # of the narrow picture: where 0 s is, and how long a second is
_END_S = 20
_UNSET = "https://mybinder.org/"
STYLE = TEMPLATE.read_text(encoding="utf-8").partition("<style>")[2].partition("</style>")[0]


def lesson_pair() -> Pair:
    """Return what lesson 01 shows: the late release, before the revert and after it."""
    return play_pair(
        find_scenario("late-release"), find_revision("pre-revert"), find_revision("revert")
    )


def front_page(address: str, wheel: str, handouts: str, version: str) -> str:
    """Return the page.

    Args:
        address: Of the project's repository, or the placeholder.
        wheel: Where on the site the kit's wheel lies.
        handouts: Where on the site the hand-outs begin.
        version: The kit's.
    """
    pair = lesson_pair()
    known = address != PLACEHOLDER
    values = {
        "wide": picture_svg(pair),
        "narrow": narrow_picture(pair),
        "binder": escape(binder(address) if known else _UNSET),
        "binder-how": "Opens lesson 1 on a borrowed machine, in a minute or five."
        if known
        else "A borrowed machine: give it the address of a public copy of the repository.",
        "wheel": escape(wheel),
        "wheel-name": escape(wheel.rpartition("/")[2]),
        "handouts": escape(handouts),
        "version": escape(version),
    }
    page = TEMPLATE.read_text(encoding="utf-8")
    for name, value in values.items():
        page = page.replace("{{" + name + "}}", value)
    return page


def narrow_picture(pair: Pair) -> str:
    """Draw the pair for a phone: time runs down, a bar for QEMU and one for the guest a side."""
    sides = [(pair.before, 54.0), (pair.after, 214.0)]
    parts = [*_ticks()]
    for run, x in sides:
        parts += _side(run, x)
    label = "Before the revert QEMU forgets the request after 15 s and holds a core that the guest"
    label += " lets go of at 16 s. After the revert it waits, and the core is gone."
    return picture(360, _y(_END_S) + 34, label, parts)


def _y(at_s: float) -> float:
    return _TOP + at_s * _PER_S


def _ticks() -> list[str]:
    ticks = []
    for at_s in (0, 15, 16, 20):
        y = _y(at_s)
        ticks.append(line(44, y, 352, y, SOFT, 0.6, "1 4"))
        ticks.append(text(38, y + (9 if at_s == 16 else 2), f"{at_s} s", fill=SOFT, anchor="end"))
    return ticks


def _side(run: Run, x: float) -> list[str]:
    released = next(iter(run.times("DEVICE_DELETED")), None)
    ended = run.belief()
    (let_go,) = _released_by_guest(run)
    who = run.revision.name
    title = "before the revert" if who == "pre-revert" else "after the revert"
    parts = [text(x, 18, title, size=14, bold=True), text(x, 36, f"QEMU at {who}", fill=SOFT)]
    parts += [text(x + 2, 62, "QEMU"), text(x + 44, 62, "guest")]
    parts.append(rect(x + 46, _y(0), 22, _y(let_go) - _y(0), HOLD))
    parts.append(rect(x + 6, _y(0), 22, _y(min(let_go, 15)) - _y(0), HOLD))
    beside = x + 74
    if ended.orphaned:
        parts.append(rect(x + 6, _y(15), 22, _y(_END_S) - _y(15), "none", BAD, "4 3"))
        parts.append(text(beside, _y(15) - 4, "forgets", fill=WAIT))
        parts.append(text(x + 6, _y(_END_S) + 20, "LIMBO, nobody told", fill=BAD, bold=True))
    elif released is not None:
        parts.append(rect(x + 6, _y(15), 22, _y(released) - _y(15), HOLD))
        parts.append(text(beside, _y(15) - 4, "waits", fill=INK))
        parts.append(text(x + 6, _y(_END_S) + 20, "told: gone", fill=GOOD, bold=True))
    parts.append(text(beside, _y(let_go) + 12, "lets go", fill=INK))
    return parts


def _released_by_guest(run: Run) -> tuple[float, ...]:
    """Return when the guest gave the core back: its last RTAS call that changed something."""
    from kit.machine.clock import NS_PER_S

    when = [each.at_ns / NS_PER_S for each in run.trace if each.src.value == "guest"]
    return (when[-1],)
