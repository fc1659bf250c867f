"""What is looked at closer: a search of many messages at once misses nothing and adds nothing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kit.git.reverts.lookup import Texts, may_revert, places_that_may_revert
from kit.git.values.revert_title import REDO, UNDO

WORDS = (
    b"Revert",
    b"reVERT",
    b"back",
    b"out",
    b"ROLL",
    b"re-land",
    b"undo",
    b"x",
    b" ",
    b"\n",
    b"",
)
MESSAGES = st.lists(st.lists(st.sampled_from(WORDS), max_size=6).map(b"".join), max_size=8)


@given(MESSAGES)
def test_many_messages_at_once_are_those_that_may_revert_one_by_one(messages: list[bytes]) -> None:
    lowered = [each.lower() for each in messages]
    subjects = [each.partition(b"\n")[0] for each in lowered]
    one_by_one = {
        place
        for place, (message, subject) in enumerate(zip(lowered, subjects, strict=True))
        if may_revert(message, subject)
    }

    assert places_that_may_revert(Texts(messages), Texts(subjects)) == one_by_one


@given(st.from_regex(f"(?:{UNDO}|{REDO}) ", fullmatch=True))
def test_no_verb_of_a_title_is_passed_over(verb: str) -> None:
    said = f"{verb}it".encode()

    assert may_revert(said, said)


@given(MESSAGES, st.sampled_from((b"x", b"back", b" ", b"out")))
def test_a_word_is_found_where_it_first_stands_in_each_text(
    messages: list[bytes], word: bytes
) -> None:
    expected = [(place, each.find(word)) for place, each in enumerate(messages) if word in each]

    assert list(Texts(messages).places_of(word)) == expected
