"""What a commit takes back is told by its files where its message does not say it."""

from __future__ import annotations

import random
import threading
from pathlib import Path

import pytest

from kit.git.repository.log import LoggedChange
from kit.git.reverts.changelog import changelog_of
from kit.git.reverts.content import PastChanges, past_changes
from kit.git.reverts.scan import Wanted, read_reverts
from kit.git.values.revert_message import Form
from kit.git.values.verdict import By
from tests.git.workshop import Workshop, numbered, workshop


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    made = workshop(tmp_path / "r")
    made.tag("v1")
    return made


def rows(shop: Workshop, *, content: bool = False) -> list[tuple[str, str, str | None, list[str]]]:
    return [
        (row.sha, row.form.value, row.by, [target.sha or "" for target in row.targets])
        for row in read_reverts(shop.clone, Wanted(content=content))
    ]


def test_a_whole_tree_that_is_there_again_reverts_all_since(shop: Workshop) -> None:
    one = shop.commit("b", {"b": "b\n"})
    two = shop.commit("d", {"d": "d\n"})
    sha = shop.commit("revert(something): restore some other thing", {"b": None, "d": None})

    assert rows(shop) == [(sha, "subject", "content", [two, one])]
    assert [
        each.sha for each in changelog_of(shop.clone, "v1..HEAD") if not each.cancelled_by
    ] == []


def test_files_that_are_as_they_were_revert_what_changed_them(shop: Workshop) -> None:
    target = shop.commit("tune", {"f": numbered(l5="five")})
    shop.commit("meanwhile", {"g": "g\n"})
    sha = shop.commit("Reverted option", {"f": numbered()})

    assert rows(shop) == [(sha, "subject", "content", [target])]


def test_half_of_a_change_taken_back_is_not_told_by_content(shop: Workshop) -> None:
    shop.commit("tune", {"f": numbered(l5="five"), "g": "g\n"})
    shop.commit("Reverted option", {"f": numbered()})

    assert rows(shop) == []


@pytest.mark.parametrize(
    "message", ["Undo commit {}: no", "Backout {} as it fails", "x: roll back commit {}"]
)
def test_a_subject_that_undoes_a_hash_names_it(shop: Workshop, message: str) -> None:
    target = shop.commit("tune", {"f": numbered(l5="five")})
    shop.commit("tune on", {"f": numbered(l5="five", l6="six")})
    sha = shop.commit(message.format(target[:8]), {"f": numbered(l6="six")})

    assert rows(shop) == [(sha, "phrase", "hash", [target])]


def test_what_says_nothing_is_silent_and_told_only_if_asked(shop: Workshop) -> None:
    target = shop.commit("tune", {"f": numbered(l5="five"), "g": "g\n"})
    shop.commit("meanwhile", {"h": "h\n"})
    sha = shop.commit("the old way", {"f": numbered(), "g": None})

    assert rows(shop) == []
    assert rows(shop, content=True) == [(sha, Form.SILENT.value, "content", [target])]


def test_several_changes_are_taken_back_in_silence(shop: Workshop) -> None:
    one = shop.commit("tune", {"f": numbered(l5="five")})
    two = shop.commit("tune on", {"f": numbered(l5="five", l6="six")})
    sha = shop.commit("the old way", {"f": numbered()})

    assert rows(shop, content=True) == [(sha, "silent", "content", [two, one])]


@pytest.mark.parametrize(
    "subjects",
    [
        ("enable it", "disable it"),
        ("bump to 1.2.0", "back to dev"),
        ("on", "off", "on again", "off"),
    ],
)
def test_what_goes_back_and_forth_is_a_toggle(shop: Workshop, subjects: tuple[str, ...]) -> None:
    for number, subject in enumerate(subjects):
        shop.commit(subject, {"f": numbered() if number % 2 else numbered(l5="five")})
    silent = [row[0] for row in rows(shop, content=True)]

    assert shop.head not in silent


def test_half_of_a_change_taken_back_is_not_silent(shop: Workshop) -> None:
    shop.commit("tune", {"f": numbered(l5="five"), "g": "g\n"})
    shop.commit("the old way", {"f": numbered()})

    assert rows(shop, content=True) == []


def test_what_is_of_another_line_is_not_taken_back(shop: Workshop) -> None:
    shop.git("checkout", "--quiet", "-b", "side")
    shop.commit("tune", {"f": numbered(l5="five")})
    shop.git("checkout", "--quiet", "main")
    shop.commit("elsewhere", {"g": "g\n"})

    assert list(read_reverts(shop.clone, Wanted(all_refs=True, content=True))) == []


def _inverse(shop: Workshop, *, body: str = "") -> str:
    """Make a change, another one in the same file, and the exact inverse of the first."""
    target = shop.commit("one", {"f": numbered(l5="five")})
    shop.commit("two", {"f": numbered(l5="five", l15="fifteen")})
    shop.commit("of another file", {"g": "g\n"})
    shop.commit(f"docs: revert the wrong word\n{body}", {"f": numbered(l15="fifteen")})
    return target


def test_an_exact_inverse_is_found_whatever_was_changed_since(shop: Workshop) -> None:
    target = _inverse(shop)

    assert [each.sha for each in shop.read().targets] == [target]
    assert [
        [target.sha for target in row.targets]
        for row in read_reverts(shop.clone, Wanted(content=True))
    ] == [[target]]


