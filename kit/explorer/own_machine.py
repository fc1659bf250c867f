"""A machine of somebody's own: its description, and the result of a step.

A machine is a Python object with ``describe`` and ``step``, or a program that reads a line of JSON
and writes one; ``docs/your-own-machine.md`` is the reference.  A state is any JSON; two states are
equal if their canonical texts are.  Unseen characters in a machine's texts are made visible, and
the view escapes them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from kit.common.errors import UserError, did_you_mean
from kit.common.json_fields import FormatError, Json, check_keys, flag, load, short, text
from kit.common.plain_text import plain
from kit.explorer.search import PropertyKind
from kit.trace.columns import Severity

__all__ = [
    "MAX_LINE",
    "VERSION",
    "Description",
    "OwnAction",
    "OwnMachine",
    "OwnMachineError",
    "OwnMessage",
    "OwnObject",
    "OwnProperty",
    "OwnStart",
    "OwnStep",
    "Said",
    "Speaker",
    "canonical",
    "read_line",
    "read_object",
]

VERSION = 1
MAX_LINE = 65_536  # characters of a line
MAX_STATE = 4_096  # characters of a state's canonical text
MAX_WORDS = 120
MAX_PARTICIPANTS = 8
MAX_ACTIONS = 64
MAX_MESSAGES = 32  # of one step
MAX_CHOICES = 200  # of a scenario
RECHECKED = 200  # steps that are asked a second time
REFERENCE = "docs/your-own-machine.md"
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 _.-]{0,38}[A-Za-z0-9_.-])?")
_TONES = {tone.name.lower(): tone for tone in Severity}
_KINDS = {kind.value: kind for kind in PropertyKind}


class OwnMachineError(UserError):
    """Somebody's machine broke the protocol; the text names it."""


class OwnObject(Protocol):
    """A machine in Python: both return what a program would write as JSON."""

    def describe(self) -> Mapping[str, Any]:
        """Return who takes part, what can happen, what must hold, and how it starts."""
        ...

    def step(self, state: Any, action: str) -> Mapping[str, Any] | None:  # noqa: ANN401 - JSON
        """Return the result of *action* in *state*; None if it cannot happen there."""
        ...


class Speaker(Protocol):
    """Where answers come from: an object, or a program's process."""

    name: str

    def describe(self) -> Json:
        """Return the description as JSON data."""
        ...

    def step(self, action: str, state: str) -> Json:
        """Return the answer to an action in a state, which is canonical text."""
        ...


@dataclass(frozen=True, slots=True)
class Said:
    """Words, and how good or bad they are."""

    words: str
    tone: Severity = Severity.PLAIN


@dataclass(frozen=True, slots=True)
class OwnMessage:
    """A message between participants; an act of one alone where both are the same."""

    src: str
    dst: str
    said: Said


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAction:
    """Something that can happen.  ``begins``: it starts something new, from outside."""

    name: str
    message: OwnMessage
    begins: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnProperty:
    """A property that the machine judges itself in each step."""

    name: str
    kind: PropertyKind
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnStart:
    """A state in which a run can begin, as canonical text, and what the participants show."""

    name: str
    state: str
    shows: Mapping[str, Said] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """A machine's description of itself; ``scenarios`` are names of actions, by their name."""

    name: str
    title: str
    participants: tuple[str, ...]
    starts: tuple[OwnStart, ...]
    actions: tuple[OwnAction, ...]
    properties: tuple[OwnProperty, ...]
    scenarios: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnStep:
    """The result of an action: the next state, messages, and its judgement of properties."""

    state: str
    messages: tuple[OwnMessage, ...]
    judged: Mapping[str, bool]
    shows: Mapping[str, Said]


