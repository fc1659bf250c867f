"""What is fuzzed: everything that reads text of somebody else, from its bytes to what is shown.

A target may raise `UserError`, which is a line for a person.  Anything else is a finding, and so is
what takes longer than `SLOW_S`, or shows what steers a terminal.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from kit.case_study.behaviours import read_behaviours
from kit.common.errors import UserError
from kit.common.json_fields import Json
from kit.common.plain_text import printable
from kit.course.exercise_reader import read_exercise
from kit.course.progress import read_progress
from kit.explorer.own_machine import OwnMachine, read_line
from kit.explorer.own_model import explore_own, play_own
from kit.explorer.paths import open_path
from kit.git.repository.exported import FileHistory
from kit.git.repository.log import subject_and_body
from kit.git.repository.transport import origin
from kit.git.values.commit import (
    Commit,
    Person,
    fixes,
    lore_link,
    quoted_list_links,
    refers_to,
    reverts,
)
from kit.git.values.page import CommitPage
from kit.git.values.revert_message import named
from kit.logs.formats.reader import read_log, read_logs
from kit.machine.catalogue import REVISIONS, find_revision
from kit.real_qemu.channel.wire import QmpCodec, QtestCodec, WireError
from kit.recordings.conformance import conform
from kit.recordings.format import read_scripts, read_transcripts
from kit.simulation.run import Intervention, Pair, Run, play, play_pair
from kit.simulation.scenario import read_scenario
from kit.simulation.token import open_token, token_of
from kit.storage.scenarios import find_scenario
from kit.views.diagram.from_own import OwnPlay
from kit.views.diagram.svg import picture_svg
from kit.views.html.diff import commit_html, message_html
from kit.views.reports.log import report_of
from kit.views.reports.mail import read_message_id
from kit.views.reports.own import OwnReport
from kit.views.reports.picture_page import page_of
from kit.views.reports.run import event_lines
from kit.views.sequence.mermaid import read_diagrams, read_sequence
from kit.views.sequence.svg import sequence_svg
from kit.views.sequence.text import sequence_lines
from kit.views.sequence.write_mermaid import mermaid_lines
from kit.views.terminal.diff import commit_lines
from tests.explorer.found import broken
from tests.fuzz.grammar import JSON, LINES, LOG, PATH, TOKEN, TOML, Grammar

__all__ = ["SLOW_S", "TARGETS", "Target", "seeds"]

SLOW_S = 10.0
ROOT = Path(__file__).parents[2]
CORPUS = Path(__file__).parent / "corpus"
LOGS = tuple(f"tests/logs/*.{kind}" for kind in ("json", "log", "qmp", "txt"))


@dataclass(frozen=True)
class Target:
    """A reader, and the files that its inputs are made from: each is one input, or each line."""

    read: Callable[[bytes], object]
    files: tuple[str, ...] = ()
    a_line_each: bool = False
    made: Callable[[], tuple[str, ...]] = tuple  # what would be out of date in a file
    grammar: Grammar | None = None  # changes what an input says; None: its bytes alone


def text_of(data: bytes) -> str:
    """Return the text that a reader gets of a file."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UserError(f"is not UTF-8 text: {error.reason}") from None


def typed(data: bytes) -> str:
    """Return the text that a program gets of its command line."""
    return data.replace(b"\0", b"").decode("utf-8", "surrogateescape")


def shown(lines: list[str]) -> None:
    """Check that what is shown steers no terminal, and can be written."""
    for line in lines:
        assert line == printable(line), ascii(line)
    "\n".join(lines).encode()


def scenario(data: bytes) -> None:
    found = read_scenario(text_of(data), "fuzz", "fuzz.toml")
    fits = next(one for one in reversed(REVISIONS) if one.board in found.setup.boards)
    run = play(found, fits)
    shown(list(event_lines(run, 100, unicode=True)))
    picture_svg(run)


def exercise(data: bytes) -> None:
    read_exercise(text_of(data), "fuzz", "fuzz.toml", find_scenario)


