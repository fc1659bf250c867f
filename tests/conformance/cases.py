"""Small repositories, one for each way in which people take a change back, and what is left.

Each has a tag ``v1.0.0``; a changelog is made of what follows.  A case says which commits of it are
``gone`` (another commit took them back, whatever its message says) and which are ``there``.  All
words are our own; the situations are from public issues of tools that make changelogs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.git.workshop import Workshop, numbered, workshop

__all__ = ["CASES", "Built", "build"]

START = "v1.0.0"


@dataclass
class Built:
    """A repository with the commits that are gone and those that are there."""

    shop: Workshop
    gone: list[str] = field(default_factory=list)
    there: list[str] = field(default_factory=list)

    def change(self, subject: str, *, body: str = "", line: int = 5, name: str = "f") -> str:
        """Change one line of a file."""
        text = f"{subject}\n" + (f"\n{body}\n" if body else "")
        return self.shop.commit(text, {name: numbered(**{f"l{line}": subject})})

    def back(self, *names: str, says: str) -> str:
        """Undo commits, the last first, by one commit with a message of its own."""
        self.shop.now_s += 86_400
        self.shop.git("revert", "--no-commit", *names)
        self.shop.git("commit", "--quiet", "--cleanup=verbatim", "-F", "-", text=says)
        return self.shop.head

    def taken(self, subject: str, says: str, **more: str) -> None:
        """Make a change that is taken back; *says* may have ``{sha}`` and ``{title}``."""
        sha = self.change(subject, **more)  # type: ignore[arg-type]  # body is a text
        self.gone.append(sha)
        self.back(sha, says=says.format(sha=sha, short=sha[:7], six=sha[:6], title=subject))


_Maker = Callable[[Built], None]
CASES: dict[str, tuple[str, _Maker]] = {}
PUMP, VALVE = "feat: add the blue pump", "fix: close the red valve"


def _case(name: str, situation: str) -> Callable[[_Maker], _Maker]:
    def keep(maker: _Maker) -> _Maker:
        assert name not in CASES
        CASES[name] = situation, maker
        return maker

    return keep


def build(name: str, folder: Path) -> Built:
    """Make the repository of a case; it is the same, hashes and all, each time."""
    made = Built(workshop(folder))
    made.shop.tag(START)
    made.there.append(made.change("feat: paint the house", line=15, name="house"))
    CASES[name][1](made)
    return made


# -- one change, one revert, many wordings -------------------------------------------------------

_WORDINGS = {
    "git-revert": (
        "git revert", PUMP, 'Revert "{title}"\n\nThis reverts commit {sha}.\n'),
    "git-revert-reference": (
        "git revert --reference", PUMP,
        'Revert "{title}"\n\nThis reverts commit {short} ({title}, 2020-09-15).\n'),
    "short-hash": (
        "a hash of seven digits", PUMP, "Take it back\n\nThis reverts commit {short}\n"),
    "six-digits": (
        "a hash of six digits", PUMP, 'Revert "{title}"\n\nThis reverts commit {six}.\n'),
    "upper-case": (
        "the words are in upper case",
        PUMP, "REVERT the pump\n\nREVERTS COMMIT {sha}\n"),
    "trailer": ("a trailer", PUMP, "fix: no pump for now\n\nIt leaks.\n\nReverts: {sha}\n"),
    "no-blank-line": (
        "GitLab: no blank line, no dot", PUMP, 'Revert "{title}"\nThis reverts commit {sha}\n'),
    "hash-in-subject": ("the hash stands in the subject", PUMP, "fix: no pump (reverts {short})\n"),
    "hash-after-verb": ("the hash stands after the verb", PUMP, "revert {short} {title}\n"),
    "conventional-hash": (
        "revert: with the hash", PUMP, "revert: {title}\n\nThis reverts commit {sha}.\n"),
    "conventional-title": ("revert: with the title only", PUMP, "revert: {title}\n"),
    "conventional-scope": (
        "revert(scope): with the title less its type", "feat(garden): add the blue pump",
        "revert(garden): add the blue pump\n"),
    "conventional-quoted": ("type: revert with a quoted title", PUMP, 'chore: revert "{title}"\n'),
    "conventional-footer": (
        "Conventional Commits: footer Refs", PUMP,
        "revert: let us never speak of the pump\n\nRefs: {short}\n"),
    "title-only": ("a quoted title, no hash", PUMP, 'Revert "{title}"\n'),
    "prefix": ("a prefix before the verb", "garden: add the pump", 'garden: Revert "{title}"\n'),
    "roll-back": ("roll back", PUMP, 'Roll back "{title}"\n'),
    "back-out": ("back out, with a hash", PUMP, "Back out {short}: it leaks\n"),
    "undo": ("undo with a quoted title", PUMP, 'undo "{title}"\n'),
    "github-squash": (
        "GitHub: the pull request in title and body", f"{PUMP} (#12)",
        'Revert "{title}" (#13)\n\nReverts owner/house#12\n'),
    "github-number": (
        "GitHub: a number after the verb", f"{PUMP} (#12)",
        "fix: revert #12, it leaks (#13)\n"),
    "github-body": (
        "GitHub: the body names it, the subject does not", f"{PUMP} (#12)",
        "fix: no pump for now (#13)\n\nReverts #12\n"),
    "github-cut": (
        "GitHub: a long title is cut off",
        "feat: add the blue pump that moves all the water from the well to the house (#12)",
        'Revert "feat: add the blue pump that moves all the water from the…" (#13)\n'),
    "gerrit-number": (
        "Gerrit: CL number", PUMP, "revert CL 4021\n\nIt leaks.\n"),
    "gerrit-id": (
        "Gerrit: Change-Id", PUMP,
        "No pump for now\n\nThis reverts change I0123456789abcdef0123456789abcdef01234567.\n"),
    "subversion": ("Subversion: r and a number", PUMP, "Revert r6989\n"),
    "bitbucket": (
        "Bitbucket: the pull request in title and subject", f"{PUMP} (pull request #12)",
        'Revert "{title}" (pull request #13)\n'),
    "hash-beside": (
        "the quoted title has an error; the hash stands beside it", PUMP,
        'Revert "feat: add the bleu pump"\n\nSince {short} the well is dry.\n'),
    "crlf": ("Windows line ends", PUMP,
             'Revert "{title}"\r\n\r\nThis reverts commit {sha}.\r\n'),
    "line-break": (
        "a line break before the hash", PUMP, "No pump for now\n\nThis reverts commit\n{sha}.\n"),
    "rebased": (
        "a hash from before a rebase", PUMP,
        'Revert "{title}"\n\nThis reverts commit ' + "0a" * 20 + ".\n"),
    "prose": (
        "a sentence in the author's own words",
        PUMP, "fix: no pump\n\nThis is a revert of {short}.\n"),
}  # fmt: skip
_BODIES = {
    "gerrit-number": "Reviewed-on: https://house-review.example.org/c/house/+/4021",
    "gerrit-id": "Change-Id: I0123456789abcdef0123456789abcdef01234567",
    "subversion": "git-svn-id: svn://house.example.org/trunk@6989 c046a42c-6fe2-441c",
}


def _wording(name: str, title: str, says: str) -> None:
    CASES[name] = (
        _WORDINGS[name][0],
        lambda made: made.taken(title, says, body=_BODIES.get(name, "")),
    )


for _name, (_, _title, _says) in _WORDINGS.items():
    _wording(_name, _title, _says)


# -- several changes ----------------------------------------------------------------------------


def _two(made: Built) -> tuple[str, str]:
    made.gone += [made.change(PUMP, name="pump"), made.change(VALVE, name="valve")]
    return made.gone[0], made.gone[1]


@_case("two-sentences", "two sentences, a hash each")
def _(made: Built) -> None:
    one, two = _two(made)
    made.back(
        two, one, says=f"Take two back\n\nThis reverts commit {two}.\nThis reverts commit {one}.\n"
    )


@_case("range-in-words", "a range in words")
def _(made: Built) -> None:
    one, two = _two(made)
    made.back(two, one, says=f"Take two back\n\nThis reverts commit {one} through\n{two}.\n")


@_case("list-without-a-colon", "a list without a colon")
def _(made: Built) -> None:
    one, two = _two(made)
    listed = f"{two[:10]} {VALVE}\n{one[:10]} {PUMP}\n"
    made.back(two, one, says=f"Take two back\n\nThis reverts commits\n{listed}as they leak.\n")


@_case("two-in-a-sentence", "two hashes in a sentence")
def _(made: Built) -> None:
    one, two = _two(made)
    made.back(two, one, says=f"Take two back\n\nThis reverts commits {one} and {two}.\n")


@_case("list", "a list after a colon")
def _(made: Built) -> None:
    one, two = _two(made)
    made.back(two, one, says=f"Take two back\n\nThis reverts commits:\n\n- {one}\n- {two}\n")


@_case("range", "A..B, where A is meant, too")
def _(made: Built) -> None:
    one, two = _two(made)
    made.back(two, one, says=f"Take two back\n\nThis reverts commits {one[:10]}..{two[:10]}.\n")


@_case("range-with-parent", "A^..B")
def _(made: Built) -> None:
    one, two = _two(made)
    made.back(two, one, says=f"Take two back\n\nThis reverts commits {one[:10]}^..{two[:10]}.\n")


@_case("footers", "Conventional Commits: two hashes in Refs")
def _(made: Built) -> None:
    one, two = _two(made)
    made.back(two, one, says=f"revert: both of them\n\nRefs: {one[:7]}, {two[:7]}\n")


@_case("two-numbers", "two numbers of pull requests")
def _(made: Built) -> None:
    made.gone += [made.change(f"{PUMP} (#4)", name="pump"), made.change(f"{VALVE} (#5)", name="v")]
    made.back(*reversed(made.gone), says="revert #4 and #5 (#6)\n")


@_case("squashed-reverts", "a squash lists the titles of two reverts")
def _(made: Built) -> None:
    one, two = _two(made)
    says = f'fix: take two back (#9)\n\n* Revert "{VALVE}"\n\n* Revert "{PUMP}"\n'
    made.back(two, one, says=says)


@_case("silent", "a silent revert: no message says so")
def _(made: Built) -> None:
    sha = made.change(PUMP)
    made.gone.append(sha)
    made.back(sha, says="fix: the water was cold\n")


@_case("silent-two", "a silent revert of two commits at once")
def _(made: Built) -> None:
    one, two = _two(made)
    made.back(two, one, says="fix: the water was cold\n")


# -- chains ----------------------------------------------------------------------------------------


def _chain(made: Built, *, length: int) -> None:
    sha, title = made.change(PUMP), PUMP
    (made.there if length % 2 == 0 else made.gone).append(sha)
    for _ in range(length):
        title = f'Revert "{title}"'
        sha = made.back(sha, says=f"{title}\n\nThis reverts commit {sha}.\n")


@_case("revert-of-revert", "a revert of the revert")
def _(made: Built) -> None:
    _chain(made, length=2)


@_case("three-times", "a revert of that revert, too")
def _(made: Built) -> None:
    _chain(made, length=3)


def _again(verb: str) -> _Maker:
    def make(made: Built) -> None:
        sha = made.change(PUMP)
        made.there.append(sha)
        first = made.back(sha, says=f'Revert "{PUMP}"\n\nThis reverts commit {sha}.\n')
        made.back(first, says=f'{verb} "{PUMP}"\n')

    return make


_case("reapply", "Reapply, without a hash")(_again("Reapply"))
_case("reland", "Reland, without a hash")(_again("Reland"))


@_case("same-title", "two commits have the title; the revert undoes the older one")
def _(made: Built) -> None:
    made.gone.append(made.change(PUMP, name="pump"))
    made.there.append(made.change(PUMP, name="other"))
    made.back(made.gone[0], says=f'Revert "{PUMP}"\n')


# -- branches --------------------------------------------------------------------------------------


def _merged(made: Built, says: str) -> tuple[str, list[str]]:
    shop = made.shop
    shop.git("checkout", "--quiet", "-b", "side")
    side = [made.change(PUMP, name="pump"), made.change(VALVE, name="valve")]
    shop.git("checkout", "--quiet", "main")
    made.there.append(made.change("fix: mend the roof", name="roof"))
    shop.now_s += 86_400
    shop.git("merge", "--quiet", "--no-ff", "-m", says, "side")
    return shop.head, side


@_case("merge", "a revert of a merge, with -m 1")
def _(made: Built) -> None:
    merge, side = _merged(made, "Merge branch 'side'")
    made.gone += side
    made.shop.revert("-m", "1", merge)


@_case("merge-number", "the revert names only the merged pull request")
def _(made: Built) -> None:
    merge, side = _merged(made, "Merge pull request #7 from owner/side")
    made.gone += side
    made.shop.now_s += 86_400
    made.shop.git("revert", "--no-commit", "-m", "1", merge)
    made.shop.git("commit", "--quiet", "-m", "fix: no pump (#8)\n\nReverts owner/house#7")


@_case("merge-title", "the revert names only the title of the merged pull request")
def _(made: Built) -> None:
    merge, side = _merged(made, f"Merge pull request #7 from owner/side\n\n{PUMP} and hose")
    made.gone += side
    made.shop.now_s += 86_400
    made.shop.git("revert", "--no-commit", "-m", "1", merge)
    made.shop.git("commit", "--quiet", "-m", f'Revert "{PUMP} and hose"')


@_case("reverted-on-the-side", "the revert arrives by a merge")
def _(made: Built) -> None:
    shop = made.shop
    shop.git("checkout", "--quiet", "-b", "side")
    made.taken(PUMP, 'Revert "{title}"\n\nThis reverts commit {sha}.\n')
    shop.git("checkout", "--quiet", "main")
    made.there.append(made.change("fix: mend the roof", name="roof"))
    shop.git("merge", "--quiet", "--no-ff", "-m", "Merge branch 'side'", "side")


@_case("merged-after", "a change merged after its revert is there")
def _(made: Built) -> None:
    shop = made.shop
    shop.git("checkout", "--quiet", "-b", "side")
    sha = made.change(PUMP, name="pump")
    made.there.append(sha)
    shop.git("checkout", "--quiet", "main")
    made.change(f'Revert "{PUMP}"', body=f"This reverts commit {sha}.", name="roof")
    shop.git("merge", "--quiet", "--no-ff", "-m", "Merge branch 'side'", "side")


@_case("picked", "the hash is that of the branch that the commit was picked from")
def _(made: Built) -> None:
    shop = made.shop
    shop.git("checkout", "--quiet", "-b", "side")
    sha = made.change(PUMP, name="pump")
    shop.git("checkout", "--quiet", "main")
    shop.now_s += 86_400
    shop.git("cherry-pick", "-x", sha)
    made.gone.append(shop.head)
    made.back("HEAD", says=f"No pump for now\n\nThis reverts commit {sha}.\n")


# -- what the commits did ---------------------------------------------------------------------


@_case("partial", "a partial revert; the message says so")
def _(made: Built) -> None:
    _half(made, "fix: no handle\n\nThis partially reverts commit {}.\n")


@_case("partial-unsaid", "a partial revert; the message claims all")
def _(made: Built) -> None:
    _half(made, 'Revert "feat: add the pump"\n\nThis reverts commit {}.\n')


def _half(made: Built, says: str) -> None:
    both = {"f": numbered(l5="pump", l15="handle")}
    sha = made.shop.commit("feat: add the pump\n", both)
    made.there.append(sha)
    made.shop.commit(says.format(sha), {"f": numbered(l5="pump")})


@_case("more", "a full revert with another change")
def _(made: Built) -> None:
    sha = made.change(PUMP)
    made.gone.append(sha)
    says = f'Revert "{PUMP}"\n\nThis reverts commit {sha}.\n'
    made.shop.commit(says, {"f": numbered(), "bucket": "a bucket\n"})


@_case("conflict", "a revert in which somebody solved a conflict")
def _(made: Built) -> None:
    sha = made.shop.commit(f"{PUMP}\n", {"f": numbered(l5="line 5\npump")})
    made.gone.append(sha)
    text = numbered(l5="line 5\npump\nhose")
    made.there.append(made.shop.commit("feat: add a hose\n", {"f": text}))
    says = f'Revert "{PUMP}"\n\nThis reverts commit {sha}.\n'
    made.shop.commit(says, {"f": numbered(l5="line 5\nhose")})


@_case("renamed", "the file was renamed in between")
def _(made: Built) -> None:
    sha = made.change(PUMP)
    made.gone.append(sha)
    made.shop.git("mv", "f", "garden")
    made.there.append(made.shop.commit("feat: name the garden\n"))
    made.back(sha, says=f'Revert "{PUMP}"\n\nThis reverts commit {sha}.\n')


@_case("binary", "a binary file")
def _(made: Built) -> None:
    sha = made.shop.commit("feat: add a picture\n", {"picture": b"\0\1\2" * 50})
    made.gone.append(sha)
    made.back(sha, says=f'Revert "feat: add a picture"\n\nThis reverts commit {sha}.\n')


# -- what is not taken back -------------------------------------------------------------------

_NOT = {
    "may": (
        "no revert: we may revert it later",
        "fix: a new hose\n\nWe may revert commit {} next year.\n"),
    "will": (
        "no revert: a later commit will revert it",
        "fix: a new hose\n\nThe next commit reverts {}.\n"),
    "would": (
        "no revert: what would happen otherwise",
        "fix: a new hose\n\nReverting {} would break the well.\n"),
    "command": (
        "no revert: a quoted command",
        "fix: a new hose\n\nTo go back:\n\n    $ git revert {}\n"),
    "either": (
        "no revert: one of two ways",
        "fix: a new hose\n\nWe can either revert {} or lay a hose, as done here.\n"),
    "due-to": (
        "no revert: what a revert elsewhere led to",
        "fix: a new hose\n\nDue to the revert of {} upstream, the well was dry.\n"),
    "squashed-twice": (
        "no revert: a squash of a revert and of its revert",
        "fix: a new hose (#13)\n\n* Revert \"feat: add the blue pump\"\n\n"
        "This reverts commit {}.\n\n* Reapply \"feat: add the blue pump\"\n"),
    "not": ("no revert: do not revert it", "fix: a new hose\n\nThere is no need to revert {}.\n"),
    "fixes": (
        "no revert: a Fixes: line",
        "fix: a new hose\n\nFixes: {} (\"feat: add the blue pump\")\n"),
    "refs": ("no revert: a Refs: line below another type", "fix: a new hose\n\nRefs: {}\n"),
    "a-button": ("no revert: the text of a button", "feat: add a revert button\n\nSee {}.\n"),
    "example": (
        "no revert: an example of what git writes",
        "docs: how to go back\n\ngit begins its message with:\n\n    This reverts commit {}.\n"),
    "tried": (
        "no revert: what somebody tried",
        "fix: a new hose\n\nI tested that by reverting {}, and it was dry.\n"),
    "mentioned": (
        "no revert: what another commit reverted",
        "fix: a new hose\n\nThe pump of {} was reverted upstream.\n"),
    "subtree": (
        "no revert: a squash of another project's log",
        "Squashed 'lib/' changes\n\n0123456 Revert \"feat: add the blue pump\"\n\n"
        "git-subtree-dir: lib\ngit-subtree-split: {}\n"),
}  # fmt: skip


def _kept(says: str) -> _Maker:
    def make(made: Built) -> None:
        sha = made.change(PUMP)
        made.there.append(sha)
        made.shop.commit(says.format(sha), {"hose": "a hose\n"})

    return make


for _name, (_situation, _says) in _NOT.items():
    _case(f"not-{_name}", _situation)(_kept(_says))


@_case("older", "the reverted commit is older than the range")
def _(made: Built) -> None:
    made.shop.git("tag", "--force", START)
    made.there.clear()
    old = made.shop.head
    made.there.append(
        made.back(old, says=f'Revert "feat: paint the house"\n\nThis reverts commit {old}.\n')
    )


@_case("unknown", "the named commit is not in the clone")
def _(made: Built) -> None:
    made.there.append(made.change(PUMP))
    made.change('Revert "feat: dig"', body="This reverts commit 0123456789abcdef.", name="hole")
