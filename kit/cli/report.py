"""Write a picture with its text, of a run, a path, a log or a real guest, in each form."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kit.actors.pseries_programs import GuestKind
from kit.cli.common import put
from kit.cli.forms import RunForm, Writing
from kit.common.errors import UserError
from kit.common.plain_text import plain
from kit.lessons.stories import observed_story, with_futures
from kit.machine.revision import Revision
from kit.views.diagram.layout import Layout
from kit.views.diagram.svg import lone_svg
from kit.views.page.story import Story, story_page
from kit.views.reports.guest import GuestReport
from kit.views.reports.log import LogReport
from kit.views.reports.mail import read_message_id
from kit.views.reports.own import OwnReport
from kit.views.reports.picture_page import StillPage, page_of, picture_png
from kit.views.sequence.from_layout import sequence_of
from kit.views.sequence.write_mermaid import mermaid_lines

__all__ = ["Forms", "put_report"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forms:
    """The forms of a run or a path, each made when it is wanted."""

    draw: Callable[[], Layout]
    transcript: Callable[[], Iterator[str]]
    json: Callable[[], dict[str, Any]]
    still: Callable[[], StillPage]
    story: Callable[[], Story]
    revisions: tuple[Revision, ...]
    guest: GuestKind
    text_lines: Callable[..., Iterator[str]]
    markdown_lines: Callable[..., Iterator[str]]
    mail_lines: Callable[..., Iterator[str]]

    @property
    def layout(self) -> Layout:
        """The picture."""
        return self.draw()


Report = LogReport | GuestReport | OwnReport | Forms


def put_report(report: Report, how: Writing, output: Path | None) -> None:
    """Write a report to a file or to stdout; UserError if that fails."""
    if how.form is RunForm.PNG:
        put(b"" if output is None else picture_png(report.layout), output)
    else:
        put(_text(report, how), output)


def _story(report: Report, how: Writing) -> Story:
    if isinstance(report, Forms):
        story = report.story()
        return with_futures(story, report.revisions, report.guest) if how.explore else story
    if how.explore:
        raise UserError(
            "--explore goes with the embedded machine; another has its own: kit explore --machine"
            if isinstance(report, OwnReport)
            else "--explore goes with the embedded machine: what was observed has no other end"
        )
    return observed_story(report)


def _text(report: Report, how: Writing) -> str:
    match how.form:
        case RunForm.JSON:
            return json.dumps(report.json(), indent=2)
        case RunForm.SVG:
            return lone_svg(report.layout)
        case RunForm.HTML:
            return page_of(report.still())
        case RunForm.PAGE:
            return story_page(_story(report, how))
        case RunForm.MERMAID:
            return "\n".join(mermaid_lines(sequence_of(report.layout)))
        case RunForm.QMP if not isinstance(report, LogReport | OwnReport):
            lines = report.transcript()
        case RunForm.QMP:
            raise UserError(
                "--format qmp works with run, compare and open of the kit's machines; a log is a"
                " transcript already"
            )
        case RunForm.MAIL:
            answers = None if how.in_reply_to is None else read_message_id(how.in_reply_to)
            lines = report.mail_lines(how.width, unicode=how.unicode, in_reply_to=answers)
        case RunForm.MD:
            lines = report.markdown_lines(how.width, unicode=how.unicode)
        case _:
            lines = report.text_lines(how.width, unicode=how.unicode)
    return "\n".join(plain(line) for line in lines)
