"""No text, whatever it holds, gets anything out of the reader but a scenario or a complaint."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from kit.simulation.scenario import ScenarioError, read_scenario

VALID = """\
title = "A story"
why = '''
It matters,
for a reason.
'''
look = "At the end."
compare = [["pre-revert", "revert"]]
end = "20 s"
script = [
    "0 s: device_del core1",
    "16 s: guest online core0",
]

[cast]
guest = "linux-5.12"
devices = ["core1", "dimm1 512 MiB"]
offline = ["core0"]

[[expect]]
that = "not limbo core1"
fails_at = ["cpu-timeout..pre-revert"]
"""


def complaint(text: str) -> str:
    """Return what the reader complains of, the file alone where it does not."""
    try:
        read_scenario(text, "s", "s.toml")
    except ScenarioError as error:
        return str(error)
    return "s.toml:"


@given(st.text())
def test_no_text_raises_anything_but_a_scenario_error(text: str) -> None:
    assert complaint(text).startswith("s.toml:")


PIECES = sorted({piece for piece in re.split(r"(\W)", VALID) if piece})
VALUES = [
    "1",
    "-1",
    "1.5",
    "true",
    "[]",
    "{}",
    '""',
    '"²"',
    "2021-02-31",
    "nan",
    "9" * 5000,
    '"\\u0000"',
]


@given(
    st.lists(
        st.tuples(
            st.integers(0, len(VALID)),
            st.integers(0, 12),
            st.sampled_from(PIECES + VALUES) | st.text(max_size=4),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_no_change_of_a_valid_text_raises_anything_but_a_scenario_error(
    edits: list[tuple[int, int, str]],
) -> None:
    text = VALID
    for at, length, new in edits:
        text = text[:at] + new + text[at + length :]
    assert complaint(text).startswith("s.toml:")


@given(
    st.sampled_from(["0 s: {}", "{}: stop", "0 s: guest pin {}", "0 s: host load {}"]),
    st.text(alphabet="core1dimn.²١ 059:") | st.sampled_from(VALUES),
)
def test_no_line_of_a_script_raises_anything_but_a_scenario_error(line: str, what: str) -> None:
    text = VALID.replace("16 s: guest online core0", line.format(what.replace('"', "")))

    assert complaint(text).startswith("s.toml:")


@given(
    st.sampled_from(["limbo {}", "limbo core1 at {} s", "sent error {} times", 'says "{}"']),
    st.text(alphabet="core1.²١ 059") | st.sampled_from(VALUES),
)
def test_no_claim_raises_anything_but_a_scenario_error(claim: str, what: str) -> None:
    claim = claim.format(what.replace('"', ""))
    text = VALID.replace('"not limbo core1"', f"'''{claim}'''")

    assert complaint(text).startswith("s.toml:")


@given(st.sampled_from(re.findall(r"^\w+(?= = )", VALID, re.MULTILINE)), st.sampled_from(VALUES))
def test_no_value_of_any_key_raises_anything_but_a_scenario_error(key: str, value: str) -> None:
    text = re.sub(
        rf"(?ms)^{key} = (?:\[\n.*?^\]|'''.*?'''|[^\n]*)", lambda _: f"{key} = {value}", VALID
    )
    assert complaint(text).startswith("s.toml:")