class OwnMachine:
    """A machine that was described; each step is asked for once and remembered."""

    def __init__(self, speaker: Speaker) -> None:
        """Ask *speaker* for its description.

        Raises:
            OwnMachineError: It breaks the protocol; the text says how.
        """
        self._speaker = speaker
        self.name = speaker.name
        try:
            self.description = _description(speaker.describe())
        except FormatError as error:
            raise self._wrong("describe", error) from None
        self._known: dict[tuple[str, str], OwnStep | None] = {}

    def start(self, name: str | None = None) -> OwnStart:
        """Return a start, the first by default.

        Raises:
            OwnMachineError: There is no such start.
        """
        starts = self.description.starts
        for start in starts if name is not None else starts[:1]:
            if name in (None, start.name):
                return start
        known = [start.name for start in starts]
        raise OwnMachineError(
            f"{self.name}: has no start {short(name)}; there are {', '.join(known)}"
            f"{did_you_mean(str(name), known)}"
        )

    def scenario(self, words: str) -> tuple[OwnAction, ...]:
        """Return the actions of a scenario's name, or of names of actions with commas between.

        Raises:
            OwnMachineError: There is no such scenario or action, or there are too many.
        """
        scenarios = self.description.scenarios
        names = scenarios.get(words) or tuple(filter(None, map(str.strip, words.split(","))))
        if len(names) > MAX_CHOICES:
            raise OwnMachineError(f"{self.name}: {len(names)} actions; at most {MAX_CHOICES}")
        known = {action.name: action for action in self.description.actions}
        for name in names or (words,):
            if name not in known:
                every = [*scenarios, *known]
                raise OwnMachineError(
                    f"{self.name}: {short(name)} is neither a scenario nor an action; there are"
                    f" {', '.join(every)}{did_you_mean(name, every)}"
                )
        return tuple(known[name] for name in names)

    def step(self, action: OwnAction, state: str) -> OwnStep | None:
        """Return the result of an action in a state; None if it cannot happen there.

        Raises:
            OwnMachineError: The machine breaks the protocol; the text says how.
        """
        key = action.name, state
        if key not in self._known:
            self._known[key] = self._ask(action, state)
        return self._known[key]

    def check_repeats(self) -> None:
        """Ask for some steps a second time, the last first.

        Raises:
            OwnMachineError: An answer depends on more than state and action.
        """
        actions = {action.name: action for action in self.description.actions}
        asked = list(self._known)
        for name, state in reversed(asked[:: max(1, len(asked) // RECHECKED)]):
            if self._ask(actions[name], state) != self._known[name, state]:
                raise OwnMachineError(
                    f"{self.name}: answers {short(name)} in state {_cut(state)} differently the"
                    " second time; an answer may depend on the state and the action alone, not on"
                    " a clock, on dice, or on what was asked before"
                )

    def _ask(self, action: OwnAction, state: str) -> OwnStep | None:
        try:
            return _step(self._speaker.step(action.name, state), self.description, action)
        except FormatError as error:
            raise self._wrong(f"{short(action.name)} in state {_cut(state)}", error) from None

    def _wrong(self, where: str, error: FormatError) -> OwnMachineError:
        return OwnMachineError(f"{self.name}: {where}: {plain(str(error))}; see {REFERENCE}")


def canonical(value: object) -> str:
    """Return JSON data as the one text that all equal data have.

    >>> canonical({"b": 1, "a": [True, None]})
    '{"a":[true,null],"b":1}'
    """
    return _written(value, in_order=True)


def read_object(value: object) -> Json:
    """Return what an object of this process answered, as `read_line` returns it; keys stay.

    Raises:
        FormatError: It is not JSON, or too long.
    """
    return read_line(_written(value, in_order=False))


def _written(value: object, *, in_order: bool) -> str:
    try:
        return json.dumps(value, sort_keys=in_order, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise FormatError(f"is not JSON: {error}") from None


def read_line(line: str) -> Json:
    """Return the value of a machine's line.

    Raises:
        FormatError: It is too long, or not JSON.
    """
    if len(line) > MAX_LINE:
        raise FormatError(f"the answer has more than {MAX_LINE:,} characters; make the state short")
    try:
        return load(line)
    except (ValueError, RecursionError) as error:
        raise FormatError(
            f"the answer is not one line of JSON ({error}): {short(line.strip())}"
        ) from None


def _cut(state: str) -> str:
    return plain(state if len(state) <= 100 else f"{state[:97]}...")


def _name(data: Json, what: str) -> str:
    if not isinstance(data, str) or not _NAME.fullmatch(data):
        raise FormatError(
            f"{what} {short(data)} is not a name: letters, digits, blanks, _ . and -, at most 40"
        )
    return data


def _words(data: Json, key: str) -> str:
    words = text(data, key)
    if len(words) > MAX_WORDS:
        raise FormatError(f"{key} has {len(words)} characters; at most {MAX_WORDS}")
    return plain(words)


def _list(data: Json, key: str, least: int, most: int) -> list[Json]:
    found = data.get(key, [])
    if not isinstance(found, list) or not least <= len(found) <= most:
        raise FormatError(f"{key} is {short(found)}, not a list of {least} to {most}")
    return found


def _map(data: Json, key: str) -> dict[str, Json]:
    found = data.get(key, {})
    if not isinstance(found, dict) or len(found) > MAX_ACTIONS:
        raise FormatError(f"{key} is {short(found)}, not an object of at most {MAX_ACTIONS} keys")
    return found


def _one_of(value: Json, known: Sequence[str], what: str) -> str:
    if value not in known:
        raise FormatError(f"{what} {short(value)} is unknown; expected {', '.join(known)}")
    return str(value)


def _unique(names: list[str], what: str) -> None:
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise FormatError(f"{what} {short(twice[0])} is there twice")


def _state(data: Json) -> str:
    found = canonical(data["state"])
    if len(found) > MAX_STATE:
        raise FormatError(
            f"the state has {len(found):,} characters; at most {MAX_STATE:,}: keep what decides"
        )
    return found


def _said(data: Json, what: str) -> Said:
    """Read words: a text, or a text with its tone."""
    if isinstance(data, str):
        data = {"says": data}
    check_keys(data, what, {"says"}, {"tone"})
    tone = _one_of(data.get("tone", "plain"), [*_TONES], "tone")
    return Said(_words(data, "says"), _TONES[tone])


def _shows(data: Json, participants: tuple[str, ...]) -> dict[str, Said]:
    return {
        _one_of(who, participants, "shows: participant"): _said(said, "shows")
        for who, said in _map(data, "shows").items()
    }


def _description(data: Json) -> Description:
    _check_error(data)
    version = data.get("version", VERSION) if isinstance(data, dict) else VERSION
    if type(version) is not int or version != VERSION:
        raise FormatError(f"speaks version {short(version)}; this kit speaks {VERSION}")
    needed = {"version", "name", "participants", "starts", "actions"}
    check_keys(data, "the description", needed, {"title", "properties", "scenarios"})
    people = tuple(
        _name(one, "participant") for one in _list(data, "participants", 2, MAX_PARTICIPANTS)
    )
    _unique([*people], "participant")
    actions = tuple(_action(one, people) for one in _list(data, "actions", 1, MAX_ACTIONS))
    _unique([action.name for action in actions], "action")
    properties = tuple(_property(one) for one in _list(data, "properties", 0, MAX_ACTIONS))
    _unique([prop.name for prop in properties], "property")
    starts = tuple(_start(name, one, people) for name, one in _map(data, "starts").items())
    if not starts:
        raise FormatError("starts is empty; name at least one")
    known = [action.name for action in actions]
    scenarios = {
        _name(name, "scenario"): tuple(
            _one_of(one, known, f"scenario {name}: action")
            for one in _list({name: names}, name, 1, MAX_CHOICES)
        )
        for name, names in _map(data, "scenarios").items()
    }
    name = _name(data["name"], "name")
    title = _words(data, "title") if "title" in data else name
    return Description(
        name=name,
        title=title,
        participants=people,
        starts=starts,
        actions=actions,
        properties=properties,
        scenarios=scenarios,
    )


def _action(data: Json, people: tuple[str, ...]) -> OwnAction:
    check_keys(data, "an action", {"name", "from"}, {"to", "says", "begins"})
    name = _name(data["name"], "action")
    src = _one_of(data["from"], people, f"action {name}: from")
    dst = _one_of(data.get("to", src), people, f"action {name}: to")
    words = _words(data, "says") if "says" in data else name
    begins = "begins" in data and flag(data, "begins")
    return OwnAction(name=name, message=OwnMessage(src, dst, Said(words)), begins=begins)


def _property(data: Json) -> OwnProperty:
    check_keys(data, "a property", {"name", "kind", "says"})
    kind, name = _one_of(data["kind"], [*_KINDS], "kind"), _name(data["name"], "property")
    return OwnProperty(name=name, kind=_KINDS[kind], sentence=_words(data, "says"))


def _start(name: str, data: Json, people: tuple[str, ...]) -> OwnStart:
    check_keys(data, f"start {short(name)}", {"state"}, {"shows"})
    return OwnStart(name=_name(name, "start"), state=_state(data), shows=_shows(data, people))


def _step(data: Json, description: Description, action: OwnAction) -> OwnStep | None:
    if data is None:
        return None
    _check_error(data)
    optional = {"answer", "events", "judged", "shows"}
    check_keys(data, "the answer", {"state"}, optional)
    people = description.participants
    messages = [action.message]
    if "answer" in data:
        back = action.message
        messages.append(OwnMessage(back.dst, back.src, _said(data["answer"], "answer")))
    for one in _list(data, "events", 0, MAX_MESSAGES):
        check_keys(one, "an event", {"from", "says"}, {"to", "tone"})
        src = _one_of(one["from"], people, "event: from")
        dst = _one_of(one.get("to", src), people, "event: to")
        said = {key: one[key] for key in ("says", "tone") if key in one}
        messages.append(OwnMessage(src, dst, _said(said, "event")))
    known = [prop.name for prop in description.properties]
    judged = _map(data, "judged")
    return OwnStep(
        state=_state(data),
        messages=tuple(messages),
        judged={_one_of(name, known, "judged: property"): flag(judged, name) for name in judged},
        shows=_shows(data, people),
    )


def _check_error(data: Json) -> None:
    """Raise what a machine reports instead of an answer."""
    if isinstance(data, dict) and "error" in data:
        words = data["error"] if isinstance(data["error"], str) else short(data["error"])
        raise FormatError(f"it reports: {plain(' '.join(words.split()))[:500]}")
