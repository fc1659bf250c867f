"""The map: every step of the case study on one table, from the catalogue, the history and runs.

Nothing in it is typed by hand: names come from the catalogue, dates and tags from the figures of
QEMU's history, versions of Linux and libvirt from their dates of release, and behaviour from runs
on the embedded machine.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from typing import Any

from kit.actors.messages import Actor, ApiError
from kit.case_study.frozen import FrozenCommit, frozen
from kit.common.packaged_data import data_path
from kit.course.retries import Retry, retries
from kit.machine.catalogue import CATALOGUE, MERGED, PROPOSAL, TODAY, find_revision
from kit.machine.events import DeviceDeleted
from kit.machine.revision import Revision
from kit.simulation.run import Run, play
from kit.simulation.scenario import Scenario, read_scenario
from kit.trace.kinds import outcome_of, wire_name
from kit.trace.sentences import seconds
from kit.views.html.figure import Rows

__all__ = ["CAPTION", "HEADS", "MapRow", "map_json", "map_rows", "map_table"]
__all__ += ["revisions_of_the_map"]

RELEASES_FILE = "history/releases.toml"
UNKNOWN = "-"

_CORE = 'guest = "{}"\ndevices = ["core1"]\n'
_LATE = _CORE.format("linux-5.12") + 'offline_work = "16 s"\n'
CAPTION = (
    "The map. The guest is Linux 5.12, or Linux 5.13 where it refuses. Where a cell names virsh,"
    " the operator uses libvirt 7.10.0; elsewhere the operator sends device_del to QEMU. Every"
    " answer is from a run."
)

_STORIES = {
    "late": f'end = "18 s"\nscript = ["0 s: device_del core1"]\n[cast]\n{_LATE}',
    "reset": (
        f'end = "22 s"\nscript = ["0 s: device_del core1", "20 s: system_reset"]\n[cast]\n{_LATE}'
    ),
    "refusal": (
        'end = "18 s"\nscript = ["0 s: virsh setvcpus 1"]\n[cast]\nlibvirt = "7.10.0"\n'
        f"{_CORE.format('linux-5.13')}pinned = ['core1']\n"
    ),
    "twice": (
        'end = "10 s"\nscript = ["0 s: device_del core1", "1 s: device_del core1",'
        ' "4 s: guest unpin core1"]\n[cast]\n'
        f'{_CORE.format("linux-5.13")}pinned = ["core1"]\noffline_work = "3 s"\n'
    ),
}
"""What is played at each revision: a late release, that and a reset, a refusal, two requests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MapRow:
    """A step of the case study; every field is text for a cell.

    ``linux`` and ``libvirt`` are the versions that were current on ``date``.  ``again_12`` and
    ``again_15`` are QEMU's answers to a second device_del after 12 s and 15 s; the guest is silent.
    ``late`` is the end of a release after 16 s, ``reset`` that of a reset 4 s later.  ``refusal``
    is what QEMU does when Linux 5.13 refuses, ``told`` who hears of it, with libvirt 7.10.0.
    ``twice``: two requests, and the guest refuses only the first.
    """

    name: str
    commit: str
    date: str
    tag: str
    linux: str
    libvirt: str
    again_12: str
    again_15: str
    late: str
    reset: str
    refusal: str
    told: str
    twice: str


HEADS: dict[str, str] = {
    "name": "name",
    "commit": "commit",
    "date": "date",
    "tag": "first tag with it",
    "linux": "Linux then",
    "libvirt": "libvirt then",
    "again_12": "second device_del at 12 s",
    "again_15": "second device_del at 15 s",
    "late": "guest releases at 16 s",
    "reset": "and a reset at 20 s",
    "refusal": "guest refuses",
    "told": "who learns of it",
    "twice": "two requests, the first refused",
}
"""The heading of each column, in order."""

assert list(HEADS) == [field.name for field in fields(MapRow)]


def revisions_of_the_map() -> tuple[Revision, ...]:
    """Return the steps with a name, what was never merged, and today's QEMU."""
    named = [revision for revision in CATALOGUE if revision.alias is not None]
    fork = named.index(find_revision("revert"))  # the proposal was made before it
    return (*named[:fork], PROPOSAL, *named[fork:], TODAY)


@lru_cache(maxsize=1)
def map_rows() -> tuple[MapRow, ...]:
    """Return the map, oldest step first."""
    return tuple(map(_row, revisions_of_the_map()))


def _row(revision: Revision) -> MapRow:
    commit = frozen().commit(revision.label)
    date = commit.committed[:10] if commit else _posted(revision)
    at_12, at_15 = retries(revision, (12_000, 15_000))
    played = {name: play(_story(name, text), revision) for name, text in _STORIES.items()}
    return MapRow(
        name=revision.name,
        commit=revision.label if commit else UNKNOWN,
        date=date,
        tag=_tag(revision, commit),
        linux=_current("linux", date),
        libvirt=_current("libvirt", date),
        again_12=_answer(at_12),
        again_15=_answer(at_15),
        late=_end_of_release(played["late"]),
        reset=_after_reset(played["late"], played["reset"]),
        refusal=_refusal(played["refusal"]),
        told="; ".join(_told(played["refusal"])) or "nobody",
        twice=_end_of_release(played["twice"]),
    )


