"""Small histories, one for each way in which people write reverts, and what must come out.

A story is told as steps; ``{name}`` in a message is the hash of the step of that name, ``{name:8}``
its first eight digits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.git.workshop import Workshop, workshop

__all__ = ["CASES", "DENIED", "NAMED", "SPOKEN", "Case", "build", "spoken"]


class _Digits(str):
    """A hash of which a format says how many digits."""

    def __format__(self, spec: str) -> str:
        return str(self)[: int(spec)] if spec else str(self)


@dataclass(frozen=True)
class Case:
    """Targets with their titles, a revert of all of them, and why the kit believes it.

    ``undone`` are the numbers of the targets that the row must list; all by default.
    """

    name: str
    titles: tuple[str, ...]
    message: str
    by: str
    undone: tuple[int, ...] | None = None


ONE = ("feat(tap): close the valve (#31)",)
PAIR = ("pump: run slowly", "pump: run quickly")
CASES = (
    Case("squash", ONE,
         'Revert "feat(tap): close the valve" (#40)\n\nReverts us/water#31', "number"),
    Case("squash-number", ONE, 'Revert "feat(tap): close the valve (#31)" (#40)', "number"),
    Case("cut-title", ("feat(tap): close the valve when nobody is there",),
         'Revert "feat(tap): close the valve when nob…" (#40)\n\n…ody is there"', "title"),
    Case("type", ("fix: oil it",), "revert: fix: oil it", "title"),
    Case("type-numbers", ONE, "revert: feat(tap): close the valve (#31) (#40)", "number"),
    Case("type-quotes", ONE, 'revert: "feat(tap): close the valve" (#40)', "title"),
    Case("type-scope", ONE, "revert(tap): close the valve (#40)", "title"),
    Case("type-case", ("fix: oil it",), "Revert: fix: oil it", "title"),
    Case("chore", ONE, 'chore: revert "feat(tap): close the valve"', "title"),
    Case("kernel", ("memory: keep it",), 'memory: Revert "memory: keep it"', "title"),
    Case("refs", PAIR, "revert: both were wrong\n\nRefs: {1:7}, {0:7}", "hash"),
    Case("number", ONE, "fix: revert #31, it leaks (#40)", "number"),
    Case("numbers", ("a: x (#1)", "b: y (#2)"), "fix: revert #1 and #2 (#3)", "number"),
    Case("pull", ONE, "revert pull request us/water#31", "number"),
    Case("address", ONE, "Too wet\n\nReverts https://forge.example/us/water/pull/31", "number"),
    Case("gerrit", ("tap: x\n\nReviewed-on: https://review.example/c/w/+/4040",),
         "tap: revert CL 4040", "number"),
    Case("change-id", (f"tap: x\n\nChange-Id: I{'0a1b' * 10}",),
         f"tap: y\n\nThis reverts change I{'0a1b' * 10}.", "change-id"),
    Case("merge-request", ("Turn it\n\nSee merge request us/water!7",),
         "Turn back\n\nThis reverts merge request !7", "number"),
    Case("roll-back", ("tap: turn it",), 'tap: roll back "tap: turn it"', "title"),
    Case("back-out", ("tap: turn it",), 'Back out "tap: turn it"', "title"),
    Case("undo", ("tap: turn it",), 'undo "tap: turn it"', "title"),
    Case("bare", ("tap: turn it",), "Revert tap: turn it", "title"),
    Case("subject-hash", ONE, "revert {0} feat(tap): close the valve", "hash"),
    Case("few-digits", ("tap: turn it",),
         'Revert "tap: turn it"\n\nThis reverts commit {0:6}.', "title"),
    Case("gitlab", ("tap: turn it",), 'Revert "tap: turn it"\nThis reverts commit {0:8}', "hash"),
    Case("brackets", ("tap: turn it",), "tap: another way (reverts {0:7})", "hash"),
    Case("range", ("a: 1", "b: 2", "c: 3"), "all\n\nThis reverts commits {0}..{2}.", "hash"),
    Case("range-of-git", ("a: 1", "b: 2", "c: 3"), "two\n\nThis reverts commits {0}..{2}.",
         "hash", (1, 2)),
    Case("range-caret", ("a: 1", "b: 2", "c: 3"), "two\n\nThis reverts {1}^..{2}.", "hash", (1, 2)),
    Case("list", PAIR, "both\n\nThis reverts:\n- {0:7}\n- {1:7}", "hash"),
    Case("subversion", ("tap: x\n\ngit-svn-id: svn://us.example/water/trunk@6989 c046a42c-6fe2",),
         "Revert r6989", "number"),
    Case("subversions", ("a: x\n\ngit-svn-id: svn://us.example/w@41 c046a42c",
                         "b: x\n\ngit-svn-id: svn://us.example/w@42 c046a42c"),
         "both\n\nThis reverts commits r41 and r42.", "number"),
    Case("subversion-and-why", ("a: x\n\ngit-svn-id: svn://us.example/w@41 c046a42c",
                                "b: x\n\ngit-svn-id: svn://us.example/w@42 c046a42c"),
         "one\n\nThis reverts commit r41, r42 is a better way.", "number", (0,)),
    Case("bitbucket", ("tap: turn it (pull request #7)",),
         'Revert "tap: turn it (pull request #7)" (pull request #8)', "number"),
    Case("in-brackets", ("tap: turn it",), "(revert what is only here)", "content"),
    Case("list-further-in", PAIR,
         "both\n\nA part of it reverts\n\n    {0:10} pump\n\nand reverts {1}.", "hash"),
    Case("hash-beside-a-title", ONE,
         'Revert "feat(tap): shut the valve"\n\nSince {0:8} it leaks.', "hash"),
    Case("list-with-and", PAIR,
         "both\n\nThis reverts:\n\ncommit {0}\n\tpump: a\n\nand\n\ncommit {1}\n\tpump: b\n\nSo.",
         "hash"),
    Case("range-in-words", ("a: 1", "b: 2", "c: 3"),
         "all\n\nThis reverts commit {0} through\n{2}.", "hash"),
    Case("range-last-first", ("a: 1", "b: 2", "c: 3"), "all\n\nReverts {2} through {0}.", "hash"),
    Case("range-to", ("a: 1", "b: 2", "c: 3"), "two\n\nReverts commits {1:9} to {2:9}.", "hash",
         (1, 2)),
    Case("and-a-part", PAIR, "both\n\nThis reverts {0} and parts of {1}.", "hash"),
    Case("list-without-a-colon", PAIR,
         "both\n\nThis reverts commits\n{0:10} pump: a\n{1:10} pump: b\nas they leak.", "hash"),
    Case("lines-without-a-colon", PAIR, "both\n\nThis reverts commits\n\n  {0:10}\n  {1:10}\n",
         "hash"),
    Case("title-beside-a-hash", ONE,
         'shut\n\nThis reverts commit 0123456789 ("feat(tap): close the valve").', "title"),
    Case("title-above-a-hash", ONE,
         'shut\n\nRevert "feat(tap): close the valve"\n\nThis reverts commit 0123456789.', "title"),
    Case("titles-of-a-list", PAIR,
         "both\n\nThis reverts:\ncommit {0}\n\tpump: run slowly\nand\n"
         "commit 0123456789\n\tpump: run quickly\n\nSo.", "hash, title"),
    Case("subversion-bare", ("a: x\n\ngit-svn-id: svn://us.example/w@411 c046a42c",
                             "b: x\n\ngit-svn-id: svn://us.example/w@412 c046a42c"),
         "Revert commits 411 and 412", "number"),
    Case("subversion-range", ("a: x\n\ngit-svn-id: svn://us.example/w@411 c046a42c",
                              "b: x\n\ngit-svn-id: svn://us.example/w@412 c046a42c"),
         "both\n\nThis reverts commits 411 to 412.", "number"),
    Case("subversion-and-a-part", ("a: x\n\ngit-svn-id: svn://us.example/w@411 c046a42c",
                                   "b: x\n\ngit-svn-id: svn://us.example/w@412 c046a42c"),
         "Revert r411 and a piece of r412.", "number"),
    Case("same-title", ("tap: tune", "tap: tune"), 'Revert "tap: tune"', "title", (0,)),
)  # fmt: skip

# What only speaks of a revert.
DENIED = (
    "tap: x\n\nuntil the following commit reverts {0}",
    "tap: x\n\nThe previous commit reverts {0}.",
    "tap: x\n\nwe could possibly revert {0}",
    "tap: x\n\nA later change will revert {0}.",
    "tap: x\n\nReverting {0} will cause a flood.",
    "tap: x\n\nsee the revert of {0} in the previous commit",
    "tap: x\n\nTo go back:\n\n    git revert {0}",
    "tap: x\n\n$ git revert {0}",
    "Squashed 'pipe/' changes\n\nREVERT: {0} tap\n\ngit-subtree-dir: pipe\ngit-subtree-split: {0}",
    "revert: keep the words\n\n{0} (revert: words) wrote them.",
    "tap: x\n\nOne way would just be to revert most of {0}.",
    "tap: x\n\nNote that we could actually revert {0}.",
    'Reverted the "kind" of the tap',
    "tap: x (#8)\n\n* one\n\nThis reverts commit 0123456789012345678901234567890123456789.",
    "docs: how to undo a change",
    "tap: x\n\nThis reverts #31, an issue.",
    "revert: name it\n\ngit begins the body with:\n\n    This reverts commit {0}.\n\nAlways.",
    "tap: x\n\nWe can write it like\n\n    This reverts commit {0:8} (tap)\n\nso that it is short.",
    "tap: x\n\nI verified that by reverting {0:8} (tap), and it leaks.",
    "tap: x\n\nAn attempt, by simply reverting {0:8}, resulted in a flood.",
    "tap: x\n\nWhat was:\n\nb5a9e435 (2017-01-11) - Reverts {0:8} to be dry",
    "tap: x\n\nI sign off on these commits:\n\ncommit 0021b9c479 Revert {0:8}\ncommit b5a9e435 y",
    "tap: also for rebase/cherry-pick/revert\n\nIt learned in {0:8} (tap) to leak.",
    'tap: x\n\nWhat is the first line, i.e. "This\nreverts commit {0:8} (tap)", stays.',
)

# What may be reverted, and how a sentence speaks of it without doing so.
NAMED = ("{0}", "commit {0:9}", "#31", "PR #31", "us/water#31", '"tap: turn it"', "CL 4040")
SPOKEN = (
    *("This will revert {}", "Will revert {}", "A follow-up will revert {}", "We'll revert {} soon",
      "We can either revert {} or not", "We could possibly revert {}", "I'd revert {}",
      "We may just as well not revert {}", "Do not revert {}", "Don't revert {}", "Never revert {}",
      "Should we revert {}?", "Maybe revert {}", "Please revert {} if it leaks",
      "If it leaks, revert {}", "Should it leak, please revert {}", "It would be to revert {}"),
    *("Prepare to revert {}", "In preparation for reverting {}", "We plan to revert {}",
      "We tried to revert {}", "I considered reverting {}", "It works without reverting {}",
      "Mend it instead of reverting {}", "Mend it rather than revert {}",
      "How to revert {}", "One way to revert {}", "I verified it by reverting {}"),
    *("The following commit reverts {}", "The next patches revert {}",
      "The previous change reverts {}", "An earlier one reverts {}", "Patch 2/3 reverts {}",
      "PR #9 reverts {}", "Commit 0aaaaaaa reverts {}", "#9 reverts {}",
      "It leaks since the revert of {}", "Due to revert of {}, it leaks",
      "It leaks because of the revert of {}", "Wait until we revert {}",
      "Once we revert {}, it ends", "When reverting {}, mind the tap",
      "It was lost as part of reverting {}",
      "It was a partial revert of {}", "The one before was reverting {}"),
    *("See revert {}", "See also the revert of {}", "Run `git revert {}`", "Run git revert {}",
      "Reverting {} will cause a flood"),
)  # fmt: skip


def spoken(folder: Path) -> Workshop:
    """Make a history in which each commit only speaks of reverting the first."""
    shop = workshop(folder)
    words = "Reviewed-on: https://review.example/c/w/+/4040"
    target = shop.commit(f"tap: turn it (#31)\n\n{words}", {"part": "new\n"})
    said = [each.format(name.format(_Digits(target))) for each in SPOKEN for name in NAMED]
    messages = [form.format(each) for each in said for form in ("{}", "tap: {}", "tap: x\n\n{}.")]
    person = f"A <a@example.org> {shop.now_s} +0000"
    stream = [
        f"commit refs/heads/main\ncommitter {person}\ndata {len(each.encode())}\n{each}\n"
        + ("from refs/heads/main^0\n" if number == 0 else "")
        for number, each in enumerate(messages)
    ]
    shop.git("fast-import", "--quiet", "--force", text="".join(stream))
    return shop


def build(folder: Path, case: Case) -> tuple[Workshop, tuple[str, ...], str]:
    """Make the history; return it, the targets and the revert."""
    shop = workshop(folder)
    shop.tag("v1")
    targets = tuple(
        shop.commit(title, {f"part{number}": "new\n"}) for number, title in enumerate(case.titles)
    )
    undone = range(len(targets)) if case.undone is None else case.undone
    for number in undone:
        (shop.folder / f"part{number}").unlink()
    digits: Callable[[str], str] = _Digits
    revert = shop.commit(case.message.format(*map(digits, targets)))
    return shop, targets, revert
