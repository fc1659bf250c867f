"""A survey beside what two papers published, in the same columns.

Source: J. Shimagaki, Y. Kamei, S. McIntosh, D. Pursehouse, N. Ubayashi: Why are Commits Being
Reverted? A Comparative Study of Industrial and Open Source Projects, ICSME 2016, pages 301-311,
abstract; M. Yan, X. Xia, D. Lo, A. E. Hassan, S. Li: Characterizing and identifying reverted
commits, Empirical Software Engineering 24, 2019, doi:10.1007/s10664-019-09688-8, abstract.
"""

from __future__ import annotations

from kit.survey.report import Cell, ReportTable, SurveyReport

__all__ = ["papers_table"]

_PUBLISHED: tuple[tuple[Cell, ...], ...] = (
    ("Shimagaki and others, 2016", 6, None, 1.0, 5.0, 1.0, 35.0),
    ("Yan and others, 2019", 10, 125_241, None, None, None, None),
)
_QUERY = """
WITH r AS (
  SELECT repository, count(*) AS reverted, median({days}) AS days
  FROM reverted WHERE {which} GROUP BY repository
), p AS (
  SELECT d.repository, {commits} AS commits, 100.0 * coalesce(r.reverted, 0) / {commits} AS share,
         r.days, r.reverted
  FROM done d LEFT JOIN r USING (repository) WHERE {commits} > 0
)
SELECT count(*), sum(commits), min(share), max(share),
       min(days) FILTER (reverted >= 20), max(days) FILTER (reverted >= 20)
FROM p
"""
_WAYS = (
    ("this survey: changes, committer dates", "NOT is_merge", "(d.commits - d.merges)", "days"),
    ("this survey: changes, author dates", "NOT is_merge", "(d.commits - d.merges)", "author_days"),
    ("this survey: all commits, committer dates", "true", "d.commits", "days"),
)
_DEFINITIONS = (
    "Share: reverted commits of all commits of a project, in percent, the lowest and the highest of"
    " the projects. Days: how long a reverted commit stays in the code, the lowest and the highest"
    " of the projects' medians; of this survey's projects those with at least 20 reverted commits.",
    "Shimagaki and others measure “the proportion of commits that are reverted” and the time that"
    " they stay “within a codebase”, in two proprietary and four open source projects. Yan and"
    " others find reverted commits by their messages and by comparing what was changed, in ten open"
    " source projects; their abstract has neither a share nor a time.",
    "Only the abstracts could be read. Not found: which messages count, whether merges are commits,"
    " which of the two dates counts, and how a revert of a revert counts. The rows of this survey"
    " show what three choices make of the same repositories.",
    "They differ for more reasons than definitions: other projects and years; a history that was"
    " squashed or mailed lacks what was taken back before it came in; and a revert counts here only"
    " if the commit that it names is found and comes before it.",
)


def papers_table(report: SurveyReport) -> ReportTable:
    """Return a survey beside the papers."""
    own: list[tuple[Cell, ...]] = []
    for name, which, commits, days in _WAYS:
        (found,) = report.rows(_QUERY.format(which=which, commits=commits, days=days))
        own.append((name, *found))
    columns = ("study", "projects", "commits", "share % from", "to", "days from", "up to")
    return ReportTable(
        "papers", "Beside published studies", columns, (*_PUBLISHED, *own), _DEFINITIONS
    )
