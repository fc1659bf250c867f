"""A real binary beside what was recorded, and beside the embedded machine."""

from __future__ import annotations

import json
import os
import re
import signal
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from kit.actors.pseries_programs import GuestKind
from kit.explorer.export import asked_of
from kit.explorer.jobs import SearchJob, explore_one
from kit.explorer.model import DrcModel
from kit.explorer.scope import Scope
from kit.machine.catalogue import find_revision
from kit.machine.config import Config
from kit.machine.events import Abort, Aborted, DeviceDeleted, ErrorReport, HotplugEvent, QmpReturn
from kit.machine.pseries.step import boot, step
from kit.machine.q35.machine import AcpiConfig
from kit.machine.q35.messages import (
    AcpiOutcome,
    AcpiRequest,
    GpeRaised,
    ReadStatus,
    ReportOst,
    SlotType,
    WriteControl,
)
from kit.machine.q35.step import boot as boot_q35
from kit.machine.q35.step import step as step_q35
from kit.machine.requests import (
    CheckException,
    ClientArchitectureSupport,
    ClockStep,
    ConfigureConnector,
    CpuCore,
    DeviceAdd,
    DeviceDel,
    Dimm,
    EventScan,
    Nvdimm,
    PciFunction,
    Phb,
    QueryMemoryDevices,
    QueryVersion,
    RawRtas,
    Request,
    SetIndicator,
    SystemReset,
)
from kit.real_qemu.channel.failures import BackendError
from kit.real_qemu.identify import Identity, identify
from kit.real_qemu.launch import Binary
from kit.real_qemu.pseries import RealSpapr
from kit.real_qemu.q35 import RealQ35
from kit.real_qemu.replay import embedded, needs_time, record
from kit.real_qemu.replay_path import replay_path
from kit.recordings.format import Json, RecordingScript, read_scripts, read_transcripts

REFERENCE = Path(__file__).parents[2] / "data" / "reference"
DIRECTED = REFERENCE / "directed" / "4b08cd567b.jsonl"
Q35 = REFERENCE / "acpi" / "q35-7.2.22.jsonl"


@cache
def recorded(path: Path) -> dict[str, Json]:
    return {data["name"]: data for data in map(json.loads, path.read_text().splitlines())}


@cache
def scripts(path: Path) -> dict[str, RecordingScript]:
    return {one.name: one for one in read_scripts(path.read_text().splitlines(), path.name)}


STOPPED = Binary(path="", board=scripts(DIRECTED)["bad-arity"].board, version=(0, 0, 0))
WITHOUT_TIME = [name for name, one in scripts(DIRECTED).items() if not needs_time(one, STOPPED)]


@pytest.fixture(scope="module")
def identity(ppc64: Binary) -> Identity:
    return identify(ppc64)


# -- what is known to differ ---------------------------------------------------------------------


@dataclass(frozen=True)
class Known:
    """A difference of Debian's 7.2 to the recorded 4b08cd567b, and why it is there."""

    why: str
    there: Callable[[Json, Json], bool]


def _duplicate_id(old: Json, new: Json) -> bool:
    said = re.fullmatch(r"Duplicate ID '(.*)' for device", _desc(old))
    return said is not None and _desc(new) == f"Duplicate device ID '{said[1]}'"


def _desc(answer: Json) -> str:
    return str(answer.get("reply", {}).get("error", {}).get("desc", ""))


def _dimm_by_count(old: Json, new: Json) -> bool:
    events = [one.get("reply", {}).get("hotplug", {}) for one in (old, new)]
    return bool(events[0]) and events[1] == {
        **{key: events[0][key] for key in ("type", "action", "count") if key in events[0]},
        "identifier": 3,
    }


def _epow_class(old: Json, new: Json) -> bool:
    given = {0x40000000: new, 0x10000000: old}.get(old.get("mask"))  # to whom of the two
    kept = old if given is new else new
    return given is not None and (given["reply"]["status"], kept["reply"]) == (0, {"status": 1})


KNOWN = (
    Known("the text about a duplicate id, changed by 4a1d937796", _duplicate_id),
    Known("a DIMM's ADD event counts and has no index: nothing plays a CAS", _dimm_by_count),
    Known("events are of the class EPOW: nothing plays a CAS", _epow_class),
)


@pytest.fixture(scope="module")
def live(identity: Identity) -> dict[str, Json]:
    """Run every directed script that needs no time, once."""
    return {name: _recorded_now(scripts(DIRECTED)[name], identity) for name in WITHOUT_TIME}


def _recorded_now(script: RecordingScript, identity: Identity) -> Json:
    found = record(script, identity)
    if found.cut:  # stopped machines under TCG end now and then: 7.2 uses freed memory
        found = record(script, identity)
    assert not found.cut
    return found.transcript


