"""Write docs/facts.md from data/facts.toml: ``python tools/facts.py``."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from kit.common.user_file import write_atomic
from kit.views.markdown import markdown_table

ROOT = Path(__file__).parent.parent
DATA, PAGE = ROOT / "data" / "facts.toml", ROOT / "docs" / "facts.md"
HEAD = """# Facts

What the kit says about QEMU, Linux and libvirt. Each row names a claim, a place that relies on
it, the source, and the test that holds it. *Recording* means a file of `data/reference/directed`,
made on a real QEMU. This page is made from `data/facts.toml` by `python tools/facts.py`. A test
checks that every place has its words, that every recording exists, and that every test exists.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A claim; ``used`` is a file that relies on it and ``text`` the words there."""

    claim: str
    used: str
    text: str
    source: str
    test: str


def facts() -> tuple[Fact, ...]:
    """Return the facts, in the order of the file."""
    return tuple(Fact(**one) for one in tomllib.loads(DATA.read_text(encoding="utf-8"))["fact"])


def page(found: Sequence[Fact]) -> str:
    """Return docs/facts.md."""
    return "\n".join([HEAD, *_table(found), ""])


def _table(found: Sequence[Fact]) -> Iterator[str]:
    heads = ("", "claim", "where used", "source", "test")
    rows = (
        (str(number), one.claim, one.used, one.source, one.test)
        for number, one in enumerate(found, 1)
    )
    return markdown_table(heads, rows)


def main() -> None:
    """Write the page."""
    found = facts()
    write_atomic(PAGE, page(found).encode())
    print(f"{PAGE}: {len(found)} facts")


if __name__ == "__main__":
    main()
