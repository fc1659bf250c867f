"""kit new: what it writes and says, and the one line where it cannot."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from kit.cli.main import main
from kit.common.packaged_data import Lessons
from kit.lessons.lab import lab_command
from tests.git.shapes import shape
from tests.git.workshop import Workshop

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def shop(tmp_path: Path) -> tuple[Workshop, str]:
    return shape("shipped", tmp_path / "water")


def new(folder: Path, shop: Workshop, revision: str, *more: str) -> int:
    return main(["new", str(folder), "--revert", revision, "--repo", str(shop.folder), *more])


def tree(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def test_it_writes_a_lesson_and_says_how_to_go_on(
    shop: tuple[Workshop, str], tmp_path: Path, capsys: Captured
) -> None:
    mine = tmp_path / "mine and yours"

    assert new(mine, *shop) == 0
    assert capsys.readouterr().out == (
        f"read from clone ({shop[0].folder})\n"
        f"{mine}/lesson.ipynb: written\n"
        f"Open it:       kit lab '{mine}'\n"
        f"What is left:  kit new '{mine}' --check\n"
    )
    assert tree(mine) == {"cover.svg", "history.json", "lesson.ipynb", "lesson.json"}


def test_nothing_is_written_outside_its_folder(shop: tuple[Workshop, str], tmp_path: Path) -> None:
    before = tree(tmp_path)
    new(tmp_path / "mine", *shop)
    written = {name for name in tree(tmp_path) - before if not name.startswith("mine")}

    assert written == set()


def test_an_empty_folder_is_taken(shop: tuple[Workshop, str], tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()

    assert new(tmp_path / "mine", *shop) == 0


def test_the_same_revert_gives_the_same_files(shop: tuple[Workshop, str], tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    new(one, *shop)
    new(other, *shop)

    for name in tree(one):
        assert (one / name).read_bytes() == (other / name).read_bytes()


def test_the_lessons_own_revert_is_one_as_well(tmp_path: Path) -> None:
    """Without --repo it is the history in use, here the re-enactment."""
    assert main(["new", str(tmp_path / "mine"), "--revert", "d522cb52e6"]) == 0


def test_a_project_has_the_name_that_one_gives_it(
    shop: tuple[Workshop, str], tmp_path: Path
) -> None:
    new(tmp_path / "mine", *shop, "--project", "Water")

    assert "# Water: chore" in (tmp_path / "mine/lesson.ipynb").read_text()


# -- one line where it cannot --------------------------------------------------------------------


def told(capsys: Captured) -> str:
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    return err


def full(tmp_path: Path) -> Path:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/notes").write_text("mine")
    return tmp_path / "mine"


def file(tmp_path: Path) -> Path:
    (tmp_path / "mine").write_text("mine")
    return tmp_path / "mine"


def dangling(tmp_path: Path) -> Path:
    (tmp_path / "mine").symlink_to(tmp_path / "nothing")
    return tmp_path / "mine"


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (full, "is not empty; name a new folder"),
        (file, "is not a folder; name a new one"),
        (dangling, "is not a folder; name a new one"),
    ],
)
def test_what_is_there_stays(
    make: object, what: str, shop: tuple[Workshop, str], tmp_path: Path, capsys: Captured
) -> None:
    assert callable(make)
    mine = make(tmp_path)
    before = tree(tmp_path)

    assert new(mine, *shop) == 2
    assert told(capsys) == f"kit: {mine}: {what}\n"
    assert tree(tmp_path) == before


def test_a_folder_that_cannot_be_made_is_one_line(
    shop: tuple[Workshop, str], tmp_path: Path, capsys: Captured
) -> None:
    (tmp_path / "file").write_text("")

    assert new(tmp_path / "file/mine", *shop) == 2
    assert "name another folder" in told(capsys)


def nothing(folder: Path) -> Path:
    folder.mkdir()
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    return folder


def sha256(folder: Path) -> Path:
    folder.mkdir()
    made = Workshop(folder)
    made.git("init", "--quiet", "--object-format=sha256", "--template=")
    made.revert(made.commit("x", {"f": "x\n"}))
    return folder


def plain(folder: Path) -> Path:
    folder.mkdir()
    return folder


def shallow(folder: Path) -> Path:
    made, _ = shape("candidate", folder.with_name("whole"))
    made.git("reset", "--quiet", "--hard", "v1.1")
    made.git("clone", "-q", "--depth=1", f"file://{made.folder}", str(folder))
    return folder


@pytest.mark.parametrize(
    ("make", "revision", "words"),
    [
        (nothing, "HEAD", "HEAD"),
        (sha256, "HEAD", "SHA-256"),
        (plain, "HEAD", "is not a git repository"),
        (shallow, "HEAD", "which this repository does not have"),
    ],
)
def test_a_repository_that_has_no_such_revert_is_one_line(
    make: object, revision: str, words: str, tmp_path: Path, capsys: Captured
) -> None:
    assert callable(make)
    repo = make(tmp_path / "r")

    assert main(["new", str(tmp_path / "mine"), "--revert", revision, "--repo", str(repo)]) == 2
    assert words in told(capsys)
    assert not (tmp_path / "mine").exists()


@pytest.mark.parametrize("revision", ["nonsense", "0123abcd", "", "--all", "HEAD:f", "v7.2.5"])
def test_what_names_no_revert_is_one_line(
    revision: str, shop: tuple[Workshop, str], tmp_path: Path, capsys: Captured
) -> None:
    assert new(tmp_path / "mine", shop[0], revision) == 2
    assert told(capsys)
    assert not (tmp_path / "mine").exists()


def test_a_bare_repository_does(shop: tuple[Workshop, str], tmp_path: Path) -> None:
    bare = tmp_path / "bare.git"
    shop[0].git("clone", "-q", "--bare", str(shop[0].folder), str(bare))
    done = main(["new", str(tmp_path / "mine"), "--revert", shop[1], "--repo", str(bare)])

    assert done == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["mine"], "kit new needs a commit: kit new DIR --revert REV [--repo PATH]"),
        (["mine", "--check", "--revert", "HEAD"], "--check looks at a lesson that is there"),
        (["mine", "--check"], "mine/lesson.ipynb"),
    ],
)
def test_wrong_use_is_one_line(arguments: list[str], words: str, capsys: Captured) -> None:
    assert main(["new", *arguments]) == 2
    assert words in told(capsys)


# -- what is left, and opening it ----------------------------------------------------------------


def test_a_check_lists_what_is_unwritten_and_what_has_changed(
    shop: tuple[Workshop, str], tmp_path: Path, capsys: Captured
) -> None:
    mine = tmp_path / "mine"
    new(mine, *shop)
    shop[0].tag("v8.0.0")
    capsys.readouterr()

    assert main(["new", str(mine), "--check", "--repo", str(shop[0].folder)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["unwritten"] * 9 + ["changed since"]
    assert lines[-1] == "changed since: versions"


def test_a_finished_lesson_passes_its_check(
    shop: tuple[Workshop, str], tmp_path: Path, capsys: Captured
) -> None:
    mine = tmp_path / "mine"
    new(mine, *shop)
    text = (mine / "lesson.ipynb").read_text()
    (mine / "lesson.ipynb").write_text(re.sub(r"\\u270e Write here:", "", text))
    capsys.readouterr()

    assert main(["new", str(mine), "--check"]) == 0
    assert capsys.readouterr().out == "everything is written\n"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ([], "Opening {} in JupyterLab; stop it with Ctrl-C.\n"),
        (
            ["--no-browser"],
            "Starting JupyterLab for {}; open the address below in a browser;"
            " stop it with Ctrl-C.\n",
        ),
    ],
)
def test_kit_lab_says_whether_it_opens_a_browser(
    shop: tuple[Workshop, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    more: list[str],
    said: str,
) -> None:
    mine = tmp_path / "mine"
    new(mine, *shop)
    monkeypatch.setattr("kit.cli.lessons.become", lambda *_: None)
    capsys.readouterr()
    main(["lab", str(mine), *more])

    assert capsys.readouterr().err == said.format(mine / "lesson.ipynb")


def test_kit_lab_opens_the_lesson_and_nothing_above_it(
    shop: tuple[Workshop, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = tmp_path / "mine"
    new(mine, *shop)
    ran: list[list[str]] = []
    monkeypatch.setattr("kit.cli.lessons.become", lambda command, *_: ran.append(command))
    main(["lab", str(mine), "--no-browser"])
    where = Lessons(mine, mine / "lesson.ipynb")

    assert ran == [lab_command(where, 8888, "--no-browser", root=mine)]
    assert f"--ServerApp.root_dir={mine}" in ran[0]
    assert "--LabApp.default_url=/lab/tree/lesson.ipynb" in ran[0]
    assert tree(mine) == {"cover.svg", "history.json", "lesson.ipynb", "lesson.json"}
