"""A session with programs that are not good QEMU: one line each, and nothing is left over."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kit.machine.events import Abort
from kit.real_qemu.channel.failures import BackendError, QemuGone, abort_of
from kit.real_qemu.session import Session
from tests.real_qemu.fakes import eventually_none, fake


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give sessions a folder of their own, and look that nothing is left of them."""
    folder = Path(tempfile.mkdtemp(prefix="t", dir="/tmp"))  # short: sockets live in it
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert eventually_none(str(tmp_path / "qemu-system-ppc64"))
    assert [*folder.iterdir()] == []
    folder.rmdir()


def session(tmp_path: Path, body: str, **seconds: float) -> Session:
    return Session(fake(tmp_path, body), (), **{"start_s": 5.0, "answer_s": 5.0, **seconds})


def complaint(act: Callable[[], object]) -> str:
    with pytest.raises(BackendError) as caught:
        act()
    text = str(caught.value)
    assert "\n" not in text
    return text.partition("qemu-system-ppc64: ")[2]


# -- starting ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("sys.exit(0)", "does not start: it ends at once, exit 0"),
        (
            "sys.exit('first\\nqemu-system-ppc64: -sandbox: no such option\\nUse -h')",
            "does not start: -sandbox: no such option",
        ),
        ("os.kill(os.getpid(), 11)", "does not start: it ends at once, SIGSEGV"),
        ("connected(); sys.exit('bad day')", "ended (exit 1): bad day"),
        (
            "connected()[1].sendall(b'hello\\n'); time.sleep(60)",
            "says 'hello' is not JSON: it does not speak QMP",
        ),
        (
            "connected()[1].sendall(b'{\"return\": {}}\\n'); time.sleep(60)",
            "does not greet as QMP does; is it a QEMU?",
        ),
        (
            "connected()[1].sendall(b'x' * 9_000_000); time.sleep(60)",
            f"says {'x' * 60!r}… is longer than any message: it does not speak QMP",
        ),
    ],
    ids=["ends", "refuses", "crashes", "dies", "garbage", "no greeting", "endless"],
)
def test_what_does_not_start_is_said_in_a_line(tmp_path: Path, body: str, says: str) -> None:
    assert complaint(lambda: session(tmp_path, body)) == says


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("time.sleep(60)", "starts and does not connect to its sockets; is it a QEMU?"),
        ("x = connected(); time.sleep(60)", "does not answer (its greeting) in time"),
        (
            "signal.signal(signal.SIGTERM, signal.SIG_IGN); os.fork(); time.sleep(60)",
            "starts and does not connect to its sockets; is it a QEMU?",
        ),
    ],
    ids=["hangs", "is silent", "has a child"],
)
def test_a_start_that_hangs_is_given_up(tmp_path: Path, body: str, says: str) -> None:
    began = time.monotonic()

    assert complaint(lambda: session(tmp_path, body, start_s=0.4)) == says
    assert time.monotonic() - began < 30  # the child sleeps for 60


def test_a_folder_with_a_long_name_is_no_place_for_sockets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("d" * 100)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))

    with pytest.raises(BackendError, match="set TMPDIR to a short path"):
        session(tmp_path, "greet()")
    assert [*deep.iterdir()] == []


# -- asking --------------------------------------------------------------------------------------


