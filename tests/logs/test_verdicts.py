"""Which revisions a log fits: rule by rule, and for runs of the embedded machine read as logs."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.actors.messages import Actor
from kit.logs.entries import UnplugLog
from kit.logs.formats.reader import read_log
from kit.logs.rules import NO_MEM_UNPLUG_ERROR
from kit.logs.verdicts import LogVerdict, verdicts
from kit.machine.catalogue import CATALOGUE, PROPOSAL, PSERIES, Q35, TODAY, find_revision
from kit.machine.clock import NS_PER_MS
from kit.machine.device_kinds import DeviceKind
from kit.machine.revision import Board, Revision
from kit.simulation.actions import menu
from kit.simulation.run import Intervention, Run, play
from kit.storage.scenarios import find_scenario, scenarios
from tests.transcripts import kinds_of, libvirt_lines, qmp_lines, said

ALL = (*CATALOGUE, TODAY, PROPOSAL, Q35)
TIMEOUT = [r.name for r in CATALOGUE[2:9]]  # cpu-timeout..pre-revert
RC = ["v6.0.0-rc0", "v6.0.0-rc1", "v6.0.0-rc2"]
NEW_TEXT = ["v6.2.0", "v10.0.13", "today"]  # about a taken id: 4a1d937796
EVERY = [r.name for r in PSERIES]


KINDS = {
    "core1": DeviceKind.CORE,
    "dimm1": DeviceKind.DIMM,
    "net3": DeviceKind.PCI,
    "phb1": DeviceKind.PHB,
    "/machine/peripheral/core1": DeviceKind.CORE,
}


def judged(*lines: str, machine: str | None = "pseries") -> tuple[LogVerdict, ...]:
    """Judge a log of a machine whose devices are of known kinds."""
    return verdicts(read_log([("log", lines)], machine=machine, kinds=KINDS))


def fitting(*lines: str) -> list[str]:
    """The revisions that a log fits."""
    return [v.revision.name for v in judged(*lines) if v.fits]


def at(second: float, data: object) -> str:
    """A line of libvirt's log, so many seconds after ten."""
    text = json.dumps(data)
    what = "SEND_MSG" if "execute" in text else "RECV_EVENT" if "event" in text else "RECV_REPLY"
    key = {"SEND_MSG": "msg", "RECV_EVENT": "event", "RECV_REPLY": "reply"}[what]
    when = f"2021-04-01 10:{int(second) // 60:02}:{second % 60:06.3f}+0000"
    return f"{when}: 1: info : f:1 : QEMU_MONITOR_{what}: mon=0x1 {key}={text}\n"


def asked(second: float, command: str, device: str = "core1", error: str = "") -> list[str]:
    """A command and its answer."""
    arguments = {"arguments": {"id": device}} if command.startswith("device") else {}
    reply = {"error": {"class": "GenericError", "desc": error}} if error else {"return": {}}
    return [at(second, {"execute": command, **arguments}), at(second, reply)]


def event(second: float, name: str, device: str = "core1", **more: str) -> str:
    """An event about a device."""
    return at(second, {"event": name, "data": {"device": device, "path": f"/{device}", **more}})


def pending(left: int) -> str:
    """What QEMU says to a device_del that is repeated too soon."""
    return f"core-id 1 unplug is still pending, {left} seconds timeout remaining"


def without(*names: str) -> list[str]:
    """All revisions but these."""
    return [name for name in EVERY if name not in names]


# -- rule by rule ----------------------------------------------------------------------------------


def test_a_log_that_tells_nothing_fits_all() -> None:
    assert fitting(*asked(0, "device_del"), event(3, "DEVICE_DELETED")) == EVERY


def test_a_refusal_with_seconds_is_the_timeouts() -> None:
    """d1c2e3ce3d, and the releases whose trees have it."""
    log = [*asked(0, "device_del"), *asked(5, "device_del", error=pending(10))]

    assert fitting(*log) == [*TIMEOUT, *RC, "proposal"]
    baseline = judged(*log)[0]
    assert baseline.entry is not None
    assert (baseline.entry.line, baseline.why) == (
        4,
        f"QEMU refuses a repeated device_del, “{pending(10)}”; it would accept it",
    )


