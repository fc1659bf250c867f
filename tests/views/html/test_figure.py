"""What shows itself in a notebook."""

from __future__ import annotations

import re

from kit.views.html.figure import Lines


def test_lines_stay_lines_and_are_only_text() -> None:
    """JupyterLab folds printed text, and a picture of signs falls apart."""
    shown = Lines("a  b\n<b>\u202e")._repr_html_()
    pre = re.search(r"<pre style=\"([^\"]*)\"[^>]*>(.*?)</pre>", shown, re.DOTALL)
    assert pre is not None

    assert pre[1] == "white-space: pre; word-break: normal"
    assert pre[2] == "a  b\n&lt;b&gt;\\u202e"
