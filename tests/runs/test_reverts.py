"""What a message says that it reverts."""

from __future__ import annotations

import time

import pytest

from kit.runs.reverts import Form, Named, named, reverted_title

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
        ("This reverts commit r7127.", Form.PHRASE, ("r7127",)),
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
    assert named("subject", body) == Named(form, names)


@pytest.mark.parametrize(
    "body",
    [
        f"This was reverted by commit {ONE}.",
        f"Apply again what was reverted in {ONE}.",
        f"This way we need not revert commit {ONE}.",
        f"so that we can revert {ONE} later",
        f"to avoid the revert of {ONE}",
        f"Revert to what it was before {ONE}.",
        f"> This reverts commit {ONE}.",
        "This reverts the order of the list.",
        f"See {ONE}.",
    ],
)
def test_a_message_that_only_speaks_of_reverts_is_none(body: str) -> None:
    assert named("subject", body) is None


def test_of_a_merge_it_names_the_side_to_go_back_to() -> None:
    body = f"This reverts commit {ONE}, reversing\nchanges made to {TWO}."

    assert named('Revert "Merge"', body) == Named(Form.PHRASE, (ONE,), ((ONE, TWO),))


def test_a_subject_alone_names_the_title_that_it_quotes() -> None:
    assert named('revert "a \\"b\\""', "Broken.") == Named(Form.SUBJECT, ('a \\"b\\"',))


def test_the_title_of_a_revert_of_a_revert_is_a_reverts() -> None:
    assert reverted_title('Revert "Revert "x""') == 'Revert "x"'


def test_the_clearest_form_is_told_where_there_are_two() -> None:
    body = f"A partial revert of {ONE}.\n\nThis reverts commit {TWO}."

    assert named('Revert "x"', body) == Named(Form.PHRASE, (ONE, TWO))


@pytest.mark.parametrize(
    "evil",
    [
        "revert " * 20_000,
        "reverts commits:\n" * 5_000,
        "reverts commit abcdef0" + ", abcdef0" * 20_000,
        "reverts commit abcdef0" + "\n" * 50_000,
        "reverts commit abcdef0 (" + "(" * 50_000,
        "reverts commits " + "commit " * 20_000,
    ],
    ids=lambda text: text[:24],
)
def test_a_hostile_message_takes_no_longer_than_its_length(evil: str) -> None:
    start = time.perf_counter()
    named("subject", evil)

    assert time.perf_counter() - start < 5
