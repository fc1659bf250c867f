"""Whatever stands where git or libgit2 opens a file is one line soon, or does no harm."""

from __future__ import annotations

import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

import kit.git.repository.clone
import kit.git.repository.plain_files
from kit.git.repository.clone import CloneHistory
from kit.git.repository.history import HistoryError
from kit.git.repository.objects import Objects
from tests.effort import LONG, some_of
from tests.git.upstream import git

SOON_S = 20  # of two busy cores; what hangs takes 60 s, or for ever
HARM = re.compile(
    ".*: git cannot read it: ('.*' is a (pipe or a device, not a file|system file, '.*'|"
    "link to a folder of refs)|bad config line .* in file .*)"
)

# What git or libgit2 looks for and mostly does not find, in the folder that is ``.git``.
ABSENT = (
    "FETCH_HEAD", "commondir", "config.worktree", "gitdir", "index.lock", "info/grafts",
    "info/sparse-checkout", "logs/refs/heads/new", "modules/sub/HEAD", "objects/ab/" + "c" * 38,
    "objects/info/commit-graphs/commit-graph-chain", "objects/info/commit-graphs/graph-x.graph",
    "objects/info/http-alternates", "objects/pack/pack-x.idx", "objects/pack/pack-x.keep",
    "objects/pack/pack-x.mtimes", "objects/pack/pack-x.pack", "objects/pack/pack-x.promisor",
    "refs/heads/new", "refs/heads/sub/new", "refs/notes/commits", "refs/replace/" + "a" * 40,
    "refs/bisect", "refs/rewritten", "refs/stash",
    "refs/worktree", "reftable/tables.list", "shallow", "sharedindex." + "b" * 40,
    "worktrees/w/HEAD",
)  # fmt: skip


# -- a repository with everything --------------------------------------------------------------


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of a repository, a linked worktree, two stores it borrows from and an include."""
    root = tmp_path_factory.mktemp("rich")
    for name, lender in (("far", None), ("near", "far"), ("main", "near")):
        folder = root / name
        folder.mkdir()
        git(folder, "init", "-q", "-b", "main")
        if lender is not None:
            store = root / lender / ".git" / "objects"
            (folder / ".git" / "objects" / "info" / "alternates").write_text(f"{store}\n")
        (folder / f"{name}.c").write_text(f"int {name};\n" * 20)
        git(folder, "add", ".")
        git(folder, "commit", "-q", "-m", f"first of {name}")
        git(folder, "tag", "-a", "-m", "a tag", f"v-{name}")
        git(folder, "-c", "pack.writeReverseIndex=true", "repack", "-q", "-a", "-d", "-l", "-b")
        git(folder, "multi-pack-index", "write")
        git(folder, "commit-graph", "write", "--reachable", "--split")
        git(folder, "pack-refs", "--all")
        (folder / f"{name}.c").write_text(f"int {name}_too;\n")
        git(folder, "commit", "-q", "-am", f"second of {name}")
    main = root / "main"
    git(main, "worktree", "add", "-q", "--detach", str(root / "linked"))
    (root / "more.cfg").write_text("[include]\n\tpath = most.cfg\n")
    (root / "most.cfg").write_text("[user]\n\tname = A\n")
    git(main, "config", "include.path", "../../more.cfg")
    git(main, "config", "extensions.worktreeConfig", "true")
    (main / ".git" / "info" / "attributes").write_text("*.c diff\n")
    (main / ".git" / "config.worktree").write_text("[core]\n")
    read_everything(main)  # what is imported here is not imported in each child
    return root


def places_of_files(root: Path) -> list[Path]:
    """Return every file and folder of the repository, of what it borrows, and what is absent."""
    folders = [root / "main" / ".git", *(root / n / ".git" / "objects" for n in ("near", "far"))]
    found = [root / "more.cfg", root / "most.cfg", *folders]
    found += [path for folder in folders for path in sorted(folder.rglob("*"))]
    found += [root / "main" / ".git" / name for name in ABSENT]
    found.append(folders[-1] / "info" / "alternates")
    return [p for p in dict.fromkeys(found) if "hooks" not in p.parts]


def read_everything(place: Path) -> str:
    """Read as commands do; return what is said, or that all is well."""
    try:
        clone = CloneHistory(place)
        commit = clone.commit("HEAD")
        clone.diff("HEAD")
        clone.tags()
        clone.log()
        objects = Objects(clone.objects_folder())
        side = objects.commit(commit.hash)
        objects.changed(objects.tree_before(side), side.tree_name())
        objects.find("abcdef")
    except HistoryError as error:
        return str(error)
    return "works"


def in_a_child(work: Callable[[], str]) -> str:
    """Return what work says; libgit2 cannot be interrupted, but a process can be killed."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            said = work()
        except BaseException as error:  # noqa: BLE001 - told by the parent
            said = f"TRACEBACK {error!r}"
        os.write(theirs, said.encode("utf-8", "replace")[:60_000])
        os._exit(0)
    os.close(theirs)
    try:
        ready, _, _ = select.select([ours], [], [], SOON_S)
        return os.read(ours, 1 << 16).decode() if ready else "HANGS"
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(ours)


