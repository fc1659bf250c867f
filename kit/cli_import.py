"""The command that reads logs of real QEMUs."""

from __future__ import annotations

import json
import shlex
from typing import Annotated

import typer

from kit.cli_common import Json, cli, put
from kit.cli_forms import Form, InReplyTo, Output, RunForm, Unicode, Width
from kit.errors import UserError
from kit.log_files import log_lines
from kit.runs.log_choice import narrowed, read_bound
from kit.runs.logs import read_log
from kit.runs.plain_text import plain
from kit.views.log_text import Report, report_of
from kit.views.mail import read_message_id
from kit.views.picture_page import picture_png
from kit.views.picture_svg import picture_svg

__all__: list[str] = []


@cli.command("import", epilog="Example: kit import /var/log/libvirt/libvirtd.log --device vcpu1")
def import_(
    logs: Annotated[
        list[str],
        typer.Argument(
            metavar="LOG...",
            help="QMP transcript or libvirt debug log, or its parts in their order; - is stdin.",
        ),
    ],
    device: Annotated[
        str | None, typer.Option("--device", metavar="ID", help="Only what concerns a device.")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="PLACE", help="From a line (1200) or a time (12.5s) on."),
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="PLACE", help="Up to a line or a time.")
    ] = None,
    monitor: Annotated[
        str | None,
        typer.Option("--monitor", metavar="NAME", help="Of several QEMUs: its domain or monitor."),
    ] = None,
    form: Form = RunForm.TEXT,
    width: Width = 72,
    unicode: Unicode = False,
    in_reply_to: InReplyTo = None,
    output: Output = None,
    as_json: Json = False,
) -> None:
    """Draw what a log of a real QEMU tells of unplugging, and say which revisions it fits."""
    form = RunForm.JSON if as_json else form
    if in_reply_to is not None and form is not RunForm.MAIL:
        raise UserError("--in-reply-to goes with --format mail")
    log = read_log(((name, log_lines(name)) for name in logs), monitor=monitor)
    log = narrowed(
        log,
        device=device,
        since=None if since is None else read_bound(since, log),
        until=None if until is None else read_bound(until, log),
    )
    narrow = {"device": device, "since": since, "until": until, "monitor": monitor}
    options = [word for name, value in narrow.items() if value for word in (f"--{name}", value)]
    report = report_of(log, plain(shlex.join(["kit", "import", *logs, *options])))
    if form is RunForm.PNG:
        put(b"" if output is None else picture_png(report.layout), output)
    else:
        put(_text(report, form, width, unicode, in_reply_to), output)


def _text(report: Report, form: RunForm, width: int, unicode: bool, in_reply_to: str | None) -> str:
    match form:
        case RunForm.JSON:
            return json.dumps(report.json(), indent=2)
        case RunForm.SVG:
            return picture_svg(report.layout)
        case RunForm.HTML:
            return report.page()
        case RunForm.MAIL:
            answers = None if in_reply_to is None else read_message_id(in_reply_to)
            lines = report.mail_lines(width, unicode=unicode, in_reply_to=answers)
        case RunForm.MD:
            lines = report.markdown_lines(width, unicode=unicode)
        case _:
            lines = report.text_lines(width, unicode=unicode)
    return "\n".join(plain(line) for line in lines)
