"""Text of others in Markdown: it shows what was written, links nowhere, and calls nobody."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from kit.common.plain_text import plain
from kit.views.markdown import fenced, markdown_code, plain_markdown

PIECES = st.sampled_from(
    [
        *("`", "``", "\\", "*", "_", "<b>", "<!--", "[x](y)", "![", "]", "&amp;", "&#64;", "~~"),
        *("@all", "@a/b", "x@y.org", "#1", "GH-1", "!1", "a/b#1", "https://e.org", "www.e.org"),
        *("mailto:x", "e.org", "0123456789", "1.", "1)", "- ", "+ ", "# ", "> ", "---", "===", "|"),
        *(
            "\n",
            "\t",
            "    ",
            " ",
            "word",
            "é",
            "\u202e",
            "\u3164",
            "{{x}}",
            "$x$",
            "```",
            ":",
            "]:",
        ),
    ]
)
WORDS = st.lists(PIECES, max_size=12).map("".join) | st.text(max_size=60)
CALLS = re.compile(r"@|://|www\.|mailto:|(?<!\w)[#!$%&~^]\w|GH-\d|\w\.[a-z]{2,}", re.IGNORECASE)
MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
HOLDERS = ("{}", "- {}", "# {}", "  - {}", "**{}**", "- [{}](https://lists.example.org/1)")


def leaves(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        if token.children is None:
            yield token
        else:
            yield from leaves(token.children)


@pytest.mark.parametrize("holder", HOLDERS)
@given(words=WORDS)
@example(words="`@all` \\`@all\\`")
@example(words="x`@a`` y`")
@example(words="<a href=`@x`>")
@example(words="@x]: y")
@example(words="[x]://y]:@z")
def test_it_shows_what_was_written_and_a_forge_finds_nothing_in_it(holder: str, words: str) -> None:
    """Outside of code no person, no link, no reference; no HTML, and no more than is held."""
    shown = plain(" ".join(words.split()))
    found = list(leaves(MARKDOWN.parse(holder.format(plain_markdown(words) or "x"))))
    empty = list(leaves(MARKDOWN.parse(holder.format("x"))))
    held = {"text", "code_inline"}

    assert "".join(t.content for t in found if t.type in held) == (shown or "x")
    assert [t.content for t in found if t.type == "text" and CALLS.search(t.content)] == []
    assert [t.type for t in found if t.type not in held] == [
        t.type for t in empty if t.type not in held
    ]


@pytest.mark.parametrize("holder", HOLDERS)
@given(words=WORDS)
@example(words="`@a` (`b c`): `d`,`e`")
@example(words="`@a`.@b `c")
@example(words="x `a`)`b` `@all")
def test_code_of_the_words_stays_code_and_a_forge_finds_nothing_beside(
    holder: str, words: str
) -> None:
    shown = plain(" ".join(words.split()))
    markdown = plain_markdown(words, spans=True) or "x"
    found = list(leaves(MARKDOWN.parse(holder.format(markdown))))
    empty = list(leaves(MARKDOWN.parse(holder.format("x"))))
    held = {"text", "code_inline"}
    content = "".join(t.content for t in found if t.type in held)

    assert content.replace("`", "") == (shown or "x").replace("`", "")
    assert [t.content for t in found if t.type == "text" and CALLS.search(t.content)] == []
    assert [t.type for t in found if t.type not in held] == [
        t.type for t in empty if t.type not in held
    ]


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ('Revert "tap: turn it (#12)" (#13)', ["#12", "#13"]),
        ("mend #1, #2; and '#3'.", ["#1", "#2", "#3"]),
        ("[#1]: see [#2](https://example.org) and a/b#3", ["#1"]),
        ("(#1", ["#1"]),
    ],
)
@pytest.mark.parametrize("holder", HOLDERS[:4])  # not in a link
def test_a_number_is_left_to_the_forge_whatever_stands_around_it(
    holder: str, words: str, left: list[str]
) -> None:
    found = list(leaves(MARKDOWN.parse(holder.format(plain_markdown(words, numbers=True)))))
    text = "".join(each.content for each in found if each.type == "text")

    assert re.findall(r"(?<!\w)#\d+", text) == left
    assert "".join(each.content for each in found if each.type in ("text", "code_inline")) == words


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("widen `@vitejs/devtools` range (`a.b`)", ["@vitejs/devtools", "a.b"]),
        ("`x`: y", ["x"]),
        ("`x y` z", ["x y"]),
        ("it`s `one", []),
        ("a `` b", []),
    ],
)
def test_what_is_written_as_code_is_code_without_its_quotes(words: str, code: list[str]) -> None:
    found = leaves(MARKDOWN.parse(f"- {plain_markdown(words, spans=True)}"))

    assert [token.content for token in found if token.type == "code_inline"] == code


@given(words=WORDS.filter(lambda words: words.strip() != ""))
def test_code_ends_where_it_should(words: str) -> None:
    tokens = leaves(MARKDOWN.parse(f"- {markdown_code(words)}"))
    (one,) = (token for token in tokens if token.type == "code_inline")

    assert one.content == plain(words)


@given(lines=st.lists(WORDS, max_size=4))
def test_a_block_ends_where_it_should(lines: list[str]) -> None:
    (block,) = MARKDOWN.parse("\n".join(fenced(lines)))

    assert (block.type, block.info) == ("fence", "text")
