"""A path of the explorer, replayed: the messages at each choice, and its token.

A path has no times.  Where QEMU's own text names the seconds left of its 15 s, the number is left
out.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kit.actors.pseries_programs import GuestKind
from kit.common.errors import MisuseError, UserError
from kit.common.plain_text import short
from kit.explorer.model import DrcModel
from kit.explorer.properties import UnplugProperty, judged
from kit.explorer.scope import Scope
from kit.explorer.search import Path, is_violated, walk
from kit.explorer.transitions import entries_of
from kit.machine.revision import Revision
from kit.simulation.actions import first_words
from kit.simulation.token import TokenError, path_check, path_token, read_path
from kit.trace.entry import TraceEntry, entry_json
from kit.trace.sentences import sentence

__all__ = ["PathStep", "PlayedPath", "open_path", "path_json", "path_lines", "path_sentence"]
__all__ += ["play_path"]

_TIME_LEFT = "15 seconds timeout remaining"


@dataclass(frozen=True, slots=True)
class PathStep:
    """One choice, and the messages that follow from it."""

    action: str
    entries: tuple[TraceEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedPath:
    """A path with all its messages.

    ``breaks`` are the properties that it violates: on the way, or where it ends.
    """

    revision: Revision
    kind: GuestKind
    scope: Scope
    choices: tuple[int, ...]
    steps: tuple[PathStep, ...]
    breaks: tuple[UnplugProperty, ...]

    @property
    def actions(self) -> tuple[str, ...]:
        """The choices in words."""
        return tuple(step.action for step in self.steps)

    @property
    def token(self) -> str:
        """The path as one word."""
        return path_token(
            self.scope.name, self.kind.value, self.revision, self.choices, self.actions
        )


def play_path(revision: Revision, kind: GuestKind, scope: Scope, path: Path) -> PlayedPath:
    """Return a path, which a search of the same model found, with all its messages.

    Raises:
        MisuseError: The model has no such path.
        UserError: The explorer cannot drive the revision's platform.
    """
    model = DrcModel(revision, kind, scope)
    states, actions = walk(model, path)
    steps = tuple(
        PathStep(action.text, entries_of(model.sent(state, action)))
        for state, action in zip(states, actions, strict=False)
    )
    finished = model.finished(states[-1])
    breaks = tuple(
        prop
        for prop in judged(kind)
        if is_violated(prop.kind, prop.of(model).holds, states, finished=finished)
    )
    return PlayedPath(
        revision=revision, kind=kind, scope=scope, choices=path[1:], steps=steps, breaks=breaks
    )


def open_path(token: str) -> PlayedPath:
    """Return the path that a token names, with all its messages.

    Raises:
        TokenError: It is not a path's, is damaged, or belongs to another version of the model.
    """
    read = read_path(token)
    named = short(token.strip())
    other = f"{named}: the explorer goes other ways here than where this was made"
    try:
        scope, kind = Scope.read(read.scope), GuestKind(read.guest)
        played = play_path(read.revision, kind, scope, (0, *read.choices))
    except MisuseError:
        raise TokenError(f"{other}, or the token is damaged") from None
    except (UserError, ValueError) as error:
        raise TokenError(f"{named}: is damaged: {error}") from None
    if path_check(played.actions) != read.check:
        raise TokenError(f"{other}, or the token is damaged")
    return played


def path_lines(played: PlayedPath, width: int = 72) -> Iterator[str]:
    """Yield a path as lines: each choice with its number, and below it a sentence a message."""
    revision = played.revision
    yield f"{revision.name}, guest {played.kind.value}, without time: {len(played.steps)} choices"
    for number, step in enumerate(played.steps, 1):
        yield f"{number:>3}  {step.action}"
        for entry in step.entries:
            text = path_sentence(entry)
            yield from textwrap.wrap(text, width, initial_indent=" " * 7, subsequent_indent=" " * 9)
    for prop in played.breaks:
        yield from textwrap.wrap(
            f"Violated: {prop.name}. {prop.sentence}", width, subsequent_indent=" " * 5
        )
    yield played.token


def path_sentence(entry: TraceEntry) -> str:
    """Return the sentence for an entry, without the time that QEMU names."""
    return sentence(entry).replace(_TIME_LEFT, _TIME_LEFT.replace("15", "…"))


def path_json(played: PlayedPath) -> dict[str, Any]:
    """Return a path as JSON data: the choices, and the entries of each without a time."""
    return {
        "version": 1,
        "scope": played.scope.name,
        "guest": played.kind.value,
        "revision": played.revision.label,
        "token": played.token,
        "breaks": [prop.name for prop in played.breaks],
        "steps": [
            {
                "action": first_words(step.action),
                "entries": [
                    {k: value for k, value in entry_json(entry).items() if k not in _TIMES}
                    for entry in step.entries
                ],
            }
            for step in played.steps
        ],
    }


_TIMES = ("at_ns", "guest_ns")
