"""Markdown of lessons: HTML is text, solutions are left out, links lead somewhere or are none."""

from __future__ import annotations

import pytest

from kit.handout.markdown import LessonText, heading_of, is_solution


def page(**links: str) -> LessonText:
    return LessonText(lambda url: links.get(url))


def html(text: str) -> str:
    return page().html(text)


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "a <b onclick=x>b</b>",
        "<img src=x onerror=alert(1)>",
        "<div>\n<style>*{}</style>\n</div>",
        "<details onclick=x>",
        "`<i>`",
        "```\n<i>\n```",
        "# <u>",
        "| <p> |\n|---|\n| <p> |",
    ],
)
def test_html_is_text(text: str) -> None:
    written = html(text).replace('<div class="kit-wide"', "")  # ours
    tags = ("script", "b", "img", "div", "style", "details", "i", "u")

    assert [tag for tag in tags if f"<{tag}" in written] == []
    assert "&lt;" in written


def test_a_hint_stays_a_fold_and_is_kept_for_print() -> None:
    text = page()
    written = text.html("## Two\n\n<details><summary>A hint</summary>\n\n*Look.*\n\n</details>\n")

    assert written.endswith(
        '<details class="kit-hint"><summary>A hint</summary>\n<p><em>Look.</em></p>\n</details>\n'
    )
    assert text.hints == [("Two", "<p><em>Look.</em></p>\n")]


@pytest.mark.parametrize(
    "text",
    [
        "<details><summary>Solution</summary>\n\nsecret\n\n- secret\n\n</details>",
        "<details><summary>Solution</summary>secret</details>",
        "<details>\n<summary>The <b>answer</b></summary>\n\n```\nsecret\n```\n\n</details>",
        "<details><summary>A hint</summary>\n\n<details><summary>Solution</summary>\n\nsecret\n\n"
        "</details>\n</details>",
        "<details><summary>Solution</summary>\n\nsecret, never closed",
    ],
)
def test_a_solution_is_left_out(text: str) -> None:
    written = html(f"before\n\n{text}\n\nafter" if "</details>" in text else f"before\n\n{text}")

    assert "secret" not in written
    assert "<p>before</p>" in written
    assert ("<p>after</p>" in written) is ("</details>" in text)


@pytest.mark.parametrize(
    ("title", "is_one"),
    [("Solution", True), ("Answers", True), ("Why?", True), ("A hint", False), ("More", False)],
)
def test_which_folds_hold_a_solution(title: str, is_one: bool) -> None:
    assert is_solution(title) is is_one


def test_a_closing_tag_that_nothing_opened_is_text() -> None:
    assert html("one\n\n</details>\n\ntwo") == ("<p>one</p>\n<p>&lt;/details&gt;</p>\n<p>two</p>\n")


def test_a_word_of_the_glossary_leads_to_a_list_in_the_page() -> None:
    text = page()
    written = text.html('[QMP](../docs/glossary.md#QMP "A protocol: <JSON>.")')

    assert written == '<p><a class="kit-word" href="#word-qmp">QMP</a></p>\n'
    assert text.words == {"QMP": "A protocol: <JSON>."}


def test_links_lead_to_pages_that_are_there() -> None:
    text = page(**{"02-two.ipynb": "02-two.html"})

    assert text.html("[2](02-two.ipynb), [3](03-three.ipynb)") == (
        '<p><a href="02-two.html">2</a>, 3</p>\n'
    )


def test_a_page_of_the_documentation_that_is_not_there_is_named() -> None:
    assert html("[words](../docs/glossary.md)") == (
        '<p>words <span class="kit-soft">(docs/glossary.md)</span></p>\n'
    )


def test_a_link_to_the_world_shows_its_address_in_print() -> None:
    assert html("[a](https://example.org/?a&b)") == (
        '<p><a class="kit-outside" href="https://example.org/?a&amp;b" rel="noreferrer">a</a></p>\n'
    )


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd"])
def test_no_other_address_is_a_link(url: str) -> None:
    assert html(f"[a]({url})") == "<p>a</p>\n"


def test_a_picture_from_elsewhere_is_its_words() -> None:
    assert html("![a lane](https://example.org/a.png)") == "<p>[a lane]</p>\n"


def test_two_headings_of_one_name_are_two_places() -> None:
    text = page()
    written = text.html("## One more\n\n## One more") + text.html("## One more\n\n## Words")
    places = [part.partition('"')[0] for part in written.split('id="')[1:]]

    assert places == ["one-more", "one-more-2", "one-more-3", "words-2"]


def test_the_heading_of_a_text() -> None:
    assert heading_of("text\n\n# 1. A *b* `c`\n\n# Two") == "1. A b c"
    assert heading_of("none") == ""
