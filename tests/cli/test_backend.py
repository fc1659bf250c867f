"""kit run, compare, open, conform and record with a real QEMU, and what goes wrong there."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from kit.app import installation
from kit.cli.main import main
from kit.machine.catalogue import find_revision
from kit.real_qemu.launch import PROGRAMS, probe
from kit.simulation.run import play
from kit.simulation.token import token_of
from kit.storage.scenarios import find_scenario
from tests.real_qemu.fakes import fake

Captured = pytest.CaptureFixture[str]
STORY = "dimm-refused"  # no core goes in it: a stopped machine of 7.2 may not survive that
SCRIPT = {
    "name": "mine",
    "steps": [
        {"op": "device_add", "device": "cpu-core", "id": "core1", "core_id": 1},
        {"op": "device_del", "id": "core2"},
        {"op": "check_exception", "mask": 0xFFFFFFFF},
    ],
}
TIMED = {"name": "timed", "steps": [{"op": "clock_step", "ns": 1}]}
ANSWERS = [
    {"return": {}},
    {"error": {"class": "DeviceNotFound", "desc": "Device 'core2' not found"}},
    {"status": 0, "hotplug": {"type": 1, "action": 1, "identifier": 2, "index": 0x10000001}},
]


@pytest.fixture(autouse=True)
def no_other_binary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KIT_QEMU_SYSTEM", raising=False)


@pytest.fixture(scope="session")
def binary(program: object) -> str:
    """Return the path of the real QEMU that is installed."""
    assert callable(program)
    return str(program("qemu-system-ppc64"))


def complaint(arguments: list[str], capsys: Captured) -> str:
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    return err.removeprefix("kit: ").removesuffix("\n")


def script_file(folder: Path, *scripts: object) -> str:
    path = folder / "script.jsonl"
    path.write_text("".join(f"{json.dumps(script)}\n" for script in scripts))
    return str(path)


# -- run, compare, open ----------------------------------------------------------------------------


def test_a_run_on_a_real_qemu(binary: str, capsys: Captured) -> None:
    assert main(["run", STORY, "--backend", f"qemu={binary}", "--json"]) == 0
    out, err = capsys.readouterr()
    run = json.loads(out)

    assert run["revision"].startswith("QEMU ")
    assert [f"kit: {note}" for note in run["notes"]] == err.splitlines()
    assert main(["open", run["token"], "--json"]) == 0
    embedded = json.loads(capsys.readouterr().out)
    assert run["entries"] == embedded["entries"]
    assert main(["open", run["token"], "--json", "--backend", "qemu"]) == 0
    assert json.loads(capsys.readouterr().out) == run


def test_the_environment_names_the_binary(
    binary: str, capsys: Captured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = tmp_path / "my-qemu"
    other.symlink_to(binary)
    monkeypatch.setenv("KIT_QEMU_SYSTEM", str(other))

    assert main(["run", STORY, "--backend", "qemu"]) == 0
    assert capsys.readouterr().err.startswith("kit: my-qemu ")


def test_the_embedded_machine_beside_a_real_qemu(binary: str, capsys: Captured) -> None:
    pair = ["compare", STORY, "--before", "guest-error", "--backend", f"qemu={binary}"]

    assert main([*pair, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["first_difference"] is None
    assert found["before"]["revision"] == "4b08cd567b"
    assert found["after"]["revision"].startswith("QEMU ")
    assert main(["open", found["token"], "--json", "--backend", f"qemu={binary}"]) == 0
    assert json.loads(capsys.readouterr().out) == found


def test_q35_is_chosen_by_its_revision(program: object, capsys: Captured) -> None:
    assert callable(program)
    program("qemu-system-x86_64")

    assert main(["run", "acpi-refuses", "--at", "q35", "--backend", "qemu"]) == 0
    assert ": plays q35, and answers 16 of 16 steps as the recorded ones" in capsys.readouterr().err


@pytest.mark.parametrize("form", ["text", "mail", "md", "svg", "html"])
def test_every_picture_can_be_of_a_real_run(binary: str, capsys: Captured, form: str) -> None:
    run = ["run", STORY, "--backend", f"qemu={binary}", "--format", form]

    assert main(run) == 0
    assert "QEMU 7." in capsys.readouterr().out


@pytest.mark.parametrize("backend", ["qemu=", "real", "", "embedded=x"])
def test_a_backend_that_is_none(backend: str, capsys: Captured) -> None:
    says = complaint(["run", "late-release", "--backend", backend], capsys)

    assert says == f"--backend {backend!r}; expected embedded, qemu or qemu=PATH"


def test_a_binary_is_what_it_is(capsys: Captured) -> None:
    run = ["run", "late-release", "--at", "revert", "--backend", "qemu"]
    pair = ["compare", "late-release", "--before", "revert", "--after", "resend"]

    assert complaint(run, capsys) == (
        "--at goes with the embedded machine, a binary is what it is (or: --at q35)"
    )
    for arguments in ([*pair, "--backend", "qemu"], pair[:-2]):
        assert complaint(arguments, capsys).startswith("a pair needs --before REV, and --after")


def test_a_binary_that_is_no_qemu(tmp_path: Path, capsys: Captured) -> None:
    path = fake(tmp_path, "sys.exit('no such option: -machine')")

    says = complaint(["run", "late-release", "--backend", f"qemu={path}"], capsys)

    assert says == f"{path}: does not start: no such option: -machine"


# -- record ----------------------------------------------------------------------------------------


def test_a_recording_made_is_one_that_conforms(
    binary: str, tmp_path: Path, capsys: Captured
) -> None:
    made = tmp_path / "made.jsonl"
    script = script_file(tmp_path, SCRIPT)

    assert main(["record", script, "--binary", binary, "-o", str(made)]) == 0
    assert capsys.readouterr().out == f"{made}: 1 transcript, 3 steps\n"
    found = json.loads(made.read_text())
    assert found.pop("revision")
    steps = zip(SCRIPT["steps"], ANSWERS, strict=True)
    assert found == {"name": "mine", "steps": [{**s, "reply": a} for s, a in steps]}
    assert main(["conform", str(made)]) == 0


def test_a_recording_is_never_overwritten(tmp_path: Path, capsys: Captured) -> None:
    script = script_file(tmp_path, SCRIPT)

    says = complaint(["record", script, "-o", script], capsys)

    assert says == f"{script}: exists; recordings are evidence, name another file"


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ({"name": "x"}, "a script: key 'steps' is missing"),
        ({"name": "x", "steps": 3}, "script 'x': steps is not a list"),
        ({"name": "x", "steps": [3]}, "script 'x', step 1: a step is not an object"),
        (
            {"name": "x", "machine": "pc", "steps": []},
            "unknown machine 'pc'; known: q35, pcie, pcie-acpi",
        ),
        (
            {"name": "x", "steps": [{"op": "device_del"}]},
            "script 'x', step 1: op device_del: key 'id' is missing",
        ),
        (
            {"name": "x", "machine": "q35", "steps": [{"op": "migrate"}]},
            "script 'x', step 1: unknown op 'migrate'; known on q35:",
        ),
    ],
)
def test_a_script_that_is_none(tmp_path: Path, capsys: Captured, script: object, says: str) -> None:
    path = script_file(tmp_path, script)

    found = complaint(["record", path, "-o", str(tmp_path / "new")], capsys)

    assert found.startswith(f"{path}:1: {says}")


def test_time_cannot_be_recorded_without_the_accelerator(
    binary: str, tmp_path: Path, capsys: Captured
) -> None:
    path = script_file(tmp_path, TIMED)

    says = complaint(["record", path, "--binary", binary, "-o", str(tmp_path / "new")], capsys)

    assert says == f"{binary}: this build has no qtest accelerator: time cannot be stepped"
    assert not (tmp_path / "new").exists()


# -- conform --live --------------------------------------------------------------------------------


def test_embedded_and_real_are_compared(binary: str, tmp_path: Path, capsys: Captured) -> None:
    path = script_file(tmp_path, SCRIPT, TIMED)

    assert main(["conform", "--live", path, "--binary", binary]) == 0
    out, err = capsys.readouterr()
    line = "1 transcript, 3 steps, 0 mismatches"
    assert out == f"{path}: {line}\ntotal: {line}\n"
    assert err.splitlines()[1:] == [
        f"kit: {path}: 1 transcripts passed over: this build has no qtest accelerator, time"
        " cannot be stepped"
    ]


def test_a_difference_is_named(
    binary: str, tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = script_file(tmp_path, SCRIPT)
    monkeypatch.setattr(
        "kit.machine.pseries.rtas.EPOW_EVENTS", 0
    )  # the embedded machine hands out none

    assert main(["conform", "--live", path, "--binary", binary]) == 1
    assert 'mine, step 3 (check_exception): expected {"reply": {"status": 1}}, got' in (
        capsys.readouterr().out
    )


@pytest.mark.parametrize(
    "command",
    [
        ["conform", "FILE"],
        ["conform", "FILE", "--live"],
        ["record", "FILE", "-o", "NEW"],
        ["run", STORY],
        ["compare", STORY, "--before", "revert"],
        ["open", "TOKEN"],
        ["explore", "--cores", "1"],
    ],
    ids=lambda command: " ".join(command[::2]),
)
@pytest.mark.parametrize("how", [["--binary", "GONE"], ["--backend", "qemu=GONE"]], ids=" ".join)
def test_every_command_takes_both_names_of_a_binary(
    command: list[str], how: list[str], tmp_path: Path, capsys: Captured
) -> None:
    gone = str(tmp_path / "gone")
    places = {
        "FILE": script_file(tmp_path, SCRIPT),
        "NEW": str(tmp_path / "new"),
        "TOKEN": token_of(play(find_scenario(STORY), find_revision("revert"))),
    }
    asked = [word.replace("GONE", gone) for word in how]

    says = complaint([*(places.get(word, word) for word in command), *asked], capsys)

    assert says.startswith(f"{gone}: no such program")


@pytest.mark.parametrize("command", [["conform", "x"], ["run", STORY], ["record", "x", "-o", "y"]])
def test_a_command_takes_one_binary(command: list[str], capsys: Captured) -> None:
    says = complaint([*command, "--binary", "a", "--backend", "qemu=b"], capsys)

    assert says == "--binary and --backend name two binaries; name one"


def test_a_recording_is_of_a_real_qemu(tmp_path: Path, capsys: Captured) -> None:
    script, new = script_file(tmp_path, SCRIPT), str(tmp_path / "new")

    says = complaint(["record", script, "-o", new, "--backend", "embedded"], capsys)

    assert says == "--backend embedded: a recording is of a real QEMU; --backend qemu[=PATH]"


def test_a_script_of_another_machine_needs_another_binary(
    tmp_path: Path, capsys: Captured, binary: str
) -> None:
    path = script_file(tmp_path, {"name": "x", "machine": "q35", "steps": []})

    says = complaint(["conform", "--live", path, "--binary", binary], capsys)

    assert says == f"{binary}: does not start: unsupported machine type"


# -- doctor ----------------------------------------------------------------------------------------


def found_by_doctor(capsys: Captured) -> dict[str, list[tuple[str, str]]]:
    assert main(["doctor", "--json"]) == 0
    found: dict[str, list[tuple[str, str]]] = {}
    for check in json.loads(capsys.readouterr().out):
        found.setdefault(check["name"], []).append((check["found"], check["missing"]))
    return found


def test_doctor_tells_what_a_binary_can_do(binary: str, capsys: Captured) -> None:
    checks = found_by_doctor(capsys)["qemu-system-ppc64"]

    assert checks[0][0].startswith(f"{binary}: qemu-system-ppc64 ")
    assert "answers as" in checks[0][0]
    if "; accelerator tcg" in checks[0][0]:
        assert checks[1] == ("", "this build has no qtest accelerator: time cannot be stepped")


def test_a_lesson_has_one_row_for_each_program(binary: str) -> None:
    rows = {name: found for _, name, found in installation().rows}
    version = ".".join(map(str, probe(binary).version))
    pace = "" if probe(binary).steps_time else ", in real time"

    assert len(rows) == len(installation().rows)
    assert [name for name in rows if name.startswith("qemu-")] == [
        *dict.fromkeys(PROGRAMS.values())
    ]
    assert rows["qemu-system-ppc64"] == (
        f"{binary}, version {version}: can play the kit's runs{pace}"
    )


def test_a_lesson_says_that_a_missing_program_is_optional(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kit.real_qemu.launch.shutil.which", lambda _: None)
    rows = [row for row in installation().rows if row[1].startswith("qemu-")]

    assert [(row[0], row[1]) for row in rows] == [
        ("-", one) for one in dict.fromkeys(PROGRAMS.values())
    ]
    assert [row[2].startswith(f"optional: {row[1]}: no such program; get one") for row in rows] == [
        True,
        True,
    ]


def test_doctor_tells_how_to_get_one(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    git = shutil.which("git")
    assert git is not None
    monkeypatch.setattr(
        "kit.real_qemu.launch.shutil.which", lambda name: git if name == "git" else None
    )

    (check,) = found_by_doctor(capsys)["qemu-system-ppc64"]

    assert check[0] == ""
    assert check[1].startswith("qemu-system-ppc64: no such program; get one (Debian: apt install")