def differences(old: Json, new: Json) -> Iterator[tuple[Json, Json]]:
    for one, other in zip(old["steps"], new["steps"], strict=True):
        if _text(one) != _text(other):
            yield one, other


def _text(answer: Json) -> str:
    """Return a step in one form: the order of events does not count."""
    events = sorted(json.dumps(event, sort_keys=True) for event in answer.get("events", []))
    return json.dumps({**answer, "events": events}, sort_keys=True)


@pytest.mark.parametrize("name", WITHOUT_TIME)
def test_a_binary_differs_from_the_recording_by_what_is_known(
    live: dict[str, Json], name: str
) -> None:
    unknown = [
        pair
        for pair in differences(recorded(DIRECTED)[name], live[name])
        if not any(known.there(*pair) for known in KNOWN)
    ]

    assert unknown == []


def test_every_known_difference_is_there(live: dict[str, Json]) -> None:
    """A row of the table that explains nothing would hide what comes."""
    seen = Counter(
        known.why
        for name in WITHOUT_TIME
        for pair in differences(recorded(DIRECTED)[name], live[name])
        for known in KNOWN
        if known.there(*pair)
    )

    assert seen == {KNOWN[0].why: 2, KNOWN[1].why: 11, KNOWN[2].why: 2}


@pytest.mark.parametrize("name", WITHOUT_TIME)
def test_a_binary_does_not_differ_from_the_embedded_machine_of_its_revision(
    live: dict[str, Json], identity: Identity, name: str
) -> None:
    """At v6.2.0, and without a CAS, the embedded machine knows what the table above explains."""
    ask = embedded(identity)
    expected = [{**asked, **ask(request)} for asked, request in scripts(DIRECTED)[name].steps]

    assert live[name]["steps"] == expected


def test_a_recording_just_made_is_one(live: dict[str, Json]) -> None:
    lines = [json.dumps(transcript) for transcript in live.values()]

    assert [one.name for one in read_transcripts(lines, "live")] == WITHOUT_TIME


# -- q35 -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(scripts(Q35)))
def test_q35_answers_as_recorded(x86_64: Binary, name: str) -> None:
    found = _recorded_now(scripts(Q35)[name], identify(x86_64))

    assert [*differences(recorded(Q35)[name], found)] == []


def test_q35_takes_a_dimm_up_to_the_ejection(x86_64: Binary) -> None:
    """docs/specs/acpi_mem_hotplug.rst: what the recordings have no DIMMs for."""
    requests: tuple[AcpiRequest, ...] = (
        DeviceAdd(Dimm(256, 0x100000000, "d1")),
        ReadStatus(SlotType.DIMM, 0),
        WriteControl(SlotType.DIMM, 0, 2),
        QueryMemoryDevices(),
        DeviceDel("d1"),
        ReadStatus(SlotType.DIMM, 0),
        ReportOst(SlotType.DIMM, 0, 3, 0x82),
        DeviceDel("d1"),
        WriteControl(SlotType.DIMM, 0, 4),
        WriteControl(SlotType.DIMM, 0, 8),
        QueryMemoryDevices(),
    )
    machine = boot_q35()
    with RealQ35(x86_64, AcpiConfig()) as real:
        for request in requests:
            machine, outcome = step_q35(machine, request)
            seen = tuple(one for one in outcome.emitted if not isinstance(one, GpeRaised))

            assert real.ask(request) == AcpiOutcome(outcome.reply, seen), request


# -- single requests -----------------------------------------------------------------------------

LMB, CORE, PHB1 = 0x80000004, 0x10000001, 0x20000001


@pytest.fixture
def real(ppc64: Binary) -> Iterator[RealSpapr]:
    with RealSpapr(ppc64) as machine:
        yield machine


def beside(real: RealSpapr, *requests: Request) -> None:
    """Ask both machines, and compare what can be seen."""
    machine = boot(find_revision("v6.2.0"), Config(cas_at_reset=real.binary.steps_time))
    for request in requests:
        machine, outcome = step(machine, request)
        seen = [one for one in outcome.emitted if not isinstance(one, HotplugEvent)]
        found = real.ask(request)

        assert (found.reply, [*found.emitted]) == (outcome.reply, seen), request


@pytest.mark.parametrize("hp_evt", [True, False])
def test_a_cas_decides_how_a_dimm_is_told(real: RealSpapr, hp_evt: bool) -> None:
    """With the hotplug event source an added DIMM is told by count and index, without by count."""
    beside(
        real,
        SystemReset(),
        ClientArchitectureSupport(hp_evt=hp_evt),
        DeviceAdd(Dimm(256, 0x40000000, "d1")),
        CheckException(0xFFFFFFFF),
        ClientArchitectureSupport(),
        DeviceAdd(CpuCore(1, "core1")),
        CheckException(0x40000000),
        CheckException(0x10000000),
    )


