"""Fetch commits of QEMU with plain git from a server into a repository of the kit.

Decides how much is fetched, from where, and when a repository is complete.  It is built beside its
place and moved there when it is complete.  git checks each object against its id as it arrives;
`kit.git.repository.transport` says what git may do.

Source: git 2.39, git-fetch(1) and Documentation/technical/partial-clone.txt; what is asked for one
by one (commits, then files) is what a partial clone itself requests from its server.
"""

from __future__ import annotations

import contextlib
import errno
import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import platformdirs

from kit.common.errors import MisuseError
from kit.common.user_file import make_folders
from kit.common.user_folder import Workplace, note_of, remove_tree, workplace
from kit.git.repository.transport import (
    FetchError,
    FetchTooLargeError,
    Git,
    GitError,
    Limits,
    Origin,
    Progress,
    ended_by_sigterm,
    origin,
)
from kit.machine.catalogue import CATALOGUE, OF_THE_LESSON
from kit.machine.pcie_revisions import SERIES

__all__ = [
    "LESSON_COMMITS",
    "LIMITS",
    "SOURCES",
    "Amount",
    "FetchError",
    "Fetched",
    "Progress",
    "default_folder",
    "fetch",
]

_WHO = "kit fetch"
SOURCES = ("https://gitlab.com/qemu-project/qemu.git", "https://github.com/qemu/qemu.git")
"""QEMU's repositories, in the order in which the kit tries them."""

LESSON_COMMITS = tuple(
    dict.fromkeys(
        [
            *(each.commit for each in CATALOGUE),
            *(patch.value for patch in OF_THE_LESSON),
            *SERIES,
        ]
    )
)
"""Full hashes of the commits that the lessons read: recorded builds, patches, the PCIe series."""


class Amount(Enum):
    """How much of QEMU's history is fetched."""

    LESSON = "lesson"  # the lesson's commits, their parents, and the files that their diffs touch
    HISTORY = "history"  # every commit without its files: messages, people, dates
    FULL = "full"  # everything, as a bare clone


LIMITS = {
    # a server that does not filter sends every file of the commits: some 40 MB
    Amount.LESSON: Limits(most_bytes=100_000_000, most_refs_bytes=20_000_000, most_s=1800),
    Amount.HISTORY: Limits(most_bytes=150_000_000, most_refs_bytes=20_000_000, most_s=7200),
    Amount.FULL: Limits(most_bytes=1_000_000_000, most_refs_bytes=20_000_000, most_s=28_800),
}
"""What one source may send in one call; then the kit tries the next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A complete repository, and what it took to fetch it.

    ``amount`` is what the folder holds, which may be more than was requested; ``url`` is where it
    came from, without a password; ``commits`` how many it has, parents included;
    ``received_bytes`` what arrived this time, by git's count: 0 if it ``was_there`` already.
    """

    path: Path
    amount: Amount
    url: str
    commits: int
    received_bytes: int
    was_there: bool


def default_folder(amount: Amount) -> Path:
    """Return the default folder for *amount*, in the user's cache."""
    return platformdirs.user_cache_path("unplug-kit", appauthor=False) / f"qemu-{amount.value}.git"


def fetch(
    target: Path,
    *,
    amount: Amount = Amount.LESSON,
    urls: Sequence[str] = SOURCES,
    wanted: Sequence[str] = LESSON_COMMITS,
    progress: Progress | None = None,
    announce: Callable[[str], None] = lambda _words: None,
    timeout_s: float = 60.0,
) -> Fetched:
    """Make *target* a bare repository with *amount* of QEMU, unless it is one already.

    Readers see no repository or a complete one.  An interrupted call leaves what it received in a
    hidden folder beside *target*, and the next call continues from there; locks and partial packs
    are removed.

    Args:
        target: The repository's folder: absent, empty, or filled by an earlier call.
        amount: How much. Reading LESSON or HISTORY never uses the network.
        urls: https, http, git or file URLs or folders of clones, tried in this order.
        wanted: Full hashes of the commits that must be there afterwards.
        progress: Called from this thread with git's progress; what it raises ends the call.
        announce: Called with how much may arrive, before the network is used.
        timeout_s: Seconds that a source may be silent before the kit tries the next.

    Raises:
        FetchError: No source had everything; the folder is unusable; or git is not installed.
    """
    if not urls or not all(re.fullmatch("[0-9a-f]{40}", commit) for commit in wanted):
        raise MisuseError(f"fetch needs a URL and full hashes, not {urls!r} and {wanted!r}")
    sources = [origin(url) for url in urls]
    try:
        target = _absolute(target)
        if there := _already(Git(target, timeout_s), amount, wanted):
            _remove_leftovers(target)
            return there
        with ended_by_sigterm(), workplace(target, _WHO, FetchError) as place:
            git = Git(place.folder / amount.value, timeout_s, progress, place.lock)
            if there := _already(Git(target, timeout_s), amount, wanted):
                return there  # another process has just made it
            announce(f"From each source come {LIMITS[amount]}.")
            return _from_first(sources, git, place, amount, wanted)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            full = f"{target.parent}: the disk is full"
            raise FetchError(f"{full}; make room there, or name another folder") from error
        why = error.strerror or str(error)
        raise FetchError(f"{target}: cannot be written: {why}; name another folder") from error
    except GitError as error:
        raise FetchError(f"{target}: git fails there: {error}; name another folder") from error


