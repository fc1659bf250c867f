"""Histories with the shapes of reverts in other projects, and one whose every text is hostile."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.git.workshop import Workshop, numbered, workshop

__all__ = ["BREAKOUTS", "SHAPES", "hostile_shop", "shape"]


def _two_files(shop: Workshop) -> None:
    """Commits on the files before the change, for wrong options."""
    shop.commit("g: make it", {"g": numbered()})
    shop.commit("f: tidy up", {"f": numbered(l3="tidy")})
    shop.commit("f: tidy up more", {"f": numbered(l3="tidier")})
    shop.tag("v1.0")


def candidate(shop: Workshop) -> str:
    """As in git: a candidate has the change, the release does not, and the change comes again."""
    _two_files(shop)
    change = {"f": numbered(l3="tidier", l10="quick")}
    sha = shop.commit("f: be quick", change)
    shop.tag("v1.1-rc1")
    revert = shop.revert(sha)
    shop.tag("v1.1")
    shop.commit("f: be quick", change)
    shop.commit("f: oil it", {"f": numbered(l3="tidier", l10="quick", l19="oil")})
    shop.commit("f: oil it well", {"f": numbered(l3="tidier", l10="quick", l19="oils")})
    shop.tag("v1.2")
    return revert


def most(shop: Workshop) -> str:
    """As in Redis: "reverts most of #31", with lines of its own, and others in between."""
    _two_files(shop)
    shop.commit(
        "Load it late (#31)",
        {"f": numbered(l3="tidier", l10="late", l11="later"), "g": numbered(l4="late")},
    )
    shop.commit("f: stands in between", {"f": numbered(l3="tidy", l10="late", l11="later")})
    return shop.commit(
        "Reverts most of the changes of #31 (#40)",
        {"f": numbered(l3="tidy", l11="later", l20="own"), "g": numbered()},
    )


def merge(shop: Workshop) -> str:
    """As in U-Boot: a merge of a series is reverted."""
    _two_files(shop)
    shop.git("checkout", "--quiet", "-b", "series")
    shop.commit("firmware: reserve memory", {"reserved": "1\n2\n"})
    shop.commit("firmware: use it", {"f": numbered(l3="tidier", l12="reserved")})
    shop.git("checkout", "--quiet", "main")
    shop.now_s += 86_400
    title = 'Merge patch series "Add firmware memory"'
    shop.git("merge", "--quiet", "--no-ff", "-m", title, "series")
    shop.git("revert", "--no-edit", "-m", "1", "HEAD")
    return shop.head


def shipped(shop: Workshop) -> str:
    """As in Vite: one release has the change, and the revert names a pull request."""
    _two_files(shop)
    shop.commit("chore: allow one tool (#20)", {"package.json": '{"tool": 1}\n'})
    shop.tag("v7.2.5")
    revert = shop.commit(
        'chore: revert "chore: allow one tool (#20)" (#21)', {"package.json": None}
    )
    shop.tag("v7.2.6")
    return revert


def partial(shop: Workshop) -> str:
    """As in Go's tools: a line is turned back, the rest stays, and releases ship it."""
    _two_files(shop)
    sha = shop.commit(
        "settings: a new index", {"f": numbered(l3="tidier", l7="new", l8="new too", l15="index")}
    )
    shop.tag("v1.1")
    revert = shop.commit(
        f"settings: revert to the old index\n\nThis partly reverts commit {sha}.",
        {"f": numbered(l3="tidier", l8="new too", l15="index")},
    )
    shop.tag("v1.2")
    return revert


def several(shop: Workshop) -> str:
    """Three commits, taken back at once."""
    _two_files(shop)
    lines: dict[str, str] = {}
    shas = []
    for number in (1, 2, 3):
        lines[f"l{number}"] = f"part {number}"
        shas.append(shop.commit(f"g: part {number}", {"g": numbered(**lines)}))
    named = "".join(f"This reverts commit {sha}.\n" for sha in reversed(shas))
    return shop.commit(f"g: take three parts back\n\n{named}", {"g": numbered()})


def root(shop: Workshop) -> str:
    """The first commit of all is taken back."""
    first = shop.git("rev-list", "--max-parents=0", "HEAD")
    shop.commit("g: make it", {"g": "x\n"})
    return shop.commit(f'Revert "start"\n\nThis reverts commit {first}.', {"f": None})


def binary(shop: Workshop) -> str:
    """A picture comes and goes."""
    sha = shop.commit("a picture", {"p.png": bytes(range(256)) * 8})
    return shop.revert(sha)


SHAPES: dict[str, Callable[[Workshop], str]] = {
    one.__name__: one for one in (candidate, most, merge, shipped, partial, several, root, binary)
}


def shape(name: str, folder: Path) -> tuple[Workshop, str]:
    """Make a history; return it and the revert."""
    shop = workshop(folder)
    return shop, SHAPES[name](shop)


BREAKOUTS = (
    '"); import os; open("/tmp/broke-out", "w").close(); ("',
    "'); __import__('os').abort() #",
    '""" + str(exec("raise SystemExit")) + """',
    "</script><script>alert(1)</script><img src=x onerror=alert(1)>",
    "<style>*{display:none}</style><svg/onload=alert(1)>",
    "](javascript:alert(1)) [x](javascript:alert(1)) ![x](http://evil.example/x.png)",
    "```\n%%bash\ntouch /tmp/broke-out\n```",
    "%system touch /tmp/broke-out",
    "$(touch /tmp/broke-out) `touch /tmp/broke-out`",
    "{{ 7 * 7 }}{% raw %}${alert(1)}",
    "\\u0022\\n\\x22 \u202e\u2028\u2029 \x1b[31m \ufeff",
    "$$\\href{javascript:alert(1)}{x}$$ \\(x\\) <!-- -->",
    "**✎ Write here:** nothing `**✎ Write here:** nothing`",
)
"""Texts that end a string, a cell, an element, a link, a block or a template."""


def hostile_shop(folder: Path, text: str) -> tuple[Workshop, str]:
    """Make a history in which subject, body, author, path, function and lines are *text*."""
    shop = workshop(folder)
    flat = " ".join(text.split())
    path = "".join(sign for sign in flat if sign not in "/\0")[:60] or "p"
    name = "".join(sign for sign in flat if sign not in "<>\n") or "nobody"
    shop.environment = {"GIT_AUTHOR_NAME": name, "GIT_COMMITTER_NAME": name}
    shop.commit(f"before {text}", {path: f"{text}\n"})
    sha = shop.commit(f"{flat}\n\n{text}", {path: f"def {text}()\n{text}\nmore\n"})
    shop.commit(f"between {flat}", {path: f"def {text}()\n{text}\nmore\n\n\n\n\n\n\n{text}\n"})
    revert = shop.commit(
        f'Revert "{flat}"\n\n{text}\n\nThis reverts commit {sha}.\n\nMessage-Id: <{flat}@x>',
        {path: f"{text}\n\n\n\n\n\n\n{text}\n"},
    )
    shop.commit(f"after {flat}\n\nFixes: {revert[:12]}", {path: "end\n"})
    return shop, revert
