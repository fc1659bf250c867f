"""Write a clone's commits as tables of the shape of the Software Heritage graph dataset.

    python -m tools.swh_tables CLONE DIR

Source: Software Heritage, relational schema of the graph dataset (revision, revision_history,
snapshot_branch); the columns that docs/scale.md asks for.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from kit.common.user_file import make_folders
from kit.git.repository.clone import CloneHistory
from kit.git.repository.log import log_blocks

REVISION = pa.schema(
    {"id": pa.string(), "directory": pa.string(), "committer_date": pa.timestamp("s", tz="UTC")}
)
HISTORY = pa.schema({"id": pa.string(), "parent_id": pa.string(), "parent_rank": pa.int32()})
BRANCH = pa.schema(
    {
        "snapshot_id": pa.string(),
        "name": pa.binary(),
        "target": pa.string(),
        "target_type": pa.string(),
    }
)


def tables_of(clone: CloneHistory) -> dict[str, Any]:
    """Return the tables of what HEAD leads to."""
    revisions: list[dict[str, Any]] = []
    parents: list[dict[str, Any]] = []
    with clone.stream("log", "-z", "--format=%H %T %ct %P", *clone.tip(), "--") as log:
        for records in log_blocks(log):
            for record in records:
                sha, tree, seconds, *above = record.decode().split()
                when = datetime.fromtimestamp(int(seconds), UTC)
                revisions.append({"id": sha, "directory": tree, "committer_date": when})
                parents += [
                    {"id": sha, "parent_id": one, "parent_rank": rank}
                    for rank, one in enumerate(above)
                ]
    head = {"snapshot_id": "0" * 40, "name": b"HEAD", "target": clone.commit("HEAD").hash}
    return {
        "revision": pa.Table.from_pylist(revisions, schema=REVISION),
        "revision_history": pa.Table.from_pylist(parents, schema=HISTORY),
        "snapshot_branch": pa.Table.from_pylist(
            [{**head, "target_type": "revision"}], schema=BRANCH
        ),
    }


def main() -> None:
    """Write the tables as Parquet files."""
    clone, folder = sys.argv[1:]
    make_folders(Path(folder))
    for name, table in tables_of(CloneHistory(Path(clone))).items():
        pq.write_table(table, Path(folder) / f"{name}.parquet", compression="zstd")


if __name__ == "__main__":
    main()
