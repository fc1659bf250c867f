"""The tables of a survey: SQL over its files in DuckDB, each with the definitions that it uses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kit.common.errors import no_library
from kit.survey.reading import HABIT_WORDS, MAX_JUDGED
from kit.survey.shards import SurveyFolder

__all__ = ["VIEWS", "ReportTable", "SurveyReport", "open_survey"]

Cell = str | int | float | None

VIEWS = """
CREATE VIEW done AS SELECT * FROM repositories WHERE state = 'done';
CREATE VIEW reverted AS
  SELECT repository, target,
         bool_or(target_is_merge) AS is_merge,
         bool_or(target_is_revert) AS is_revert,
         min(seconds) / 86400.0 AS days,
         arg_min(author_seconds, seconds) / 86400.0 AS author_days,
         year(arg_min(committed, seconds) - to_seconds(min(seconds))) AS year
  FROM reverts WHERE status = 'ok' AND seconds IS NOT NULL
  GROUP BY repository, target;
CREATE VIEW reverting AS
  SELECT repository, revert, any_value(form) AS form, any_value(verdict) AS verdict,
         bool_or(silent) AS silent, coalesce(bool_or(target_is_revert), false) AS of_revert
  FROM reverts GROUP BY repository, revert;
CREATE VIEW sizes AS
  SELECT repository, commits - merges AS changes, habit,
         CASE WHEN commits < 2000 THEN '1: below 2,000'
              WHEN commits < 10000 THEN '2: to 10,000'
              WHEN commits < 50000 THEN '3: to 50,000'
              ELSE '4: 50,000 and more' END AS size
  FROM done;
