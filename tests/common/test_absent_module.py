"""A module that is installed is absent for a while, and only if nobody has it yet."""

from __future__ import annotations

import subprocess
import sys

import pytest

from kit.common.absent_module import absent


def test_a_module_cannot_be_imported_meanwhile_and_can_afterwards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "this", raising=False)
    with absent("this"), pytest.raises(ImportError):
        __import__("this")

    assert "this" not in sys.modules


def test_a_module_that_is_imported_stays() -> None:
    with absent("json"):
        import json

    assert sys.modules["json"] is json


def test_hand_outs_are_made_without_a_grammar_that_takes_long() -> None:
    program = (
        "import sys, kit.handout.execute\nprint(any(n.startswith('rfc3987') for n in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert (done.stdout, done.returncode) == ("False\n", 0)
