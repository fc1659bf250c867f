"""What runs in the kernel of hand-outs: the print form, and what plays, are outputs of a cell.

Only that kernel has them. In notebooks nobody would see the extra pictures.
"""

from __future__ import annotations

from IPython.core.formatters import BaseFormatter
from IPython.core.interactiveshell import InteractiveShell
from traitlets import ObjectName, Unicode

from kit.views.html.print_form import LIVE_MIME, PRINT_MIME, PrintForm

__all__ = ["LiveFormatter", "PrintFormatter", "begin_lesson", "register"]


class PrintFormatter(BaseFormatter):
    """Calls ``_repr_print_``. An error in it fails the cell."""

    format_type = Unicode(PRINT_MIME)
    print_method = ObjectName("_repr_print_")

    def __call__(self, shown: object) -> tuple[str, dict[str, object]] | None:
        """Return HTML with title and hints as metadata; None if there is no print form."""
        ask = getattr(type(shown), str(self.print_method), None)
        if ask is None:
            return None
        form = ask(shown)
        assert isinstance(form, PrintForm)
        return form.html, {"title": form.title, "hints": list(form.hints)}


class LiveFormatter(BaseFormatter):
    """Calls ``_repr_live_``. An error in it fails the cell."""

    format_type = Unicode(LIVE_MIME)
    print_method = ObjectName("_repr_live_")

    def __call__(self, shown: object) -> str | None:
        """Return the packed data; None if the object has none."""
        ask = getattr(type(shown), str(self.print_method), None)
        return None if ask is None else ask(shown)


def begin_lesson(*, live: bool) -> None:
    """Empty the kernel's namespace, and register the print form; *live*: and what plays."""
    shell = InteractiveShell.instance()
    shell.reset()  # type: ignore[no-untyped-call]  # its own
    register(shell, live=live)


def register(shell: InteractiveShell, *, live: bool) -> None:
    """Register the print form with a shell; *live*: and what plays, which may take seconds."""
    shows = shell.display_formatter
    assert shows is not None
    shows.formatters[PRINT_MIME] = PrintFormatter(parent=shows)
    shows.formatters.pop(LIVE_MIME, None)
    if live:
        shows.formatters[LIVE_MIME] = LiveFormatter(parent=shows)
