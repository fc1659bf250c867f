"""The script of the findings about PCI Express ports prints on a real QEMU what its page says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from kit.real_qemu.launch import Binary

SCRIPT = Path(__file__).parents[2] / "docs" / "findings" / "pcie-ports.py"
LIGHT_OFF_SINCE = (8, 0, 0)  # 1768e97b91
ZERO_IS_NEVER_SINCE = (8, 1, 0)  # 0f689cf5ad
PENDING = "Device n0 is already in the process of unplug"


def test_the_script_prints_what_the_page_says(x86_64: Binary) -> None:
    command = [sys.executable, "-I", "-S", SCRIPT, x86_64.path]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=90, check=True)
    lines = ran.stdout.splitlines()
    control = "0x3c0, light off" if x86_64.version >= LIGHT_OFF_SINCE else "0x1c0, light on"

    assert lines[:3] == [
        f"after a reset, with n0 in the slot: SLTCTL {control}",
        f"device_del n0, system_reset, device_del n0: {PENDING}",
        "a press: INTx 1; after a write elsewhere: INTx 0, still pressed 1",
    ]
    if x86_64.version >= ZERO_IS_NEVER_SINCE:
        assert lines[3:] in (
            [],  # without the qtest accelerator its clock cannot be stepped
            [f"ACPI, device_del at clock 0: ok; 60 s later: {PENDING}"],
        )
