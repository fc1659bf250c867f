"""Write QEMU's own figures into data/history/qemu.json, from a clone of QEMU.

    python tools/freeze_history.py CLONE

The clone needs its files and its tags up to v6.1.0, and the commits up to November 2021.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kit.case_study.frozen import FrozenCommit, FrozenTarget
from kit.common.user_file import make_folders, write_atomic
from kit.course.time_to_revert import folders_by_year, lasted
from kit.git.repository.clone import CloneHistory
from kit.git.reverts.checking import checked_rows
from kit.git.reverts.folders import changed_paths, known_until_s
from kit.git.reverts.report import revert_report
from kit.git.reverts.report import shipped as shipped_tags
from kit.git.reverts.scan import read_reverts
from kit.git.values.verdict import Revert, RevertVerdict
from kit.machine.catalogue import CATALOGUE, RELEASES
from kit.machine.revision import Revision

TARGET = Path(__file__).parent.parent / "data" / "history" / "qemu.json"
COMMAND = "python tools/freeze_history.py CLONE"
REVERT = "d522cb52e6"
# "Update version for …": candidates that the catalogue does not name, oldest first
CANDIDATES = {
    "v6.1.0-rc0": "e77c8b8b8e933414ef07dbed04e02973fccffeb0",
    "v6.2.0-rc0": "0a70bcf18caf7a61d480f8448723c15209d128ef",
}


def figures(clone: CloneHistory, today: str) -> dict[str, Any]:
    """Return the figures of a clone, as they are written."""
    until_s = known_until_s(clone)
    found = tuple(read_reverts(clone))
    judged = tuple(checked_rows(found, clone))
    verdicts = Counter(
        row.finding.verdict.value for row in judged if row.finding and row.finding.verdict
    )
    return {
        "head": clone.commit("HEAD").hash,
        "until_s": until_s,
        "until": _day(until_s),
        "frozen": today,
        "command": COMMAND,
        "commits": [asdict(one) for one in _commits(clone)],
        "revert": _revert(clone),
        "reverts": len(found),
        "verdicts": dict(sorted(verdicts.items())),
        "quoted_not_exact": sum(
            row.subject.startswith('Revert "') and not _is_exact(row) for row in judged
        ),
        "exact_without_the_word": sum(
            "revert" not in row.subject.lower() and _is_exact(row) for row in judged
        ),
        "lasted": [[one.committed_s, one.by_committer_s, one.by_author_s] for one in lasted(found)],
        "folders": _folders(changed_paths(clone, found), {row.sha: row for row in found}),
    }


def _is_exact(row: Revert) -> bool:
    return row.finding is not None and row.finding.verdict is RevertVerdict.EXACT


def _commits(clone: CloneHistory) -> Iterator[FrozenCommit]:
    """Yield the builds of the case study, each with the first tag that has its change."""
    tags = sorted(
        [*((one.label, one.commit, one) for one in RELEASES), *_candidates()],
        key=lambda tag: clone.commit(tag[1]).committed,
    )
    for before, revision in zip((None, *CATALOGUE), CATALOGUE, strict=False):
        commit = clone.commit(revision.commit)
        tag, tagged = "", ""
        for name, sha, like in tags:
            if _has_change(like, revision, before):
                tag, tagged = name, clone.commit(sha).committed[:10]
                break
        yield FrozenCommit(revision.label, commit.hash, commit.committed, tag, tagged)


def _candidates() -> Iterator[tuple[str, str, Revision]]:
    """Yield the candidates, each with the release of its series, whose behaviour it has."""
    for tag, sha in CANDIDATES.items():
        yield tag, sha, next(one for one in RELEASES if one.label == tag.partition("-")[0])


def _has_change(tag: Revision, revision: Revision, before: Revision | None) -> bool:
    if before is None:
        return False
    came, went = revision.patches - before.patches, before.patches - revision.patches
    if not came and not went:
        return tag.like == revision.label
    return (came or revision.patches) <= tag.patches and not went & tag.patches


def _revert(clone: CloneHistory) -> dict[str, Any]:
    report = revert_report(clone, REVERT)
    own = clone.commit(REVERT)
    targets = []
    for target in report.revert.targets:
        commit = clone.commit(target.named)
        targets.append(
            FrozenTarget(
                commit.hash,
                commit.authored[:10],
                commit.committed[:10],
                target.author_days or 0,
                target.days or 0,
            )
        )
    checks, (apply, tried) = report.finding.checks, report.finding.orders or (0, 0)
    assert report.finding.verdict is not None
    return {
        "sha": own.hash,
        "verdict": report.finding.verdict.value,
        "checks": {each.name: each.answer for each in checks},
        "lines": report.lines,
        "orders_that_apply": apply,
        "orders": tried,
        "written": own.authored[:10],
        "committed": own.committed[:10],
        "targets": [asdict(one) for one in targets],
        "tags": [[one.tag, bool(one.has_code)] for one in shipped_tags(clone, REVERT)[:9]],
    }


def _folders(paths: Mapping[str, tuple[str, ...]], rows: Mapping[str, Revert]) -> list[list[Any]]:
    counts = folders_by_year((rows[sha], changed) for sha, changed in paths.items())
    return [[folder, year, count] for (folder, year), count in sorted(counts.items())]


def _day(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()


def written(data: dict[str, Any]) -> str:
    """Return the file's text: one line a list of numbers, so that a difference is readable."""
    text = json.dumps(data, indent=1)
    return _short(text) + "\n"


def _short(text: str) -> str:
    """Join the lines of the innermost lists."""

    return re.sub(r"\[\s+([^\[\]{}]*?)\s+\]", lambda m: f"[{' '.join(m[1].split())}]", text)


def main() -> None:
    """Write the figures of the clone that the command line names."""
    if len(sys.argv) != 2:
        sys.exit(f"usage: {COMMAND}")
    data = figures(CloneHistory(Path(sys.argv[1])), datetime.now(UTC).date().isoformat())
    make_folders(TARGET.parent)
    write_atomic(TARGET, written(data).encode())
    print(f"{TARGET}: {data['reverts']} reverts, up to {data['head'][:10]}")


if __name__ == "__main__":
    main()
