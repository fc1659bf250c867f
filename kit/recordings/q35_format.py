"""The ops, replies and events of recordings of q35 machines, the contrast to pseries.

A step never aborts; the guest's side is register accesses.  DEVICE_DELETED is not part of them: a
stopped QEMU under TCG sends it late or not at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from kit.common.json_fields import number, numbers, text
from kit.machine.q35 import messages as acpi
from kit.machine.q35.step import AcpiConfig, boot, step
from kit.machine.requests import CpuCore, DeviceAdd, DeviceDel, QueryHotpluggableCpus, SystemReset
from kit.machine.revision import Revision
from kit.recordings.schema import Ask, BoardFormat, Op, asking, check_qmp, list_of, record

__all__ = ["Q35_FORMAT", "RECORDED"]

RECORDED = AcpiConfig(max_cpus=4, slots=0)
"""The command line of the recordings: ``-smp 1,maxcpus=4``, and no slots for DIMMs."""


def _fresh(_revision: Revision, _cas_at_reset: bool) -> Ask:
    return asking(boot(RECORDED), step)


_OST_INFO = {"source": number, "status": number, "slot": text, "slot_type": text}
_SLOT = record("a slot of the reply", _OST_INFO, {"device": text})
_DONE = record("reply", {})
_OPS: Mapping[str, Op] = {
    "device_add": Op(
        lambda name, core: DeviceAdd(CpuCore(core, name)),
        check_qmp,
        {"id": text, "core_id": number},
    ),
    "device_del": Op(DeviceDel, check_qmp, {"id": text}),
    "cpu_status": Op(
        partial(acpi.ReadStatus, acpi.SlotType.CPU),
        record("reply", {"status": number}),
        {"slot": number},
    ),
    "cpu_control": Op(
        partial(acpi.WriteControl, acpi.SlotType.CPU), _DONE, {"slot": number, "bits": number}
    ),
    "cpu_ost": Op(
        partial(acpi.ReportOst, acpi.SlotType.CPU),
        _DONE,
        {"slot": number, "event": number, "status": number},
    ),
    "query_acpi_ospm_status": Op(
        acpi.QueryAcpiOspmStatus, record("reply", {"slots": list_of("reply.slots", _SLOT)})
    ),
    "query_hotpluggable_cpus": Op(QueryHotpluggableCpus, record("reply", {"plugged": numbers})),
    "system_reset": Op(SystemReset, _DONE),
}
_OST_EVENT = record("event ACPI_DEVICE_OST", {"event": text, **_OST_INFO}, {"device": text})

Q35_FORMAT = BoardFormat(
    ops=_OPS, events={"ACPI_DEVICE_OST": _OST_EVENT}, fresh=_fresh, label=" on q35", may_abort=False
)