"""
"""What all tables are made from: a reverted commit counts once, at its first revert."""

_DAYS = """median(days) AS days, quantile_cont(days, 0.25) AS q1, quantile_cont(days, 0.75) AS q3,
         median(author_days) AS author_days"""

_SHARE = (
    "Changes are commits that are not merges. Reverted are changes that a later commit reverts,"
    " each once, where that commit names them and comes after them (or, with --content, where its"
    " files are as they were before them). The share is reverted of all changes, in percent."
)
_TIME = (
    "Days are from the reverted commit to its first revert: by committer date, that is when both"
    " came into the branch; author days by author date. q1 and q3 are the quartiles."
)


@dataclass(frozen=True, slots=True)
class ReportTable:
    """A table: its name, what its columns are called, its rows, and what its words mean."""

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    definitions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SurveyReport:
    """A survey that is open for questions."""

    folder: SurveyFolder
    connection: Any  # of DuckDB
    content: bool
    checked: bool

    def tables(self) -> Iterator[ReportTable]:
        """Yield every table of the report."""
        yield self._repositories()
        yield self._grouped("by-habit", "By the way that changes come in", "habit", _habits())
        yield self._grouped("by-size", "By number of commits", "size", ())
        yield self._years()
        yield self._forms()
        if self.checked:
            yield self._exactness()
        yield self._failures()
        yield self._costs()

    def rows(self, query: str) -> tuple[tuple[Cell, ...], ...]:
        """Return the rows that a query gives."""
        return tuple(self.connection.execute(query).fetchall())

    def _repositories(self) -> ReportTable:
        rows = self.rows(
            f"""
            WITH r AS (
              SELECT repository, count(*) AS reverted, count(*) FILTER (is_revert) AS of_reverts,
                     {_DAYS}
              FROM reverted WHERE NOT is_merge GROUP BY repository
            ), c AS (
              SELECT repository, count(*) AS reverting, count(*) FILTER (silent) AS silent
              FROM reverting GROUP BY repository
            )
            SELECT d.repository || CASE WHEN d.shallow THEN ' (shallow)' ELSE '' END,
                   d.habit, s.changes, coalesce(c.reverting, 0), coalesce(r.reverted, 0),
                   100.0 * coalesce(r.reverted, 0) / nullif(s.changes, 0),
                   r.days, r.q1, r.q3, r.author_days,
                   {"coalesce(c.silent, 0)" if self.content else "NULL"},
                   coalesce(r.of_reverts, 0)
            FROM done d JOIN sizes s USING (repository)
            LEFT JOIN r USING (repository) LEFT JOIN c USING (repository)
            ORDER BY d.repository
            """
        )
        columns = (
            *("repository", "habit", "changes", "reverting", "reverted", "share %", "days"),
            *("q1", "q3", "author days", "silent", "reverts of reverts"),
        )
        silent = (
            "Silent: the message says nothing of a revert."
            if self.content
            else "Silent reverts were not looked for (--content)."
        )
        more = (
            "Reverting: commits that revert, even if what they name is not known. Reverts of"
            " reverts: reverted changes that were reverts themselves."
        )
        return ReportTable(
            "repositories", "Each repository", columns, rows, (_SHARE, _TIME, silent, more)
        )

    def _grouped(
        self, name: str, title: str, column: str, definitions: tuple[str, ...]
    ) -> ReportTable:
        rows = self.rows(
            f"""
            WITH r AS (
              SELECT s.{column}, count(*) AS reverted, {_DAYS}
              FROM reverted JOIN sizes s USING (repository) WHERE NOT is_merge GROUP BY 1
            )
            SELECT s.{column}, count(*), sum(s.changes), coalesce(any_value(r.reverted), 0),
                   100.0 * coalesce(any_value(r.reverted), 0) / nullif(sum(s.changes), 0),
                   any_value(r.days), any_value(r.q1), any_value(r.q3), any_value(r.author_days)
            FROM sizes s LEFT JOIN r USING ({column}) GROUP BY s.{column} ORDER BY s.{column}
            """
        )
        columns = (column, "repositories", "changes", "reverted", "share %", "days", "q1", "q3")
        words = "All repositories of a row are taken together: a large one weighs more."
        return ReportTable(
            name, title, (*columns, "author days"), rows, (_SHARE, _TIME, words, *definitions)
        )

    def _years(self) -> ReportTable:
        rows = self.rows(
            """
            WITH y AS (
              SELECT unnest(years, recursive := true) FROM done
            ), c AS (SELECT year, sum(commits - merges) AS changes FROM y GROUP BY year),
            r AS (
              SELECT year, count(*) AS reverted, median(days) AS days
              FROM reverted WHERE NOT is_merge GROUP BY year
            )
            SELECT CAST(c.year AS VARCHAR), c.changes, coalesce(r.reverted, 0),
                   100.0 * coalesce(r.reverted, 0) / nullif(c.changes, 0), r.days
            FROM c LEFT JOIN r USING (year) ORDER BY c.year
            """
        )
        words = (
            "A year is that of the reverted change, by committer date in UTC. The last years are"
            " too low: what will be reverted later is not yet."
        )
        columns = ("year", "changes", "reverted", "share %", "days")
        return ReportTable("by-year", "By year", columns, rows, (_SHARE, words))

    def _forms(self) -> ReportTable:
        rows = self.rows(
            """
            SELECT form, count(*), 100.0 * count(*) / sum(count(*)) OVER ()
            FROM reverting GROUP BY form ORDER BY 2 DESC, 1
            """
        )
        words = (
            "How a commit says that it reverts: phrase (This reverts commit HASH), trailer"
            " (Reverts: HASH), prose (another sentence with a hash), subject (a title or a number,"
            " no hash), silent (nothing is said)."
        )
        return ReportTable(
            "forms", "Forms", ("form", "reverting commits", "share %"), rows, (words,)
        )

    def _exactness(self) -> ReportTable:
        rows = self.rows(
            """
            SELECT coalesce(verdict, 'no verdict'), count(*),
                   100.0 * count(*) / sum(count(*)) OVER ()
            FROM reverting GROUP BY 1 ORDER BY 2 DESC, 1
            """
        )
        words = (
            "Exact: the tree is what undoing the targets gives. Same-lines: the same lines, though"
            " with a conflict. Partial: something of the targets is left. Extra: more is changed."
            " Different: both. No verdict: a target is not known, or cannot be compared."
        )
        return ReportTable(
            "exactness", "Exactness", ("verdict", "reverting commits", "share %"), rows, (words,)
        )

    def _failures(self) -> ReportTable:
        rows = self.rows(
            "SELECT repository, reason FROM repositories WHERE state <> 'done' ORDER BY repository"
        )
        words = ("They are in no other table.",)
        columns = ("repository", "reason")
        return ReportTable("failures", "Repositories that could not be read", columns, rows, words)

    def _costs(self) -> ReportTable:
        names = self.rows("SELECT repository, commits FROM done ORDER BY repository")
        keys = ("seconds", "cpu_s", "peak_mb", "git_mb")
        costs = [(name, count, self.folder.cost(str(name))) for name, count in names]
        rows = tuple((name, count, *(cost.get(key) for key in keys)) for name, count, cost in costs)
        words = (
            "Seconds and CPU of the worker and its git. The most memory of the worker, and of its"
            " largest git, in MB of 10^6 bytes; git maps the packs that it reads, and what it has"
            " read counts."
        )
        columns = ("repository", "commits", "seconds", "CPU s", "peak MB", "git MB")
        return ReportTable("costs", "What it took", columns, rows, (words,))


def _habits() -> tuple[str, ...]:
    words = "; ".join(f"{habit.value}: {meaning}" for habit, meaning in HABIT_WORDS.items())
    return (f"Of the last {MAX_JUDGED:,} commits: {words}. The first that holds counts.",)


def open_survey(folder: SurveyFolder) -> SurveyReport:
    """Open a survey for questions: the tables ``repositories`` and ``reverts``, and `VIEWS`.

    Raises:
        UserError: There is no survey, it has no file that can be read, or DuckDB is not installed.
    """
    try:
        import duckdb
    except ImportError:
        raise no_library("duckdb", "kit survey report", "survey") from None
    options = folder.options()
    index, reverts = folder.tables()
    connection = duckdb.connect(":memory:")
    connection.execute("SET TimeZone = 'UTC'")
    connection.register("repositories", index)
    connection.register("reverts", reverts)
    connection.execute(VIEWS)
    return SurveyReport(folder, connection, bool(options["content"]), bool(options["check"]))
