"""Repositories that are armed: whatever their settings, refs and paths name, nothing runs.

Each arm is first shown to go off with plain git; then every reader of the kit reads the same
repository, and neither the trap nor any other file has changed.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import struct
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pygit2
import pytest

from kit.case_study.fetch import fetch
from kit.case_study.history import exported_history
from kit.common.errors import UserError
from kit.git.repository.clone import CloneHistory
from kit.git.repository.history import HistoryError
from kit.git.repository.objects import Objects
from kit.git.reverts.changelog import changelog_of
from kit.git.reverts.report import revert_report
from kit.git.reverts.scan import read_reverts
from tests.git.workshop import Workshop, numbered, workshop


@pytest.fixture
def armed(tmp_path: Path) -> Workshop:
    """A repository of three commits, the last of which reverts the second; a trap to arm it with.

    The trap is a program that leaves a file called ``TRACE`` beside the repository.
    """
    made = workshop(tmp_path / "repo")
    made.commit("second", {"f": numbered(l3="changed")})
    made.revert("HEAD")
    made.tag("v1.0")
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\n: > '{tmp_path}/TRACE'\nexit 1\n")
    trap.chmod(0o755)
    return made


def trap_of(made: Workshop) -> str:
    return str(made.folder.parent / "trap")


def trace_of(made: Workshop) -> Path:
    return made.folder.parent / "TRACE"


def plain_git(made: Workshop, *arguments: str, text: str = "") -> None:
    """Run git as a person would: with the repository's own settings, on a terminal."""
    ours, terminal = os.openpty()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    subprocess.run(
        ["git", *arguments],
        cwd=made.folder,
        env=kept | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_AUTHOR_NAME": "A", "TERM": "dumb",
                    "GIT_COMMITTER_NAME": "C", "EMAIL": "a@example.org"},
        input=text.encode(),
        stdout=terminal,
        stderr=subprocess.DEVNULL,
        check=False,
        timeout=20,
    )  # fmt: skip
    os.close(terminal)
    os.close(ours)


def read_all(folder: Path, target: Path) -> int:
    """Ask everything of a repository that the kit asks; return how often it is refused, in a line.

    None of them has the commits of QEMU that an export wants.
    """
    clone = CloneHistory(folder)
    questions: list[Callable[[], object]] = [
        lambda: clone.commit("HEAD"),
        lambda: clone.diff("HEAD"),
        lambda: clone.recent("HEAD", 9),
        clone.tags,
        clone.log,
        clone.tip,
        lambda: list(read_reverts(clone, check=True)),
        lambda: revert_report(clone, "HEAD"),
        lambda: changelog_of(clone, "HEAD~2..HEAD"),
        lambda: exported_history(folder),
        lambda: fetch(target, urls=[str(folder)], wanted=[clone.commit("HEAD").hash]),
    ]
    refused = 0
    for question in questions:
        try:
            question()
        except UserError:
            refused += 1
    return refused