# -- what may stand in the place of a file -----------------------------------------------------


def a_socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # a name of more than 108 bytes is none
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)


def a_linked_pipe(path: Path) -> None:
    path.mkdir()
    os.mkfifo(path / "pipe")
    (path / "link").symlink_to("pipe")


def a_maze(path: Path) -> None:
    path.mkdir()
    for name in ("one", "two", "three"):
        (path / name).symlink_to("..")


def a_folder_of_pipes(path: Path) -> None:
    """Reached by a link, and after a link that leads nowhere."""
    behind = path.with_name(f"{path.name}-behind")
    behind.mkdir()
    (behind / "a").symlink_to("nowhere")
    os.mkfifo(behind / "HEAD")
    path.symlink_to(behind.name)


HARMFUL: dict[str, Callable[[Path], None]] = {
    "a pipe": os.mkfifo,
    "a pipe in a folder": a_linked_pipe,
    "a link to a folder of pipes": a_folder_of_pipes,
    "a link to /dev/zero": lambda path: path.symlink_to("/dev/zero"),
    "a link to a terminal": lambda path: path.symlink_to("/dev/tty"),
    "a link to the devices": lambda path: path.symlink_to("/dev"),
    "a link to the kernel's log": lambda path: path.symlink_to("/proc/kmsg"),
    "a link to what is open": lambda path: path.symlink_to("/proc/self/fd/0"),
    "a link to processes": lambda path: path.symlink_to("/proc"),
}
ODD: dict[str, Callable[[Path], None]] = {
    "a socket": a_socket,
    "a folder": Path.mkdir,
    "a link to itself": lambda path: path.symlink_to(path.name),
    "a link to nothing": lambda path: path.symlink_to("nowhere"),
    "a maze": a_maze,
    "a link upwards": lambda path: path.symlink_to(".."),
    "no file": lambda _path: None,
}


