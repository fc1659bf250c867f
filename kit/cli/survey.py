"""The commands of a survey: many repositories at once, and the report about them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from kit.cli.common import FINE, NO, cli, put, save
from kit.cli.output import complain, console
from kit.common.child_process import processors
from kit.common.english import counted
from kit.common.errors import UserError
from kit.common.plain_text import plain
from kit.common.user_file import make_folders, read_bounded

if TYPE_CHECKING:
    from kit.survey.run import SurveyProgress, Tell

_OWN = ("run", "report", "-h", "--help")


class SurveyCommands(TyperGroup):
    """A group in which ``kit survey REPO`` means ``kit survey run REPO``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - as typer has it
        """Put the usual command in front."""
        return super().parse_args(ctx, args if not args or args[0] in _OWN else ["run", *args])


survey_commands = typer.Typer(
    help="Survey the reverts of many repositories: kit survey REPO… -o DIR, then report DIR.",
    cls=SurveyCommands,
    no_args_is_help=True,
)
cli.add_typer(survey_commands, name="survey")


@survey_commands.command("run", epilog="Example: kit survey ~/src/*/ -o survey --jobs 4")
def run(
    repositories: Annotated[
        list[str] | None, typer.Argument(metavar="REPO...", help="Clones on this machine.")
    ] = None,
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="DIR", help="The survey's folder.")
    ] = Path("survey"),
    listed: Annotated[
        Path | None, typer.Option("--list", metavar="FILE", help="More clones, one path a line.")
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(min=1, max=256, help="Clones read at once. Default: one per processor."),
    ] = None,
    content: Annotated[
        bool, typer.Option("--content", help="Also look for silent reverts. Slower.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Also check whether each revert is exact. Slower.")
    ] = False,
    scheduler: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="A Dask scheduler. Its workers need the same paths."),
    ] = None,
    retry: Annotated[bool, typer.Option("--retry", help="Read failed repositories again.")] = False,
) -> int:
    """Read the reverts of many repositories into a folder. A second call continues there.

    Exit status 1 if a repository could not be read; the report says why.
    """
    from kit.survey.run import run_survey  # here: pyarrow takes a while
    from kit.survey.task import read_list, tasks_of

    paths = list(repositories or ())
    if listed is not None:
        paths += read_list(read_bounded(listed, "list of repositories"))
    tasks = tasks_of(paths, content=content, check=check)
    with _progress() as tell:
        abouts = run_survey(
            output,
            tasks,
            jobs=jobs or processors(),
            scheduler=scheduler,
            retry=retry,
            tell=tell,
        )
    failures = [about for about in abouts if about.get("state") != "done"]
    reverts = sum(about.get("reverts", 0) for about in abouts)
    typer.echo(
        f"{len(abouts) - len(failures)} of {len(abouts)} repositories,"
        f" {counted(reverts, 'revert')}; next: kit survey report {plain(str(output))}"
    )
    for about in failures:
        complain(f"{about.get('repository')}: {about.get('reason')}")
    return NO if failures else FINE


@contextmanager
def _progress() -> Iterator[Tell]:
    """Yield what shows the progress: a bar with an estimate, or a line each without a terminal."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield _tell_line
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=30),
        TextColumn("about"),
        TimeRemainingColumn(),
        TextColumn("left"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        shown = bar.add_task("reading", total=None)

        def tell(progress: SurveyProgress) -> None:
            words = f"{progress.done} of {progress.total}: {plain(progress.name)}"
            bar.update(
                shown,
                description=words,
                total=progress.bytes_total or 1,  # a large clone takes longer
                completed=progress.bytes_done,
            )

        yield tell


def _tell_line(progress: SurveyProgress) -> None:
    words = "" if progress.failed is None else f": {progress.failed}"
    line = f"{progress.done} of {progress.total}: {progress.name}{words}"
    typer.echo(plain(line), err=True)


class ReportForm(Enum):
    """How a report is written."""

    TEXT = "text"
    MARKDOWN = "md"
    CSV = "csv"


@survey_commands.command("report", epilog="Example: kit survey report survey --format md")
def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The survey's folder.")],
    form: Annotated[
        ReportForm, typer.Option("--format", help="csv writes a file for each table.")
    ] = ReportForm.TEXT,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="A file; for csv a folder.")
    ] = None,
    plots: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Also draw plots into this folder.")
    ] = None,
) -> None:
    """Compare the repositories of a survey: how much is reverted, after how long, how exactly."""
    from kit.survey.papers import papers_table
    from kit.survey.report import open_survey  # here: DuckDB takes a while
    from kit.survey.shards import SurveyFolder
    from kit.survey.tables import csv_text, markdown_lines, rich_tables

    if form is ReportForm.CSV and output is None:
        raise UserError("--format csv writes several files; name a folder with -o DIR")
    opened = open_survey(SurveyFolder(folder))
    tables = [*opened.tables(), papers_table(opened)]
    if form is ReportForm.CSV:
        assert output is not None
        _save_all(output, {f"{t.name}.csv": csv_text(t).encode() for t in tables})
    elif form is ReportForm.MARKDOWN:
        put("\n".join(markdown_lines(tables)).rstrip(), output)
    elif output is not None:
        raise UserError("-o needs --format md or csv")
    else:
        for drawn in rich_tables(tables):
            console().print(drawn)
    if plots is not None:
        from kit.survey.plots import plots_of

        _save_all(plots, dict(plots_of(opened)))


def _save_all(folder: Path, files: dict[str, bytes]) -> None:
    try:
        make_folders(folder)
    except OSError as error:
        raise UserError(
            f"{folder} cannot be created: {error.strerror}; name another folder"
        ) from None
    for name, data in files.items():
        save(folder / name, data)
