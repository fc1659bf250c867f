"""Scenarios as text: what a valid one means, and how each kind of mistake is reported."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kit.actors.kernel import Conduct
from kit.actors.messages import Actor, CpuOnline
from kit.actors.operator import TypedLine
from kit.actors.pseries_programs import GuestKind
from kit.common.errors import UserError
from kit.machine.clock import NS_PER_MS, NS_PER_S
from kit.machine.config import MIB
from kit.machine.requests import CpuCore, DeviceDel, Dimm, PciFunction, Phb
from kit.machine.revision import Board
from kit.simulation.scenario import Scenario, ScenarioError, Setup, read_scenario, read_time

HEAD = """\
title = "A story"
why = '''
It matters,
for a reason.
'''
look = "At the end."
compare = [["pre-revert", "revert"]]
end = "20 s"
script = [
    "0 s: device_del core1",
    "16 s: guest online core0",
]
"""
CAST = """\

[cast]
guest = "linux-5.12"
devices = ["core1", "dimm1 512 MiB"]
offline = ["core0"]
"""
EXPECT = """\

[[expect]]
that = "sent DEVICE_DELETED"
fails_at = ["cpu-timeout..pre-revert"]

[[expect]]
that = "not limbo core1"
fails_at = ["pre-revert"]
"""
VALID = HEAD + CAST + EXPECT
ACTIONS = (
    "device_del, device_add, system_reset, stop, cont, migrate, virsh setvcpus,"
    " virsh detach-device, virsh reset, virsh suspend, virsh resume, virsh migrate, guest releases,"
    " guest refuses, guest hang, guest unhang, guest offline, guest online, guest pin, guest unpin,"
    " guest add, guest remove, guest isolate, guest unisolate, guest unusable, guest usable,"
    " guest sense, guest configure, guest rtas, host load, virsh detach-device-alias,"
    " virsh setvcpus --async, wait"
)
CLAIMS = (
    "expected as 'qemu has core1', 'not limbo core1 at 16 s', 'sent DEVICE_DELETED',"
    " 'says \"timed out\"', 'operator thinks core1 kept' or 'aborted'"
)
NO_TIME = (
    "is not a time; expected 16 s, 14999 ms, 2 min or 30 days, in whole milliseconds"
    " and at most 60 days"
)
NO_DEVICE = "is not a device; expected core1, dimm1, dimm1 512 MiB, phb1 or net3"
MISTAKES = {  # what stands in VALID, what stands there instead, the message after the file
    "no TOML": ("look = ", "look ", "6: is not TOML: Expected '=' after a key in a key/value pair"),
    "cut off": (VALID[-20:], "", "25: is not TOML: Expected '=' after a key in a key/value pair"),
    "a number without end": (
        '"20 s"',
        "1" * 5000,
        "8: a word has more than 1,000 characters; shorten it",
    ),
    "a key that is missing": (
        'title = "A story"',
        "",
        "1: key 'title' is missing; expected a text",
    ),
    "an unknown key": (
        "look =",
        "looks =",
        "6: unknown key 'looks'; expected cast, compare, end, expect, look, script, title, why",
    ),
    "an unknown key of the cast": (
        'guest = "linux-5.12"',
        'title = "no"',
        "15: unknown key 'title' in cast; expected asks, boards, devices, firmware, guest,"
        " in_firmware, libvirt, offline, offline_work, pinned, unusable_work, uptime",
    ),
    "an unknown key of a claim": (
        'fails_at = ["pre-revert"]',
        'at = "revert"',
        "25: unknown key 'at' in expect; expected fails_at, that",
    ),
    "an empty text": ('"At the end."', '" "', "6: look is ' '; expected a text"),
    "no text": ('"A story"', "3", "1: title is 3; expected a text"),
    "a cast that is not a table": (CAST, "cast = 1\n", "13: cast is 1; expected a table, [cast]"),
    "no time": ('"20 s"', '"20 hours"', f"8: end: '20 hours' {NO_TIME}"),
    "a time too fine": ('"20 s"', '"1.0005 s"', f"8: end: '1.0005 s' {NO_TIME}"),
    "a time too long": ('"20 s"', '"61 days"', f"8: end: '61 days' {NO_TIME}"),
    "an end before the script's": (
        '"20 s"',
        '"10 s"',
        "8: end is before the last line of the script, '16 s: guest online core0'",
    ),
    "a script that is not a list": (
        'script = [\n    "0 s: device_del core1",\n    "16 s: guest online core0",\n]',
        'script = "no"',
        "9: script is 'no'; expected a list of texts",
    ),
    "a line without a time": (
        '"16 s: guest online core0"',
        '"guest online core0"',
        "11: script: 'guest online core0' has no time; expected '16 s: device_del core1'",
    ),
    "a line with a wrong time": ('"16 s: g', '"16: g', f"11: script: '16' {NO_TIME}"),
    "a line that is too early": (
        '"0 s: d',
        '"17 s: d',
        "11: script: '16 s: guest online core0' is before the line above it",
    ),
    "no action": (
        "guest online core0",
        "guest dances",
        f"11: script: 'guest dances' is not an action; expected one of: {ACTIONS}",
    ),
    "an action without its device": (
        "device_del core1",
        "device_del",
        "10: script: 'device_del' takes a device after it",
    ),
    "an action with too much": (
        "guest online core0",
        "stop core1",
        "11: script: 'stop' takes nothing after it",
    ),
    "no number": (
        "guest online core0",
        "host load 1001",
        "11: script: 'host load' takes a number from 1 to 1000, not '1001'",
    ),
    "no device in the script": (
        "device_del core1",
        "device_del cpu1",
        f"10: script: 'cpu1' {NO_DEVICE}",
    ),
    "a DIMM that is not there": (
        "guest online core0",
        "guest pin dimm2.0",
        "11: script: 'dimm2' is not in the cast's devices",
    ),
    "an LMB that is not there": (
        "guest online core0",
        "guest pin dimm1.2",
        "11: script: 'dimm1.2' is not an LMB of dimm1; expected: dimm1.0, dimm1.1",
    ),
    "no connector": (
        "guest online core0",
        "guest pin core1.0",
        "11: script: 'core1.0' is not a connector; expected core1, dimm1.0, phb1 or net3",
    ),
    "no device in the cast": (
        '"dimm1 512 MiB"',
        '"dimm1 512"',
        f"16: devices: 'dimm1 512' {NO_DEVICE}",
    ),
    "a device twice": ('"dimm1 512 MiB"', '"core1"', "16: devices: 'core1' is named twice"),
    "a core that does not fit": (
        '"dimm1 512 MiB"',
        '"core4"',
        "16: devices: 'core4' cannot be plugged: core id 4 out of range",
    ),
    "a connector that nobody has": (
        '["core0"]',
        '["core2"]',
        "17: offline: 'core2'; expected one of: core0, core1, dimm1.0, dimm1.1",
    ),
    "no guest": (
        '"linux-5.12"',
        '"linux-6"',
        "15: guest is 'linux-6'; expected one of: linux-5.12, linux-5.13, linux-5.14, arbitrary",
    ),
    "no board": (
        'guest = "linux-5.12"',
        'boards = ["virt"]',
        "15: boards is 'virt'; expected one of: pseries, q35, pcie",
    ),
    "no truth": (
        'guest = "linux-5.12"',
        'asks = "yes"',
        "15: asks is 'yes'; expected true or false",
    ),
    "no version": (
        'guest = "linux-5.12"',
        'libvirt = "7.10"',
        "15: libvirt is '7.10'; expected a version, 7.1.0",
    ),
    "no time in the cast": (
        'guest = "linux-5.12"',
        'uptime = "long"',
        f"15: uptime: 'long' {NO_TIME}",
    ),
    "no pair": (
        '[["pre-revert", "revert"]]',
        '[["revert"]]',
        "7: compare: ['revert']; expected a pair, ['pre-revert', 'revert']",
    ),
    "a pair of no texts": (
        '[["pre-revert", "revert"]]',
        "[[51254, 51254]]",
        "7: compare: [51254, 51254]; expected a pair, ['pre-revert', 'revert']",
    ),
    "no pairs": (
        '[["pre-revert", "revert"]]',
        '"revert"',
        "7: compare is 'revert'; expected a list of pairs",
    ),
    "no revision": (
        '["pre-revert", "revert"]',
        '["pre-revert", "v4"]',
        "7: compare: no revision 'v4' on the embedded machine; `kit list revisions` names all"
        " there are",
    ),
    "a revision of another machine": (
        '["pre-revert", "revert"]',
        '["pre-revert", "q35"]',
        "7: compare: q35 is another machine than the scenario's",
    ),
    "no claim": (
        "not limbo core1",
        "all is well",
        f"24: expect: 'all is well' is not a claim; {CLAIMS}",
    ),
    "no message": (
        "sent DEVICE_DELETED",
        "sent DEVICE_GONE",
        "20: expect: no message has the type 'DEVICE_GONE'",
    ),
    "no party": (
        "sent DEVICE_DELETED",
        "sent DEVICE_DELETED to me",
        "20: expect: 'me' is not a party; expected operator, libvirt, qemu or guest",
    ),
    "no device in a claim": (
        "not limbo core1",
        "not limbo cpu1",
        f"24: expect: 'cpu1' {NO_DEVICE}",
    ),
    "a claim that fails nowhere": (
        'fails_at = ["pre-revert"]',
        "",
        "24: expect: 'not limbo core1' names no revision at which it fails (fails_at): it would"
        " claim nothing",
    ),
    "a range backwards": (
        '["pre-revert"]',
        '["revert..baseline"]',
        "24: expect: 'revert..baseline': baseline is older than revert; name the older one first",
    ),
    "a range of a release": (
        '["pre-revert"]',
        '["baseline..v6.0.0"]',
        "24: expect: 'baseline..v6.0.0': a range is of recorded builds; name proposal, q35 and"
        " releases one by one",
    ),
    "no list of revisions": (
        'fails_at = ["pre-revert"]',
        'fails_at = "pre-revert"',
        "25: fails_at is 'pre-revert'; expected a list of texts",
    ),
    "a claim that is missing": (
        'that = "not limbo core1"\n',
        "",
        "23: key 'that' is missing; expected a text",
    ),
    "claims that are not tables": (
        CAST + EXPECT,
        'expect = "all is well"\n',
        "13: expect is not a list of tables; expected [[expect]]",
    ),
}


@pytest.mark.parametrize(("valid", "wrong", "message"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_reported_with_file_line_and_what_was_expected(
    valid: str, wrong: str, message: str
) -> None:
    text = VALID.replace(valid, wrong, 1)
    assert text != VALID

    with pytest.raises(ScenarioError) as caught:
        read_scenario(text, "story", "my/story.toml")

    assert str(caught.value) == f"my/story.toml:{message}"


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("0 s", 0),
        ("14999 ms", 14_999 * NS_PER_MS),
        ("1.001 s", 1001 * NS_PER_MS),
        ("0.5min", 30 * NS_PER_S),
        ("1 day", 86_400 * NS_PER_S),
        (" 60 days ", 60 * 86_400 * NS_PER_S),
    ],
)
def test_times_are_whole_milliseconds(text: str, ns: int) -> None:
    assert read_time(text) == ns


@pytest.mark.parametrize(
    "text", ["", "s", "-1 s", "1", "1 h", "1e3 s", "0.5 ms", "1,5 s", "1 s 2 ms"]
)
def test_anything_else_is_no_time(text: str) -> None:
    with pytest.raises(UserError, match="is not a time; expected 16 s"):
        read_time(text)


def test_a_scenario_says_what_its_text_says() -> None:
    scenario = read_scenario(VALID, "story", "my/story.toml")

    core = CpuCore(1, "core1")
    assert replace(scenario, expect=(), digest=0) == Scenario(
        name="story",
        title="A story",
        why="It matters, for a reason.",
        look="At the end.",
        setup=Setup(devices=(core, Dimm(512, 0x40000000, "dimm1")), offline=("core0",)),
        script=(
            TypedLine(0, Actor.QEMU, DeviceDel("core1")),
            TypedLine(16 * NS_PER_S, Actor.GUEST, CpuOnline(0x10000000, True)),
        ),
        texts=("0 s: device_del core1", "16 s: guest online core0"),
        compare=(("pre-revert", "revert"),),
        end_ns=20 * NS_PER_S,
        source="my/story.toml",
    )
    assert [(claim.that, claim.fails_at) for claim in scenario.expect] == [
        (
            "sent DEVICE_DELETED",
            (
                *("d1c2e3ce3d", "fe1831eff8", "7420033ec4", "e35dfbd227", "4515a5f786"),
                *("eb7f80fd26", "d522cb52e6~1"),
            ),
        ),
        ("not limbo core1", ("d522cb52e6~1",)),
    ]


def test_a_cast_says_what_its_text_says() -> None:
    cast = """
