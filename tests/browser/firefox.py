"""A Firefox in a network namespace of its own, driven by Marionette, which Firefox brings along.

Playwright drives a Firefox of its own making alone, and Debian has no geckodriver. Marionette is a
protocol of lines of JSON over TCP; here it goes through the pipes of a relay, because no socket
leads into the namespace. Nothing but loopback is up there, for Marionette's sake.

Source: Mozilla's Marionette protocol, version 3.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

__all__ = ["Firefox", "FirefoxError", "firefox"]

ROOT = Path(__file__).parents[2]
PORT = 2828  # of this namespace alone
START_S, SCRIPT_MS = 60.0, 60_000
PREFERENCES = {
    "app.normandy.enabled": False,
    "browser.aboutwelcome.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "marionette.port": PORT,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
}


class FirefoxError(AssertionError):
    """Firefox answered with an error, which is a script's or this module's mistake."""


class Firefox:
    """A session: what a test asks of a page."""

    def __init__(self, relay: subprocess.Popen[bytes]) -> None:
        """Speak with Firefox through the pipes of *relay*."""
        assert relay.stdin is not None
        assert relay.stdout is not None
        self._to: IO[bytes] = relay.stdin
        self._from: IO[bytes] = relay.stdout
        self._number = 0
        greeting = self._read()
        assert greeting["marionetteProtocol"] == 3, greeting
        self._ask("WebDriver:NewSession", {"capabilities": {"alwaysMatch": {}}})
        self._ask("WebDriver:SetTimeouts", {"script": SCRIPT_MS})

    def _read(self) -> Any:  # noqa: ANN401 - JSON data
        size = b""
        while (byte := self._from.read(1)) != b":":
            if not byte:
                raise FirefoxError("Firefox ended before it answered")
            size += byte
        return json.loads(self._from.read(int(size)))

    def _ask(self, command: str, parameters: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON data
        self._number += 1
        told = json.dumps([0, self._number, command, parameters]).encode()
        self._to.write(b"%d:%s" % (len(told), told))
        self._to.flush()
        _, _, error, result = self._read()
        if error is not None:
            raise FirefoxError(f"{command}: {error['error']}: {error['message']}")
        return result

    def go(self, address: str) -> None:
        """Load a page."""
        self._ask("WebDriver:SwitchToFrame", {"id": None})
        self._ask("WebDriver:Navigate", {"url": address})

    def enter(self, selector: str) -> None:
        """Ask what is in a frame from now on, until a page is loaded."""
        self._ask("WebDriver:SwitchToFrame", {"element": self._found(selector)})

    def resize(self, width: int, height: int) -> None:
        """Give the page a width; a window of Firefox has a least one of 450 pixels."""
        edge = self.run("return [outerWidth - innerWidth, outerHeight - innerHeight]")
        size = {"width": width + edge[0], "height": height + edge[1]}
        self._ask("WebDriver:SetWindowRect", size)

    def run(self, script: str, *arguments: object) -> Any:  # noqa: ANN401 - JSON data
        """Return what the body of a function returns; a promise is awaited."""
        parameters = {"script": script, "args": list(arguments), "newSandbox": False}
        return self._ask("WebDriver:ExecuteScript", parameters)["value"]

    def until(self, script: str, *arguments: object, seconds: float = 20) -> None:
        """Wait until a script returns something true."""
        by = time.monotonic() + seconds
        while not self.run(script, *arguments):
            assert time.monotonic() < by, f"waited in vain for: {script}"
            time.sleep(0.05)

    def type(self, key: str) -> None:
        """Press a key and let go, wherever the focus is."""
        actions = [{"type": kind, "value": key} for kind in ("keyDown", "keyUp")]
        keyboard = {"type": "key", "id": "keyboard", "actions": actions}
        self._ask("WebDriver:PerformActions", {"actions": [keyboard]})

    def click(self, selector: str) -> None:
        """Click with the mouse on what a selector of CSS finds first."""
        self._ask("WebDriver:ElementClick", {"id": self._found(selector)})

    def _found(self, selector: str) -> str:
        found = self._ask("WebDriver:FindElement", {"using": "css selector", "value": selector})
        (number,) = found["value"].values()
        return str(number)

    def picture(self) -> str:
        """Return what the window shows, as PNG in base64."""
        found: str = self._ask("WebDriver:TakeScreenshot", {"full": False})["value"]
        return found


@contextmanager
def firefox(program: str, home: Path) -> Iterator[Firefox]:
    """Run *program* with a new profile below *home*, with no network at all."""
    profile = home / "profile"
    profile.mkdir()
    lines = (f'user_pref("{name}", {json.dumps(to)});\n' for name, to in PREFERENCES.items())
    (profile / "user.js").write_text("".join(lines))
    root = [] if os.geteuid() == 0 else ["--map-root-user"]
    command = ["unshare", "--net", *root, sys.executable, "-P", str(ROOT / "tools" / "offline.py")]
    command += [sys.executable, "-P", __file__, program, str(profile)]
    environment = {**os.environ, "HOME": str(home)}
    relay = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=home, env=environment
    )
    try:
        yield Firefox(relay)
    finally:
        assert relay.stdin is not None
        relay.stdin.close()  # the relay ends Firefox, and itself
        relay.wait(30)
        assert relay.stdout is not None
        relay.stdout.close()


# -- the relay, a process inside the namespace ---------------------------------------------------


def _relay(program: str, profile: str) -> None:
    command = [program, "--headless", "--marionette", "--no-remote", "--profile", profile]
    log = Path(profile).parent / "firefox.log"
    with (
        log.open("wb") as told,
        subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=told, stderr=told) as browser,
    ):
        try:
            with _connected(browser) as link:
                answers = threading.Thread(target=_answers, args=(link,))
                answers.start()
                while told_us := os.read(0, 65536):
                    link.sendall(told_us)
                link.shutdown(socket.SHUT_RDWR)
                answers.join()
        finally:
            browser.terminate()


def _connected(browser: subprocess.Popen[bytes]) -> socket.socket:
    until = time.monotonic() + START_S
    while True:
        try:
            return socket.create_connection(("127.0.0.1", PORT))
        except OSError:
            if browser.poll() is not None or time.monotonic() > until:
                raise
            time.sleep(0.1)


def _answers(link: socket.socket) -> None:
    while answer := link.recv(65536):
        while answer:
            answer = answer[os.write(1, answer) :]


if __name__ == "__main__":
    _relay(*sys.argv[1:])
