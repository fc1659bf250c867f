"""kit revert, kit reverts and kit changelog: what they print, and how they end."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from kit.case_study import history as history_in_use
from kit.cli.main import main
from kit.git.reverts.report import revert_report, reverts_frame
from kit.git.reverts.scan import read_reverts
from tests.git.workshop import Workshop, numbered, workshop

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    return workshop(tmp_path / "r")


# -- the re-enactment --------------------------------------------------------------------------


def test_the_lessons_revert_is_exact_in_the_re_enactment(capsys: Captured) -> None:
    """Its 57 lines stand for 82 of QEMU's: d522cb52e6."""
    assert main(["revert", "d522cb52e6", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    names = [target["named"] for target in report["targets"]]
    own = history_in_use.history().commit

    assert report["sha"] == own("d522cb52e6").hash
    assert names == [own(name).hash for name in ("4515a5f786", "d1c2e3ce3d", "51254ffb32")]
    assert report == {
        "sha": report["sha"],
        "subject": "spapr: take the CPU unplug timeout out again",
        "targets": [
            {"named": name, "sha": name, "status": "ok", "days": 33, "by": "hash"} for name in names
        ],
        "verdict": "exact",
        "note": None,
        "checks": {"three_way": True, "reverse_apply": True, "same_lines": True},
        "residual": [],
        "tags": ["v6.0.0-rc0"],
        "releases": [],
        "source": str(history_in_use.history().source),
        "committed": "2021-04-12T12:00:00+00:00",
        "form": "phrase",
        "lines": 57,
        "orders": {"apply": 3, "tried": 6},
        "chain": [],
        "after": [
            {
                "sha": own("2b18fc794f").hash,
                "subject": "spapr: every device_del of a CPU sends the guest an event",
                "how": "follow-up",
            }
        ],
    }


def test_the_report_in_a_terminal(capsys: Captured) -> None:
    assert main(["revert", "revert"]) == 0
    shown = capsys.readouterr().out

    assert "exact: its tree is what undoing the targets gives\n" in shown
    assert "  three-way      yes (3 of 6 orders apply)\n" in shown
    assert "  line by line   yes (57 lines changed)\n" in shown
    assert "tags with the code: v6.0.0-rc0\nreleases with it:   none\n" in shown


def test_tags_whose_files_are_not_here_are_told_in_a_terminal(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = replace(revert_report(history_in_use.history(), "d522cb52e6"), tags=(), untold=2)
    monkeypatch.setattr("kit.git.reverts.report.revert_report", lambda *_: found)
    main(["revert", "revert"])

    assert (
        "tags with the code: none known\nreleases with it:   none\n"
        "the kit cannot tell for 2 tags: the clone lacks their files\n"
    ) in capsys.readouterr().out


def test_what_the_range_of_the_lesson_brought(capsys: Captured) -> None:
    assert main(["changelog", "936fda4d77..2b18fc794f", "--format", "json"]) == 0
    entries = json.loads(capsys.readouterr().out)["entries"]
    own = history_in_use.history().commit
    story = ["4515a5f786", "d1c2e3ce3d", "51254ffb32"]

    assert {each["sha"]: each["annulled_by"] for each in entries} == {
        own("2b18fc794f").hash: None,
        own("d522cb52e6").hash: own(story[0]).hash,
        own("555249a59e").hash: None,
        **{own(name).hash: own("d522cb52e6").hash for name in story},
    }


def test_all_reverts_of_the_re_enactment(capsys: Captured) -> None:
    assert main(["reverts", "--check"]) == 0

    lines = capsys.readouterr().out.splitlines()

    assert lines[0] == f"read from {history_in_use.history().source}, HEAD"
    assert (
        lines[1].split(maxsplit=2)[2] == "exact      spapr: take the CPU unplug timeout out again"
    )
    assert lines[3:] == [
        "1 revert; form: phrase 1",
        "verdict: exact 1",
        "days from commit to revert, by committer date: median 33.0, p90 33.0",
        "days from commit to revert, by author date: median 33.0, p90 33.0",
        "by directory: hw 1, include 1, util 1",
        "by year: 2021 1",
    ]


# -- any clone ---------------------------------------------------------------------------------


def test_a_row_of_json_a_line(shop: Workshop, capsys: Captured) -> None:
    target = shop.commit("part: x", {"f": numbered(l5="five")})
    sha = shop.revert(target)

    assert main(["reverts", "--repo", str(shop.folder), "--json"]) == 0
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [
        {
            "sha": sha,
            "subject": 'Revert "part: x"',
            "committed": "2020-09-16T12:26:40+00:00",
            "form": "phrase",
            "by": "hash",
            "targets": [{"named": target, "sha": target, "status": "ok", "days": 1, "by": "hash"}],
        }
    ]


def test_a_checked_row_has_a_verdict(shop: Workshop, capsys: Captured) -> None:
    shop.revert(shop.commit("part: x", {"f": numbered(l5="five")}))

    assert main(["reverts", "--repo", str(shop.folder), "--json", "--check"]) == 0
    assert json.loads(capsys.readouterr().out)["verdict"] == "exact"


def test_what_is_not_exact_ends_with_no_and_shows_what_is_left(
    shop: Workshop, capsys: Captured
) -> None:
    target = shop.commit("x\x1b[31m", {"f": numbered(l5="\x1b[31mfive", l15="fifteen")})
    shop.commit(f"y\n\nThis reverts commit {target}.", {"f": numbered(l5="\x1b[31mfive")})

    assert main(["revert", "HEAD", "--repo", str(shop.folder)]) == 1
    shown = capsys.readouterr().out
    assert "partial: something of the targets is left\n" in shown
    assert "  left    f: +\\x1b[31mfive\n" in shown
    assert "\x1b" not in shown


def test_a_chain_of_reverts_is_followed_to_its_end(shop: Workshop, capsys: Captured) -> None:
    target = shop.commit("x", {"f": numbered(l5="five")})
    one = shop.revert(target)
    two = shop.revert(one)
    shop.revert(two)
    main(["revert", "HEAD", "--repo", str(shop.folder), "--json"])

    chain = json.loads(capsys.readouterr().out)["chain"]
    assert [(each["sha"], each["targets"][0]["sha"]) for each in chain] == [
        (two, one),
        (one, target),
    ]


@pytest.mark.parametrize("command", ["revert HEAD", "reverts", "changelog v6.0.0-rc0..v6.0.0"])
def test_a_file_of_single_commits_is_refused(
    command: str, tmp_path: Path, capsys: Captured
) -> None:
    file = tmp_path / "lesson.json"
    main(["history", "export", "-o", str(file)])
    capsys.readouterr()

    assert main([*command.split(), "--repo", str(file)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("kit: ")


@pytest.mark.parametrize("span", ["..", "a....b", "a...b", "nowhere", "nowhere..v6.0.0"])
def test_what_is_no_range_is_refused_in_a_line(span: str, capsys: Captured) -> None:
    assert main(["changelog", span]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert span.split("..")[0] in line


@pytest.mark.parametrize("date", ["rubbish", "", "--all"])
def test_what_is_no_date_is_refused(date: str, capsys: Captured) -> None:
    """git takes any word for the present."""
    assert main(["reverts", f"--since={date}"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_an_empty_repository_has_no_reverts(tmp_path: Path, capsys: Captured) -> None:
    Workshop(tmp_path).git("init", "--quiet", "--template=")

    assert main(["reverts", "--repo", str(tmp_path), "--json"]) == 0

    said = capsys.readouterr()
    what = "all refs, as HEAD is a branch without commits"
    assert said.out == ""
    assert said.err.splitlines() == [
        f"read from clone ({tmp_path}), {what}",
        f"kit: {tmp_path} has no commits yet",
    ]


def test_a_clone_of_single_branches_without_a_head_is_read_all(
    shop: Workshop, capsys: Captured
) -> None:
    """As `kit fetch` makes it."""
    shop.revert(shop.commit("part: x", {"f": numbered(l5="five")}))
    shop.git("symbolic-ref", "HEAD", "refs/heads/nowhere")

    assert main(["reverts", "--repo", str(shop.folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["form"] == "phrase"


# -- the table ---------------------------------------------------------------------------------


def test_a_table_has_a_row_for_each_target(shop: Workshop) -> None:
    one, two = shop.commit("one", {"f": numbered(l5="five")}), shop.commit("two")
    sha = shop.commit(f"x\n\nThis reverts commits {two} and 0123456789.")
    titled = shop.commit('Revert "one"', {"f": numbered()})

    frame = reverts_frame(read_reverts(shop.clone, check=True))

    columns = ["sha", "named", "target", "status", "days", "verdict"]
    assert frame[columns].astype(object).where(
        frame[columns].notna(), None
    ).to_numpy().tolist() == [
        [titled, "one", one, "ok", 3, "exact"],
        [sha, two, two, "ok", 1, "exact"],
        [sha, "0123456789", None, "unknown", None, "exact"],
    ]
    assert str(frame["committed"].dtype).startswith("datetime64")


def test_a_table_of_no_reverts_has_the_same_columns(shop: Workshop) -> None:
    frame = reverts_frame(read_reverts(shop.clone))

    assert len(frame) == 0
    assert "author_days" in frame.columns


@pytest.fixture
def conventional(shop: Workshop) -> tuple[Workshop, str]:
    """Return a repository with a version, a feature since and a remote, and the feature."""
    shop.tag("v1.0.0")
    sha = shop.commit("feat: thank @you, see #1", {"g": "g\n"})
    shop.git("config", "remote.origin.url", "git@github.com:owner/name.git")
    return shop, sha


def test_a_changelog_since_the_last_version_says_which_one_follows(
    conventional: tuple[Workshop, str], capsys: Captured
) -> None:
    shop, sha = conventional
    assert main(["changelog", "--since-tag", "--repo", str(shop.folder)]) == 0

    assert capsys.readouterr().out.splitlines()[1:] == [
        "v1.0.0..HEAD: 1 commit of 1",
        "",
        "Features",
        f"  feat: thank @you, see #1 ({sha[:10]})",
        "",
        "v1.1.0 follows v1.0.0: a feature.",
    ]


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        ([], "[{short}](https://github.com/owner/name/commit/{sha})"),
        (["--link", "no"], "{short}"),
        (["--link", "https://e.org/c/{{sha}}"], "[{short}](https://e.org/c/{sha})"),
    ],
)
def test_markdown_leads_to_the_forge_and_notifies_nobody(
    options: list[str], shown: str, conventional: tuple[Workshop, str], capsys: Captured
) -> None:
    shop, sha = conventional
    options = [each.replace("{{", "{").replace("}}", "}") for each in options]
    command = ["changelog", "v1.0.0..", "--repo", str(shop.folder), "--format", "md"]

    assert main([*command, *options]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == (
        f"- feat: thank `@you,` see #1 ({shown.format(short=sha[:10], sha=sha)})"
    )


def test_a_changelog_as_json_says_what_it_goes_by(
    conventional: tuple[Workshop, str], capsys: Captured
) -> None:
    shop, _ = conventional
    assert main(["changelog", "v1.0.0..", "--repo", str(shop.folder), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    del found["entries"]

    assert found == {
        "range": "v1.0.0..",
        "grouped_by": "type",
        "releases": [],
        "next_version": {"base": "v1.0.0", "version": "v1.1.0", "why": "a feature"},
    }


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "kit changelog needs a range"),
        (["--since-tag"], "no tag before HEAD is a version"),
        (["HEAD", "--link", "nowhere"], "--link nowhere is not the address of a repository"),
    ],
)
def test_a_changelog_without_a_beginning_is_refused(
    words: list[str], said: str, shop: Workshop, capsys: Captured
) -> None:
    assert main(["changelog", *words, "--repo", str(shop.folder)]) == 2
    assert said in capsys.readouterr().err


def test_a_range_of_several_words_is_that_of_git(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shop = workshop(tmp_path / "r")
    shop.git("branch", "old")
    shop.commit("tap: one", {"a": "1\n"})
    shop.git("branch", "stable")
    shop.git("checkout", "--quiet", "-b", "other", "old")
    shop.commit("pump: other", {"b": "1\n"})
    shop.git("checkout", "--quiet", "main")
    shop.commit("tap: two", {"a": "2\n"})

    for words in (["main", "^stable"], ["main", "other", "^stable", "^old"], ["^stable", "main"]):
        assert main(["changelog", "--repo", str(shop.folder), "--json", *words]) == 0
        found = json.loads(capsys.readouterr().out)
        shown = shop.git("log", "--format=%H", *words).split()
        assert (found["range"], [e["sha"] for e in found["entries"]]) == (" ".join(words), shown)
