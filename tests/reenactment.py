"""Asks a commit of the re-enactment what a recording asked of QEMU: for tests.

The program reads one request a line and answers each; the README in its tree describes both.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

from kit.machine.catalogue import find_revision

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "data" / "reenactment"
RECORDINGS = ROOT / "data" / "reference"

HASHES = {
    "baseline": "51f0237f5f0e7327d154fc79454827edf51a2f67",
    "timer": "50a0f27ee7247cf94c63ac26ce586e743058b181",
    "cpu-timeout": "fb5a3f67f99b741f10c8beef300393b050761bf2",
    "deadline-helper": "046d7658fa8f608283d572e5e068ababa3a02987",
    "pre-revert": "89c9c4b410c19e763a2452011cf2f42ee3ce1456",
    "revert": "c3f620e54025997b2ed1e700706f6f7315d0d17e",
    "resend": "a1fdff26629c1bf8c2871e07a0dff20943774fdf",
    "unisolate": "649affb3afa03bb18466de5d637dc3e18602dd85",
    "guest-error": "57242ba0bdba7743354757ec4964908730a0dd3a",
}
NO_CONFIG = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
IDENTITY = ("-c", "user.name=A. Learner", "-c", "user.email=a@example.org")
OTHER_CONNECTORS = {2, 4, 8, 9}  # the top four bits of PHB, PCI, LMB and PMEM indices

Json = Any


def git(folder: Path, *arguments: str, text: str | None = None) -> str:
    """Run git without anybody's configuration; *text* is its standard input."""
    done = subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env=os.environ | NO_CONFIG,
        input=text,
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.stdout


def hashes(folder: Path) -> list[str]:
    """Return the commits of a repository's main, oldest first."""
    return git(folder, "rev-list", "--reverse", "main").split()


def play(machine: Path, lines: list[str]) -> list[str]:
    """Give the program *lines* to read and return the lines that it answers."""
    done = subprocess.run(
        [machine], input="\n".join(lines), capture_output=True, text=True, timeout=10
    )
    return done.stdout.splitlines()


def recorded(name: str) -> Iterator[tuple[str, Json]]:
    """Give what was recorded of a revision: the suite and the transcript."""
    label = find_revision(name).label
    for line in (RECORDINGS / "directed" / f"{label}.jsonl").read_text().splitlines():
        yield "directed", json.loads(line)
    with gzip.open(RECORDINGS / "walks" / f"{label}.jsonl.gz", "rt") as lines:
        for line in lines:
            yield "walks", json.loads(line)


def only_cpus(transcript: Json) -> bool:
    """Does no step plug, ask for or call anything but a CPU, or what does not exist at all?"""
    return not any(
        step.get("device", "cpu-core") != "cpu-core"
        or step.get("index", 0) >> 28 in OTHER_CONNECTORS
        or step.get("dimms")
        or step["op"] == "query_memory_devices"
        for step in transcript["steps"]
    )


def cpu_transcripts(name: str) -> list[Json]:
    """Return those recordings of a revision that the program can be asked."""
    return [transcript for _, transcript in recorded(name) if only_cpus(transcript)]


@dataclass(frozen=True)
class Op:
    """How a step of a recording is asked: its keys in the order of the program's words."""

    keys: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()


OPS = {
    "device_add": Op(("id", "core_id")),
    "device_del": Op(("id",)),
    "set_indicator": Op(("indicator", "index", "state")),
    "get_sensor_state": Op(("sensor", "index")),
    "configure_connector": Op(("index",), ("calls",)),
    "check_exception": Op(("mask",)),
    "rtas": Op(("name", "nret", "args")),
    "clock_step": Op(("ns",)),
    "system_reset": Op(),
    "migrate": Op(("cores",)),
    "query_hotpluggable_cpus": Op(),
}
ANSWER = {"op", "reply", "aborted", "events"}


def asked(step: Json) -> str:
    """Write the request of a step as the program reads it."""
    op = OPS[step["op"]]
    keys = [*op.keys, *(key for key in op.optional if key in step)]
    if step["op"] == "device_add":
        assert step["device"] == "cpu-core"
    assert step.keys() - ANSWER - {"device", "dimms"} == set(keys), step
    words = [step["op"]]
    for key in keys:
        words += map(str, step[key] if isinstance(step[key], list) else [step[key]])
    return " ".join(words)


def answered(line: str) -> Json:
    """Write an answer of the program as recordings do."""
    kind, *words = line.split()
    match kind:
        case "return":
            return {"reply": {"return": {}}}
        case "done":
            return {"reply": {}}
        case "error":
            _, error_class, desc = line.split(" ", 2)
            return {"reply": {"error": {"class": error_class, "desc": desc}}}
        case "rets" | "plugged":
            return {"reply": {kind: [int(word) for word in words]}}
        case "status" | "now_ns":
            pairs = [kind, *words]
            reply: Json = {
                key: int(value, 0) for key, value in zip(pairs[::2], pairs[1::2], strict=True)
            }
            if "type" in reply:
                status = reply.pop("status")
                reply = {"status": status, "hotplug": reply}
            return {"reply": reply}
        case "aborted":
            return {"aborted": dict(zip(("function", "assertion"), words, strict=True))}
    raise AssertionError(f"the program says {line!r}")


def answers(lines: list[str]) -> Iterator[Json]:
    """Gather what the program said into one answer a request; within one, events have no order."""
    events: list[Json] = []
    for line in lines:
        if line.startswith("event "):
            _, event, device = line.split(" ")
            events.append({"event": event, "device": device})
        else:
            yield answered(line) | {"events": sorted(events, key=json.dumps)}
            events = []
    assert not events


def expected(step: Json) -> Json:
    """Return the recorded answer to a step in the form of `answers`."""
    events = {"events": sorted(step.get("events", []), key=json.dumps)}
    if "aborted" in step:
        where = {key: step["aborted"][key] for key in ("function", "assertion")}
        return {"aborted": where} | events
    return {"reply": step["reply"]} | events


def first_difference(machine: Path, transcript: Json) -> str | None:
    """Play a transcript and return the first step that is answered otherwise than recorded."""
    steps = transcript["steps"]
    got = answers(play(machine, [asked(step) for step in steps]))
    wanted = map(expected, steps)
    for number, (want, answer) in enumerate(zip_longest(wanted, got), 1):
        if answer != want:
            return f"{transcript['name']}, step {number}: expected {want}, got {answer}"
    return None
