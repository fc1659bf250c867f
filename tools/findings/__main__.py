"""Write docs/findings anew: a page, a mail and a script for each file of this folder.

The words are in the files; picture and script are the kit's, so they stay true to its machine.
"""

from __future__ import annotations

import textwrap
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kit.common.user_file import write_atomic
from kit.machine.catalogue import find_revision
from kit.real_qemu.reproduce import python_script, reproducer_of_run
from kit.simulation.run import Run, play
from kit.storage.scenarios import find_scenario
from kit.views.reports.run import text_lines

__all__ = ["Finding", "findings", "main"]

HERE = Path(__file__).parent
FOLDER = HERE.parents[1] / "docs" / "findings"
WIDTH = 72
_LEGEND = "| has it"
# subject: of the mail, empty where there is nothing to send; show: a scenario, or a file in FOLDER
KEYS = ("title", "subject", "show", "at", "severity", "what", "since", "sequence", "cost", "mend")


@dataclass(frozen=True, slots=True)
class Finding:
    """The words of a finding, by `KEYS`, and its name."""

    name: str
    words: dict[str, Any]

    def run(self, at: str = "") -> Run:
        """Play its scenario at its revision, or at another."""
        show = self.words["show"]
        own = FOLDER / show
        return play(
            find_scenario(str(own) if own.is_file() else show),
            find_revision(at or self.words["at"]),
        )

    def picture(self) -> str:
        """Return the run as text, up to its legend."""
        lines = [*text_lines(self.run(), WIDTH)]
        last = next(n for n, line in enumerate(lines) if line.startswith(_LEGEND))
        return "\n".join(lines[: last + 1])

    def script(self, at: str = "") -> str:
        """Return the reproducer, which expects the answers of its revision, or of another."""
        text = python_script(reproducer_of_run(self.run(at)), f"{self.name}.py")
        return text.rstrip("\n") + "\n"

    def page(self) -> str:
        """Return the page."""
        words = self.words
        sequence = "\n".join(f"{n}. {step}" for n, step in enumerate(words["sequence"], 1))
        show = words["show"]
        place = f"docs/findings/{show}" if (FOLDER / show).is_file() else show
        parts = [
            f"# {words['title']}",
            f"**Severity:** {words['severity'].strip()}",
            words["what"].strip(),
            f"## Since when, and where\n\n{words['since'].strip()}",
            f"## The shortest sequence\n\n{sequence}",
            f"```\n{self.picture()}\n```",
            f"`kit run {place} --at {words['at']}` draws it.\n\n[`{self.name}.py`]({self.name}.py)"
            f" does it on a real QEMU: `python3 {self.name}.py /path/to/qemu-system-ppc64`. Exit"
            " status 0: QEMU answers like this.",
            f"## What it costs, and whom\n\n{words['cost'].strip()}",
            f"## What a mend has to hold\n\n{words['mend'].strip()}",
        ]
        if words["subject"]:
            parts.append(f"The mail, ready to send: [`{self.name}.txt`]({self.name}.txt).")
        return "\n\n".join(parts) + "\n"

    def mail(self) -> str:
        """Return the mail: everything is in it, the script too."""
        words = self.words
        sequence = [
            textwrap.fill(step, WIDTH, initial_indent=f"{n:>2}. ", subsequent_indent="    ")
            for n, step in enumerate(map(_plain, words["sequence"]), 1)
        ]
        parts = [
            "To: qemu-ppc@nongnu.org\nCc: qemu-devel@nongnu.org\n"
            f"Subject: {words['subject'].strip()}",
            "Hi,",
            *_paragraphs(words["what"]),
            "Since when, and where\n---------------------",
            *_paragraphs(words["since"]),
            "How to see it\n-------------",
            "\n".join(sequence),
            self.picture(),
            _filled(
                "The script below does this on a real QEMU. It needs Python 3 and nothing else:"
                f" python3 {self.name}.py /path/to/qemu-system-ppc64. Exit status 0 means that QEMU"
                " answers as shown."
            ),
            "What it costs\n-------------",
            *_paragraphs(words["cost"]),
            "A possible fix\n--------------",
            *_paragraphs(words["mend"]),
            f"{self.name}.py\n{'-' * len(self.name)}---",
            self.script().rstrip("\n"),
        ]
        return "\n\n".join(parts) + "\n"


def _plain(text: str) -> str:
    return text.replace("`", "").replace("**", "")


def _filled(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), WIDTH, break_on_hyphens=False)


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in text.strip().split("\n\n"):
        yield _filled(_plain(paragraph))


def findings() -> list[Finding]:
    """Return every finding, by name.

    Raises:
        ValueError: A file lacks a key or has one too many.
    """
    found = []
    for path in sorted(HERE.glob("*.toml")):
        words = tomllib.loads(path.read_text("utf-8"))
        if set(words) != set(KEYS):
            raise ValueError(f"{path}: has the keys {sorted(words)}, and needs {sorted(KEYS)}")
        found.append(Finding(path.stem, words))
    return found


def main() -> None:
    """Write every file; README.md and mends.md there are written by hand."""
    for one in findings():
        write_atomic(FOLDER / f"{one.name}.md", one.page().encode())
        if one.words["subject"]:
            write_atomic(FOLDER / f"{one.name}.txt", one.mail().encode())
        write_atomic(FOLDER / f"{one.name}.py", one.script().encode())
    print(f"{FOLDER}: {len(findings())} findings")


if __name__ == "__main__":
    main()
