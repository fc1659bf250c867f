"""A program in place of a QEMU in which a guest's kernel runs: monitor, console and log."""

from __future__ import annotations

from pathlib import Path

from tests.real_qemu.fakes import GREETING, fake

__all__ = ["fake_guest", "vmlinux"]

_BODY = f"""
import re, select
def socket_of(name):
    line = next(word for word in sys.argv if f"id={{name}}," in word)
    one = socket.socket(socket.AF_UNIX)
    one.connect(line.rpartition("path=")[2])
    return one
tty, mon = socket_of("tty"), socket_of("mon")
mon.sendall({GREETING!r}.encode() + b"\\n")
cpus = {{0: 1}}   # core: online; each is the CPU of that number
devices = {{}}
pending = []
def console(text):
    tty.sendall(text.encode() + b"\\r\\n")
def kernel(text):
    console(f"[    {{time.monotonic() % 1000:.6f}}] {{text}}")
def log(text):
    now = time.time()
    print(f"{{os.getpid()}}@{{int(now)}}.{{int(now % 1 * 1e6):06d}}:{{text}}", file=sys.stderr)
    sys.stderr.flush()
def event(name, **data):
    now = time.time()
    stamp = {{"seconds": int(now), "microseconds": int(now % 1 * 1e6)}}
    mon.sendall(json.dumps({{"event": name, "data": data, "timestamp": stamp}}).encode() + b"\\n")
def call(kind, core, state):
    if "-trace" in sys.argv:
        log(f"spapr_drc_set_{{kind}}_state drc: {{0x10000000 + core:#x}}, state: {{state:#x}}")
def unplug(name):
    core, path = devices[name], f"/machine/peripheral/{{name}}"
    if [c for c in cpus if cpus[c]] == [core]:
        kernel("pseries-hotplug-cpu: Unable to remove last online CPU PowerPC,POWER9")
        call("isolation", core, 1)
        event("DEVICE_UNPLUG_GUEST_ERROR", device=name, path=path)
        return
    call("isolation", core, 0)
    call("allocation", core, 0)
    del devices[name], cpus[core]
    event("DEVICE_DELETED", device=name, path=path)
def answer(ask):
    name, args = ask["execute"], ask.get("arguments", {{}})
    value = {{}}
    if name == "query-hotpluggable-cpus":
        value = [{{"type": "power9-core", "props": {{"core-id": 1}}, "vcpus-count": 1}}]
    elif name == "qom-list":
        value = [{{"name": n, "type": "child<x>"}} for n in devices]
    elif name == "device_add":
        devices[args["id"]] = args["core-id"]
        cpus[args["core-id"]] = 1
    elif name == "cont":
        boot()
    elif name == "system_reset":
        event("RESET", guest=False, reason="host-qmp-system-reset")
    elif name == "device_del" and args["id"] not in devices:
        value = None
    done = {{"error": {{"class": "DeviceNotFound", "desc": "Device 'x' not found"}}}}
    done = done if value is None else {{"return": value}}
    mon.sendall(json.dumps({{**done, "id": ask["id"]}}).encode() + b"\\n")
    if name == "device_del" and value is not None:
        unplug(args["id"])
def boot():
    console("SLOF ****\\x1b[0m")
    kernel("Linux version 6.1.0-fake (gcc)")
def typed(line):
    number = re.search(r"kit''-(\\d+)-", line)
    if "physical_id" in line:
        console(f"present {{','.join(map(str, sorted(cpus)))}}")
        for core in sorted(cpus):
            console(f"cpu{{core}} {{core}} {{cpus[core]}}")
    switch = re.match(r"echo ([01]) > /sys/devices/system/cpu/cpu(\\d+)/online", line)
    if switch:
        cpus[int(switch[2])] = int(switch[1])
    if number:
        console(f"kit-{{number[1]}}-0")
rest = {{tty: b"", mon: b""}}
def serve():
    while True:
        for one in select.select([tty, mon], [], [])[0]:
            data = one.recv(4096)
            if not data:
                sys.exit()
            rest[one] += data
            *lines, rest[one] = rest[one].split(b"\\n")
            for line in lines:
                if one is mon:
                    answer(json.loads(line))
                else:
                    typed(line.decode())
"""


def fake_guest(folder: Path, body: str = "") -> str:
    """Write a program that plays a guest; *body* may redefine boot(), typed(line), unplug(name)."""
    return fake(folder, f"{_BODY}\n{body}\nserve()\n")


def vmlinux(folder: Path) -> Path:
    """Write the head of a ppc64 kernel."""
    path = folder / "vmlinux"
    path.write_bytes(b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x02\x00\x15\x00" + bytes(44))
    return path