[cast]
guest = "arbitrary"
asks = true
in_firmware = true
offline_work = "2 s"
unusable_work = "1 ms"
firmware = "3 s"
libvirt = "7.10.0"
devices = ["dimm2", "dimm1 512 MiB", "phb1", "net3", "core3"]
pinned = ["dimm1.1", "core3"]
uptime = "30 days"
"""
    assert read_scenario(HEAD.replace("core1", "core3") + cast, "s", "s.toml").setup == Setup(
        guest=GuestKind.ARBITRARY,
        conduct=Conduct(
            offline_ns=2 * NS_PER_S, unusable_ns=NS_PER_MS, firmware_ns=3 * NS_PER_S, asks=True
        ),
        in_firmware=True,
        libvirt=(7, 10, 0),
        devices=(
            Dimm(256, 0x40000000, "dimm2"),
            Dimm(512, 0x40000000 + 256 * MIB, "dimm1"),
            Phb(1, "phb1"),
            PciFunction("pci.0", "3.0", id="net3"),
            CpuCore(3, "core3"),
        ),
        pinned=("dimm1.1", "core3"),
        uptime_ns=30 * 86_400 * NS_PER_S,
    )


def test_a_cast_may_be_for_both_boards() -> None:
    cast = '[cast]\nboards = ["pseries", "q35"]\ndevices = ["core1"]\n'

    assert read_scenario(HEAD + cast, "s", "s.toml").setup == Setup(
        boards=(Board.PSERIES, Board.Q35), devices=(CpuCore(1, "core1"),)
    )


def test_what_changes_a_run_changes_the_digest_and_a_title_does_not() -> None:
    digests = {
        read_scenario(text, "story", "story.toml").digest
        for text in (VALID, VALID.replace("A story", "Another"), VALID.replace("16 s", "17 s"))
    }

    assert len(digests) == 2


def test_a_cast_script_and_claims_may_be_left_out() -> None:
    text = 'title = "T"\nwhy = "W"\nlook = "L"\nend = "1 s"\n'

    assert replace(read_scenario(text, "s", "s.toml"), digest=0) == Scenario(
        name="s", title="T", why="W", look="L", setup=Setup(), end_ns=NS_PER_S, source="s.toml"
    )


@pytest.mark.parametrize("name", ["", "My story", "-a", "a--b", "a_b", "é", "x" * 41])
def test_a_name_is_small_letters_digits_and_hyphens(name: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        read_scenario(VALID, name, "s.toml")

    assert str(caught.value) == (
        f"s.toml:1: {name!r} is not a name; use small letters, digits, hyphens"
    )
