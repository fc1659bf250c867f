"""The command that reads logs of real QEMUs."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from kit.cli.common import Json, cli
from kit.cli.forms import Form, InReplyTo, Output, RunForm, Unicode, Width, Writing
from kit.cli.report import put_report
from kit.common.errors import UserError
from kit.common.packaged_data import packaged_path
from kit.common.plain_text import plain
from kit.logs.formats.reader import read_logs
from kit.logs.selection import narrow_log, read_bound
from kit.machine.device_kinds import DeviceKind
from kit.storage.logs import log_lines
from kit.views.reports.log import report_of


@cli.command("import", epilog="Example: kit import /var/log/libvirt/libvirtd.log --device vcpu1")
def import_(
    logs: Annotated[
        list[str],
        typer.Argument(
            metavar="LOG...",
            help="A log, its parts in their order, or several logs of one incident; - is stdin.",
        ),
    ],
    device: Annotated[
        str | None, typer.Option("--device", metavar="ID", help="Only entries about this device.")
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
    machine: Annotated[
        str | None,
        typer.Option(
            "--machine", metavar="NAME", help="The machine, where no line shows it: pseries, q35, …"
        ),
    ] = None,
    kinds: Annotated[
        list[str] | None,
        typer.Option("--kind", metavar="ID=KIND", help="What a device is: core, dimm, pci or phb."),
    ] = None,
    form: Form = RunForm.TEXT,
    width: Width = 72,
    unicode: Unicode = False,
    in_reply_to: InReplyTo = None,
    output: Output = None,
    as_json: Json = False,
) -> None:
    """Draw the unplugs in a log of a real QEMU, and name the revisions that it fits."""
    how = Writing(RunForm.JSON if as_json else form, width, unicode, in_reply_to)
    names = _named_for(how.form, logs)
    places = dict(zip(names, logs, strict=True))
    log = read_logs(
        names,
        lambda name: log_lines(places[name]),
        monitor=monitor,
        machine=machine,
        kinds=dict(map(_read_kind, kinds or [])),
        page=str(packaged_path("docs/import.md")),
    )
    log = narrow_log(
        log,
        device=device,
        since=None if since is None else read_bound(since, log),
        until=None if until is None else read_bound(until, log),
    )
    narrow = {"device": device, "since": since, "until": until}
    narrow |= {"monitor": monitor, "machine": machine}
    options = [word for name, value in narrow.items() if value for word in (f"--{name}", value)]
    options += [word for kind in kinds or [] for word in ("--kind", kind)]
    report = report_of(log, plain(shlex.join(["kit", "import", *names, *options])))
    put_report(report, how, output)


def _named_for(form: RunForm, logs: list[str]) -> list[str]:
    """Return what each log is called: a picture that travels names no folder."""
    if form in (RunForm.TEXT, RunForm.JSON):
        return logs
    names: list[str] = []
    for number, path in enumerate(logs, 1):
        name = Path(path).name or path
        names.append(f"{name} ({number})" if name in names else name)
    return names


_KINDS = {name: DeviceKind[name.upper()] for name in ("core", "dimm", "pci", "phb")}


def _read_kind(text: str) -> tuple[str, DeviceKind]:
    name, equals, kind = text.rpartition("=")
    if not equals or not name or kind not in _KINDS:
        raise UserError(f"--kind {plain(text)!r}: expected ID=KIND with {', '.join(_KINDS)}")
    return name, _KINDS[kind]
