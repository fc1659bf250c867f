#!/usr/bin/env python3
"""A half-released DIMM aborts QEMU.

Run: python3 dimm-half-released.py [QEMU [ACCELERATOR]]    It needs a qemu-system-ppc64; no guest, no root.
The VM stands still: this script makes the guest's RTAS calls over qtest, and the operator's over QMP.
Exit status: 0 if QEMU answers as expected, 1 if not.  In the unplug kit: kit open 1.run.dimm-abort.v11_1_3.Y6yX
"""
import atexit, json, re, socket, subprocess, sys, tempfile, time

QEMU, ACCELERATOR = (sys.argv[1:] + ["qemu-system-ppc64", "tcg"][len(sys.argv) - 1:])[:2]
MACHINE = ("-machine pseries -smp 1,maxcpus=4,threads=1 -m 256,slots=4,maxmem=2G -global e1000.romfile="
           f" -nodefaults -display none -qtest-log /dev/null -S -accel {ACCELERATOR}").split()
ARGS, RETS, WORK, LOG = 0x100000, 0x110000, 0x120000, 0x130000  # buffers in the guest's memory
EVENTS = ("DEVICE_DELETED", "DEVICE_UNPLUG_GUEST_ERROR", "MEM_UNPLUG_ERROR")
STEPS = [  # when, what happens, the call, what QEMU today (v11.1.3) answers; events
    ("before", "The operator makes memory for dimm1.", 'object-add {"qom-type": "memory-backend-ram", "id": "mem-dimm1", "size": 536870912}', "OK"),
    ("before", "The operator plugs dimm1 in (device_add).", 'device_add {"id": "dimm1", "driver": "pc-dimm", "addr": 1073741824, "memdev": "mem-dimm1"}', "OK"),
    ("before", "The operator resets the machine (system_reset).", "system_reset", "OK"),
    ("0 s", "The operator asks QEMU to remove dimm1 (device_del).", 'device_del {"id": "dimm1"}', "OK"),
    ("1 s", "The guest isolates LMB 4 (set-indicator 9001 to 0).", "set-indicator 9001 0x80000004 0", "0"),
    ("1 s", "The guest makes LMB 4 unusable (set-indicator 9003 to 0): it has released it.", "set-indicator 9003 0x80000004 0", "0"),
    ("2 s", "The guest configures LMB 5 (ibm,configure-connector).", "ibm,configure-connector 0x80000005", "0 after 5 calls; DEVICE_UNPLUG_GUEST_ERROR dimm1"),
    ("3 s", "The operator asks QEMU to remove dimm1 (device_del).", 'device_del {"id": "dimm1"}', "QEMU aborts in spapr_drc_unplug_request: drc->dev"),
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
    if name == "ibm,configure-connector":  # the guest repeats it until it answers 0 or an error
        qtest(f"writel {WORK:#x} {numbers[0]:#x}")
        answers = ((count, rtas(name, WORK, 0)) for count in range(1, 1000))
        return next(f"{word} after {n} calls" for n, word in answers if int(word) <= 0 or [n] == numbers[1:])
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