def asked(tmp_path: Path, body: str) -> str:
    """Return the complaint about the first command after the greeting."""
    with session(tmp_path, f"greet()\n{body}\ntime.sleep(60)", answer_s=0.5) as one:
        return complaint(lambda: one.qmp("stop"))


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("", "does not answer (stop) in time"),
        ("commands.readline(); qmp.sendall(b'\\x1b]0;x\\n')", r"says '\x1b]0;x' is not JSON"),
        ("answer(7)", "answers what was not asked, after stop"),
        ("commands.readline(); os.abort()", "ended (SIGABRT)"),
        ("commands.readline(); qmp.close(); commands.close(); time.sleep(9)", "ended (closed its"),
        (
            'event = b\'{"event": "X"}\\n\' * 1000\nwhile True: qmp.sendall(event)',
            "sends more than 10000 events at once",
        ),
    ],
    ids=["hangs", "garbage", "other answer", "aborts", "closes", "floods"],
)
def test_a_command_that_gets_no_answer(
    tmp_path: Path, body: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kit.real_qemu.session._END_S", 0.5)

    assert asked(tmp_path, body).startswith(says)


def test_a_hang_is_how_qemu_ended_and_no_answer(tmp_path: Path) -> None:
    """The last line on stderr is part of it, and no warning is."""
    body = (
        "greet()\nsys.stderr.write('qemu: bad day\\nqemu: x: warning: old option\\n');"
        "sys.stderr.flush(); time.sleep(60)"
    )
    with session(tmp_path, body, answer_s=0.3) as one, pytest.raises(QemuGone) as caught:
        one.qmp("device_del")

    assert caught.value.how == "does not answer (device_del) in time: qemu: bad day"
    assert caught.value.abort == Abort("", "no answer to device_del", None)


def test_a_session_uses_no_deprecated_option(tmp_path: Path) -> None:
    body = """line = sys.argv
greet(); answer(2, [word for word in line if word.startswith("-")]); time.sleep(60)"""

    with session(tmp_path, body) as one:
        options = one.qmp("query-x").value

    # -mon is deprecated since 11.1, and -qmp means the same
    assert options == [
        *("-nodefaults", "-no-user-config", "-display"),
        *("-qtest", "-qtest-log", "-chardev", "-qmp"),
    ]


def test_an_assertion_that_fails_is_read_from_stderr(tmp_path: Path) -> None:
    body = """greet()
sys.stderr.write("x: some words\\nERROR:../../hw/ppc/spapr_drc.c:421:spapr_drc_unplug_request:"
                 " assertion failed: (drc->dev)\\n")
sys.stderr.flush()
os.abort()
"""
    with session(tmp_path, body) as one, pytest.raises(QemuGone) as caught:
        one.qmp("stop")

    assert caught.value.abort == Abort("hw/ppc/spapr_drc.c", "spapr_drc_unplug_request", "drc->dev")


def test_a_flood_of_output_ends_at_the_limit(tmp_path: Path) -> None:
    body = """greet()
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # Python ignores it
while True: os.write(1, b'x' * 65536)
"""

    with session(tmp_path, body) as one:
        assert complaint(lambda: one.qmp("stop")).startswith("ended (SIGXFSZ): xxx")
        size = (one.folder / "said").stat().st_size
    assert size == 16 << 20


def test_a_qtest_command_that_is_refused(tmp_path: Path) -> None:
    body = (
        "greet()\nqtest.recv(100); qtest.sendall(b\"FAIL Unknown command 'x'\\n\"); time.sleep(60)"
    )

    with session(tmp_path, body) as one:
        says = complaint(lambda: one.qtest("x"))
    assert says == "refuses the qtest command x: Unknown command 'x'"


def test_events_between_command_and_answer_are_kept(tmp_path: Path) -> None:
    body = 'greet()\nqmp.sendall(b\'{"event": "A"}\\n\'); answer(2, 5); time.sleep(60)'

    with session(tmp_path, body) as one:
        answer = one.qmp("query-x")

        assert (answer.value, [event.name for event in one.events]) == (5, ["A"])


def test_an_event_is_waited_for(tmp_path: Path) -> None:
    body = 'greet()\ntime.sleep(0.2); qmp.sendall(b\'{"event": "A"}\\n\'); time.sleep(60)'

    with session(tmp_path, body) as one:
        assert one.wait_event(lambda event: event.name == "A")
        assert not one.wait_event(lambda event: event.name == "B", 0.05)


# -- the end -------------------------------------------------------------------------------------


def test_the_folder_is_the_users_alone(tmp_path: Path) -> None:
    with session(tmp_path, "greet()\ntime.sleep(60)") as one:
        assert one.folder.stat().st_mode & 0o777 == 0o700


def test_an_exception_in_the_block_ends_it_too(tmp_path: Path) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        session(tmp_path, "greet()\nsignal.signal(15, signal.SIG_IGN)\ntime.sleep(60)"),
    ):
        _ = 1 // 0


def test_it_ends_with_the_kit_even_if_that_is_killed(tmp_path: Path, temporary: Path) -> None:
    """A guard reads a pipe that only the kit holds open."""
    path = fake(tmp_path, "greet()\ntime.sleep(60)")
    kit = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"from kit.real_qemu.session import Session\n"
            f"s = Session({path!r}, ())\nprint(s.folder, flush=True)\nimport time\ntime.sleep(60)",
        ],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert kit.stdout is not None
    folder = Path(kit.stdout.readline().strip())
    kit.send_signal(signal.SIGKILL)
    kit.wait()
    kit.stdout.close()
    ended = eventually_none(path)
    for file in folder.iterdir():  # a killed kit removes no folder
        file.unlink()
    folder.rmdir()

    assert ended


@pytest.mark.parametrize(
    ("said", "status", "abort"),
    [
        (
            "qemu: ../../util/error.c:59: error_setv: Assertion `*errp == NULL' failed.",
            134,
            Abort("util/error.c", "error_setv", "*errp == NULL"),
        ),
        ("", 139, Abort("", "SIGSEGV", None)),
        ("", 3, Abort("", "exit 3", None)),
        ("", 255, Abort("", "exit 255", None)),
        ("", None, Abort("", "closed its monitor", None)),
    ],
)
def test_how_a_process_ended_is_read(said: str, status: int | None, abort: Abort) -> None:
    assert abort_of(said, status) == abort
