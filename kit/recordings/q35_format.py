"""The ops, replies and events of recordings of q35 machines, the contrast to pseries.

A step never aborts; the guest's side is register accesses.  DEVICE_DELETED is not part of them: a
stopped QEMU under TCG sends it late or not at all.
"""

from __future__ import annotations

from collections.abc import Mapping

from kit.common.json_fields import number, numbers, text
from kit.machine.q35 import messages as acpi
from kit.machine.q35.step import AcpiConfig, boot, step
from kit.machine.requests import CpuCore, DeviceAdd, DeviceDel, QueryHotpluggableCpus, SystemReset
from kit.machine.revision import Revision
from kit.recordings.schema import Ask, BoardFormat, Op, check_qmp, list_of, record

__all__ = ["Q35_FORMAT", "RECORDED"]

RECORDED = AcpiConfig(max_cpus=4, slots=0)
"""The command line of the recordings: ``-smp 1,maxcpus=4``, and no slots for DIMMs."""


def _fresh(_revision: Revision, _cas_at_reset: bool) -> Ask:
    machine = boot(RECORDED)

    def ask(request: acpi.AcpiRequest) -> acpi.AcpiOutcome:
        nonlocal machine
        machine, outcome = step(machine, request)
        return outcome

    return ask


_OST_INFO = {"source": number, "status": number, "slot": text, "slot_type": text}
_SLOT = record("a slot of the reply", _OST_INFO, {"device": text})
_DONE = record("reply", {})
_OPS: Mapping[str, Op] = {
    "device_add": Op(
        lambda d: DeviceAdd(CpuCore(number(d, "core_id"), text(d, "id"))),
        check_qmp,
        frozenset({"id", "core_id"}),
    ),
    "device_del": Op(lambda d: DeviceDel(text(d, "id")), check_qmp, frozenset({"id"})),
    "cpu_status": Op(
        lambda d: acpi.ReadStatus(acpi.SlotType.CPU, number(d, "slot")),
        record("reply", {"status": number}),
        frozenset({"slot"}),
    ),
    "cpu_control": Op(
        lambda d: acpi.WriteControl(acpi.SlotType.CPU, number(d, "slot"), number(d, "bits")),
        _DONE,
        frozenset({"slot", "bits"}),
    ),
    "cpu_ost": Op(
        lambda d: acpi.ReportOst(
            acpi.SlotType.CPU, number(d, "slot"), number(d, "event"), number(d, "status")
        ),
        _DONE,
        frozenset({"slot", "event", "status"}),
    ),
    "query_acpi_ospm_status": Op(
        lambda _: acpi.QueryAcpiOspmStatus(),
        record("reply", {"slots": list_of("reply.slots", _SLOT)}),
    ),
    "query_hotpluggable_cpus": Op(
        lambda _: QueryHotpluggableCpus(), record("reply", {"plugged": numbers})
    ),
    "system_reset": Op(lambda _: SystemReset(), _DONE),
}
_OST_EVENT = record("event ACPI_DEVICE_OST", {"event": text, **_OST_INFO}, {"device": text})

Q35_FORMAT = BoardFormat(
    ops=_OPS, events={"ACPI_DEVICE_OST": _OST_EVENT}, fresh=_fresh, label=" on q35", may_abort=False
)
