"""Mermaid's sequence diagrams: what is read, what is refused, and that what is written is read."""

from __future__ import annotations

import pytest
from hypothesis import given

from kit.common.errors import UserError
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
from kit.views.sequence.mermaid import MAX_DEPTH, MAX_PARTICIPANTS, read_diagrams, read_sequence
from kit.views.sequence.write_mermaid import mermaid_lines
from tests.views.sequence.diagrams import diagrams


def items(*lines: str) -> tuple[Item, ...]:
    return read_sequence("\n".join(["sequenceDiagram", *lines])).items


def message(text: str = "x", **values: object) -> SequenceMessage:
    given = {"src": "A", "dst": "B", "dashed": False, "head": ArrowHead.FILLED} | values
    return SequenceMessage(text=text, **given)  # type: ignore[arg-type]


@given(diagrams())
def test_what_is_written_is_read_again(diagram: SequenceDiagram) -> None:
    assert read_sequence("\n".join(mermaid_lines(diagram))) == diagram


ARROWS = {
    "->": {"head": ArrowHead.NONE},
    "-->": {"head": ArrowHead.NONE, "dashed": True},
    "->>": {},
    "-->>": {"dashed": True},
    "-x": {"head": ArrowHead.CROSS},
    "--x": {"head": ArrowHead.CROSS, "dashed": True},
    "-)": {"head": ArrowHead.OPEN},
    "--)": {"head": ArrowHead.OPEN, "dashed": True},
    "<<->>": {"tail": ArrowHead.FILLED},
    "<<-->>": {"tail": ArrowHead.FILLED, "dashed": True},
    "-|\\": {"head": ArrowHead.UPPER},
    "--|/": {"head": ArrowHead.LOWER, "dashed": True},
    "-//": {"head": ArrowHead.LOWER},
    "/|--": {"head": ArrowHead.NONE, "tail": ArrowHead.UPPER, "dashed": True},
    "\\|-": {"head": ArrowHead.NONE, "tail": ArrowHead.LOWER},
}


@pytest.mark.parametrize("spaces", ["", " "])
@pytest.mark.parametrize("arrow", ARROWS)
def test_arrows(arrow: str, spaces: str) -> None:
    assert items(f"A{spaces}{arrow}{spaces}B{spaces}: x") == (message(**ARROWS[arrow]),)


STATEMENTS: dict[str, tuple[tuple[str, ...], tuple[Item, ...]]] = {
    "names with blanks and dashes": (
        ("my web-app->>the DB: x",),
        (message(src="my web-app", dst="the DB"),),
    ),
    "a message without text": (("A->>B:",), (message(""),)),
    "a colon in a text": (("A->>B: a: b",), (message("a: b"),)),
    "circles at the ends": (("A()->>()B: x",), (message(),)),
    "semicolons part statements": (
        ("A->>B: x; B->>A: y",),
        (message(), message("y", src="B", dst="A")),
    ),
    "a comment behind #": (("A->>B: x # y ; z",), (message(),)),
    "a comment line": (("%% A->>B: y", "A->>B: x"), (message(),)),
    "settings": (("%%{init: {'theme':", "'dark'}}%%", "A->>B: x"), (message(),)),
    "an entity": (
        ("A->>B: a#59; b#quot;#35;1 #none; #9829;",),
        (message('a; b"#1 #none; ♥'),),
    ),
    "breaks": (("A->>B: a<br>b<BR />c",), (message("a\nb\nc"),)),
    "wrap": (("A->>B:wrap: a  b",), (message("a b"),)),
    "an unseen character": (("A->>B: a\u202eb☠\ufe0f",), (message("a\\u202eb☠"),)),
    "a note over two": (
        ("Note over A,B: both",),
        (SequenceNote(NoteSide.OVER, ("A", "B"), "both"),),
    ),
    "a note beside one": (
        ("NOTE  right of A : it",),
        (SequenceNote(NoteSide.RIGHT, ("A",), "it"),),
    ),
    "activation by sign": (
        ("A->>+B: x", "B-->>-A: y"),
        (
            Activation("B", active=True),
            message(),
            message("y", src="B", dst="A", dashed=True),
            Activation("B", active=False),
        ),
    ),
    "activation by word": (
        ("activate A", "deactivate A"),
        (Activation("A", active=True), Activation("A", active=False)),
    ),
    "frames": (
        ("loop twice", "alt a", "A->>B: x", "else", "end", "end"),
        (
            *(Block("loop", "twice"), Block("alt", "a"), message()),
            *(BlockBranch("else", ""), BlockEnd(), BlockEnd()),
        ),
    ),
    "par_over": (
        ("par_over a", "and b", "end"),
        (Block("par", "a"), BlockBranch("and", "b"), BlockEnd()),
    ),
    "a tint": (("rect rgb(1, 2, 3)", "end"), (Block("rect", ""), BlockEnd())),
    "numbers": (
        ("autonumber 10 5", "A->>B: x", "A->>B: x", "autonumber off", "A->>B: x"),
        (message(number="10"), message(number="15"), message()),
    ),
    "numbers from 1": (("autonumber", "A->>B: x"), (message(number="1"),)),
    "lifetimes": (
        ("create participant B", "A->>B: x", "destroy B"),
        (Lifetime("B", alive=True), message(), Lifetime("B", alive=False)),
    ),
    "what is passed over": (
        (
            "accTitle: t",
            "accDescr {",
            "A->>B: y",
            "}",
            'links A: {"a": "b"}',
            "link A: a @ b",
            "A->>B: x",
        ),
        (message(),),
    ),
    "participants called like keywords": (
        ("loop->>end: x", "note-taker->>title: x"),
        (message(src="loop", dst="end"), message(src="note-taker", dst="title")),
    ),
}


