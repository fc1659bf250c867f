"""A classroom folder appears whole or not at all; an older one stays until then."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from kit.classroom import folder as folder_module
from kit.classroom import start
from kit.classroom.folder import Contents, make_folder, whole
from kit.classroom.target import Laptop, targets
from kit.classroom.wheels import Wheel, read_wheel
from kit.common.errors import UserError
from kit.common.user_folder import note_of
from tests.classroom.small import contents, make_index
from tests.conftest import Program

HERE = targets([], [])


@pytest.fixture(autouse=True)
def _downloaded(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Copy what pip would download: what pip does is tested with it."""
    index = make_index(tmp_path_factory.mktemp("index"))

    def download(
        own: Path, target: Laptop, folder: Path, tell: Callable[[str], None]
    ) -> tuple[Wheel, ...]:
        tell(f"downloading for {target}")
        if not folder.is_dir():
            shutil.copytree(index, folder)
        shutil.copy(own, folder)
        names = ["pip", "plot", "thing", "unplug_kit", *["winthing"] * (target.os_name == "nt")]
        return tuple(read_wheel(path) for name in names for path in folder.glob(f"{name}-*"))

    monkeypatch.setattr(folder_module, "download", download)


def content_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_folder_holds_what_a_laptop_needs(tmp_path: Path) -> None:
    made = make_folder(tmp_path / "room", targets(["win_amd64"], ["3.12"]), contents())
    found = content_of(tmp_path / "room")

    assert sorted(found) == [
        "README.txt",
        "SHA256SUMS",
        "classroom.json",
        "history/commits.json",
        "lessons/notebooks/01.ipynb",
        "requirements.lock",
        "start.bat",
        "start.command",
        "start.py",
        "start.sh",
        *sorted(name for name in found if name.startswith("wheels/")),
    ]
    assert [name.split("-")[0] for name in sorted(found) if name.startswith("wheels/")] == [
        *("wheels/pip", "wheels/plot", "wheels/thing", "wheels/unplug_kit", "wheels/winthing")
    ]
    assert made.files == len(found) - 1
    assert made.size_bytes == sum(map(len, found.values()))


def test_nothing_else_is_left_beside_it(tmp_path: Path) -> None:
    make_folder(tmp_path / "room", HERE, contents())
    make_folder(tmp_path / "room", HERE, contents("newer"))

    assert [path.name for path in tmp_path.iterdir()] == ["room"]
    assert (tmp_path / "room/lessons/notebooks/01.ipynb").read_text() == "newer"


def test_the_start_scripts_may_be_run(tmp_path: Path) -> None:
    make_folder(tmp_path / "room", HERE, contents())
    modes = {path.name: path.stat().st_mode for path in (tmp_path / "room").iterdir()}

    assert [
        name for name, mode in sorted(modes.items()) if stat.S_ISREG(mode) and mode & 0o111
    ] == [
        "start.command",
        "start.sh",
    ]


def test_sha256sum_takes_the_sums(tmp_path: Path, program: Program) -> None:
    make_folder(tmp_path / "room", HERE, contents())
    command = [program("sha256sum"), "--check", "--strict", "--quiet", "SHA256SUMS"]
    done = subprocess.run(command, cwd=tmp_path / "room", capture_output=True, text=True)

    assert (done.returncode, done.stdout) == (0, "")


# -- is it whole ---------------------------------------------------------------------------------


def test_a_copy_is_whole_wherever_it_lies_and_whatever_a_system_adds(tmp_path: Path) -> None:
    make_folder(tmp_path / "room", HERE, contents())
    shutil.copytree(tmp_path / "room", tmp_path / "stick")
    (tmp_path / "stick/.DS_Store").write_text("a system's own")

    assert whole(tmp_path / "stick") == ()


@pytest.mark.parametrize(
    ("name", "spoil", "says"),
    [
        ("start.py", lambda path: path.unlink(), "start.py: is missing"),
        ("start.py", lambda path: path.write_bytes(path.read_bytes()[:-1]), "start.py: differs"),
        (
            "SHA256SUMS",
            lambda path: path.unlink(),
            "SHA256SUMS: is missing, cut short or was changed",
        ),
        (
            "SHA256SUMS",
            lambda path: path.write_text("".join(path.read_text().splitlines(keepends=True)[:-2])),
            "SHA256SUMS: is missing, cut short or was changed",
        ),
        (
            "SHA256SUMS",
            lambda path: path.write_text(path.read_text().replace("  start.sh", "  ../start.sh")),
            "'../start.sh': is not a name of a file in the folder",
        ),
    ],
    ids=["missing", "cut", "no sums", "cut sums", "outside"],
)
def test_what_is_not_whole_is_said(
    tmp_path: Path, name: str, spoil: Callable[[Path], object], says: str
) -> None:
    make_folder(tmp_path / "room", HERE, contents())
    spoil(tmp_path / "room" / name)

    assert whole(tmp_path / "room") == (says,)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "cannot be read: No such file or directory; copy the whole folder again"),
        ("{", "is damaged; copy the whole folder again"),
        ("[]", "is not a folder that kit classroom made"),
        (json.dumps({"format": start.FORMAT, "version": 9}), "is of version 9, not 1"),
    ],
    ids=["missing", "cut", "another's", "newer"],
)
def test_a_folder_of_something_else_is_one_line(
    tmp_path: Path, text: str | None, says: str
) -> None:
    if text is not None:
        (tmp_path / "classroom.json").write_text(text)
    with pytest.raises(UserError) as caught:
        whole(tmp_path)

    assert str(caught.value) == f"{tmp_path / 'classroom.json'}: {says}"