def _story(name: str, text: str) -> Scenario:
    head = f'title = "{name}"\nwhy = "For the map."\nlook = "The map."\n'
    return read_scenario(head + text, f"map-{name}", "kit.lessons.revision_map")


def _posted(revision: Revision) -> str:
    """Return when a series that was never merged was posted; its Message-Ids begin with that."""
    (day, *_) = [patch.value[:8] for patch in revision.patches if patch not in MERGED] or [""]
    return f"{day[:4]}-{day[4:6]}-{day[6:]}" if day else UNKNOWN


def _tag(revision: Revision, commit: FrozenCommit | None) -> str:
    """Name the first tag with a commit's change, or of an equal tree before it."""
    if commit is None:
        return revision.label if revision.label.startswith("v") else "none: never merged"
    if not commit.tag:
        return "none"
    equal = "as " if commit.tagged < commit.committed[:10] else ""
    return f"{equal}{commit.tag} ({commit.tagged})"


def _current(program: str, date: str) -> str:
    """Return the newest release of a program on a day; "-" where the day is not known."""
    released = _releases()[program]
    before = [version for version, day in released.items() if day <= date]
    return before[-1] if before and date != UNKNOWN else UNKNOWN


@lru_cache(maxsize=1)
def _releases() -> dict[str, dict[str, str]]:
    data = tomllib.loads(data_path(RELEASES_FILE).read_text(encoding="utf-8"))
    return {
        program: dict(sorted(((v, str(day)) for v, day in dates.items()), key=lambda one: one[1]))
        for program, dates in data.items()
    }


def _answer(retry: Retry) -> str:
    if retry.error is not None:
        left = retry.seconds_named
        return "error" if left is None else f"error: {left} s left"
    return "accepted, sends an event" if retry.sends else "accepted, sends nothing"


def _end_of_release(run: Run) -> str:
    belief = run.belief()
    if belief.orphaned:
        return "limbo"
    for entry in run.trace:
        if isinstance(entry.message, DeviceDeleted):
            return f"DEVICE_DELETED at {seconds(entry.at_ns)}"
    return "QEMU waits" if belief.pending else "QEMU keeps the core"


def _after_reset(late: Run, reset: Run) -> str:
    """Say what a reset changes: does the core come back out of limbo?"""
    belief = reset.belief()
    if not late.belief().orphaned:
        return "no limbo: the core is gone" if not belief.qemu else "the core is there"
    return "the core is back" if belief.qemu and belief.guest else "the core is gone"


def _refusal(run: Run) -> str:
    """Say how long QEMU waits for a guest that has refused, as far as the run goes."""
    for moment in run.moments:
        if not moment.platform.pending(moment.machine, moment.guest, run.device) and any(
            entry.dst is Actor.GUEST for entry in run.trace[: moment.entry.seq]
        ):
            return f"QEMU drops the request at {seconds(moment.entry.at_ns)}"
    return "QEMU waits on"


def _told(run: Run) -> Iterator[str]:
    """Yield who hears of the refusal from whom: QEMU's events, and the answer of virsh."""
    for entry in run.trace:
        if entry.dst is Actor.LIBVIRT and outcome_of(entry.message) is not None:
            yield f"libvirt at {seconds(entry.at_ns)}: {wire_name(entry.message)}"
        if isinstance(entry.message, ApiError) and entry.dst is Actor.OPERATOR:
            word = "timed out" if "timed out" in entry.message.text.lower() else "failed"
            yield f"operator at {seconds(entry.at_ns)}: virsh {word}"


def map_table(rows: Sequence[MapRow]) -> Rows:
    """Return the map for a notebook and for print: fewer and wider columns."""
    heads = (
        "step",
        "first tag with it",
        "Linux, libvirt then",
        HEADS["again_12"],
        HEADS["again_15"],
        f"{HEADS['late']} {HEADS['reset']}",
        f"{HEADS['refusal']}: {HEADS['told']}",
        HEADS["twice"],
    )
    cells = tuple(
        (
            f"{row.name} ({row.commit}, {row.date})".replace(f"{UNKNOWN}, ", ""),
            row.tag,
            f"{row.linux}, {row.libvirt}",
            row.again_12,
            row.again_15,
            f"{row.late}; {row.reset}",
            f"{row.refusal}. {row.told}",
            row.twice,
        )
        for row in rows
    )
    return Rows(heads, cells, CAPTION)


def map_json(rows: Sequence[MapRow]) -> list[dict[str, Any]]:
    """Return the map as JSON data."""
    return [asdict(row) for row in rows]
