"""The façade for programs does what its documentation shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kit import Repository
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
