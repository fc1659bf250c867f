"""Is a revert exact?  Three checks decide it, in this process; nothing is checked out.

Three-way: undoing its targets on its parent, one after the other, gives its tree.  Reverse apply:
the same with their patches, whose context must then be unchanged.  Line by line: the targets and
the revert together change nothing.  The verdict rests on these; installed packages may ask more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import permutations
from typing import TypeVar

from kit.git.repository.objects import (
    Changed,
    FileChange,
    MissingObjectError,
    Objects,
    TreeEntry,
)
from kit.git.repository.raw_commit import RawCommit
from kit.git.reverts.checks import RevertCheck, checks_of_packages
from kit.git.values.patch import lines_of, undo
from kit.git.values.verdict import (
    CheckAnswer,
    Residual,
    RevertFinding,
    RevertTarget,
    TargetStatus,
    judge,
)

__all__ = [
    "CheckedRevert",
    "CommitTrees",
    "changed_in",
    "check_exactness",
    "every_check",
    "net_of",
    "sides_of",
    "todays_paths",
]

_ALL_ORDERS_UP_TO = 4  # of so many targets every order is tried, of more only the natural ones
_MAX_RESIDUAL = 10_000  # lines
_SAME_FILE = 0.5  # of the lines, as git has it, make two files one that was renamed
_State = TypeVar("_State")
_Content = tuple[int, bytes] | None  # mode and text of a file; None: there is none
_Files = Mapping[str, TreeEntry | None]  # those that are not as on the revert's parent
Net = dict[str, Counter[bytes]]


@dataclass(frozen=True, slots=True)
class CommitTrees:
    """A commit, and the hashes of the trees before and after it."""

    commit: RawCommit
    before: str
    after: str


def sides_of(objects: Objects, sha: str, parent: str | None = None) -> CommitTrees:
    """Return a commit with its trees; of a merge, *parent* names the side before it."""
    commit = objects.commit(sha)
    return CommitTrees(commit, objects.tree_before(commit, parent), commit.tree_name())


def changed_in(objects: Objects, side: CommitTrees) -> Changed:
    """Return what a commit changes, or raise MissingObjectError if that is too much to compare."""
    changed = objects.changed(side.before, side.after)
    objects.check_size(changed)
    return changed


def check_exactness(
    objects: Objects,
    sha: str,
    targets: Sequence[RevertTarget],
    *,
    all_orders: bool = False,
    packages: bool = True,
) -> RevertFinding:
    """Check one revert.

    Args:
        objects: The objects of its clone.
        sha: Its full hash.
        targets: The commits that it names; those that are here count.
        all_orders: Count in how many orders the targets can be undone, instead of stopping at
            the first that gives the revert's tree.
        packages: Ask the checks of installed packages, too; no verdict rests on them.
    """
    checks = every_check() if packages else _CHECKS
    here = [target for target in targets if target.sha is not None]
    notes = [
        f"{target.named} is {target.status.value} here"
        for target in targets
        if target.status is not TargetStatus.OK
    ]
    if not here:
        return _unanswered(checks, notes or ["it does not name a commit"])
    objects.start()
    try:
        revert = sides_of(objects, sha)
        undone = [sides_of(objects, target.sha or "", target.parent) for target in here]
        asked = CheckedRevert(objects, revert, undone, all_orders=all_orders)
        for side in (revert, *undone):
            objects.check_size(asked.changed(side))
    except MissingObjectError as error:
        return _unanswered(checks, [*notes, str(error)])
    notes += _merge_notes(here, undone, revert)
    answers = tuple(_answer(asked, each) for each in checks)
    said = {each.name: each.answer for each in answers}
    residual = asked.safely(asked.residual)
    objects.start()
    if residual and len(residual) > _MAX_RESIDUAL:
        notes.append(f"the report lists {_MAX_RESIDUAL:,} of {len(residual):,} lines that are left")
    return RevertFinding(
        judge((said["three_way"], said["reverse_apply"]), residual, said["same_lines"]),
        "; ".join([*notes, *asked.trouble]),
        answers,
        (residual or ())[:_MAX_RESIDUAL],
        asked.applied,
    )


def _merge_notes(
    targets: Sequence[RevertTarget], undone: Sequence[CommitTrees], revert: CommitTrees
) -> Iterator[str]:
    for target, side in zip(targets, undone, strict=True):
        if len(side.commit.parents) > 1 and target.parent is None:
            yield f"{target.named} is a merge, compared with its first parent"
    if len(revert.commit.parents) > 1:
        yield "the revert is a merge itself, compared with its first parent"


def _unanswered(checks: Sequence[RevertCheck], notes: Sequence[str]) -> RevertFinding:
    return RevertFinding(note="; ".join(notes), checks=tuple(each.answered() for each in checks))


def _answer(asked: CheckedRevert, check: RevertCheck) -> CheckAnswer:
    """Ask a check; one of a package that fails is a note."""
    try:
        return check.answered(asked.safely(partial(check.ask, asked)))
    except Exception as error:
        if check in _CHECKS:
            raise
        asked.trouble[f"the check {check.label} failed: {type(error).__name__}: {error}"] = None
        return check.answered()


class CheckedRevert:
    """One revert and its targets during the check.

    ``applied``: in how many orders the targets can be undone, and how many were tried.
    """

    def __init__(
        self,
        objects: Objects,
        revert: CommitTrees,
        undone: Sequence[CommitTrees],
        *,
        all_orders: bool = False,
    ) -> None:
        self.objects, self.revert = objects, revert
        self.undone, self.all_orders = undone, all_orders
        self.applied: tuple[int, int] | None = None
        self.trouble: dict[str, None] = {}
        self._residual: tuple[Residual, ...] | None = None
        self._changed: dict[CommitTrees, Changed] = {}
        self._entries: dict[str, TreeEntry | None] = {}

    def changed(self, side: CommitTrees) -> Changed:
        """Return what a commit changes, by path."""
        if side not in self._changed:
            self._changed[side] = self.objects.changed(side.before, side.after)
        return self._changed[side]

    def entry(self, state: _Files, path: str) -> TreeEntry | None:
        """Return a file of a state, or else of the revert's parent."""
        if path in state:
            return state[path]
        if path not in self._entries:
            self._entries[path] = self.objects.entry(self.revert.before, path)
        return self._entries[path]

    def residual(self) -> tuple[Residual, ...]:
        """Return what the targets and the revert together leave changed, line by line."""
        if self._residual is None:
            self._residual = tuple(_residual(self))
        return self._residual

    def safely(self, ask: Callable[[], _State]) -> _State | None:
        """Ask, or note what is not here."""
        try:
            return ask()
        except MissingObjectError as error:
            self.trouble[str(error)] = None
            return None

    def orders(self) -> list[tuple[CommitTrees, ...]]:
        """Return the orders to try, first that of undoing, newest first."""
        newest = tuple(sorted(self.undone, key=lambda side: -side.commit.committer.time_s))
        if len(newest) <= _ALL_ORDERS_UP_TO:
            return list(permutations(newest))
        named = tuple(self.undone)
        return [newest, named, named[::-1], newest[::-1]]