def files_below(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(path): (path.lstat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
        for path in sorted(folder.rglob("*"))
    }


@dataclass(frozen=True)
class Arm:
    """What arms a repository, and the command by which plain git sets it off."""

    settings: tuple[str, ...]
    command: tuple[str, ...]
    files: tuple[tuple[str, str], ...] = ()
    text: str = ""


CHECKOUT = ("checkout", "HEAD~1", "--", "f")
ATTRIBUTES = ((".git/info/attributes", "* diff=trap filter=trap\n"),)
ARMS = {
    "core.fsmonitor": Arm(("core.fsmonitor TRAP",), ("status",)),
    "core.hooksPath": Arm(
        ("core.hooksPath .evil",), ("checkout", "-q", "HEAD"), ((".evil/post-checkout", "TRAP"),)
    ),
    "hooks": Arm((), ("checkout", "-q", "HEAD"), ((".git/hooks/post-checkout", "TRAP"),)),
    "core.pager": Arm(("core.pager TRAP",), ("log",)),
    "pager.log": Arm(("pager.log TRAP",), ("log",)),
    "core.editor": Arm(("core.editor TRAP",), ("commit", "--amend")),
    "alias": Arm(("alias.evil !TRAP", "alias.rev-parse !TRAP", "alias.log !TRAP"), ("evil",)),
    "diff.external": Arm(("diff.external TRAP",), ("diff", "HEAD~1")),
    "diff.command": Arm(("diff.trap.command TRAP",), ("diff", "HEAD~1"), ATTRIBUTES),
    "textconv": Arm(("diff.trap.textconv TRAP",), ("diff", "HEAD~1"), ATTRIBUTES),
    "filter.smudge": Arm(("filter.trap.smudge TRAP",), CHECKOUT, ATTRIBUTES),
    "filter.process": Arm(("filter.trap.process TRAP",), CHECKOUT, ATTRIBUTES),
    "gpg.program": Arm(("gpg.program TRAP", "log.showSignature true"), ("log", "-1")),
    "credential.helper": Arm(
        ("credential.helper !TRAP",), ("credential", "fill"), text="protocol=https\nhost=x\n\n"
    ),
    "core.askPass": Arm(
        ("core.askPass TRAP",), ("credential", "fill"), text="protocol=https\nhost=x\n\n"
    ),
    "core.sshCommand": Arm(
        ("core.sshCommand TRAP", "remote.origin.url ssh://127.0.0.1/x"), ("ls-remote",)
    ),
    "core.gitProxy": Arm(
        ("core.gitProxy TRAP", "remote.origin.url git://127.0.0.1/x"), ("ls-remote",)
    ),
    "protocol.ext": Arm(
        ("protocol.ext.allow always", "remote.origin.url ext::TRAP"), ("ls-remote",)
    ),
    "remote.uploadpack": Arm(
        ("remote.origin.url .", "remote.origin.uploadpack TRAP"), ("ls-remote",)
    ),
    "include.path": Arm(
        ("include.path ../.evil",),
        ("status",),
        ((".evil", "[core]\nfsmonitor = TRAP\n"),),
    ),
}


@pytest.mark.parametrize("name", ARMS)
def test_what_a_repository_arms_does_not_go_off(armed: Workshop, name: str, tmp_path: Path) -> None:
    arm = ARMS[name]
    if name == "gpg.program":
        signed(armed)
    for setting in arm.settings:
        key, _, value = setting.partition(" ")
        armed.git("config", key, value.replace("TRAP", trap_of(armed)))
    for path, content in arm.files:
        file = armed.folder / path
        file.parent.mkdir(exist_ok=True)
        alone = content == "TRAP"
        text = Path(trap_of(armed)).read_text() if alone else content
        file.write_text(text.replace("TRAP", trap_of(armed)))
        file.chmod(0o755 if alone else 0o644)
    plain_git(armed, *arm.command, text=arm.text)
    assert trace_of(armed).exists(), "the arm does not go off with plain git"

    goes_off_for_nobody(armed, tmp_path)


def goes_off_for_nobody(armed: Workshop, tmp_path: Path, refusals: int = 1) -> None:
    trace_of(armed).unlink()
    before = files_below(armed.folder)
    target = tmp_path / "fetched" / "q.git"
    refused = read_all(armed.folder, target)

    assert (refused, files_below(armed.folder) == before) == (refusals, True)
    assert sorted(path.name for path in tmp_path.iterdir() if path != target.parent) == [
        "repo",
        "trap",
    ]


def signed(made: Workshop) -> None:
    """Give the last commit a signature, which git asks gpg.program about."""
    written = made.git("cat-file", "commit", "HEAD")
    head, _, message = written.partition("\n\n")
    signature = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----"
    name = made.git("hash-object", "-t", "commit", "-w", "--stdin",
                    text=f"{head}\n{signature}\n\n{message}\n")  # fmt: skip
    made.git("update-ref", "HEAD", name)


# -- what takes more than a setting ------------------------------------------------------------


def test_what_is_absent_is_not_fetched(armed: Workshop, tmp_path: Path) -> None:
    """A partial clone runs the program that fetches: git show, in any version."""
    for key, value in {
        "remote.origin.url": str(tmp_path),
        "remote.origin.uploadpack": trap_of(armed),
        "remote.origin.promisor": "true",
        "remote.origin.partialclonefilter": "blob:none",
        "extensions.partialClone": "origin",
    }.items():
        armed.git("config", key, value)
    blob = armed.git("rev-parse", "HEAD:f")
    (armed.folder / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    plain_git(armed, "show", "HEAD")
    assert trace_of(armed).exists()

    goes_off_for_nobody(armed, tmp_path, refusals=3)  # the diff and the fetch


@pytest.mark.parametrize("inside", [".", ".git"])
def test_a_submodule_is_not_entered(armed: Workshop, inside: str) -> None:
    """``diff.submodule`` lets git log run a git there, with the submodule's own settings."""
    inner = workshop(armed.folder / inside / "sub")
    inner.git("config", "diff.external", trap_of(armed))

    def commit(message: str, **lines: str) -> str:
        name = inner.commit(message, {"f": message})
        armed.git("update-index", "--add", "--cacheinfo", f"160000,{name},sub")
        (armed.folder / "f").write_text(numbered(**lines))
        armed.git("add", "f")
        armed.git("commit", "-q", "-m", message)
        return armed.head

    wrong = commit("wrong", l9="wrong")
    revert = commit(f'Revert "wrong"\n\nThis reverts commit {wrong}.\n')
    later = commit("later", l9="later")
    armed.git("config", "diff.submodule", "diff")
    subprocess.run(
        ["git", "--git-dir", str(armed.folder / ".git"), "log", "-p", "-1"],
        cwd=armed.folder / inside,
        env=os.environ | {"GIT_WORK_TREE": "."},
        capture_output=True,
        check=False,
    )
    assert trace_of(armed).exists()
    trace_of(armed).unlink()
    before = files_below(armed.folder)

    after = revert_report(armed.clone, revert).after

    assert [one.sha for one in after] == [later]  # told by git log -p on the submodule, too
    assert (trace_of(armed).exists(), files_below(armed.folder) == before) == (False, True)


def test_a_source_to_fetch_from_is_not_let_run_anything(armed: Workshop, tmp_path: Path) -> None:
    """git upload-pack reads the settings of the repository that it serves."""
    for key, value in {
        "uploadpack.packObjectsHook": trap_of(armed),
        "core.fsmonitor": trap_of(armed),
        "core.alternateRefsCommand": trap_of(armed),
        "core.hooksPath": str(tmp_path),
    }.items():
        armed.git("config", key, value)
    target = tmp_path / "fetched" / "q.git"
    before = files_below(armed.folder)

    got = fetch(target, urls=[str(armed.folder)], wanted=[armed.head])

    assert (got.commits, trace_of(armed).exists()) == (2, False)
    assert files_below(armed.folder) == before


# -- what makes a history look otherwise -------------------------------------------------------


def subjects(made: Workshop) -> list[str]:
    return [commit.subject for commit in made.clone.recent("HEAD", 9)]


AS_COMMITTED = ['Revert "second"', "second", "start"]


def test_replaced_commits_are_read_as_they_were_committed(armed: Workshop) -> None:
    tree = armed.git("rev-parse", "HEAD~1^{tree}")
    armed.git("replace", "HEAD", armed.git("commit-tree", tree, "-m", "forged"))
    assert armed.git("log", "--format=%s") == "forged"

    assert subjects(armed) == AS_COMMITTED


def test_grafted_commits_have_the_parents_that_they_were_committed_with(armed: Workshop) -> None:
    (armed.folder / ".git" / "info").mkdir(exist_ok=True)
    (armed.folder / ".git" / "info" / "grafts").write_text(armed.head + "\n")
    assert armed.git("log", "--format=%s") == 'Revert "second"'

    assert subjects(armed) == AS_COMMITTED


@pytest.fixture
def forged(armed: Workshop) -> Workshop:
    """The armed repository with a commit-graph that says: no commit has a parent.

    Its checksum is put right.  libgit2 takes only the older format for one.
    """
    armed.git("-c", "commitGraph.generationVersion=1", "commit-graph", "write", "--reachable")
    graph = armed.folder / ".git" / "objects" / "info" / "commit-graph"
    data = bytearray(graph.read_bytes())
    table = [struct.unpack(">4sQ", data[n : n + 12]) for n in range(8, 8 + 12 * data[6], 12)]
    start = dict(table)[b"CDAT"]
    for number in range(3):  # 20 bytes of tree, 4 of the first parent
        at = start + number * 36 + 20
        data[at : at + 4] = struct.pack(">I", 0x70000000)
    data[-20:] = hashlib.sha1(data[:-20]).digest()
    graph.chmod(0o644)
    graph.write_bytes(data)
    return armed


def test_a_forged_index_of_commits_is_not_believed(forged: Workshop) -> None:
    """The commit-graph file says who is whose parent; its checksum is looked at by fsck alone."""
    assert forged.git("log", "--format=%s") == 'Revert "second"'

    assert subjects(forged) == AS_COMMITTED


def test_nor_is_it_by_the_library_that_merges(forged: Workshop) -> None:
    """A revert whose target is said to be in another history would be called unreachable."""
    head, second = forged.head, str(forged.clone.commit("HEAD").parents[0])
    assert not pygit2.Repository(str(forged.folder)).descendant_of(head, second)

    assert Objects(forged.folder / ".git" / "objects").descends(head, second)


# -- names -------------------------------------------------------------------------------------

NAMES = {
    "option": "--upload-pack=touch TRACE",
    "order": "-O/dev/stdin",
    "output": "--output=TRACE",
    "magic": ":(glob)**",
    "newline": "a\n--output=TRACE\nb",
    "escape": "\x1b]0;owned\x07\x1b[2J",
    "bidi": "safe\u202egnp.exe\u2066",
    "long": "x" * 4096,
    "not utf-8": "caf\udce9",
}


def with_path(made: Workshop, path: str) -> None:
    """Commit a file of that path, which need not be one that a disk can hold, and revert it."""
    quoted = "".join(f"\\{byte:03o}" for byte in path.encode(errors="surrogateescape"))
    stream = "".join(
        f"commit refs/heads/main\ncommitter C <c@example.org> {made.now_s + number} +0000\n"
        f"data {len(message)}\n{message}{start}{change}\n"
        for number, (message, start, change) in enumerate(
            [
                ("add\n", "from refs/heads/main^0\n", f'M 644 inline "{quoted}"\ndata 2\nx\n'),
                ('Revert "add"\n', "", f'D "{quoted}"\n'),
            ]
        )
    )
    made.git("fast-import", "--quiet", "--force", text=stream)


@pytest.mark.parametrize("path", NAMES.values(), ids=NAMES)
def test_a_path_is_a_path_whatever_its_name(
    armed: Workshop, path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_path(armed, path)
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    before = files_below(armed.folder)

    read_all(armed.folder, tmp_path / "fetched" / "q.git")

    shown = path.encode(errors="surrogateescape").decode("utf-8", "replace")
    assert [file.path for file in armed.clone.diff("main")] == [shown]
    assert revert_report(armed.clone, "main").finding.verdict.value == "exact"
    assert (files_below(armed.folder) == before, list(Path.cwd().iterdir())) == (True, [])


REFS = ["--upload-pack=touch", "--output=TRACE", "-1", "safe\u202egnp", "y" * 200]


@pytest.mark.parametrize("ref", REFS)
def test_a_ref_is_a_ref_whatever_its_name(
    armed: Workshop, ref: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = armed.head
    for kind in ("heads", "tags"):
        armed.git("update-ref", f"refs/{kind}/{ref}", head)
    armed.git("symbolic-ref", "HEAD", f"refs/heads/{ref}")
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    before = files_below(armed.folder)

    read_all(armed.folder, tmp_path / "fetched" / "q.git")

    assert (ref, head) in armed.clone.tags()
    with contextlib.suppress(HistoryError):
        assert armed.clone.commit(ref).hash == head
    assert (files_below(armed.folder) == before, list(Path.cwd().iterdir())) == (True, [])
