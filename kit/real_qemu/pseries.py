"""A real pseries machine with the interface of the embedded one: a request in, its outcome out.

No guest runs in it: the driver makes the guest's calls over qtest.  With accelerator qtest only
clock_step moves the guest's clock, and QEMU plays a CAS at every reset.  There a migration's
destination gets the source's clock from the driver; other accelerators send it.  Under TCG the
machine is stopped, its clock cannot be stepped, and `firmware` makes the CAS on request.

Source: QEMU hw/ppc/spapr.c, softmmu/qtest.c.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from kit.machine import requests
from kit.machine.events import Done, Outcome, QemuVersion, QmpReturn, Reply
from kit.real_qemu import firmware
from kit.real_qemu.channel.failures import BackendError, QemuGone
from kit.real_qemu.qmp import spapr_events
from kit.real_qemu.real import LABEL_BYTES, RealMachine, Usual
from kit.real_qemu.rtas import rtas

__all__ = ["RealSpapr", "destination_words", "device_arguments"]

_ONLY_LOOK = (
    requests.CheckException,
    requests.EventScan,
    requests.GetSensorState,
    requests.QueryHotpluggableCpus,
    requests.QueryMemoryDevices,
    requests.QueryVersion,
)
"""Requests after which no device can be gone, and no QMP event can be on its way."""

_POLL_S = 0.005
_NVDIMM_UUID = "75a3cdd7-6a2f-4791-8d15-fe0a920e8e9e"


class RealSpapr(RealMachine):
    """A pseries machine in a QEMU process, with the command line of the recordings.

    Once QEMU is gone every request is answered `Aborted`.
    """

    def ask(self, request: requests.Request) -> Outcome:
        """Carry out one request; return reply and events; BackendError if the binary cannot."""
        settles = not isinstance(request, _ONLY_LOOK)
        reply = self.carry_out(lambda: self._reply(request), settles=settles)
        return Outcome(reply, spapr_events(self.session.events, self.session.new_lines()))

    def _reply(self, request: requests.Request) -> Reply:
        if isinstance(request, Usual):
            return self.usual(request)
        match request:
            case requests.DeviceAdd(device):
                return self.device_add(device, device_arguments(device, self.core))
            case requests.ClockStep(ns):
                return self.clock_step(ns)
            case requests.Migrate():
                return self._migrate(request)
            case requests.ClientArchitectureSupport(hp_evt):
                return self._cas(hp_evt)
            case requests.QueryVersion():
                return QmpReturn(QemuVersion(*self.session.greeting.version))
            case _:
                return rtas(self.session, request)

    def _cas(self, hp_evt: bool) -> Done:
        if self.binary.steps_time:  # no instruction runs there, and QEMU has played it at the reset
            return Done()
        vector = firmware.vector_5(hp_evt=hp_evt)
        self.session.qtest("write", firmware.VECTOR_5, len(vector), f"0x{vector.hex()}")
        self.session.qtest("writel", firmware.DONE, 0)
        self.session.qtest("writel", firmware.ASKED, 1)
        self.ok("cont")
        until = time.monotonic() + self.answer_s
        while int(self.session.qtest("readl", firmware.DONE)[0], 16) != 1:
            if time.monotonic() > until:
                raise self.error("CAS does not end in time")
            time.sleep(_POLL_S)
        self.ok("stop")
        for name in ("RESUME", "STOP"):
            self.session.events[:] = [e for e in self.session.events if e.name != name]
        answer = int(self.session.qtest("readq", firmware.ANSWER)[0], 16)
        if answer:
            raise self.error(f"CAS answers {answer:#x}")
        return Done()

    def _migrate(self, request: requests.Migrate) -> Done:
        backends = {d.id: self.backends.get(d.id or "", f"mem-{d.id}") for d in request.dimms}
        try:
            with self.destination(destination_words(request, self.core, backends)) as there:
                if self.binary.steps_time:  # the destination counts for itself: before it loads
                    self.now_ns = self.now_ns if request.clock_ns is None else request.clock_ns
                    there.qtest("clock_set", str(self.now_ns))
                self.send_to(there)
                self.wait_for(
                    self.session, "query-migrate", ("completed",), ("failed", "cancelled")
                )
                self.wait_for(there, "query-status", ("running", "paused", "prelaunch"), ())
        except QemuGone as gone:
            raise BackendError(f"the migration fails: {gone}") from None
        self.backends = {str(name): backend for name, backend in backends.items()}
        self.look()
        return Done()


def device_arguments(device: requests.Device, core: str) -> dict[str, Any]:
    """Return the arguments of device_add for a device, without the memory behind it."""
    named: dict[str, Any] = {} if device.id is None else {"id": device.id}
    match device:
        case requests.CpuCore(core_id):
            return {"driver": core, "core-id": core_id, **named}
        case requests.Phb(index):
            return {"driver": "spapr-pci-host-bridge", "index": index, **named}
        case requests.PciFunction(bus, addr, multifunction):
            more = {"multifunction": True} if multifunction else {}
            return {"driver": "e1000", "bus": bus, "addr": addr, **more, **named}
        case requests.Dimm(addr=addr, slot=slot):
            named["driver"] = "pc-dimm"
        case requests.Nvdimm(addr=addr, slot=slot):
            named |= {"driver": "nvdimm", "label-size": LABEL_BYTES, "uuid": _NVDIMM_UUID}
    return {**named, "addr": addr, **({} if slot is None else {"slot": slot})}


def destination_words(
    request: requests.Migrate, core: str, backends: Mapping[str | None, str]
) -> tuple[str, ...]:
    """Return the devices on the command line of a migration's destination."""
    words: list[str] = []
    for core_id in request.cores or ():
        words += ("-device", f"{core},id=core{core_id},core-id={core_id}")
    for dimm in request.dimms:
        backend = backends[dimm.id]
        words += ("-object", f"memory-backend-ram,id={backend},size={dimm.size_mib}M")
        words += ("-device", f"pc-dimm,id={dimm.id},memdev={backend},addr={dimm.addr}")
    return tuple(words)
