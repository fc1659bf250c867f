"""The design system: text is legible on every ground in both themes, and colours are tokens."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest

from kit.views.diagram import svg_shapes
from kit.views.tokens import DARK, LIGHT, stylesheet, token_rules, tokens

ROOT = Path(__file__).parent.parent.parent
WORDS = ("ink", "soft", "dim", "hold", "wait", "bad", "good")
GROUNDS = ("paper", "panel", "mark", "added", "removed")
AA = 4.5  # WCAG 2.1, 1.4.3


def luminance(colour: str) -> float:
    """WCAG 2.1's relative luminance of #rrggbb."""
    channels = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_computed_as_wcag_does() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_every_text_colour_is_legible_on_every_ground(theme: str) -> None:
    found = tokens(theme)
    faint = {
        f"{words} on {ground}": round(ratio, 2)
        for words, ground in product(WORDS, GROUNDS)
        if (ratio := contrast(found[words], found[ground])) < AA
    }

    assert faint == {}


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_a_focus_ring_is_seen_on_every_ground(theme: str) -> None:
    """WCAG 2.1, 1.4.11: 3:1 for what is not text."""
    found = tokens(theme)

    assert [g for g in GROUNDS if contrast(found["focus"], found[g]) < 3] == []


def test_both_themes_have_the_same_colours() -> None:
    def colours(theme: str) -> set[str]:
        return {name for name, value in tokens(theme).items() if value.startswith("#")}

    assert colours(LIGHT) == colours(DARK) == {*WORDS, *GROUNDS, "line", "focus"}


def test_a_picture_alone_has_the_light_colours() -> None:
    found = {
        match[1]: match[2]
        for value in vars(svg_shapes).values()
        if isinstance(value, str)
        for match in [re.fullmatch(r"var\(--kit-([a-z]+), (#[0-9a-f]{6})\)", value)]
        if match
    }

    assert found == {name: tokens()[name] for name in found}
    assert {"ink", "soft", "dim", "paper", "hold", "wait", "bad", "good", "line"} <= {*found}


@pytest.mark.parametrize(
    "name",
    ["kit/views/style.css", "kit/handout/handout.css"],
)
def test_a_colour_is_a_token_and_nothing_is_dimmed_by_opacity(name: str) -> None:
    rules = (ROOT / name).read_text(encoding="utf-8")
    for theme in (LIGHT, DARK):  # which state the tokens
        before, _, rest = rules.partition(theme)
        rules = before + rest.partition("}")[2]
    rules = re.sub(r"@media print \{.*", "", rules, flags=re.DOTALL)  # paper is white

    assert re.findall(r"#[0-9a-fA-F]{3,8}\b|rgba?\(", rules) == []
    assert {*re.findall(r"opacity: ([\d.]+)", rules)} <= {"1"}


def test_what_is_used_is_a_token() -> None:
    """But for a picture's own width, which its style sets."""
    used = {*re.findall(r"var\(--kit-([a-z0-9]+)", stylesheet())}

    assert used - {*tokens()} == {"wide"}


def test_a_page_gets_the_same_tokens() -> None:
    rules = token_rules(":root")

    assert f":root {{ --kit-ink: {tokens()['ink']};" in rules
    assert f"--kit-ink: {tokens(DARK)['ink']};" in rules.partition("prefers-color-scheme: dark")[2]
