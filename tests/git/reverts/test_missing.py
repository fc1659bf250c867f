"""What a branch needs of another one's reverts and fixes, however the change came there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kit.cli.main import main
from kit.git.reverts.missing import MissingState, missing_reverts
from tests.git.workshop import Workshop, numbered, workshop

CHANGE = {"part": "new one\nnew two\n", "f": numbered(l5="five")}


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    """Return a history with a branch from its start."""
    made = workshop(tmp_path / "r")
    made.git("branch", "stable")
    return made


def on_stable(shop: Workshop, how: str, target: str) -> None:
    """Bring a change to the branch."""
    shop.git("checkout", "--quiet", "stable")
    if how == "picked":
        shop.git("cherry-pick", target)
    elif how == "rebased":
        shop.commit("before", {"g": "g\n", "f": numbered(l15="fifteen")})
        shop.commit("by another name", {**CHANGE, "f": numbered(l5="five", l15="fifteen")})
    elif how == "squashed":
        shop.commit("all of it", {**CHANGE, "other": "o\n"})
    elif how == "merged":
        shop.git("merge", "--quiet", "--ff-only", target)
    elif how == "half":
        shop.commit("half of it", {"part": "new one\nelse\n"})
    else:
        shop.commit("nothing of it", {"g": "g\n"})
    shop.git("checkout", "--quiet", "main")


@pytest.mark.parametrize(
    ("how", "states"),
    [
        ("picked", [MissingState.MISSING]),
        ("rebased", [MissingState.MISSING]),
        ("squashed", [MissingState.MISSING]),
        ("merged", [MissingState.MISSING]),
        ("half", [MissingState.PARTLY]),
        ("not", []),
    ],
)
def test_a_revert_is_missing_where_the_change_is(
    shop: Workshop, how: str, states: list[MissingState]
) -> None:
    target = shop.commit("tune", CHANGE)
    on_stable(shop, how, target)
    revert = shop.revert(target)
    found = missing_reverts(shop.clone, "main", "stable")

    assert [(each.sha, each.targets, each.state) for each in found] == [
        (revert, (target,), state) for state in states
    ]


def test_what_the_branch_took_back_itself_is_not_missing(shop: Workshop) -> None:
    target = shop.commit("tune", CHANGE)
    on_stable(shop, "picked", target)
    shop.revert(target)
    shop.git("checkout", "--quiet", "stable")
    shop.commit("no more of it", {"part": None, "f": numbered()})

    assert missing_reverts(shop.clone, "main", "stable") == ()


def test_a_merged_change_of_which_lines_were_edited_later_is_whole(shop: Workshop) -> None:
    target = shop.commit("tune", CHANGE)
    shop.commit("edit", {"part": "new one\nother two\n"})
    shop.git("branch", "--force", "stable")
    shop.commit(f"no\n\nThis reverts commit {target}.", {"part": None, "f": numbered()})

    assert [each.state for each in missing_reverts(shop.clone, "main", "stable")] == [
        MissingState.MISSING
    ]


def test_what_landed_again_is_told_apart(shop: Workshop) -> None:
    target = shop.commit("tune", CHANGE)
    on_stable(shop, "picked", target)
    revert = shop.revert(target)
    shop.revert(revert)
    found = missing_reverts(shop.clone, "main", "stable")

    assert [(each.sha, each.state) for each in found] == [(revert, MissingState.RELANDED)]


@pytest.mark.parametrize("how", ["picked", "not"])
def test_a_fix_is_missing_where_what_it_fixes_is(shop: Workshop, how: str) -> None:
    target = shop.commit("tune", CHANGE)
    on_stable(shop, how, target)
    fix = shop.commit(f"mend\n\nFixes: {target[:12]} (tune)", {"part": "new one\nmended\n"})
    found = missing_reverts(shop.clone, "main", "stable")

    assert [(each.sha, each.is_fix, each.state) for each in found] == (
        [(fix, True, MissingState.MISSING)] if how == "picked" else []
    )


@pytest.mark.parametrize("step_s", [0, -3600])
def test_what_is_needed_is_in_the_order_of_the_history_whatever_its_dates(
    shop: Workshop, step_s: int
) -> None:
    target = shop.commit("tune", CHANGE)
    other = shop.commit("play", {"drum": "loud\n"})
    on_stable(shop, "picked", target)
    shop.git("checkout", "--quiet", "stable")
    shop.git("cherry-pick", other)
    shop.git("checkout", "--quiet", "main")
    expected = []
    for change in (other, target):
        shop.git("revert", "--no-edit", change)
        expected.append(shop.head)
        shop.now_s += step_s

    found = missing_reverts(shop.clone, "main", "stable")

    assert [each.sha for each in found] == expected


@pytest.mark.parametrize(("how", "status"), [("picked", 1), ("not", 0)])
def test_the_command_ends_with_no_where_something_is_missing(
    shop: Workshop, capsys: pytest.CaptureFixture[str], how: str, status: int
) -> None:
    target = shop.commit("tune", CHANGE)
    on_stable(shop, how, target)
    revert = shop.revert(target)
    repo = ("--repo", str(shop.folder))

    assert main(["missing-reverts", "main", "stable", *repo]) == status
    lines = capsys.readouterr().out.splitlines()[1:]
    assert main(["missing-reverts", "main", "stable", *repo, "--json"]) == status
    data = json.loads(capsys.readouterr().out)
    commands = [f"git cherry-pick -x {revert[:12]}"] if status else []
    assert data["commands"] == commands
    assert lines == (
        [
            f'missing   {revert[:10]} revert of {target[:10]} (3 of 3 lines): Revert "tune"',
            "",
            "to get them, run on stable:",
            f"  {commands[0]}",
        ]
        if status
        else ["nothing is missing"]
    )


@pytest.mark.parametrize(
    ("there", "states"), [(1, []), (2, [MissingState.PARTLY]), (10, [MissingState.MISSING])]
)
@pytest.mark.parametrize("is_fix", [False, True])
def test_a_line_of_ten_that_is_alike_is_chance(
    shop: Workshop, is_fix: bool, there: int, states: list[MissingState]
) -> None:
    lines = [f"line {number}\n" for number in range(10)]
    target = shop.commit("write", {"text": "".join(lines)})
    shop.git("checkout", "--quiet", "stable")
    shop.commit("write as well", {"text": "".join(["own\n", *lines[:there]])})
    shop.git("checkout", "--quiet", "main")
    if is_fix:
        shop.commit(f"mend\n\nFixes: {target[:12]}", {"text": "".join([*lines[1:], "better\n"])})
    else:
        shop.revert(target)

    assert [each.state for each in missing_reverts(shop.clone, "main", "stable")] == states
