"""Parse a commit from its bytes, whatever they are, and name what cannot be read.

Real histories hold authors without an address, dates that no calendar has and encodings that nobody
knows.  The rest of such a commit is read all the same.

Source: git 2.39, commit.c, ident.c split_ident_line(); gitformat-commit in git-commit(1),
"ENCODING".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from kit.git.repository.reader import MissingObjectError

__all__ = ["RawCommit", "Stamp", "decoded", "is_known", "iso_date", "parse_commit", "unreadable"]

_HASH = re.compile(rb"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_PERSON = re.compile(rb"([^<]*+)<([^<>]*+)>[^>]*+$")  # as git: the date follows the last >
_DATE = re.compile(rb" *+([0-9]{1,19}) ([+-][0-9]{4})\s*+")
_MAX_OFFSET_MIN = 14 * 60
_ORDINARY_S = 32_503_680_000  # until the year 3000 every calendar has each date
_MAX_PARENTS = 1000
_MAX_PERSON_BYTES = 10_000

# No other name reaches Python's registry of codecs: some take the square of a text's length,
# others unpack it.  These are those that histories are written in.
_CODECS = {
    **dict.fromkeys(("utf-8", "utf8", "us-ascii", "ascii", "unicode"), "utf-8"),
    **dict.fromkeys(("latin-1", "latin1", "l1", "iso-latin-1", "8859-1"), "iso8859-1"),
    **{f"iso-8859-{n}": f"iso8859-{n}" for n in range(1, 17) if n != 12},
    **{f"iso8859-{n}": f"iso8859-{n}" for n in range(1, 17) if n != 12},
    **{f"{maker}125{n}": f"cp125{n}" for n in range(9) for maker in ("windows-", "cp", "cp-")},
    **dict.fromkeys(("shift-jis", "sjis", "cp932", "windows-31j", "x-sjis"), "cp932"),
    **dict.fromkeys(("euc-jp", "eucjp"), "euc_jp"),
    **dict.fromkeys(("gb18030", "gbk", "gb2312", "gb-2312", "cp936", "euc-cn"), "gb18030"),
    **dict.fromkeys(("big5", "big5-hkscs", "cp950"), "big5hkscs"),
    **dict.fromkeys(("euc-kr", "euckr", "cp949", "ks-c-5601-1987"), "cp949"),
    "koi8-r": "koi8-r",
    "koi8-u": "koi8-u",
    "iso-2022-jp": "iso2022_jp",
    "cp437": "cp437",
    "cp850": "cp850",
    "cp866": "cp866",
}


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who wrote or committed, and when: seconds since 1970, minutes east of Greenwich."""

    name: str
    email: str
    time_s: int
    offset_min: int

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"

    @property
    def date(self) -> str:
        """The date as ISO 8601."""
        return iso_date(self.time_s, self.offset_min)


@dataclass(frozen=True, slots=True, kw_only=True)
class RawCommit:
    """A commit; ``faults`` name the fields that cannot be read, which are empty."""

    sha: str
    tree: str | None
    parents: tuple[str, ...]
    author: Stamp
    committer: Stamp
    message: str
    encoding: bytes = b""
    faults: tuple[str, ...] = ()

    def tree_name(self) -> str:
        """Return the hash of its tree, or raise MissingObjectError if it names none."""
        if self.tree is None:
            raise MissingObjectError(f"{self.sha} cannot be read: it has no tree")
        return self.tree


def parse_commit(sha: str, data: bytes) -> RawCommit:
    """Return a commit from its bytes."""
    head, _, message = data.partition(b"\n\n")
    lines = head.split(b"\n")
    faults: list[str] = []
    tree = _named(b"tree", lines[0])
    if tree is None:
        faults.append("it has no tree")
    parents: list[str] = []
    for line in lines[1 : _MAX_PARENTS + 1]:
        if not line.startswith(b"parent "):
            break
        parent = _named(b"parent", line)
        if parent is None:
            faults.append("one of its parents has no hash")
            break
        parents.append(parent)
    encoding = _header(lines, b"encoding ") or b""
    author, committer = (_stamp(lines, who, encoding, faults) for who in ("author", "committer"))
    return RawCommit(
        sha=sha,
        tree=tree,
        parents=tuple(parents),
        author=author,
        committer=committer,
        message=decoded(message, encoding),
        encoding=encoding,
        faults=tuple(faults),
    )


def unreadable(sha: str, why: str) -> RawCommit:
    """Return a placeholder for a commit of which nothing can be read."""
    nobody = Stamp("", "", 0, 0)
    return RawCommit(
        sha=sha, tree=None, parents=(), author=nobody, committer=nobody, message="", faults=(why,)
    )


def decoded(raw: bytes, encoding: bytes = b"") -> str:
    """Return bytes of a commit as text; in an unknown encoding they are read as UTF-8.

    >>> decoded(b"M\\xfcller", b"ISO-8859-1"), decoded(b"M\\xfcller", b"punycode")
    ('Müller', 'M\ufffdller')
    """
    codec = _CODECS.get(_normal(encoding), "utf-8") if encoding else "utf-8"
    return raw.decode(codec, "replace")


def is_known(encoding: bytes) -> bool:
    """Is it one of the encodings that histories are written in?"""
    return _normal(encoding) in _CODECS


def _normal(encoding: bytes) -> str:
    return encoding[:40].decode("ascii", "replace").strip().lower().replace("_", "-")


def iso_date(seconds: int, offset_min: int) -> str:
    """Return a date as ISO 8601 with its time zone; an impossible one as the start of 1970."""
    try:
        zone = timezone(timedelta(minutes=offset_min))
        return datetime.fromtimestamp(seconds, zone).isoformat()
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC).isoformat()


def _named(what: bytes, line: bytes) -> str | None:
    word, _, name = line.partition(b" ")
    return name.decode() if word == what and _HASH.fullmatch(name) else None


def _header(lines: list[bytes], start: bytes) -> bytes | None:
    return next((line[len(start) :] for line in lines if line.startswith(start)), None)


def _stamp(lines: list[bytes], who: str, encoding: bytes, faults: list[str]) -> Stamp:
    line = _header(lines, who.encode() + b" ")
    if line is None:
        faults.append(f"its {who} is missing")
        return Stamp("", "", 0, 0)
    person = _PERSON.match(line) if len(line) <= _MAX_PERSON_BYTES else None
    if person is None:
        faults.append(f"its {who} has no address in < >")
        return Stamp(decoded(line[:_MAX_PERSON_BYTES], encoding).strip(), "", 0, 0)
    name, email = (decoded(part, encoding).strip() for part in person.groups())
    time_s, offset_min = 0, 0
    date = _DATE.fullmatch(line[line.rindex(b">") + 1 :])
    if date is None:
        faults.append(f"its {who} has no date")
    else:
        time_s, offset = int(date[1]), int(date[2])
        offset_min = (abs(offset) // 100 * 60 + abs(offset) % 100) * (-1 if offset < 0 else 1)
        if abs(offset_min) > _MAX_OFFSET_MIN:
            faults.append(f"its {who} has an invalid time zone")
            offset_min = 0
        if time_s > _ORDINARY_S and iso_date(time_s, offset_min) == iso_date(0, 0):
            faults.append(f"its {who} has an invalid date")
            time_s = 0
    return Stamp(name, email, time_s, offset_min)
