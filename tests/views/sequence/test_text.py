"""A sequence diagram as text: what it looks like, and that no line is ever too wide."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from kit.common.errors import MisuseError
from kit.views.sequence.diagram import SequenceDiagram
from kit.views.sequence.mermaid import read_sequence
from kit.views.sequence.text import MAX_WIDTH, MIN_WIDTH, sequence_lines
from tests.views.sequence.diagrams import diagrams


def drawn(text: str, width: int = 60, *, unicode: bool = False) -> str:
    return "\n".join(
        sequence_lines(read_sequence(f"sequenceDiagram\n{text}"), width, unicode=unicode)
    )


@given(diagrams(most=40), st.sampled_from([MIN_WIDTH, 69, 72, MAX_WIDTH]), st.booleans())
def test_no_line_is_too_wide_or_changed_by_a_mail(
    diagram: SequenceDiagram, width: int, unicode: bool
) -> None:
    lines = sequence_lines(diagram, width, unicode=unicode)

    assert [line for line in lines if cell_len(line) > width] == []
    assert [
        line for line in lines if line.startswith((" ", ">", "From ")) or line.endswith(" ")
    ] == []


PAIRS = st.lists(st.tuples(st.sampled_from("ABCDE"), st.sampled_from("ABCDE")), max_size=20)


@given(PAIRS)
def test_each_arrow_leads_from_its_sender_to_its_recipient(pairs: list[tuple[str, str]]) -> None:
    declared = "\n".join(f"participant {name}" for name in "ABCDE")
    sent = "\n".join(f"{src}->>{dst}: m" for src, dst in pairs)
    head, *rows = drawn(f"{declared}\n{sent}").splitlines()
    lane_at = {head.index(name): name for name in "ABCDE"}

    read = []
    for row in rows:
        for start, end in (found.span() for found in re.finditer(r"<?-+[>.]?", row)):
            left, right = lane_at[start - 1], lane_at.get(end, "")
            match row[start], row[end - 1]:
                case "<", _:
                    read.append((right, left))
                case _, ">":
                    read.append((left, right))
                case _, ".":
                    read.append((left, left))
    assert read == pairs


def test_messages_notes_and_frames() -> None:
    text = """title T
    actor U as User
    participant A as App
    U->>+A: go
    loop until done
    A->>A: think
    A--xU: lost
    Note over U,A: both
    end
    A--)-U: done"""

    assert drawn(text).splitlines() == [
        "T",
        "",
        "|                          User            App",
        "| go                        :-------------->|",
        "+ loop until done ==========================================",
        "| | think                   :               |-.",
        "| |                         :               |<'",
        "| | lost                    :x..............|",
        "| | (both)                  o===============o",
        "+ end loop =================================================",
        "| done                      :(..............|",
        "|                           :               :",
    ]


def test_box_drawing() -> None:
    assert drawn("A->>B: x\nB-->>A: y\nA->>A: z", unicode=True).splitlines() == [
        "│                         A               B",
        "│ x                       │──────────────▶│",
        "│ y                       │◀┄┄┄┄┄┄┄┄┄┄┄┄┄┄│",
        "│ z                       │─╮             │",
        "│                         │◀╯             │",
        "│                         │               │",
    ]


def test_long_texts_go_on_below_and_long_notes_over_the_whole_width() -> None:
    words = "word " * 20

    assert drawn(
        f"participant A\nparticipant B\nA->>B: {words[:60]}\nNote over A: {words}"
    ).splitlines() == [
        "|                                               A        B",
        "| word word word word word word word word word  |------->|",
        "|   word word word                              |        |",
        "| note over A:",
        "|   word word word word word word word word word word word",
        "|   word word word word word word word word word",
        "|                                               |        |",
    ]


def test_names_that_do_not_fit_are_numbered() -> None:
    names = "\n".join(f"participant p{n} as A rather long name {n}" for n in range(1, 8))

    assert drawn(f"{names}\np1->>p7: x").splitlines() == [
        *(f"{n} = A rather long name {n}" for n in range(1, 8)),
        "",
        "|                         1    2    3    4    5    6    7",
        "| x                       |---------------------------->|",
        "|                         |    |    |    |    |    |    |",
    ]


def test_more_lanes_than_columns_are_written_as_words() -> None:
    lines = drawn("\n".join(f"p{n}->>p{n + 1}: x" for n in range(30)))

    assert lines.splitlines()[:2] == ["| p0 --> p1: x", "| p1 --> p2: x"]


def test_boxes_are_named_above_their_lanes() -> None:
    lines = drawn("box Left\nparticipant A\nparticipant B\nend\nparticipant C\nA->>C: x")

    assert lines.splitlines()[0].split() == ["|", "-----------", "Left", "-----------"]


def test_a_participant_has_a_lane_while_it_lives() -> None:
    lines = drawn(
        "A->>A: before\ncreate participant B\nA->>B: made\ndestroy B\nA-xB: over\nA->>A: after"
    )

    assert [line[26:].rstrip() for line in lines.splitlines()] == [
        "A               B",
        "|-.",
        "|<'",
        "|-------------->|",
        "|--------------x|",
        "|-.",
        "|<'",
        "|",
    ]


@pytest.mark.parametrize("width", [MIN_WIDTH - 1, MAX_WIDTH + 1])
def test_a_width_out_of_range_is_misuse(width: int) -> None:
    with pytest.raises(MisuseError):
        sequence_lines(read_sequence("sequenceDiagram"), width)
