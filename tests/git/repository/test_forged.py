"""An object that is stored under another's hash is not shown: git and git show believe it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kit.cli.main import main
from kit.git.repository.clone import CloneHistory
from kit.git.repository.commits import Commits
from kit.git.repository.history import HistoryError
from kit.git.repository.objects import MissingObjectError, Objects
from kit.git.repository.reader import ObjectReader
from tests.git.odd_objects import FILE, FOLDER, OddRepository, complaints
from tests.git.upstream import git

WORDS = "is forged or damaged: what is stored there has the hash"
NAMED = re.compile("forged or damaged|hash mismatch")  # of what is named git itself says so


class Forged:
    """A revert of one file in a folder, in which one object has the content of another."""

    def __init__(self, folder: Path, kind: str, form: str = "sha1") -> None:
        made = OddRepository(folder, form)
        old, new = made.blob(b"old\n"), made.blob(b"new\n")
        folders = [made.tree([(FILE, b"f", each)]) for each in (old, new)]
        trees = [made.tree([(FOLDER, b"d", each)]) for each in folders]
        self.revert = made.reverted(*trees)
        self.repo, self.folder = ("--repo", str(folder)), folder
        first = git(folder, "rev-parse", "v1.0.0").strip()
        self.target = git(folder, "rev-parse", "main^").strip()
        if kind == "commit":
            content = b"tree %s\nauthor S <s@x> 1 +0000\ncommitter S <s@x> 1 +0000\n\ncounterfeit\n"
            content += b"\nThis reverts commit 1234567.\n"
            made.write("commit", content % trees[0].encode(), under=self.revert)
        elif kind == "target":
            content = (
                b"tree %s\nparent %s\nauthor S <s@x> 1 +0000\ncommitter S <s@x> 1 +0000\n\nx\n"
            )
            made.write("commit", content % (trees[1].encode(), first.encode()), under=self.target)
        elif kind == "tree":
            made.write("tree", b"100644 counterfeit\0" + bytes.fromhex(new), under=trees[0])
        elif kind == "folder":
            made.write("tree", b"100644 counterfeit\0" + bytes.fromhex(new), under=folders[0])
        elif kind == "blob":
            made.write("blob", b"counterfeit\n", under=old)


@pytest.mark.parametrize("form", ["sha1", "sha256"])
@pytest.mark.parametrize("kind", ["commit", "tree", "folder", "blob"])
def test_what_is_shown_has_its_hash(
    kind: str, form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = Forged(tmp_path / "repo.git", kind, form)
    status = main(["show", made.revert, *made.repo, "--format", "text"])
    output, complaint = capsys.readouterr()

    assert "counterfeit" in git(made.folder, "show", made.revert)
    assert (status, "counterfeit" in output) == (2 if kind == "commit" else 0, False)
    assert NAMED.search((output + complaint).replace("\\\n", ""))  # a long line goes on


@pytest.mark.parametrize("kind", ["commit", "target", "tree", "folder", "blob"])
def test_every_command_says_what_is_forged_in_a_line(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = Forged(tmp_path / "repo.git", kind)
    said = {}
    for command in (["revert", "HEAD"], ["reverts", "--check", "--json"], ["reverts"],
                    ["changelog", "v1.0.0..HEAD", "--json"]):  # fmt: skip
        status = main([*command, *made.repo])
        output, complaint = capsys.readouterr()
        assert complaints(complaint) <= (status == 2), complaint
        assert "counterfeit" not in output
        said[command[0]] = output + complaint

    assert (kind == "target") or NAMED.search(said["revert"])
    assert (kind != "commit") or all(NAMED.search(words) for words in said.values())
    if kind == "target":
        assert NAMED.search(said["changelog"])
        assert f"{made.target[:10]}: unknown here" in said["revert"]


def test_a_tag_that_is_forged_names_no_commit(tmp_path: Path) -> None:
    made = OddRepository(tmp_path / "repo.git")
    commits = [made.commit(made.tree([]), (), each) for each in (b"one\n", b"two\n")]
    content = b"object %s\ntype commit\ntag v1\ntagger A <a@b> 1 +0000\n\nx\n"
    tag = made.write("tag", content % commits[0].encode())
    made.head(commits[0], tag)
    (made.folder / "refs" / "tags" / "v1").write_text(f"{tag}\n")
    honest = dict(CloneHistory(made.folder).tags())["v1"]
    made.write("tag", content % commits[1].encode(), under=tag)

    assert (honest, dict(CloneHistory(made.folder).tags())["v1"]) == (commits[0], tag)


def test_what_comes_after_says_what_is_forged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = Forged(tmp_path / "repo.git", "none")
    repository = OddRepository(tmp_path / "other.git")  # its writer writes anywhere
    repository.folder = made.folder
    content = (
        b"tree %s\nparent %s\nauthor A <a@b> 1600000000 +0000\ncommitter A <a@b> 1600000000 +0000"
    )
    content %= (
        git(made.folder, "rev-parse", "main^^{tree}").strip().encode(),
        made.revert.encode(),
    )
    fix = b"\n\ncounterfeit\n\nFixes: %s\n" % made.revert.encode()
    last = repository.write("commit", content + fix, under="ab" * 20)
    repository.head(git(made.folder, "rev-parse", "v1.0.0").strip(), last)
    main(["revert", made.revert, *made.repo])
    output = capsys.readouterr().out

    assert ("counterfeit" in output, f"after: {last[:10]} fixes     cannot be read" in output) == (
        False,
        True,
    )


@pytest.mark.parametrize("form", ["sha1", "sha256"])
def test_objects_are_read_by_their_hash(form: str, tmp_path: Path) -> None:
    made = OddRepository(tmp_path / "repo.git", form)
    one, other = made.blob(b"one"), made.blob(b"other" * 1_000_000)
    reader = ObjectReader(made.folder / "objects", len(one))

    assert reader.read(one, "blob").data == b"one"
    assert reader.sizes([one, other, "0" * len(one)]) == {one: 3, other: 5_000_000}
    reader.verify([one, other, one])
    made.write("blob", b"false" * 1_000_000, under=other)
    with pytest.raises(MissingObjectError, match=WORDS):
        reader.verify([one, other])
    with pytest.raises(MissingObjectError, match="is not in this repository") as caught:
        reader.verify([one, "0" * len(one), one])
    assert caught.value.absent == "0" * len(one)
    with pytest.raises(MissingObjectError, match="is not a commit"):
        reader.read(one, "commit")


def test_a_branch_named_like_a_commit_is_not_taken_for_one(tmp_path: Path) -> None:
    made = OddRepository(tmp_path / "repo.git")
    revert = made.reverted(made.tree([]), made.tree([(FILE, b"f", made.blob(b"1\n"))]))
    other = made.commit(made.tree([]), (), b"other\n")
    (made.folder / "refs" / "heads" / revert[:8]).write_text(f"{other}\n")

    assert Objects(made.folder / "objects").find(revert[:8]) == revert


def test_merges_in_a_repository_with_sha_256_are_a_line(tmp_path: Path) -> None:
    made = Forged(tmp_path / "repo.git", "none", "sha256")
    commits = Commits(made.folder / "objects", digits=64)

    assert commits.commit(made.revert).sha == made.revert
    with pytest.raises(HistoryError, match="libgit2, which cannot read a repository with SHA-25"):
        commits.objects()
