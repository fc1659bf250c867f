"""`kit classroom` in a terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from kit.classroom.folder import FolderSize, make_folder
from kit.classroom.target import targets
from kit.cli import classroom as cli_classroom
from kit.cli.main import main
from tests.classroom.small import contents, make_index, use_index


def test_it_says_what_was_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def make(folder: Path, wanted: object, *_: object) -> tuple[FolderSize, str]:
        asked.extend((folder, wanted))
        return FolderSize(145, 116_000_000, "5" * 64), "re-enactment"

    monkeypatch.setattr(cli_classroom, "make_classroom", make)
    options = ["--platform", "win_amd64", "--platform", "macosx_11_0_arm64", "--python", "3.12"]
    status = main(["classroom", str(tmp_path / "room"), *options])

    assert status == 0
    assert asked == [
        tmp_path / "room",
        targets(["win_amd64", "macosx_11_0_arm64"], ["3.12"]),
    ]
    assert capsys.readouterr().out == (
        f"{tmp_path}/room: 145 files, 116 MB, for Windows AMD64, Python 3.12;"
        " macOS arm64, Python 3.12; history: re-enactment\n"
        f"sha256 of its SHA256SUMS, to publish elsewhere: {'5' * 64}\n"
    )


@pytest.mark.parametrize(
    ("spoilt", "status", "says"),
    [
        (False, 0, "{room}: whole\n"),
        (True, 1, "start.py: is missing\n{room}: not whole, 1 wrong; copy it again\n"),
    ],
    ids=["whole", "not whole"],
)
def test_check_answers_by_its_exit_status(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    spoilt: bool,
    status: int,
    says: str,
) -> None:
    use_index(make_index(tmp_path / "index"), monkeypatch)
    make_folder(tmp_path / "room", targets([], []), contents())
    if spoilt:
        (tmp_path / "room/start.py").unlink()

    assert main(["classroom", "--check", str(tmp_path / "room")]) == status
    assert capsys.readouterr().out == says.format(room=tmp_path / "room")


def test_check_takes_the_hash_that_was_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that was added is not a matter to the sums alone, and to the hash it is."""
    use_index(make_index(tmp_path / "index"), monkeypatch)
    room = tmp_path / "room"
    made = make_folder(room, targets([], []), contents())
    check = ["classroom", "--check", str(room)]
    assert main([*check, "--sha256", made.sha256]) == 0
    (room / "wheels/added.whl").write_text("")
    statuses = [main(check), main([*check, "--sha256", made.sha256])]

    assert statuses == [0, 1]
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "wheels/added.whl: was added",
        f"{room}: not whole, 1 wrong; copy it again",
    ]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--check"], "{room}/classroom.json: cannot be read: No such file or directory; copy"),
        (["--check", "--python", "3.12"], "--check goes alone; it looks at what is there"),
        (["--sha256", "5" * 64], "--sha256 goes with --check"),
        (["--platform", "amiga"], "'amiga' is not a platform tag; for instance win_amd64"),
        (["--python", "2.7"], "'2.7' is not a Python that the kit supports"),
    ],
)
def test_wrong_use_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], says: str
) -> None:
    room = tmp_path / "room"
    status = main(["classroom", str(room), *options])
    (line,) = capsys.readouterr().err.splitlines()

    assert status == 2
    assert line.startswith(f"kit: {says.format(room=room)}")


def test_the_teacher_gets_the_answers_in_a_folder_of_their_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        cli_classroom, "make_classroom", lambda *_: (FolderSize(1, 0, "0" * 64), "none")
    )
    key = tmp_path / "key"
    status = main(["classroom", str(tmp_path / "room"), "--teacher", str(key)])

    assert status == 0
    assert capsys.readouterr().out.splitlines()[2:] == [
        f"{key}: the answers to the exercises, {len(list(key.iterdir()))} pages"
    ]
    assert (key / "lesson-01.md").is_file()


def test_the_answers_do_not_go_to_the_learners(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    room = tmp_path / "room"
    status = main(["classroom", str(room), "--teacher", str(room / "key")])

    assert status == 2
    assert capsys.readouterr().err == (
        f"kit: {room}/key: is in the learners' folder; name another for the answers\n"
    )
    assert not room.exists()
