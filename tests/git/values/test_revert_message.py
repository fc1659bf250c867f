"""What a message says that it reverts."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator

import pytest

import kit.git.values.revert_message
from kit.git.values.commit import (
    Commit,
    Hunk,
    Person,
    fixes,
    message_id,
    quoted_list_links,
    refers_to,
)
from kit.git.values.revert_message import Form, NamedTargets, named, reverted_title
from tests.effort import LONG

ONE, TWO, THREE = "0123abc", "4567def", "89abcde"
FULL = "d522cb52e604c8448674d90dae09ad50223b5d3c"


@pytest.mark.parametrize(
    ("body", "form", "names"),
    [
        (f"This reverts commit {FULL}.", Form.PHRASE, (FULL,)),
        (f"THIS REVERTS COMMIT {ONE.upper()}.", Form.PHRASE, (ONE.upper(),)),
        (f"This reverts\ncommit\n\n{ONE}", Form.PHRASE, (ONE,)),
        (f"This reverts commit commit {ONE}.", Form.PHRASE, (ONE,)),
        (f"This reverts reverts commit {ONE}", Form.PHRASE, (ONE,)),
        (f"This reverts commits {ONE}, {TWO} and {THREE}.", Form.PHRASE, (ONE, TWO, THREE)),
        (f'Reverts commit {ONE} ("a (b) c") and commit {TWO} ("d").', Form.PHRASE, (ONE, TWO)),
        (f"Reverts commit {ONE}.\nAlso reverts commit {TWO}.", Form.PHRASE, (ONE, TWO)),
        (f"It reverts the following commits:\n\n {ONE} a\n - {TWO} b\n\n{THREE}", Form.PHRASE,
         (ONE, TWO)),
        (f"This reverts commit {ONE}, {ONE}012 and {TWO}", Form.PHRASE, (f"{ONE}012", TWO)),
        (f"Text.\n\nReverts: {ONE}\nSigned-off-by: A", Form.TRAILER, (ONE,)),
        (f"Text.\n\nreverts: {ONE} (\"x\")", Form.TRAILER, (ONE,)),
        (f"This-reverts: {ONE}", Form.TRAILER, (ONE,)),
        (f"Revert {ONE}, it is wrong", Form.PROSE, (ONE,)),
        (f"This is a partial revert of {ONE}.", Form.PROSE, (ONE,)),
        (f"This reverts most of the changes in commit {ONE}", Form.PROSE, (ONE,)),
        (f"by reverting part of\ncommit {ONE}", Form.PROSE, (ONE,)),
    ],
)  # fmt: skip
def test_a_message_names_what_it_reverts(body: str, form: Form, names: tuple[str, ...]) -> None:
    assert named("subject", body) == NamedTargets(form, names)


@pytest.mark.parametrize(
    ("body", "numbers"),
    [
        ("This reverts commit r7127.", ("r7127",)),
        ("This reverts commits r712 and r713.", ("r712", "r713")),
        ("This reverts commit r712, r713 is a better way.", ("r712",)),
    ],
)
def test_a_number_of_subversion_is_one_to_look_for(body: str, numbers: tuple[str, ...]) -> None:
    found = named("subject", body)

    assert found is not None
    assert (found.form, found.numbers, found.has_hashes) == (Form.PHRASE, numbers, False)


@pytest.mark.parametrize(
    "body",
    [
        f"This was reverted by commit {ONE}.",
        f"Apply again what was reverted in {ONE}.",
        f"This way we need not revert commit {ONE}.",
        f"so that we can revert {ONE} later",
        f"to avoid the revert of {ONE}",
        f"Revert to what it was before {ONE}.",
        f"The simplest solution to revert {ONE} is to move it.",
        f"Colours were lost as part of reverting {ONE}.",
        f"See the one before, which was a partial revert of {ONE}.",
        f"> This reverts commit {ONE}.",
        "This reverts the order of the list.",
        f"See {ONE}.",
    ],
)
def test_a_message_that_only_speaks_of_reverts_is_none(body: str) -> None:
    assert named("subject", body) is None


def test_the_title_of_a_commit_that_is_reverted_names_nothing_more() -> None:
    body = f"This reverts commit {ONE} (Revert {TWO}, 2010-02-05) as it is mended."

    assert named("Bring it back", body) == NamedTargets(Form.PHRASE, (ONE,))
    assert named("x: revert a commit", f"This reverts commit {ONE}.") == NamedTargets(
        Form.PHRASE, (ONE,), titles=("a commit",)
    )


def test_of_a_merge_it_names_the_side_to_go_back_to() -> None:
    body = f"This reverts commit {ONE}, reversing\nchanges made to {TWO}."

    assert named('Revert "Merge"', body) == NamedTargets(
        Form.PHRASE, (ONE,), ((ONE, TWO),), titles=("Merge",)
    )


def test_a_subject_alone_names_the_title_that_it_quotes() -> None:
    title = ('a \\"b\\"',)

    assert named('revert "a \\"b\\""', "Broken.") == NamedTargets(Form.SUBJECT, title, titles=title)


def test_the_title_of_a_revert_of_a_revert_is_a_reverts() -> None:
    assert reverted_title('Revert "Revert "x""') == 'Revert "x"'


def test_the_clearest_form_is_told_where_there_are_two() -> None:
    body = f"A partial revert of {ONE}.\n\nThis reverts commit {TWO}."

    assert named('Revert "x"', body) == NamedTargets(Form.PHRASE, (ONE, TWO), titles=("x",))


# -- hostile messages --------------------------------------------------------------------------

# Of each alternative of the patterns a piece that begins it, ends it, or breaks it off.
PIECES = (
    *("revert ", "Reverts: ", "reverts commits:\n", "This reverts commit ", "Reverted ", "r "),
    *(FULL, f"{ONE}, ", f"{TWO} ", "abcdef0", "r7127 ", "commit ", "commits 123 ", "- ", "1. "),
    *("(", ")", '"', "\n", " ", ":", ",", ".", ">", "@", "a", "'s ", "and ", "not ", "changes "),
    *("reversing changes made to ", "e\u0301", "\x00", "\u2028", "\t"),
)


def _messages(characters: int) -> Iterator[str]:
    """Give each piece, and sixty rows of up to four, over and over."""
    chance = random.Random(17)
    rows = [(piece,) for piece in PIECES]
    rows += [tuple(chance.choices(PIECES, k=chance.randint(2, 4))) for _ in range(60)]
    for row in rows:
        start = chance.choice(("", "This reverts commit ", "reverts the series "))
        words = "".join(row)
        yield start + words * (characters // len(words))


def test_a_message_takes_time_in_proportion_to_its_length(monkeypatch: pytest.MonkeyPatch) -> None:
    """A square of the length would take minutes: the slowest takes 0.4 s in 50,000 characters.

    In 20,000 a square would still take 25 s, and a proportion 0.16 s.
    """
    monkeypatch.setattr(kit.git.values.revert_message, "_MAX_CHARACTERS", 1_000_000)
    characters, most_s = (200_000, 5) if LONG else (20_000, 0.5)
    taken = {}
    for message in _messages(characters):
        start = time.process_time()
        named("subject", message)
        taken[message[:60]] = time.process_time() - start

    assert {words: seconds for words, seconds in taken.items() if seconds > most_s} == {}


def test_what_a_commit_says_of_others_takes_no_longer_than_its_length() -> None:
    slow = []
    for words in ("a@", "<a@", "a", "1.", "1-", "https://lists.gnu.org/", "0123abc ", "a (", "\t"):
        text = words * (200_000 // len(words))
        person = Person("A", "a@example.org")
        commit = Commit(
            hash=FULL, subject=text, body=text, author=person, committer=person,
            authored="", committed="", trailers=(("Message-Id", f"{text} x"),),
        )  # fmt: skip
        start = time.process_time()
        found = (message_id(commit), quoted_list_links(commit), refers_to(commit), fixes(commit))
        name = Hunk(text, ()).function_name
        if time.process_time() - start > 5:
            slow.append((words, found, name))

    assert slow == []


def test_of_a_message_the_first_hundred_names_count() -> None:
    names = [f"{number:07x}" for number in range(0x1000000, 0x1000000 + 300)]
    found = named("subject", f"This reverts commits {', '.join(names)}.")

    assert found == NamedTargets(Form.PHRASE, tuple(names[:100]))


def test_of_a_message_the_first_hundred_thousand_characters_count() -> None:
    body = f"{'words ' * 20_000}\n\nThis reverts commit {ONE}."

    assert named("subject", body) is None


LINES = (
    "This reverts commit 0123abc1.", "Revert commit 0123abc2", "As in:", "    revert 0123abc3",
    "\trevert 0123abc4", "> revert 0123abc5", " > revert 0123abc6", "$ git revert 0123abc7",
    "Reverts: 0123abc8", "words", "",
)  # fmt: skip


def test_a_body_without_quotation_or_example_is_read_as_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The shortcut for most bodies gives what reading them line by line gives."""
    made = random.Random(0)
    bodies = ["\n".join(made.choices(LINES, k=made.randrange(6))) for _ in range(2000)]
    found = [named("subject", body) for body in bodies]
    monkeypatch.setattr(kit.git.values.revert_message, "_SET_APART", re.compile(""))

    assert found == [named("subject", body) for body in bodies]
