"""What a QEMU that the kit starts is shut in: its folder, its limits, its sandbox, no network."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kit.real_qemu.channel.failures import BackendError
from kit.real_qemu.channel.wire import QmpAnswer
from kit.real_qemu.launch import Binary, start
from kit.real_qemu.session import Session
from tests.real_qemu.fakes import fake

LIMITS = "r.RLIMIT_AS, r.RLIMIT_FSIZE, r.RLIMIT_CPU, r.RLIMIT_CORE"


def test_memory_files_and_time_are_limited(tmp_path: Path) -> None:
    """8 GiB of addresses, 16 MiB in a file, an hour of work, and no core dump."""
    body = f"import resource as r\nsys.exit(str([r.getrlimit(x)[1] for x in ({LIMITS})]))"

    with pytest.raises(BackendError) as caught:
        Session(fake(tmp_path, body), ())
    assert str(caught.value).endswith("does not start: [8589934592, 16777216, 3600, 0]")


@pytest.mark.parametrize("console", [False, True])
def test_it_runs_in_a_folder_of_its_own_with_no_default_devices(
    tmp_path: Path, console: bool
) -> None:
    body = """
folder = os.getcwd()
mode = oct(os.stat(folder).st_mode & 0o777)
sockets = [word for word in sys.argv if "unix:" in word or "path=" in word]
inside = all(folder in word for word in sockets)
sys.exit(str((mode, len(sockets), inside, "-nodefaults" in sys.argv, "-net" in sys.argv)))
"""
    with pytest.raises(BackendError) as caught:
        Session(fake(tmp_path, body), (), console=console)
    assert str(caught.value).endswith("does not start: ('0o700', 2, True, True, False)")


def status_of(folder: Path, binary: str) -> str:
    """Return what /proc says of the process of *binary* that runs in *folder*."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().decode().split("\0")
            if words[0] == binary and any(str(folder) in word for word in words):
                return (entry / "status").read_text()
        except OSError:
            continue
    raise AssertionError(f"no process of {binary}")


def test_a_real_one_has_no_network_and_is_in_its_sandbox(ppc64: Binary) -> None:
    with start(ppc64) as session:
        network = session.qmp("human-monitor-command", command_line="info network")
        status = status_of(session.folder, ppc64.path)

    assert isinstance(network, QmpAnswer)
    assert network.value == ""
    filtered = re.search(r"^Seccomp:\s+(\d)", status, re.MULTILINE)
    assert filtered is not None
    assert filtered[1] == ("2" if ppc64.sandbox else "0")
