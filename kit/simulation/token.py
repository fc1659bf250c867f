"""Tokens: a run or a pair as one printable word, which names choices and not states.

    1.run.late-release.pre-revert.9Ffu
    1.pair.late-release.pre-revert.revert.AQBc-wM
    1.path.c2q2r1m1.linux-5_12.pre-revert.9FfuCAAAB

That is: version, kind, scenario, revision or both, and at the end a check and the interventions,
packed: for each the ms since the one before, the number of its action in the scenario's menu, and
how many entries of that time it waited for, in each run.  The check covers what the scenario says
and what the actions mean, so that a token never opens as another run than the one it was made of.
It is of their first words: an action that is renamed leaves old tokens as they are.

A path of the explorer names its scope and its guest instead of a scenario, and has after the check
one character for each choice.  What they mean, `kit.explorer.paths` knows.  Every character may
stand in a shell's word and in an URL.
"""

from __future__ import annotations

import binascii
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from math import isqrt
from string import ascii_letters, digits
from zlib import crc32

from kit.common.errors import UserError
from kit.common.plain_text import short
from kit.machine.catalogue import EVERY_RELEASE, find_revision
from kit.machine.clock import NS_PER_MS
from kit.machine.revision import Revision
from kit.simulation.actions import current_words, first_words, line_of, menu
from kit.simulation.run import Intervention, Pair, Run, play, play_pair
from kit.simulation.scenario import Scenario

__all__ = ["MAX_CHARACTERS", "PathToken", "TokenError", "is_path", "is_token", "open_token"]
__all__ += ["path_check", "path_token", "read_path", "token_of"]

VERSION = "1"
KINDS = ("run", "pair", "path")
MAX_CHARACTERS = 120  # of a built-in scenario with up to ten interventions
_CHECK_BYTES = 3
_CHECK_CHARACTERS = 4  # of as many bytes in base 64
_WORD = re.compile(r"[A-Za-z0-9._~-]{1,2000}")
_SIDES = 3  # an action comes with no, one or two numbers of entries that it waited for
_CHOICES = ascii_letters + digits + "-_"  # a path's choices, from 0 on
_OTHER_ACTION = 0  # of the menu's numbers, which begin at 1: the action's own text follows


class TokenError(UserError):
    """The text is not a token, or this kit cannot open it."""


def token_of(played: Run | Pair) -> str:
    """Return the token of a run or a pair.

    >>> from kit.machine.catalogue import find_revision
    >>> from kit.simulation.scenario import read_scenario
    >>> story = read_scenario('title="t"\\nwhy="w"\\nlook="l"\\nend="1 s"', "story", "story.toml")
    >>> token_of(play(story, find_revision("revert"))).startswith("1.run.story.revert.")
    True
    """
    runs = played.runs
    kind = "run" if isinstance(played, Run) else "pair"
    scenario = runs[0].scenario
    packed = _packed(scenario, played.interventions)
    named = [_lasting_name(run.revision) for run in runs]
    token = _joined(kind, scenario.name, named, packed)
    if len(token) > MAX_CHARACTERS:
        named = [_short_name(run.revision) for run in runs]
        token = _joined(kind, scenario.name, named, packed)
    return token


def _joined(kind: str, scenario: str, revisions: list[str], packed: str) -> str:
    # a point parts the fields, so v6.0.0 is written v6_0_0
    named = [revision.replace(".", "_") for revision in revisions]
    return ".".join((VERSION, kind, scenario, *named, packed))


def _lasting_name(revision: Revision) -> str:
    """Return the name of a revision, but the tag of a release: ``today`` will mean another."""
    return revision.label if revision in EVERY_RELEASE else revision.name


def _short_name(revision: Revision) -> str:
    """Return the shortest prefix of its hash, of four digits or more, that names a revision."""
    for length in range(4, len(revision.commit)):
        try:
            if find_revision(revision.commit[:length]) is revision:
                return revision.commit[:length]
        except UserError:
            continue
    return _lasting_name(revision)


