"""The sentence, the label and the severity of each type of message."""

from __future__ import annotations

import pytest

from kit.actors.messages import (
    Actor,
    ApiError,
    ApiSuccess,
    CpuOnline,
    Decide,
    DetachDevice,
    DetachDeviceAlias,
    DeviceRemovalFailed,
    DeviceRemoved,
    DeviceTree,
    Dlpar,
    DomainReset,
    DomainResume,
    DomainSuspend,
    Failure,
    GuestLog,
    Hang,
    Message,
    MigrateDomain,
    MonitorClosed,
    Overcommit,
    Pin,
    RtasByHand,
    SetVcpus,
    SetVcpusAsync,
    VcpuRemoved,
)
from kit.machine.catalogue import CATALOGUE, PROPOSAL
from kit.machine.events import (
    Abort,
    Aborted,
    ConnectorReturn,
    DeviceDeleted,
    DeviceNotDeleted,
    DeviceUnplugGuestError,
    Done,
    ErrorReport,
    ExceptionReturn,
    HotplugAction,
    HotplugEvent,
    HotplugIdentifier,
    HotplugType,
    MemUnplugError,
    QmpError,
    QmpReturn,
    SensorReturn,
    StatusReturn,
    UnplugTimeout,
    VmResume,
    VmStop,
)
from kit.machine.pcie.messages import (
    AcpiAccess,
    AcpiRegister,
    DeviceConfig,
    HotplugInterrupt,
    MigratePorts,
    MigrationFailed,
    ModifyRegister,
    ReadRegister,
    RegisterValue,
    SciRaised,
    SetBus,
    WriteRegister,
)
from kit.machine.pcie.registers import Register
from kit.machine.pcie_revisions import PCIE_REVISIONS
from kit.machine.q35.messages import (
    AcpiDeviceOst,
    GpeRaised,
    OstInfo,
    ReadStatus,
    ReportOst,
    SlotStatusReturn,
    SlotType,
    WriteControl,
)
from kit.machine.requests import (
    CheckException,
    ClientArchitectureSupport,
    ConfigureConnector,
    Cont,
    CpuCore,
    DeviceAdd,
    DeviceDel,
    GetSensorState,
    Migrate,
    QueryVersion,
    SetIndicator,
    Stop,
    SystemReset,
)
from kit.machine.revision import Revision
from kit.simulation.run import play
from kit.storage.scenarios import scenarios
from kit.trace.columns import NAMES
from kit.trace.entry import TraceEntry
from kit.trace.kinds import KINDS, label_of, wire_name
from kit.trace.sentences import sentence