def _tried(
    asked: CheckedRevert,
    start: _State,
    undo_one: Callable[[_State, CommitTrees], _State | None],
    is_revert: Callable[[_State], bool],
    *,
    all_orders: bool = False,
) -> tuple[bool, int]:
    """Return whether an order gives the revert, and how many of those that were tried apply.

    Orders that begin alike share the work; the first that gives the revert is the last, unless
    *all_orders* are wanted.
    """
    known: dict[tuple[CommitTrees, ...], _State | None] = {(): start}
    exact, applied = False, 0
    for order in asked.orders():
        for length, side in enumerate(order, start=1):
            if order[:length] not in known:
                state = known[order[: length - 1]]
                known[order[:length]] = None if state is None else undo_one(state, side)
        state = known[order]
        applied += state is not None
        exact = exact or (state is not None and is_revert(state))
        if exact and not all_orders:
            break
    return exact, applied


def _three_way(asked: CheckedRevert) -> bool:
    """Does an order give the revert's tree?"""
    exact, applied = _files_apart(asked, asked.all_orders)
    if _may_hide_renames(asked) and not (exact and not asked.all_orders):
        exact, applied = _whole_trees(asked, asked.all_orders)
    if asked.all_orders:
        asked.applied = applied, len(asked.orders())
    return exact