def _remove_leftovers(target: Path) -> None:
    """Remove what a process left beside *target* that was killed after it had moved it there."""
    if note_of(target).exists():
        with contextlib.suppress(FetchError, OSError), workplace(target, _WHO, FetchError) as place:
            for path in place.folder.iterdir():
                remove_tree(path)


def _absolute(target: Path) -> Path:
    try:
        found = target.expanduser().absolute()
        # the last part of the path is not followed if it is a link
        return found.parent.resolve() / found.name if found.is_symlink() else found.resolve()
    except RuntimeError as error:  # an unknown user's home, or links in a circle
        why = str(error).rstrip(".")
        raise FetchError(f"{target}: cannot be written: {why}; name another folder") from None


def _already(git: Git, amount: Amount, wanted: Sequence[str]) -> Fetched | None:
    """Return what *git*'s folder holds if that is enough; None if it must be filled."""
    folder = git.folder
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return None
    held = _recorded(git)
    if held is None:
        raise FetchError(f"{folder} exists, and kit fetch did not make it; name another folder")
    if held in (amount, Amount.FULL) and _is_whole(git, held, wanted):
        return _fetched(git, held)
    if held is not amount:
        raise FetchError(
            f"{folder} holds QEMU's {held.value}, which is not what is wanted ({amount.value}); "
            "name another folder, or remove this one first"
        )
    return None


def _recorded(git: Git) -> Amount | None:
    config = git.folder / "config"
    if not config.is_file():
        return None
    try:
        return Amount(git.run("config", f"--file={config}", "unplug-kit.amount").strip())
    except (GitError, ValueError):
        return None


def _is_whole(git: Git, amount: Amount, wanted: Sequence[str]) -> bool:
    if _missing_commit(git, wanted):
        return False
    try:
        return amount is not Amount.LESSON or not _missing_blobs(git, wanted)
    except GitError:
        return False


def _missing_commit(git: Git, wanted: Sequence[str]) -> str | None:
    with contextlib.suppress(GitError):
        git.run("rev-list", "--no-walk", "--quiet", "--stdin", feed=wanted)
        return None
    for commit in wanted:
        try:
            git.run("cat-file", "-e", f"{commit}^{{commit}}")
        except GitError:
            return commit
    return None


def _missing_blobs(git: Git, wanted: Sequence[str]) -> list[str]:
    """Return the ids of the absent files that the diffs of *wanted* to their parents need.

    A merge has no such diff, and a submodule's entry names a commit of another repository.
    """
    raw = git.run("diff-tree", "-r", "--raw", "--no-abbrev", "--root", "--stdin", feed=wanted)
    needed: dict[str, None] = {}
    for line in raw.splitlines():
        if line.startswith(":"):
            old_mode, new_mode, old, new = line[1:].split(maxsplit=4)[:4]
            needed |= {
                blob: None
                for mode, blob in ((old_mode, old), (new_mode, new))
                if mode not in ("000000", "160000")
            }
    # unlike others, this command never fetches what is absent
    all_objects = git.run("cat-file", "--batch-all-objects", "--batch-check=%(objectname)")
    present = set(all_objects.split())
    return [blob for blob in needed if blob not in present]


def _fetched(git: Git, amount: Amount, *, received_bytes: int | None = None) -> Fetched:
    return Fetched(
        path=git.folder,
        amount=amount,
        url=git.run("config", "remote.origin.url").strip(),
        commits=int(git.run("rev-list", "--count", "--all")),
        received_bytes=received_bytes or 0,
        was_there=received_bytes is None,
    )


def _from_first(
    sources: Sequence[Origin], git: Git, place: Workplace, amount: Amount, wanted: Sequence[str]
) -> Fetched:
    """Fill *git*'s folder from the first source that has everything, and move it to its place."""
    refusals = []
    with _tidied(git.folder):
        for source in sources:
            try:
                with git.limited(source, LIMITS[amount]):
                    _fill(git, source, amount, wanted)
                _seal(git, source, amount)
            except GitError as failure:
                if isinstance(failure, FetchTooLargeError):
                    remove_tree(git.folder)  # nothing to continue from
                reason = str(failure).replace(source.url, source.shown)
                refusals.append(f"{source.shown}: {reason}")
                continue
            place.put(git.folder)
            done = Git(place.target, git.timeout_s)
            return _fetched(done, amount, received_bytes=git.received_bytes)
    raise FetchError(
        f"QEMU's commits could not be fetched ({'; '.join(refusals)}); check the network, "
        "or name a mirror or the folder of a clone with --from"
    )


