"""Tie what a run shows to the lines of the commit that cause it.

The ties are data (``data/commits.toml``): a behaviour names a commit, a file and an identifier that
distinguishes its lines.  The same tie holds in a clone of QEMU and in the re-enactment.
"""

from __future__ import annotations

from dataclasses import dataclass

from kit.common.toml_reader import TomlReader
from kit.git.values.commit import FileDiff, Hunk, LineKind
from kit.machine.catalogue import find_revision
from kit.machine.revision import Patch, Revision
from kit.trace.entry import TraceEntry
from kit.trace.kinds import wire_name, wire_names

__all__ = ["Behaviour", "behaviours_of", "hunk_of", "read_behaviours", "responsible_for"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """What certain lines of a commit do.

    ``commit`` is a full hash, ``file`` and ``function`` are the place of the lines, ``identifier``
    tells them from others there; ``shows`` is the type of the trace entry that they cause
    (`kit.trace.kinds`), None if no entry shows them.
    """

    name: str
    says: str
    commit: str
    file: str
    function: str
    identifier: str
    shows: str | None = None


_KEYS = {"name", "says", "commit", "file", "function", "identifier", "shows"}


def read_behaviours(text: str, where: str) -> tuple[Behaviour, ...]:
    """Read ``commits.toml``, called *where* in messages; UserError names the line of a mistake."""
    reader = TomlReader(text, where)
    data = reader.load()
    reader.keys(data, "", {"behaviour"})
    read = []
    for here, entry in reader.tables(data, "behaviour"):
        here.keys(entry, "behaviour", _KEYS)
        words = {key: here.text(entry, key) for key in _KEYS if key != "shows" or key in entry}
        if words.get("shows", "device_del") not in wire_names():
            raise here.error("shows", f"no entry of a run has the type {words['shows']!r}")
        commit = here.read("commit", words["commit"], find_revision).commit
        read.append(Behaviour(**words | {"commit": commit}))
    return tuple(read)


def behaviours_of(behaviours: tuple[Behaviour, ...], revision: Revision) -> tuple[Behaviour, ...]:
    """Return the behaviours that *revision*'s own commit brings."""
    return tuple(b for b in behaviours if b.commit == revision.commit)


def responsible_for(
    behaviours: tuple[Behaviour, ...], entry: TraceEntry, revision: Revision
) -> tuple[Behaviour, ...]:
    """Return the behaviours of *revision* that cause such an entry, newest first."""
    shown = wire_name(entry.message)
    here = {patch.value for patch in revision.patches}
    order = [patch.value for patch in Patch]
    found = [b for b in behaviours if b.shows == shown and b.commit in here]
    return tuple(sorted(found, key=lambda b: order.index(b.commit), reverse=True))


def hunk_of(behaviour: Behaviour, files: tuple[FileDiff, ...]) -> Hunk | None:
    """Return the hunk of a commit's diff that holds a behaviour's lines, or None.

    Case does not matter: an event is a function in QEMU and a word in the re-enactment.
    """
    wanted = behaviour.identifier.lower()
    for file in files:
        if file.path != behaviour.file:
            continue
        for hunk in file.hunks:
            changed = (line for line in hunk.lines if line.kind is not LineKind.CONTEXT)
            if any(wanted in line.text.lower() for line in changed):
                return hunk
    return None