def test_a_part_of_a_change_has_no_inverse(shop: Workshop) -> None:
    shop.commit("one", {"f": numbered(l5="five", l6="six"), "g": "g\n"})
    shop.commit("two", {"f": numbered(l5="five", l6="six", l15="fifteen"), "g": "h\n"})
    shop.commit("docs: revert the wrong word", {"f": numbered(l6="six", l15="fifteen")})

    assert [each.sha for each in shop.read().targets] == []


def test_a_commit_without_a_change_is_not_taken_back(shop: Workshop) -> None:
    one = shop.commit("b", {"b": "b\n"})
    shop.commit("nothing at all")
    shop.commit("revert all of it", {"b": None})

    assert [each.sha for each in shop.read().targets] == [one]


@pytest.mark.parametrize("others", [0, 3])
def test_what_a_merge_brought_is_taken_back_commit_by_commit(shop: Workshop, others: int) -> None:
    """The file was only within the branch as it is again."""
    shop.git("checkout", "--quiet", "-b", "side")
    shop.commit("tap: sort", {"tap": "b\na\n"})
    wrong = shop.commit("tap: praise", {"tap": "b\na\nbest\n"})
    shop.git("checkout", "--quiet", "main")
    shop.commit("meanwhile", {"other": "1\n"})
    shop.git("merge", "--quiet", "--no-ff", "-m", "Merge branch 'side'", "side")
    for number in range(others):
        shop.commit("later", {f"later{number}": "1\n"})
    shop.commit("docs: revert what was wrong", {"tap": "b\na\n"})

    (row,) = read_reverts(shop.clone)

    assert [(each.sha, each.by) for each in row.targets] == [(wrong, By.CONTENT)]


def test_rows_by_content_stand_in_the_order_of_the_log(shop: Workshop) -> None:
    shop.commit("tap: begin", {"a": "1\n", "b": "1\n", "c": "1\n"})
    first = shop.commit("tap: one", {"a": "2\n"})
    second = shop.commit("tap: two", {"b": "2\n"})
    quiet = shop.commit("tap: as it should be", {"a": "1\n"})
    said = shop.commit(f"tap: no\n\nThis reverts commit {second}.", {"b": "1\n"})
    louder = shop.commit("tap: once more", {"c": "3\n"})
    last = shop.commit("tap: as it was", {"c": "1\n"})

    rows = list(read_reverts(shop.clone, Wanted(content=True)))
    cut = list(read_reverts(shop.clone, Wanted(content=True, revisions=(f"{quiet}..",))))
    alone = list(read_reverts(shop.clone, Wanted(content=True, paths=("b",))))

    told = [(row.sha, row.form, [target.sha for target in row.targets]) for row in rows]
    assert told == [
        (last, Form.SILENT, [louder]),
        (said, Form.PHRASE, [second]),
        (quiet, Form.SILENT, [first]),
    ]
    assert [row.sha for row in cut] == [last, said]
    assert [row.sha for row in alone] == [said]


def test_the_exact_inverse_of_a_change_is_found_though_more_was_done_and_undone(
    shop: Workshop,
) -> None:
    """What came between touches other files, and is no part of it."""
    shop.commit("tap: begin", {"a": "1\n", "b": "1\n"})
    wrong = shop.commit("tap: one", {"a": "2\n"})
    shop.commit("tap: both", {"a": "3\n", "b": "2\n"})
    shop.commit("tap: neither", {"a": "2\n", "b": "1\n"})
    quiet = shop.commit("tap: as it should be", {"a": "1\n"})

    found = past_changes(shop.clone, ("HEAD",))

    assert found.taken_back(shop.clone.commits(), quiet) == (wrong,)


def test_a_reader_who_leaves_ends_what_reads_changes(shop: Workshop) -> None:
    for number in range(3):
        shop.commit("tap: on", {"a": f"{number}\n"})
        shop.commit(f"tap: off {number}", {"a": "as it was\n"})
    before = threading.active_count()
    rows = read_reverts(shop.clone, Wanted(content=True))
    next(rows, None)
    rows.close()

    assert threading.active_count() == before


def test_of_the_commits_that_are_passed_over_none_takes_another_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is found among a few suspects is what is found among all commits."""
    made = random.Random(0)
    state = dict.fromkeys((b"a", b"b", b"c", b"d"), 0)
    names, changes = [], []
    for number in range(1500):
        paths = sorted(made.sample(list(state), made.choice((1, 1, 2))))
        before = {path: state[path] for path in paths}
        state |= {path: made.choice((number + 1, max(state[path] - 1, 0))) for path in paths}
        paths = [path for path in paths if state[path] != before[path]]
        names.append(b"%040d" % number)
        rows = [b":100644 100644 %040d %040d M" % (before[path], state[path]) for path in paths]
        changes.append(LoggedChange(b"%d" % (number * 3600), b"".join(rows), tuple(paths)))
    found = []
    for suspects in (PastChanges._suspects, lambda past: set(range(len(past._logged)))):
        monkeypatch.setattr(PastChanges, "_suspects", suspects)
        past = PastChanges()
        past.keep(reversed(names), reversed(changes))
        past.settle()
        found.append(past.silent)

    assert len(found[0]) > 20
    assert found[0] == found[1]
