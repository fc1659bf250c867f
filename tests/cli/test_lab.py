"""`kit lab` starts JupyterLab on the first lesson."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path


def status_of(url: str) -> int:
    """Return what the server answers; it prints its address before it listens."""
    for _ in range(100):
        try:
            with urllib.request.urlopen(url, timeout=20) as page:
                return int(page.status)
        except urllib.error.URLError:
            time.sleep(0.1)
    raise AssertionError(f"nothing answers at {url}")


def test_kit_lab_opens_the_first_lesson_of_a_copy(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "kit", "lab", str(tmp_path / "mine"), "--no-browser"]
    server = subprocess.Popen(
        [*command, f"--port={port}"],
        env=os.environ | {"HOME": str(tmp_path), "JUPYTER_CONFIG_DIR": str(tmp_path / "config")},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert server.stderr is not None
        said = []
        for line in server.stderr:
            said.append(line)
            if match := re.search(r"http://127\.0\.0\.1:\S+", line):
                break
        else:
            raise AssertionError("".join(said))
        status = status_of(match[0])
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.communicate(timeout=20)

    assert status == 200
    assert "/lab/tree/notebooks/00-start-here.ipynb?token=" in match[0]
    assert said[0].startswith(f"Starting JupyterLab for {tmp_path / 'mine' / 'notebooks'}")
    assert (tmp_path / "mine" / "notebooks" / "01-before-and-after.ipynb").is_file()
