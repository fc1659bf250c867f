"""Whole pages from Jinja2 templates, which stand beside the modules that use them.

Every value is escaped as in `kit.views.escape`. There are no filters, hence no ``safe``, and a
missing value is an error.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from kit.views.escape import Html

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["page"]


def page(template: str | Path, **values: object) -> Html:
    """Return a page.

    Args:
        template: The place of a template below kit/, or its full path.
        values: What it names: text, HTML, numbers, and lists of objects that have them.
    """
    return Html(environment().get_template(str(template)).render(values))


@cache
def environment() -> Environment:
    """Return the Jinja2 environment that reads the templates."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined  # slow, and seldom needed

    found = Environment(
        loader=FunctionLoader(_source),
        autoescape=True,
        finalize=_escaped,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    found.filters.clear()
    return found


def _source(name: str) -> str:
    file = Path(name) if Path(name).is_absolute() else resources.files("kit").joinpath(name)
    return file.read_text(encoding="utf-8")


def _escaped(value: object) -> Html:
    from jinja2 import Undefined

    return Html.escape(str(value) if isinstance(value, Undefined) else value)  # str() raises