def _packed(scenario: Scenario, interventions: tuple[Intervention, ...]) -> str:
    numbers = {text: number for number, text in enumerate(menu(scenario.setup.devices), 1)}
    data = bytearray(_check(scenario, interventions))
    last_ms = 0
    for one in interventions:
        at_ms = one.at_ns // NS_PER_MS
        data += _varint((at_ms - last_ms) * _SIDES + len(one.after))
        last_ms = at_ms
        number = numbers.get(current_words(one.action), _OTHER_ACTION)
        data += _varint(number)
        if number == _OTHER_ACTION:
            text = one.action.encode()
            data += _varint(len(text)) + text
        if one.after:
            data += _varint(one.after[0] if len(one.after) == 1 else _paired(*one.after))
    return urlsafe_b64encode(bytes(data)).decode().rstrip("=")


def _paired(one: int, other: int) -> int:
    """Return one number for two, small if both are (Cantor's pairing)."""
    return (one + other) * (one + other + 1) // 2 + other


def _unpaired(paired: int) -> tuple[int, int]:
    both = (isqrt(8 * paired + 1) - 1) // 2
    other = paired - both * (both + 1) // 2
    return both - other, other


def _check(scenario: Scenario, interventions: tuple[Intervention, ...]) -> bytes:
    """Return a check of the scenario and of what the actions mean."""
    done = [(one.at_ns, first_words(one.action), one.after) for one in interventions]
    checked = (scenario.name, scenario.digest, done)
    return crc32(repr(checked).encode()).to_bytes(4, "big")[:_CHECK_BYTES]


def _varint(number: int) -> bytes:
    """Return a number in groups of seven bits, the lowest first."""
    groups = bytearray()
    while number > 0x7F:
        groups.append(number & 0x7F | 0x80)
        number >>= 7
    groups.append(number)
    return bytes(groups)


def open_token(token: str, find_scenario: Callable[[str], Scenario]) -> Run | Pair:
    """Return what a token names; *find_scenario* returns a scenario or raises `UserError`.

    Raises:
        TokenError: It is not a token, is of another version, or this machine does not have its
            scenario in that form; the text says which.
    """
    token = token.strip()
    version, _, rest = token.partition(".")
    if not _WORD.fullmatch(token) or not version.isdecimal() or not rest:
        raise TokenError(f"{short(token)} is not a token; example: 1.run.late-release.revert.…")
    if version != VERSION:
        raise TokenError(
            f"{short(token)} is a token of version {version}; this kit opens version {VERSION}"
        )
    kind, *fields = rest.split(".")
    if kind not in KINDS:
        raise TokenError(f"{short(token)}: kind {kind!r}; expected one of {', '.join(KINDS)}")
    if kind == "path":
        raise TokenError(f"{short(token)}: is a path, which has no times; see it with: kit open")
    needed = 3 if kind == "run" else 4
    if len(fields) < needed:
        raise TokenError(f"{short(token)}: is cut short; copy the whole of it")
    return _opened(token, kind, fields, find_scenario)


@dataclass(frozen=True, slots=True)
class PathToken:
    """The content of a path's token: the scope's and the guest's name, a revision, choices."""

    scope: str
    guest: str
    revision: Revision
    choices: tuple[int, ...]
    check: str


def is_token(text: str) -> bool:
    """Does it begin as a token does, with a version and a kind?"""
    version, _, rest = text.strip().partition(".")
    return version.isdecimal() and rest.partition(".")[0] in KINDS


def is_path(token: str) -> bool:
    """Is it a path's token, sound or not?"""
    return token.strip().split(".")[:2] == [VERSION, "path"]


def path_token(
    scope: str, guest: str, revision: Revision, choices: Sequence[int], texts: Sequence[str]
) -> str:
    """Return the token of a path.

    *scope* and *guest* are names, *choices* the indices of the actions taken, each below 64, and
    *texts* these actions, for the check.
    """
    packed = path_check(texts) + "".join(_CHOICES[choice] for choice in choices)
    token = _joined("path", scope, [guest, _lasting_name(revision)], packed)
    if len(token) > MAX_CHARACTERS:
        token = _joined("path", scope, [guest, _short_name(revision)], packed)
    return token


