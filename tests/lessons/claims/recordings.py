"""The recordings that lessons replay."""

from __future__ import annotations

from pathlib import Path

from kit.recordings.conformance import ConformanceReport, conform
from kit.recordings.format import read_transcripts

DIRECTED = Path(__file__).parent.parent.parent.parent / "data" / "reference" / "directed"


def lines_of(sha: str) -> list[str]:
    return (DIRECTED / f"{sha}.jsonl").read_text(encoding="utf-8").splitlines()


def transcript(sha: str, name: str) -> str:
    """Return the transcript called *name* of the build of a commit."""
    (found,) = [line for line in lines_of(sha) if f'"name": "{name}"' in line]
    return found


def conforms(recorded: str, played: str) -> ConformanceReport:
    """Replay what one build answered on the machine of another commit."""
    lines = (
        line.replace(f'"revision": "{recorded}', f'"revision": "{played}')
        for line in lines_of(recorded)
    )
    return conform(read_transcripts(lines, recorded), recorded)