@pytest.mark.parametrize("left", [3, 13])
def test_seconds_that_do_not_fit_the_time_contradict_all(left: int) -> None:
    """15 s less what has passed: after 5 s it is 10, or 9."""
    assert fitting(*asked(0, "device_del"), *asked(5, "device_del", error=pending(left))) == []


def test_seconds_are_more_where_the_vm_was_stopped() -> None:
    """The guest's clock stands still."""
    log = [*asked(0, "device_del"), *asked(1, "stop"), *asked(9, "cont")]

    assert fitting(*log, *asked(10, "device_del", error=pending(13))) == [
        *TIMEOUT,
        *RC,
        "proposal",
    ]


def test_negative_seconds_are_the_timeouts_too() -> None:
    """After 24.855 days of guest time the number is wrong, and the timeout is right."""
    log = [*asked(0, "device_del"), *asked(5, "device_del", error=pending(-444516))]

    assert fitting(*log) == [*TIMEOUT, *RC, "proposal"]


def test_a_refusal_of_a_request_from_before_the_log_tells_as_much() -> None:
    assert fitting(*asked(5, "device_del", error=pending(10))) == [*TIMEOUT, *RC, "proposal"]


def test_a_retry_that_is_accepted_within_15_s_has_no_timeout() -> None:
    log = [*asked(0, "device_del"), *asked(5, "device_del")]

    assert fitting(*log) == without(*TIMEOUT, *RC, "proposal")


def test_a_retry_that_is_accepted_later_fits_all_but_the_proposal() -> None:
    """The proposal would have said DEVICE_NOT_DELETED."""
    log = [*asked(0, "device_del"), *asked(20, "device_del")]

    assert fitting(*log) == without("proposal")


def test_without_times_an_accepted_retry_tells_nothing() -> None:
    lines = ['{"execute": "device_del", "arguments": {"id": "core1"}}', '{"return": {}}'] * 2

    assert fitting(*lines) == EVERY


@pytest.mark.parametrize(
    ("device", "text", "first"),
    [
        ("phb1", "PCI Host Bridge unplug already in progress for device phb1", "7420033ec4"),
        ("net3", "PCI device unplug already in progress for device net3", "e35dfbd227"),
        ("dimm1", "Memory unplug already in progress for device dimm1", "baseline"),
    ],
)
def test_a_repeated_request_is_refused_from_some_revision_on(
    device: str, text: str, first: str
) -> None:
    log = [*asked(0, "device_del", device), *asked(1, "device_del", device, error=text)]

    assert fitting(*log) == EVERY[EVERY.index(first) :]


def test_a_repeated_request_of_a_phb_is_accepted_before_that() -> None:
    """And where a guest can cancel it and nobody is told: 87758fed7a, 6.1."""
    log = [*asked(0, "device_del", "phb1"), *asked(1, "device_del", "phb1")]

    early = EVERY[: EVERY.index("7420033ec4")]
    assert fitting(*log) == [*early, "unisolate", "v6.1.0"]


def test_a_text_of_no_revision_contradicts_all() -> None:
    """The generic check says this of an ACPI device; sPAPR does not use it."""
    text = "Device core1 is already in the process of unplug"

    assert fitting(*asked(0, "device_del"), *asked(1, "device_del", error=text)) == []


@pytest.mark.parametrize(
    ("text", "last"),
    [("Duplicate ID 'core1' for device", False), ("Duplicate device ID 'core1'", True)],
)
def test_the_text_about_a_taken_id_has_changed(text: str, last: bool) -> None:
    """4a1d937796, in releases from v6.2.0 on and in no build of the case study."""
    core = {"driver": "host-spapr-cpu-core", "id": "core1", "core-id": 1}
    add = at(0, {"execute": "device_add", "arguments": core})
    log = [add, at(0, {"error": {"class": "GenericError", "desc": text}})]

    assert fitting(*log) == (NEW_TEXT if last else without(*NEW_TEXT))


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("DEVICE_UNPLUG_GUEST_ERROR", ["guest-error", *NEW_TEXT]),
        ("DEVICE_NOT_DELETED", ["proposal"]),
        (
            "MEM_UNPLUG_ERROR",
            [n for n in EVERY[EVERY.index("eb7f80fd26") :] if n not in ("v10.0.13", "today")],
        ),
    ],
)
def test_an_event_is_of_those_revisions_that_have_it(name: str, names: list[str]) -> None:
    assert fitting(event(0, name)) == names


