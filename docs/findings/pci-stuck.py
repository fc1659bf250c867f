#!/usr/bin/env python3
"""A PCI card that the guest refused cannot be asked for again.

Run: python3 pci-stuck.py [QEMU [ACCELERATOR]]    It needs a qemu-system-ppc64; no guest, no root.
The VM stands still: this script makes the guest's RTAS calls over qtest, and the operator's over QMP.
Exit status: 0 if QEMU answers as expected, 1 if not.  In the unplug kit: kit open 1.run.pci-stuck.v11_1_3.s6rW
"""
import atexit, json, re, socket, subprocess, sys, tempfile, time

QEMU, ACCELERATOR = (sys.argv[1:] + ["qemu-system-ppc64", "tcg"][len(sys.argv) - 1:])[:2]
MACHINE = ("-machine pseries -smp 1,maxcpus=4,threads=1 -m 256,slots=4,maxmem=2G -global e1000.romfile="
           f" -nodefaults -display none -qtest-log /dev/null -S -accel {ACCELERATOR}").split()
ARGS, RETS, WORK, LOG = 0x100000, 0x110000, 0x120000, 0x130000  # buffers in the guest's memory
EVENTS = ("DEVICE_DELETED", "DEVICE_UNPLUG_GUEST_ERROR", "MEM_UNPLUG_ERROR")
STEPS = [  # when, what happens, the call, what QEMU today (v11.1.3) answers; events
    ("before", "The operator plugs net3 in (device_add).", 'device_add {"driver": "e1000", "bus": "pci.0", "addr": "3.0", "id": "net3"}', "OK"),
    ("before", "The operator resets the machine (system_reset).", "system_reset", "OK"),
    ("0 s", "The operator asks QEMU to remove net3 (device_del).", 'device_del {"id": "net3"}', "OK"),
    ("0 s", "The guest fetches an event (check-exception).", "check-exception 0x50000000", "0 remove 0x40000018"),
    ("4 s", "The operator asks QEMU to remove net3 (device_del).", 'device_del {"id": "net3"}', "PCI device unplug already in progress for device net3"),
    ("6 s", "The operator resets the machine (system_reset).", "system_reset", "OK; DEVICE_DELETED net3"),
    ("6 s", "The devices that QEMU has at the end.", 'qom-list {"path": "/machine/peripheral"}', ""),
]
vm = {}  # the process, its two wires, its kind of core

def start(*more):
    pairs = {name: socket.socketpair() for name in ("qmp", "qtest")}
    for name, (mine, theirs) in pairs.items():
        mine.settimeout(30)
        vm[name] = (mine, mine.makefile())
        more += ("-chardev", f"socket,id={name},fd={theirs.fileno()}", f"-{name}", f"chardev:{name}")
    fds = [theirs.fileno() for _, theirs in pairs.values()]
    vm["process"] = subprocess.Popen([QEMU, *MACHINE, *more], pass_fds=fds, stderr=subprocess.PIPE, text=True)
    atexit.register(vm["process"].kill)  # even if this script is interrupted
    [theirs.close() for _, theirs in pairs.values()]
    qmp("qmp_capabilities")
    vm["core"] = qmp("query-hotpluggable-cpus")["return"][0]["type"]

def ask(wire, line):
    try:
        vm[wire][0].sendall(line.encode() + b"\n")
        for answer in vm[wire][1]:
            yield answer
    except socket.timeout:
        raise EOFError("QEMU does not answer within 30 s")
    except OSError:
        pass  # QEMU has closed the wire
    said, status = vm["process"].stderr.read(), vm["process"].wait()  # a signal is a negative status
    found = re.search(r"(\w+): (?:assertion failed: \((.*)\)|Assertion [`'](.*)' failed)", said)
    last = said.strip().rpartition("\n")[2] if status >= 0 else ""
    raise EOFError(f"QEMU aborts in {found[1]}: {found[2] or found[3]}" if found else f"QEMU ends ({status}) {last}")

def qmp(command, **arguments):
    for message in map(json.loads, ask("qmp", json.dumps({"execute": command, "arguments": arguments}))):
        events.append(message) if "event" in message else None
        if "return" in message or "error" in message:
            return message

def qtest(line):
    return next(answer.split() for answer in ask("qtest", line) if not answer.startswith("IRQ"))

def rtas(name, *words, results=1):
    for number, word in enumerate(words):
        qtest(f"writel {ARGS + 4 * number:#x} {word:#x}")
    qtest(f"rtas {name} {len(words)} {ARGS:#x} {results} {RETS:#x}")
    found = [int(qtest(f"readl {RETS + 4 * number:#x}")[1], 16) for number in range(results)]
    return " ".join(str(word - (word >> 31 << 32)) for word in found)

def make(call):
    name, _, rest = call.partition(" ")
    numbers = [int(word, 0) for word in rest.split()] if rest[:1].isdigit() else []
    if name in ("set-indicator", "get-sensor-state"):
        return rtas(name, *numbers, results=1 if name == "set-indicator" else 2)
    if name == "check-exception":
        status, log = rtas(name, 0x500, 0, numbers[0], 0, LOG, 2048), bytes.fromhex(qtest(f"read {LOG:#x} 0x800")[1][2:])
        section = log[log.find(b"HP") + 8:]  # kind, action, identifier (4: by count and index), then what it names
        index = int.from_bytes(section[8:12] if section[2] == 4 else section[4:8], "big")
        return status if status != "0" else f"0 {(0, 'add', 'remove')[section[1]]} {index:#x}"
    answer = qmp(name, **json.loads(rest.replace("CORE", vm["core"]) or "{}"))
    while name == "system_reset" and not any(event["event"] == "RESET" for event in events):
        qmp("query-status")
    if name == "qom-list":
        return " ".join(sorted(one["name"] for one in answer["return"] if one["type"].startswith("child")))
    return answer["error"]["desc"] if "error" in answer else "OK"

events = []
start()
for when, sentence, call, expected in STEPS:
    events, told, until = [], None, time.monotonic() + 5
    try:
        answer = make(call)
        while told is None or (len(told) < expected.count("; ") and time.monotonic() < until):
            qmp("query-status")  # some events come a little after the answer
            named = [(event["event"], event.get("data", {}).get("device")) for event in events]
            told = sorted(f"{name} {device}" for name, device in named if name in EVENTS and device)
        answer = "; ".join([answer, *told])
    except EOFError as gone:
        answer = str(gone)
    print(f"{when:>8}  {sentence}\n          {call} -> {answer}")
    if answer != expected:
        break
print(f"\nexpected at last: {expected}\ncame:             {answer}")
sys.exit(answer != expected)