def _files_apart(asked: CheckedRevert, all_orders: bool) -> tuple[bool, int]:
    """Undo the targets on their files only: quick, and blind to renames."""
    start: _Files = {}

    def undo_one(state: _Files, side: CommitTrees) -> _Files | None:
        changed = asked.changed(side)
        versions = [(new, asked.entry(state, path), old) for path, (old, new) in changed.items()]
        merged = asked.objects.merge_files(versions)
        return None if merged is None else {**state, **dict(zip(changed, merged, strict=True))}

    def is_revert(state: _Files) -> bool:
        mine = asked.changed(asked.revert)
        return all(
            asked.entry(state, path) == (mine[path][1] if path in mine else asked.entry({}, path))
            for path in {*state, *mine}
        )

    return _tried(asked, start, undo_one, is_revert, all_orders=all_orders)


def _whole_trees(asked: CheckedRevert, all_orders: bool) -> tuple[bool, int]:
    """Undo the targets on whole trees, and look for renames."""

    def undo_one(tree: str, side: CommitTrees) -> str | None:
        return asked.objects.merge(side.after, tree, side.before)

    before, after = asked.revert.before, asked.revert.after
    return _tried(asked, before, undo_one, lambda tree: tree == after, all_orders=all_orders)


def _may_hide_renames(asked: CheckedRevert) -> bool:
    """May a file have had another name, at a target or since?"""
    for side in asked.undone:
        changed = asked.changed(side)
        olds, news = (
            [path for path, each in changed.items() if each[which] is not None] for which in (0, 1)
        )
        if set(olds) - set(news) and set(news) - set(olds):
            return True
        if any(asked.entry({}, path) is None for path in news):
            return True
    return False


def _reverse_apply(asked: CheckedRevert) -> bool:
    """Can the patches be taken away with their context as it was, and is that the revert?"""
    patches = {side: asked.objects.patches(side.before, side.after) for side in asked.undone}

    def undo_one(state: Mapping[str, _Content], side: CommitTrees) -> Mapping[str, _Content] | None:
        return _unpatched(asked, state, patches[side])

    def is_revert(state: Mapping[str, _Content]) -> bool:
        after = asked.revert.after
        return asked.changed(asked.revert).keys() <= state.keys() and all(
            content == _content(asked.objects, asked.objects.entry(after, path))
            for path, content in state.items()
        )

    start: Mapping[str, _Content] = {}
    return _tried(asked, start, undo_one, is_revert)[0]


def _unpatched(
    asked: CheckedRevert, state: Mapping[str, _Content], changes: Sequence[FileChange]
) -> Mapping[str, _Content] | None:
    result = dict(state)
    for change in changes:
        current = _current(asked, result, change.path) if change.new else None
        if change.new is not None and (current is None or current[0] != change.new.mode):
            return None
        if change.new is None and _current(asked, result, change.path) is not None:
            return None  # what was deleted is there again
        text = _without(asked.objects, change, current)
        if text is None:
            return None
        if change.new is not None:
            result[change.path] = None
        if change.old is not None:
            result[change.old_path] = (change.old.mode, text)
    return result


def _without(objects: Objects, change: FileChange, current: _Content) -> bytes | None:
    text = current[1] if current else b""
    if change.fragments is not None:
        lines = undo(lines_of(text), change.fragments)
        if lines is None or (change.old is None and lines):
            return None
        return b"".join(lines)
    if change.new is not None and text != objects.content(change.new):
        return None
    return b"" if change.old is None else objects.content(change.old)


def _current(asked: CheckedRevert, state: Mapping[str, _Content], path: str) -> _Content:
    if path in state:
        return state[path]
    return _content(asked.objects, asked.objects.entry(asked.revert.before, path))