def test_the_old_event_alone_is_not_of_those_that_have_both() -> None:
    """4b08cd567b sends DEVICE_UNPLUG_GUEST_ERROR beside MEM_UNPLUG_ERROR."""
    log = [event(0, "MEM_UNPLUG_ERROR", "dimm1", msg="m"), event(9, "STOP")]

    assert fitting(*log) == [
        name
        for name in EVERY[EVERY.index("eb7f80fd26") :]
        if name not in ("guest-error", *NEW_TEXT)
    ]


def test_a_release_after_15_s_is_not_lost_without_the_timeout() -> None:
    log = [*asked(0, "device_del"), event(16, "DEVICE_DELETED")]

    assert fitting(*log) == without(*TIMEOUT, *RC, "proposal")


def test_a_release_after_15_s_tells_nothing_if_the_vm_was_stopped() -> None:
    log = [*asked(0, "device_del"), *asked(1, "stop"), *asked(9, "cont")]

    assert fitting(*log, event(16, "DEVICE_DELETED")) == EVERY


def test_a_release_after_15_s_of_another_kind_of_device_tells_nothing() -> None:
    """Only CPUs had the timeout."""
    assert fitting(*asked(0, "device_del", "net3"), event(99, "DEVICE_DELETED", "net3")) == EVERY


def test_a_reset_that_completes_nothing_is_the_timeouts() -> None:
    """Or a guest has cancelled and nobody was told: 87758fed7a, 6.1."""
    log = [*asked(0, "device_del"), *asked(20, "system_reset"), event(30, "SHUTDOWN")]

    assert fitting(*log) == [*TIMEOUT, "unisolate", *RC, "v6.1.0"]


@pytest.mark.parametrize("end", ["SHUTDOWN", "greeting"])
def test_nothing_is_pending_at_another_qemu(end: str) -> None:
    between = event(1, "SHUTDOWN") if end == "SHUTDOWN" else at(1, {"QMP": {}, "event": None})

    assert fitting(*asked(0, "device_del"), between, *asked(5, "device_del")) == EVERY


def test_a_qemu_that_has_crashed_proves_nothing() -> None:
    """It answers no more; so a reset that nobody answers completes nothing."""
    commands = [asked(second, "system_reset")[0] for second in (5, 20)]

    assert fitting(*asked(0, "device_del", "dimm1"), *commands) == EVERY


def test_a_device_may_be_named_by_its_path() -> None:
    log = [*asked(0, "device_del", "/machine/peripheral/core1"), event(16, "DEVICE_DELETED")]

    assert fitting(*log) == without(*TIMEOUT, *RC, "proposal")


def test_today_a_refused_dimm_is_reported_so_silence_means_that_it_is_pending() -> None:
    """Without MEM_UNPLUG_ERROR, DEVICE_UNPLUG_GUEST_ERROR reports the guest's refusal."""
    log = [*asked(0, "device_del", "dimm1"), *asked(5, "device_del", "dimm1")]

    assert {"today", "v10.0.13"}.isdisjoint(fitting(*log))


def test_a_retry_that_releases_at_once_means_that_a_request_was_forgotten() -> None:
    send, reply = asked(20, "device_del")
    log = [*asked(0, "device_del"), send, event(20, "DEVICE_DELETED"), reply]

    assert fitting(*log) == [
        *TIMEOUT,
        "unisolate",
        "guest-error",
        *RC,
        "v6.1.0",
        *NEW_TEXT,
    ]


def test_no_conclusion_rests_on_a_clock_that_went_back() -> None:
    log = [event(59, "STOP"), *asked(0, "device_del"), event(16, "DEVICE_DELETED")]

    assert fitting(*log) == EVERY


