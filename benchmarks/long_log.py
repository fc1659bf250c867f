"""``kit import`` of a log of 120 MB, as libvirt writes one: nearly all of it is about disks."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

SIZE = 120_000_000
_SENT = "info : qemuMonitorSend:959 : QEMU_MONITOR_SEND_MSG: mon=0x7f3c34001c20 msg="
_CAME = (
    "info : qemuMonitorJSONIOProcessLine:203 : QEMU_MONITOR_RECV_REPLY: mon=0x7f3c34001c20 reply="
)
_NOISE = "debug : virThreadJobSet:93 : Thread 1233 (rpc-worker) is now running job remoteDispatch"
_PEER = "import sys\nfor line in open(sys.argv[1], encoding='utf-8'): line.rstrip()"


@dataclass(frozen=True, slots=True)
class LongLog:
    """Wall time and CPU of the kit and of a loop over the lines, in s, and the kit's memory."""

    seconds: float
    cpu: float
    megabytes: float
    peer: float
    peer_cpu: float


def lines() -> Iterator[str]:
    """Yield lines without an end: a query, its answer, and something else in turn."""
    for number in count():
        when = datetime(2021, 4, 1) + timedelta(milliseconds=30 * number)
        head = f"{when.isoformat(' ', 'milliseconds')}+0000: 1234: "
        own = f'"id":"libvirt-{number}"'
        sent = f'{{"execute":"query-blockstats","arguments":{{"query-nodes":true}},{own}}}^M'
        if number % 20_000 == 7:
            sent = f'{{"execute":"device_del","arguments":{{"id":"vcpu{number}"}},{own}}}^M'
        stats = f'{{"device": "drive-virtio-disk0", "stats": {{"rd_bytes": {number * 4096}}}}}'
        yield f"{head}{_SENT}{sent}\n"
        yield f'{head}{_CAME}{{"return": [{stats}], {own.replace(":", ": ")}}}\n'
        yield f"{head}{_NOISE}DomainGetBlockInfo {number}\n"


def measured() -> LongLog:
    """Write the log, and read it in processes of their own, each twice: the faster counts."""
    with tempfile.TemporaryDirectory() as folder:
        path, size = Path(folder) / "long.log", 0
        with path.open("w", encoding="utf-8") as file:
            for line in lines():
                size += file.write(line)
                if size >= SIZE:
                    break
        peer = min(_run("-c", _PEER, str(path)) for _ in range(2))
        kit = min(_run("-m", "kit", "import", "--json", str(path)) for _ in range(2))
        return LongLog(kit[0], kit[1], _peak_mb("import", "--json", str(path)), *peer)


def _run(*arguments: str) -> tuple[float, float]:
    """Return wall time and CPU of a Python."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - start, spent


def _peak_mb(*arguments: str) -> float:
    program = (
        "import resource, sys\nfrom kit.__main__ import start\n"
        "try:\n    start()\nfinally:\n"
        "    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
    )
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    return int(done.stderr.split()[-1]) / 1024
