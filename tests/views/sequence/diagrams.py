"""Generated sequence diagrams: every kind of step, any text."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import strategies as st

from kit.common.plain_text import is_seen
from kit.views.sequence.diagram import (
    Activation,
    ArrowHead,
    Block,
    BlockBranch,
    BlockEnd,
    Group,
    Item,
    Lifetime,
    NoteSide,
    Participant,
    SequenceDiagram,
    SequenceMessage,
    SequenceNote,
)

TEXTS = st.text(
    st.one_of(
        st.sampled_from("#;:<>&\"'`%{}()[]|\\/-+=,.*_ \n%"),
        st.characters(min_codepoint=33, max_codepoint=0x2FFF, categories=("L", "N", "P", "S")),
    ).filter(lambda char: char == "\n" or is_seen(char)),
    max_size=90,
).map(lambda text: "\n".join(" ".join(line.split()) for line in text.split("\n")).strip("\n "))
LABELS = TEXTS.filter(lambda text: bool(text.strip('"\n ')) and text == text.strip('"'))
BRANCHES = {"alt": "else", "par": "and", "critical": "option"}


@st.composite
def diagrams(draw: st.DrawFn, most: int = 12) -> SequenceDiagram:
    """Draw a diagram that Mermaid can write: ids as the writer names them."""
    labels = draw(st.lists(LABELS, min_size=1, max_size=most))
    people = tuple(
        Participant(f"p{n}", label, draw(st.booleans())) for n, label in enumerate(labels)
    )
    ids = st.sampled_from([one.id for one in people])
    items: list[Item] = []
    open_blocks: list[str] = []
    for _ in range(draw(st.integers(0, 12))):
        items.append(draw(_items(ids, open_blocks)))
        if isinstance(items[-1], Block):
            open_blocks.append(items[-1].kind)
        elif isinstance(items[-1], BlockEnd):
            open_blocks.pop()
    items += [BlockEnd()] * len(open_blocks)
    return SequenceDiagram(draw(TEXTS), people, tuple(items), draw(_groups(people)))


@st.composite
def _groups(draw: st.DrawFn, people: tuple[Participant, ...]) -> tuple[Group, ...]:
    ends = sorted(draw(st.sets(st.integers(0, len(people)), max_size=5)))
    return tuple(
        Group(draw(TEXTS), tuple(one.id for one in people[first:last]))
        for first, last in pairwise(ends)
    )


@st.composite
def _items(draw: st.DrawFn, ids: st.SearchStrategy[str], open_blocks: list[str]) -> Item:
    kinds = ["message", "message", "note", "block", "activation", "lifetime"]
    kinds += ["end"] * bool(open_blocks)
    kinds += ["branch"] * bool(open_blocks and open_blocks[-1] in BRANCHES)
    match draw(st.sampled_from(kinds)):
        case "message":
            return draw(_messages(ids))
        case "note":
            side = draw(st.sampled_from(NoteSide))
            most = 2 if side is NoteSide.OVER else 1
            over = draw(st.lists(ids, min_size=1, max_size=most))
            return SequenceNote(side, tuple(over), draw(TEXTS))
        case "block":
            kind = draw(st.sampled_from(["loop", "alt", "opt", "par", "critical", "break", "rect"]))
            return Block(kind, "" if kind == "rect" else draw(TEXTS))
        case "activation":
            return Activation(draw(ids), draw(st.booleans()))
        case "lifetime":
            return Lifetime(draw(ids), alive=False)
        case "branch":
            return BlockBranch(BRANCHES[open_blocks[-1]], draw(TEXTS))
    return BlockEnd()


@st.composite
def _messages(draw: st.DrawFn, ids: st.SearchStrategy[str]) -> SequenceMessage:
    tail = draw(st.sampled_from([ArrowHead.NONE, ArrowHead.FILLED]))
    head = ArrowHead.FILLED if tail is ArrowHead.FILLED else draw(st.sampled_from(ArrowHead))
    return SequenceMessage(
        src=draw(ids),
        dst=draw(ids),
        text=draw(TEXTS),
        dashed=draw(st.booleans()),
        head=head,
        tail=tail,
    )
