"""start.py: what the folder does on a laptop, with the standard library alone."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from kit.classroom import start
from kit.classroom.start import main
from tests.canaries import Trap, trapped
from tests.classroom.small import contents, make_index, small_kit, use_index
from tests.test_layers import imported

HERE = {
    "sys_platform": sys.platform,
    "machine": platform.machine(),
    "python": "{}.{}".format(*sys.version_info[:2]),
}
ELSEWHERE = {"sys_platform": "win32", "machine": "ARM64", "python": "3.12"}


@dataclass(frozen=True, slots=True)
class Started:
    """A learner's home, and what a start in it said."""

    home: Path
    done: subprocess.CompletedProcess[str]
    traps: tuple[Trap, ...] = ()


@pytest.fixture(scope="session")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that pip has filled from an index of tiny wheels."""
    from kit.classroom.folder import make_folder
    from kit.classroom.target import targets

    base = tmp_path_factory.mktemp("classroom")
    with pytest.MonkeyPatch.context() as patch:
        use_index(make_index(base / "index"), patch)
        make_folder(base / "room", targets([], []), contents())
    return base / "room"


@pytest.fixture(scope="session")
def first_start(room: Path, tmp_path_factory: pytest.TempPathFactory) -> Started:
    """Return what the first start of a learner says, which installs."""
    home = tmp_path_factory.mktemp("home")
    return Started(home, run(room, home))


@pytest.fixture(scope="session")
def among_others(
    room: Path, first_start: Started, tmp_path_factory: pytest.TempPathFactory
) -> Started:
    """Return a start where others have been: in the folder, the current one, the settings.

    A module for each name that a script there would import lies beside start.py and in the current
    folder; a second pip, and a lesson that the teacher changed, are on the stick.  A start before
    this one was killed while it installed.
    """
    home = tmp_path_factory.mktemp("others")
    (complete,) = first_start.home.rglob(".complete")
    killed = home / complete.parent.relative_to(first_start.home)
    killed.mkdir(parents=True)
    (killed / "half").write_text("")
    stick = shutil.copytree(room, home / "stick")
    here = home / "here"
    here.mkdir()
    traps = (trapped(stick, home / "beside"), trapped(here, home / "current"))
    (stick / "other.py").write_text("import tomllib")
    subprocess.run([sys.executable, str(stick / "other.py")], cwd=here, check=True, timeout=60)
    assert [trap.caught() for trap in traps] == [{"tomllib"}, set()]
    (stick / "wheels/pip-99-py3-none-any.whl").write_text("no pip of ours")
    (stick / "lessons/notebooks/01.ipynb").write_text("ours")
    (home / "evil").mkdir()
    (home / "evil/thing.py").write_text("")
    settings = {"PIP_INDEX_URL": "https://evil.invalid", "PIP_REQUIRE_VIRTUALENV": "maybe"}
    done = run(stick, home, cwd=here, PYTHONPATH=str(home / "evil"), **settings)
    return Started(home, done, traps)


@pytest.fixture
def installed(first_start: Started) -> Path:
    """Return a home where it is installed, and no lesson copied yet."""
    shutil.rmtree(first_start.home / "unplug-kit-lessons", ignore_errors=True)
    return first_start.home


def run(
    room: Path, home: Path, *arguments: str, cwd: Path | None = None, **more: str
) -> subprocess.CompletedProcess[str]:
    """Start it as a learner at *home* does."""
    return subprocess.run(
        [sys.executable, str(room / "start.py"), *arguments],
        cwd=cwd,
        env={"PATH": os.environ["PATH"], "HOME": str(home), **more},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_it_needs_the_standard_library_alone() -> None:
    modules = {name.split(".")[0] for name in imported(Path(start.__file__).read_text())}

    assert modules <= set(sys.stdlib_module_names)


def test_it_installs_once_copies_the_lessons_and_opens_the_copy(
    room: Path, first_start: Started, installed: Path
) -> None:
    second = run(room, installed)
    mine = installed / "unplug-kit-lessons"

    assert [done.stdout for done in (first_start.done, second)] == [
        f"kit lab {mine}\nKIT_QEMU None\n"
    ] * 2
    assert "Installing into" in first_start.done.stderr
    assert second.stderr == (
        f"unplug kit: Your own copy of the lessons is {mine}; it is never overwritten.\n"
    )
    assert (mine / "notebooks/01.ipynb").read_text() == "re-enactment"


def test_nothing_beside_it_or_in_the_current_folder_runs(among_others: Started) -> None:
    """It installs, and starts what it installed; a script in that place would import them all."""
    assert [trap.caught() for trap in among_others.traps] == [set(), set()]


def test_no_setting_module_or_second_pip_of_others_is_taken(among_others: Started) -> None:
    mine = among_others.home / "unplug-kit-lessons"

    assert among_others.done.returncode == 0, among_others.done.stderr
    assert among_others.done.stdout == f"kit lab {mine}\nKIT_QEMU None\n"


def test_a_lesson_that_the_teacher_changed_is_noted_and_used(among_others: Started) -> None:
    mine = among_others.home / "unplug-kit-lessons"

    assert "unplug kit: note: lessons/notebooks/01.ipynb: differs\n" in among_others.done.stderr
    assert (mine / "notebooks/01.ipynb").read_text() == "ours"


def test_what_the_learner_wrote_stays(room: Path, installed: Path) -> None:
    mine = installed / "unplug-kit-lessons/notebooks/01.ipynb"
    mine.parent.mkdir(parents=True)
    mine.write_text("my notes")
    run(room, installed)

    assert mine.read_text() == "my notes"


def test_it_writes_nothing_into_the_folder(room: Path, installed: Path) -> None:
    """It may lie on a stick that cannot be written."""
    before = sorted(room.rglob("*"))
    run(room, installed)

    assert sorted(room.rglob("*")) == before


@pytest.mark.parametrize(
    ("system", "variables", "place"),
    [
        ("linux", {}, "/h/.local/share/unplug-kit"),
        ("linux", {"XDG_DATA_HOME": "/x"}, "/x/unplug-kit"),
        ("darwin", {}, "/h/Library/Application Support/unplug-kit"),
        ("win32", {}, "/h/AppData/Local/unplug-kit"),
        ("win32", {"LOCALAPPDATA": "/l"}, "/l/unplug-kit"),
        ("linux", {"UNPLUG_KIT_HOME": "/u", "XDG_DATA_HOME": "/x"}, "/u"),
    ],
)
def test_what_is_installed_goes_to_the_users_data(
    monkeypatch: pytest.MonkeyPatch, system: str, variables: dict[str, str], place: str
) -> None:
    for name in ("XDG_DATA_HOME", "LOCALAPPDATA", "UNPLUG_KIT_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"HOME": "/h", **variables}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", system)

    assert start.home() == Path(place)


def test_a_killed_installation_is_made_again(among_others: Started) -> None:
    assert among_others.done.returncode == 0, among_others.done.stderr
    assert len([*among_others.home.rglob(".complete")]) == 1
    assert [*among_others.home.rglob("half")] == []


def test_a_spoilt_wheel_is_not_installed(room: Path, tmp_path: Path) -> None:
    shutil.copytree(room, tmp_path / "stick")
    (wheel,) = (tmp_path / "stick/wheels").glob("thing-*")
    wheel.write_bytes(small_kit(tmp_path).read_bytes())
    done = run(tmp_path / "stick", tmp_path, "doctor")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1] == (
        f"unplug kit: the folder is not whole: wheels/{wheel.name}: differs; copy it again"
    )


def test_pip_checks_the_hashes_too(room: Path, tmp_path: Path) -> None:
    """Where somebody made the sums anew, the lock still tells."""
    shutil.copytree(room, tmp_path / "stick")
    (wheel,) = (tmp_path / "stick/wheels").glob("thing-*")
    digest = start.file_digest(wheel)
    wheel.write_bytes(wheel.read_bytes() + b"!")
    sums = tmp_path / "stick/SHA256SUMS"
    sums.write_text(sums.read_text().replace(digest, start.file_digest(wheel)))
    done = run(tmp_path / "stick", tmp_path, "doctor")

    assert done.returncode == 2
    assert "pip cannot install the lessons: ERROR: THESE PACKAGES DO NOT MATCH" in done.stderr


@pytest.mark.parametrize(
    ("spoil", "status", "says"),
    [
        (False, 0, "unplug kit: whole: 13 files\n"),
        (
            True,
            1,
            "unplug kit: README.txt: is missing\n"
            "unplug kit: not whole: 1 of 13 files; copy the folder again\n",
        ),
    ],
    ids=["whole", "not whole"],
)
def test_check_says_whether_a_copied_stick_is_whole(
    room: Path, tmp_path: Path, spoil: bool, status: int, says: str
) -> None:
    shutil.copytree(room, tmp_path / "stick")
    if spoil:
        (tmp_path / "stick/README.txt").unlink()
    done = run(tmp_path / "stick", tmp_path, "--check")

    assert (done.returncode, done.stderr) == (status, says)


# -- is it the teacher's -------------------------------------------------------------------------


def hash_of(room: Path) -> str:
    """Return what `kit classroom` prints for the teacher to publish."""
    return start.file_digest(room / "SHA256SUMS")


CHANGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "a byte of a wheel": (
        lambda room: flip(next(room.glob("wheels/thing-*"))),
        "wheels/thing-1.0-py3-none-any.whl: differs",
    ),
    "a byte of a lesson": (
        lambda room: flip(room / "lessons/notebooks/01.ipynb"),
        "lessons/notebooks/01.ipynb: differs",
    ),
    "an added wheel": (
        lambda room: shutil.copy(next(room.glob("wheels/pip-*")), room / "wheels/pip-99-any.whl"),
        "wheels/pip-99-any.whl: was added",
    ),
    "an added link": (
        lambda room: (room / "wheels/link").symlink_to(room),
        "wheels/link: was added",
    ),
    "a removed wheel": (
        lambda room: next(room.glob("wheels/thing-*")).unlink(),
        "wheels/thing-1.0-py3-none-any.whl: is missing",
    ),
    "a removed lesson": (
        lambda room: (room / "lessons/notebooks/01.ipynb").unlink(),
        "lessons/notebooks/01.ipynb: is missing",
    ),
    "sums that were made again": (
        lambda room: resummed(room),
        "SHA256SUMS: its sha256 is not the one that was asked for",
    ),
    "no sums": (
        lambda room: (room / "SHA256SUMS").unlink(),
        "SHA256SUMS: cannot be read: No such file or directory",
    ),
}


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def resummed(room: Path) -> None:
    wheel = next(room.glob("wheels/thing-*"))
    digest = start.file_digest(wheel)
    flip(wheel)
    sums = room / "SHA256SUMS"
    sums.write_text(sums.read_text().replace(digest, start.file_digest(wheel)))


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_folder_is_refused_by_the_published_hash(
    room: Path, tmp_path: Path, change: str
) -> None:
    make, says = CHANGES[change]
    shutil.copytree(room, tmp_path / "stick")
    make(tmp_path / "stick")
    done = run(tmp_path / "stick", tmp_path, "--sha256", hash_of(room), "doctor")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"unplug kit: the folder is not the one with this hash: {says}; get it again\n"
    )
    assert not (tmp_path / ".local").exists()


def test_the_folder_with_the_published_hash_starts(room: Path, installed: Path) -> None:
    done = run(room, installed, "--sha256", hash_of(room).upper(), "doctor")

    assert (done.returncode, done.stdout, done.stderr) == (0, "kit doctor\nKIT_QEMU None\n", "")


@pytest.mark.parametrize("given", [[], ["abc"]])
def test_a_hash_that_is_none_is_one_line(room: Path, tmp_path: Path, given: list[str]) -> None:
    done = run(room, tmp_path, "--sha256", *given)

    assert (done.returncode, done.stderr) == (
        2,
        "unplug kit: --sha256 needs the 64 digits that kit classroom has printed\n",
    )


def test_no_module_of_the_folder_runs_before_it_is_checked(room: Path, tmp_path: Path) -> None:
    """Each module that start.py could import lies beside it."""
    shutil.copytree(room, tmp_path / "stick")
    fired = tmp_path / "fired"
    canary = f"open({str(fired)!r}, 'w')\n"
    for name in sys.stdlib_module_names:
        (tmp_path / "stick" / f"{name}.py").write_text(canary)
    run(tmp_path / "stick", tmp_path, "--check")
    assert not fired.exists()

    command = [sys.executable, "-c", "import json"]
    subprocess.run(command, cwd=tmp_path / "stick", capture_output=True)
    assert fired.exists()


def test_lessons_are_not_copied_through_planted_links(
    room: Path, installed: Path, tmp_path: Path
) -> None:
    mine = installed / "unplug-kit-lessons/notebooks"
    mine.mkdir(parents=True)
    victim = tmp_path / "victim"
    victim.write_text("years of work")
    for name in (".01.ipynb.part", "01.ipynb.part"):
        (mine / name).symlink_to(victim)
    run(room, installed)

    assert victim.read_text() == "years of work"
    assert (mine / "01.ipynb").read_text() == "re-enactment"


# -- which computers -----------------------------------------------------------------------------


def written(folder: Path, *targets: dict[str, str]) -> Path:
    manifest = {"format": start.FORMAT, "version": 1, "targets": targets, "files": 0}
    (folder / "classroom.json").write_text(json.dumps(manifest))
    (folder / "requirements.lock").write_text("")
    (folder / "SHA256SUMS").write_text("")
    return folder


@pytest.mark.parametrize(
    ("targets", "status"), [([ELSEWHERE, HERE], 0), ([ELSEWHERE], 1)], ids=["fits", "does not"]
)
def test_fits_answers_by_its_status(
    tmp_path: Path, targets: list[dict[str, str]], status: int
) -> None:
    assert main(["--fits"], written(tmp_path, *targets)) == status


def test_a_laptop_of_another_kind_is_told_in_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNPLUG_KIT_HOME", str(tmp_path / "home"))
    status = main(["doctor"], written(tmp_path, ELSEWHERE))

    assert status == 2
    assert capsys.readouterr().err == (
        "unplug kit: the folder is for win32 ARM64, Python 3.12; this is "
        f"{HERE['sys_platform']} {HERE['machine']}, Python {HERE['python']}:"
        " install such a Python, or ask for a folder for this one\n"
    )


@pytest.mark.parametrize("text", ["{", '{"format": "unplug-kit classroom", "version": 1}'])
def test_a_damaged_manifest_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    (tmp_path / "classroom.json").write_text(text)
    status = main(["--fits"], tmp_path)

    assert status == 2
    assert capsys.readouterr().err == (
        f"unplug kit: {tmp_path}/classroom.json: is damaged; copy the whole folder again\n"
    )


def test_a_home_that_cannot_be_written_is_one_line(room: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run(room, tmp_path, "doctor", UNPLUG_KIT_HOME=str(tmp_path / "file/x"))

    assert done.returncode == 2
    assert done.stderr == (
        f"unplug kit: {tmp_path}/file/x/classroom: Not a directory;"
        " UNPLUG_KIT_HOME may name another folder for what is installed\n"
    )


# -- which history -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "clone", "git", "named", "found"),
    [
        ("REENACTMENT", False, True, "", None),  # the kit builds it: more than the file holds
        ("REENACTMENT", False, False, "", "commits.json"),
        ("CLONE", True, True, "", "qemu.git"),
        ("CLONE", True, False, "", "commits.json"),
        ("FILE", False, True, "", "commits.json"),
        ("CLONE", True, True, "/my/qemu", None),
    ],
)
def test_the_lessons_read_the_best_history_that_this_laptop_can(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    clone: bool,
    git: bool,
    named: str,
    found: str | None,
) -> None:
    """Without git neither a clone is read nor the re-enactment built; what the user says wins."""
    monkeypatch.setenv("KIT_QEMU", named)
    monkeypatch.setattr(shutil, "which", lambda _: "/usr/bin/git" if git else None)
    (tmp_path / "history").mkdir()
    (tmp_path / "history/commits.json").write_text(json.dumps({"source": {"kind": kind}}))
    if clone:
        (tmp_path / "history/qemu.git").mkdir()

    expected = {} if found is None else {"KIT_QEMU": str(tmp_path / "history" / found)}
    assert start.history_for(tmp_path) == expected
