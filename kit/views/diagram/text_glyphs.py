"""The characters of a picture in plain text: ASCII, or box drawing."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from kit.actors.messages import Actor
from kit.common.plain_text import is_seen
from kit.trace.columns import Severity
from kit.views.diagram.layout import Held, Lane, LaneState, StateShown

__all__ = ["ASCII", "BOXES", "END_WORDS", "Signs", "clean", "sign_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """One character for each thing, one column wide: in ASCII unless another is given."""

    has: str = "|"
    waits: str = ":"
    dropped: str = "H"
    unsure: str = "?"
    none: str = "."
    limbo: str = "X"
    wrong: str = "!"
    gone: str = "#"
    unknown: str = "?"
    timer: str = "]"
    line: str = "-"
    thin: str = "."
    right: str = ">"
    left: str = "<"
    note: str = "o"
    bad: str = "x"
    tick: str = "+"
    axis: str = "|"
    gap: str = ":"
    rule: str = "="


ASCII = Signs()
BOXES = Signs(
    has="┃",
    waits="┊",
    dropped="║",
    none="·",
    limbo="╳",
    line="─",
    thin="┄",
    right="▶",
    left="◀",
    tick="├",
    axis="│",
    gap="┊",
    rule="═",
)


def sign_of(lane: Lane, held: Held | None, signs: Signs) -> str:
    """Return the sign of a party's belief."""
    if isinstance(held, StateShown):
        return {Severity.WAIT: signs.waits, Severity.BAD: signs.wrong}.get(held.tone, signs.has)
    if held in (None, LaneState.TOLD_GONE):
        # without a request the operator believes that the device is there
        return signs.has if lane is Actor.OPERATOR and held is None else signs.none
    match held:
        case LaneState.PENDING | LaneState.ASKED:
            return signs.waits
        case LaneState.DROPPED:
            return signs.dropped
        case LaneState.DOES_NOT_KNOW:
            return signs.unsure
        case LaneState.ORPHANED:
            return signs.limbo
        case LaneState.WRONGLY_LISTED | LaneState.WRONGLY_MISSING:
            return signs.wrong
        case LaneState.ABORTED:
            return signs.gone
        case LaneState.UNKNOWN:
            return signs.unknown
    return signs.has


END_WORDS = {
    LaneState.HOLDS: "has it",
    LaneState.PENDING: "waits",
    LaneState.DROPPED: "has it",
    LaneState.ORPHANED: "LIMBO",
    LaneState.ABORTED: "abort",
    LaneState.USES: "has it",
    LaneState.LISTED: "has it",
    LaneState.WRONGLY_LISTED: "WRONG",
    LaneState.WRONGLY_MISSING: "WRONG",
    LaneState.ASKED: "waits",
    LaneState.TOLD_GONE: "gone",
    LaneState.TOLD_KEPT: "failed",
    LaneState.DOES_NOT_KNOW: "unsure",
    LaneState.UNKNOWN: "?",
    None: "gone",
}
"""The state at the end, in at most six characters."""

_ASCII_OF = str.maketrans({"“": '"', "”": '"', "’": "'", "×": "x", "–": "-", "…": "..."})


def clean(words: str, signs: Signs) -> str:
    """Return *words* as one line that is as wide as it has characters."""
    words = " ".join(words.split())
    if signs is ASCII:
        words = words.translate(_ASCII_OF)
        return "".join(char if " " <= char <= "~" else "?" for char in words)
    return "".join(char if _is_narrow(char) or char in "“”’–…" else "?" for char in words)


def _is_narrow(char: str) -> bool:
    """Does a character take one column? A wide one takes two, a combining mark none."""
    return ord(char) < 0x1100 and is_seen(char) and unicodedata.category(char) not in ("Mn", "Me")
