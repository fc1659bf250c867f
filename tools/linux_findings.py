"""Show two findings with a real Linux guest: ``python -m tools.linux_findings QEMU .guest``.

`dimm-migrated`: QEMU aborts when Linux refuses a DIMM after a migration.  `limbo`: Linux refuses
the first of two requests for a core and carries out the second.  No call is made for the guest:
the operator's commands go to QEMU's monitor and to a shell in the guest.

Exit status: 0 both were seen, 1 not.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from kit.common.errors import UserError
from kit.machine.events import DeviceDeleted, DeviceUnplugGuestError, Emitted
from kit.machine.requests import Cont, CpuCore, DeviceAdd, DeviceDel, Dimm, Request, Stop
from kit.real_qemu.console import ConsoleLine
from kit.real_qemu.failures import QemuGone
from kit.real_qemu.guest import GuestMachine
from kit.real_qemu.guest_image import GuestImage, command_line, read_image
from kit.real_qemu.guest_play import BOOT_S
from kit.real_qemu.launch import Binary, find_binary, probe
from kit.real_qemu.session import Session
from kit.real_qemu.wire import QmpAnswer
from kit.simulation.actions import FIRST_DIMM_ADDR
from kit.trace.kinds import label_of

DIMM = Dimm(512, FIRST_DIMM_ADDR, "dimm1")
CORE = CpuCore(1, "core1")
VMS, TRIES = 5, 12  # under TCG a QEMU takes 16 CPUs in its life, those that left included
_WAIT_S = 20.0
_TOLD = (DeviceDeleted, DeviceUnplugGuestError)
Seen = Emitted | Request | ConsoleLine


def say(text: str) -> None:
    """Write a line at once."""
    print(text, flush=True)


def show(machine: GuestMachine, seconds: float, until: Callable[[], bool]) -> list[object]:
    """Print what is observed, and return it, until *until* holds or the time is over."""
    found: list[object] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end and not until():
        machine.look_for(0.05)
        for one in machine.take():
            found.append(one.what)
            if isinstance(one.what, ConsoleLine):
                say(f"    guest's log: {one.what.text}")
            else:
                say(f"    {type(one.what).__name__}: {label_of(one.what)}")
    return found


# -- a DIMM is refused after a migration -----------------------------------------------------------


def dimm_migrated(binary: Binary, image: GuestImage) -> bool:
    """Does QEMU abort on the destination?"""
    with GuestMachine(binary, image) as machine:
        machine.ask(DeviceAdd(DIMM))
        machine.reset()
        machine.ok("cont")
        machine.wait_for_shell(BOOT_S)
        machine.take()
        say("the guest runs; the VM stops, device_del dimm1, and it migrates")
        machine.ask(Stop())
        machine.ask(DeviceDel("dimm1"))
        there = _migrated(machine, binary, image)
        source, machine.session = machine.session, there
        source.close()
        say("the destination goes on")
        try:
            machine.ask(Cont())
            show(machine, _WAIT_S, lambda: False)
        except QemuGone as gone:
            say(f"    QEMU {gone.how}")
            return gone.abort.assertion == "ds"
    return False


def _migrated(machine: GuestMachine, binary: Binary, image: GuestImage) -> Session:
    place = machine.session.folder / "migration"
    backend = machine.backends["dimm1"]
    there = Session(
        binary.path,
        (
            *command_line(binary, image, traced=machine.traced),
            *("-object", f"memory-backend-ram,id={backend},size={DIMM.size_mib}M"),
            *("-device", f"pc-dimm,id=dimm1,memdev={backend},addr={DIMM.addr}"),
            *("-incoming", f"unix:{place}"),
        ),
        console=True,
    )
    machine.ok("migrate", uri=f"unix:{place}")
    end = time.monotonic() + 120
    while time.monotonic() < end:
        status = machine.ok("query-migrate").get("status")
        if status == "completed":
            return there
        if status == "failed":
            break
        time.sleep(0.1)
    there.close()
    raise UserError("the migration fails")


# -- two requests, the first refused ---------------------------------------------------------------


def limbo(binary: Binary, image: GuestImage) -> bool:
    """Does Linux refuse the first request and carry out the second, without DEVICE_DELETED?

    A loop in the guest takes its other CPU offline and online, so that core 1 is the last online
    CPU at one moment and not at the next.
    """
    for vm in range(1, VMS + 1):
        with GuestMachine(binary, image) as machine:
            machine.ask(DeviceAdd(CORE))
            machine.reset()
            machine.ok("cont")
            machine.wait_for_shell(BOOT_S)
            machine.run(_TOGGLE)
            machine.take()
            for number in range(1, TRIES + 1):
                told = [label_of(one) for one in _asked_twice(machine) if isinstance(one, _TOLD)]
                say(f"VM {vm}, try {number}: {', '.join(told)}")
                if told == ["DEVICE_UNPLUG_GUEST_ERROR"] and _is_limbo(machine):
                    return True
                if "DEVICE_DELETED" in told:
                    machine.ask(DeviceAdd(CORE))
                    observed(machine, 3.0)
    return False


_TOGGLE = (
    "{ (cd /sys/devices/system/cpu; while :; do echo 0 > cpu0/online; echo 1 > cpu0/online; done)"
    " > /dev/null 2>&1 & }"
)


def _asked_twice(machine: GuestMachine) -> list[Seen]:
    machine.ask(DeviceDel("core1"))
    machine.ask(DeviceDel("core1"))
    return observed(machine, 5.0)


def observed(machine: GuestMachine, seconds: float) -> list[Seen]:
    """Return what is observed in so many seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        machine.look_for(0.05)
    return [one.what for one in machine.take()]


def _is_limbo(machine: GuestMachine) -> bool:
    answer = machine.session.qmp("query-hotpluggable-cpus")
    value = answer.value if isinstance(answer, QmpAnswer) else []
    holds = any(slot["props"]["core-id"] == 1 and "qom-path" in slot for slot in value)
    cpus = machine.cpus()
    say(f"    QEMU holds core 1: {holds}; the guest's cores: {sorted(cpus)}")
    return holds and 1 not in cpus


def main(arguments: list[str]) -> int:
    """Show both on the binary that is named, with the kernel of a folder."""
    if len(arguments) != 2:
        print("usage: python -m tools.linux_findings QEMU FOLDER", file=sys.stderr)
        return 2
    folder = Path(arguments[1])
    image = read_image(folder / "vmlinux", folder / "initrd.gz")
    binary = probe(find_binary(arguments[0]))
    say(binary.name)
    results = {}
    for name, shown in (("dimm-migrated", dimm_migrated), ("limbo", limbo)):
        say(f"== {name}")
        results[name] = shown(binary, image)
        say(f"   {name}: {'seen' if results[name] else 'NOT SEEN'}")
    return 0 if all(results.values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