@pytest.mark.parametrize("case", STATEMENTS)
def test_statements(case: str) -> None:
    lines, expected = STATEMENTS[case]

    assert items(*lines) == expected


PARTICIPANTS = {
    "participant A": Participant("A", "A"),
    "actor A as Anna": Participant("A", "Anna", person=True),
    'participant A as "Web<br/>App"': Participant("A", "Web\nApp"),
    'participant A@{ "type": "database", "alias": "Store" }': Participant("A", "Store"),
    'participant A@{ "type": "actor" } as Anna': Participant("A", "Anna", person=True),
    "participant A@{ type: 'queue', alias: 'Q' }": Participant("A", "Q"),
    "participant my app": Participant("my app", "my app"),
}


@pytest.mark.parametrize("line", PARTICIPANTS)
def test_participants(line: str) -> None:
    found = read_sequence(f"sequenceDiagram\n{line}").participants

    assert found == (PARTICIPANTS[line],)


def test_participants_stand_in_the_order_in_which_they_appear() -> None:
    found = read_sequence("sequenceDiagram\nparticipant C\nA->>B: x\nparticipant B as Bob")

    assert [(one.id, one.label) for one in found.participants] == [
        ("C", "C"),
        ("A", "A"),
        ("B", "Bob"),
    ]


@pytest.mark.parametrize(
    ("box", "title"),
    [
        ("box Aqua Front end", "Front end"),
        ("box rgb(1,2,3) Front end", "Front end"),
        ("box Front end", "Front end"),
        ("box transparent", ""),
        ("box #abcdef", ""),
    ],
)
def test_boxes(box: str, title: str) -> None:
    found = read_sequence(f"sequenceDiagram\n{box}\nparticipant A\nparticipant B\nend\nA->>C: x")

    assert found.groups == (Group(title, ("A", "B")),)


@pytest.mark.parametrize(
    "text",
    [
        "sequenceDiagram\ntitle: T",
        "---\ntitle: T\n---\nsequenceDiagram",
        "sequenceDiagram\ntitle T",
    ],
)
def test_titles(text: str) -> None:
    assert read_sequence(text).title == "T"


def test_diagrams_of_a_markdown_file() -> None:
    text = "a\n```mermaid\nsequenceDiagram\nA->>B: x\n```\n```mermaid\ngraph TD\n```\n"
    text += "> ~~~mermaid\n> sequenceDiagram\n> A->>B: y\n> ~~~\n"
    text += "```python\nx = 1\n```\n````\nsequenceDiagram\nA->>B: z\n````\n"

    assert [one.items for one in read_diagrams(text, "f")] == [
        (message(),),
        (message("y"),),
        (message("z"),),
    ]


REFUSED = {
    "": "f: has no sequence diagram; a Mermaid file begins with sequenceDiagram, and in Markdown"
    " it stands between ```mermaid and ```",
    "```mermaid\nsequenceDiagram\n\nA->>B x\nhello\n```": "f:5: cannot read 'hello': expected a"
    " message (A->>B: text), a note or a frame",
    "sequenceDiagram\nloop a\nA->>B: x": "f:2: loop has no end; write end below its last line",
    "sequenceDiagram\nbox a": "f:2: box has no end; write end below it",
    "sequenceDiagram\nend": "f:2: cannot read 'end': nothing is open that it could end",
    "sequenceDiagram\nelse x": "f:2: cannot read 'else x': else goes between alt and end",
    "sequenceDiagram\nloop\nand x\nend": "f:3: cannot read 'and x': and goes between par and end",
    "sequenceDiagram\nautonumber x": "f:2: cannot read 'autonumber x': write autonumber,"
    " autonumber 10 5 or autonumber off",
    "sequenceDiagram\nnote right of A,B: x": "f:2: cannot read 'note right of A,B: x': a note is"
    " over one participant or two",
    "sequenceDiagram\n" + "loop\n" * (MAX_DEPTH + 1): f"f:{MAX_DEPTH + 2}: cannot read 'loop': more"
    f" than {MAX_DEPTH} frames inside one another",
    "sequenceDiagram\n" + "\n".join(f"participant p{n}" for n in range(MAX_PARTICIPANTS + 1)): (
        f"f:{MAX_PARTICIPANTS + 2}: more than {MAX_PARTICIPANTS} participants; divide it"
    ),
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_cannot_be_read_is_one_line_with_its_place(text: str) -> None:
    with pytest.raises(UserError) as caught:
        list(read_diagrams(text, "f"))

    assert str(caught.value) == REFUSED[text]
