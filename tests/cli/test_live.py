"""kit explore --live and kit open PATH --backend qemu, without a QEMU."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from kit.cli import explore as cli_explore
from kit.cli.main import main
from kit.machine.catalogue import find_revision
from kit.machine.revision import Board
from kit.real_qemu import api as backend_in_use
from kit.real_qemu import replay_path as path_replay
from kit.real_qemu.identify import Identity
from kit.real_qemu.launch import Binary
from tests.real_qemu.embedded import Embedded

Captured = pytest.CaptureFixture[str]
SMALL = ["--cores", "1", "--requests", "2", "--migrations", "0", "--jobs", "1"]
ONE = [*SMALL, "--guest", "linux-5.13", "--property", "no-lost-release"]
BINARY = Binary(path="/bin/qemu", board=Board.PSERIES, version=(9, 9, 9))
PROVENANCE = {
    "guest": "Guest: Linux 5.13, simulated",
    "libvirt": "libvirt 7.10.0, simulated",
    "qemu": "Recorded on a real qemu 9.9.9",
}
NAMED = "no-lost-release, guest-error, guest linux-5.13"
Real = Callable[[str], None]


@pytest.fixture(autouse=True)
def real(monkeypatch: pytest.MonkeyPatch) -> Real:
    """Let a real QEMU answer as a revision does: guest-error unless a test says another."""

    def answers_as(name: str) -> None:
        revision = find_revision(name)
        identity = Identity(binary=BINARY, same=(revision,), nearest=revision)
        monkeypatch.setattr(cli_explore, "identity_of", lambda _: identity)
        monkeypatch.setattr(path_replay, "RealSpapr", lambda _: Embedded(revision))

    monkeypatch.setattr(backend_in_use, "find_binary", lambda _: "/bin/qemu")
    monkeypatch.setattr(backend_in_use, "probe", lambda _: BINARY)
    answers_as("guest-error")
    return answers_as


def test_the_revision_is_what_the_binary_answers_like(capsys: Captured) -> None:
    status = main(["explore", "--live", *ONE])
    out, err = capsys.readouterr()

    assert status == 0
    assert out.splitlines()[-1].startswith(f"{NAMED}: the real one does the same: ")
    assert err.startswith("kit: qemu 9.9.9: answers as guest-error\n")


@pytest.mark.parametrize("how", [["--binary", "/bin/qemu"], ["--backend", "qemu=/bin/q"]])
def test_a_binary_can_be_named_in_either_way(how: list[str], capsys: Captured) -> None:
    assert main(["explore", *how, *ONE, "--json"]) == 0
    (one,) = json.loads(capsys.readouterr().out)["live"]

    assert (one["property"], one["same"], one["stopped"]) == ("no-lost-release", True, None)
    assert one["provenance"] == PROVENANCE


def test_where_the_real_one_does_something_else_the_status_is_1(
    real: Real, capsys: Captured
) -> None:
    real("unisolate")
    status = main(["explore", "--live", "--at", "guest-error", *ONE])
    *_, told, how = capsys.readouterr().out.splitlines()

    assert status == 1
    assert told.startswith(f"{NAMED}: at choice ")
    assert how.startswith("  kit open 1.path.")
    assert how.endswith(" --backend qemu")


def test_a_path_is_opened_step_by_step(real: Real, capsys: Captured) -> None:
    main(["explore", "--live", *ONE, "--json"])
    token = json.loads(capsys.readouterr().out)["live"][0]["counterexample"]
    real("unisolate")
    status = main(["open", token, "--backend", "qemu"])
    lines = capsys.readouterr().out.splitlines()

    assert status == 0
    assert lines[:3] == [
        "guest-error, guest linux-5.13, beside a real QEMU: = the same, ! not",
        "  0  the guest boots",
        '   = device_add cpu-core core1 1: {"reply": {"return": {}}}',
    ]
    assert len([line for line in lines if line.startswith("   ! ")]) == 1
    assert any(line.startswith("     embedded: ") for line in lines)


def test_a_path_is_not_drawn_on_a_real_one(capsys: Captured) -> None:
    main(["explore", "--live", *ONE, "--json"])
    token = json.loads(capsys.readouterr().out)["live"][0]["counterexample"]
    status = main(["open", token, "--backend", "qemu", "--format", "svg"])

    assert status == 2
    assert "written as text or json" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (["--live", "--binary", "/a", "--backend", "qemu=/b"], "name two binaries; name one"),
        (["--live", "--same", "revert", "resend"], "--same compares two revisions"),
    ],
)
def test_what_does_not_go_together_is_one_line(
    given: list[str], says: str, capsys: Captured
) -> None:
    status = main(["explore", *given])
    err = capsys.readouterr().err

    assert status == 2
    assert says in err
    assert err.count("\n") == 1
