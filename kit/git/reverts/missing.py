"""Which reverts and fixes of one branch concern what another one contains, and are missing there.

Told by content: a branch contains a change if the lines that it added are in its files, whether it
was merged, picked, rebased or squashed.  Half of the lines are half of the change.  Less than a
fifth is chance, unless the branch comes after the change.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from kit.git.repository.clone import CloneHistory
from kit.git.repository.objects import MissingObjectError, Objects
from kit.git.reverts.exactness import changed_in, net_of, sides_of
from kit.git.reverts.scan import Wanted, read_reverts
from kit.git.values.commit import fixed_by
from kit.git.values.verdict import TargetStatus

__all__ = ["MissingState", "Needed", "missing_json", "missing_reverts"]

_MIN_SHARE = 0.2  # of a change's lines: fewer are alike by chance


class MissingState(Enum):
    """Whether a branch needs a revert or a fix of another one."""

    MISSING = "missing"  # it contains the change, and not what takes it back or mends it
    PARTLY = "partly"  # it contains a part of the change
    RELANDED = "re-landed"  # the other branch has the change again
    UNTOLD = "cannot be told"


@dataclass(frozen=True, slots=True)
class Needed:
    """A revert or a fix of one branch that concerns the other.

    ``lines`` are how many of the change's own lines the branch has, and of how many.
    """

    sha: str
    subject: str
    is_fix: bool
    targets: tuple[str, ...]
    state: MissingState
    lines: tuple[int, int] = (0, 0)
    note: str = ""


def missing_reverts(clone: CloneHistory, source: str, branch: str) -> tuple[Needed, ...]:
    """Return the reverts and fixes of *source* that concern *branch*, oldest first.

    What *branch* has by its hash or by content is left out, and so is what concerns a change that
    it does not contain.

    Raises:
        HistoryError: One of the two is not here, or git fails.
    """
    tip, other = clone.commit(branch).hash, clone.commit(source).hash
    objects = clone.commits().objects()
    rows = list(read_reverts(clone, Wanted(revisions=(other, f"^{tip}"))))
    undone = {target.sha for row in rows for target in row.resolved}
    found = [
        Needed(row.sha, row.subject, False, targets, *state)
        for row in rows
        if (targets := tuple(each.sha for each in row.resolved
                             if each.sha and each.status is TargetStatus.OK))
        and (state := _state(objects, row.sha, targets, tip, relanded=row.sha in undone))
    ]  # fmt: skip
    reverts = {row.sha for row in rows}
    for sha, subject, fixed in _fixes(clone, objects, other, tip):
        if sha not in reverts and sha not in undone:
            state = _fix_state(objects, sha, fixed, tip)
            if state is not None:
                found.append(Needed(sha, subject, True, (fixed,), *state))
    walk = ("rev-list", "--topo-order", "--reverse", other, f"^{tip}", "--")
    with clone.stream(*walk, of=source) as listed:  # dates may be in another order
        place = {line.decode().strip(): number for number, line in enumerate(listed)}
    return tuple(sorted(found, key=lambda each: place.get(each.sha, 0)))


_State = tuple[MissingState, tuple[int, int], str]


def _state(
    objects: Objects, sha: str, targets: Sequence[str], tip: str, *, relanded: bool
) -> _State | None:
    try:
        objects.start()
        own = _own_lines(objects, targets, undone_by=sha)
        have, of = _in_tree(objects, own, tip)
    except MissingObjectError as error:
        return MissingState.UNTOLD, (0, 0), str(error)
    if not of:  # it only removed lines, which tells by ancestry alone
        if not all(_contains(objects, tip, each) for each in targets):
            return None
        have = of = 1
    # of what was merged, later commits may have changed lines
    whole = have == of or all(_contains(objects, tip, each) for each in targets)
    if not have or (not whole and have < _MIN_SHARE * of):
        return None
    if relanded:
        return MissingState.RELANDED, (have, of), ""
    return (MissingState.MISSING if whole else MissingState.PARTLY), (have, of), ""


def _fix_state(objects: Objects, sha: str, fixed: str, tip: str) -> _State | None:
    try:
        objects.start()
        have, of = _in_tree(objects, _own_lines(objects, [fixed]), tip)
        mended, lines = _in_tree(objects, _own_lines(objects, [sha]), tip)
    except MissingObjectError as error:
        return MissingState.UNTOLD, (0, 0), str(error)
    if not of:
        have = of = int(_contains(objects, tip, fixed))
    is_chance = have < _MIN_SHARE * of and not _contains(objects, tip, fixed)
    if not have or is_chance or (lines and mended == lines):
        return None
    # a fix changes some of the lines that it mends: most of them tell
    return (MissingState.MISSING if 2 * have > of else MissingState.PARTLY), (have, of), ""


def _own_lines(
    objects: Objects, targets: Sequence[str], undone_by: str | None = None
) -> dict[str, set[bytes]]:
    """Return the lines that changes brought and that their files did not have before, by path."""
    undone = None
    if undone_by is not None:
        undone = net_of(objects, changed_in(objects, sides_of(objects, undone_by)))
    own: dict[str, set[bytes]] = {}
    for target in targets:
        for path, (old, new) in changed_in(objects, sides_of(objects, target)).items():
            before = objects.line_change(None, old)
            added = {
                line
                for line, count in objects.line_change(old, new).items()
                if count > 0 and line not in before and line.strip()
            }
            if undone is not None:
                taken = undone.get(path, Counter())
                added = {line for line in added if taken[line] < 0}
            if added:
                own.setdefault(path, set()).update(added)
    return own


def _in_tree(objects: Objects, own: dict[str, set[bytes]], tip: str) -> tuple[int, int]:
    tree = objects.commit(tip).tree_name()
    have = 0
    for path, lines in own.items():
        have += len(lines & objects.line_change(None, objects.entry(tree, path)).keys())
    return have, sum(map(len, own.values()))


def _contains(objects: Objects, tip: str, sha: str) -> bool:
    try:
        return tip == sha or objects.descends(tip, sha)
    except MissingObjectError:
        return False


def _fixes(
    clone: CloneHistory, objects: Objects, source: str, tip: str
) -> Iterator[tuple[str, str, str]]:
    """Yield hash, subject and fixed commit of each fix that is in *source* and not in *tip*."""
    options = ("-i", "--extended-regexp", "--grep=^Fixes: *(commit +)?[0-9a-f]{7}")
    for sha, subject, body in clone.messages(*options, source, f"^{tip}"):
        for name in fixed_by(body):
            with contextlib.suppress(ValueError, MissingObjectError):
                if (fixed := objects.find(name)) is not None:
                    yield sha, subject, fixed
                    break


def missing_json(needed: Needed) -> dict[str, object]:
    """Return a row of ``kit missing-reverts`` as what json can write."""
    return {
        "sha": needed.sha,
        "subject": needed.subject,
        "kind": "fix" if needed.is_fix else "revert",
        "targets": list(needed.targets),
        "state": needed.state.value,
        "lines": {"there": needed.lines[0], "of": needed.lines[1]},
        "note": needed.note or None,
    }