@contextmanager
def replaced(path: Path, make: Callable[[Path], None]) -> Iterator[None]:
    """Put something in the place of a path for a while."""
    aside = path.with_name(f"{path.name}-aside")
    above = [each for each in path.parents if not each.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    was = os.path.lexists(path)
    if was:
        path.rename(aside)
    try:
        make(path)
        yield
    finally:
        for each in (path, path.with_name(f"{path.name}-behind")):
            if each.is_symlink() or each.is_file() or (each.exists() and not each.is_dir()):
                each.unlink()
            elif each.is_dir():
                shutil.rmtree(each)
        if was:
            aside.rename(path)
        for each in above:
            each.rmdir()


def said_of_each(
    paths: Sequence[Path], root: Path, place: Path, make: Callable[[Path], None]
) -> dict[str, str]:
    found = {}
    for path in paths:
        with replaced(path, make):
            found[str(path.relative_to(root))] = in_a_child(lambda: read_everything(place))
    return found


@pytest.mark.parametrize("place", ["main", "linked"])
def test_the_repository_can_be_read(rich: Path, place: str) -> None:
    assert in_a_child(lambda: read_everything(rich / place)) == "works"


@pytest.mark.parametrize("kind", HARMFUL)
def test_what_would_be_waited_for_is_refused_wherever_it_stands(rich: Path, kind: str) -> None:
    """An ordinary run tries three of these at each place."""
    place = rich / "main"
    paths = some_of(places_of_files(rich), 3, first=list(HARMFUL).index(kind))
    said = said_of_each(paths, rich, place, HARMFUL[kind])

    odd = {path: line for path, line in said.items() if not HARM.fullmatch(line)}
    assert odd == {}
    assert len(said) > (100 if LONG else 33)


@pytest.mark.parametrize("kind", ["a pipe", "a link to /dev/zero"])
def test_a_linked_worktree_is_looked_at_as_well(rich: Path, kind: str) -> None:
    places = places_of_files(rich)
    gone = [rich / "main/.git", rich / "main/.git/worktrees"]
    paths = [*gone, *(path for path in some_of(places, 5, first=len(kind)) if path not in gone)]
    said = said_of_each(paths, rich, rich / "linked", HARMFUL[kind])

    odd = {path: line for path, line in said.items() if not HARM.fullmatch(line)}
    assert sorted(odd) == ["main/.git", "main/.git/worktrees"]  # what its .git names is not there
    assert all("linked is not a git repository" in line for line in odd.values())


@pytest.mark.parametrize("kind", ODD)
def test_what_else_may_stand_there_is_a_line_soon_or_works(rich: Path, kind: str) -> None:
    """An ordinary run tries one of these at each place: reading it all is slow."""
    place = rich / "main"
    paths = some_of(places_of_files(rich), len(ODD), first=list(ODD).index(kind))
    said = said_of_each(paths, rich, place, ODD[kind])

    lines = {line for line in said.values() if line != "works"}
    assert [x for x in lines if not x.isprintable() or not x.startswith(str(place))] == []


@pytest.mark.skipif(shutil.which("strace") is None, reason="no strace here tells what is opened")
def test_every_file_that_git_and_libgit2_open_was_replaced(rich: Path, tmp_path: Path) -> None:
    """Those of 40 digits are named by what they hold, and stand in folders that are replaced."""
    reads = f"import pathlib\nfrom {__name__} import read_everything\n"
    reads += f"print(read_everything(pathlib.Path({str(rich / 'main')!r})))"
    command = ["strace", "-f", "-qq", "-e", "trace=open,openat", "-o", str(tmp_path / "trace")]
    done = subprocess.run(
        [*command, sys.executable, "-c", reads],
        capture_output=True, text=True, check=True, timeout=120, cwd=Path(__file__).parents[3],
    )  # fmt: skip
    trace = (tmp_path / "trace").read_text(errors="replace")
    opened = {os.path.normpath(path) for path in re.findall(rf'"({rich}/[^"]*)"', trace)}
    known = {str(path) for path in places_of_files(rich)}
    unknown = {
        each for each in opened - known if not re.search("/[0-9a-f]{2}(/[0-9a-f]{38})?$", each)
    }

    assert done.stdout == "works\n"
    assert len(opened) > 20
    assert {os.path.relpath(each, rich) for each in unknown} <= {"main", "main/.git/hooks"}


# -- what a file names -------------------------------------------------------------------------


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A repository of one commit, and beside it a folder of objects with a pipe."""
    folder = tmp_path / "repo"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / "a.c").write_text("int a;\n")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    (tmp_path / "o" / "pack").mkdir(parents=True)
    os.mkfifo(tmp_path / "o" / "pack" / "pack-1.idx")
    return folder


def refusal(repo: Path) -> str:
    said = in_a_child(lambda: read_everything(repo))
    return said.removeprefix(f"{repo}: git cannot read it: ")


@pytest.mark.parametrize(
    "line",
    [
        "{}/o", "{}/repo/../o", "../../../o", '"{}/o"', r'"{}/\157"', "# x\n{}/o", "x\r{}/o\ry",
        "nowhere\n\n{}/o/", "{}/link", "o",
    ],
    ids=repr,
)  # fmt: skip
def test_a_folder_that_objects_are_borrowed_from_is_looked_at(
    repo: Path, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As git and as libgit2 read its name: the latter takes ``o`` for one in the current folder."""
    (repo.parent / "link").symlink_to("o")
    alternates = repo / ".git" / "objects" / "info" / "alternates"
    alternates.write_bytes(line.format(repo.parent).encode() + b"\n")
    monkeypatch.chdir(repo.parent)

    assert refusal(repo).endswith("/pack/pack-1.idx' is a pipe or a device, not a file")


def lend(repo: Path, count: int) -> list[Path]:
    """Let a repository borrow from a folder, which borrows from the next, and so on."""
    stores = [repo / ".git" / "objects", *(repo.parent / str(n) for n in range(count))]
    for one, other in pairwise(stores):
        (one / "info").mkdir(exist_ok=True, parents=True)
        (one / "info" / "alternates").write_text(f"{other}\n")
    return stores


def test_a_chain_of_lenders_is_followed_to_its_end(repo: Path) -> None:
    """git ends at the fifth, and another git may not."""
    last = lend(repo, 50)[-1]
    last.mkdir()
    os.mkfifo(last / "pipe")

    assert refusal(repo) == f"{str(last / 'pipe')!r} is a pipe or a device, not a file"


def test_more_lenders_than_anybody_has_are_refused(repo: Path) -> None:
    lend(repo, 150)

    assert refusal(repo) == "it borrows objects from more than 100 folders"


def test_lenders_in_a_circle_are_no_harm(repo: Path) -> None:
    *_, last = lend(repo, 3)
    (last / "info").mkdir(parents=True)
    (last / "info" / "alternates").write_text(f"{repo / '.git' / 'objects'}\n")

    assert refusal(repo) == "works"


@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("objects/info/alternates", 64 << 10),
        ("refs/heads/main", 64 << 10),
        ("config", 4 << 20),
        ("HEAD", 16 << 20),
        ("info/attributes", 16 << 20),
        ("shallow", 16 << 20),
    ],
)
def test_what_is_read_as_a_whole_is_no_larger_than_it_may_be(
    repo: Path, name: str, most: int
) -> None:
    path = repo / ".git" / name
    with path.open("ab") as file:
        file.truncate(5 << 30)  # of holes

    assert refusal(repo) == f"{str(path)!r} is larger than {most:,} bytes"


