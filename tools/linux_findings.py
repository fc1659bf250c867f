"""Show a finding with a real Linux guest: ``python -m tools.linux_findings QEMU .guest``.

QEMU aborts when Linux refuses a DIMM after a migration (docs/findings/dimm-migrated.md).  No call
is made for the guest: the operator's commands go to QEMU's monitor, and Linux does the rest.

Exit status: 0 it was seen, 1 not.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from kit.common.errors import UserError
from kit.machine.requests import Cont, DeviceAdd, DeviceDel, Dimm, Stop
from kit.real_qemu.channel.failures import QemuGone
from kit.real_qemu.console import ConsoleLine
from kit.real_qemu.guest import GuestMachine
from kit.real_qemu.guest_image import GuestImage, command_line, read_image
from kit.real_qemu.guest_play import BOOT_S
from kit.real_qemu.launch import Binary, find_binary, probe
from kit.real_qemu.session import Session
from kit.simulation.actions import FIRST_DIMM_ADDR
from kit.trace.kinds import label_of

DIMM = Dimm(512, FIRST_DIMM_ADDR, "dimm1")
WAIT_S = 20.0


def say(text: str) -> None:
    """Write a line at once."""
    print(text, flush=True)


def show(machine: GuestMachine, seconds: float) -> None:
    """Print what is observed."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        machine.look_for(0.05)
        for one in machine.take():
            if isinstance(one.what, ConsoleLine):
                say(f"    guest's log: {one.what.text}")
            else:
                say(f"    {type(one.what).__name__}: {label_of(one.what)}")


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
            show(machine, WAIT_S)
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


def main(arguments: list[str]) -> int:
    """Show it on the binary that is named, with the kernel of a folder."""
    if len(arguments) != 2:
        print("usage: python -m tools.linux_findings QEMU FOLDER", file=sys.stderr)
        return 2
    folder = Path(arguments[1])
    image = read_image(folder / "vmlinux", folder / "initrd.gz")
    binary = probe(find_binary(arguments[0]))
    say(binary.name)
    seen = dimm_migrated(binary, image)
    say(f"dimm-migrated: {'seen' if seen else 'NOT SEEN'}")
    return 0 if seen else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