def _content(objects: Objects, entry: TreeEntry | None) -> _Content:
    return None if entry is None else (entry.mode, objects.content(entry))


def net_of(objects: Objects, changed: Changed) -> Net:
    """Return which lines a diff adds (positive) and removes (negative), by path."""
    return {path: objects.line_change(old, new) for path, (old, new) in changed.items()}


def _residual(asked: CheckedRevert) -> Iterator[Residual]:
    """Yield what targets and revert together leave changed, by path; first the removed lines."""
    objects, revert = asked.objects, asked.revert
    mine = asked.changed(revert)
    theirs = [asked.changed(side) for side in asked.undone]
    if len(theirs) == 1:  # most files go back to what they were: no need to look into them
        same = {path for path, (old, new) in theirs[0].items() if mine.get(path) == (new, old)}
        mine = {path: each for path, each in mine.items() if path not in same}
        theirs = [{path: each for path, each in theirs[0].items() if path not in same}]
    own = net_of(objects, mine)
    undone: Net = {}
    for side, changed in zip(asked.undone, theirs, strict=True):
        todays = todays_paths(objects, side, revert, mine)
        for path, change in net_of(objects, changed).items():
            undone.setdefault(todays.get(path, path), Counter()).update(change)
    for path in sorted({*own, *undone}):
        yield from _left_in(path, undone.get(path, Counter()), own.get(path, Counter()))
        moved = path in mine and not own[path]
        if moved and not undone.get(path) and not any(path in changed for changed in theirs):
            yield Residual(_shown(path), "+", "(lines in another order)", own=True)


def todays_paths(
    objects: Objects, side: CommitTrees, revert: CommitTrees, mine: Changed
) -> dict[str, str]:
    """Return which of a target's files have another path where the revert was made.

    Only the files that the revert changes, *mine*, are searched, because no others matter.
    """
    new = [path for path in mine if objects.entry(side.after, path) is None]
    todays: dict[str, str] = {}
    for path in objects.changed(side.before, side.after) if new else ():
        entry = objects.entry(side.after, path)
        if entry is None or objects.entry(revert.before, path) is not None:
            continue
        alike = {
            each: objects.likeness(entry, there)
            for each in new
            if (there := mine[each][0]) is not None and each not in todays.values()
        }
        best = max(alike, key=alike.__getitem__, default=None)
        if best is not None and alike[best] >= _SAME_FILE:
            todays[path] = best
    return todays


def _left_in(path: str, undone: Counter[bytes], own: Counter[bytes]) -> Iterator[Residual]:
    for line in sorted({*undone, *own}, key=lambda line: (undone[line] + own[line] > 0, line)):
        meant, left = undone[line], undone[line] + own[line]
        # of what is left, as much as the targets changed is theirs
        behind = sorted((0, left, meant))[1]
        twin = line + b"\n" in undone or line + b"\n" in own
        for is_own, count in ((False, behind), (True, left - behind)):
            sign, text = "+" if count > 0 else "-", _line(line, twin=twin)
            shown = Residual(_shown(path), sign, text, own=is_own)
            yield from [shown] * abs(count)


def _shown(path: str) -> str:
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _line(line: bytes, *, twin: bool) -> str:
    """Return a line as text; one without a line feed says so if its *twin* has one."""
    text = line.decode("utf-8", "replace").removesuffix("\n")
    return f"{text} (no line feed)" if twin else text


_CHECKS = (
    RevertCheck(
        "three_way",
        "three-way",
        "Undo the targets on its parent by a merge: is that its tree?",
        _three_way,
    ),
    RevertCheck(
        "reverse_apply",
        "reverse apply",
        "Take their patches away, the lines around them as they were: is that its tree?",
        _reverse_apply,
    ),
    RevertCheck(
        "same_lines",
        "line by line",
        "Add up what targets and revert change: is nothing left?",
        lambda asked: not asked.residual(),
    ),
)


def every_check() -> tuple[RevertCheck, ...]:
    """Return the kit's checks, and those of installed packages."""
    return (*_CHECKS, *checks_of_packages(tuple(each.name for each in _CHECKS)))