def test_an_x86_machine_fits_q35_alone() -> None:
    cpu = {"driver": "qemu64-x86_64-cpu", "id": "cpu1", "core-id": 1}
    found = judged(at(0, {"execute": "device_add", "arguments": cpu}), machine=None)

    assert [v.revision.name for v in found if v.fits] == ["q35"]


# -- runs of the embedded machine ------------------------------------------------------------------

STORIES = tuple(
    name
    for name, one in scenarios().items()
    if {Board.PSERIES, Board.Q35} & set(one.setup.boards)  # logs of PCI devices are not judged
)
LinesOf = Callable[[Run, Actor], list[str]]


@lru_cache(maxsize=2000)
def played(name: str, revision: Revision) -> Run:
    return play(find_scenario(name), revision)


def read_run(name: str, lines: list[str], run: Run) -> UnplugLog:
    """Read the log of a run; what the machine is, and what its devices, is given."""
    return read_log([(name, lines)], machine=run.revision.board.value, kinds=kinds_of(run))


def _is_newer(revision: Revision) -> bool:
    """Does its greeting alone tell it from the revisions of 2021?"""
    return revision.version >= NO_MEM_UNPLUG_ERROR


def manager(name: str) -> Actor:
    """Who talks to QEMU."""
    return Actor.OPERATOR if find_scenario(name).setup.libvirt is None else Actor.LIBVIRT


@pytest.mark.parametrize(
    ("name", "form"), [(name, form) for name in STORIES for form in ("qmp", "libvirt")]
)
def test_a_run_fits_its_own_revision_and_all_that_say_the_same(name: str, form: str) -> None:
    lines_of = qmp_lines if form == "qmp" else libvirt_lines
    asker = manager(name)
    boards = find_scenario(name).setup.boards
    runs = {r: played(name, r) for r in ALL if r.board in boards}
    says = {r: list(said(run, asker)) for r, run in runs.items()}
    for revision, run in runs.items():
        log = read_run(name, lines_of(run, asker), run)
        fits = {v.revision for v in verdicts(log) if v.fits}
        same = {
            other
            for other in runs
            if says[other] == says[revision] and _is_newer(other) == _is_newer(revision)
        }

        assert log.unread == ()
        assert same - fits == set()


def test_logs_with_times_tell_revisions_apart_where_operators_are_told_different_things() -> None:
    """All but one story: there QEMU aborts, and nothing is said at the monitor."""
    blind = []
    for name in STORIES:
        asker = manager(name)
        boards = find_scenario(name).setup.boards
        runs = {r: played(name, r) for r in ALL if r.board in boards}
        told = [list(said(run, asker)) for run in runs.values()]
        found = [verdicts(read_run(name, libvirt_lines(run, asker), run)) for run in runs.values()]
        if any(other != told[0] for other in told) and all(v.fits for vs in found for v in vs):
            blind.append(name)

    assert blind == []


@given(
    name=st.sampled_from([name for name in STORIES if manager(name) is Actor.OPERATOR]),
    revision=st.sampled_from((*CATALOGUE, TODAY, PROPOSAL)),
    form=st.sampled_from((qmp_lines, libvirt_lines)),
    data=st.data(),
)
def test_whatever_is_done_in_a_run_its_log_fits_its_revision(
    name: str, revision: Revision, form: LinesOf, data: st.DataObject
) -> None:
    """A rule speaks up only where nothing that a guest or an operator does explains the log."""
    scenario = find_scenario(name)
    if revision.board not in scenario.setup.boards:
        return
    done = st.tuples(st.integers(0, 40_000), st.sampled_from(menu(scenario.setup.devices)))
    doings = sorted(data.draw(st.lists(done, max_size=8)))
    run = play(scenario, revision, tuple(Intervention(ms * NS_PER_MS, what) for ms, what in doings))
    found = verdicts(read_run("log", form(run, Actor.OPERATOR), run))
    (verdict,) = (v for v in found if v.revision == revision)

    assert verdict == LogVerdict(revision)


def test_a_late_release_is_told_from_one_that_is_lost() -> None:
    log = libvirt_lines(played("late-release", find_revision("revert")), Actor.OPERATOR)

    assert fitting(*log) == without(*TIMEOUT, *RC, "proposal")