def test_devices_without_a_recording(real: RealSpapr) -> None:
    beside(
        real,
        EventScan(),
        RawRtas("event-scan", (), 1),
        DeviceAdd(Nvdimm(256, 0, "n1")),
        CheckException(0xFFFFFFFF),
        ConfigureConnector(0x90000000),
        QueryMemoryDevices(),
        DeviceDel("n1"),
        DeviceAdd(Phb(3)),
        DeviceAdd(Dimm(100, 0x40000000, "d1")),
        DeviceAdd(Dimm(256, 0, "bad id")),
        DeviceAdd(Dimm(256, 0x50000000, "d2", slot=3)),
        QueryMemoryDevices(),
        DeviceDel("/machine/peripheral-anon/device[0]"),
        DeviceAdd(Phb(3)),
    )


def test_what_the_other_thread_cleans_up_is_there_in_its_step(real: RealSpapr) -> None:
    """A PHB that nobody took into use goes at once, with what is on it; both tell of it late."""
    real.ask(DeviceAdd(Phb(1, "p1")))
    real.ask(DeviceAdd(PciFunction("p1.0", "3.0", id="n3")))

    outcome = real.ask(DeviceDel("p1"))

    assert {one.device for one in outcome.emitted if isinstance(one, DeviceDeleted)} == {"p1", "n3"}
    again = real.ask(DeviceAdd(Phb(1, "p1")))  # aborts a QEMU that has not cleaned up yet
    assert again.reply == QmpReturn()


def test_a_refusal_stands_in_qemus_own_log(real: RealSpapr) -> None:
    for request in (
        DeviceAdd(CpuCore(1, "core1")),
        SetIndicator(9003, CORE, 1),
        SetIndicator(9001, CORE, 1),
        ConfigureConnector(CORE),
        DeviceDel("core1"),
    ):
        real.ask(request)

    outcome = real.ask(SetIndicator(9001, CORE, 1))

    assert [one for one in outcome.emitted if isinstance(one, ErrorReport)] == [
        ErrorReport("Device hotunplug rejected by the guest for device core1")
    ]


def test_time_cannot_be_stepped_without_the_accelerator(real: RealSpapr) -> None:
    if real.binary.steps_time:
        pytest.xfail("this build has the accelerator qtest")
    with pytest.raises(BackendError, match="no qtest accelerator: time cannot be stepped"):
        real.ask(ClockStep(1))


def test_a_binary_that_is_killed_is_an_observation(real: RealSpapr) -> None:
    _signal(real, signal.SIGKILL)
    gone = Aborted(Abort("", "SIGKILL", None))

    assert real.ask(QueryMemoryDevices()).reply == gone
    assert real.ask(SystemReset()).reply == gone


def test_a_binary_that_hangs_is_ended_and_told_from_an_answer(ppc64: Binary) -> None:
    with RealSpapr(ppc64, answer_s=0.5) as real:
        _signal(real, signal.SIGSTOP)

        assert real.ask(DeviceDel("core1")).reply == Aborted(
            Abort("", "no answer to device_del", None)
        )


def _signal(real: RealSpapr, number: signal.Signals) -> None:
    """Send a signal to QEMU itself, which is the one that has the sockets' folder on its line."""
    folder = str(real.session.folder)
    for entry in Path("/proc").glob("[0-9]*"):
        words = _words(entry)
        if words and words[0] == real.binary.path and any(folder in word for word in words):
            os.kill(int(entry.name), number)


def _words(entry: Path) -> list[str]:
    try:
        return (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:  # it ended meanwhile
        return []


def test_fifty_starts_leave_nothing_over(ppc64: Binary, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path(tempfile.mkdtemp(prefix="t", dir="/tmp"))  # short: sockets live in it
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    before = _files()
    for _ in range(50):
        with RealSpapr(ppc64) as real:
            real.ask(QueryVersion())

    assert _files() == before
    assert [*folder.iterdir()] == []
    folder.rmdir()
    assert not any(str(folder) in " ".join(_words(e)) for e in Path("/proc").glob("[0-9]*"))


def _files() -> int:
    return len([*Path("/proc/self/fd").iterdir()])


# -- the explorer's stories ----------------------------------------------------------------------


def test_what_the_explorer_finds_the_real_one_does_as_well(ppc64: Binary) -> None:
    """Every counterexample of a small scope at what the binary answers like."""
    scope = Scope(cores=1, requests=2, resets=1, migrations=0)
    revision = identify(ppc64).nearest
    model = DrcModel(revision, GuestKind.LINUX_5_14, scope)
    found = explore_one(SearchJob(revision, GuestKind.LINUX_5_14, scope, 100_000))
    paths = [finding.path for _, finding in found.findings if finding.path and not finding.holds]
    lives = [replay_path(asked_of(model, path), ppc64, revision) for path in paths]

    assert len(lives) >= 2
    assert [live.words for live in lives if live.difference or live.stopped] == []