OPERATOR, L, Q, G, C = Actor
PLAYED = [*CATALOGUE, PROPOSAL, PCIE_REVISIONS[0], PCIE_REVISIONS[-1]]
CORE1 = 0x10000001
REMOVE = HotplugEvent(
    type=HotplugType.CPU,
    action=HotplugAction.REMOVE,
    identifier=HotplugIdentifier.DRC_INDEX,
    index=CORE1,
)
ADD_DIMM = HotplugEvent(
    type=HotplugType.MEMORY,
    action=HotplugAction.ADD,
    identifier=HotplugIdentifier.DRC_COUNT_INDEXED,
    index=0x80000004,
    count=2,
)
SENTENCES: list[tuple[Actor, Actor, Message, str, str]] = [
    (
        OPERATOR,
        Q,
        DeviceDel("core1"),
        "The operator asks QEMU to remove core1 (device_del).",
        "device_del core1",
    ),
    (
        L,
        Q,
        DeviceDel("core1"),
        "libvirt asks QEMU to remove core1 (device_del).",
        "device_del core1",
    ),
    (
        OPERATOR,
        Q,
        DeviceAdd(CpuCore(1, "core1")),
        "The operator plugs core1 in (device_add).",
        "device_add core1",
    ),
    (OPERATOR, Q, SystemReset(), "The operator resets the machine (system_reset).", "system_reset"),
    (
        OPERATOR,
        Q,
        Stop(),
        "The operator stops the VM (stop). The guest's clock stops, too.",
        "stop",
    ),
    (OPERATOR, Q, Cont(), "The operator continues the VM (cont).", "cont"),
    (L, Q, Migrate(), "libvirt migrates the VM to another QEMU.", "migrate"),
    (Q, OPERATOR, Done(), "QEMU answers the operator: done.", "done"),
    (
        OPERATOR,
        L,
        SetVcpus(1),
        "The operator asks libvirt for 1 CPU in the guest (virsh setvcpus).",
        "setvcpus 1",
    ),
    (
        OPERATOR,
        L,
        SetVcpusAsync(2),
        "The operator asks libvirt for 2 CPUs in the guest, and does not wait"
        " (virsh setvcpus --async).",
        "setvcpus 2 --async",
    ),
    (
        L,
        OPERATOR,
        VcpuRemoved("core1"),
        "libvirt reports that core1 is removed (vcpu-removed).",
        "vcpu-removed",
    ),
    (
        OPERATOR,
        L,
        DetachDevice("dimm1"),
        "The operator asks libvirt to remove dimm1, which an XML file describes, and waits"
        " (virsh detach-device).",
        "detach-device dimm1",
    ),
    (
        OPERATOR,
        L,
        DetachDeviceAlias("dimm1"),
        "The operator asks libvirt to remove dimm1, and does not wait (virsh detach-device-alias).",
        "detach-device-alias dimm1",
    ),
    (
        L,
        OPERATOR,
        ApiError("timed out. Look", "core1", Failure.TIMED_OUT),
        "virsh times out and does not know the result: “timed out. Look”.",
        "timed out",
    ),
    (
        OPERATOR,
        L,
        DomainReset(),
        "The operator resets the machine through libvirt (virsh reset).",
        "virsh-reset",
    ),
    (
        OPERATOR,
        L,
        DomainSuspend(),
        "The operator stops the VM through libvirt (virsh suspend).",
        "virsh-suspend",
    ),
    (
        OPERATOR,
        L,
        DomainResume(),
        "The operator continues the VM through libvirt (virsh resume).",
        "virsh-resume",
    ),
    (
        OPERATOR,
        L,
        MigrateDomain(),
        "The operator migrates the VM through libvirt (virsh migrate).",
        "virsh-migrate",
    ),
    (L, OPERATOR, ApiSuccess(""), "virsh succeeds.", "success"),
    (L, OPERATOR, ApiSuccess("done so"), "virsh succeeds: “done so”.", "success"),
    (L, OPERATOR, ApiError("timed out"), "virsh fails: “timed out”.", "error"),
    (
        L,
        OPERATOR,
        DeviceRemoved("core1"),
        "libvirt removes core1 from the domain's XML and sends device-removed.",
        "device-removed",
    ),
    (
        L,
        OPERATOR,
        DeviceRemovalFailed("core1"),
        "libvirt reports that the guest refused to release core1 (device-removal-failed).",
        "device-removal-failed",
    ),
    (
        OPERATOR,
        G,
        CpuOnline(CORE1, False),
        "Somebody switches core 1 off inside the guest.",
        "cpu-online",
    ),
    (OPERATOR, G, Pin(0x80000004), "The guest can no longer take LMB 4 out of use.", "pin"),
    (OPERATOR, G, Pin(0x80000004, False), "The guest can take LMB 4 out of use again.", "unpin"),
    (OPERATOR, G, Pin(0x10000001, False), "The guest can take core 1 out of use again.", "unpin"),
    (
        OPERATOR,
        G,
        Dlpar(HotplugAction.ADD, CORE1),
        "Somebody in the guest adds core 1 by /sys/kernel/dlpar.",
        "dlpar",
    ),
    (
        OPERATOR,
        G,
        RtasByHand(SetIndicator(9001, CORE1, 0)),
        "Somebody in the guest makes an RTAS call by hand: ISOLATE.",
        "by hand: ISOLATE",
    ),
    (OPERATOR, G, Decide(True), "The guest can release the device now.", "guest releases"),
    (OPERATOR, G, Decide(False), "The guest cannot release the device.", "guest refuses"),
    (OPERATOR, G, Hang(), "The guest hangs: it reacts to nothing.", "hang"),
    (OPERATOR, G, Hang(False), "The guest runs again.", "runs again"),
    (
        OPERATOR,
        OPERATOR,
        Overcommit(8),
        "The host gets busy. The guest's work takes 8 times as long; its clock runs on.",
        "load x 8",
    ),
    (
        OPERATOR,
        OPERATOR,
        Overcommit(1),
        "The host is idle again. The guest's work takes its usual time.",
        "load x 1",
    ),
    (C, C, GuestLog("no"), "On the guest's console: “no”.", "kernel's log"),
    (G, G, GuestLog("no"), "The guest writes to its log: “no”.", "kernel's log"),
    (Q, OPERATOR, QmpReturn(), "QEMU accepts the request.", "accepted"),
    (Q, OPERATOR, QmpError("GenericError", "no"), "QEMU refuses: “no”.", "error"),
    (Q, G, REMOVE, "QEMU queues an event for the guest: release core 1.", "REMOVE event"),
    (
        Q,
        G,
        ADD_DIMM,
        "QEMU queues an event for the guest: take 2 LMBs from LMB 4 on.",
        "ADD event",
    ),
    (
        Q,
        OPERATOR,
        DeviceDeleted(path="/p", device="core1"),
        "QEMU has removed core1 and sends DEVICE_DELETED.",
        "DEVICE_DELETED",
    ),
    (
        Q,
        OPERATOR,
        DeviceNotDeleted(path="/p", device="core1"),
        "QEMU reports that core1 was not deleted: DEVICE_NOT_DELETED.",
        "DEVICE_NOT_DELETED",
    ),
    (
        Q,
        OPERATOR,
        DeviceUnplugGuestError(path="/p"),
        "QEMU reports that the guest refused to release the device: DEVICE_UNPLUG_GUEST_ERROR.",
        "DEVICE_UNPLUG_GUEST_ERROR",
    ),
    (
        Q,
        OPERATOR,
        MemUnplugError(device="d", msg="no"),
        "QEMU reports: “no” (MEM_UNPLUG_ERROR).",
        "MEM_UNPLUG_ERROR",
    ),
    (Q, OPERATOR, VmStop(), "QEMU reports that the VM is stopped: STOP.", "STOP"),
    (Q, OPERATOR, VmResume(), "QEMU reports that the VM runs again: RESUME.", "RESUME"),
    (
        Q,
        Q,
        ErrorReport("no"),
        "QEMU writes to its own log only: “no”.",
        "QEMU's log",
    ),
    (
        Q,
        Q,
        UnplugTimeout(CORE1),
        "QEMU's timer fires. QEMU drops the request and sends no event.",
        "drops request",
    ),
    (
        Q,
        Q,
        Aborted(Abort("f.c", "f", "ds")),
        "QEMU aborts in f: assertion “ds” fails.",
        "QEMU aborts",
    ),
    (
        Q,
        Q,
        Aborted(Abort("f.c", "f", None)),
        "QEMU crashes in f: segmentation fault.",
        "QEMU aborts",
    ),
    (Q, Q, Aborted(Abort("", "SIGABRT", None)), "QEMU's process ends: SIGABRT.", "QEMU aborts"),
    (Q, L, MonitorClosed(), "QEMU's monitor is closed: QEMU is gone.", "monitor closed"),
    (
        Q,
        G,
        DeviceTree((0x10000000, 0x20000000)),
        "The kernel finds in its device tree: core 0, PHB 0.",
        "device-tree",
    ),
    (G, Q, CheckException(1), "The guest fetches an event (check-exception).", "check-exception"),
    (
        G,
        Q,
        GetSensorState(9003, CORE1),
        "The guest reads the sensor of core 1 (get-sensor-state).",
        "read sensor",
    ),
    (
        G,
        Q,
        ConfigureConnector(CORE1),
        "The guest configures core 1 (ibm,configure-connector).",
        "configure-connector",
    ),
    (
        G,
        Q,
        ClientArchitectureSupport(),
        "The guest's kernel starts and reports its abilities (CAS).",
        "guest starts, CAS",
    ),
    (
        G,
        Q,
        SetIndicator(9001, CORE1, 0),
        "The guest isolates core 1 (set-indicator 9001 to 0).",
        "ISOLATE",
    ),
    (
        G,
        Q,
        SetIndicator(9001, CORE1, 1),
        "The guest unisolates core 1 (set-indicator 9001 to 1).",
        "UNISOLATE",
    ),
    (
        G,
        Q,
        SetIndicator(9003, CORE1, 0),
        "The guest makes core 1 unusable (set-indicator 9003 to 0): it has released it.",
        "UNUSABLE",
    ),
    (
        G,
        Q,
        SetIndicator(9003, CORE1, 1),
        "The guest claims core 1: usable (set-indicator 9003 to 1).",
        "USABLE",
    ),
    (G, Q, SetIndicator(9002, CORE1, 1), "The guest sets lamp 1 of core 1.", "lamp 1"),
    (Q, G, ExceptionReturn(0, REMOVE), "The event: remove core 1.", "REMOVE event"),
    (Q, G, ExceptionReturn(1), "There is no event.", "no event"),
    (Q, G, SensorReturn(0, 1), "The connector is PRESENT.", "PRESENT"),
    (Q, G, SensorReturn(-3, 0), "QEMU answers -3.", "error -3"),
    (Q, G, StatusReturn(0), "QEMU answers 0, success.", "success"),
    (Q, G, ConnectorReturn(-9003, 1), "QEMU answers -9003.", "error -9003"),
    (
        Q,
        G,
        GpeRaised(SlotType.CPU),
        "QEMU raises an interrupt, so that the guest reads its CPU slots.",
        "GPE",
    ),
    (
        G,
        Q,
        ReadStatus(SlotType.DIMM, 2),
        "The guest reads the status register of DIMM slot 2.",
        "read status",
    ),
    (Q, G, SlotStatusReturn(0), "It reads 0x0: empty.", "status 0x0"),
    (
        Q,
        G,
        SlotStatusReturn(7),
        "It reads 0x7: enabled, device inserted, removal requested.",
        "status 0x7",
    ),
    (
        G,
        Q,
        WriteControl(SlotType.CPU, 1, 2),
        "The guest clears the insert event of CPU slot 1.",
        "clear insert",
    ),
    (
        G,
        Q,
        WriteControl(SlotType.CPU, 1, 4),
        "The guest clears the remove event of CPU slot 1.",
        "clear remove",
    ),
    (
        G,
        Q,
        WriteControl(SlotType.CPU, 1, 8),
        "The guest ejects the device in CPU slot 1: it has released it.",
        "eject",
    ),
    (
        G,
        Q,
        WriteControl(SlotType.CPU, 1, 16),
        "The guest writes 0x10 to the control register of CPU slot 1.",
        "control 0x10",
    ),
    (
        G,
        Q,
        ReportOst(SlotType.DIMM, 1, 3, 0x84),
        "The guest reports on DIMM slot 1 (_OST): 0x84, in progress.",
        "_OST 0x84",
    ),
    (
        Q,
        OPERATOR,
        AcpiDeviceOst(OstInfo(SlotType.DIMM, 1, 3, 1, "dimm1")),
        "QEMU forwards the guest's report: ACPI_DEVICE_OST, dimm1: 0x1, refused.",
        "ACPI_DEVICE_OST",
    ),
    (
        Q,
        OPERATOR,
        AcpiDeviceOst(OstInfo(SlotType.DIMM, 1, 3, 0)),
        "QEMU forwards the guest's report: ACPI_DEVICE_OST, an empty slot: 0, success.",
        "ACPI_DEVICE_OST",
    ),
    (OPERATOR, Q, QueryVersion(), "The operator: query-version.", "query-version"),
    (Q, G, HotplugInterrupt("rp1"), "Port rp1 interrupts the guest.", "interrupt"),
    (
        Q,
        G,
        SciRaised(),
        "QEMU raises ACPI's interrupt, so that the guest reads its registers.",
        "SCI",
    ),
    (
        G,
        Q,
        ReadRegister("rp1", Register.SLTSTA),
        "The guest reads SLTSTA of rp1.",
        "read SLTSTA",
    ),
    (
        G,
        Q,
        WriteRegister("rp1", Register.SLTSTA, 0x9),
        "The guest clears the events of rp1: button pressed and presence changed.",
        "clear events",
    ),
    (
        G,
        Q,
        WriteRegister("rp1", Register.SLTCTL, 0x7C0),
        "The guest writes 0x7c0 to SLTCTL of rp1.",
        "write SLTCTL",
    ),
    (
        G,
        Q,
        ModifyRegister("rp1", Register.SLTCTL, 0x200, 0x300),
        "The guest makes the power indicator blink at rp1.",
        "light blink",
    ),
    (
        G,
        Q,
        ModifyRegister("rp1", Register.SLTCTL, 0x700, 0x300),
        "The guest switches the power off and switches the power indicator off at rp1.",
        "power off, light off",
    ),
    (
        G,
        Q,
        ModifyRegister("rp1", Register.SLTCTL, 0, 0x400),
        "The guest switches the power on at rp1.",
        "power on",
    ),
    (
        G,
        Q,
        ModifyRegister("rp1", Register.SLTCTL, 0x1021, 0),
        "The guest asks for interrupts at rp1.",
        "listen",
    ),
    (G, Q, SetBus("rp1", 1), "The guest gives the bus behind rp1 the number 1.", "number bus"),
    (
        G,
        Q,
        DeviceConfig(1, 0, 0, 4),
        "The guest reads the configuration space of the device on bus 1.",
        "look for device",
    ),
    (
        G,
        Q,
        AcpiAccess(AcpiRegister.EJECT, 1),
        "The guest writes 0x1 to ACPI's register eject.",
        "ACPI eject",
    ),
    (
        G,
        Q,
        AcpiAccess(AcpiRegister.DOWN),
        "The guest reads ACPI's register down.",
        "ACPI down",
    ),
    (
        OPERATOR,
        Q,
        MigratePorts(),
        "The operator migrates the VM to another QEMU.",
        "migrate-ports",
    ),
    (Q, G, RegisterValue(0x51), "The register holds 0x51.", "value 0x51"),
    (
        Q,
        OPERATOR,
        MigrationFailed(0x6E, 0x90, 0),
        "The destination refuses byte 0x6e of a port: it has 0x0, and the source sends 0x90.  The"
        " migration fails.",
        "migration fails",
    ),
]


@pytest.mark.parametrize(("src", "dst", "message", "expected", "label"), SENTENCES)
def test_a_message_has_a_sentence_and_a_label(
    src: Actor, dst: Actor, message: Message, expected: str, label: str
) -> None:
    entry = TraceEntry(seq=0, at_ns=0, guest_ns=0, src=src, dst=dst, message=message)

    assert (sentence(entry), label_of(message)) == (expected, label)


@pytest.mark.parametrize(
    "revision",
    PLAYED,
    ids=lambda revision: revision.name,
)
def test_every_entry_of_a_built_in_scenario_has_a_sentence_of_its_own(revision: Revision) -> None:
    bare = [
        sentence(entry)
        for scenario in scenarios().values()
        if revision.board in scenario.setup.boards
        for entry in play(scenario, revision).trace
        if sentence(entry) == f"{NAMES[entry.src]}: {wire_name(entry.message)}."
    ]

    assert bare == []


def test_every_row_with_a_sentence_is_tested() -> None:
    with_sentence = {of for of, kind in KINDS.items() if kind.sentence is not None}

    assert with_sentence - {type(message) for _, _, message, _, _ in SENTENCES} == set()