def ties(data: bytes) -> None:
    read_behaviours(text_of(data), "fuzz.toml")


def token(data: bytes) -> None:
    open_token(typed(data), find_scenario)


def path(data: bytes) -> None:
    open_path(typed(data))


def recording(data: bytes) -> None:
    conform(read_transcripts(text_of(data).split("\n"), "fuzz.jsonl"), "fuzz.jsonl")


def script(data: bytes) -> None:
    list(read_scripts(text_of(data).split("\n"), "fuzz.jsonl"))


class _Spoken:
    """A machine of somebody's own that says the lines of an input, whatever it is asked."""

    name = "fuzz"

    def __init__(self, lines: list[str]) -> None:
        self._description, *self._answers = [line for line in lines if line] or [""]

    def describe(self) -> Json:
        return read_line(self._description)

    def step(self, action: str, state: str) -> Json:
        number = zlib.crc32(f"{action} {state}".encode("utf-8", "surrogatepass"))
        return read_line(self._answers[number % len(self._answers)] if self._answers else "null")


def machine(data: bytes) -> None:
    mine = OwnMachine(_Spoken(text_of(data).split("\n")))
    explore_own(mine, max_states=30)
    for words in mine.description.scenarios or [mine.description.actions[0].name]:
        report = OwnReport(OwnPlay((play_own(mine, words, strict=False),), "kit"))
        shown([*report.text_lines(72, unicode=True), *report.mail_lines(72, unicode=False)])
        page_of(report.still())


def log(data: bytes) -> None:
    report = report_of(read_log([("fuzz.log", data.decode("utf-8", "replace").split("\n"))]))
    shown([*report.text_lines(72, unicode=True), *report.mail_lines(72, unicode=False)])
    picture_svg(report.layout)
    json.dumps(report.json())
    page_of(report.still()).encode()


def logs(data: bytes) -> None:
    """Two logs beside each other, parted by a NUL."""
    texts = data.decode("utf-8", "replace").split("\0", 1)
    parts = {f"fuzz{number}.log": text.split("\n") for number, text in enumerate(texts)}
    report = report_of(read_logs([*parts], lambda name: parts[name]))
    shown(report.text_lines(72, unicode=True))
    json.dumps(report.json())


def diagram(data: bytes) -> None:
    for one in read_diagrams(text_of(data), "fuzz.mmd"):
        shown(sequence_lines(one))
        sequence_svg(one)
        read_sequence("\n".join(mermaid_lines(one)))


def history(data: bytes) -> None:
    read = FileHistory(text_of(data), "fuzz.json")
    for name, _ in read.tags():
        try:
            commit, files = read.commit(name), read.diff(name)
        except UserError:
            continue
        pages(commit, files)


def pages(commit: Commit, files: tuple[object, ...]) -> None:
    shown(list(commit_lines(commit, files, "fuzz")))  # type: ignore[arg-type]
    html = commit_html(CommitPage("fuzz", "fuzz", commit, files))  # type: ignore[arg-type]
    (html + message_html(commit, (commit, commit))).encode()


def message(data: bytes) -> None:
    subject, body = subject_and_body(data.decode("utf-8", "replace"))
    person = Person(subject[:80], body[:80])
    commit = Commit(
        hash="0" * 40,
        subject=subject,
        body=body,
        author=person,
        committer=person,
        authored="2021-04-12T12:00:00+10:00",
        committed="2021-04-12T12:00:00+10:00",
        trailers=tuple(line.partition(":")[::2] for line in body.split("\n")[-9:]),
    )
    named(subject, body)
    for ask in (reverts, fixes, refers_to, lore_link, quoted_list_links):
        ask(commit)
    pages(commit, ())


def progress(data: bytes) -> None:
    read_progress(text_of(data)).answered("x", "revert", right=True).was_shown("x").text()


