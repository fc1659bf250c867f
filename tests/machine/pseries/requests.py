"""A machine brought to where a test begins."""

from __future__ import annotations

from kit.machine.catalogue import find_revision
from kit.machine.events import (
    Outcome,
)
from kit.machine.pseries.step import Config, Machine, boot, step
from kit.machine.requests import (
    CheckException,
    ConfigureConnector,
    CpuCore,
    DeviceAdd,
    Request,
    SetIndicator,
)

CORE1 = 0x10000001
LMB0 = 0x80000004
PMEM0 = 0x90000000


def run(machine: Machine, *requests: Request) -> tuple[Machine, list[Outcome]]:
    outcomes = []
    for request in requests:
        machine, outcome = step(machine, request)
        outcomes.append(outcome)
    return machine, outcomes


def configured(name: str, config: Config | None = None) -> Machine:
    """A machine whose guest has taken core 1 and read its event."""
    machine, _ = run(
        boot(find_revision(name), config),
        DeviceAdd(CpuCore(1, "core1")),
        CheckException(0xFFFFFFFF),
        SetIndicator(9003, CORE1, 1),
        SetIndicator(9001, CORE1, 1),
        ConfigureConnector(CORE1),
    )
    return machine


RELEASE = (SetIndicator(9001, CORE1, 0), SetIndicator(9003, CORE1, 0))
