"""The façade for programs does what its documentation shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kit import Repository
from kit.common.errors import UserError
from kit.git.values.sections import Grouping
from kit.git.values.verdict import RevertVerdict
from tests.git.workshop import Workshop, workshop

DOCS = Path(__file__).parents[2] / "docs" / "reverts.md"


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    made = workshop(tmp_path / "r")
    made.tag("v1.0.0")
    made.git("branch", "stable")
    made.commit("pump: keep it", {"src/pump": "1\n"})
    made.tag("v1.1.0")
    made.git("branch", "--force", "stable")
    made.revert("HEAD")
    return made


def test_the_example_of_the_documentation_runs(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = DOCS.read_text().split("## From Python")[1]
    (example,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    monkeypatch.chdir(shop.folder)
    names: dict[str, object] = {}
    exec(example, names)
    sha, target = shop.git("rev-parse", "HEAD", "HEAD~1").split()

    assert capsys.readouterr().out.splitlines() == [
        f"{sha[:10]} Revert \"pump: keep it\" ['{target}']",
        f"{RevertVerdict.EXACT} ('v1.1.0',)",
    ]
    assert names["news"] == []
    assert (names["heads"], names["following"]) == ([], None)
    assert [each.sha for each in names["needed"]] == [sha]  # type: ignore[attr-defined]


def test_reverts_are_read_anew_by_each_walk_and_checked_if_asked(shop: Workshop) -> None:
    found = Repository(shop.folder).reverts()

    assert list(found) == list(found)
    assert [row.finding for row in found] == [None]
    assert [row.finding and row.finding.verdict for row in found.checked()] == [RevertVerdict.EXACT]


def test_a_data_frame_is_one_method_away(shop: Workshop) -> None:
    frame = Repository(shop.folder).reverts().checked().frame()

    assert frame[["subject", "verdict", "days"]].to_dict("records") == [
        {"subject": 'Revert "pump: keep it"', "verdict": "exact", "days": 1}
    ]


def test_a_changelog_has_sections_releases_and_the_version_that_follows(
    tmp_path: Path,
) -> None:
    made = workshop(tmp_path / "r")
    made.tag("v1.0.0")
    tap = made.commit("feat(tap): turn", {"src/tap": "1\n"})
    made.tag("v1.1.0")
    pump = made.commit("fix(pump): keep", {"lib/pump": "1\n"})
    repository = Repository(made.folder)

    read = repository.changelog("v1.0.0..")
    by_folder = repository.changelog("v1.0.0..", group="directory")
    since = repository.changelog(since_tag=True)
    several = repository.changelog("HEAD", "^v1.1.0", "^v1.0.0")

    assert [each.sha for each in read] == [pump, tap]
    assert (len(read), read[0].sha, read.by) == (2, pump, Grouping.TYPE)
    assert [(each.head, len(each.entries)) for each in read.sections] == [
        ("Features", 1),
        ("Fixes", 1),
    ]
    assert [each.directory for each in by_folder] == ["lib", "src"]
    assert [name for name, _ in read.releases] == ["v1.1.0"]
    assert read.next_version == ("v1.1.0", "v1.1.1", read.next_version.why)  # type: ignore[union-attr]
    assert [each.sha for each in since] == [each.sha for each in several] == [pump]


@pytest.mark.parametrize(
    ("words", "options", "why"),
    [
        ((), {}, "needs a range"),
        (("v1.0.0..",), {"group": "colour"}, "cannot group sections by 'colour'; give"),
        (("a...b", "HEAD"), {}, "a...b is not a range"),
        (("^a..b",), {}, "is not a range"),
    ],
)
def test_what_is_no_range_is_refused(
    shop: Workshop, words: tuple[str, ...], options: dict[str, str], why: str
) -> None:
    with pytest.raises(UserError, match=re.escape(why)):
        Repository(shop.folder).changelog(*words, group=options.get("group"))


def test_a_type_checker_reads_the_types_of_the_package() -> None:
    """PEP 561: the marker says that they are there."""
    assert (Path(__file__).parents[2] / "kit" / "py.typed").is_file()