def path_check(texts: Sequence[str]) -> str:
    """Return a check of what the actions of a path mean."""
    crc = crc32("\n".join(map(first_words, texts)).encode()).to_bytes(4, "big")[:_CHECK_BYTES]
    return urlsafe_b64encode(crc).decode()


def read_path(token: str) -> PathToken:
    """Return the content of a path's token, without playing it.

    Raises:
        TokenError: It is not a path's token, or is damaged.
    """
    token = token.strip()
    fields = token.split(".")
    if not is_path(token) or not _WORD.fullmatch(token):
        raise TokenError(f"{short(token)} is not a token of a path; example: 1.path.c2q2r1m1.…")
    if len(fields) != 6 or len(fields[5]) < _CHECK_CHARACTERS:
        raise TokenError(f"{short(token)}: is cut short; copy the whole of it")
    scope, guest, label, packed = fields[2:]
    try:
        revision = find_revision(label.replace("_", "."))
        choices = tuple(_CHOICES.index(one) for one in packed[_CHECK_CHARACTERS:])
    except (UserError, ValueError) as error:
        raise TokenError(f"{short(token)}: is damaged: {error}") from None
    return PathToken(scope, guest.replace("_", "."), revision, choices, packed[:_CHECK_CHARACTERS])


def _opened(
    token: str, kind: str, fields: list[str], find_scenario: Callable[[str], Scenario]
) -> Run | Pair:
    name, packed = fields[0], fields[-1]
    try:
        scenario = find_scenario(name)
    except UserError as error:
        raise TokenError(
            f"{short(token)}: scenario {name!r} is not on this machine: {error}; one of your own"
            " is named beside the token: kit open TOKEN --scenario FILE"
        ) from None
    try:
        revisions = [find_revision(label) for label in _revisions(kind, fields[1:-1])]
        interventions, check = _unpacked(scenario, packed)
    except (UserError, ValueError, binascii.Error) as error:
        raise TokenError(f"{short(token)}: is damaged: {error}") from None
    if check != _check(scenario, interventions):
        raise TokenError(
            f"{short(token)}: scenario {name!r} is another one here than the token was made of,"
            " or the token is damaged"
        )
    if kind == "run":
        return play(scenario, revisions[0], interventions)
    return play_pair(scenario, revisions[0], revisions[1], interventions)


def _revisions(kind: str, fields: list[str]) -> list[str]:
    if len(fields) != (1 if kind == "run" else 2):
        raise ValueError("it does not name the revisions of a " + kind)
    return [field.replace("_", ".") for field in fields]


def _unpacked(scenario: Scenario, packed: str) -> tuple[tuple[Intervention, ...], bytes]:
    data = urlsafe_b64decode(packed + "=" * (-len(packed) % 4))
    if len(data) < _CHECK_BYTES:
        raise ValueError("its end is missing")
    texts = menu(scenario.setup.devices)
    rest = iter(data[_CHECK_BYTES:])
    found: list[Intervention] = []
    at_ms = 0
    while (delta := _read_varint(rest, may_end=True)) is not None:
        passed, sides = divmod(delta, _SIDES)
        at_ms += passed
        number = _read(rest)
        if number > len(texts):
            raise ValueError(f"there is no action number {number}")
        action = _read_text(rest) if number == _OTHER_ACTION else texts[number - 1]
        after: tuple[int, ...] = ()
        if sides:
            after = (_read(rest),) if sides == 1 else _unpaired(_read(rest))
        line_of(0, action, scenario.setup.devices)
        found.append(Intervention(at_ms * NS_PER_MS, action, after))
    return tuple(found), data[:_CHECK_BYTES]


def _read_text(rest: Iterator[int]) -> str:
    length = _read(rest)
    data = bytes(islice(rest, length))
    if len(data) < length:
        raise ValueError("its end is missing")
    return data.decode()


def _read(rest: Iterator[int]) -> int:
    number = _read_varint(rest)
    assert number is not None
    return number


def _read_varint(rest: Iterator[int], *, may_end: bool = False) -> int | None:
    number = shift = 0
    for byte in rest:
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte <= 0x7F:
            return number
        if shift > 63:
            raise ValueError("a number in it is too large")
    if may_end and not shift:
        return None
    raise ValueError("its end is missing")