# -- what may be there already -------------------------------------------------------------------


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "room").mkdir()
    make_folder(tmp_path / "room", HERE, contents())

    assert whole(tmp_path / "room") == ()


def test_what_is_no_classroom_folder_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")

    with pytest.raises(UserError, match="holds something else than a classroom folder; name an"):
        make_folder(tmp_path, HERE, contents())
    assert content_of(tmp_path) == {"thesis.txt": b"years of work"}


@pytest.mark.parametrize(
    "name", ["python-3.12-amd64.exe", "lessons/notebooks/01.ipynb", "lessons/notebooks/ours.ipynb"]
)
def test_what_a_teacher_put_in_or_changed_is_not_lost(tmp_path: Path, name: str) -> None:
    make_folder(tmp_path / "room", HERE, contents())
    (tmp_path / "room" / name).write_text("the teacher's own")
    before = content_of(tmp_path)

    with pytest.raises(UserError, match=f"room: {name} is not as it was made, and would be lost"):
        make_folder(tmp_path / "room", HERE, contents("newer"))
    assert content_of(tmp_path) == before


def test_a_spoilt_folder_is_made_again(tmp_path: Path) -> None:
    make_folder(tmp_path / "room", HERE, contents())
    (tmp_path / "room/start.py").write_text("half a")
    (tmp_path / "room/.DS_Store").write_text("a system's own")
    make_folder(tmp_path / "room", HERE, contents())

    assert whole(tmp_path / "room") == ()


def test_a_file_in_its_place_is_said(tmp_path: Path) -> None:
    (tmp_path / "room").write_text("")

    with pytest.raises(UserError, match="room: holds something else than a classroom folder"):
        make_folder(tmp_path / "room", HERE, contents())


def test_a_whole_disk_is_no_folder_to_be_put_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stick's own folder cannot be renamed to."""
    monkeypatch.setattr(Path, "is_mount", lambda path: path == tmp_path)

    with pytest.raises(UserError, match=f"is a whole disk; name a folder on it: {tmp_path}/"):
        make_folder(tmp_path, HERE, contents())


def test_two_at_once_do_not_mix(tmp_path: Path) -> None:
    def second(_: Path) -> None:
        with pytest.raises(UserError, match="is being filled by another kit classroom"):
            make_folder(tmp_path / "room", HERE, contents("second"))

    first = contents("first")

    def lessons(place: Path) -> None:
        second(place)
        first.lessons(place)

    make_folder(tmp_path / "room", HERE, replace(first, lessons=lessons))

    assert whole(tmp_path / "room") == ()
    assert (tmp_path / "room/lessons/notebooks/01.ipynb").read_text() == "first"


# -- killed, full, read-only ---------------------------------------------------------------------


def die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def in_a_child(action: Callable[[], object]) -> int:
    """Do it in a process of its own; return the signal that ended it."""
    child = os.fork()
    if not child:
        try:
            action()
        finally:
            os._exit(0)
    return os.WTERMSIG(os.waitpid(child, 0)[1])


def killed_in(name: str) -> Contents:
    new = contents("new")
    changes: dict[str, Contents] = {
        "wheel": replace(new, wheel=die),  # type: ignore[arg-type]  # never returns
        "lessons": replace(new, lessons=die),
        "history": replace(new, history=die),
    }
    return changes.get(name, new)


@pytest.mark.parametrize("there", [False, True], ids=["first", "again"])
@pytest.mark.parametrize("name", ["wheel", "downloading", "putting", "lessons", "history"])
def test_killed_the_old_state_is_intact_and_a_second_run_completes(
    tmp_path: Path, name: str, there: bool
) -> None:
    room = tmp_path / "room"
    if there:
        make_folder(room, HERE, contents("old"))
    before = content_of(room)

    def tell(words: str) -> None:
        if words.startswith(name):
            die()

    ended = in_a_child(lambda: make_folder(room, HERE, killed_in(name), tell))

    assert ended == signal.SIGKILL
    assert content_of(room) == before
    make_folder(room, HERE, contents("new"))
    assert whole(room) == ()
    assert (room / "lessons/notebooks/01.ipynb").read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["room"]


def test_killed_between_two_renames_the_old_folder_lies_beside_and_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = tmp_path / "room"
    make_folder(room, HERE, contents("old"))
    before, rename = content_of(room), Path.rename

    def rename_or_die(path: Path, target: Path) -> Path:
        return die() or path if path.name == "folder" else rename(path, target)  # the new one

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", rename_or_die)
        in_a_child(lambda: make_folder(room, HERE, contents("new")))

    (old,) = tmp_path.glob(".room.*.part/old")
    assert content_of(old) == before
    with pytest.raises(UserError, match="stop"):
        make_folder(room, HERE, replace(contents("new"), lessons=refuse))
    assert content_of(room) == before
    make_folder(room, HERE, contents("new"))
    assert [path.name for path in tmp_path.iterdir()] == ["room"]