@pytest.mark.parametrize("name", ["logs/HEAD", "logs/refs/heads/main", "logs/refs/stash"])
def test_a_log_of_refs_may_be_of_any_size(repo: Path, name: str) -> None:
    path = repo / ".git" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.truncate(5 << 30)  # of holes

    assert refusal(repo) == "works"


@pytest.mark.parametrize("name", ["0", "logs", "zz"])
def test_refs_are_looked_at_when_another_name_leads_there_too(repo: Path, name: str) -> None:
    shutil.rmtree(repo / ".git" / "logs")
    (repo / ".git" / name).symlink_to("refs")
    with (repo / ".git" / "refs" / "heads" / "main").open("ab") as file:
        file.truncate(5 << 30)

    assert refusal(repo).endswith("/heads/main' is larger than 65,536 bytes")


def test_a_worktree_called_logs_holds_refs(repo: Path) -> None:
    path = repo / ".git" / "worktrees" / "logs" / "refs" / "bisect" / "bad"
    path.parent.mkdir(parents=True)
    with path.open("ab") as file:
        file.truncate(5 << 30)

    assert refusal(repo) == f"{str(path)!r} is larger than 65,536 bytes"


@pytest.mark.parametrize("text", ["gitdir: {}/x", "gitdir: ../x\n", "gitdir: {}/link\r\n"])
def test_what_a_file_called_git_names_is_looked_at(repo: Path, text: str) -> None:
    (repo / ".git").rename(repo.parent / "x")
    (repo.parent / "link").symlink_to("x")
    (repo / ".git").write_text(text.format(repo.parent))
    os.mkfifo(repo.parent / "x" / "packed-refs")

    assert refusal(repo).endswith("/packed-refs' is a pipe or a device, not a file")


def test_what_the_settings_include_is_looked_at(repo: Path) -> None:
    """On whatever condition, and however deep."""
    (repo / ".git" / "a").write_text('[includeIf "onbranch:no-such"]\n\tpath = "b c"\n')
    (repo / ".git" / "b c").write_text(f"[INCLUDE]\n\tPath = {repo.parent}/o/pack/pack-1.idx\n")
    git(repo, "config", "include.path", "a")

    expected = f"{str(repo.parent / 'o/pack/pack-1.idx')!r} is a pipe or a device, not a file"
    assert refusal(repo) == expected


def test_settings_that_include_each_other_without_end_are_git_s_to_refuse(repo: Path) -> None:
    git(repo, "config", "include.path", "config")

    assert refusal(repo).startswith("exceeded maximum include depth (10) while including")


def test_settings_that_include_more_than_anybody_has_are_refused(repo: Path) -> None:
    """Ten files that include the next one four times: git would read a million."""
    for number in range(9):
        line = f"[include]\n\tpath = {number + 1}\n"
        (repo / ".git" / str(number)).write_text(line * 4)
    git(repo, "config", "include.path", "0")

    assert refusal(repo) == "its settings include more than 100 files"


def test_attributes_of_the_work_tree_are_not_read(repo: Path) -> None:
    """core.worktree would say where they are; a pipe may stand there."""
    git(repo, "config", "core.worktree", "..")
    os.mkfifo(repo / ".gitattributes")

    assert refusal(repo) == "works"


def test_a_folder_with_a_pipe_is_no_clone_and_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    assert refusal(tmp_path) == (f"{tmp_path} is not a git repository; name the folder of a clone")


def test_more_files_than_anybody_has_are_not_looked_at(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kit.git.repository.plain_files, "MAX_ENTRIES", 10)

    assert refusal(repo) == f"there are more than 10 files in {str(repo / '.git')!r}"


def test_looking_takes_no_longer_than_reading_may(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kit.git.repository.clone, "TIMEOUT_S", 0)
    for number in range(1000):
        (repo / ".git" / "refs" / "heads" / str(number)).touch()

    assert refusal(repo) == "looking at its files takes more than 0 s"
