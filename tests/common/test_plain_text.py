"""Text of others is shown and does nothing: what is unseen becomes visible."""

from __future__ import annotations

import html
import re
import sys
import unicodedata
from collections.abc import Callable, Mapping
from functools import cache

import pytest

from kit.common.plain_text import _IGNORABLE, is_seen, plain, printable, spreadsheet_cell
from kit.views.diagram.text_glyphs import BOXES, clean
from kit.views.escape import Html
from kit.views.markdown import plain_markdown
from tests.effort import some_of

IGNORABLE = {code for first, last in _IGNORABLE for code in range(first, last + 1)}
UNSEEN = [
    *("\x00", "\x07", "\n", "\r", "\x1b", "\x7f", "\x80", "\x9b", "\xad"),
    *("\u061c", "\u200b", "\u200e", "\u2028", "\u2029", "\u202e", "\u2066", "\u2069", "\ufeff"),
    *("\u3164", "\u115f", "\u1160", "\uffa0", "\u2800", "\u034f", "\u17b4", "\u17b5", "\u180b"),
    *("\u180e", "\u180f", "\ufe00", "\ufe0f", "\xa0", "\u1680", "\u2003", "\u202f", "\u3000"),
    *("\ud800", "\ue000", "\uffff", "\U000e0041", "\U000e0100", "\U0010ffff"),
]


@cache
def everything() -> str:
    return "".join(map(chr, range(sys.maxunicode + 1)))


@cache
def tried() -> str:
    """Return all characters that there are, and of those reserved or private one of 16.

    A long run has all of these as well.
    """
    nobodys = [char for char in everything() if unicodedata.category(char) in ("Cn", "Co")]
    left_out = {*nobodys} - {*some_of(nobodys, 16)}
    return "".join(char for char in everything() if char not in left_out)


@pytest.mark.parametrize("char", UNSEEN, ids=ascii)
def test_what_is_unseen_is_shown_as_python_writes_it(char: str) -> None:
    assert printable(f"a{char}b") == plain(f"a{char}b") == f"a{ascii(char)[1:-1]}b"


@pytest.mark.parametrize("words", ["", "a b", "Grüße", "חומר", "日本語", "한국어", "🙂", "e\u0301"])
def test_what_is_seen_stays(words: str) -> None:
    assert printable(words) == plain(words) == words


def test_tabs_stay_where_lines_are_shown_and_not_in_a_message() -> None:
    assert (printable("\ta"), plain("\ta")) == ("\ta", "\\ta")


FORMS: Mapping[str, Callable[[str], str]] = {
    "terminal": printable,
    "message": plain,
    "HTML and SVG": lambda words: html.unescape(Html.escape(words)),
    "Markdown": plain_markdown,
    "picture in a mail": lambda words: clean(words, BOXES),
}


@pytest.mark.parametrize("form", FORMS)
def test_no_form_shows_a_character_that_nobody_sees(form: str) -> None:
    """Of the spaces only the space is left."""
    left = set(FORMS[form](tried().replace("\n", "").replace("\t", ""))) - {" "}
    kinds = {unicodedata.category(char) for char in left}

    assert kinds & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"} == set()
    assert {ord(char) for char in left} & IGNORABLE == set()


def test_every_unseen_character_can_be_told_from_every_other() -> None:
    """What is shown of it leads back to it."""
    unseen = [char for char in tried() if not is_seen(char) and char != "\t"]
    shown = printable("".join(unseen))

    assert re.sub(r"\\.", "", shown).isascii()
    assert shown.encode().decode("unicode_escape") == "".join(unseen)


def test_the_table_holds_what_unicode_says_of_its_characters() -> None:
    """The standard derives it: format characters, selectors, fillers, and what is reserved."""
    kinds = {unicodedata.category(chr(code)) for code in IGNORABLE}
    odd = {chr(code) for code in IGNORABLE if unicodedata.category(chr(code)) == "Lo"}
    formats = {ord(c) for c in everything() if unicodedata.category(c) == "Cf"} - IGNORABLE
    selectors = {ord(c) for c in everything() if "VARIATION SELECTOR" in unicodedata.name(c, "")}

    assert (len(IGNORABLE), kinds) == (4174, {"Cf", "Cn", "Lo", "Mn"})
    assert odd == {"\u115f", "\u1160", "\u3164", "\uffa0"}
    assert selectors <= IGNORABLE
    # signs before a number, and others that Unicode gives a glyph of their own
    assert {unicodedata.name(chr(code)).split()[0] for code in formats} <= {
        *("ARABIC", "SYRIAC", "KAITHI", "INTERLINEAR", "EGYPTIAN"),
    }


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        *((sign + "1", f"'{sign}1") for sign in "=+-@\t"),
        *((text, text) for text in ("", "1", "a=b", "mail-1")),
    ],
)
def test_a_spreadsheet_takes_no_text_for_a_formula(text: str, cell: str) -> None:
    assert spreadsheet_cell(text) == cell
