"""The files of a survey: a Parquet file for each repository, and an index over all of them.

A repository's file holds its reverts, and in its metadata the row about the repository.  It is
written as one file, so it is there whole or not at all; the index can be made from the files at any
time.  Time and memory are kept beside them: the same survey gives the same bytes on any machine.

Source: Apache Parquet, file format; pyarrow.parquet.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kit.common.errors import UserError, no_library
from kit.common.plain_text import plain
from kit.common.user_file import make_folders, write_atomic
from kit.survey.reading import Surveyed
from kit.survey.task import SurveyTask

__all__ = ["INDEX", "SurveyFolder", "failed", "pyarrow_of", "shard_bytes"]

INDEX, OPTIONS = "index.parquet", "survey.json"
_KEY = b"unplug-kit.repository"
_MAX_OPTIONS = 100_000


def pyarrow_of() -> Any:  # noqa: ANN401 - the module, which ships no types
    """Return pyarrow with its Parquet part; UserError if the extra is not installed."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise no_library("pyarrow", "kit survey", "survey") from None
    return pyarrow


def _reverts_schema() -> Any:  # noqa: ANN401 - as above
    pa = pyarrow_of()
    text, flag, date = pa.string(), pa.bool_(), pa.timestamp("s", tz="UTC")
    return pa.schema(
        {
            "repository": text,
            "revert": text,
            "committed": date,
            "authored": text,
            "form": text,
            "silent": flag,
            "is_merge": flag,
            "verdict": text,
            "unreadable": text,
            "named": text,
            "target": text,
            "status": text,
            "by": text,
            "target_is_merge": flag,
            "target_is_revert": flag,
            "seconds": pa.int64(),
            "author_seconds": pa.int64(),
        }
    )


def _index_schema() -> Any:  # noqa: ANN401 - as above
    pa = pyarrow_of()
    text, flag, date, count = pa.string(), pa.bool_(), pa.timestamp("s", tz="UTC"), pa.int64()
    year = pa.struct({"year": pa.int32(), "commits": count, "merges": count})
    share = pa.float64()
    return pa.schema(
        {
            "repository": text,
            "path": text,
            "state": text,
            "reason": text,
            "head": text,
            "shallow": flag,
            "commits": count,
            "merges": count,
            "first": date,
            "last": date,
            "habit": text,
            "share_change_id": share,
            "share_numbered": share,
            "share_signed": share,
            "share_other_committer": share,
            "years": pa.list_(year),
            "reverts": count,
            "content": flag,
            "checked": flag,
        }
    )


def failed(task: SurveyTask, reason: str) -> Surveyed:
    """Return the row of a repository that cannot be read."""
    about = {"repository": task.name, "path": task.path, "state": "failed", "reason": reason[:2000]}
    return Surveyed({**about, "content": task.content, "checked": task.check}, [])


def shard_bytes(found: Surveyed) -> bytes:
    """Return a repository as the bytes of its file."""
    pa = pyarrow_of()
    about = json.dumps(found.about, sort_keys=True, default=lambda date: date.isoformat())
    schema = _reverts_schema().with_metadata({_KEY: about.encode()})
    return _written(pa.Table.from_pylist(found.rows, schema=schema))


def _written(table: Any) -> bytes:  # noqa: ANN401 - as above
    buffer = io.BytesIO()
    pyarrow_of().parquet.write_table(table, buffer, compression="zstd", version="2.6")
    return buffer.getvalue()


@dataclass(frozen=True, slots=True)
class SurveyFolder:
    """The folder of a survey."""

    place: Path

    def begin(self, options: dict[str, Any]) -> None:
        """Make the folder, or go on in it; UserError if it cannot be, or has other options."""
        try:
            make_folders(self.place, "shards")
            make_folders(self.place, "costs")
            known = self.options() if (self.place / OPTIONS).exists() else None
            if known is None:
                write_atomic(self.place / OPTIONS, _json(options))
        except OSError as error:
            raise UserError(
                f"{self.place}: a survey cannot be written there: {error.strerror};"
                " name another folder"
            ) from None
        for name in ("content", "check"):
            if known is not None and known.get(name) != options[name]:
                was = "with" if known.get(name) else "without"
                raise UserError(
                    f"{self.place} holds a survey {was} --{name};"
                    " continue it so, or name another folder"
                )

    def options(self) -> dict[str, Any]:
        """Return the versions and options of the survey; UserError if there is none here."""
        path = self.place / OPTIONS
        try:
            with path.open("rb") as file:
                found = json.loads(file.read(_MAX_OPTIONS))
        except (OSError, ValueError):
            found = None
        if not isinstance(found, dict) or found.get("version") != 1:
            raise UserError(
                f"{plain(str(self.place))} does not hold a survey; run kit survey REPO -o DIR first"
            )
        return found

    def shard(self, name: str) -> Path:
        """Return the place of a repository's file."""
        return self.place / "shards" / f"{name}.parquet"

    def shards(self) -> list[Path]:
        """Return all files, by name."""
        return sorted((self.place / "shards").glob("*.parquet"))

    def keep(self, name: str, data: bytes, cost: dict[str, float]) -> None:
        """Write a repository's file; what it took first, so that a file never lacks it."""
        write_atomic(self.place / "costs" / f"{name}.json", _json(cost))
        write_atomic(self.shard(name), data)

    def cost(self, name: str) -> dict[str, float]:
        """Return what a repository took; empty if that is not known."""
        try:
            found = json.loads((self.place / "costs" / f"{name}.json").read_bytes())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def about(self, name: str) -> dict[str, Any] | None:
        """Return the row about a repository; None if it is not read, or its file is damaged."""
        path = self.shard(name)
        if not path.is_file():
            return None
        pa = pyarrow_of()
        try:
            found = json.loads(pa.parquet.read_schema(path).metadata[_KEY])
        except (OSError, ValueError, KeyError, TypeError, pa.ArrowException):
            return None
        return found if isinstance(found, dict) else None

    def write_index(self, names: Iterable[str]) -> None:
        """Write the index over the files that are there."""
        abouts = [about for name in sorted(names) if (about := self.about(name)) is not None]
        write_atomic(self.place / INDEX, _written(index_table(abouts)))

    def tables(self) -> tuple[Any, Any]:
        """Return the index and all reverts as Arrow tables; UserError if a file cannot be read."""
        pa = pyarrow_of()
        self.options()
        names = [path.stem for path in self.shards()]
        abouts = {name: self.about(name) for name in names}
        damaged = next((name for name, about in abouts.items() if about is None), None)
        if damaged is not None:
            raise UserError(
                f"{self.shard(damaged)}: cannot be read; remove it, and run kit survey again"
            )
        schema = _reverts_schema()
        parts = [pa.parquet.read_table(self.shard(name), schema=schema) for name in names]
        whole = pa.concat_tables(parts) if parts else pa.Table.from_pylist([], schema=schema)
        return index_table([about for about in abouts.values() if about]), whole


def index_table(abouts: Sequence[dict[str, Any]]) -> Any:  # noqa: ANN401 - as above
    """Return rows about repositories as an Arrow table."""
    from datetime import datetime

    rows = [
        {
            **about,
            **{
                key: datetime.fromisoformat(about[key])
                for key in ("first", "last")
                if about.get(key) is not None
            },
        }
        for about in abouts
    ]
    return pyarrow_of().Table.from_pylist(rows, schema=_index_schema())


def _json(data: dict[str, Any]) -> bytes:
    return (json.dumps(data, indent=2, sort_keys=True) + "\n").encode()
