"""Read exercises, which are TOML, from text; ``docs/exercises.md`` is the reference.

A mistake is one line: file, line, what is wrong, what was expected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from kit.common.errors import UserError
from kit.common.toml_reader import TomlReader, short
from kit.course.calls import check_call, read_measure
from kit.course.exercise import (
    LESSONS,
    Exercise,
    ExerciseKind,
    ExerciseStory,
    Goal,
    Hunks,
    Item,
    ItemRule,
    Measure,
    Number,
    OrderPart,
    OrderTask,
    OutcomeChoice,
    Predict,
    ScriptTask,
    Task,
    Wrong,
)
from kit.machine.catalogue import find_revision
from kit.machine.requests import Device
from kit.machine.revision import Revision
from kit.simulation.actions import current_words, line_of
from kit.simulation.expectations import Claim, read_claim
from kit.simulation.run import Intervention, begin
from kit.simulation.scenario import Scenario, read_script, read_story, read_time

__all__ = ["ExerciseError", "FindScenario", "read_claims", "read_exercise"]

FindScenario = Callable[[str], Scenario]
HINTS = 3
MIN_WRONG = 2
_COMMON = {"title", "lesson", "kind", "question", "hints", "explanation", "solution"}
_PLAYED = {"scenario", "at", "actions", "cast", "script", "end"}
_OWN = {
    ExerciseKind.PREDICT: _PLAYED | {"choice"},
    ExerciseKind.SCRIPT: _PLAYED - {"actions"} | {"goal", "most", "menu", "waits", "wrong"},
    ExerciseKind.NUMBER: _PLAYED | {"measure", "unit", "wrong"},
    ExerciseKind.HUNKS: {"rule", "of", "item"},
    ExerciseKind.ORDER: _PLAYED | {"part", "wrong"},
}
_OUTCOMES: Mapping[str, tuple[str, ...]] = {
    "gone": ("not qemu has {}", "not aborted"),
    "pending": ("pending {}",),
    "limbo": ("limbo {}",),
    "kept": ("qemu has {}", "guest has {}", "not pending {}"),
    "aborted": ("aborted",),
}
"""The state of the device at the end, in a word: claims that exclude each other."""


class ExerciseError(UserError):
    """An exercise breaks the format; the text begins with file and line."""


def read_exercise(text: str, name: str, source: str, find: FindScenario) -> Exercise:
    """Return the exercise called *name* that a text in TOML, of the file *source*, describes.

    *find* returns the scenario of a name, or raises UserError.

    Raises:
        ExerciseError: The text breaks the format: file, line, what is wrong, what was expected.
    """
    reader = TomlReader(text, source, ExerciseError)
    reader.check_name(name)
    data = reader.load()
    kind = _one_of(reader, "kind", reader.text(data, "kind"), {k.value: k for k in _OWN})
    reader.keys(data, f"an exercise of kind {kind.value}", _COMMON | _OWN[kind] | {"kind"})
    hints = reader.texts(data, "hints")
    if len(hints) != HINTS or not all(hint.strip() for hint in hints):
        raise reader.error("hints", f"hints are {len(hints)}; expected {HINTS}, none empty")
    return Exercise(
        name=name,
        title=reader.text(data, "title"),
        lesson=_one_of(reader, "lesson", reader.text(data, "lesson"), {n: n for n in LESSONS}),
        question=reader.text(data, "question"),
        hints=tuple(" ".join(hint.split()) for hint in hints),
        explanation=reader.text(data, "explanation"),
        task=_TASKS[kind](_Source(reader, data, name, find)),
    )


class _Source:
    """The data of one exercise, and the functions that read its parts."""

    def __init__(
        self, reader: TomlReader, data: Mapping[str, Any], name: str, find: FindScenario
    ) -> None:
        self.reader, self.data = reader, data
        self._name, self._find = name, find

    def story(self) -> ExerciseStory:
        """Return what is played: a built-in scenario, or one in the file itself."""
        reader, data = self.reader, self.data
        if "scenario" in data:
            for key in ("cast", "script", "end"):
                if key in data:
                    raise reader.error(key, f"{key} goes without scenario, which has its own")
            scenario = reader.read("scenario", reader.text(data, "scenario"), self._find)
        else:
            scenario = read_story(reader, data, self._name)
        at = tuple(reader.read("at", name, find_revision) for name in reader.texts(data, "at"))
        if not at:
            raise reader.error("at", "at names no revision; expected a list, ['revert']")
        for revision in at:
            reader.read("at", revision.label, lambda _: begin(scenario.setup, revision))  # noqa: B023
        lines, texts = read_script(reader, data, "actions", scenario.setup.devices)
        actions = tuple(
            Intervention(line.at_ns, " ".join(text.partition(":")[2].split()))
            for line, text in zip(lines, texts, strict=True)
        )
        return ExerciseStory(scenario=scenario, at=at, actions=actions)

    def wrong(
        self, story: ExerciseStory | None, *keys: str, numbers: bool = False
    ) -> tuple[Wrong, ...]:
        """Return the wrong answers that the author foresaw: lists of texts, or numbers."""
        found = []
        for here, entry in self.reader.tables(self.data, "wrong"):
            here.keys(entry, "wrong", {"answer", "reply", *keys})
            value = entry.get("answer")
            devices = () if story is None else story.devices
            when = read_claims(here, "when", here.texts(entry, "when"), devices)
            answer: tuple[str, ...]
            if numbers:
                answer = (str(_fraction(here, "answer", value)),)
            elif isinstance(value, list):
                answer = here.texts(entry, "answer")
            else:
                raise here.error("answer", f"answer is {short(value)}; expected a list of texts")
            found.append(Wrong(answer=answer, reply=here.text(entry, "reply"), when=when))
        if len(found) < MIN_WRONG:
            what = f"{len(found)} wrong answers; expected at least {MIN_WRONG}, [[wrong]]"
            raise self.reader.error("wrong", what)
        return tuple(found)

    def names(self, key: str, known: tuple[str, ...]) -> tuple[str, ...]:
        """Return a list of names, each of a part of this exercise."""
        found = self.reader.texts(self.data, key)
        for name in found:
            _one_of(self.reader, key, name, dict.fromkeys(known))
        return found

    def by_revision(self, story: ExerciseStory, read: Callable[[object], Any]) -> dict[str, Any]:
        """Return the solution for each revision of *story*."""
        table = self.reader.table(self.data, "solution")
        here = self.reader.within("[solution]")
        here.keys(table, "solution", {name for r in story.at for name in (r.name, r.label)})
        found = {find_revision(name).label: read(value) for name, value in table.items()}
        for revision in story.at:
            if revision.label not in found:
                raise here.error("", f"solution has none for {revision.name}, which at names")
        return found

    def whole(self, key: str) -> int:
        """Return a number from 1 to 20."""
        value = self.data.get(key)
        if type(value) is not int or not 0 < value <= 20:
            raise self.reader.error(key, f"{key} is {short(value)}; expected a number from 1 to 20")
        return value

    def unique(self, key: str, names: list[str]) -> None:
        """Raise unless there are at least two parts, each with a name of its own."""
        if len(names) < 2 or len(set(names)) < len(names):
            what = f"{len(names)} tables [[{key}]]; expected two or more, each with its own name"
            raise self.reader.error(key, what)


def read_claims(
    reader: TomlReader, key: str, texts: Iterable[str], devices: tuple[Device, ...]
) -> tuple[Claim, ...]:
    """Return claims about a run."""
    return tuple(reader.read(key, one, lambda text: read_claim(text, devices)) for one in texts)


def _one_of(reader: TomlReader, key: str, value: str, known: Mapping[str, Any]) -> Any:  # noqa: ANN401
    if value not in known:
        raise reader.error(key, f"{key} is {value!r}; expected one of: {', '.join(known)}", value)
    return known[value]


def _predict(source: _Source) -> Predict:
    story, choices = source.story(), []
    for here, entry in source.reader.tables(source.data, "choice"):
        here.keys(entry, "choice", {"name", "says", "reply", "claims", "outcome"})
        texts = here.texts(entry, "claims")
        if "outcome" in entry:
            word = here.text(entry, "outcome")
            device = story.devices[0].id if story.devices else ""
            texts += tuple(t.format(device) for t in _one_of(here, "outcome", word, _OUTCOMES))
        if not texts:
            raise here.error("", "choice claims nothing; expected outcome or claims")
        claims = read_claims(here, "claims", texts, story.devices)
        words = {key: here.text(entry, key) for key in ("name", "says", "reply")}
        choices.append(OutcomeChoice(claims=claims, **words))
    known = {choice.name: choice.name for choice in choices}
    source.unique("choice", [choice.name for choice in choices])
    solution = source.by_revision(
        story, lambda value: _one_of(source.reader, "solution", str(value), known)
    )
    return Predict(story=story, choices=tuple(choices), solution=solution)


def _script(source: _Source) -> ScriptTask:
    story, reader, data = source.story(), source.reader, source.data
    goals = []
    for here, entry in reader.tables(data, "goal"):
        here.keys(entry, "goal", {"that", "missing"})
        that = (here.text(entry, "that"),)
        (claim,) = read_claims(here, "that", that, story.devices)
        goals.append(Goal(claim=claim, missing=here.text(entry, "missing")))
    if not goals:
        raise reader.error("goal", "there is no goal; expected [[goal]]")
    menu = reader.texts(data, "menu")
    if not menu:
        raise reader.error("menu", "menu is empty; expected a list of actions")
    for action in menu:
        reader.read("menu", action, lambda text: line_of(0, text, story.devices))
    waits = reader.texts(data, "waits") or ("1 s", "5 s", "15 s")
    _, solution = read_script(reader, data, "solution", story.devices)
    return ScriptTask(
        story=story,
        goals=tuple(goals),
        most=source.whole("most"),
        menu=tuple(map(current_words, menu)),
        waits_ns=tuple(reader.read("waits", wait, read_time) for wait in waits),
        solution=solution,
        wrong=tuple(
            replace(one, answer=tuple(map(current_words, one.answer)))
            for one in source.wrong(story, "when")
        ),
    )


def _number(source: _Source) -> Number:
    reader, data = source.reader, source.data
    measure: Measure = reader.read("measure", reader.text(data, "measure"), read_measure)
    unit = reader.text(data, "unit")
    if measure.of_diffs:
        for key in _PLAYED & data.keys():
            raise reader.error(key, f"{key} goes with a run, and the measure is of commits")
        solution = {"": _fraction(reader, "solution", data.get("solution"))}
        return Number(
            measure=measure, unit=unit, solution=solution, wrong=source.wrong(None, numbers=True)
        )
    story = source.story()
    return Number(
        measure=measure,
        unit=unit,
        solution=source.by_revision(story, lambda value: _fraction(reader, "solution", value)),
        wrong=source.wrong(story, numbers=True),
        story=story,
    )


def _fraction(reader: TomlReader, key: str, value: object) -> Fraction:
    if isinstance(value, int | float) and type(value) is not bool and abs(value) < 10**12:
        return Fraction(str(value))
    raise reader.error(key, f"{key} is {short(value)}; expected a number")


def _hunks(source: _Source) -> Hunks:
    reader, data, items = source.reader, source.data, []
    rule = _one_of(reader, "rule", reader.text(data, "rule"), {r.value: r for r in ItemRule})
    of = _commit(reader, "of", reader.text(data, "of")) if rule is ItemRule.UNDOES else ""
    for here, entry in reader.tables(data, "item"):
        here.keys(entry, "item", {"name", "says", "commit", "file", "identifier", "reply"})
        words = {key: here.text(entry, key) for key in ("name", "says", "file", "reply")}
        commit = _commit(here, "commit", here.text(entry, "commit"))
        identifier = here.text(entry, "identifier") if "identifier" in entry else ""
        items.append(Item(commit=commit, identifier=identifier, **words))
    names = [item.name for item in items]
    source.unique("item", names)
    return Hunks(
        rule=rule, of=of, items=tuple(items), solution=source.names("solution", tuple(names))
    )


def _commit(reader: TomlReader, key: str, name: str) -> str:
    found: Revision = reader.read(key, name, find_revision)
    if not found.commit:
        raise reader.error(key, f"{key}: {name} has no commit of its own", name)
    return found.name


def _order(source: _Source) -> OrderTask:
    story, parts = source.story(), []
    for here, entry in source.reader.tables(source.data, "part"):
        here.keys(entry, "part", {"name", "says"})
        name = here.read("name", here.text(entry, "name"), check_call)
        parts.append(OrderPart(name=name, says=here.text(entry, "says")))
    names = tuple(part.name for part in parts)
    source.unique("part", list(names))
    return OrderTask(
        story=story,
        parts=tuple(parts),
        solution=source.names("solution", names),
        wrong=source.wrong(story),
    )


_TASKS: Mapping[ExerciseKind, Callable[[_Source], Task]] = {
    ExerciseKind.PREDICT: _predict,
    ExerciseKind.SCRIPT: _script,
    ExerciseKind.NUMBER: _number,
    ExerciseKind.HUNKS: _hunks,
    ExerciseKind.ORDER: _order,
}