def refused_once(room: Path) -> Path:
    """Let a call end after its downloads; return where those lie."""
    with pytest.raises(UserError, match="stop"):
        make_folder(room, HERE, replace(contents(), lessons=refuse))
    (kept,) = room.parent.glob(".room.*.part/have-*")
    return kept


def test_packages_that_were_downloaded_are_used_again(tmp_path: Path) -> None:
    kept = refused_once(tmp_path / "room")
    before = next(kept.glob("thing-*")).stat()
    seen: list[bool] = []

    def lessons(place: Path) -> None:
        seen.append(os.path.samestat(next(kept.glob("thing-*")).stat(), before))
        contents().lessons(place)

    make_folder(tmp_path / "room", HERE, replace(contents(), lessons=lessons))

    assert seen == [True]
    assert whole(tmp_path / "room") == ()
    assert [path.name for path in tmp_path.iterdir()] == ["room"]


@pytest.mark.parametrize("change", ["changed", "added", "removed"])
def test_packages_that_changed_since_their_download_are_not_sealed(
    tmp_path: Path, change: str
) -> None:
    kept = refused_once(tmp_path / "room")
    wheel = next(kept.glob("thing-*"))
    right = wheel.read_bytes()
    if change == "changed":
        wheel.write_bytes(right + b"!")
    elif change == "added":
        (kept / "pip-99-py3-none-any.whl").write_bytes(right)
    else:
        wheel.unlink()
    make_folder(tmp_path / "room", HERE, contents())

    assert (tmp_path / "room/wheels" / wheel.name).read_bytes() == right
    assert not list((tmp_path / "room").glob("wheels/pip-99*"))


def test_a_package_that_changes_while_it_is_copied_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = folder_module.copy_tree

    def copy(source: Path, target: Path) -> None:
        if source.name.startswith("thing-"):
            source.write_bytes(source.read_bytes() + b"!")
        before(source, target)

    monkeypatch.setattr(folder_module, "copy_tree", copy)
    with pytest.raises(UserError, match=r"thing-.*: was changed after it was downloaded"):
        make_folder(tmp_path / "room", HERE, contents())

    assert not (tmp_path / "room").exists()


@pytest.mark.parametrize("plant", ["link", "file", "another's"])
def test_a_part_that_is_not_ours_is_refused_in_a_line(tmp_path: Path, plant: str) -> None:
    part = refused_once(tmp_path / "room").parent
    shutil.rmtree(part)
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "kept").write_text("years of work")
    if plant == "link":
        part.symlink_to(victim)
    elif plant == "file":
        part.write_text("")
    else:
        part.mkdir()
        note = note_of(tmp_path / "room")
        known = json.loads(note.read_text())
        note.write_text(json.dumps({**known, "owner": known["owner"] + 1}))

    with pytest.raises(UserError) as caught:
        make_folder(tmp_path / "room", HERE, contents())
    assert str(caught.value) == (
        f"{part}: is not the folder that the kit made here; remove it; name another folder"
    )
    assert content_of(victim) == {"kept": b"years of work"}


def refuse(_: Path) -> None:
    raise UserError("stop")


FILL = """\
import shutil
import sys
from pathlib import Path
from kit.classroom import folder
from kit.classroom.target import targets
from kit.classroom.wheels import read_wheel
from kit.common.errors import UserError
from tests.classroom.small import contents
def download(own, target, place, tell):
    place.mkdir()
    shutil.copy(own, place)
    return (read_wheel(own),)

folder.download = download
try:
    folder.make_folder(Path(sys.argv[1]), targets([], []), contents("x" * 100_000))
except UserError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ("size=80k", "{disk}: the disk is full; make room, or name another folder"),
        ("ro", "{disk}/.room.XXX.part: Read-only file system; name another folder"),
    ],
    ids=["full", "read-only"],
)
def test_a_disk_that_takes_nothing_is_said_in_a_line(
    tmp_path: Path, private_mounts: Sequence[str], options: str, says: str
) -> None:
    (tmp_path / "disk").mkdir()
    script = f'mount -t tmpfs -o {options} tmpfs "$1" && shift && exec "$@"'
    run = [*private_mounts, "sh", "-c", script, "sh", str(tmp_path / "disk")]
    command = [*run, sys.executable, "-c", FILL, str(tmp_path / "disk/room")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)

    told = re.sub("[0-9a-f]{16}", "XXX", done.stdout.strip())
    assert (told, done.stderr) == (says.format(disk=tmp_path / "disk"), "")


@pytest.fixture
def private_mounts(program: Program) -> Sequence[str]:
    """Return what runs a command where it may mount: nobody else sees it."""
    command = [program("unshare"), "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    if subprocess.run([*command, "true"], capture_output=True).returncode:
        pytest.skip("unshare --mount is not allowed here")
    return command
