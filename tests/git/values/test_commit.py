"""What a commit's message says of other commits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kit.git.values.commit import (
    Commit,
    Hunk,
    Person,
    fixes,
    lore_link,
    message_id,
    quoted_list_links,
    refers_to,
    reverts,
    series_of,
    siblings,
)

A, B, C = "4515a5f786024fabf0bef4cf3d28adf5647e6e82", "d1c2e3ce3d", "51254ffb32"


def commit(body: str = "", subject: str = "subject", **trailers: str) -> Commit:
    someone = Person("A", "a@example.org")
    return Commit(
        hash="0" * 40,
        subject=subject,
        body=body,
        author=someone,
        committer=someone,
        authored="2021-03-31T21:04:00-03:00",
        committed="2021-04-12T12:00:00+10:00",
        trailers=tuple((key.replace("_", "-"), value) for key, value in trailers.items()),
    )


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (f"This reverts commit {A}.", (A,)),
        (f"this REVERTS COMMIT {B}", (B,)),
        (f'This reverts commit {A}\n"one"\n\nThis reverts commit {B}\n"two"', (A, B)),
        (f"This reverts commits {A}, {B} and {C}.", (A, B, C)),
        (f"This reverts commit commit {B}.", (B,)),
        (f"Reverts: {C}", (C,)),
        (f"Reverted {C} because of {B}", (C,)),
        (f"This reverts commit {B}. This reverts commit {B}.", (B,)),
        (f"This is like {B}.", ()),
        ("This reverts the commit.", ()),
    ],
)
def test_what_a_message_says_it_reverts(body: str, found: tuple[str, ...]) -> None:
    assert reverts(commit(body)) == found


def test_what_a_message_mentions_beside_its_reverts() -> None:
    body = f"After {B} and 20210401, https://x.org/{C}/ and mail {A[:10]}@x.org.\nThis reverts {C}."

    assert refers_to(commit(body)) == (B,)


def test_the_last_message_id_counts_and_leads_to_lore() -> None:
    posting = commit(Message_Id="<20210401000437.131140-2-d@example.org>")

    assert message_id(posting) == "20210401000437.131140-2-d@example.org"
    assert lore_link(posting) == (
        "https://lore.kernel.org/qemu-devel/20210401000437.131140-2-d@example.org/"
    )
    assert (message_id(commit()), lore_link(commit())) == (None, None)


def test_a_reenacted_commit_was_posted_where_the_original_was() -> None:
    played = commit(Original_message_id="<20210401000437.131140-2-d@example.org>")

    assert message_id(played) == "20210401000437.131140-2-d@example.org"


@pytest.mark.parametrize("hostile", ["<a@b> <script>", "no address", "<a b@c>"])
def test_what_is_no_message_id_is_none(hostile: str) -> None:
    assert message_id(commit(Message_Id=hostile)) is None


def test_links_to_gnu_org_only_where_they_are_quoted() -> None:
    link = "https://lists.gnu.org/archive/html/qemu-devel/2021-03/msg04682.html"

    assert quoted_list_links(commit(f"[1] {link}\n[2] <{link}>")) == (link,)
    assert quoted_list_links(commit("nothing")) == ()


def test_fixes_are_trailers() -> None:
    assert fixes(commit(Fixes="https://example.org/1")) == ("https://example.org/1",)


def test_a_posting_of_a_series() -> None:
    assert series_of("20210401000437.131140-3-d@example.org") == (
        "20210401000437.131140-d@example.org",
        3,
    )
    assert series_of("abc@example.org") is None


@pytest.mark.parametrize(
    ("head", "name"),
    [
        ("static void drc_realize(DeviceState *d, Error **errp)", "drc_realize"),
        ("typedef struct SpaprDrc {", "typedef struct SpaprDrc {"),
        ("", ""),
    ],
)
def test_the_name_in_a_functions_head(head: str, name: str) -> None:
    assert Hunk(head, ()).function_name == name


def posted(number: int, series: str = "20210401000437.131140") -> Commit:
    return commit(Message_Id=f"<{series}-{number}-d@example.org>", subject=f"{series} {number}")


def test_commits_posted_together_stand_in_their_order() -> None:
    second, third = (replace(posted(n), hash=str(n) * 40) for n in (2, 3))
    other = replace(posted(1, "20210222194531.62717"), hash="9" * 40)

    assert siblings(second, [third, other, second]) == (second, third)


def test_without_a_message_id_a_commit_stands_alone() -> None:
    one, two = replace(commit(), hash="1" * 40), replace(commit(), hash="2" * 40)

    assert siblings(two, [one, two]) == (two,)
