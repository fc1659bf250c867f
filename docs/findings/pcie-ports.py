#!/usr/bin/env python3
"""Show on a real QEMU what its PCI Express ports do at a reset, and with the interrupt line.

Needs Python and qemu-system-x86_64, nothing else: python3 pcie-ports.py [PATH-OF-QEMU]

QEMU runs under qtest: no guest, no KVM.  The script plays the guest by reading and writing the
configuration space of one port.  A QEMU without the qtest accelerator is started and stopped; its
clock stands at 0, so the last line is left out.
"""

import json
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

CAPABILITY, SLTCTL, SLTSTA, STATUS = 0x54, 0x18, 0x1A, 0x06
PORT = 0x80000000 | 1 << 11  # device 1 on bus 0


class Line:
    """A line-by-line connection to a socket of QEMU's."""

    def __init__(self, server: socket.socket) -> None:
        server.settimeout(20)
        self.socket, _ = server.accept()
        self.socket.settimeout(20)
        self.file = self.socket.makefile("r")

    def send(self, text: str) -> None:
        self.socket.sendall(text.encode() + b"\n")

    def read(self) -> str:
        return self.file.readline()


def steps_time(binary: str) -> bool:
    """Has the QEMU the qtest accelerator, whose clock can be stepped?"""
    command = [binary, "-M", "none", "-accel", "qtest", "-display", "none", "-monitor", "stdio"]
    tried = subprocess.run(command, input="quit\n", capture_output=True, text=True, check=False)
    return tried.returncode == 0


def listen(path: Path) -> socket.socket:
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.listen(1)
    return server


class Machine:
    """A q35 with one port, rp0, that holds the device n0."""

    def __init__(self, binary: str, folder: Path, *options: str) -> None:
        qmp, qtest = listen(folder / "qmp"), listen(folder / "qtest")
        command = [binary, "-M", "q35", "-display", "none", "-nodefaults"]
        command += ["-accel", "qtest"] if steps_time(binary) else ["-accel", "tcg", "-S"]
        command += ["-qtest", f"unix:{folder}/qtest", "-qmp", f"unix:{folder}/qmp", *options]
        command += ["-device", "pcie-root-port,id=rp0,chassis=1,slot=1,addr=1.0"]
        command += ["-device", "virtio-rng-pci,id=n0,bus=rp0"]
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        self.qmp, self.qtest = Line(qmp), Line(qtest)
        self.qmp.read()
        self.ask("qmp_capabilities")

    def ask(self, command: str, **arguments: str) -> str:
        self.qmp.send(json.dumps({"execute": command, "arguments": arguments}))
        while True:
            answer = json.loads(self.qmp.read())
            if "return" in answer:
                return "ok"
            if "error" in answer:
                return str(answer["error"]["desc"])

    def test(self, words: str) -> str:
        self.qtest.send(words)
        while (answer := self.qtest.read()) and not answer.startswith(("OK", "FAIL", "ERR")):
            pass
        return answer

    def read(self, register: int) -> int:
        self.test(f"outl 0xcf8 {PORT | register & ~3:#x}")
        return int(self.test(f"inw {0xCFC + (register & 3):#x}").split()[1], 16)

    def write(self, register: int, value: int) -> None:
        self.test(f"outl 0xcf8 {PORT | register & ~3:#x}")
        self.test(f"outw {0xCFC + (register & 3):#x} {value:#x}")

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


NATIVE = ("-global", "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off")


def indicator_after_reset(machine: Machine) -> str:
    machine.ask("system_reset")
    control = machine.read(CAPABILITY + SLTCTL)
    light = {1: "on", 2: "blinks", 3: "off", 0: "reserved"}[control >> 8 & 3]
    return f"after a reset, with n0 in the slot: SLTCTL {control:#x}, light {light}"


def reset_while_pending(machine: Machine) -> str:
    machine.ask("device_del", id="n0")
    machine.ask("system_reset")
    return f"device_del n0, system_reset, device_del n0: {machine.ask('device_del', id='n0')}"


def line_of_a_press(machine: Machine) -> str:
    machine.write(CAPABILITY + SLTCTL, 0x1E1)
    machine.write(CAPABILITY + SLTSTA, 0x10)
    machine.ask("device_del", id="n0")
    before = machine.read(STATUS) >> 3 & 1
    machine.write(0x18, machine.read(0x18))  # bus numbers: nothing to do with hot-plug
    after = machine.read(STATUS) >> 3 & 1
    pressed = machine.read(CAPABILITY + SLTSTA) & 1
    return f"a press: INTx {before}; after a write elsewhere: INTx {after}, still pressed {pressed}"


def acpi_at_clock_0(machine: Machine) -> str:
    first = machine.ask("device_del", id="n0")
    machine.test("clock_step 60000000000")
    return f"ACPI, device_del at clock 0: {first}; 60 s later: {machine.ask('device_del', id='n0')}"


def main() -> None:
    binary = sys.argv[1] if len(sys.argv) > 1 else "qemu-system-x86_64"
    shown = (indicator_after_reset, reset_while_pending, line_of_a_press)
    tries: list[tuple[Callable[[Machine], str], tuple[str, ...]]] = [(one, NATIVE) for one in shown]
    if steps_time(binary):
        tries.append((acpi_at_clock_0, ()))
    for show, options in tries:
        with tempfile.TemporaryDirectory() as folder:
            machine = Machine(binary, Path(folder), *options)
            try:
                print(show(machine))
            finally:
                machine.end()


if __name__ == "__main__":
    main()
