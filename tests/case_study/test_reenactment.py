"""The re-enactment: its commits are the same everywhere, its revert is exact, its answers true.

Each commit is compiled and asked what the build of QEMU that it re-enacts was asked when the
recordings were made.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import pytest

from kit.git.repository.clone import CloneHistory
from kit.git.values.commit import LineKind
from kit.machine.catalogue import CATALOGUE, find_revision
from tests.reenactment import (
    HASHES,
    IDENTITY,
    Json,
    cpu_transcripts,
    first_difference,
    git,
    hashes,
    only_cpus,
    play,
    recorded,
)

TAGS = {
    "v6.0.0-rc0": "deadline-helper",
    "v6.0.0-rc3": "resend",
    "v6.0.0": "resend",
    "v6.1.0": "unisolate",
    "v6.2.0": "guest-error",
}
REVERTED = ("deadline-helper", "cpu-timeout", "timer")  # newest first
LABEL = "re-enactment by the unplug kit, not QEMU's code."
CPU_TRANSCRIPTS = {"directed": 45, "walks": 20}


def tree(folder: Path, revision: str) -> str:
    return git(folder, "rev-parse", f"{revision}^{{tree}}").strip()


# -- what is in it -----------------------------------------------------------------------------


def test_the_hashes_are_the_same_everywhere(repository: Path) -> None:
    assert dict(zip(HASHES, hashes(repository), strict=True)) == HASHES


def test_there_is_one_commit_for_each_revision_of_the_lesson() -> None:
    assert list(HASHES) == [revision.alias for revision in CATALOGUE if revision.alias]


@pytest.mark.parametrize("name", HASHES)
def test_trailers_name_the_original(repository: Path, name: str) -> None:
    message = git(repository, "log", "-1", "--format=%B", HASHES[name])
    lines = git(repository, "interpret-trailers", "--parse", text=message).splitlines()
    trailers = dict(line.split(": ", 1) for line in lines)
    day = git(repository, "log", "-1", "--format=%cs", HASHES[name]).strip()

    posted = ["Original-message-id"] if name not in ("baseline", "pre-revert") else []
    original = [f"Original-{what}" for what in ("subject", "authored", "committed")]

    assert list(trailers) == ["Re-enacts", *original, *posted]
    assert trailers["Re-enacts"] == find_revision(name).commit
    assert trailers["Original-committed"] == (day if name != "pre-revert" else "2021-04-10")


def test_nobody_s_name_and_time_get_in(repository: Path) -> None:
    who = "The unplug kit <re-enactment@unplug-kit.invalid>"
    format_ = "--format=%an <%ae>|%cn <%ce>|%ai|%ci"
    lines = git(repository, "log", format_, "main").splitlines()

    for line in lines:
        author, committer, authored, committed = line.split("|")
        assert (author, committer) == (who, who)
        assert authored == committed
        assert authored.endswith(" 12:00:00 +0000")


def test_tags_stand_where_the_releases_tree_has_the_behaviour(repository: Path) -> None:
    format_ = "--format=%(refname:short) %(*objectname)"
    lines = git(repository, "for-each-ref", format_, "refs/tags").splitlines()

    assert dict(line.split() for line in lines) == {tag: HASHES[name] for tag, name in TAGS.items()}


def test_a_tag_contains_the_timeout_s_commit_and_has_not_got_the_timeout(repository: Path) -> None:
    """As in QEMU: `git tag --contains` lists v6.0.0, whose tree lost it."""
    listed = git(repository, "tag", "--contains", HASHES["cpu-timeout"]).split()
    has = {
        tag
        for tag in TAGS
        if "unplug_timeout" in git(repository, "show", f"{tag}:hw/ppc/spapr_drc.c")
    }

    assert (set(listed), has) == (set(TAGS), {"v6.0.0-rc0"})


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("timer", {"hw/ppc/spapr_drc.c", "include/hw/ppc/spapr_drc.h"}),
        ("cpu-timeout", {"hw/ppc/spapr.c", "hw/ppc/spapr_drc.c", "include/hw/ppc/spapr_drc.h"}),
        ("deadline-helper", {"hw/ppc/spapr_drc.c", "include/qemu/timer.h", "util/qemu-timer.c"}),
        ("pre-revert", {"VERSION", "hw/ppc/spapr_drc.c"}),
        ("resend", {"hw/ppc/spapr.c"}),
        ("unisolate", {"hw/ppc/spapr_drc.c"}),
        ("guest-error", {"README", "hw/ppc/spapr_drc.c"}),
    ],
)
def test_a_commit_changes_the_files_of_its_role(
    repository: Path, name: str, files: set[str]
) -> None:
    assert {file.path for file in CloneHistory(repository).diff(HASHES[name])} == files


@pytest.mark.parametrize("name", HASHES)
def test_every_file_that_looks_like_qemu_says_that_it_is_not(repository: Path, name: str) -> None:
    paths = git(repository, "ls-tree", "-r", "--name-only", HASHES[name]).split()
    texts = [path for path in paths if path == "README" or path.endswith((".c", ".h"))]

    assert len(texts) == 10
    for path in texts:
        assert LABEL in git(repository, "show", f"{HASHES[name]}:{path}")[:80], path


def test_the_work_tree_is_the_last_commit(repository: Path) -> None:
    assert git(repository, "status", "--porcelain", "--branch") == "## main\n"
    assert (repository / "VERSION").read_text() == "5.2.92\n"


# -- the revert --------------------------------------------------------------------------------


def test_the_revert_only_takes_away(repository: Path) -> None:
    """The five files of the original, and not one line added."""
    files = CloneHistory(repository).diff(HASHES["revert"])

    assert {file.path: file.count(LineKind.REMOVED) for file in files} == {
        "hw/ppc/spapr.c": 4,
        "hw/ppc/spapr_drc.c": 37,
        "include/hw/ppc/spapr_drc.h": 5,
        "include/qemu/timer.h": 3,
        "util/qemu-timer.c": 8,
    }
    assert sum(file.count(LineKind.ADDED) for file in files) == 0


def test_the_revert_names_what_it_reverts(repository: Path) -> None:
    message = git(repository, "log", "-1", "--format=%b", HASHES["revert"]).splitlines()

    assert [line for line in message if line.startswith("This reverts commit")] == [
        f"This reverts commit {HASHES[name]}." for name in REVERTED
    ]


def test_reverting_the_three_again_gives_the_same_tree(copy: Path) -> None:
    git(copy, "checkout", "--quiet", HASHES["pre-revert"])
    git(copy, *IDENTITY, "revert", "--no-edit", *(HASHES[name] for name in REVERTED))

    assert tree(copy, "HEAD") == tree(copy, HASHES["revert"])


def test_the_three_taken_off_backwards_give_the_same_tree(copy: Path) -> None:
    """Without any merge: the patches still fit, and no fuzz is needed."""
    git(copy, "checkout", "--quiet", HASHES["pre-revert"])
    for name in REVERTED:
        patch = git(copy, "diff", f"{HASHES[name]}~1", HASHES[name])
        git(copy, "apply", "--reverse", "--index", text=patch)

    assert git(copy, "write-tree").strip() == tree(copy, HASHES["revert"])


def test_a_merge_by_hand_gives_the_same_files(repository: Path, tmp_path: Path) -> None:
    """base: with the timeout; ours: a month later; theirs: before the timeout."""
    sides = [HASHES["pre-revert"], HASHES["deadline-helper"], HASHES["baseline"]]
    for path in git(repository, "ls-tree", "-r", "--name-only", HASHES["revert"]).split():
        for number, side in enumerate(sides):
            (tmp_path / str(number)).write_text(git(repository, "show", f"{side}:{path}"))
        merged = git(tmp_path, "merge-file", "--stdout", "0", "1", "2")

        assert merged == git(repository, "show", f"{HASHES['revert']}:{path}"), path


def test_what_is_left_after_the_revert_is_what_came_between(repository: Path) -> None:
    def change(before: str, after: str) -> str:
        patch = git(repository, "diff", HASHES[before], HASHES[after])
        return git(repository, "patch-id", "--stable", text=patch).split()[0]

    assert change("baseline", "revert") == change("deadline-helper", "pre-revert")


def test_reverting_the_revert_brings_the_timeout_back(copy: Path) -> None:
    git(copy, "checkout", "--quiet", HASHES["revert"])
    git(copy, *IDENTITY, "revert", "--no-edit", "HEAD")

    assert tree(copy, "HEAD") == tree(copy, HASHES["pre-revert"])


# -- the truth ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", HASHES)
def test_the_recordings_of_cpus_are_chosen_by_rule(name: str) -> None:
    chosen = [suite for suite, transcript in recorded(name) if only_cpus(transcript)]

    assert {suite: chosen.count(suite) for suite in CPU_TRANSCRIPTS} == CPU_TRANSCRIPTS


@pytest.mark.parametrize("name", HASHES)
def test_a_commit_answers_as_the_build_that_it_re_enacts(
    machines: Mapping[str, Path], name: str
) -> None:
    transcripts = cpu_transcripts(name)
    differences = [first_difference(machines[name], transcript) for transcript in transcripts]

    assert [difference for difference in differences if difference] == []


@pytest.mark.parametrize(
    ("op", "key", "value"),
    [
        ("set_indicator", "status", -1),
        ("configure_connector", "calls", 31),
        ("get_sensor_state", "state", 0),
        ("clock_step", "now_ns", 1),
        ("device_del", "error", {"class": "GenericError", "desc": "wait 12 seconds"}),
        ("check_exception", "hotplug", {"type": 1, "action": 1, "identifier": 2, "index": 2**28}),
    ],
)
def test_an_altered_recording_is_noticed(
    machines: Mapping[str, Path], op: str, key: str, value: Json
) -> None:
    name = "cpu-timeout"
    transcript, number = next(
        (transcript, number)
        for transcript in cpu_transcripts(name)
        for number, step in enumerate(transcript["steps"], 1)
        if step["op"] == op and key in step["reply"] and step["reply"][key] != value
    )
    assert first_difference(machines[name], transcript) is None
    transcript["steps"][number - 1]["reply"][key] = value

    found = first_difference(machines[name], transcript)

    assert found is not None
    assert found.startswith(f"{transcript['name']}, step {number}: expected ")


def test_a_missing_event_is_noticed(machines: Mapping[str, Path]) -> None:
    transcript, step = next(
        (transcript, step)
        for transcript in cpu_transcripts("guest-error")
        for step in transcript["steps"]
        if {"event": "DEVICE_UNPLUG_GUEST_ERROR", "device": "core1"} in step.get("events", ())
    )
    del step["events"]

    assert first_difference(machines["guest-error"], transcript) is not None


def test_the_answers_of_another_commit_are_noticed(machines: Mapping[str, Path]) -> None:
    """Which neighbours the recordings tell apart: those whose behaviour differs."""
    differ = [
        name
        for before, name in pairwise(HASHES)
        if any(first_difference(machines[before], t) for t in cpu_transcripts(name))
    ]

    assert differ == ["cpu-timeout", "revert", "resend", "unisolate", "guest-error"]


def test_the_story_of_the_readme(repository: Path, machines: Mapping[str, Path]) -> None:
    """A guest that lets go after 16 s: the machine with the timeout keeps the core."""
    readme = (repository / "README").read_text()
    example = readme[readme.index("    device_add core1 1") : readme.index("Let 16 seconds pass")]
    lines = example.replace("device_del core1", "device_del core1\nclock_step 16000000000")
    gone = {
        name: "event DEVICE_DELETED core1" in play(machine, lines.splitlines())
        for name, machine in machines.items()
    }

    kept = {name for name, deleted in gone.items() if not deleted}
    assert kept == {"cpu-timeout", "deadline-helper", "pre-revert"}


@pytest.mark.parametrize(
    "line",
    [
        "nonsense",
        "device_add core1",
        f"device_add {'x' * 32} 1",
        "device_del",
        "clock_step -1",
        "clock_step 9223372036854775807",
        "clock_step soon",
        "migrate 4",
        "rtas start-cpu 1",
        "rtas set-indicator 17",
        "set_indicator 9001 0x10000001 0 0",
    ],
)
def test_what_cannot_be_read_is_answered_in_one_line(
    machines: Mapping[str, Path], line: str
) -> None:
    said = play(machines["guest-error"], ["# a comment", "", line, "query_hotpluggable_cpus"])

    assert said[0].startswith("bad request: ")
    assert said[1:] == ["plugged 0"]
