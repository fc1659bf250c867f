"""The tokens of the stylesheet: colours, a type scale and distances, once for every page.

``style.css`` states them, for a light and for a dark theme. Pages outside a notebook, which have no
theme of JupyterLab's, take them from here.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

from kit.views.escape import Html

__all__ = ["DARK", "LIGHT", "stylesheet", "token_rules", "tokens"]

LIGHT, DARK = ".kit {", '[data-jp-theme-light="false"] .kit {'
"""How the block of each theme begins in the stylesheet."""

_TOKEN = re.compile(r"--kit-([a-z0-9]+): ([^;]+);")


@cache
def stylesheet() -> Html:
    """Return the kit's one stylesheet."""
    own = resources.files("kit.views").joinpath("style.css")
    return Html(own.read_text(encoding="utf-8"))


@cache
def tokens(theme: str = LIGHT) -> dict[str, str]:
    """Return the tokens of a theme by their names, without ``--kit-``."""
    _, _, block = stylesheet().partition(f"\n{theme}\n")
    return dict(_TOKEN.findall(block.partition("}")[0]))


def token_rules(selector: str = ":root, .kit") -> Html:
    """Return rules that set the tokens for *selector*, in dark where the browser prefers dark."""
    light, dark = (
        Html(" ").join(Html("--kit-{}: {};").format(*named) for named in tokens(theme).items())
        for theme in (LIGHT, DARK)
    )
    return Html(
        "{} {{ {} }}\n:root {{ color-scheme: light dark; }}\n"
        "@media screen and (prefers-color-scheme: dark) {{ {} {{ {} }} }}\n"
    ).format(selector, light, selector, dark)
