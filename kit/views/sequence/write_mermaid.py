"""A sequence diagram written in Mermaid; `kit.views.sequence.mermaid` reads it as it was."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kit.views.sequence.diagram import (
    Activation,
    ArrowHead,
    Block,
    BlockBranch,
    BlockEnd,
    Lifetime,
    Participant,
    SequenceDiagram,
    SequenceMessage,
    SequenceNote,
)
from kit.views.sequence.mermaid import HEADS

__all__ = ["mermaid_lines"]

_HEADS = {head: sign for sign, head in reversed(HEADS.items())}  # the first sign of each
_PLAIN = re.compile(r"[^A-Za-z0-9 .,:()/_+*=?!'&|-]")


def mermaid_lines(diagram: SequenceDiagram) -> Iterator[str]:
    """Yield the lines of a diagram.

    Every sign that means something to Mermaid, Markdown or HTML is written as an entity.  Numbers
    of messages are written into their texts.
    """
    yield "sequenceDiagram"
    if diagram.title:
        yield f"  title: {_text(diagram.title)}"
    ids = {one.id: f"p{number}" for number, one in enumerate(diagram.participants)}
    created = {i.id for i in diagram.items if isinstance(i, Lifetime) and i.alive}
    people = {one.id: one for one in diagram.participants}
    boxes = {name: group for group in diagram.groups for name in group.ids}
    box = None
    for one in diagram.participants:
        if boxes.get(one.id) is not box:
            yield from ["  end"] * (box is not None)
            box = boxes.get(one.id)
            yield from [f"  box transparent {_text(box.text)}".rstrip()] if box is not None else []
        if one.id not in created:
            yield f"  {_declared(one, ids)}"
    yield from ["  end"] * (box is not None)
    for item in diagram.items:
        yield f"  {_line(item, ids, people)}"


def _declared(one: Participant, ids: dict[str, str]) -> str:
    return f"{'actor' if one.person else 'participant'} {ids[one.id]} as {_text(one.label)}"


def _line(item: object, ids: dict[str, str], people: dict[str, Participant]) -> str:
    match item:
        case SequenceMessage(src=src, dst=dst):
            return f"{ids[src]}{_arrow(item)}{ids[dst]}: {_text(item.words)}".rstrip()
        case SequenceNote(side=side, over=over, text=text):
            return f"note {side.value} {','.join(ids[one] for one in over)}: {_text(text)}"
        case Block(kind=kind, text=text):
            return f"{kind} {_text(text)}".rstrip() if kind != "rect" else "rect transparent"
        case BlockBranch(kind=kind, text=text):
            return f"{kind} {_text(text)}".rstrip()
        case BlockEnd():
            return "end"
        case Activation(id=name, active=active):
            return f"{'activate' if active else 'deactivate'} {ids[name]}"
        case Lifetime(id=name, alive=alive):
            return f"create {_declared(people[name], ids)}" if alive else f"destroy {ids[name]}"
    raise AssertionError(item)


def _arrow(message: SequenceMessage) -> str:
    body = "--" if message.dashed else "-"
    if message.tail is ArrowHead.FILLED:
        return f"<<{body}>>"
    if message.tail in (ArrowHead.UPPER, ArrowHead.LOWER):
        return f"{'/' if message.tail is ArrowHead.UPPER else chr(92)}|{body}"
    return body + _HEADS[message.head]


def _text(words: str) -> str:
    lines = (" ".join(line.split()) for line in words.split("\n"))
    return "<br/>".join(_PLAIN.sub(lambda sign: f"#{ord(sign[0])};", line) for line in lines)