def _fill(git: Git, source: Origin, amount: Amount, wanted: Sequence[str]) -> None:
    if (git.folder / "HEAD").exists():
        with contextlib.suppress(GitError):  # an earlier call may have left damage
            _check(git, amount)
    make_folders(git.folder)
    git.run("init", "--quiet", "--bare", "--template=")
    git.run("config", "remote.origin.url", source.url)
    if amount is Amount.LESSON:
        _fill_lesson(git, source, wanted)
    else:
        _fill_history(git, source, ["--filter=tree:0"] if amount is Amount.HISTORY else [])
    _check(git, amount)
    if missing := _missing_commit(git, wanted):
        remove_tree(git.folder)  # another project's history
        raise GitError(f"it does not have {missing}")
    if amount is Amount.LESSON:  # read each diff once, as readers will, without a network
        git.run("diff-tree", "-p", "-M", "--root", "--stdin", feed=wanted)


def _fill_lesson(git: Git, source: Origin, wanted: Sequence[str]) -> None:
    # git must not assume that the files of a present commit are present
    git.run("config", "fetch.negotiationAlgorithm", "noop")
    refs = [f"refs/lesson/{commit}" for commit in wanted]  # without refs git gc removes them
    if not set(refs) <= _refs(git):
        named = [f"{commit}:{ref}" for commit, ref in zip(wanted, refs, strict=True)]
        # of depth 2, so that each has its parent
        options = ("--atomic", "--filter=blob:none", "--depth=2")
        git.fetch(source, *options, "origin", *named, phase="commits")
    if blobs := _missing_blobs(git, wanted):
        git.fetch(source, "--filter=blob:none", "--stdin", "origin", feed=blobs, phase="files")


# git cannot resume within a stage.  Six stages cost 2 % more traffic than one, and 25 % more disk.
_STAGES = 6


def _fill_history(git: Git, source: Origin, options: Sequence[str]) -> None:
    """Fetch every branch and tag, in stages from release to release."""
    listing = git.run(
        *("ls-remote", "--symref", "--sort=version:refname", "origin", "HEAD", "refs/tags/v*"),
        source=source,
    )
    releases = re.findall(r"\t(refs/tags/v[0-9.]+)$", listing, re.MULTILINE)
    every = math.ceil(len(releases) / _STAGES) or 1
    stages = releases[every - 1 :: every]
    total = len(stages) + 1
    have = _refs(git)
    for number, tag in enumerate(stages, 1):
        if tag not in have:
            phase = f"stage {number} of {total}"
            git.fetch(source, *options, "origin", f"+{tag}:{tag}", phase=phase)
    everything = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
    phase = f"stage {total} of {total}"
    git.fetch(source, *options, "--prune", "origin", *everything, phase=phase)
    if head := re.search(r"^ref: (refs/heads/\S+)\tHEAD$", listing, re.MULTILINE):
        git.run("symbolic-ref", "HEAD", head[1])


def _refs(git: Git) -> set[str]:
    return set(git.run("for-each-ref", "--format=%(refname)").split())


def _check(git: Git, amount: Amount) -> None:
    """Raise GitError, and remove the folder, if it lacks objects that its commits need."""
    depth = () if amount is Amount.LESSON else ("--connectivity-only",)
    try:
        git.run("fsck", "--no-dangling", "--progress", *depth, phase="check")
    except GitError as failure:
        remove_tree(git.folder)
        raise GitError(f"what came from it is damaged: {failure}") from None


def _seal(git: Git, source: Origin, amount: Amount) -> None:
    """Make the repository ready for readers."""
    settings = {"remote.origin.url": source.shown, "unplug-kit.amount": amount.value}
    if amount is not Amount.FULL:
        settings["protocol.allow"] = "never"  # git must not fetch what is absent
        settings["mailmap.blob"] = "refs/none"  # git log would want HEAD's, which is absent
    for key, value in settings.items():
        git.run("config", key, value)
    git.run("pack-refs", "--all")
    if amount is not Amount.LESSON:
        git.run("commit-graph", "write", "--reachable", "--progress", phase="index")


@contextlib.contextmanager
def _tidied(part: Path) -> Iterator[None]:
    """Remove git's locks and partial packs from *part* before and after, and *part* if useless."""
    _sweep(part)
    try:
        yield
    finally:
        _sweep(part)
        if not any(part.glob("objects/pack/*.pack")):
            remove_tree(part)


def _sweep(part: Path) -> None:
    if part.is_dir():
        own = ("*.lock", "shallow_*", "refs/**/*.lock", "objects/**/*.lock", "objects/**/tmp_*")
        for path in [path for pattern in own for path in part.glob(pattern)]:
            path.unlink()
