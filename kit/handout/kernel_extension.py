"""An extension of IPython that adds the print form, and what can play, to a cell's output.

Only the kernels of hand-outs load it (``--ext=kit.handout.kernel_extension``). In notebooks nobody
would see the extra pictures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from IPython.core.formatters import BaseFormatter
from traitlets import ObjectName, Unicode

from kit.views.html.print_form import LIVE_MIME, PRINT_MIME, PrintForm

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["LiveFormatter", "PrintFormatter", "load_ipython_extension"]


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


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Register the print form with a shell."""
    shows = shell.display_formatter
    assert shows is not None
    shows.formatters[PRINT_MIME] = PrintFormatter(parent=shows)
    shows.formatters[LIVE_MIME] = LiveFormatter(parent=shows)
