"""A page of a hand-out: which cells are in it, which form of what they show, what it may load."""

from __future__ import annotations

from typing import Any

from kit.handout.page import GENERATOR, PageLink, index_page, lesson_page
from kit.views.html.print_form import PRINT_MIME, RUN_PICTURE, aside


def code(source: str, *outputs: dict[str, Any]) -> dict[str, Any]:
    return {"cell_type": "code", "source": source, "outputs": list(outputs)}


def text(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "source": source}


def printed(words: str, name: str = "stdout") -> dict[str, Any]:
    return {"output_type": "stream", "name": name, "text": words}


def shown(**data: str) -> dict[str, Any]:
    named = {kind.replace("__", "/").replace("_plus_", "+"): value for kind, value in data.items()}
    return {"output_type": "execute_result", "data": named, "metadata": {}}


def paper(html: str, title: str = "", *hints: str) -> dict[str, Any]:
    about = {"title": title, "hints": list(hints)}
    data = {PRINT_MIME: html, "text/plain": "as text"}
    return {"output_type": "execute_result", "data": data, "metadata": {PRINT_MIME: about}}


def main(*cells: dict[str, Any]) -> str:
    """The body of a page, without head and foot."""
    page = lesson_page(cells, lambda _: None, "made of it")
    return page.partition("<main>\n")[2].partition("</main>")[0]


def test_a_page_may_load_nothing_and_says_whose_it_is() -> None:
    head = lesson_page([text("# <One>")], lambda _: None, "a & b")

    assert GENERATOR in head[:200]
    assert "content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\"" in head
    assert "<title>&lt;One&gt;</title>" in head
    assert "<footer>a &amp; b</footer>" in head


def test_code_that_calls_for_a_picture_is_folded() -> None:
    assert main(code("sandbox(1 < 2)", paper("<p>it</p>"))) == (
        '<details class="kit-folded"><summary>code</summary><pre class="kit-code" tabindex="0">'
        "sandbox(1 &lt; 2)</pre></details>\n<p>it</p>\n"
    )


def test_code_that_prints_stands_above_what_it_prints() -> None:
    assert main(code("print(1)", printed("1\n"))) == (
        '<pre class="kit-code" tabindex="0">print(1)</pre>\n'
        '<pre class="kit-output" tabindex="0">1</pre>\n'
    )


def test_what_was_printed_in_pieces_is_one_text() -> None:
    """Where a kernel cuts its output depends on its speed."""
    whole = main(code("x", printed("one\ntwo\n"), shown(text__plain="3"), printed("four")))
    pieces = main(
        *[
            code(
                "x",
                printed("one\nt"),
                printed("told on the side", "stderr"),
                printed("wo\n"),
                shown(text__plain="3"),
                printed("fo"),
                printed("ur"),
            )
        ]
    )

    assert pieces == whole


def test_text_is_escaped_and_steers_nothing() -> None:
    assert ">a &lt;b&gt;\\x1b[31m\nc</pre>" in main(code("x", printed("a <b>\x1b[31m\nc")))


def test_html_of_others_is_not_trusted() -> None:
    found = main(code("x", shown(text__html="<script>1</script>", text__plain="a <table>")))

    assert "script" not in found
    assert ">a &lt;table&gt;</pre>" in found


def test_pictures_of_others_are_images() -> None:
    svg = main(code("x", shown(image__svg_plus_xml="<svg onload='x'/>", text__plain="<it>")))
    png = main(code("x", shown(image__png="aGVsbG8=\n", text__plain="it")))

    assert '<img alt="&lt;it&gt;" src="data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9J3gnLz4=">' in svg
    assert '<img alt="it" src="data:image/png;base64,aGVsbG8=">' in png


def test_hints_stand_once_more_at_the_end_for_print() -> None:
    found = main(
        code("x", paper("<p>it</p>", "A & B", "see <1>", "two", "three")),
        text("## C\n\n<details><summary>A hint</summary>\n\nfour\n\n</details>"),
    )

    assert found.endswith(
        '<div class="kit-only-print kit-hints"><h2>Hints</h2>'
        "<section><strong>A &amp; B</strong><p>A hint: see &lt;1&gt;</p><p>Another hint: two</p>"
        "<p>Nearly there: three</p></section>"
        "<section><strong>C</strong><p>four</p>\n</section></div>\n"
    )


def test_what_a_guess_is_compared_with_stands_on_the_last_sheet() -> None:
    found = main(code("x", printed("load 1: 2 s; you said 5 s; it takes 5 s\n")), text("the end"))
    above, _, last = found.partition("the end")

    assert "load 1: I say ____" in above
    assert "it takes" not in above
    assert "To compare your guesses with" in last
    assert "load 1: 2 s; it takes 5 s" in last
    assert "you said" not in found


def test_the_pictures_of_runs_are_explained_once_above_the_first() -> None:
    drawn = f"{RUN_PICTURE}it</figure>"
    found = main(text("above"), code("x", paper(drawn)), code("y", paper(drawn)))

    assert found.count("How to read the pictures") == 1
    assert found.index("above") < found.index("How to read") < found.index(">it<")
    assert "How to read" not in main(code("x", paper("<figure>no run</figure>")))


def test_the_running_title_steers_no_style() -> None:
    page = lesson_page([text('# 1. "A" </style> \\a; } b')], lambda _: None, "made")
    style = page.partition("<style>")[2].partition("</style>")[0]

    assert '@top-left { content: "1.  A    style   a    b"; }' in style


def test_words_of_the_glossary_are_explained_in_the_page() -> None:
    found = main(text('[DRC](../docs/glossary.md#DRC "A connector.")'))

    assert '<dt id="word-drc">DRC</dt><dd>A connector.</dd>' in found


def test_the_index_links_all() -> None:
    found = index_page(
        [PageLink("01-a.html", "1. <A>")], [PageLink("glossary.html", "Words")], "foot"
    )

    assert '<a href="01-a.html">1. &lt;A&gt;</a>' in found
    assert '<a href="glossary.html">Words</a>' in found


def test_what_is_said_of_a_widget_stands_once() -> None:
    said = f'<div class="kit kit-paper">{aside("On a screen it moves.")}</div>'
    found = main(code("x", paper(said)), code("y", paper(said)), text("On a screen it moves."))

    assert found.count("kit-aside") == 1
    assert found.count("On a screen it moves.") == 2  # a lesson's own words stay
