"""A machine of one's own in a notebook: an object of a cell, or a file beside it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from kit import QemuSide, own_machine
from kit.common.errors import UserError
from kit.common.json_fields import Json
from tests.explorer.own_toys import Counter, Toy

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


def test_a_verdict_is_the_shortest_counterexample_beside_the_other_start() -> None:
    widget = own_machine(Toy()).verdict()

    assert [path.start.name for path in widget.report.play.paths] == ["second", "first"]
    assert [one.action.name for one in widget.report.play.paths[1].choices] == ["ask", "work"]
    widget.close_all()


def test_a_verdict_on_a_right_machine_says_how_much_was_searched() -> None:
    verdict = own_machine(LEASE).verdict("fenced")

    assert repr(verdict).startswith("Right: a lock that is lent for a while. Every property holds")


def test_a_platform_is_named_as_one() -> None:
    path = str(Path(__file__).parents[1] / "simulation" / "lease.py")
    with pytest.raises(UserError, match="is a platform; kit run SCENARIO --machine"):
        own_machine(path).explore()


def test_what_no_step_judges_is_not_right() -> None:
    assert repr(own_machine(Forgetful()).verdict("QEMU")) == (
        "Nothing is violated, but no step judges"
        " device_del, system_reset, sense, isolate, unisolate, unusable, usable."
    )


class Forgetful(QemuSide):
    """It remembers nothing."""

    def answer(self, state: Json, call: str) -> tuple[Json, object, list[str]]:
        return state, "ok" if call in ("device_del", "system_reset") else 0, []


def test_a_verdict_on_qemus_side_is_drawn_beside_qemu() -> None:
    widget = own_machine(Forgetful()).verdict()
    before, after = widget.report.play.paths

    assert (before.start.name, after.start.name) == ("QEMU", "yours")
    assert [choice.action.name for choice in after.choices] == ["device_del"]
    assert "QEMU answers ok, sends remove" in repr(widget)
    widget.close_all()


def test_states_without_end_are_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kit.lessons.own_bench.MAX_STATES", 1_200)

    class Silent(Counter):
        def step(self, state: Json, _action: str) -> Mapping[str, Any] | None:
            return {"state": state + 1, "judged": {"three": True}}

    with pytest.raises(UserError, match="more than 1,200 states; bound them"):
        own_machine(Silent()).verdict()
