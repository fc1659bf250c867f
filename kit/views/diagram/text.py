"""A run, or a pair side by side, as plain text that survives a mail. Time runs downward.

Each message is a row. No line begins with a blank, with ">" or with "From ", and none ends in a
blank, so neither quoting nor format=flowed (RFC 3676, 4.2 and 4.4) nor an mbox changes the picture.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import replace

from kit.common.errors import MisuseError
from kit.simulation.run import Pair, Run
from kit.simulation.timeline import Timeline
from kit.trace.columns import Severity
from kit.views.diagram.layout import LaneState, Layout, PictureSide, StateShown, layout_of
from kit.views.diagram.text_glyphs import ASCII, BOXES, Signs, clean
from kit.views.diagram.text_lanes import Columns, columns_of, end_words, heads, paint
from kit.views.diagram.text_rows import Lined, TextRow, lines_of

__all__ = ["MAX_WIDTH", "NARROWEST", "picture_lines"]

NARROWEST, MAX_WIDTH = 60, 200
LABEL = (15, 26)  # columns for a message's name: at least, at most
APART = "   "


def picture_lines(
    played: Timeline | Run | Pair | Layout, width: int = 72, *, unicode: bool = False
) -> list[str]:
    """Return a run or a pair in at most *width* columns, in ASCII unless *unicode* is allowed.

    Of a timeline, the place is marked.

    Raises:
        MisuseError: *width* is not from 60 to 200.
    """
    if not NARROWEST <= width <= MAX_WIDTH:
        raise MisuseError(
            f"width {width}; a picture is from {NARROWEST} to {MAX_WIDTH} columns wide"
        )
    layout = played if isinstance(played, Layout) else layout_of(played)
    signs = BOXES if unicode else ASCII
    title = clean(f"{layout.name}: {layout.title}", signs)
    lines = textwrap.wrap(title, width)
    devices = layout.devices
    for count in range(len(devices), -1, -1):
        shown = _only(layout, devices[:count])
        parts = _drawn(shown, shown.sides, width, signs) or _one_below_the_other(
            shown, width, signs
        )
        if parts:
            break
    if not parts:
        words = (
            f"{len(layout.lanes)} lanes do not fit into {width} columns: a larger --width, or svg"
        )
        parts, count = textwrap.wrap(words, width), len(devices)
    left_out = ", ".join(devices[count:])
    lines += ["", *parts, "", *_legend(layout, width, signs)]
    lines += [clean(f"not drawn: {left_out}", signs)[:width]] * bool(left_out)
    lines += textwrap.wrap(clean(layout.origin, signs), width)
    return [line.rstrip() for line in lines]


def _only(layout: Layout, devices: tuple[str, ...]) -> Layout:
    rows = tuple(row for row in layout.rows if row.device in devices)
    return replace(layout, devices=devices, rows=rows)


def _one_below_the_other(layout: Layout, width: int, signs: Signs) -> list[str]:
    parts = [_drawn(layout, (side,), width, signs) for side in layout.sides]
    return [line for part in parts if part for line in ("", *part)][1:] if all(parts) else []


def _drawn(
    layout: Layout, sides: tuple[PictureSide, ...], width: int, signs: Signs
) -> list[str] | None:
    """Return sides drawn side by side; None if they do not fit."""
    rows = [replace(row, words=clean(row.words, signs)) for row in lines_of(layout, sides)]
    time = max(len(row.time) for row in rows) + 3
    wanted = max(len(row.words) for row in rows)
    most = min(max(wanted, LABEL[0]), LABEL[1])
    for label in range(most, LABEL[0] - 1, -1):
        columns = columns_of(layout, sides, (width - time - label) // len(sides) - len(APART))
        if columns is not None and (label == LABEL[0] or _wide_enough(columns, sides)):
            break
    else:
        return None
    rows = [part for row in rows for part in _broken(row, label)]
    painted = [paint(side, columns, rows, signs) for side in sides]
    lines = list(_headings(layout, sides, columns, time + label, signs))
    for number, row in enumerate(rows):
        lines.append(_row(row, [side[number] for side in painted], time, label, signs))
    ends = [end for device in columns.devices for end in _ends(sides, columns, device, label)]
    return [*lines, *(f"{signs.axis}{' ' * (time - 1)}{end}" for end in ends)]


def _headings(
    layout: Layout, sides: tuple[PictureSide, ...], columns: Columns, margin: int, signs: Signs
) -> Iterator[str]:
    if layout.observed:
        pass  # the title says it all
    elif len(sides) == 1:
        name = sides[0].name or "at"
        yield clean(f"{name}: {sides[0].heading}".replace("at: ", "at "), signs)
    else:
        cells = (APART + _named(side)[: columns.width].ljust(columns.width) for side in sides)
        yield "revision".ljust(margin) + "".join(cells)
    yield ("choice" if layout.counted else "time").ljust(margin) + (APART + heads(columns)) * len(
        sides
    )


def _wide_enough(columns: Columns, sides: tuple[PictureSide, ...]) -> bool:
    return len(sides) == 1 or all(len(_named(side)) <= columns.width for side in sides)


def _named(side: PictureSide) -> str:
    return f"{side.name}: {side.brief}"


def _row(row: TextRow, cells: list[str], time: int, label: int, signs: Signs) -> str:
    lanes = "".join(APART + side for side in cells)
    sign = signs.gap if row.lined is Lined.GAP else signs.tick if row.time else signs.axis
    margin = f"{sign} {row.time}".ljust(time)
    match row.lined:
        case Lined.DIFFERENCE:
            return margin + " first difference ".center(label + len(lanes), signs.rule)
        case Lined.NOW:
            return margin + " now ".center(label + len(lanes), signs.line)
    return f"{margin}{row.words.ljust(label)}{lanes}"


def _broken(row: TextRow, room: int) -> Iterator[TextRow]:
    """Yield a row whose name is too long in several rows, broken where its parts are joined."""
    lines: list[str] = []
    line = ""
    for part in re.findall(r"[^ _-]*[ _-]?", row.words):
        for start in range(0, len(part), room - 2):
            piece = part[start : start + room - 2]
            if line and len(line + piece.rstrip()) > room - 2 * bool(lines):
                lines.append(line.rstrip())
                line = ""
            line += piece
    first, *others = [*lines, line.rstrip()]
    yield replace(row, words=first)
    yield from (replace(row, lined=Lined.MORE, time="", words=f"  {more}") for more in others)


def _ends(
    sides: tuple[PictureSide, ...], columns: Columns, device: str, label: int
) -> Iterator[str]:
    painted = [end_words(side, columns, device) for side in sides]
    several = len(columns.devices) > 1
    for number in range(len(painted[0])):
        name = device if several and not number else ""
        yield name[:label].ljust(label) + "".join(APART + side[number] for side in painted)


def _legend(layout: Layout, width: int, signs: Signs) -> list[str]:
    helds = {bar.held for side in layout.sides for bar in side.bars}
    own = {held.tone for held in helds if isinstance(held, StateShown)}
    what = "shows a state" if layout.own else "has it"
    none = "shows none" if layout.own else "does not have it"
    words = [f"{signs.has} {what}", f"{signs.none} {none}"]
    chosen = (
        (Severity.WAIT in own, f"{signs.waits} waits"),
        (Severity.BAD in own, f"{signs.wrong} wrong"),
        ({LaneState.PENDING, LaneState.ASKED} & helds, f"{signs.waits} waits"),
        (any(side.brackets for side in layout.sides), f"{signs.timer} time runs"),
        ({LaneState.WRONGLY_LISTED, LaneState.WRONGLY_MISSING} & helds, f"{signs.wrong} wrong"),
        (LaneState.ABORTED in helds, f"{signs.gone} QEMU is gone"),
        (LaneState.DROPPED in helds, f"{signs.dropped} has it, no longer waits"),
        (LaneState.DOES_NOT_KNOW in helds, f"{signs.unsure} timed out, does not know"),
        (LaneState.UNKNOWN in helds, f"{signs.unknown} not in the log"),
    )
    words += [each for is_shown, each in chosen if is_shown]
    lines = [words[0]]
    for word in words[1:]:
        fits = len(lines[-1]) + 3 + len(word) <= width
        lines[-1:] = [f"{lines[-1]}   {word}"] if fits else [lines[-1], word]
    if LaneState.ORPHANED in helds:
        lines.append(f"{signs.limbo} LIMBO: the guest released it, QEMU holds it, no event")
    return [line[:width] for line in lines]