def qmp(data: bytes) -> None:
    codec = QmpCodec()
    try:
        list(codec.feed(data))
    except WireError as error:
        raise UserError(str(error)) from error


def qtest(data: bytes) -> None:
    codec = QtestCodec()
    try:
        list(codec.feed(data))
    except WireError as error:
        raise UserError(str(error)) from error


ACTIONS = (
    *("device_del core1", "host load 7", "system_reset", "migrate", "stop", "cont", "wait"),
    *("virsh setvcpus 1", "guest refuses", "guest hang", "guest rtas set-indicator 9001 1 1"),
)


def _run() -> Run:
    """A run with what a person did in it."""
    done = tuple(
        Intervention(number * 10**9, action, (3,) if number == 2 else ())
        for number, action in enumerate(ACTIONS, 1)
    )
    return play(find_scenario("libvirt-late"), find_revision("revert"), done)


def _pair() -> Pair:
    return play_pair(
        find_scenario("two-cores"), find_revision("pre-revert"), find_revision("revert")
    )


def _paths() -> tuple[str, ...]:
    return (broken("no-stray-event", "pre-revert").token,)


def _cases() -> tuple[str, ...]:
    """Return the logs of every format, as people paste them."""
    files = [file.read_bytes() for file in sorted((ROOT / "tests/logs/cases").iterdir())]
    return tuple(data.decode("utf-8", "replace") for data in files if b"\0" not in data)


def _two_logs() -> tuple[str, ...]:
    cases = ROOT / "tests/logs/cases"
    names = ("22-trace.log", "02-raw-mail-qp.eml", "67-iso-tz.log", "r3-q35.qmp")
    texts = [(cases / name).read_text(encoding="utf-8") for name in names]
    return tuple(f"{one}\0{other}" for one in texts for other in texts if one is not other)


TARGETS = {
    "scenario": Target(scenario, ("data/scenarios/*.toml",), grammar=TOML),
    "exercise": Target(exercise, ("data/exercises/*.toml",), grammar=TOML),
    "ties": Target(ties, ("data/commits.toml",), grammar=TOML),
    "token": Target(token, made=lambda: (token_of(_run()), token_of(_pair())), grammar=TOKEN),
    "path": Target(path, made=_paths, grammar=PATH),
    "recording": Target(recording, ("tests/fuzz/corpus/recording/*",), grammar=LINES),
    "script": Target(script, ("tests/fuzz/corpus/recording/*",), grammar=LINES),
    "machine": Target(machine, ("tests/fuzz/corpus/machine/*",), grammar=LINES),
    "log": Target(log, LOGS, grammar=LOG),
    "log of any format": Target(log, made=_cases),
    "two logs": Target(logs, made=_two_logs),
    "diagram": Target(diagram, ("docs/draw.md", "tests/fuzz/corpus/diagram/*")),
    "history": Target(history, ("tests/fuzz/corpus/history/*",), grammar=JSON),
    "message": Target(message, ("tests/fuzz/corpus/message/*",)),
    "progress": Target(progress, ("tests/fuzz/corpus/progress/*",), grammar=JSON),
    "revision": Target(
        lambda data: find_revision(typed(data)), ("tests/fuzz/corpus/words/*",), a_line_each=True
    ),
    "url": Target(lambda data: origin(typed(data)), ("tests/fuzz/corpus/words/*",), True),
    "message id": Target(
        lambda data: read_message_id(typed(data)), ("tests/fuzz/corpus/words/*",), True
    ),
    "qmp": Target(qmp, ("tests/fuzz/corpus/qmp/*",), grammar=LINES),
    "qtest": Target(qtest, ("tests/fuzz/corpus/qtest/*",)),
}


def seeds(target: Target) -> Iterator[bytes]:
    """Give what the inputs of a target are made from."""
    for pattern in target.files:
        for file in sorted(ROOT.glob(pattern)):
            data = file.read_bytes()
            yield from data.splitlines() if target.a_line_each else (data,)
    yield from (text.encode() for text in target.made())
