"""A machine of one's own in a notebook: an object of a cell, or a file beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from kit import own_machine
from kit.common.errors import UserError
from tests.explorer.own_toys import Toy

LEASE = str(Path(__file__).parents[2] / "examples" / "lease.py")


def test_a_search_is_a_table_with_the_counterexamples() -> None:
    table = own_machine(Toy()).explore()

    assert (table.heads, table.rows) == (
        ("property", "must hold", "first", "second"),
        (
            ("small", "always", "violated: 2 choices", "violated: 1 choice"),
            ("even", "eventually", "violated: 3 choices", "violated: 2 choices"),
            ("three", "sometimes", "holds", "holds"),
        ),
    )
    assert table.caption.startswith("Shortest counterexamples: small from first: ask, work; even")


@pytest.mark.parametrize("machine", [Toy(), LEASE], ids=["object", "file"])
def test_a_counterexample_is_a_player(machine: Toy | str) -> None:
    bench = own_machine(machine)
    name = "small" if machine is not LEASE else "in-order"
    widget = bench.counterexample(name)

    assert f"Violated: {name}." in "\n".join(widget.report.text_lines(72))
    assert widget.view["counted"] is True
    assert len(widget.view["positions"]) > 3
    widget.close_all()


def test_a_pair_is_a_player_and_has_a_form_on_paper() -> None:
    widget = own_machine(LEASE).compare("slow", "trusting", "fenced")

    assert "too old" in repr(widget)
    assert "<svg" in widget._repr_print_().html
    assert "<script" not in widget._repr_print_().html
    widget.close_all()


@pytest.mark.parametrize(
    ("name", "at", "words"),
    [
        ("smal", None, "no property 'smal'; there are small, even, three"),
        ("three", None, "three: no path from first violates it"),
        ("small", "third", "has no start 'third'"),
    ],
)
def test_what_is_not_there_is_one_line(name: str, at: str | None, words: str) -> None:
    with pytest.raises(UserError) as caught:
        own_machine(Toy()).counterexample(name, at)

    assert words in str(caught.value)
